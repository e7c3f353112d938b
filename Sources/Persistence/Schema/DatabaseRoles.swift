public import PostgresClient

/// The two roles that migrations make, for logins to be members of.
///
/// They belong to the whole cluster; what they may do is granted in each database.
public enum DatabaseRoles {
    /// All that workers and `mention-admin` need, but to migrate.
    public static let writer = "mention_farm_writer"
    /// Reads the views of `mention_farm`, and nothing else.
    public static let reader = "mention_farm_reader"

    /// Makes the roles that are missing and grants what is not granted yet: for the end of a migration, under its lock.
    /// Does nothing for a login that doesn't own the schema.
    static func setUp(_ connection: PostgresConnection, timeout: Duration) async throws(PostgresError) {
        let owns = try await connection.query(
            PostgresStatement(
                "look for the owner",
                "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'mention_store'"
            ),
            timeout: timeout
        )
        guard owns.bool(0, 0) == true else { return }
        _ = try await connection.query(PostgresStatement("set up roles", "SELECT set_up_roles()"), timeout: timeout)
    }

    /// The roles that don't exist, because who migrated may not make roles. Workers that log in as the schema's owner
    /// work without them.
    public static func missing(_ connection: PostgresConnection) async throws(PostgresError) -> [String] {
        let rows = try await connection.query(
            PostgresStatement(
                "look for roles",
                "SELECT name FROM unnest($1::text[]) AS u (name) WHERE to_regrole(name) IS NULL",
                [.textArray([writer, reader])]
            ),
            timeout: .seconds(30)
        )
        return (0..<rows.rowCount).compactMap { rows.string($0, 0) }
    }
}
