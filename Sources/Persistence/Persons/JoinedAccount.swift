public import PostgresClient

/// An account that was joined to a person: a row of the view `person`.
public struct JoinedAccount: Sendable, Equatable {
    /// The person's first account.
    public var person: AuthorJoining.Name
    /// The account.
    public var name: AuthorJoining.Name
    /// Its handle, where it is known.
    public var handle: String?
    /// Microseconds since the Unix epoch.
    public var joinedAt: Int64?
    /// Who joined it.
    public var joinedBy: String
    /// Why.
    public var reason: String?

    /// All of them, by person.
    public static func all(on connection: PostgresConnection) async throws(PostgresError) -> [JoinedAccount] {
        let rows = try await connection.query(
            PostgresStatement(
                "list joined accounts",
                """
                SELECT person_source, person_id, source, author_id, author_handle, joined_at, joined_by, reason
                FROM mention_farm.person ORDER BY 1, 2, 3, 4
                """
            ),
            timeout: .seconds(60)
        )
        return (0..<rows.rowCount).map { row in
            JoinedAccount(
                person: .init(source: rows.string(row, 0) ?? "", id: rows.string(row, 1) ?? ""),
                name: .init(source: rows.string(row, 2) ?? "", id: rows.string(row, 3) ?? ""),
                handle: rows.string(row, 4),
                joinedAt: rows.timestamptz(row, 5),
                joinedBy: rows.string(row, 6) ?? "",
                reason: rows.string(row, 7)
            )
        }
    }
}
