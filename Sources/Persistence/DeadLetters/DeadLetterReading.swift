public import PostgresClient

/// One dead letter, without its payload.
public struct DeadLetterRow: Sendable, Equatable, Codable {
    /// Its number.
    public var id: Int64
    /// The consumer group that met it.
    public var group: String
    /// Where the record lies.
    public var topic: String
    /// Where the record lies.
    public var partition: Int32
    /// Where the record lies.
    public var offset: Int64
    /// Which of the topics that had these offsets, see `mention-admin reset`.
    public var incarnation: Int32
    /// The contract's reason code.
    public var reason: String
    /// The field, the place and the rule; none of the record's text.
    public var detail: String
    /// open, redriven or discarded.
    public var status: String
    /// What a redriven one came to: new, redelivered or revision.
    public var outcome: String?
    /// Bytes of the whole record.
    public var payloadBytes: Int64
    /// Bytes that are stored: fewer where only the head was kept. Nil for a tombstone.
    public var storedBytes: Int64?
    /// SHA-256 of the whole record where only its head is stored.
    public var payloadSHA256: [UInt8]?
    /// The Kafka record's own time, microseconds since the Unix epoch; nil where it has none.
    public var recordTimestamp: Int64?
    /// When it came in, microseconds since the Unix epoch.
    public var firstSeenAt: Int64
    /// When it was redriven or discarded.
    public var resolvedAt: Int64?
    /// Who did that.
    public var resolvedBy: String?

    /// Whether all of the record is stored; so too of a tombstone, which is nothing.
    public var isWhole: Bool { (storedBytes ?? 0) >= payloadBytes }
}

/// Reads dead letters.
public enum DeadLetterReading {
    /// In which order.
    public enum Order: Sendable {
        /// The greatest id first.
        case newestFirst
        /// The least id first.
        case oldestFirst
    }

    static let timeout = Duration.seconds(300)

    /// One page of the chosen letters.
    ///
    /// - Parameters:
    ///   - beyond: the last id of the page before; nil for the first page.
    ///   - through: the greatest id to read; nil for all that are there.
    public static func page(
        of selection: DeadLetterSelection,
        _ order: Order = .oldestFirst,
        beyond: Int64? = nil,
        through: Int64? = nil,
        limit: Int64,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [DeadLetterRow] {
        var conditions = selection.conditions
        if let beyond {
            conditions.add(.int8(beyond)) {
                order == .oldestFirst ? "d.id > \($0)" : "d.id < \($0)"
            }
        }
        if let through { conditions.add(.int8(through)) { "d.id <= \($0)" } }
        let direction = order == .oldestFirst ? "" : " DESC"
        let place = conditions.parameters.count + 1
        let rows = try await connection.query(
            PostgresStatement(
                "read dead letters",
                """
                SELECT \(columns) FROM mention_farm.dead_letter d
                \(conditions.sql) ORDER BY d.id\(direction) LIMIT $\(place)
                """,
                conditions.parameters + [.int8(max(0, limit))]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row(rows, $0) }
    }

    /// Those of the ids that no dead letter has, ascending.
    public static func unknown(
        _ ids: [Int64],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Int64] {
        let rows = try await connection.query(
            PostgresStatement(
                "look for dead letters",
                """
                SELECT DISTINCT n FROM unnest($1::bigint[]) AS u (n)
                WHERE NOT EXISTS (SELECT FROM mention_farm.dead_letter d WHERE d.id = u.n) ORDER BY n
                """,
                [.int8Array(ids)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).compactMap { rows.int8($0, 0) }
    }

    /// The greatest id there is; 0 where there is none.
    public static func last(on connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        let rows = try await connection.query(
            PostgresStatement(
                "read last dead letter",
                "SELECT coalesce(max(id), 0) FROM mention_farm.dead_letter"
            ),
            timeout: timeout
        )
        return rows.int8(0, 0) ?? 0
    }

    /// The stored bytes of dead letters; tombstones and unknown ids are missing.
    public static func payloads(
        of ids: [Int64],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Int64: [UInt8]] {
        let rows = try await connection.query(
            PostgresStatement(
                "read payloads",
                "SELECT id, payload FROM mention_farm.dead_letter WHERE id = ANY ($1)",
                [.int8Array(ids)]
            ),
            timeout: timeout
        )
        var payloads: [Int64: [UInt8]] = [:]
        for row in 0..<rows.rowCount {
            if let id = rows.int8(row, 0) { payloads[id] = rows.bytes(row, 1) }
        }
        return payloads
    }

    private static let columns = """
        d.id, d.consumer_group, d.kafka_topic, d.kafka_partition, d.kafka_offset, d.kafka_incarnation, d.reason, d.detail,
        d.status, d.outcome, d.payload_bytes, octet_length(d.payload)::bigint, d.payload_sha256, d.record_timestamp,
        d.first_seen_at, d.resolved_at, d.resolved_by
        """

    private static func row(_ rows: PostgresResult, _ row: Int) -> DeadLetterRow {
        DeadLetterRow(
            id: rows.int8(row, 0) ?? 0,
            group: rows.string(row, 1) ?? "",
            topic: rows.string(row, 2) ?? "",
            partition: rows.int4(row, 3) ?? 0,
            offset: rows.int8(row, 4) ?? 0,
            incarnation: rows.int4(row, 5) ?? 0,
            reason: rows.string(row, 6) ?? "",
            detail: rows.string(row, 7) ?? "",
            status: rows.string(row, 8) ?? "",
            outcome: rows.string(row, 9),
            payloadBytes: rows.int8(row, 10) ?? 0,
            storedBytes: rows.int8(row, 11),
            payloadSHA256: rows.bytes(row, 12),
            recordTimestamp: rows.timestamptz(row, 13),
            firstSeenAt: rows.timestamptz(row, 14) ?? 0,
            resolvedAt: rows.timestamptz(row, 15),
            resolvedBy: rows.string(row, 16)
        )
    }
}
