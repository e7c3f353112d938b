import Advocacy
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct StandingTests {
        /// By names, for numbers differ from one database to the next.
        private static let all = """
            SELECT concat_ws(' ', b.name, a.author_key, encode(s.days, 'hex'), s.fading, s.settled, s.purity, s.rest,
                             s.present, s.amplified, s.active, s.bound, s.is_own, s.first_at, s.last_at, s.followers)
            FROM standing s JOIN brand b USING (brand_no) JOIN author a USING (author_no) ORDER BY 1
            """

        /// New mentions and revisions, in two orders, in batches and chunks of every size, by one writer or two: the same
        /// standings, and those of the verifier's own fold.
        @Test(arguments: [UInt64(1), 2])
        func anyOrderGivesTheSame(seed: UInt64) async throws {
            var random = SeededGenerator(seed: seed)
            let drafts = (0..<120).map { Self.draft($0, &random) }
            let revised = drafts.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map { draft in
                var draft = draft
                let other = Self.draft(draft.id, &random)
                (draft.second, draft.sentiment, draft.brands) = (other.second, other.sentiment, other.brands)
                return draft
            }
            var outcomes: [[String]] = []
            for (writers, most, chunk) in [(1, 200, Int32(1_000)), (2, 7, 3)] {
                let order = drafts.shuffled(using: &random)
                try await TestDatabase.with { _, connection in
                    try await TestFarm.prepare(connection)
                    var farms: [TestFarm] = []
                    for partition in 0..<writers {
                        farms.append(try await TestFarm(connection, partition: Int32(partition)))
                    }
                    let relating = Relating(owner: "a", chunk: chunk, copyMemory: 1 << 20)
                    for (turn, start) in stride(from: 0, to: order.count, by: most).enumerated() {
                        let some = Array(order[start..<min(start + most, order.count)])
                        try await farms[turn % writers].write(new: some)
                        if turn % 3 == 1 { _ = try await relating.step(on: connection) }
                    }
                    for (turn, start) in stride(from: 0, to: revised.count, by: most).enumerated() {
                        let some = Array(revised[start..<min(start + most, revised.count)])
                        try await farms[turn % writers].write(revised: some)
                        if turn % 2 == 1 { _ = try await relating.step(on: connection) }
                        try await expectVerified(connection, "on the way")
                    }
                    try await finish(relating, connection)
                    try await expectVerified(connection, "\(writers) writers")
                    #expect(try await connection.number("SELECT count(*) FROM ledger_touched") == 0)
                    outcomes.append(try await connection.strings(Self.all))
                }
            }
            #expect(outcomes[0].count > 20 && outcomes[0] == outcomes[1])
        }

        private static func draft(_ id: Int, _ random: inout SeededGenerator) -> Draft {
            var draft = Draft(id: id, source: Int32.random(in: 1...3, using: &random), hash: 0)
            draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
            draft.second = Int64.random(in: 0...200, using: &random) * 43_200
            draft.hash = Int64.random(in: 1...60, using: &random)
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...5).filter { _ in Int.random(in: 0...2, using: &random) == 0 }
            return draft
        }

        /// What was said and taken back leaves nothing.
        @Test func takingBackRestores() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                let first = Draft(id: 1, author: 1, second: 5, hash: 1, sentiment: 1, brands: [1])
                try await farm.write(new: [first, Draft(id: 2, author: 4, hash: 2, sentiment: 1)])
                try await finish(relating, connection)
                let before = try await connection.strings(Self.all)
                #expect(before.count == 1)
                var second = Draft(id: 2, author: 4, hash: 2, sentiment: -1, brands: [1, 2])
                try await farm.write(revised: [second])
                try await finish(relating, connection)
                #expect(try await connection.strings(Self.all).count == 3)
                second.brands = []
                try await farm.write(revised: [second])
                // Not lost although no mention of the author is counted anew.
                #expect(try await connection.number("SELECT count(*) FROM ledger_touched") > 0)
                try await finish(relating, connection)
                #expect(try await connection.strings(Self.all) == before)
                try await expectVerified(connection)
            }
        }

        /// 2,000 authors of a brand, as their ledgers may look.
        private static let crowd = """
            INSERT INTO author (source_no, author_key, profile_day, profile_hash, handle)
            SELECT 1, 'crowd' || i, 0, 0, 'Crowd_' || i FROM generate_series(1, 2000) AS i;
            INSERT INTO ledger (brand_no, day, author_no, mentions, positive, neutral, negative, unknown, answers,
                passed_on, followers_known, score_sum, likes, reposts, replies, followers_sum, first_at, last_at)
            SELECT 1, day_of(now()) - back, a.author_no, n, n - n / 3, 0, n / 3, 0, n / 2, 0, n, 0, 0, n * (k % 5),
                   n * (k % 3), n * k, now() - make_interval(days => back), now() - make_interval(days => back)
            FROM (SELECT author_no, hashint8(author_no) & 65535 AS k FROM author WHERE author_key LIKE 'crowd%') AS a
            CROSS JOIN LATERAL (SELECT (k * g) % 97 AS back, 1 + (k + g) % (1 + k % 7) AS n
                                FROM generate_series(1, 1 + k % 13) AS g) AS d
            ON CONFLICT DO NOTHING;
            INSERT INTO thread_ledger SELECT brand_no, day, author_no, answers, answers / 2, answers, 1 FROM ledger
            WHERE author_no % 3 = 0;
            INSERT INTO ledger_touched SELECT brand_no, day, author_no FROM ledger;
            """

        private static func crowded(_ connection: PostgresConnection) async throws {
            try await TestFarm.prepare(connection)
            try await connection.execute(script: crowd)
            try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
        }

        @Test func theBestByBoundAreThoseOfAFullSort() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.crowded(connection)
                var isProven = false
                for limit in [1, 10, 100, 1_000] as [Int32] {
                    for band in [nil, "advocate", "supporter"] {
                        let sorted = try await ViewReading.advocates(
                            of: "brand1",
                            band: band,
                            from: nil,
                            limit: limit,
                            on: connection
                        )
                        let asked = try await ViewReading.advocates(
                            of: "brand1",
                            band: band,
                            limit: limit,
                            on: connection
                        )
                        #expect(asked.map(\.score) == sorted.map(\.score), "\(limit)")
                        #expect(Set(asked.map(\.authorID)) == Set(sorted.map(\.authorID)), "\(limit)")
                        let bound = try await ViewReading.bestByBound(
                            of: "brand1",
                            band: band,
                            limit: limit,
                            on: connection
                        )
                        if let bound, limit == 100 { isProven = isProven || bound.map(\.score) == sorted.map(\.score) }
                    }
                }
                #expect(isProven, "bounds proved the best hundred")
                #expect(
                    try await connection.number("SELECT count(*) FROM mention_farm.advocate WHERE score > bound") == 0
                )
            }
        }

        /// The view computes what the terms say, for each author.
        @Test func theViewIsTheScore() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.crowded(connection)
                let rows = try await connection.run(
                    """
                    SELECT s.days, v.score, v.band, v.confidence_lower, v.confidence_upper, v.presence, v.amplification,
                           v.reach, v.dialogue, v.defence, v.originality, v.constancy, v.moderation, v.positivity,
                           day_of(now()), v.mentions
                    FROM standing s JOIN author a USING (author_no)
                    JOIN mention_farm.advocate v ON v.author_id = a.author_key
                    """
                )
                #expect(rows.rowCount == 2_000)
                let setting = ScoreSetting()
                let weights = DayWeights(halfLifeDays: setting.halfLifeDays)
                var bands: Set<String> = []
                for row in 0..<rows.rowCount {
                    let days = try StandingCode.decode(try #require(rows.bytes(row, 0)))
                    let standing = try #require(Standing(days, setting: setting, weights: weights))
                    let today = try #require(rows.int4(row, 14))
                    let score = AdvocateScore(standing, on: today, setting: setting)
                    let terms = [
                        score.score, -1, score.lower, score.upper, score.presence, score.amplification, score.reach,
                        score.dialogue, score.defence, score.originality, score.constancy, score.moderation,
                        score.positivity,
                    ]
                    for (index, term) in terms.enumerated() where index != 1 {
                        let shown = try #require(rows.double(row, index + 1))
                        #expect(abs(shown - term) < 1e-9, "column \(index + 1): \(shown) for \(term)")
                    }
                    #expect(rows.string(row, 2) == score.band.rawValue)
                    #expect(rows.int8(row, 15) == standing.mentions)
                    bands.insert(score.band.rawValue)
                }
                #expect(bands.count >= 3)
            }
        }

        @Test func settingsFoldAnew() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.crowded(connection)
                var setting = try await ScoreSettings.standing(on: connection).setting
                #expect(setting == ScoreSetting())
                #expect(try await ScoreSettings.apply(setting, by: "test", on: connection) == .none(version: 1))
                setting.advocateFrom = 0.9
                #expect(try await ScoreSettings.apply(setting, by: "test", on: connection) == .stands(version: 2))
                (setting.halfLifeDays, setting.dayCap) = (10, 3)
                #expect(
                    try await ScoreSettings.apply(setting, by: "test", on: connection)
                        == .refolds(version: 3, standings: 2_000)
                )
                #expect(try await ScoreSettings.standing(on: connection).isSettled == false)
                #expect(
                    try await ViewReading.bestByBound(of: "brand1", band: nil, limit: 5, on: connection) == nil,
                    "bounds of two versions prove nothing"
                )
                let before = try await connection.strings(Self.all)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                #expect(try await connection.strings(Self.all) != before)
                let standing = try await ScoreSettings.standing(on: connection)
                #expect(standing == .init(version: 3, setting: setting, isSettled: true))
                #expect(try await connection.number("SELECT count(*) FROM score_setting_audit") == 3)
                let failed = try await Verifier.run(on: connection).filter { !$0.passed }.map(\.name)
                #expect(!failed.contains(StandingAudit.name))
            }
        }

        @Test func ownAccountsAndSetAsideMentionsCountForNothing() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.crowded(connection)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                let best = try await ViewReading.advocates(of: "brand1", limit: 2, on: connection)
                let handles = best.compactMap(\.handle)
                try #require(handles.count == 2)
                _ = try await connection.run(
                    "INSERT INTO brand_term VALUES (1, 'own_account', 'Twitter:x'), (1, 'own_account', $1), (1, 'own_account', $2)",
                    [.text("@" + handles[0].uppercased()), .text("twitter:" + handles[1])]
                )
                // Somebody writes: a step comes to its end.
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [Draft(id: 1, hash: 1, sentiment: 1, brands: [1], text: "spam")])
                _ = try await connection.run("UPDATE mention SET spam = 9000")
                _ = try await connection.run(
                    "UPDATE ledger SET set_aside = 1, set_aside_positive = 1 WHERE author_no = 1"
                )
                try await finish(relating, connection)
                let own = try await connection.strings(
                    "SELECT author_handle FROM mention_farm.advocate WHERE is_own_account AND score = 0 AND band = 'neutral'"
                )
                #expect(Set(own) == Set(handles))
                #expect(
                    try await connection.strings(
                        "SELECT score || ' ' || originality || ' ' || set_aside FROM mention_farm.advocate WHERE author_id = 'author1'"
                    ) == ["0 0 1"]
                )
                _ = try await connection.run("DELETE FROM brand_term")
                try await farm.write(new: [Draft(id: 2, hash: 2)])
                try await finish(relating, connection)
                #expect(
                    try await connection.number("SELECT count(*) FROM mention_farm.advocate WHERE is_own_account") == 0
                )
            }
        }

        @Test func theThresholdIsTheSameOnBothSides() async throws {
            try await TestDatabase.with { _, connection in
                for (spam, offensive) in [(7_999, 0), (8_000, 0), (0, 8_000), (nil, 7_999), (nil, nil)]
                    as [(Int16?, Int16?)]
                {
                    let stored = try await connection.run(
                        "SELECT is_set_aside($1, $2)",
                        [.int2(spam), .int2(offensive)]
                    ).bool(0, 0)
                    #expect(stored == Contribution.setsAside(spam: spam, offensive: offensive))
                }
            }
        }

        @Test func explainsAScore() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let now = try await connection.number("SELECT extract(epoch FROM now())::bigint - 1767225600")
                var drafts = (0..<40).map { id in
                    Draft(id: id, second: now - Int64(id) * 80_000, hash: Int64(id), sentiment: 1, brands: [1])
                }
                drafts[20].sentiment = -1
                try await farm.write(new: drafts + [Draft(id: 90, author: 4, hash: 91, brands: [2])])
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                // In the open partition, and in a closed one.
                for isClosed in [false, true] {
                    if isClosed {
                        try await upkeep.rollOver(on: connection)
                        try await farm.write(new: [Draft(id: 99, second: now, hash: 99, sentiment: 1, brands: [1])])
                    }
                    try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                    if isClosed { #expect(try await upkeep.indexOneClosed(on: connection) == 1) }
                    let outcome = try await AuthorExplanation.run(
                        brand: "brand1",
                        author: "@HANDLE1",
                        on: connection
                    )
                    guard case .found(let found) = outcome else {
                        Issue.record("\(outcome)")
                        return
                    }
                    let shown = try await ViewReading.advocates(of: "brand1", limit: 1, on: connection)
                    #expect(abs((shown.first?.score ?? 0) - found.score.score) < 1e-9)
                    #expect(
                        found.author == .init(source: "twitter", authorID: "author1", handle: "handle1", isOwn: false)
                    )
                    #expect(found.weeks.reduce(0) { $0 + $1.sums.mentions } == (isClosed ? 41 : 40))
                    #expect(found.mentions.count == 10)
                    #expect(found.mentions.first?.nativeID == "m20" && (found.mentions.first?.effect ?? 0) < 0)
                    #expect(found.mentions.dropFirst().allSatisfy { $0.sentiment == 1 && $0.effect != 0 })
                }
                func name(_ brand: String, _ author: String, _ source: String? = nil) async throws -> String {
                    switch try await AuthorExplanation.run(brand: brand, author: author, source: source, on: connection)
                    {
                    case .unknownBrand: "no brand"
                    case .unknownAuthor: "no author"
                    case .ambiguous(let authors): "\(authors.count)"
                    case .found(let one): one.author.authorID
                    }
                }
                #expect(try await name("brand9", "author1") == "no brand")
                #expect(try await name("brand1", "author4") == "no author")
                #expect(try await name("brand2", "author4") == "author4")
                #expect(try await name("brand2", "author4", "reddit") == "no author")
                _ = try await connection.run("UPDATE author SET handle = 'HANDLE1' WHERE author_no = 4")
                try await farm.write(new: [Draft(id: 100, author: 4, second: now, hash: 100, brands: [1])])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                #expect(try await name("brand1", "handle1") == "2")
                #expect(try await name("brand1", "author1") == "author1")
            }
        }
    }
}
