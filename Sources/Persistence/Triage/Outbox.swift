public import PostgresClient

/// A row of the outbox.
public struct OutboxRow: Sendable, Equatable {
    /// Grows; the order of the rows of one key.
    public var number: Int64
    /// The key of the record.
    public var key: [UInt8]
    /// The value of the record.
    public var payload: [UInt8]
}

/// What waits to be published.
public struct OutboxDepth: Sendable, Equatable {
    /// Rows.
    public var rows: Int64
    /// Seconds since the oldest was written; nil when there is none.
    public var oldest: Double?
}

/// The transactional outbox: rows are written with their cause and go once they are published.
///
/// Who publishes holds the lease `outbox`, on a connection that commits synchronously.
public enum Outbox {
    private static let timeout = Duration.seconds(30)

    /// The first rows, in order. Who sees a row of a key sees all earlier rows of it; so each key's begin with the first
    /// that was not removed.
    public static func next(
        _ most: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [OutboxRow] {
        let rows = try await connection.query(
            PostgresStatement(
                "read outbox",
                "SELECT outbox_no, key, payload FROM outbox ORDER BY outbox_no LIMIT $1",
                [.int4(most)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).compactMap { row in
            guard let number = rows.int8(row, 0), let key = rows.bytes(row, 1), let payload = rows.bytes(row, 2) else {
                return nil
            }
            return OutboxRow(number: number, key: key, payload: payload)
        }
    }

    /// Takes or renews the lease. Its commit is flushed, and with it whatever this session has seen before: workers
    /// whose commits are not flushed one by one may lose the last of them in a crash, and what is published must not be
    /// among those.
    /// - Returns: false when another holds it.
    public static func hold(
        by owner: String,
        for lease: Duration,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Bool {
        let answer = try await connection.query(
            PostgresStatement(
                "hold outbox lease",
                "SELECT hold_lease('outbox', $1, $2)",
                [.text(owner), .double(Double(lease.components.seconds))]
            ),
            timeout: timeout
        )
        return answer.bool(0, 0) == true
    }

    /// Gives the lease back, so that another need not wait for its end.
    public static func release(by owner: String, on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("release outbox lease", "SELECT release_lease('outbox', $1)", [.text(owner)]),
            timeout: timeout
        )
    }

    /// Removes rows that were published, by their numbers.
    public static func remove(_ numbers: [Int64], on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "remove from outbox",
                "DELETE FROM outbox WHERE outbox_no = ANY ($1::bigint[])",
                [.int8Array(numbers)]
            ),
            timeout: timeout
        )
    }

    /// How much waits; nil for a login that may read views alone. Counts the rows.
    public static func depth(_ connection: PostgresConnection) async throws(PostgresError) -> OutboxDepth? {
        let allowed = try await connection.query(
            PostgresStatement(
                "look for rights",
                "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'mention_store'"
            ),
            timeout: timeout
        )
        guard allowed.bool(0, 0) == true else { return nil }
        let rows = try await connection.query(
            PostgresStatement(
                "count outbox",
                """
                SELECT count(*), extract(epoch FROM clock_timestamp() - min(added_at))::double precision
                FROM mention_store.outbox
                """
            ),
            timeout: timeout
        )
        return OutboxDepth(rows: rows.int8(0, 0) ?? 0, oldest: rows.double(0, 1))
    }

    /// Gives back claims of triage items that ran out. Cheap: for every minute or less.
    public static func expireClaims(on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("expire claims", "SELECT triage_expire()"),
            timeout: timeout
        )
    }
}
