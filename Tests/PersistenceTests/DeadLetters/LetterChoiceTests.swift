import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct LetterChoiceTests {
        @Test func choosesByAllThatIsSet() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(0, 0, (0..<3).map { MentionRecord.writing("a\($0)").json })
                try await letters.desk.write(.of(1, 0, [nil, Array("{".utf8)]))
                _ = try await connection.run(
                    "UPDATE dead_letter_record SET first_seen_at = to_timestamp(1767225600 + dead_letter_no)"
                )
                func ids(
                    limit: Int64 = 100,
                    _ order: DeadLetterReading.Order = .oldestFirst,
                    _ change: (inout DeadLetterSelection) -> Void
                ) async throws -> [Int64] {
                    var selection = DeadLetterSelection()
                    change(&selection)
                    return try await DeadLetterReading.page(of: selection, order, limit: limit, on: connection).map(
                        \.id
                    )
                }
                #expect(try await ids { _ in } == [1, 2, 3, 4, 5])
                #expect(try await ids(limit: 2, .newestFirst) { _ in } == [5, 4])
                #expect(try await ids { $0.ids = [4, 2, 77] } == [2, 4])
                #expect(try await ids { $0.reason = "tombstone" } == [4])
                #expect(try await ids { $0.partition = 1 } == [4, 5])
                #expect(try await ids { $0.topic = WritingShell.topic } == [1, 2, 3, 4, 5])
                #expect(try await ids { $0.topic = "other" } == [])
                #expect(
                    try await ids {
                        $0.since = Timestamp.writing(2).microseconds
                        $0.until = Timestamp.writing(5).microseconds
                    } == [2, 3, 4]
                )
                #expect(
                    try await ids {
                        $0.ids = [1, 4]
                        $0.reason = "bad_field"
                        $0.status = "open"
                    } == [1]
                )
                #expect(try await DeadLetterReading.unknown([5, 99, 3, 6, 99], on: connection) == [6, 99])
                // A page goes on where the last one ended, and only to where it is told.
                let page = try await DeadLetterReading.page(
                    of: DeadLetterSelection(),
                    beyond: 2,
                    through: 4,
                    limit: 100,
                    on: connection
                )
                #expect(page.map(\.id) == [3, 4])
                #expect(page.map(\.isWhole) == [true, true])
                #expect(page.map(\.storedBytes) == [page[0].payloadBytes, nil])
                let limited = try await LetterDesk.redrive().outcomes(limit: 2, on: connection)
                #expect(limited.became.keys.sorted() == [1, 2])
            }
        }

        @Test func whatIsDiscardedStaysSo() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(0, 0, (0..<4).map { MentionRecord.writing("a\($0)").json })
                _ = try await LetterDesk.redrive().outcomes(DeadLetterSelection(ids: [2]), on: connection)
                let discard = DeadLetterDiscard(by: "bob", because: "test data")
                #expect(try await discard.apply(to: [3, 2, 1, 99], on: connection) == [1, 3])
                #expect(try await discard.apply(to: [1], on: connection) == [])
                try await expectVerified(connection, "discarded")
                let rest = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(rest.became == [4: .redriven(.new)])
                let named = try await LetterDesk.redrive().outcomes(
                    DeadLetterSelection(ids: [1, 2]),
                    on: connection
                )
                #expect(named.became == [1: .resolved(status: "discarded"), 2: .resolved(status: "redriven")])
                #expect(named.totals.resolvedBefore == 2)
                let audit = try await DeadLetterAudit.read(limit: 10, on: connection)
                #expect(audit.map(\.result) == ["new", "discarded", "discarded", "new"])
                #expect(audit[1].who == "bob" && audit[1].note == "test data" && audit[1].deadLetter == 3)
                #expect(try await DeadLetterAudit.read(limit: 1, on: connection).map(\.deadLetter) == [4])
                #expect(try await connection.number("SELECT sum(dead_letters) FROM progress") == 2)
                try await expectVerified(connection, "discarded and redriven")
            }
        }
    }
}
