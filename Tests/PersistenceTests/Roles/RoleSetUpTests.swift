import Foundation
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// How the roles come to be.
    @Suite(.serialized) struct RoleSetUpTests {
        private static func script() throws -> String {
            try #require(Migration.all.first { $0.name == "roles" }).script
        }

        /// Several databases of a cluster at the same moment, each by several hosts.
        @Test func isDoneOnceHoweverManyMigrate() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await TestDatabase.with(migrated: false) { database, connection in
                            try await withThrowingTaskGroup(of: Void.self) { hosts in
                                for _ in 0..<2 {
                                    hosts.addTask {
                                        let own = try await database.connect()
                                        try await Migrator.migrate(own)
                                        await own.close()
                                    }
                                }
                                try await hosts.waitForAll()
                            }
                            #expect(try await DatabaseRoles.missing(connection).isEmpty)
                            #expect(
                                try await connection.strings(
                                    "SELECT has_table_privilege('mention_farm_writer', 'mention', 'INSERT')::text"
                                ) == ["true"]
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        /// What is granted already is not granted again; what came later is.
        @Test func completesItself() async throws {
            try await TestDatabase.with { _, connection in
                let rights = """
                    SELECT md5(string_agg(oid::text || xmin::text || coalesce(relacl::text, ''), ',' ORDER BY oid))
                    FROM pg_class WHERE relnamespace = 'mention_store'::regnamespace
                    """
                let before = try await connection.strings(rights)
                try await Migrator.migrate(connection)
                #expect(try await connection.strings(rights) == before)
                try await connection.execute(
                    script: """
                        CREATE TABLE later (n int GENERATED ALWAYS AS IDENTITY);
                        CREATE TABLE later_audit (n int);
                        CREATE FUNCTION later_name(n integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN n::text;
                        CREATE FUNCTION later_change() RETURNS void LANGUAGE sql AS 'DELETE FROM later';
                        CREATE VIEW mention_farm.later AS SELECT later_name(n) AS name FROM later;
                        """
                )
                try await Migrator.migrate(connection)
                let granted = try await connection.strings(
                    """
                    SELECT concat_ws(' ', has_table_privilege(r, 'later', 'INSERT'), has_table_privilege(r, 'later_audit', 'INSERT'),
                        has_table_privilege(r, 'later_audit', 'UPDATE'), has_table_privilege(r, 'mention_farm.later', 'SELECT'),
                        has_function_privilege(r, 'later_name(integer)', 'EXECUTE'),
                        has_function_privilege(r, 'later_change()', 'EXECUTE'))
                    FROM unnest(ARRAY['mention_farm_writer', 'mention_farm_reader']) AS u (r)
                    """
                )
                #expect(granted == ["t t f t t t", "f f f t t f"])
            }
        }

        /// An owner who may not make roles gets a schema that works; the roles can come later, by somebody else.
        @Test func doesWithoutTheRightToMakeRoles() async throws {
            let suffix = UInt32.random(in: .min ... .max)
            let names = ["mf_writer_\(suffix)", "mf_reader_\(suffix)", "mf_owner_\(suffix)"]
            var failure: (any Error)?
            do {
                try await TestDatabase.with(migrated: false) { database, superuser in
                    _ = try await superuser.run("CREATE ROLE \(names[2]) LOGIN PASSWORD '\(RoleLogins.password)'")
                    _ = try await superuser.run("ALTER DATABASE \(database.name) OWNER TO \(names[2])")
                    let owner = try await database.as(names[2]).connect()
                    try await Migrator.migrate(owner)
                    try await Schema.check(owner)
                    // The cluster has the real roles by now: the same script, with names that it has not.
                    let script = try Self.script()
                        .replacing("mention_farm_writer", with: names[0])
                        .replacing("mention_farm_reader", with: names[1])
                    let start = try #require(script.range(of: "CREATE FUNCTION set_up_roles"))
                    try await owner.execute(
                        script: "DROP FUNCTION set_up_roles();" + String(script[start.lowerBound...])
                    )
                    #expect(
                        try await owner.strings("SELECT array_to_string(set_up_roles(), ' ')")
                            == ["\(names[0]) \(names[1])"]
                    )
                    // The owner is a worker all the same.
                    try await TestFarm.prepare(owner)
                    var farm = try await TestFarm(owner, partition: 0)
                    try await farm.write(new: [Draft(id: 1, hash: 1)])
                    try await Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1)).rollOver(on: owner)
                    try await finish(Relating(owner: "a", copyMemory: 1 << 20), owner)
                    #expect(try await Upkeep().indexOneClosed(on: owner) == 1)
                    try await expectVerified(owner)

                    _ = try await superuser.run("CREATE ROLE \(names[0]) NOLOGIN")
                    _ = try await superuser.run("CREATE ROLE \(names[1]) NOLOGIN")
                    #expect(try await owner.strings("SELECT array_to_string(set_up_roles(), ' ')") == [""])
                    #expect(
                        try await owner.strings(
                            "SELECT has_table_privilege('\(names[0])', 'mention_store.mention', 'INSERT')::text"
                        ) == ["true"]
                    )
                    await owner.close()
                }
            } catch {
                failure = error
            }
            try await TestDatabase.dropRoles(names)
            if let failure { throw failure }
        }
    }
}
