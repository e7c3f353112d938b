import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    /// Two workers bring the same between the look and the copy of the slower one.
    @Suite struct WritingRaceTests {
        private static func waiting(for statement: String, backends: Int = 1) -> String {
            """
            SELECT count(*) = \(backends) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND query LIKE '\(statement)%' AND datname = current_database()
            """
        }

        /// Two writers that hold partitions 0 and 1, and a third connection to stop them with.
        private static func race(
            stoppedAt table: String,
            _ body: (
                _ writes:
                    @escaping @Sendable (_ partition: Int32, _ records: [MentionRecord]) async throws -> WriteReport,
                _ connection: PostgresConnection,
                _ go: () async throws -> Void
            ) async throws -> Void
        ) async throws {
            try await TestDatabase.with { database, connection in
                let first = try await database.connect()
                let second = try await database.connect()
                let gate = try await database.connect()
                let desk = try await WritingDesk(first)
                try await second.execute(script: ConnectionSetup.writer(synchronousCommit: false))
                var identity = await desk.writer.identity
                identity.slot = 1
                let other = BatchWriter(identity)
                try await desk.write(.of(2, 0, [MentionRecord.writing("before").json]))
                _ = try await gate.run("BEGIN")
                _ = try await gate.run("LOCK TABLE \(table) IN SHARE MODE")
                try await body(
                    { partition, records in
                        let batch = Batch.of(partition, 0, records.map(\.json))
                        return partition == 0
                            ? try await desk.write(batch)
                            : try await other.write(batch, on: second, now: .writing(0))
                    },
                    connection,
                    { _ = try await gate.run("COMMIT") }
                )
                try await expectVerified(connection)
                for connection in [first, second, gate] { await connection.close() }
            }
        }

        /// The first batch stands before its sums, its identities written and not committed; the second looks, sees
        /// none of them, and waits in its copy.
        @Test func anIdentityThatComesMeanwhileIsARedelivery() async throws {
            try await Self.race(stoppedAt: "hour_sum") { writes, connection, go in
                let (early, late) = try await withThrowingTaskGroup(
                    of: (Int32, WriteReport).self,
                    returning: (WriteReport?, WriteReport?).self
                ) { group in
                    group.addTask { (0, try await writes(0, [.writing("a"), .writing("both")])) }
                    try await connection.waits(for: Self.waiting(for: "INSERT INTO hour_sum"))
                    group.addTask { (1, try await writes(1, [.writing("both"), .writing("c"), .writing("d")])) }
                    try await connection.waits(for: Self.waiting(for: "COPY mention_identity"))
                    try await go()
                    var reports: [Int32: WriteReport] = [:]
                    for try await (partition, report) in group { reports[partition] = report }
                    return (reports[0], reports[1])
                }
                #expect(early?.steps[0]?.newMentions == 2)
                #expect(late?.steps[1]?.newMentions == 2 && late?.steps[1]?.redeliveries == 1)
                let ids = try await connection.strings("SELECT native_id FROM mention ORDER BY 1")
                #expect(ids == ["a", "before", "both", "c", "d"])
            }
        }

        /// Both have looked for an author that is not there; both copy it.
        @Test func anAuthorThatComesMeanwhileHasOneNumber() async throws {
            try await Self.race(stoppedAt: "author") { writes, connection, go in
                try await withThrowingTaskGroup(of: WriteReport.self) { group in
                    group.addTask { try await writes(0, [.writing("a", author: "newcomer")]) }
                    group.addTask {
                        try await writes(1, [.writing("b", author: "newcomer"), .writing("c", author: "another")])
                    }
                    try await connection.waits(for: Self.waiting(for: "COPY author", backends: 2))
                    try await go()
                    for try await report in group { #expect(report.steps.values.allSatisfy { $0.records > 0 }) }
                }
                let authors = try await connection.strings(
                    "SELECT author_key || ' ' || count(*) FROM author JOIN mention USING (author_no) GROUP BY author_key ORDER BY 1"
                )
                #expect(authors == ["another 1", "author 1", "newcomer 2"])
            }
        }

        /// What doesn't fit into packed columns goes by whole ones: many mentions of one author on one day, and mentions
        /// that leave.
        @Test func countsBeyondSmallOnesAreWrittenWhole() async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                try await desk.write(.of(0, 0, (0..<200).map { MentionRecord.writing("m\($0)").json }))
                #expect(try await connection.number("SELECT sum(mentions) FROM ledger") == 200)
                #expect(try await connection.number("SELECT sum(mentions) FROM hour_sum") == 200)
                try await desk.write(.writing("m7", edited: 60, brands: ["zed"]), at: 200)
                #expect(
                    try await connection.strings("SELECT mentions::text FROM ledger ORDER BY mentions") == ["1", "199"]
                )
                try await expectVerified(connection)
            }
        }
    }

    @Suite struct SmallCountsTests {
        @Test func countsThatFitComeOutAgain() async throws {
            try await TestDatabase.with { _, connection in
                let packed = try #require(SmallCounts.pack([1, 0, 47, 2, -16, 46, 31, -1, 5, 47] as [10 of Int32]))
                let names = (0..<10).map { "c\($0)" }
                let columns = SmallCounts.unpacked(names, from: "u.p").joined(separator: ", ")
                let rows = try await connection.run(
                    "SELECT \(columns) FROM unnest($1::bigint[]) AS u (p)",
                    [.int8Array([packed])]
                )
                #expect((0..<10).map { rows.int4(0, $0) } == [1, 0, 47, 2, -16, 46, 31, -1, 5, 47])
                #expect(SmallCounts.pack([48] as [1 of Int32]) == nil)
                #expect(SmallCounts.pack([1, -17] as [2 of Int32]) == nil)
                #expect(
                    SmallCounts.pack([.max] as [1 of Int32]) == nil && SmallCounts.pack([.min] as [1 of Int32]) == nil
                )
            }
        }
    }
}
