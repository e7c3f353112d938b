@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct AuthorJoiningTests {
        /// By names, for numbers differ from one database to the next.
        private static let standings = """
            SELECT concat_ws(' ', b.name, a.author_key, encode(s.days, 'hex'), s.fading, s.settled, s.purity, s.rest,
                             s.present, s.amplified, s.active, s.bound, s.is_own, s.first_at, s.last_at, s.followers)
            FROM standing s JOIN brand b USING (brand_no) JOIN author a USING (author_no) ORDER BY 1
            """
        private static let threads = """
            SELECT concat_ws(' ', brand_no, day, author_no, dialogues, defences, replies_got, reposts_got)
            FROM thread_ledger ORDER BY brand_no, day, author_no
            """

        private static func state(_ connection: PostgresConnection) async throws -> [String] {
            try await connection.strings(standings) + connection.strings(threads)
        }

        /// As ``TestFarm/prepare(_:)`` makes them.
        private static func name(_ author: Int) -> AuthorJoining.Name {
            AuthorJoining.Name(source: ["twitter", "reddit", "blog"][(author - 1) % 3], id: "author\(author)")
        }

        private static func draft(_ id: Int, _ random: inout SeededGenerator) -> Draft {
            func pointer(_ chance: Int) -> String? {
                Int.random(in: 0..<chance, using: &random) == 0 ? "m\(Int.random(in: 0...60, using: &random))" : nil
            }
            var draft = Draft(id: id, source: Int32.random(in: 1...2, using: &random), hash: 0)
            draft.hash = Int64.random(in: 1...40, using: &random)
            draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
            draft.second = Int64.random(in: 0...40, using: &random) * 43_200
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...3).filter { _ in Int.random(in: 0...1, using: &random) == 0 }
            (draft.inReplyTo, draft.repostOf) = (pointer(2), pointer(4))
            return draft
        }

        private static let joining = AuthorJoining(by: "test", reason: "the same face")

        /// Mentions, revisions, joins and parts in any order, with steps between them: what is kept is what a fresh farm
        /// has that is joined in the end, or was from the beginning.
        @Test(arguments: [UInt64(1), 2, 3])
        func anyOrderGivesTheSame(seed: UInt64) async throws {
            var random = SeededGenerator(seed: seed)
            let drafts = (0..<60).map { Self.draft($0, &random) }
            let revised = drafts.shuffled(using: &random).prefix(20).map { draft in
                var other = Self.draft(draft.id, &random)
                other.source = draft.source
                other.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
                return other
            }
            // Of authors 1, 2, 4, 5, 7, 8.
            let groups = [[[1, 5], [7, 8, 2]], [[4, 1, 7, 2, 5, 8]], [[8, 1, 2]]][Int(seed % 3)]
            var outcomes: [[String]] = []
            for way in 0..<3 {
                let order = drafts.shuffled(using: &random)
                try await TestDatabase.with { _, connection in
                    try await TestFarm.prepare(connection)
                    var farm = try await TestFarm(connection, partition: 0)
                    let relating = Relating(owner: "a", chunk: way == 1 ? 3 : 1_000, copyMemory: 1 << 20)
                    if way == 0 { try await Self.join(groups, &random, connection) }
                    for start in stride(from: 0, to: order.count, by: 10) {
                        try await farm.write(new: Array(order[start..<start + 10]))
                        guard way == 1 else { continue }
                        for _ in 0..<Int.random(in: 0...3, using: &random) {
                            _ = try await relating.step(on: connection)
                        }
                        try await Self.joinOrPartAtRandom(&random, connection)
                        if start % 20 == 0 { continue }
                        try await expectVerified(connection, "seed \(seed), on the way")
                    }
                    try await farm.write(revised: revised)
                    if way == 1 {
                        _ = try await relating.step(on: connection)
                        for author in [1, 2, 4, 5, 7, 8] {
                            _ = try await Self.joining.part(Self.name(author), on: connection)
                        }
                        #expect(try await connection.number("SELECT count(*) FROM person") == 0)
                        try await Self.join(groups, &random, connection)
                    }
                    try await finish(relating, connection)
                    if way == 2 { try await Self.join(groups, &random, connection) }
                    try await finish(relating, connection)
                    try await expectVerified(connection, "seed \(seed), way \(way)")
                    outcomes.append(try await Self.state(connection))
                }
            }
            #expect(outcomes[0].count >= 3)
            #expect(outcomes[0] == outcomes[1])
            #expect(outcomes[0] == outcomes[2])
        }

        private static func join(
            _ groups: [[Int]],
            _ random: inout SeededGenerator,
            _ connection: PostgresConnection
        ) async throws {
            for group in groups.shuffled(using: &random) {
                // In pairs that hang together, whichever they are.
                let order = group.shuffled(using: &random)
                for (one, other) in zip(order, order.dropFirst()).shuffled(using: &random) {
                    _ = try await joining.join([name(one), name(other)], on: connection)
                }
            }
            let places = "SELECT count(*) FROM person"
            #expect(try await connection.number(places) == Int64(groups.reduce(0) { $0 + $1.count }))
        }

        private static func joinOrPartAtRandom(
            _ random: inout SeededGenerator,
            _ connection: PostgresConnection
        ) async throws {
            let some = [1, 2, 4, 5, 7, 8].shuffled(using: &random)
            if Int.random(in: 0...2, using: &random) == 0 {
                _ = try await joining.part(name(some[0]), on: connection)
            } else {
                _ = try await joining.join([name(some[0]), name(some[1])], on: connection)
            }
        }

        /// Joining and parting again leaves nothing but the audit; what came in between is as if nobody had been joined.
        @Test func partingGivesTheStateBefore() async throws {
            var random = SeededGenerator(seed: 9)
            let drafts = (0..<60).map { Self.draft($0, &random) }
            var states: [[String]] = []
            for joins in [false, true] {
                try await TestDatabase.with { _, connection in
                    try await TestFarm.prepare(connection)
                    var farm = try await TestFarm(connection, partition: 0)
                    let relating = Relating(owner: "a", copyMemory: 1 << 20)
                    try await farm.write(new: Array(drafts.prefix(40)))
                    try await finish(relating, connection)
                    let before = try await Self.state(connection)
                    if joins {
                        let names = [4, 2, 1].map { Self.name($0) }
                        let whole = [2, 1, 4].map { Self.name($0) }
                        #expect(try await Self.joining.join(names, on: connection) == .joined(whole))
                        #expect(try await Self.joining.join(names, on: connection) == .unchanged(whole))
                        #expect(try await Self.state(connection) != before)
                        try await finish(relating, connection)
                        try await expectVerified(connection, "joined")
                        #expect(
                            try await Self.joining.part(whole[0], on: connection) == .parted([whole[1], whole[2]])
                        )
                        #expect(try await Self.joining.part(whole[1], on: connection) == .parted([]))
                        #expect(try await Self.joining.part(whole[1], on: connection) == .alone)
                        try await finish(relating, connection)
                        #expect(try await Self.state(connection) == before)
                        // Joined while the rest comes.
                        _ = try await Self.joining.join(names, on: connection)
                    }
                    try await farm.write(new: Array(drafts.suffix(20)))
                    try await finish(relating, connection)
                    if joins {
                        for author in [1, 2] { _ = try await Self.joining.part(Self.name(author), on: connection) }
                        try await finish(relating, connection)
                        let lines = """
                            SELECT string_agg(action, ',' ORDER BY at) FROM person_audit WHERE reason = 'the same face'
                            """
                        #expect(try await connection.strings(lines) == ["join,part,part,join,part,part"])
                    }
                    try await expectVerified(connection)
                    states.append(try await Self.state(connection))
                }
            }
            #expect(states[0] == states[1])
        }

        /// What the accounts of one person do to each other counts nothing, and what they do to others once.
        @Test func oneDoesNotAmplifyOneself() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await farm.write(new: [
                    Draft(id: 1, author: 1, hash: 1, sentiment: 1, brands: [1]),
                    Draft(id: 2, author: 4, second: 1, hash: 2, sentiment: 1, brands: [1], inReplyTo: "m1"),
                    Draft(id: 3, author: 4, second: 2, hash: 3, repostOf: "m1"),
                    Draft(id: 4, author: 7, second: 3, hash: 4, sentiment: -1, brands: [1]),
                    Draft(id: 5, author: 1, second: 4, hash: 5, sentiment: 1, brands: [1], inReplyTo: "m4"),
                    Draft(id: 6, author: 4, second: 5, hash: 6, sentiment: 1, brands: [1], inReplyTo: "m4"),
                ])
                try await finish(relating, connection)
                let sums = """
                    SELECT concat_ws(' ', sum(dialogues), sum(defences), sum(replies_got), sum(reposts_got))
                    FROM thread_ledger
                    """
                #expect(try await connection.strings(sums) == ["3 2 3 1"])
                _ = try await Self.joining.join([Self.name(4), Self.name(1)], on: connection)
                #expect(try await connection.strings(sums) == ["1 1 1 0"])
                try await expectVerified(connection)
                let shown = """
                    SELECT author_id || ' ' || mentions FROM mention_farm.advocate WHERE brand = 'brand1' ORDER BY 1
                    """
                #expect(try await connection.strings(shown) == ["author1 4", "author7 1"])
                // Either account finds the person, with the mentions of both.
                for (author, source) in [("@handle4", nil), ("author1", "twitter")] as [(String, String?)] {
                    let answer = try await AuthorExplanation.run(
                        brand: "brand1",
                        author: author,
                        source: source,
                        on: connection
                    )
                    guard case .found(let explanation) = answer else {
                        Issue.record("\(author) is not found")
                        continue
                    }
                    #expect(explanation.author.authorID == "author1")
                    #expect(explanation.accounts == [Self.name(1), Self.name(4)])
                    #expect(Set(explanation.mentions.map(\.nativeID)) == ["m1", "m2", "m5", "m6"])
                }
                let list = try await JoinedAccount.all(on: connection)
                #expect(list.map(\.name) == [Self.name(1), Self.name(4)])
                #expect(list.allSatisfy { $0.person == Self.name(1) && $0.reason == "the same face" })
                // One own account makes the person the brand's own.
                _ = try await connection.run("INSERT INTO brand_term VALUES (1, 'own_account', 'handle4')")
                try await farm.write(new: [Draft(id: 9, author: 7, hash: 9)])
                try await finish(relating, connection)
                let own = "SELECT author_id FROM mention_farm.advocate WHERE is_own_account"
                #expect(try await connection.strings(own) == ["author1"])
                _ = try await Self.joining.part(Self.name(1), on: connection)
                #expect(try await connection.strings(own) == ["author4"])
                try await expectVerified(connection)
            }
        }

        @Test func saysWhoIsNotKnown() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                let names = [Self.name(1), .init(source: "reddit", id: "@Handle5"), .init(source: "mars", id: "x")]
                #expect(
                    try await Self.joining.join(names, on: connection)
                        == .unknown([.init(name: names[1], meant: "author5"), .init(name: names[2], meant: nil)])
                )
                #expect(try await Self.joining.part(names[2], on: connection) == .unknown([.init(name: names[2])]))
                #expect(try await connection.number("SELECT count(*) FROM person_audit") == 0)
                // The lease is free again.
                _ = try await connection.run("SELECT 1 FROM lease FOR UPDATE NOWAIT")
            }
        }

        /// Who is forgotten is parted first, and his name and the reasons go.
        @Test func forgettingParts() async throws {
            var random = SeededGenerator(seed: 5)
            let drafts = (0..<40).map { Self.draft($0, &random) }
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await farm.write(new: drafts)
                try await finish(relating, connection)
                _ = try await Self.joining.join([1, 2, 4].map { Self.name($0) }, on: connection)
                var tables: [String: Int] = [:]
                try await AuthorExport.run(source: "twitter", id: "author4", on: connection) { row in
                    tables[row.table, default: 0] += 1
                }
                #expect(tables["person"] == 3 && tables["person_audit"] == 1 && (tables["standing"] ?? 0) > 0)
                _ = try await Forgetting(by: "test").run(.author(source: "twitter", id: "author4"), on: connection)
                try await expectVerified(connection, "forgotten")
                _ = try await Forgetting.takeBack(within: .seconds(20), on: connection)
                try await finish(relating, connection)
                try await expectVerified(connection, "taken back")
                let accounts = "SELECT a.author_key FROM person JOIN author a USING (author_no) ORDER BY place"
                #expect(try await connection.strings(accounts) == ["author2", "author1"])
                #expect(try await connection.number("SELECT count(*) FROM person_audit WHERE reason IS NOT NULL") == 0)
                #expect(try await connection.number("SELECT count(*) FROM standing WHERE author_no = 4") == 0)
            }
        }

        @Test func verifyFindsDamage() async throws {
            var random = SeededGenerator(seed: 6)
            let drafts = (0..<40).map { Self.draft($0, &random) }
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: drafts)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                _ = try await Self.joining.join([1, 2, 4, 5, 7, 8].map { Self.name($0) }, on: connection)
                for (check, damage) in [
                    ("persons", "UPDATE person SET place = 7 - place"),
                    ("persons", "UPDATE person SET person_no = 1"),
                    ("persons", "DELETE FROM person WHERE author_no <> 2"),
                    ("thread-sums", "DELETE FROM person"),
                    ("standings", "DELETE FROM person"),
                ] {
                    _ = try await connection.run("CREATE TABLE kept AS TABLE person")
                    #expect(try await connection.run(damage).affectedRows > 0)
                    let failed = try await Verifier.run(on: connection).filter { !$0.passed }.map(\.name)
                    #expect(failed.contains(check), "\(damage): \(failed)")
                    _ = try await connection.run("DELETE FROM person")
                    _ = try await connection.run("INSERT INTO person SELECT * FROM kept")
                    _ = try await connection.run("DROP TABLE kept")
                }
                try await expectVerified(connection, "restored")
            }
        }
    }
}
