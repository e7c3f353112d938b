public import PostgresClient

/// How a PostgreSQL server stands, as far as a worker may see it.
public struct DatabaseGauge: Sendable, Equatable {
    /// Connections of clients, whoever they belong to.
    public var connections: Int64
    /// How many ordinary logins may have.
    public var connectionsLimit: Int64
    /// Bytes of the database on disk.
    public var bytes: Int64
    /// Records of a group and topic that are durable and not yet related.
    public var unrelated: Int64

    /// Reads it: some milliseconds of the server, for the size.
    public static func read(
        group: String,
        topic: String,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> DatabaseGauge {
        let rows = try await connection.query(
            PostgresStatement(
                "read gauges",
                """
                SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                       current_setting('max_connections')::bigint
                           - current_setting('superuser_reserved_connections')::bigint,
                       pg_database_size(current_database()),
                       (SELECT coalesce(sum(least(records, greatest(0, next_offset - coalesce(related_through, 0)))), 0)
                        FROM mention_farm.progress WHERE consumer_group = $1 AND topic = $2)::bigint
                """,
                [.text(group), .text(topic)]
            ),
            timeout: .seconds(10)
        )
        return DatabaseGauge(
            connections: rows.int8(0, 0) ?? 0,
            connectionsLimit: rows.int8(0, 1) ?? 0,
            bytes: rows.int8(0, 2) ?? 0,
            unrelated: rows.int8(0, 3) ?? 0
        )
    }
}
