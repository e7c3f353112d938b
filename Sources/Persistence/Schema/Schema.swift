public import PostgresClient

/// How the schema is reached, and whether it is the one that this program knows.
///
/// `mention_store` holds tables and functions, `mention_farm` the views of the contract.
public enum Schema {
    /// The version that this program knows: the number of its last migration.
    public static var version: Int32 { Migration.all.last?.number ?? 0 }

    /// For the first statement of each connection. Works before the schemas exist.
    public static let session = PostgresStatement("set search path", "SET search_path = mention_store, mention_farm")

    /// Connects and sets the search path.
    ///
    /// - Throws: as `PostgresConnection.connect`.
    public static func connect(
        _ target: PostgresTarget,
        applicationName: String,
        timeout: Duration
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.connect(
            target,
            applicationName: applicationName,
            timeout: timeout
        )
        do throws(PostgresError) {
            _ = try await connection.query(session, timeout: timeout)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// What speaks against working with the schema; nil when it is the one that this program knows.
    public static func objection(
        _ connection: PostgresConnection,
        timeout: Duration = .seconds(30)
    ) async throws(PostgresError) -> SchemaError? {
        if let user = try await stranger(connection, timeout: timeout) { return .noAccess(user: user) }
        let applied = try await applied(connection, timeout: timeout)
        guard !applied.isEmpty else { return .missing }
        do throws(SchemaError) {
            try compare(applied)
        } catch {
            return error
        }
        guard applied.count < Migration.all.count else { return nil }
        return .outdated(found: Int32(clamping: applied.count), known: version)
    }

    /// Refuses every schema but the one that this program knows: for the start of a program.
    ///
    /// - Parameter admitsReaders: lets a login pass that can't see the version, as it may read views alone. Views only
    ///   grow, so it needs none.
    /// - Throws: ``SchemaError`` or `PostgresError`.
    public static func check(
        _ connection: PostgresConnection,
        admitsReaders: Bool = false,
        timeout: Duration = .seconds(30)
    ) async throws {
        switch try await objection(connection, timeout: timeout) {
        case nil: return
        case .noAccess(let user):
            guard admitsReaders, try await mayReadViews(connection, timeout) else {
                throw SchemaError.noAccess(user: user)
            }
        case let objection?: throw objection
        }
    }

    /// The login's name, where the schema is there and the login has no rights on it.
    private static func stranger(
        _ connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> String? {
        let rows = try await connection.query(
            PostgresStatement(
                "look for rights",
                """
                SELECT current_user::text FROM pg_namespace
                WHERE nspname = 'mention_store' AND NOT has_schema_privilege(oid, 'USAGE')
                """
            ),
            timeout: timeout
        )
        return rows.string(0, 0)
    }

    private static func mayReadViews(
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> Bool {
        let rows = try await connection.query(
            PostgresStatement(
                "look for views",
                """
                SELECT bool_and(has_table_privilege(c.oid, 'SELECT')) FROM pg_class c JOIN pg_namespace n
                    ON n.oid = c.relnamespace
                WHERE n.nspname = 'mention_farm' AND has_schema_privilege(n.oid, 'USAGE') AND c.relkind = 'v'
                """
            ),
            timeout: timeout
        )
        return rows.bool(0, 0) == true
    }

    /// The migrations that the database has, in order; empty without a schema.
    public static func applied(
        _ connection: PostgresConnection,
        timeout: Duration = .seconds(30)
    ) async throws(PostgresError) -> [AppliedMigration] {
        let exists = try await connection.query(
            PostgresStatement("look for the schema", "SELECT to_regclass('mention_store.migration') IS NOT NULL"),
            timeout: timeout
        )
        guard exists.bool(0, 0) == true else { return [] }
        let rows = try await connection.query(
            PostgresStatement(
                "read migrations",
                "SELECT number, name, checksum, applied_at FROM mention_store.migration ORDER BY number"
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            AppliedMigration(
                number: rows.int4(row, 0) ?? 0,
                name: rows.string(row, 1) ?? "",
                checksum: rows.string(row, 2) ?? "",
                appliedAt: rows.timestamptz(row, 3) ?? 0
            )
        }
    }

    /// Refuses what this program doesn't know among the applied migrations; fewer than it knows are fine.
    static func compare(_ applied: [AppliedMigration]) throws(SchemaError) {
        if let last = applied.last, last.number > version {
            throw .tooNew(found: last.number, known: version)
        }
        for (found, known) in zip(applied, Migration.all)
        where found.number != known.number || found.checksum != known.checksum {
            throw .changed(number: found.number, name: found.name)
        }
    }
}

/// A migration that a database has.
public struct AppliedMigration: Sendable, Equatable {
    /// Its number.
    public var number: Int32
    /// Its name.
    public var name: String
    /// SHA-256 of the script that was run, in hex.
    public var checksum: String
    /// When, in microseconds since the Unix epoch.
    public var appliedAt: Int64
}
