@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// A login that is a member of mention_farm_reader alone.
    @Suite(.serialized) struct ReaderRoleTests {
        @Test func readsEveryViewAndNothingElse() async throws {
            try await RoleLogins.with { logins, owner in
                try await Self.fill(logins)
                _ = try await owner.run(
                    "INSERT INTO signal (brand_no, signal, hour, value, baseline, z) VALUES (1, 'negative_spike', 1, 20, 2, 9)"
                )
                _ = try await owner.run(
                    """
                    INSERT INTO mention_store.brand_term (brand_no, kind, term)
                    SELECT l.brand_no, 'own_account', coalesce(a.handle, a.author_key)
                    FROM mention_store.ledger l JOIN mention_store.author a USING (author_no)
                    ORDER BY l.mentions DESC, l.author_no, l.brand_no LIMIT 1
                    """
                )
                _ = try await owner.run(
                    """
                    INSERT INTO mention_store.person (author_no, person_no, place, joined_by)
                    SELECT author_no, min(author_no) OVER (), row_number() OVER (ORDER BY author_no), 'test'
                    FROM mention_store.author ORDER BY author_no LIMIT 2
                    """
                )
                let reader = try await logins.reader.connect()
                let views = try await owner.strings(
                    "SELECT relname::text FROM pg_class WHERE relnamespace = 'mention_farm'::regnamespace ORDER BY 1"
                )
                #expect(views.count >= 7)
                for view in views {
                    // As text, so that every column is computed.
                    let rows = "SELECT v::text FROM mention_farm.\(view) AS v ORDER BY 1"
                    let mine = try await reader.strings(rows)
                    #expect(try await owner.strings(rows) == mine, "\(view)")
                    #expect(["answer_time_by_week", "triage"].contains(view) || !mine.isEmpty, "\(view)")
                    #expect(await refusal("DELETE FROM mention_farm.\(view)", reader) != nil)
                }
                let tables = try await owner.strings(
                    """
                    SELECT relname::text FROM pg_class
                    WHERE relnamespace = 'mention_store'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
                    """
                )
                for table in tables {
                    #expect(await refusal("SELECT FROM mention_store.\(table)", reader) == "42501", "\(table)")
                }
                for function in [
                    "roll_over(1, 1)", "claim('g', 1, '{0}', 'o', 1)", "evict('g', 1, '{0}')", "last_number()",
                    "set_brands('{a}', '{}', '{}', '{}')", "reset_offset('g', 't', 0, 0, 'w', 'w')",
                    "hold_lease('relate', 'x', 1)", "end_member(1, now(), false)", "index_partition(1)",
                    "leave_old_partition(-1)", "set_up_roles()", "drop_old_partition()", "forget_reasons(1)",
                ] {
                    #expect(await refusal("SELECT mention_store.\(function)", reader) == "42501", "\(function)")
                }
                // By what is granted too, for a name out of sight is refused whatever is granted.
                let granted = try await owner.strings(
                    """
                    SELECT p.proname::text FROM pg_proc p
                    WHERE p.pronamespace = 'mention_store'::regnamespace
                      AND has_function_privilege('mention_farm_reader', p.oid, 'EXECUTE') ORDER BY 1
                    """
                )
                #expect(
                    granted == [
                        "cluster_name", "day_of", "folded_handle", "handle_key", "intent_names", "sentiment_name",
                        "week_name", "week_of", "week_of_hour", "week_start",
                    ]
                )
                #expect(
                    try await owner.strings(
                        """
                        SELECT relname::text FROM pg_class
                        WHERE relnamespace = 'mention_store'::regnamespace AND relkind IN ('r', 'p', 'v')
                          AND has_table_privilege('mention_farm_reader', oid, 'SELECT, INSERT, UPDATE, DELETE')
                        """
                    ).isEmpty
                )
                await reader.close()
            }
        }

        /// What mention-admin shows to a reader: status, lag, advocates, clusters and dead letters.
        @Test func servesTheReadingCommands() async throws {
            try await RoleLogins.with { logins, owner in
                try await Self.fill(logins)
                let reader = try await logins.reader.connect()
                await #expect(throws: SchemaError.self) { try await Schema.check(reader) }
                try await Schema.check(reader, admitsReaders: true)
                var totals = try await StatusReading.totals(owner)
                totals.brands = nil
                #expect(try await StatusReading.totals(reader) == totals)
                #expect(try await StatusReading.progress(reader) == StatusReading.progress(owner))
                #expect(try await StatusReading.members(reader).map(\.owner) == ["shell 0"])
                #expect(try await ViewReading.brandExists("globex", on: reader))
                #expect(try await !ViewReading.brandExists("nobody", on: reader))
                #expect(try await !ViewReading.advocates(of: "globex", limit: 5, on: reader).isEmpty)
                #expect(try await !ClusterReading.largest(.init(limit: 5), on: reader).isEmpty)
                #expect(try await CopyReading.standing(reader) == nil)
                #expect(
                    try await CopyReading.standing(owner)?.setting == CopySetting(threshold: 8_000, window: 604_800)
                )
                let letters = try await DeadLetterReading.page(of: DeadLetterSelection(), limit: 50, on: reader)
                let first = try #require(letters.first)
                #expect(try await DeadLetterReading.unknown([first.id], on: reader).isEmpty)
                #expect(try await DeadLetterReading.last(on: reader) >= first.id)
                #expect(try await !DeadLetterReading.payloads(of: letters.map(\.id), on: reader).isEmpty)
                await reader.close()

                // A login without either role is told what it lacks.
                let stranger = "farm_stranger_\(UInt32.random(in: .min ... .max))"
                _ = try await owner.run("CREATE ROLE \(stranger) LOGIN PASSWORD '\(RoleLogins.password)'")
                let connection = try await logins.reader.as(stranger).connect()
                do {
                    try await Schema.check(connection, admitsReaders: true)
                    Issue.record("a login without rights passed")
                } catch let error as SchemaError {
                    #expect(error == .noAccess(user: stranger))
                    #expect(error.description.contains("GRANT mention_farm_writer TO \"\(stranger)\""))
                }
                await connection.close()
                try await TestDatabase.dropRoles([stranger])
            }
        }

        private static func fill(_ logins: RoleLogins) async throws {
            let connection = try await logins.writer.connect()
            try await WritingShell.prepare(connection)
            let log = WritingStream.log(RoleLogins.payloads, order: 2)
            let shell = try await WritingShell(logins.writer, connection)
            try await shell.take(log, most: 5, on: connection)
            try await shell.run(most: 60)
            try await finish(Relating(owner: "writer", copyMemory: 1 << 20), connection)
            await connection.close()
        }
    }
}
