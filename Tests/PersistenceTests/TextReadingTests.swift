import Copies
import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// Stored texts, read backwards.
    @Suite struct TextReadingTests {
        private struct Read: Equatable {
            var numbers: [Int64] = []
            var texts: [String?] = []
            var pages = 0
        }

        /// Reads all pages of some partitions as a rebuild does.
        private static func read(
            _ partitions: [Int32],
            numbers width: Int64,
            rows: Int,
            bytes: Int64,
            _ connection: PostgresConnection
        ) async throws -> Read {
            let reading = TextReading(topic: 1, partitions: partitions)
            let all = try #require(try await TextReading.numbers(on: connection, within: .seconds(20)))
            var upper = all.upperBound
            var read = Read()
            while upper >= all.lowerBound {
                let numbers = max(all.lowerBound, upper - width + 1)...upper
                let page = try await reading.page(
                    numbers,
                    rows: rows,
                    bytes: bytes,
                    on: connection,
                    within: .seconds(20)
                )
                try #require(page.count <= rows)
                for row in 0..<page.count {
                    let mention = try #require(page[row])
                    read.numbers.append(mention.number)
                    read.texts.append(
                        page.withText(row) { text in
                            String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
                        }
                    )
                    #expect(mention.textHash == UInt64(bitPattern: -7 - mention.offset))
                    #expect(mention.publishedAt.microseconds == (1_767_225_600 + mention.offset) * 1_000_000)
                    #expect(partitions.contains(mention.partition))
                }
                read.pages += 1
                upper = page.isFull ? (read.numbers.last ?? 0) - 1 : numbers.lowerBound - 1
            }
            return read
        }

        @Test func pagesOfAnySizeGiveTheSame() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farms: [TestFarm] = []
                for partition in 0..<3 { farms.append(try await TestFarm(connection, partition: Int32(partition))) }
                #expect(try await TextReading.numbers(on: connection, within: .seconds(20)) == nil)
                var id = 0
                for round in 0..<9 {
                    // Hash and time say which offset it has; the fourth text is too long to be read.
                    let first = farms[round % 3].offset
                    let drafts = (0..<[3, 1, 40][round % 3]).map { index in
                        id += 1
                        let offset = first + Int64(index)
                        let size = id == 4 ? TextReading.mostBytes + 1 : id == 5 ? TextReading.mostBytes : 20
                        return Draft(
                            id: id,
                            second: offset,
                            hash: -7 - offset,
                            text: String(repeating: "é", count: size / 2) + (size % 2 == 1 ? "x" : "")
                        )
                    }
                    try await farms[round % 3].write(new: drafts)
                }
                let expected = try await connection.run(
                    "SELECT mention_no FROM mention WHERE kafka_partition IN (0, 2) ORDER BY 1 DESC"
                )
                let numbers = (0..<expected.rowCount).compactMap { expected.int8($0, 0) }
                #expect(numbers.count == 129)
                let whole = try await Self.read([2, 0], numbers: .max / 2, rows: 1_000, bytes: .max / 2, connection)
                #expect(whole.pages == 1 && whole.numbers == numbers)
                #expect(whole.texts.count { $0 == nil } == 0, "the long texts are of partition 1 and 2")
                for (width, rows, bytes) in [(1, 9, 1 << 20), (100, 7, 1 << 20), (10_000, 50, 100), (5_000, 3, 1)] {
                    let read = try await Self.read(
                        [0, 2],
                        numbers: Int64(width),
                        rows: rows,
                        bytes: Int64(bytes),
                        connection
                    )
                    #expect(read.numbers == numbers && read.texts == whole.texts, "\(width) \(rows) \(bytes)")
                }
                let one = try await Self.read([1], numbers: 1_000, rows: 10, bytes: 1_000, connection)
                #expect(one.numbers.count == 3 && one.texts.count { $0 == nil } == 1)
                // Settings of a page end with it.
                #expect(try await connection.strings("SHOW enable_seqscan") == ["on"])
            }
        }

        @Test func theSchemeIsThatOfTheDatabase() async throws {
            try await TestDatabase.with { _, connection in
                #expect(try await CopySetting.scheme(on: connection) == CopyScheme())
                _ = try await connection.run("UPDATE copy_setting SET threshold = 9000, window_seconds = 60")
                let scheme = try await CopySetting.scheme(on: connection)
                #expect(scheme.threshold == 9_000 && scheme.window == 60_000_000)
            }
        }
    }
}
