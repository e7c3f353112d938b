import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct ForgettingTests {
        /// Where a name is looked for: every column of every table that can hold text.
        private func places(of name: String, _ connection: PostgresConnection) async throws -> [String] {
            var found: [String] = []
            let tables = try await connection.strings(
                """
                SELECT c.oid::regclass::text FROM pg_class c
                WHERE c.relnamespace = 'mention_store'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
                """
            )
            for table in tables {
                // Payloads are shown as text here.
                let rows = try await connection.run(
                    """
                    SELECT count(*) FROM \(table) t
                    WHERE position($1 IN t::text) > 0
                       OR position(encode(convert_to($1, 'UTF8'), 'hex') IN t::text) > 0
                    """,
                    [.text(name)]
                )
                if (rows.int8(0, 0) ?? 0) > 0 { found.append(table) }
            }
            return found
        }

        private static let payloads: [[UInt8]?] =
            WritingStream.records(seed: 11, mentions: 90)
            + (0..<6).map {
                MentionRecord.writing(
                    "copy-\($0)",
                    text: "what goes around comes around",
                    author: $0 % 2 == 0 ? "zoe-secret" : "author-1",
                    second: Int64($0)
                ).json
            }
            + (0..<4).map { MentionRecord.writing("only-\($0)", text: "zoe alone \($0)", author: "zoe-secret").json }
            // One that names its author and can't be read.
            + [Array("{\"id\":\"broken-7\",\"source\":\"twitter\",\"author\":{\"id\":\"zoe-secret\"}}".utf8)]

        /// Whether it is the record that names its author and can't be read.
        private static func isBroken(_ record: WritingRecord) -> Bool {
            record.payload.map { String(decoding: $0, as: UTF8.self).contains("broken-7") } ?? false
        }

        private static func shifted(_ log: [WritingRecord], by partitions: Int32) -> [WritingRecord] {
            log.map { WritingRecord(partition: $0.partition + partitions, offset: $0.offset, payload: $0.payload) }
        }

        /// Whatever the step has counted by then, nothing of an author is left, and a replay brings nothing back.
        @Test(arguments: [false, true])
        func forgetsAnAuthor(isRelated: Bool) async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let log = WritingStream.log(Self.payloads, order: 5)
                let shell = try await WritingShell(database, connection)
                try await shell.take(log, most: 9, on: connection)
                try await shell.run(most: 30)
                let relating = Relating(owner: "a", chunk: 20, copyMemory: 1 << 20)
                if isRelated { try await finish(relating, connection) }
                let mentions = try await connection.number("SELECT count(*) FROM mention")
                let identities = try await connection.number("SELECT count(*) FROM mention_identity")
                let subject = Forgetting.Subject.author(source: "twitter", id: "zoe-secret")

                let admin = try await database.connect()
                var exported: [String] = []
                try await AuthorExport.run(source: "twitter", id: "zoe-secret", on: admin) { exported.append($0.table) }
                #expect(Set(exported).isSuperset(of: ["author", "mention", "ledger", "dead_letter"]))
                #expect(exported.contains("cluster") == isRelated)

                let rehearsal = try await Forgetting(by: "tester").rehearse(subject, on: admin)
                #expect(rehearsal.removed["mention"] == 7)
                #expect(try await connection.number("SELECT version FROM forget_mark") == 0)
                var forgetting = Forgetting(by: "tester")
                forgetting.chunk = 3
                let receipt = try await forgetting.run(subject, on: admin)
                #expect(receipt.number == 1)
                var (done, foretold) = (receipt.removed, rehearsal.removed)
                done["ledger"] = nil
                foretold["ledger"] = nil
                #expect(done == foretold)
                #expect(receipt.removed["dead_letter_record (payloads)"] == 1)
                try await expectVerified(connection, "forgotten")

                if isRelated {
                    #expect(try await connection.number("SELECT count(*) FROM mention_gone") == 7)
                    // Whoever holds the lease may be gone by now.
                    try await relating.release(on: connection)
                    #expect(try await Forgetting.takeBack(within: .seconds(30), on: admin))
                    try await expectVerified(connection, "taken back")
                }
                try await finish(relating, connection)
                try await expectVerified(connection, "related")
                #expect(try await places(of: "zoe-secret", connection).isEmpty)
                #expect(try await places(of: "only-", connection).isEmpty)
                #expect(try await places(of: "zoe alone", connection).isEmpty)
                // Of the copies three are left.
                let sizes = "SELECT size::text FROM cluster WHERE canonical_native_id ~ 'copy'"
                #expect(try await connection.strings(sizes) == ["3"])
                exported = []
                try await AuthorExport.run(source: "twitter", id: "zoe-secret", on: admin) { exported.append($0.table) }
                #expect(exported.isEmpty)

                let again = try await WritingShell(database, connection, slot: 1)
                try await again.take(
                    Self.shifted(log.filter { !Self.isBroken($0) }, by: 10),
                    most: 7,
                    on: connection
                )
                try await again.run(most: 25)
                #expect(await again.failures.isEmpty)
                #expect(try await connection.number("SELECT count(*) FROM mention") == mentions - 7)
                #expect(try await connection.number("SELECT count(*) FROM mention_identity") == identities)
                try await finish(relating, connection)
                try await expectVerified(connection, "replayed")
                #expect(try await places(of: "zoe-secret", connection).isEmpty)
                #expect(try await connection.number("SELECT count(*) FROM forget_audit") == 1)
                // To forget again what is forgotten does no harm.
                let second = try await forgetting.run(subject, on: admin)
                #expect(second.removed.isEmpty && second.number == 2)
                try await expectVerified(connection, "forgotten again")
                await admin.close()
            }
        }

        /// A writer that was at work meanwhile learns of it in its next batch, on the same connection.
        @Test func aBusyWriterLearnsOfIt() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let desk = try await WritingDesk(connection, partitions: 1)
                let ids = "SELECT native_id FROM mention_farm.mention ORDER BY 1"
                let one = MentionRecord.writing("one", author: "ada").json
                let two = MentionRecord.writing("two", author: "bob").json
                try await desk.write(Batch.of(0, 0, [one, two]))
                let admin = try await database.connect()
                _ = try await Forgetting(by: "t").run(.mention(source: "twitter", id: "one"), on: admin)
                let later = MentionRecord.writing("one", text: "edited", author: "ada", edited: 60).json
                try await desk.write(Batch.of(0, 2, [one, later, MentionRecord.writing("three", author: "ada").json]))
                #expect(
                    try await connection.strings(ids) == ["three", "two"]
                )
                _ = try await Forgetting(by: "t").run(.author(source: "twitter", id: "ada"), on: admin)
                try await desk.write(Batch.of(0, 5, [MentionRecord.writing("four", author: "ada").json, two]))
                #expect(try await connection.strings("SELECT native_id FROM mention_farm.mention") == ["two"])
                // The same name on another source is somebody else.
                try await desk.write(
                    Batch.of(0, 7, [MentionRecord.writing("five", source: "blog", author: "ada").json])
                )
                #expect(
                    try await connection.strings(ids) == ["five", "two"]
                )
                #expect(
                    try await connection.strings("SELECT author_key FROM author ORDER BY 1")
                        == ["ada", "bob"]
                )
                let sums = try await connection.run(
                    "SELECT sum(records), sum(new_mentions), sum(redeliveries), sum(revisions) FROM progress"
                )
                #expect((0..<4).map { sums.int8(0, $0) } == [8, 4, 4, 0])
                try await expectVerified(connection)
                await admin.close()
            }
        }

        /// A session that ends in the middle of it: what was committed is done, and the next run goes on.
        @Test func goesOnAfterAKill() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let desk = try await WritingDesk(connection, partitions: 1)
                let records = (0..<9).map { MentionRecord.writing("m\($0)", author: "ada", second: Int64($0)).json }
                try await desk.write(Batch.of(0, 0, records))
                try await finish(Relating(owner: "a", copyMemory: 0), connection)
                let killed = try await database.connect()
                let pid = killed.backendPID
                var forgetting = Forgetting(by: "t")
                forgetting.chunk = 2
                forgetting.beforeChunk = {
                    let left = try await connection.number("SELECT count(*) FROM mention")
                    if left == 5 { _ = try await connection.run("SELECT pg_terminate_backend(\(pid))") }
                }
                let subject = Forgetting.Subject.author(source: "twitter", id: "ada")
                await #expect(throws: PostgresError.self) { try await forgetting.run(subject, on: killed) }
                #expect(try await connection.number("SELECT count(*) FROM mention") == 5)
                try await expectVerified(connection, "half done")
                // Until it is gone on with nothing comes back either.
                try await desk.write(Batch.of(0, 9, records))
                #expect(try await connection.number("SELECT count(*) FROM mention") == 5)
                let admin = try await database.connect()
                let receipt = try await Forgetting(by: "t").run(subject, on: admin)
                #expect(receipt.number == 1)
                #expect(receipt.removed["mention"] == 9)
                #expect(receipt.removed["author"] == 1)
                try await expectVerified(connection, "done")
                try await finish(Relating(owner: "a", copyMemory: 0), connection)
                try await expectVerified(connection, "related")
                await admin.close()
                await killed.close()
            }
        }

        @Test func forgetsABrand() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let desk = try await WritingDesk(connection, partitions: 1)
                let records = [
                    MentionRecord.writing("a", brands: ["acme"]),
                    MentionRecord.writing("b", brands: ["acme", "globex"]),
                    MentionRecord.writing("c", brands: ["globex"]),
                ].map(\.json)
                try await desk.write(Batch.of(0, 0, records))
                try await finish(Relating(owner: "a", copyMemory: 0), connection)
                let admin = try await database.connect()
                let rehearsal = try await Forgetting(by: "t").rehearse(.brand("acme"), on: admin)
                let receipt = try await Forgetting(by: "t").run(.brand("acme"), on: admin)
                #expect(rehearsal.removed["mention"] == 1 && receipt.removed["mention"] == 1)
                #expect(receipt.removed["mention (brand taken away)"] == 1)
                try await expectVerified(connection, "forgotten")
                let other = MentionRecord.writing("d", brands: ["acme", "globex"]).json
                try await desk.write(Batch.of(0, 3, records + [other]))
                #expect(
                    try await connection.strings(
                        "SELECT native_id || array_to_string(brands, ',') FROM mention_farm.mention ORDER BY 1"
                    ) == ["bglobex", "cglobex", "dglobex"]
                )
                try await finish(Relating(owner: "a", copyMemory: 0), connection)
                try await expectVerified(connection, "replayed")
                #expect(try await places(of: "acme", connection).isEmpty)
                await admin.close()
            }
        }

        /// Forgetting between any two steps, of mentions counted or not, revised or not, canonical, copy or alone.
        @Test(arguments: [UInt64(1), 2, 3])
        func agreesWithTheStepAtAnyMoment(seed: UInt64) async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                let admin = try await database.connect()
                let relating = Relating(owner: "a", chunk: [3, 7, 100][Int(seed) % 3], copyMemory: 0)
                var standing: [Draft] = []
                var count = 0
                func vary(_ draft: inout Draft) {
                    draft.hash = Int64.random(in: 1...6, using: &random)
                    draft.second = Int64.random(in: 0...2_000_000, using: &random)
                    draft.sentiment = Int16.random(in: -1...1, using: &random)
                    draft.brands = Bool.random(using: &random) ? [1, 2] : [2]
                }
                for round in 0..<6 {
                    let new = (0..<Int.random(in: 2...8, using: &random)).map { _ in
                        count += 1
                        var draft = Draft(id: count, source: Int32(count % 3 + 1), hash: 0)
                        draft.author = Int64(draft.source) + 3 * Int64.random(in: 0...2, using: &random)
                        vary(&draft)
                        return draft
                    }
                    var revised: [Int: Draft] = [:]
                    for _ in 0..<3 {
                        guard var draft = standing.randomElement(using: &random) else { continue }
                        vary(&draft)
                        revised[draft.id] = draft
                    }
                    try await farm.write(new: new, revised: Array(revised.values))
                    standing += new
                    for _ in 0..<Int.random(in: 0...3, using: &random) { _ = try await relating.step(on: connection) }
                    for _ in 0..<Int.random(in: 0...2, using: &random) {
                        guard let draft = standing.randomElement(using: &random) else { continue }
                        let source = ["twitter", "reddit", "blog"][Int(draft.source) - 1]
                        _ = try await Forgetting(by: "t").run(.mention(source: source, id: "m\(draft.id)"), on: admin)
                        standing.removeAll { $0.id == draft.id }
                    }
                    try await expectVerified(connection, "seed \(seed), round \(round)")
                    for _ in 0..<Int.random(in: 0...3, using: &random) { _ = try await relating.step(on: connection) }
                    try await expectVerified(connection, "seed \(seed), round \(round), stepped")
                }
                try await finish(relating, connection)
                try await expectVerified(connection, "seed \(seed)")
                #expect(try await connection.number("SELECT count(*) FROM mention_gone") == 0)
                #expect(try await connection.number("SELECT count(*) FROM mention") == Int64(standing.count))
                await admin.close()
            }
        }

        @Test func sweepsWhatIsOld() async throws {
            try await TestDatabase.with { _, connection in
                try await connection.execute(
                    script: """
                        INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset,
                            incarnation, reason, detail, payload, payload_bytes, status, resolved_at, resolved_by)
                        SELECT 'g', 1, 0, i, 0, 'bad_json', '', 'x', 1, CASE i WHEN 0 THEN 'open' ELSE 'discarded' END,
                               CASE i WHEN 0 THEN NULL ELSE now() - i * interval '1 day' END,
                               CASE i WHEN 0 THEN NULL ELSE 'x' END
                        FROM generate_series(0, 20) AS i;
                        INSERT INTO reset_audit (reset_at, reset_by, consumer_group, topic, partition, new_offset,
                            incarnation)
                        SELECT now() - i * interval '1 day', 'x', 'g', 't', 0, 0, 0 FROM generate_series(0, 20) AS i;
                        """
                )
                #expect(try await RetentionSweep.run(on: connection).isEmpty)
                var setting = RetentionSetting()
                setting.deadLetterDays = 15
                setting.auditDays = 12
                try await setting.store(on: connection)
                #expect(try await RetentionSetting.load(on: connection) == setting)
                let removed = try await RetentionSweep.run(on: connection)
                #expect(removed.filter { $0.value > 0 } == ["dead_letter_record": 6, "reset_audit": 9])
                #expect(try await RetentionSweep.run(on: connection).values.allSatisfy { $0 == 0 })
                #expect(try await connection.number("SELECT count(*) FROM dead_letter_record") == 21)
            }
        }
    }
}

