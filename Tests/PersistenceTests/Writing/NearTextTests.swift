import Copies
import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    /// Pairs of near texts go where the effects of their batch go, and nowhere else.
    @Suite struct NearTextTests {
        private static func stored(_ connection: PostgresConnection) async throws -> [String] {
            try await connection.strings(
                "SELECT concat_ws(' ', text_hash, other_hash, jaccard) FROM near_found ORDER BY 1"
            )
        }

        private static func expected(_ texts: [String]) -> [String] {
            texts.flatMap(WritingPreparation.nearTexts)
                .map { "\(Int64(bitPattern: $0.text)) \(Int64(bitPattern: $0.other)) \($0.jaccard)" }.sorted()
        }

        /// Texts of which the first have pairs.
        private static let texts = {
            let all = (0..<60).map { "text \($0)" }
            let parts = all.filter { !WritingPreparation.nearTexts($0).isEmpty }
            return Array(parts.prefix(6)) + all.filter { WritingPreparation.nearTexts($0).isEmpty }.prefix(6)
        }()

        @Test func pairsComeWithTheirBatch() async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                let records = Self.texts.enumerated().map { MentionRecord.writing("id \($0)", text: $1).json }
                let expected = Self.expected(Self.texts)
                #expect(expected.count > 6 && expected.contains { $0.hasPrefix("-") })
                // Another holds the partition: nothing is written.
                await #expect(throws: PostgresError.self) { try await desk.write(.of(0, 0, epoch: 2, records)) }
                #expect(try await Self.stored(connection).isEmpty)
                // The end of the transaction fails.
                try await connection.execute(
                    script: "ALTER TABLE partition_progress ADD CONSTRAINT stop CHECK (records = 0)"
                )
                await #expect(throws: PostgresError.self) { try await desk.write(.of(0, 0, records)) }
                #expect(try await Self.stored(connection).isEmpty)
                try await connection.execute(script: "ALTER TABLE partition_progress DROP CONSTRAINT stop")
                let report = try await desk.write(.of(0, 0, records))
                #expect(try await Self.stored(connection) == expected)
                #expect(report.total.nearPairs == Int64(expected.count))
                // What comes again says it again, and a batch without pairs says nothing.
                try await desk.write(.of(0, 12, [records[0], records[11]]))
                #expect(try await Self.stored(connection) == (expected + Self.expected([Self.texts[0]])).sorted())
            }
        }

        /// A batch is halved until the refused records stand alone: each pair is there once, those of refused too.
        @Test func refusedRecordsKeepTheirPairs() async throws {
            try await TestDatabase.with { database, connection in
                let refused = [Self.texts[1], Self.texts[8]]
                try await connection.execute(
                    script: """
                        ALTER TABLE mention ADD CONSTRAINT no_poison CHECK (text NOT IN ('\(refused[0])', '\(refused[1])'))
                        """
                )
                let log = Self.texts.enumerated().map { index, text in
                    WritingRecord(
                        partition: Int32(index % 2),
                        offset: Int64(index / 2),
                        payload: MentionRecord.writing("id \(index)", text: text).json
                    )
                }
                let shell = try await WritingShell(database, connection)
                try await shell.take(log, most: 3, on: connection)
                try await shell.run(most: 1_000)
                #expect(await shell.refused == ["23514": 2])
                #expect(try await Self.stored(connection) == Self.expected(Self.texts))
                #expect(await shell.counted.nearPairs == Int64(Self.expected(Self.texts).count))
            }
        }

        /// Connections are ended while batches are written: each pair is there once.
        @Test func retriedBatchesWriteTheirPairsOnce() async throws {
            try await TestDatabase.with { database, connection in
                let texts = (0..<400).map { "text \($0)" }
                let log = texts.enumerated().map { index, text in
                    WritingRecord(
                        offset: Int64(index),
                        payload: MentionRecord.writing("id \(index)", text: text).json
                    )
                }
                let shell = try await WritingShell(database, connection)
                try await shell.take(log, most: 3, on: connection)
                let saboteur = try await database.connect()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await WritingEquivalenceTests.sabotage(saboteur) }
                    try await shell.run(most: 5)
                    group.cancelAll()
                }
                await saboteur.close()
                #expect(await !shell.failures.isEmpty, "no connection was lost")
                #expect(try await Self.stored(connection) == Self.expected(texts))
            }
        }
    }
}
