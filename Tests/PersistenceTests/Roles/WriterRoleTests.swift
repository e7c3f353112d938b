import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    /// A login that is a member of mention_farm_writer, and owns nothing.
    @Suite(.serialized) struct WriterRoleTests {
        @Test func livesTheWholeLifeOfAWorker() async throws {
            try await RoleLogins.with { logins, owner in
                let connection = try await logins.writer.connect()
                try await Schema.check(connection)
                #expect(try await Migrator.migrate(connection).isEmpty)
                try await WritingShell.prepare(connection)

                let log = WritingStream.log(RoleLogins.payloads, order: 4)
                let shell = try await WritingShell(logins.writer, connection)
                try await shell.take(log, most: 7, on: connection)
                try await shell.run(most: 40)
                #expect(await shell.failures.isEmpty)
                try await expectVerified(connection)

                try await finish(Relating(owner: "writer", copyMemory: 1 << 20), connection)
                #expect(try await connection.number("SELECT count(*) FROM mention_farm.cluster") > 0)
                try await expectVerified(connection)

                let everything = BrandSpecification(name: "Everything", aliases: ["text"])
                let version = try await BrandCatalogue.set([everything], on: connection)
                let number = try #require(try await BrandCatalogue.load(connection).brands.last?.number)
                let done = try await Rematch(version: version, match: { _, _ in [number] }).run(on: connection)
                #expect(done.changed > 0)
                try await finish(Relating(owner: "writer", copyMemory: 1 << 20), connection)
                try await expectVerified(connection)
                #expect(try await BrandCatalogue.remove(["Everything"], on: connection) == 1)

                var progress = Reclassify.Progress()
                let reclassify = Reclassify(classifier: WritingClassifier(turn: 1))
                #expect(try await reclassify.run(&progress, on: connection) == .finished)
                #expect(progress.changed > 0)
                #expect(try await reclassify.others(on: connection).isEmpty)
                try await finish(Relating(owner: "writer", copyMemory: 1 << 20), connection)
                try await expectVerified(connection)

                let reset = OffsetReset(
                    group: WritingShell.group,
                    topic: WritingShell.topic,
                    partition: 0,
                    offset: 0,
                    by: "writer"
                )
                #expect(try await reset.apply(on: connection) != nil)
                #expect(try await StatusReading.totals(connection).brands == 1)
                await connection.close()
                try await expectVerified(owner)
            }
        }

        /// The server does not tell it what the sessions of others are; the gauge counts them all the same.
        @Test func countsTheConnectionsOfOthers() async throws {
            try await RoleLogins.with { logins, _ in
                let other = try await logins.otherWriter.connect()
                let connection = try await logins.writer.connect()
                let gauge = try await DatabaseGauge.read(group: "g", topic: "t", on: connection)
                #expect(gauge.connections >= 3 && gauge.connections < gauge.connectionsLimit)
                await connection.close()
                await other.close()
            }
        }

        /// Partitions are made, left, and indexed in pieces, on which searches find what they find elsewhere.
        @Test func keepsUpThePartitions() async throws {
            try await RoleLogins.with { logins, owner in
                let connection = try await logins.writer.connect()
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                // More numbers than a piece of the text index covers.
                for part in 0..<2 {
                    let texts = (0..<40).map { "word\($0 % 5) battery\($0 % 2)" }
                    try await farm.write(
                        new: texts.enumerated().map { index, text in
                            Draft(id: part * 100 + index, hash: Int64(index), brands: [1], text: text)
                        }
                    )
                    _ = try await owner.run("SELECT setval('mention_block', 40192, false) WHERE \(part) = 0")
                }
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                #expect(try await upkeep.rollOver(on: connection) == 1_000_000)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await farm.write(new: [Draft(id: 999, hash: 77, brands: [1], text: "battery1 in the next one")])
                #expect(try await connection.number("SELECT count(DISTINCT tableoid) FROM mention") == 2)

                func found(_ words: String) async throws -> [String] {
                    try await MentionSearch(words).page(limit: 50, on: connection).map(\.nativeID)
                }
                let before = try await found("battery1")
                #expect(before.count == 41)
                #expect(try await upkeep.indexOneClosed(on: connection) == 1)
                #expect(try await upkeep.indexOneClosed(on: connection) == nil)
                #expect(try await found("battery1") == before)
                #expect(try await found("word3 battery1").count == 8)
                try await expectVerified(owner)
                let pieces = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'mention\\_000001\\_terms\\_%'"
                #expect(try await owner.number(pieces) == 16)
                // Were it not for the few rows, the planner would choose between the piece and the primary key by itself.
                _ = try await owner.run("ALTER TABLE mention DROP CONSTRAINT mention_pkey")
                _ = try await connection.run("SET enable_seqscan = off")
                let plan = try await connection.strings(
                    """
                    EXPLAIN SELECT mention_no FROM mention_000001 m
                    WHERE mention_words(m.title, m.text) @@ search_query('word3')
                      AND mention_no >= 32768 AND mention_no < 65536
                    """
                )
                #expect(plan.contains { $0.contains("mention_000001_terms_0001") }, "\(plan)")
                await connection.close()
            }
        }

        /// A build that can't have its lock is put off; one that the owner left unfinished is begun again.
        @Test func putsOffAnIndexThatWouldWait() async throws {
            try await RoleLogins.with { logins, owner in
                let connection = try await logins.writer.connect()
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [Draft(id: 1, hash: 1, text: "alone")])
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                try await upkeep.rollOver(on: connection)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                _ = try await owner.run("CREATE INDEX mention_000001_author ON mention_000001 (author_no)")
                _ = try await owner.run(
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mention_000001_author'::regclass"
                )
                _ = try await owner.run("BEGIN")
                _ = try await owner.run("LOCK TABLE mention_000001 IN ROW EXCLUSIVE MODE")
                #expect(try await upkeep.indexOneClosed(on: connection) == nil)
                _ = try await owner.run("ROLLBACK")
                #expect(try await upkeep.indexOneClosed(on: connection) == 1)
                #expect(
                    try await owner.number(
                        "SELECT count(*) FROM pg_index WHERE indrelid = 'mention_000001'::regclass AND NOT indisvalid"
                    ) == 0
                )
                #expect(await refusal("SELECT index_partition(2)", connection) == "55000")
                await connection.close()
            }
        }

        /// A session that is stuck in a batch, or with the lease, is ended: one of the same login and one of another.
        @Test(arguments: [true, false])
        func endsStuckSessions(ofItsOwn: Bool) async throws {
            try await RoleLogins.with { logins, _ in
                let connection = try await logins.writer.connect()
                try await TestFarm.prepare(connection)
                let stuckLogin = ofItsOwn ? logins.writer : logins.otherWriter
                let batch = try await stuckLogin.connect()
                let farm = try await TestFarm(batch, partition: 0)
                try await farm.begin()
                _ = try await connection.run("SET lock_timeout = '50ms'")
                let claim = "SELECT epoch FROM claim('group', 1, ARRAY[0], 'other', pg_backend_pid())"
                #expect(await refusal(claim, connection) == "55P03")
                #expect(try await connection.number("SELECT evict('group', 1, ARRAY[0])") == 1)
                try await connection.waits(
                    for: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(batch.backendPID))"
                )
                #expect(try await connection.number(claim) == farm.epoch + 1)

                let lease = try await stuckLogin.connect()
                _ = try await Relating(owner: "stuck", lease: .milliseconds(1), copyMemory: 1 << 20).step(on: lease)
                _ = try await lease.run("BEGIN")
                _ = try await lease.run("SELECT * FROM relate_begin('stuck', 0.001)")
                let next = Relating(owner: "next", copyMemory: 1 << 20)
                #expect(try await next.step(on: connection) == .heldByAnother)
                try await connection.waits(
                    for: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(lease.backendPID))"
                )
                #expect(try await next.step(on: connection) != .heldByAnother)
                await connection.close()
            }
        }

        /// The lease of a session that lives is let alone, though another login can't see when that session began.
        @Test func leavesTheLeaseOfAnotherLogin() async throws {
            try await RoleLogins.with { logins, _ in
                let (mine, theirs) = (try await logins.writer.connect(), try await logins.otherWriter.connect())
                #expect(try await Relating(owner: "theirs", copyMemory: 1 << 20).step(on: theirs) == .idle)
                #expect(try await Relating(owner: "mine", copyMemory: 1 << 20).step(on: mine) == .heldByAnother)
                let pid = theirs.backendPID
                await theirs.close()
                try await mine.waits(for: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(pid))")
                #expect(try await Relating(owner: "mine", copyMemory: 1 << 20).step(on: mine) == .idle)
                await mine.close()
            }
        }

        @Test func mayDoNoMore() async throws {
            try await RoleLogins.with { logins, owner in
                let connection = try await logins.writer.connect()
                for sql in [
                    "DROP TABLE mention", "DROP TABLE mention_000001", "TRUNCATE ledger", "SELECT * FROM pg_authid",
                    "ALTER TABLE mention ADD COLUMN more int", "CREATE TABLE mine (n int)",
                    "CREATE TABLE mention_farm.mine (n int)", "CREATE INDEX ON mention_000001 (author_no)",
                    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "CREATE TRIGGER t BEFORE UPDATE ON mention EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                    "INSERT INTO migration (number, name, checksum) VALUES (99, 'x', 'x')",
                    "UPDATE reset_audit SET reset_by = 'nobody'", "DELETE FROM reset_audit",
                    "SELECT setval('mention_block', 256)", "SELECT set_up_roles()",
                    "INSERT INTO mention_partition VALUES (9, 0, 1)", "CREATE ROLE more", "COPY mention TO '/tmp/x'",
                ] {
                    #expect(await refusal(sql, connection) == "42501", "\(sql)")
                }
                // The session of the one who migrates is no member's: not ended, whatever the tables say.
                _ = try await connection.run(
                    """
                    INSERT INTO lease VALUES ('x', 'x', '-infinity', \(owner.backendPID), now());
                    """
                )
                _ = try await owner.run(
                    """
                    UPDATE lease SET backend_start = a.backend_start FROM pg_stat_activity a
                    WHERE a.pid = lease.backend_pid AND name = 'x'
                    """
                )
                #expect(
                    try await connection.strings(
                        "SELECT end_backend(backend_pid, backend_start, false)::text FROM lease WHERE name = 'x'"
                    ) == ["false"]
                )
                _ = try await owner.run("SELECT 1")
                await connection.close()
            }
        }

        /// Everybody else has no way in, though everybody may call a new function unless that is taken away.
        @Test func nothingIsPublic() async throws {
            try await RoleLogins.with { _, owner in
                let open = try await owner.strings(
                    """
                    SELECT p.oid::regprocedure::text FROM pg_proc p
                    CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                    WHERE p.pronamespace = 'mention_store'::regnamespace AND a.grantee = 0
                    """
                )
                #expect(open.isEmpty)
                let definers = try await owner.strings(
                    """
                    SELECT proname::text FROM pg_proc
                    WHERE pronamespace = 'mention_store'::regnamespace AND prosecdef
                      AND EXISTS (SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=%, pg_temp')
                    ORDER BY 1
                    """
                )
                #expect(
                    definers == [
                        "drop_old_partition", "end_member", "forget_reasons", "index_partition", "leave_old_partition",
                        "roll_over", "sweep_audit",
                    ]
                )
                #expect(
                    try await owner.number(
                        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'mention_store'::regnamespace AND prosecdef"
                    ) == 7
                )
            }
        }
    }
}
