import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// Many people at one queue.
    @Suite struct TriageQueueTests {
        /// Items about one brand, without mentions behind them but for their identity.
        private static func fill(_ connection: PostgresConnection, _ count: Int) async throws {
            _ = try await connection.run("INSERT INTO source (name) VALUES ('twitter')")
            _ = try await connection.run("INSERT INTO brand (name) VALUES ('acme')")
            _ = try await connection.run(
                """
                INSERT INTO mention_identity (source_no, native_id, mention_no, body_hash)
                SELECT 1, 'm' || n, n, n FROM generate_series(1, \(count)) AS s (n)
                """
            )
            _ = try await connection.run(
                """
                INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                                         priority, status, team, action, reason)
                SELECT n, 1, 1, 1, n, '2026-01-01'::timestamptz + n * interval '1 s', now(), 1 + n % 3, 'open',
                       (ARRAY['support', 'sales'])[1 + n % 2], 'respond', 'threat'
                FROM generate_series(1, \(count)) AS s (n)
                """
            )
        }

        private static func change(
            _ change: TriageChange,
            _ id: String,
            by who: String,
            _ connection: PostgresConnection,
            note: String? = nil
        ) async throws -> TriageChangeOutcome {
            try await TriageQueue.change(
                change,
                source: "twitter",
                id: id,
                brand: "acme",
                by: who,
                note: note,
                for: .seconds(3_600),
                on: connection
            )
        }

        @Test func eachItemIsTakenOnce() async throws {
            try await TestDatabase.with { database, connection in
                try await Self.fill(connection, 200)
                let taken = try await withThrowingTaskGroup(of: [String].self) { group in
                    for person in 0..<6 {
                        group.addTask {
                            let own = try await database.connect()
                            var mine: [String] = []
                            while true {
                                let rows = try await own.run(
                                    "SELECT mention_no FROM triage_take('support', 'acme', 'respond', 'p\(person)', 7, 60)"
                                )
                                if rows.rowCount == 0 { break }
                                mine += (0..<rows.rowCount).compactMap { rows.int8($0, 0).map { "\($0)" } }
                            }
                            await own.close()
                            return mine
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(taken.count == 100 && Set(taken).count == 100)
                let counts = try await connection.strings(
                    "SELECT team || ' ' || status || ' ' || count(*) FROM triage_item GROUP BY team, status ORDER BY 1"
                )
                #expect(counts == ["sales open 100", "support claimed 100"])
                #expect(try await connection.number("SELECT count(*) FROM triage_audit WHERE change = 'claim'") == 100)
            }
        }

        @Test func whoComesSecondIsToldWhoHasIt() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.fill(connection, 3)
                #expect(try await Self.change(.claim, "m1", by: "ada", connection) == .made(status: "claimed"))
                #expect(try await Self.change(.claim, "m1", by: "ada", connection) == .made(status: "claimed"))
                for refused in [TriageChange.claim, .done, .dismiss, .release] {
                    guard case .held(let by, let until?) = try await Self.change(refused, "m1", by: "bob", connection)
                    else {
                        Issue.record("\(refused) was not refused")
                        continue
                    }
                    #expect(by == "ada" && until > 0)
                }
                #expect(try await Self.change(.release, "m2", by: "bob", connection) == .notClaimed)
                #expect(try await Self.change(.done, "m9", by: "bob", connection) == .unknown)
                #expect(
                    try await Self.change(.done, "m1", by: "ada", connection, note: "well") == .made(status: "done")
                )
                #expect(
                    try await Self.change(.dismiss, "m1", by: "bob", connection) == .closed(status: "done", by: "ada")
                )
                #expect(try await Self.change(.release, "m1", by: "bob", connection) == .made(status: "open"))
                #expect(try await Self.change(.dismiss, "m1", by: "bob", connection) == .made(status: "dismissed"))
                #expect(
                    try await connection.strings(
                        "SELECT who || ' ' || change || ' ' || from_status || '>' || to_status FROM triage_audit ORDER BY audit_no"
                    ) == [
                        "ada claim open>claimed", "ada claim claimed>claimed", "ada done claimed>done",
                        "bob release done>open", "bob dismiss open>dismissed",
                    ]
                )
                #expect(try await connection.strings("SELECT note FROM triage_item WHERE mention_no = 1") == ["well"])
            }
        }

        @Test func claimsRunOutAndAnswersClose() async throws {
            try await TestDatabase.with { _, connection in
                try await Self.fill(connection, 4)
                #expect(
                    try await connection.number("SELECT count(*) FROM triage_take(NULL, NULL, NULL, 'ada', 2, 60)") == 2
                )
                // Priority 1 before 2, then by due time.
                #expect(
                    try await connection.strings(
                        "SELECT mention_no::text FROM triage_item WHERE status = 'claimed' ORDER BY priority, due_at"
                    ) == ["3", "1"]
                )
                #expect(try await connection.number("SELECT triage_expire()") == 0)
                _ = try await connection.run(
                    "UPDATE triage_item SET claim_until = now() - interval '1 s' WHERE mention_no = 3"
                )
                #expect(try await connection.number("SELECT triage_expire()") == 1)
                #expect(try await Self.change(.claim, "m3", by: "bob", connection) == .made(status: "claimed"))
                // What somebody has is theirs to close; what is open is closed by the brand's own answer.
                #expect(try await connection.number("SELECT triage_answered('{1,2,3}', '{1,1,1}')") == 1)
                #expect(
                    try await connection.strings(
                        "SELECT mention_no || ' ' || status FROM triage_item ORDER BY mention_no"
                    ) == ["1 claimed", "2 done", "3 claimed", "4 open"]
                )
            }
        }

        /// Rows are read in order from the first that was not removed, and the lease is one's own.
        @Test func theOutboxIsReadInOrderUnderALease() async throws {
            try await TestDatabase.with { database, connection in
                for (key, value) in [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1")] {
                    _ = try await connection.run(
                        "INSERT INTO outbox (key, payload, added_at)"
                            + " VALUES ($1, convert_to($2, 'UTF8'), now() - interval '1 hour')",
                        [.text(key), .text(value)]
                    )
                }
                let other = try await database.connect()
                #expect(try await Outbox.hold(by: "one", for: .seconds(30), on: connection))
                #expect(try await !Outbox.hold(by: "two", for: .seconds(30), on: other))
                let first = try await Outbox.next(3, on: connection)
                #expect(first.map { String(decoding: $0.key + $0.payload, as: UTF8.self) } == ["a1", "b1", "a2"])
                // One that could not be published stays the first of its key.
                try await Outbox.remove([first[1].number], on: connection)
                let second = try await Outbox.next(3, on: connection)
                #expect(second.map { String(decoding: $0.key + $0.payload, as: UTF8.self) } == ["a1", "a2", "c1"])
                #expect(try await Outbox.depth(connection)?.rows == 3)
                let waiting = try await DatabaseGauge.read(group: "g", topic: "t", on: connection)
                #expect(waiting.outboxRows == 3)
                #expect((3_600..<7_200).contains(waiting.outboxOldest))
                try await Outbox.remove(second.map(\.number), on: connection)
                let empty = try await DatabaseGauge.read(group: "g", topic: "t", on: connection)
                #expect(empty.outboxRows == 0 && empty.outboxOldest == 0)
                try await Outbox.release(by: "one", on: connection)
                #expect(try await Outbox.hold(by: "two", for: .seconds(30), on: other))
                await other.close()
            }
        }
    }
}
