@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct ThreadTests {
        /// Random mentions that answer, pass on and revise each other, few ids so that everything collides: late
        /// parents, answers to oneself, cycles. In chunks of every size the tables are what a fresh count gives, after
        /// each step.
        @Test(arguments: [UInt64(1), 2, 3, 4])
        func followsAnyOrder(seed: UInt64) async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", chunk: [1, 3, 7, 1_000][Int(seed) % 4], copyMemory: 1 << 20)
                var drafts: [Draft] = []
                for _ in 0..<10 {
                    let new = (0..<Int.random(in: 0...10, using: &random)).map { index in
                        Self.draft(drafts.count + index, &random)
                    }
                    var revised: [Int: Draft] = [:]
                    for _ in 0..<Int.random(in: 0...6, using: &random) {
                        guard let old = drafts.randomElement(using: &random) else { continue }
                        revised[old.id] = Self.revision(of: old, &random)
                    }
                    try await farm.write(new: new, revised: Array(revised.values))
                    drafts += new
                    for (id, draft) in revised { drafts[id] = draft }
                    for _ in 0..<Int.random(in: 0...4, using: &random) {
                        _ = try await relating.step(on: connection)
                    }
                    try await Self.expectThreads(connection, "seed \(seed)")
                }
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed)")
                #expect(try await connection.number("SELECT count(*) FROM thread_due") == 0)
                for table in ["thread_link", "thread_wait", "thread_ledger"] {
                    #expect(try await connection.number("SELECT count(*) FROM \(table)") > 0)
                }
                // Forgetting and relating anew comes to the same.
                let before = try await Self.sums(connection)
                _ = try await connection.run("SELECT forget_relations()")
                #expect(try await connection.number("SELECT count(*) FROM thread_link") == 0)
                try await finish(relating, connection)
                #expect(try await Self.sums(connection) == before)
                try await expectVerified(connection, "related anew")
            }
        }

        /// Each damage turns its check red.
        @Test func verifyFindsDamage() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, author: 1, hash: 1, sentiment: -1, brands: [1]),
                    Draft(id: 2, author: 4, hash: 2, sentiment: 1, inReplyTo: "m1"),
                    Draft(id: 3, author: 4, hash: 3, repostOf: "m99"),
                ])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await Self.expectThreads(connection, "undamaged")
                for (check, damage) in [
                    ("threads", "DELETE FROM thread_link"),
                    ("threads", "UPDATE thread_link SET parent_sentiment = 0"),
                    (
                        "threads",
                        """
                        INSERT INTO thread_link SELECT parent_no, 2, 9, child_at, child_no, 9, parent_at, 0, 0, '{}', '{}'
                        FROM thread_link
                        """
                    ),
                    ("threads", "DELETE FROM thread_wait"),
                    ("threads", "UPDATE thread_wait SET parent_key = parent_key + 1"),
                    ("threads", "INSERT INTO thread_due VALUES (1, 0, 0, now(), 0)"),
                    ("thread-sums", "UPDATE thread_ledger SET defences = defences + 1"),
                    ("thread-sums", "DELETE FROM thread_ledger"),
                    ("thread-sums", "INSERT INTO thread_ledger VALUES (5, 1, 1, 0, 0, 0, 0)"),
                ] {
                    _ = try await connection.run("CREATE SCHEMA kept")
                    for table in Self.tables {
                        _ = try await connection.run("CREATE TABLE kept.\(table) AS TABLE \(table)")
                    }
                    #expect(try await connection.run(damage).affectedRows > 0, "\(damage)")
                    let failed = try await Verifier.run(on: connection).filter { !$0.passed }.map(\.name)
                    #expect(failed.contains(check), "\(damage)")
                    for table in Self.tables {
                        _ = try await connection.run("DELETE FROM \(table)")
                        _ = try await connection.run("INSERT INTO \(table) SELECT * FROM kept.\(table)")
                    }
                    _ = try await connection.run("DROP SCHEMA kept CASCADE")
                }
                try await Self.expectThreads(connection, "restored")
            }
        }

        @Test func countsAnswersOfOwnAccountsByWeek() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                // Monday 2025-12-29 begins the week of 2026-01-01. Author 1 will be brand 1's own, on twitter.
                let week: Int64 = 7 * 86_400
                try await farm.write(new: [
                    // Two answers of which the first counts; it comes before what it answers.
                    Draft(id: 11, author: 1, second: 100, hash: 1, inReplyTo: "m1"),
                    Draft(id: 12, author: 1, second: 900, hash: 2, brands: [1], inReplyTo: "m1"),
                    Draft(id: 1, author: 4, second: 0, hash: 3, brands: [1]),
                    Draft(id: 2, author: 4, second: 10, hash: 4, brands: [1, 2]),
                    // Answered by somebody else, and by an own account of another brand.
                    Draft(id: 13, author: 7, second: 20, hash: 5, inReplyTo: "m2"),
                    // Answered in the week after.
                    Draft(id: 3, author: 7, second: 30, hash: 6, brands: [1]),
                    Draft(id: 14, author: 1, second: week + 30, hash: 7, inReplyTo: "m3"),
                    // Monologue, and an answer to itself.
                    Draft(id: 15, author: 1, second: 40, hash: 8, brands: [1]),
                    Draft(id: 16, author: 1, second: 50, hash: 9, inReplyTo: "m15"),
                    // The same handle on another source is another account, where the source is told.
                    Draft(id: 4, source: 2, author: 2, second: 60, hash: 10, brands: [1]),
                    Draft(id: 17, source: 2, author: 5, second: 61, hash: 11, inReplyTo: "m4"),
                ])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                let none = try await ConversationReading.weeks(of: "brand1", last: 8, on: connection)
                #expect(none.map(\.answered) == [0])
                #expect(none.map(\.mentions) == [6])
                try await Self.own("brand1", ["twitter:@HANDLE1"], connection)
                let weeks = try await ConversationReading.weeks(of: "brand1", last: 8, on: connection)
                #expect(
                    weeks == [
                        ConversationWeek(
                            week: "2025-12-29",
                            mentions: 4,
                            answered: 2,
                            answeredShare: 0.5,
                            median: (100 + Double(week)) / 2,
                            p90: 100 + 0.9 * Double(week - 100),
                            talk: 4,
                            talkToListen: 1,
                            monologueShare: 0.25
                        )
                    ] + weeks.dropFirst()
                )
                let talk = """
                    SELECT format('%s %s %s %s', week, talk, listen, ratio IS NULL)
                    FROM mention_farm.talk_to_listen_by_week WHERE brand = 'brand1' ORDER BY 1
                    """
                #expect(try await connection.strings(talk) == ["2025-12-29 4 4 f", "2026-01-05 1 0 t"])
                // On any source, and by the author's other handles.
                try await Self.own("brand1", ["handle1", "handle5"], connection)
                let both = try await ConversationReading.weeks(of: "brand1", last: 1, on: connection)
                #expect(both.first?.answered == 3)
                try await Self.own("brand1", ["reddit:handle1", "nobody"], connection)
                #expect(try await ConversationReading.weeks(of: "brand1", last: 1, on: connection).first?.answered == 0)
            }
        }

        @Test func anAnswerOfAnOwnAccountEndsTheWaiting() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await Self.own("brand1", ["twitter:@HANDLE1"], connection)
                try await farm.write(new: [
                    Draft(id: 1, author: 4, second: 0, hash: 3, brands: [1, 2]),
                    Draft(id: 2, author: 4, second: 10, hash: 4, brands: [1]),
                ])
                _ = try await connection.run(
                    """
                    INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                        priority, status, team, action, reason)
                    SELECT m.mention_no, b.no, 1, 1, m.body_hash, m.published_at, now(), 1, 'open', 'support', 'respond',
                           'threat' FROM mention m CROSS JOIN LATERAL unnest(m.brands) AS b (no)
                    """
                )
                try await farm.write(new: [
                    // Somebody answers the first; the account of brand 1 does, and the author himself the second.
                    Draft(id: 3, author: 7, second: 20, hash: 5, inReplyTo: "m1"),
                    Draft(id: 4, author: 1, second: 30, hash: 6, inReplyTo: "m1"),
                    Draft(id: 5, author: 4, second: 40, hash: 7, inReplyTo: "m2"),
                ])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                let items = """
                    SELECT concat_ws(' ', m.native_id, t.brand_no, t.status, t.closed_by)
                    FROM triage_item t JOIN mention m USING (mention_no) ORDER BY 1
                    """
                #expect(try await connection.strings(items) == ["m1 1 done answered", "m1 2 open", "m2 1 open"])
            }
        }

        @Test func printsAThreadWhateverItsDataClaims() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, hash: 1, inReplyTo: "m77"),
                    Draft(id: 2, second: 1, hash: 2, inReplyTo: "m1"),
                    Draft(id: 3, second: 2, hash: 3, inReplyTo: "m2", conversation: "m1"),
                    // What it answers is not stored; the conversation's root is.
                    Draft(id: 4, second: 3, hash: 4, inReplyTo: "m78", conversation: "m1"),
                    Draft(id: 5, second: 4, hash: 5, repostOf: "m2"),
                    // A circle.
                    Draft(id: 6, second: 5, hash: 6, inReplyTo: "m7"),
                    Draft(id: 7, second: 6, hash: 7, inReplyTo: "m6"),
                ])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                func thread(_ id: String, limit: Int32 = 100) async throws -> StoredThread? {
                    try await ThreadReading.run(source: "twitter", nativeID: id, limit: limit, on: connection)
                }
                func shown(_ thread: StoredThread?) -> [String] {
                    thread?.members.map { "\($0.place.depth) \($0.nativeID) \($0.parentID ?? "-")" } ?? []
                }
                let whole = ["0 m1 -", "1 m2 m1", "2 m3 m2", "2 m5 m2", "1 m4 m1"]
                for id in ["m1", "m3", "m4", "m5"] {
                    let found = try await thread(id)
                    #expect(shown(found) == whole)
                    #expect(found?.missing == "m77")
                    #expect(found?.isCut == false)
                }
                let cut = try await thread("m3", limit: 1)
                #expect(shown(cut) == ["0 m1 -", "1 m2 m1", "2 m3 m2"])
                #expect(cut?.isCut == true)
                #expect(shown(try await thread("m6")) == ["0 m7 -", "1 m6 m7"])
                #expect(try await thread("m6")?.missing == nil)
                #expect(try await thread("m404") == nil)
            }
        }

        /// Many answers to one come in portions, before it and after, and follow it when it changes.
        @Test func manyAnswersComeInPortions() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(
                    new: (1...50).map {
                        Draft(id: $0, author: Int64($0 % 3 * 3 + 1), hash: Int64($0), brands: [2], inReplyTo: "m0")
                    }
                )
                let relating = Relating(owner: "a", chunk: 4, copyMemory: 1 << 20)
                try await finish(relating, connection)
                #expect(try await connection.number("SELECT count(*) FROM thread_wait") == 50)
                try await farm.write(new: [Draft(id: 0, author: 1, hash: 99, sentiment: -1, brands: [1])])
                var steps = 0
                while try await relating.step(on: connection) != .idle {
                    steps += 1
                    try await Self.expectThreads(connection, "step \(steps)")
                }
                #expect(steps > 50 / 8)
                #expect(try await connection.number("SELECT count(*) FROM thread_link") == 50)
                try await farm.write(revised: [Draft(id: 0, author: 1, hash: 99, sentiment: 1, brands: [3])])
                try await finish(relating, connection)
                try await expectVerified(connection)
                #expect(try await connection.strings("SELECT DISTINCT parent_brands::text FROM thread_link") == ["{3}"])
                #expect(try await connection.number("SELECT sum(replies_got) FROM thread_ledger") == 2)
            }
        }

        // MARK: -

        private static let tables = ["thread_link", "thread_wait", "thread_due", "thread_ledger"]

        private static func sums(_ connection: PostgresConnection) async throws -> [String] {
            try await connection.strings("SELECT l::text FROM thread_ledger l ORDER BY brand_no, day, author_no")
                + connection.strings("SELECT w::text FROM thread_wait w ORDER BY parent_key, child_no, kind")
        }

        /// Of the checks those of threads: at any instant.
        private static func expectThreads(_ connection: PostgresConnection, _ comment: Comment) async throws {
            for check in CheckQuery.threads {
                let found = try await connection.strings(check.sql)
                #expect(found.isEmpty, "\(comment.rawValue) \(check.name): \(found.prefix(5))")
            }
        }

        private static func own(_ brand: String, _ accounts: [String], _ connection: PostgresConnection) async throws {
            try await BrandCatalogue.set([BrandSpecification(name: brand, ownAccounts: accounts)], on: connection)
        }

        private static func draft(_ id: Int, _ random: inout SeededGenerator) -> Draft {
            var draft = Draft(id: id, source: Int32.random(in: 1...2, using: &random), hash: Int64(id))
            vary(&draft, &random)
            return draft
        }

        private static func revision(of old: Draft, _ random: inout SeededGenerator) -> Draft {
            var draft = old
            vary(&draft, &random)
            if Bool.random(using: &random) {
                (draft.inReplyTo, draft.repostOf, draft.conversation) = (old.inReplyTo, old.repostOf, old.conversation)
            }
            if Bool.random(using: &random) { (draft.author, draft.second) = (old.author, old.second) }
            return draft
        }

        private static func vary(_ draft: inout Draft, _ random: inout SeededGenerator) {
            func pointer(_ chance: Int) -> String? {
                Int.random(in: 0..<chance, using: &random) == 0 ? "m\(Int.random(in: 0...45, using: &random))" : nil
            }
            draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
            draft.second = Int64.random(in: 0...4, using: &random) * 40_000
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...3).filter { _ in Int.random(in: 0...2, using: &random) == 0 }
            (draft.inReplyTo, draft.repostOf, draft.conversation) = (pointer(2), pointer(4), pointer(3))
        }
    }
}
