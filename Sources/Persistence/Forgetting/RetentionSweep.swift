public import PostgresClient

/// How long things are kept, in days; nil: for ever.
public struct RetentionSetting: Sendable, Equatable {
    /// Payloads of dead letters that were redriven or discarded, since then. The letters themselves stay.
    public var deadLetterDays: Int32?
    /// Lines of the audits of resets and resumes.
    public var auditDays: Int32?

    /// For ever.
    public init() {}

    /// Reads it.
    public static func load(on connection: PostgresConnection) async throws(PostgresError) -> RetentionSetting {
        let rows = try await connection.query(
            PostgresStatement("read retention", "SELECT dead_letter_days, audit_days FROM retention")
        )
        var setting = RetentionSetting()
        setting.deadLetterDays = rows.int4(0, 0)
        setting.auditDays = rows.int4(0, 1)
        return setting
    }

    /// Keeps it for all workers; they begin within seconds.
    public func store(on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "set retention",
                "UPDATE retention SET dead_letter_days = $1, audit_days = $2, changed_at = now()",
                [.int4(deadLetterDays), .int4(auditDays)]
            )
        )
    }
}

/// Removes what is older than it is to be kept. Any worker may call it at any time; rows that another has locked are left
/// to it.
public enum RetentionSweep {
    /// Most rows of a table at once.
    static let most: Int32 = 1_000

    private static let sweeps: [(table: String, sql: String)] = [
        (
            "dead_letter_record",
            """
            UPDATE dead_letter_record d SET payload = NULL, payload_sha256 = NULL
            FROM (SELECT dead_letter_no FROM dead_letter_record, retention
                  WHERE status <> 'open' AND payload IS NOT NULL
                    AND resolved_at < now() - make_interval(days => dead_letter_days)
                  LIMIT $1 FOR UPDATE OF dead_letter_record SKIP LOCKED) AS old
            WHERE d.dead_letter_no = old.dead_letter_no
            """
        ),
        ("reset_audit", "SELECT sweep_audit('reset_audit', 'reset_at', $1)"),
        ("resume_audit", "SELECT sweep_audit('resume_audit', 'resumed_at', $1)"),
    ]

    /// Removes at most a thousand rows of each table.
    /// - Returns: how many, by table.
    public static func run(on connection: PostgresConnection) async throws(PostgresError) -> [String: Int64] {
        let setting = try await RetentionSetting.load(on: connection)
        var removed: [String: Int64] = [:]
        for (table, sql) in sweeps {
            guard (table == "dead_letter_record" ? setting.deadLetterDays : setting.auditDays) != nil else { continue }
            let rows = try await connection.query(PostgresStatement("sweep \(table)", sql, [.int4(most)]))
            removed[table] = rows.int8(0, 0) ?? Int64(rows.affectedRows)
        }
        return removed
    }
}
