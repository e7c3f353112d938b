import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct RedriveTests {
        @Test func saysWhatBecameOfEach() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                let first = MentionRecord.writing("a", text: "first", likes: 1)
                let second = MentionRecord.writing("a", text: "second", edited: 60)
                let bad = Array(#"{"id":"x""#.utf8)
                try await letters.desk.write(.of(0, 0, [first.json]))
                try await letters.refuse(1, 0, [first.json, second.json, nil, bad, MentionRecord.writing("b").json])
                let run = try await LetterDesk.redrive(by: "ada").outcomes(on: connection)
                #expect(run.became[1] == .redriven(.redelivered))
                #expect(run.became[2] == .redriven(.revision))
                guard case .rejected(let tombstone) = run.became[3], case .rejected(let broken) = run.became[4] else {
                    Issue.record("\(run.became)")
                    return
                }
                #expect(tombstone.reason == .tombstone && broken.reason == .badJSON)
                #expect(run.became[5] == .redriven(.new))
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', id, status, outcome, resolved_by, reason) FROM dead_letter ORDER BY id"
                    ) == [
                        "1 redriven redelivered ada bad_field", "2 redriven revision ada bad_field", "3 open tombstone",
                        "4 open bad_json", "5 redriven new ada bad_field",
                    ]
                )
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', dead_letter_no, who, action, result) FROM dead_letter_audit ORDER BY 1"
                    ) == [
                        "1 ada redrive redelivered", "2 ada redrive revision", "3 ada redrive tombstone",
                        "4 ada redrive bad_json", "5 ada redrive new",
                    ]
                )
                #expect(
                    try await connection.strings(
                        """
                        SELECT concat_ws(' ', partition, records, new_mentions, redeliveries, revisions, dead_letters)
                        FROM progress WHERE records > 0 ORDER BY 1
                        """
                    ) == ["0 1 1 0 0 0", "1 5 1 1 1 2"]
                )
                // Each mention stands where its record lies.
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', native_id, text, kafka_partition, kafka_offset, likes) FROM mention"
                            + " ORDER BY 1"
                    ) == ["a second 1 1 1", "b text 1 4 0"]
                )
                // The worker goes on where it stood, under the epoch that it has.
                try await letters.desk.write(.of(1, 5, [MentionRecord.writing("c").json]))
                try await expectVerified(connection)
            }
        }

        /// No payload is known that the decoder takes and PostgreSQL refuses, so a constraint stands in for one.
        @Test func whatTheDatabaseRefusesStaysOpenAlone() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(
                    0,
                    0,
                    (0..<20).map { MentionRecord.writing("id \($0)", text: $0 % 9 == 4 ? "poison" : "text").json }
                )
                try await connection.execute(
                    script: "ALTER TABLE mention ADD CONSTRAINT no_poison CHECK (text NOT LIKE '%poison%')"
                )
                let run = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(run.totals.new == 18 && run.totals.stillOpen == 2)
                #expect(run.became[5] == .rejected(Delivery.refusal(sqlState: "23514")))
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', id, reason) FROM dead_letter WHERE status = 'open' ORDER BY id"
                    ) == ["5 rejected_by_database", "14 rejected_by_database"]
                )
                #expect(try await connection.strings("SELECT detail FROM dead_letter WHERE detail ~ 'poison'").isEmpty)
                try await expectVerified(connection, "with two refused")

                try await connection.execute(script: "ALTER TABLE mention DROP CONSTRAINT no_poison")
                var selection = DeadLetterSelection()
                selection.reason = "rejected_by_database"
                let again = try await LetterDesk.redrive().outcomes(selection, on: connection)
                #expect(again.totals.chosen == 2 && again.totals.new == 2)
                #expect(try await connection.number("SELECT sum(new_mentions) FROM progress") == 20)
                #expect(try await connection.number("SELECT sum(dead_letters) FROM progress") == 0)
                try await expectVerified(connection, "with none refused")
            }
        }

        /// The last statements of the transaction fail, or take the connection with them: nothing is left of it.
        @Test(arguments: [
            "RAISE EXCEPTION 'no' USING ERRCODE = '53100'", "PERFORM pg_terminate_backend(pg_backend_pid())",
        ])
        func rolledBackInTheMiddleLeavesNothing(_ fault: String) async throws {
            try await TestDatabase.with { database, connection in
                let letters = try await LetterDesk(connection)
                try await letters.desk.write(.of(1, 0, [MentionRecord.writing("id 1", second: 1).json]))
                try await letters.refuse(0, 0, (0..<5).map { MentionRecord.writing("id \($0)", second: $0).json })
                let before = try await WritingTables.read(connection)
                try await connection.execute(
                    script: """
                        CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(fault); RETURN new; END $$;
                        CREATE TRIGGER fault BEFORE INSERT ON dead_letter_audit FOR EACH ROW EXECUTE FUNCTION fault();
                        """
                )
                let own = try await database.connect()
                await #expect(throws: PostgresError.self) {
                    try await LetterDesk.redrive().outcomes(on: own)
                }
                await own.close()
                var after = try await WritingTables.read(connection)
                // Dictionary rows come before the transaction and have no effect of their own.
                #expect(after.authors == before.authors)
                after.authors = before.authors
                #expect(after == before)
                #expect(try await connection.number("SELECT count(*) FROM dead_letter_audit") == 0)
                try await expectVerified(connection, "after the fault")

                try await connection.execute(script: "DROP TRIGGER fault ON dead_letter_audit")
                let run = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(run.totals.new == 4 && run.totals.redelivered == 1 && run.totals.stillOpen == 0)
                try await expectVerified(connection, "after the second run")
            }
        }

        /// It waits for a batch that holds the progress row, and the background step waits for it.
        @Test func takesItsTurnWithWorkers() async throws {
            try await TestDatabase.with { database, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(0, 0, [MentionRecord.writing("a").json])
                let worker = try await database.connect()
                _ = try await worker.run("BEGIN")
                _ = try await worker.run("SELECT guard('\(WritingShell.group)', 1, '{0}', '{1}', '{1}')")
                let run = try await withThrowingTaskGroup(of: Int64.self) { group in
                    group.addTask {
                        let own = try await database.connect()
                        let totals = try await LetterDesk.redrive().outcomes(on: own).totals
                        await own.close()
                        return totals.new
                    }
                    try await connection.waits(
                        for: "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND query LIKE '%guard_redrive%' AND datname = current_database())"
                    )
                    #expect(try await connection.number("SELECT cardinality(open_batches())") == 2)
                    _ = try await worker.run("COMMIT")
                    return try await group.reduce(0, +)
                }
                #expect(run == 1)
                await worker.close()
                try await expectVerified(connection)
            }
        }

        /// The same record is a dead letter of two groups: one redrives it, the other's stays.
        @Test func groupsAreEachTheirOwn() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(0, 0, [MentionRecord.writing("a").json])
                try await connection.execute(
                    script: """
                        INSERT INTO partition_progress (consumer_group, topic_no, partition, epoch, next_offset, records,
                            dead_letters) VALUES ('other', 1, 0, 1, 1, 1, 1);
                        INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset,
                            incarnation, reason, detail, payload, payload_bytes, record_timestamp)
                        SELECT 'other', topic_no, kafka_partition, kafka_offset, incarnation, reason, detail, payload,
                            payload_bytes, record_timestamp FROM dead_letter_record;
                        """
                )
                let run = try await LetterDesk.redrive().outcomes(DeadLetterSelection(ids: [1]), on: connection)
                #expect(run.became == [1: .redriven(.new)])
                try await expectVerified(connection, "one of two")
                let other = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(other.became == [2: .redriven(.redelivered)])
                try await expectVerified(connection, "both")
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', consumer_group, new_mentions, redeliveries, dead_letters) FROM progress"
                            + " WHERE records > 0 ORDER BY 1"
                    ) == ["other 0 1 0", "writing-group 1 0 0"]
                )
            }
        }

        @Test func anEditedPayloadIsKeptByItsHashAlone() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                let broken = Array("{".utf8)
                try await letters.desk.write(.of(0, 0, [broken, nil]))
                let still = try await LetterDesk.redrive(edit: Array("[]".utf8))
                    .outcomes(DeadLetterSelection(ids: [1]), on: connection)
                #expect(still.totals.stillOpen == 1)
                let edited = MentionRecord.writing("a", text: "edited by hand").json
                for id in [1, 2] as [Int64] {
                    let run = try await LetterDesk.redrive(edit: edited)
                        .outcomes(DeadLetterSelection(ids: [id]), on: connection)
                    #expect(run.became == [id: .redriven(id == 1 ? .new : .redelivered)])
                }
                // The stored reason and payload are of the record as it came.
                #expect(
                    try await connection.strings(
                        "SELECT concat_ws(' ', id, status, reason, encode(payload, 'escape')) FROM dead_letter ORDER BY id"
                    ) == ["1 redriven bad_json {", "2 redriven tombstone"]
                )
                let audit = try await DeadLetterAudit.read(deadLetter: 1, limit: 10, on: connection)
                #expect(audit.map(\.result) == ["new", "bad_json"])
                #expect(audit[0].editedBytes == Int64(edited.count))
                #expect(audit[0].editedSHA256 == SHA256.hash(edited.span))
                #expect(
                    try await connection.strings(
                        "SELECT a::text FROM dead_letter_audit a WHERE a::text LIKE '%edited by hand%'"
                    ).isEmpty
                )
                try await expectVerified(connection)
            }
        }

        @Test func numbersGoOnInNewPartitionsOfTheTable() async throws {
            try await TestDatabase.with { _, connection in
                let letters = try await LetterDesk(connection)
                try await letters.refuse(0, 0, [MentionRecord.writing("a").json])
                _ = try await connection.run("SELECT setval('mention_block', 499968)")
                #expect(try await LetterDesk.redrive().outcomes(on: connection).totals.new == 1)
                #expect(try await connection.number("SELECT max(mention_no) FROM mention") >= 499_968)
            }
        }

        @Test func groupsAreOfOneTopicAndBounded() {
            func row(_ id: Int64, topic: Int32 = 1, bytes: Int64 = 100) -> DeadLetterRow {
                DeadLetterRow(
                    id: id,
                    group: "g",
                    topic: "t\(topic)",
                    partition: 0,
                    offset: id,
                    incarnation: 0,
                    reason: "bad_json",
                    detail: "",
                    status: "open",
                    payloadBytes: bytes,
                    firstSeenAt: 0
                )
            }
            let many = DeadLetterRedrive.groups((1...450).map { row($0, topic: $0 % 3 == 0 ? 2 : 1) })
            #expect(many.map(\.count).sorted() == [100, 150, 200])
            #expect(many.allSatisfy { Set($0.map(\.topic)).count == 1 && $0.map(\.id) == $0.map(\.id).sorted() })
            let large = DeadLetterRedrive.groups([
                row(1, bytes: 5 << 20), row(2, bytes: 5 << 20), row(3, bytes: 20 << 20),
            ])
            #expect(large.map { $0.map(\.id) } == [[1], [2], [3]])
            #expect(DeadLetterRedrive.groups([]).isEmpty)
        }
    }
}
