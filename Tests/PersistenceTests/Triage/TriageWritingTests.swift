import MentionModel
@testable import Persistence
import PostgresClient
import Testing
import Triage

extension DatabaseTests {
    /// What mentions ask for, whatever the order in which they come.
    @Suite(.serialized) struct TriageWritingTests {
        @Test(arguments: [(1, 1, 3), (2, 1_000, 1), (3, 40, 3)] as [(UInt64, Int, Int)])
        func decisionsAreThoseOfTheStandingMentions(_ order: UInt64, _ most: Int, _ writers: Int) async throws {
            let log = WritingStream.log(WritingStream.records(seed: 31, mentions: 150), order: order)
            try await TestDatabase.with { database, connection in
                let policy = try await TriageRig.policy(connection)
                try await TriageRig.write(log, most: most, writers: writers, policy, database, connection)
                try await TriageRig.expectDecided(connection, "order \(order), batches of \(most)")
                try await expectVerified(connection, "order \(order), batches of \(most)")
                for reason in ["loud", "shared", "quiet", "globex", "english"] {
                    #expect(
                        try await connection.number(
                            "SELECT count(*) FROM triage_item WHERE status = 'open' AND reason = '\(reason)'"
                        ) > 0,
                        "\(reason)"
                    )
                }
            }
        }

