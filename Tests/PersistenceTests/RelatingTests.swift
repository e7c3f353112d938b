@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct RelatingTests {
        /// Who has the connection next must not commit half of what a cancelled task had begun.
        @Test func aCancelledTaskLeavesNoTransaction() async throws {
            try await TestDatabase.with { database, _ in
                let own = try await database.connect()
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        _ = try? await own.query(PostgresStatement("begin", "BEGIN"), timeout: .seconds(30))
                        withUnsafeCurrentTask { $0?.cancel() }
                        await own.rollBack(timeout: .seconds(30))
                    }
                }
                #expect(await !own.isUsable)
                await own.close()
            }
        }

        /// Random mentions and revisions, few texts and instants so that everything collides, in chunks of every size:
        /// after each step the tables are what a fresh grouping gives.
        @Test(arguments: [UInt64(1), 2, 3, 4])
        func followsAnyOrderOfMentionsAndRevisions(seed: UInt64) async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                let relating = Relating(owner: "a", chunk: [1, 3, 7, 1_000][Int(seed) % 4], copyMemory: 1 << 20)
                var drafts: [Draft] = []
                for _ in 0..<12 {
                    let new = (0..<Int.random(in: 0...8, using: &random)).map { index in
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
                    try await expectVerified(connection, "seed \(seed)")
                }
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed)")
                #expect(try await connection.number("SELECT count(*) FROM mention_revised") == 0)
                #expect(
                    try await connection.number(
                        "SELECT count(*) FROM mention_farm.progress WHERE related_through IS DISTINCT FROM next_offset"
                    ) == 0
                )
                let copies = try await connection.number("SELECT count(*) FROM mention_farm.mention WHERE is_copy")
                #expect(copies > 0)
                #expect(copies == Self.copies(drafts))
            }
        }

        /// Writers go on while the step runs, and two workers want the lease.
        @Test func followsConcurrentWriters() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<3 {
                        group.addTask {
                            let own = try await database.connect()
                            var random = SeededGenerator(seed: UInt64(100 + writer))
                            var farm = try await TestFarm(own, partition: Int32(writer))
                            var drafts: [Draft] = []
                            for _ in 0..<15 {
                                let new = (0..<6).map { Self.draft(writer * 10_000 + drafts.count + $0, &random) }
                                let revised = drafts.shuffled(using: &random).prefix(3).map {
                                    Self.revision(of: $0, &random)
                                }
                                try await farm.write(new: new, revised: revised)
                                drafts += new
                            }
                            await own.close()
                        }
                    }
                    for worker in 0..<2 {
                        group.addTask {
                            let own = try await database.connect()
                            let relating = Relating(
                                owner: "worker\(worker)",
                                chunk: 5,
                                lease: .seconds(30),
                                copyMemory: 1 << 20
                            )
                            while try await own.number("SELECT coalesce(sum(records), 0) FROM partition_progress") < 390
                            {
                                _ = try await relating.step(on: own)
                            }
                            try await relating.release(on: own)
                            await own.close()
                        }
                    }
                    group.addTask {
                        let own = try await database.connect()
                        while try await own.number("SELECT coalesce(sum(records), 0) FROM partition_progress") < 390 {
                            try await expectVerified(own, "while writers write")
                        }
                        await own.close()
                    }
                    try await group.waitForAll()
                }
                try await finish(Relating(owner: "last", lease: .milliseconds(20), copyMemory: 1 << 20), connection)
                try await expectVerified(connection)
                #expect(try await connection.number("SELECT count(*) FROM mention_revised") == 0)
            }
        }

        @Test func waitsForBatchesThatWereOpen() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                let slow = try await database.connect()
                var open = try await TestFarm(slow, partition: 0)
                var quick = try await TestFarm(connection, partition: 1)
                try await open.begin()
                try await open.effects(new: [Draft(id: 1, hash: 5, brands: [1])], revised: [])
                try await quick.write(new: [Draft(id: 2, author: 4, second: 9, hash: 5, brands: [1])])
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                #expect(try await relating.step(on: connection) == .waiting)
                #expect(try await relating.step(on: connection) == .waiting)
                try await open.commit(records: 1)
                #expect(try await relating.step(on: connection) == .working(mentions: 2, revisions: 0))
                try await finish(relating, connection)
                // The mention that was written later came first.
                #expect(
                    try await connection.strings("SELECT native_id FROM mention_farm.mention WHERE is_copy") == ["m2"]
                )
                try await expectVerified(connection)
                await slow.close()
            }
        }

        @Test func breaksTheLeaseOfABackendThatIsStuck() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                let stuck = try await database.connect()
                let first = Relating(owner: "stuck", lease: .milliseconds(1), copyMemory: 1 << 20)
                _ = try await first.step(on: stuck)
                _ = try await stuck.run("BEGIN")
                _ = try await stuck.run("SELECT * FROM relate_begin('stuck', 0.001)")
                let second = Relating(owner: "next", copyMemory: 1 << 20)
                #expect(try await second.step(on: connection) == .heldByAnother)
                try await connection.waits(
                    for: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(stuck.backendPID))"
                )
                #expect(try await second.step(on: connection) != .heldByAnother)
                await #expect(throws: PostgresError.self) { try await stuck.run("COMMIT") }
            }
        }

        @Test func namesTheClusterByItsCanonical() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, author: 1, second: 50, hash: 7, sentiment: 1, brands: [1]),
                    Draft(id: 2, source: 2, author: 2, second: 20, hash: 7, sentiment: 1, brands: [1, 2]),
                    Draft(id: 3, second: 20, hash: 8),
                ])
                let relating = Relating(owner: "a", copyMemory: 1 << 20)
                try await finish(relating, connection)
                let names = """
                    SELECT native_id || ' ' || is_copy || ' ' || (cluster_id = left(md5('reddit:m2'), 16))
                    FROM mention_farm.mention ORDER BY native_id
                    """
                #expect(try await connection.strings(names) == ["m1 true true", "m2 false true", "m3 false false"])
                #expect(
                    try await connection.strings(
                        "SELECT format('%s %s %s %s', size, authors, brands, canonical_native_id) FROM mention_farm.cluster"
                    ) == ["2 2 {brand1,brand2} m2"]
                )
                #expect(
                    try await connection.strings(
                        "SELECT format('%s %s %s', brand, mentions, copies) FROM mention_farm.sentiment_by_hour ORDER BY 1"
                    ) == ["brand1 2 1", "brand2 1 0"]
                )
                // The canonical leaves: the cluster dissolves.
                try await farm.write(revised: [Draft(id: 2, source: 2, author: 2, second: 20, hash: 9, brands: [1, 2])])
                try await finish(relating, connection)
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.cluster") == 0)
                #expect(try await connection.number("SELECT sum(copies) FROM mention_farm.sentiment_by_hour") == 0)
                try await expectVerified(connection)
            }
        }

        private static func draft(_ id: Int, _ random: inout SeededGenerator) -> Draft {
            var draft = Draft(id: id, source: Int32.random(in: 1...3, using: &random), hash: 0)
            // An author belongs to a source.
            draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
            vary(&draft, &random)
            return draft
        }

        private static func revision(of old: Draft, _ random: inout SeededGenerator) -> Draft {
            var draft = old
            vary(&draft, &random)
            if Bool.random(using: &random) { draft.hash = old.hash }
            if Bool.random(using: &random) { draft.second = old.second }
            return draft
        }

        private static func vary(_ draft: inout Draft, _ random: inout SeededGenerator) {
            draft.second = Int64.random(in: 0...4, using: &random) * 40_000
            draft.hash = Int64.random(in: 1...6, using: &random)
            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
            draft.brands = (1...5).filter { _ in Int.random(in: 0...2, using: &random) == 0 }
        }

        /// Members of groups of two and more, less one each.
        private static func copies(_ drafts: [Draft]) -> Int64 {
            let sizes = Dictionary(grouping: drafts, by: \.hash).values.map(\.count)
            return Int64(sizes.reduce(0) { $0 + $1 - 1 })
        }
    }
}

/// Steps until nothing is left to relate.
func finish(_ relating: Relating, _ connection: PostgresConnection) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await relating.step(on: connection) != .idle {
        try #require(ContinuousClock.now < deadline, "the background step did not come to an end")
    }
}