@Suite struct ForgottenSetTests {
    @Test func findsWhatItHolds() {
        var random = SeededGenerator(seed: 4)
        let hashes = (0..<500).map { _ in Int64.random(in: .min ... .max, using: &random) }
        let set = ForgottenSet(version: 1, seed: 9, hashes: hashes)
        #expect(hashes.allSatisfy(set.contains))
        #expect(!set.contains(hashes[0] &+ 1))
        #expect(ForgottenSet(version: 0, seed: 0, hashes: []).isEmpty)
        #expect(!ForgottenSet(version: 0, seed: 0, hashes: []).contains(0))
        let kinds: [ForgottenSet.Kind] = [.mention, .author, .brand]
        let quick = Set(kinds.map { ForgottenSet.quickHash($0, source: "a", id: "b", seed: 1) })
        #expect(quick.count == 3)
        #expect(
            ForgottenSet.quickHash(.mention, source: "a", id: "b", seed: 1)
                != ForgottenSet.quickHash(.mention, source: "a", id: "b", seed: 2)
        )
    }

    @Test func knowsANameInAnyWriting() {
        let target = ForgettingTarget(subject: .author(source: "s", id: "Zoë\"1"), handle: "12")
        let needles = target.needles.map { String(decoding: $0, as: UTF8.self) }
        #expect(needles.contains("12"))
        #expect(needles.contains("\"Zo\\u00eb\\\"1\""))
        #expect(needles.contains("\"Zo\\u00EB\\\"1\""))
    }
}