        /// Connections are ended again and again: no decision is lost and none is made twice.
        @Test func lostConnectionsChangeNothing() async throws {
            let log = WritingStream.log(WritingStream.records(seed: 32, mentions: 150), order: 3)
            try await TestDatabase.with { database, connection in
                let policy = try await TriageRig.policy(connection)
                let saboteur = try await database.connect()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await WritingEquivalenceTests.sabotage(saboteur) }
                    try await TriageRig.write(log, most: 5, writers: 3, policy, database, connection)
                    group.cancelAll()
                }
                await saboteur.close()
                try await TriageRig.expectDecided(connection, "with lost connections")
                try await expectVerified(connection, "with lost connections")
            }
        }

        /// Another model changes what is open, and opens nothing.
        @Test func reclassifyingFollows() async throws {
            let log = WritingStream.log(WritingStream.records(seed: 33, mentions: 120), order: 1)
            try await TestDatabase.with { database, connection in
                let policy = try await TriageRig.policy(connection)
                try await TriageRig.write(log, most: 50, writers: 1, policy, database, connection)
                let before = try await connection.number("SELECT count(*) FROM triage_item WHERE status = 'open'")
                _ = try await connection.run(
                    """
                    SELECT triage_change(source, native_id, brand, 'claim', 'ada', NULL, 3600)
                    FROM (SELECT * FROM mention_farm.triage WHERE reason IN ('quiet', 'loud', 'globex') LIMIT 3) AS t
                    """
                )
                var progress = Reclassify.Progress()
                let own = try await database.connect()
                _ = try await Reclassify(classifier: WritingClassifier(turn: 1), batch: 17).run(&progress, on: own)
                await own.close()
                #expect(progress.changed > 50)
                try await expectVerified(connection, "reclassified")
                let statuses = try await connection.strings(
                    "SELECT status || ' ' || (revised_at IS NOT NULL) FROM triage_item GROUP BY 1 ORDER BY 1"
                )
                #expect(statuses == ["claimed true", "open false", "withdrawn false"])
                let after = try await connection.number("SELECT count(*) FROM triage_item WHERE status <> 'withdrawn'")
                #expect(after < before, "nothing new is opened")
                let left = try await connection.number(
                    "SELECT count(*) FROM outbox WHERE convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'leave'"
                )
                #expect(
                    left == (try await connection.number("SELECT count(*) FROM triage_item WHERE status = 'withdrawn'"))
                )
            }
        }

        /// Revisions, one after the other: changed, withdrawn, open again; taken up and marked; older rules are silent.
        @Test func aRevisionMovesWhatIsOpenAndMarksWhatIsTaken() async throws {
            try await TestDatabase.with { database, connection in
                let policy = try await TriageRig.policy(connection)
                let desk = RevisionDesk(database: database, connection: connection)
                // Twelve bytes are a complaint, thirteen are none: see WritingPreparation.
                try await desk.write("twelve bytes", edited: 0, policy)
                #expect(try await desk.standing() == "quiet open 1 false")
                try await desk.write("twelve bytes", edited: 10, likes: 60, policy)
                #expect(try await desk.standing() == "loud open 1 false")
                try await desk.write("thirteen bytes".prefix(13).description, edited: 20, policy)
                #expect(try await desk.standing() == "loud withdrawn 1 false")
                try await desk.write("twelve bytes", edited: 30, policy)
                #expect(try await desk.standing() == "loud open 1 false")
                let ids = try await connection.strings(
                    "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'action_id' FROM outbox ORDER BY outbox_no"
                )
                #expect(Set(ids).count == 4 && ids.allSatisfy { $0.hasSuffix("-1") && $0.utf8.count == 34 })

                // Counts that grow past what a rule asks for, with the same body hash standing.
                try await TriageRig.apply(
                    TriageRig.document.replacing("\"likes_at_least\": 50", with: "\"likes_at_least\": 70"),
                    connection
                )
                let newer = try #require(
                    try await TriagePolicy.load(newerThan: policy, publishes: true, on: connection)
                )
                #expect(newer.version == 3)
                #expect(try await TriagePolicy.load(newerThan: newer, publishes: true, on: connection) == nil)
                try await desk.write("twelve bytes", edited: 5, likes: 100, newer)
                #expect(try await desk.standing() == "loud open 0 false")
                try await desk.write("twelve bytes again!!", edited: 40, likes: 1, policy)
                #expect(try await desk.standing() == "loud open 0 false", "older rules change nothing")
                _ = try await connection.run(
                    "SELECT triage_change('twitter', 'one', 'acme', 'claim', 'ada', NULL, 60)"
                )
                try await desk.write("thirteen bytes".prefix(13).description, edited: 50, newer)
                #expect(try await desk.standing() == "loud claimed 0 true")
                #expect(
                    try await connection.strings(
                        "SELECT who || ' ' || change || ' ' || from_status || ' ' || to_status FROM triage_audit ORDER BY audit_no"
                    ) == [
                        "rules 2 decide open open", "rules 2 withdraw open withdrawn", "rules 2 decide withdrawn open",
                        "ada claim open claimed",
                    ]
                )
            }
        }

        @Test func theFirstVersionIsTheOneThatComesWithTheProgram() async throws {
            try await TestDatabase.with { _, connection in
                let first = try #require(try await TriageCatalogue.load(1, on: connection))
                #expect(Array(first.document.utf8) == TriageRules.standard)
                let standard = TriageRules.standard
                let checksum = SHA256.hexDigest(of: standard.span)
                #expect(first.checksum == checksum)
                #expect(try await TriageCatalogue.version(connection) == 1)
                #expect(try await TriageRig.apply(first.document, connection) == 1, "it is in force already")
                #expect(try await TriageRig.apply(TriageRig.document, connection) == 2)
                #expect(try await TriageRig.apply(first.document, connection) == 3, "back again")
                // Names in rules have numbers before a mention brings them.
                #expect(try await connection.number("SELECT count(*) FROM brand WHERE name = 'globex'") == 1)
                _ = try await connection.run(
                    "INSERT INTO triage_rules (version, document, checksum, created_by) VALUES (4, '{}', 'x', 'y')"
                )
                await #expect(throws: TriagePolicy.Unusable.self) {
                    try await TriagePolicy.load(publishes: true, on: connection)
                }
            }
        }
    }
}

/// Writes versions of one mention, each in a batch of its own.
private actor RevisionDesk {
    private let database: TestDatabase
    private let connection: PostgresConnection
    private var offset: Int64 = 0

    init(database: TestDatabase, connection: PostgresConnection) {
        self.database = database
        self.connection = connection
    }

    func write(_ text: String, edited: Int64, likes: Int64? = nil, _ policy: TriagePolicy) async throws {
        let record = MentionRecord.writing("one", text: text, author: "bob", edited: edited, likes: likes)
        let log = [WritingRecord(partition: 0, offset: offset, payload: record.json)]
        // A shell passes markers behind its last record.
        offset += 10
        let shell = try await WritingShell(database, connection, triage: policy)
        try await shell.take(log, most: 1, on: connection)
        try await shell.run(most: 1)
    }

    func standing() async throws -> String? {
        try await connection.strings(
            "SELECT concat_ws(' ', reason, status, turn, revised_at IS NOT NULL) FROM triage_item"
        ).first.map { $0.replacing(" t", with: " true").replacing(" f", with: " false") }
    }
}
