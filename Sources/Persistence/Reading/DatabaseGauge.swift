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
    /// Rows that wait in the outbox, counted up to ``outboxMost``.
    public var outboxRows: Int64
    /// For how many seconds the oldest of them has waited; 0 when none does.
    public var outboxOldest: Double

    /// More rows of the outbox are not counted: an outbox that nobody empties must not cost more and more.
    public static let outboxMost: Int64 = 100_000

    /// Reads it: some milliseconds of the server, for the size. A login without `pg_read_all_stats` is not told what kind
    /// the sessions of others are, but has them in the list, with database and user, which background processes lack.
    public static func read(
        group: String,
        topic: String,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> DatabaseGauge {
        let rows = try await connection.query(
            PostgresStatement(
                "read gauges",
                """
                SELECT (SELECT count(*) FROM pg_stat_activity
                        WHERE datid IS NOT NULL AND usesysid IS NOT NULL
                          AND coalesce(backend_type, 'client backend') = 'client backend'),
                       current_setting('max_connections')::bigint
                           - current_setting('superuser_reserved_connections')::bigint,
                       pg_database_size(current_database()),
                       (SELECT coalesce(sum(least(records, greatest(0, next_offset - coalesce(related_through, 0)))), 0)
                        FROM mention_farm.progress WHERE consumer_group = $1 AND topic = $2)::bigint,
                       waiting.rows,
                       greatest(0, coalesce(extract(epoch FROM clock_timestamp() - waiting.since), 0))::double precision
                FROM (
                    SELECT count(*) AS rows, min(added_at) AS since
                    FROM (SELECT added_at FROM mention_store.outbox ORDER BY outbox_no LIMIT $3) AS first
                ) AS waiting
                """,
                [.text(group), .text(topic), .int8(outboxMost)]
            ),
            timeout: .seconds(10)
        )
        return DatabaseGauge(
            connections: rows.int8(0, 0) ?? 0,
            connectionsLimit: rows.int8(0, 1) ?? 0,
            bytes: rows.int8(0, 2) ?? 0,
            unrelated: rows.int8(0, 3) ?? 0,
            outboxRows: rows.int8(0, 4) ?? 0,
            outboxOldest: rows.double(0, 5) ?? 0
        )
    }
}
