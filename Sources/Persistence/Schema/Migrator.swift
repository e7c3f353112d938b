public import PostgresClient

/// Brings a database to the schema that this program knows.
public enum Migrator {
    /// Applies the migrations that are missing, each in one transaction, and says which.
    ///
    /// Idempotent, and safe from many hosts at once: an advisory lock lets one work, and the others find nothing left
    /// to do. On an error what was applied before stays; the next call goes on from there. Workers of the old version
    /// may run meanwhile. Ends with the roles, see ``DatabaseRoles``: what could not be made or granted before is now.
    ///
    /// - Parameter timeout: of each migration, the wait for another host's included.
    /// - Returns: The migrations that this call applied, in order; empty when the schema was up to date.
    /// - Throws: ``SchemaError`` when the database is newer than this program or was made by another text; else
    ///   `PostgresError`.
    @discardableResult
    public static func migrate(
        _ connection: PostgresConnection,
        timeout: Duration = .seconds(600)
    ) async throws -> [Migration] {
        if try await Schema.applied(connection, timeout: timeout).isEmpty {
            try await locked(connection, timeout) {
                // IF NOT EXISTS alone is not safe when two do it at once: hence inside the lock.
                try await connection.execute("create schemas", script: bootstrap, timeout: timeout)
            }
        }
        _ = try await connection.query(Schema.session, timeout: timeout)
        var done: [Migration] = []
        for migration in Migration.all {
            let isNew = try await locked(connection, timeout) {
                let applied = try await Schema.applied(connection, timeout: timeout)
                try Schema.compare(applied)
                guard applied.count < Int(migration.number) else { return false }
                try await connection.execute(
                    "migration \(migration.number)",
                    script: migration.script,
                    timeout: timeout
                )
                _ = try await connection.query(
                    PostgresStatement(
                        "record migration",
                        "INSERT INTO mention_store.migration (number, name, checksum) VALUES ($1, $2, $3)",
                        [.int4(migration.number), .text(migration.name), .text(migration.checksum)]
                    ),
                    timeout: timeout
                )
                return true
            }
            if isNew { done.append(migration) }
        }
        try await locked(connection, timeout) { try await DatabaseRoles.setUp(connection, timeout: timeout) }
        return done
    }

    private static let bootstrap = """
        CREATE SCHEMA IF NOT EXISTS mention_store;
        CREATE SCHEMA IF NOT EXISTS mention_farm;
        CREATE TABLE IF NOT EXISTS mention_store.migration (
            number integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        """

    private static func locked<Value>(
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ body: () async throws -> Value
    ) async throws -> Value {
        _ = try await connection.query(PostgresStatement("begin", "BEGIN"), timeout: timeout)
        do {
            _ = try await connection.query(
                PostgresStatement("lock migrations", "SELECT pg_advisory_xact_lock(727272, 10)"),
                timeout: timeout
            )
            let value = try await body()
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
            return value
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }
}
