import Copies
import MentionModel
import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// Near copies and the window, in the tables.
    @Suite struct RelatingCopiesTests {
        private static let openings = [
            "the northern flight was delayed again and nobody at the gate could say when it would leave for the coast",
            "a kettle that whistles in tune with the radio is the best thing that ever stood on our kitchen shelf here",
        ]

        /// Texts of two families, in which each is near the next and not near all; and two that are short.
        private static func text(_ hash: Int64) -> String {
            if hash > 8 { return "thanks \(hash)" }
            var words = openings[Int(hash - 1) / 4].split(separator: " ").map(String.init)
            for number in 0..<Int(hash - 1) % 4 { words[3 + 5 * number] = ["green", "lovely", "broken"][number] }
            return words.joined(separator: " ")
        }

        private static func vary(_ draft: inout Draft, _ random: inout SeededGenerator) {
            draft.second = Int64.random(in: 0...12, using: &random) * 3 * 86_400
            draft.hash = Int64.random(in: 1...10, using: &random)
            draft.text = text(draft.hash)
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...3).filter { _ in Bool.random(using: &random) }
        }

        /// The clusters of the standing mentions by the relation itself: sets of native ids.
        private static func expected(_ drafts: [Draft], _ scheme: CopyScheme) -> Set<Set<String>> {
            var join = CopyJoin(scheme: scheme)
            for draft in drafts {
                join.add(
                    CopyMention(
                        textHash: UInt64(bitPattern: draft.hash),
                        reference: Int64(draft.id),
                        publishedAt: draft.publishedAt
                    ),
                    last: draft.publishedAt,
                    text: Array(draft.text.utf8).span
                )
            }
            join.run()
            let labels = join.clusters()
            return Set(
                Dictionary(grouping: drafts.indices) { labels[$0] }.values.map { Set($0.map { "m\(drafts[$0].id)" }) }
            )
        }

        private static let clusters = """
            SELECT string_agg(native_id, ' ' ORDER BY native_id) FROM mention_farm.mention GROUP BY cluster_id
            """

        private static let canonicals = """
            SELECT count(*) FROM (
                SELECT cluster_id FROM mention_farm.mention m GROUP BY 1
                HAVING count(*) FILTER (WHERE NOT is_copy) <> 1
                    OR (array_agg(is_copy ORDER BY published_at, source COLLATE "C", native_id COLLATE "C"))[1]) AS q
            """

        private func expectFolded(
            _ drafts: [Draft],
            _ connection: PostgresConnection,
            _ comment: Comment,
            scheme: CopyScheme = CopyScheme()
        ) async throws {
            try await expectVerified(connection, comment)
            let found = try await connection.strings(Self.clusters).map {
                Set($0.split(separator: " ").map(String.init))
            }
            #expect(Set(found) == Self.expected(drafts, scheme), comment)
            #expect(try await connection.number(Self.canonicals) == 0, comment)
        }

        /// Random mentions and revisions over five windows, in chunks of every size, with workers that take over.
        @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
        func foldsInAnyOrder(seed: UInt64) async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                var relating = Relating(owner: "0", chunk: [1, 3, 7, 1_000][Int(seed) % 4], copyMemory: 1 << 20)
                var drafts: [Draft] = []
                for round in 1...10 {
                    let new = (0..<Int.random(in: 0...8, using: &random)).map { index in
                        var draft = Draft(id: drafts.count + index, source: Int32(index % 3 + 1), hash: 0)
                        draft.author = Int64(draft.source)
                        Self.vary(&draft, &random)
                        return draft
                    }
                    var revised: [Int: Draft] = [:]
                    for _ in 0..<Int.random(in: 0...4, using: &random) {
                        guard var draft = drafts.randomElement(using: &random) else { continue }
                        Self.vary(&draft, &random)
                        revised[draft.id] = draft
                    }
                    try await farm.write(new: new, revised: Array(revised.values))
                    drafts += new
                    for (id, draft) in revised { drafts[id] = draft }
                    for _ in 0..<Int.random(in: 0...4, using: &random) {
                        _ = try await relating.step(on: connection)
                        try await expectVerified(connection, "seed \(seed)")
                    }
                    if round % 3 == 0 {
                        try await finish(relating, connection)
                        try await expectFolded(drafts, connection, "seed \(seed), round \(round)")
                        try await relating.release(on: connection)
                        relating = Relating(owner: "\(round)", chunk: relating.chunk, copyMemory: 1 << 20)
                    }
                }
                try await finish(relating, connection)
                try await expectFolded(drafts, connection, "seed \(seed)")
                #expect(try await connection.number("SELECT count(*) FROM near_text") > 0)
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.mention WHERE is_copy") > 0)
            }
        }

        /// Pairs that only another worker's index has found are joined; so are those that no index has.
        @Test func readsWhatWorkersFoundAndReconcilesTheRest() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let drafts = (1...8).map {
                    Draft(id: $0, second: Int64($0), hash: Int64($0), text: Self.text(Int64($0)))
                }
                try await farm.write(new: drafts)
                // Without memory the step finds nothing by itself.
                let blind = Relating(owner: "blind", copyMemory: 0)
                try await finish(blind, connection)
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.cluster") == 0)
                _ = try await connection.run("INSERT INTO near_found VALUES (1, 2, 8500), (7, 99, 9000), (3, 4, 7999)")
                try await finish(blind, connection)
                #expect(try await connection.strings(Self.clusters).contains("m1 m2"))
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.cluster") == 1)
                try await expectVerified(connection)
                let scheme = CopyScheme()
                let outcome = try await Reconciliation(scheme: scheme, memory: 1 << 20).run(on: connection)
                #expect(outcome.texts == 8)
                #expect(outcome.pairs > 1)
                try await finish(blind, connection)
                try await expectFolded(drafts, connection, "reconciled")
                let again = try await Reconciliation(scheme: scheme, memory: 1 << 20).run(on: connection)
                #expect(again.pairs == 0)
            }
        }

        /// What may have escaped is looked for again before the watermark moves, without anybody asking.
        @Test func paysItsDebt() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                let drafts = (1...8).map {
                    Draft(id: $0, second: Int64($0), hash: Int64($0), text: Self.text(Int64($0)))
                }
                try await farm.write(new: drafts)
                try await finish(Relating(owner: "blind", copyMemory: 0), connection)
                _ = try await connection.run("UPDATE lease SET owner = NULL, expires_at = '-infinity'")
                let at = drafts[0].publishedAt.microseconds
                _ = try await connection.run(
                    "UPDATE copy_debt SET from_at = $1, to_at = $1",
                    [.timestamptz(at)]
                )
                let relating = Relating(owner: "rich", copyMemory: 1 << 20)
                var outcomes: [Relating.Outcome] = []
                while outcomes.last != .idle { outcomes.append(try await relating.step(on: connection)) }
                #expect(outcomes.contains { if case .reconciled(let pairs) = $0 { pairs > 0 } else { false } })
                try await expectFolded(drafts, connection, "paid")
                #expect(try await connection.number("SELECT count(from_at) FROM copy_debt") == 0)
                #expect(try await connection.number("SELECT pairs_found FROM copy_debt") > 0)
            }
        }

        /// Another threshold and another window: all is related anew.
        @Test func relatesAnewAfterAChangeOfTheSetting() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: 3)
                var farm = try await TestFarm(connection, partition: 0)
                let drafts = (0..<40).map { id in
                    var draft = Draft(id: id, hash: 0)
                    Self.vary(&draft, &random)
                    return draft
                }
                try await farm.write(new: drafts)
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await finish(relating, connection)
                try await expectFolded(drafts, connection, "before")
                let before = try await connection.number("SELECT count(*) FROM mention_farm.cluster")
                _ = try await connection.run("SELECT forget_relations()")
                _ = try await connection.run("UPDATE copy_setting SET threshold = 6000, window_seconds = 86400")
                try await expectVerified(connection, "forgotten")
                try await finish(relating, connection)
                let scheme = CopyScheme(threshold: 6_000, window: 86_400_000_000)
                try await expectFolded(drafts, connection, "after", scheme: scheme)
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.cluster") != before)
            }
        }
    }
}
