public import PostgresClient

/// How long things are kept, in days; nil: for ever.
public struct RetentionSetting: Sendable, Equatable {
    /// Mentions, by whole partitions: since the newest of one was published and stored. What was counted of them stays.
    public var mentionDays: Int32?
    /// Payloads of dead letters that were redriven or discarded, since then. The letters themselves stay.
    public var deadLetterDays: Int32?
    /// Items of triage that are done, dismissed or withdrawn, since then.
    public var triageDays: Int32?
    /// Actions that nobody has published, since they were written.
    public var outboxDays: Int32?
    /// Mentions that wait for what they answer, since about when they were stored: they wait no more.
    public var waitDays: Int32?
    /// Lines of the audits of resets, resumes, triage and persons.
    public var auditDays: Int32?

    /// For ever.
    public init() {}

    private static var columns: [(name: String, path: WritableKeyPath<RetentionSetting, Int32?>)] {
        [
            ("mention_days", \.mentionDays), ("dead_letter_days", \.deadLetterDays), ("triage_days", \.triageDays),
            ("outbox_days", \.outboxDays), ("wait_days", \.waitDays), ("audit_days", \.auditDays),
        ]
    }

    /// Reads it.
    public static func load(on connection: PostgresConnection) async throws(PostgresError) -> RetentionSetting {
        let names = columns.map(\.name).joined(separator: ", ")
        let rows = try await connection.query(
            PostgresStatement("read retention", "SELECT \(names) FROM retention")
        )
        var setting = RetentionSetting()
        for (place, column) in columns.enumerated() { setting[keyPath: column.path] = rows.int4(0, place) }
        return setting
    }

    /// Keeps it for all workers; they begin within seconds.
    public func store(on connection: PostgresConnection) async throws(PostgresError) {
        let changes = Self.columns.enumerated().map { "\($0.element.name) = $\($0.offset + 1)" }.joined(separator: ", ")
        _ = try await connection.query(
            PostgresStatement(
                "set retention",
                "UPDATE retention SET \(changes), changed_at = now()",
                Self.columns.map { .int4(self[keyPath: $0.path]) }
            )
        )
    }
}

/// Removes what is older than it is to be kept. Any worker may call it at any time; rows that another has locked are left
/// to it.
public enum RetentionSweep {
    /// Most rows of a table at once.
    public static let most: Int32 = 1_000

    private struct Sweep: Sendable {
        var table: String
        var setting: @Sendable (RetentionSetting) -> Int32?
        var sql: String
        /// Whether it waits for a lock no longer than a second, and comes another time where it does not get it.
        var mayBeKept = false
    }

    private static let sweeps: [Sweep] = [
        Sweep(
            table: "dead_letter_record",
            setting: { $0.deadLetterDays },
            sql: """
                UPDATE dead_letter_record d SET payload = NULL, payload_sha256 = NULL
                FROM (SELECT dead_letter_no FROM dead_letter_record, retention
                      WHERE status <> 'open' AND payload IS NOT NULL
                        AND resolved_at < now() - make_interval(days => dead_letter_days)
                      LIMIT $1 FOR UPDATE OF dead_letter_record SKIP LOCKED) AS old
                WHERE d.dead_letter_no = old.dead_letter_no
                """
        ),
        Sweep(
            table: "triage_item",
            setting: { $0.triageDays },
            sql: """
                DELETE FROM triage_item WHERE ctid = ANY (ARRAY(
                    SELECT i.ctid FROM triage_item i, retention
                    WHERE i.status IN ('done', 'dismissed', 'withdrawn')
                      AND coalesce(i.closed_at, i.decided_at) < now() - make_interval(days => triage_days)
                    LIMIT $1 FOR UPDATE OF i SKIP LOCKED))
                """
        ),
        Sweep(
            table: "outbox",
            setting: { $0.outboxDays },
            sql: """
                DELETE FROM outbox WHERE ctid = ANY (ARRAY(
                    SELECT o.ctid FROM outbox o, retention WHERE o.added_at < now() - make_interval(days => outbox_days)
                    LIMIT $1 FOR UPDATE OF o SKIP LOCKED))
                """
        ),
        Sweep(table: "thread_wait", setting: { $0.waitDays }, sql: "SELECT sweep_waits($1)"),
        Sweep(
            table: "reset_audit",
            setting: { $0.auditDays },
            sql: "SELECT sweep_audit('reset_audit', 'reset_at', $1)"
        ),
        Sweep(
            table: "resume_audit",
            setting: { $0.auditDays },
            sql: "SELECT sweep_audit('resume_audit', 'resumed_at', $1)"
        ),
        Sweep(
            table: "triage_audit",
            setting: { $0.auditDays },
            sql: "SELECT sweep_audit('triage_audit', 'at', $1)"
        ),
        Sweep(
            table: "person_audit",
            setting: { $0.auditDays },
            sql: "SELECT sweep_audit('person_audit', 'at', $1)"
        ),
        Sweep(
            table: "mention",
            setting: { $0.mentionDays },
            sql: "SELECT drop_old_partition() WHERE $1 > 0",
            mayBeKept: true
        ),
    ]

    /// Removes at most a thousand rows of each table, and one partition of mentions.
    /// - Returns: how many, by table.
    public static func run(on connection: PostgresConnection) async throws(PostgresError) -> [String: Int64] {
        let setting = try await RetentionSetting.load(on: connection)
        var removed: [String: Int64] = [:]
        for sweep in sweeps where sweep.setting(setting) != nil {
            do throws(PostgresError) {
                let rows = try await connection.query(
                    PostgresStatement("sweep \(sweep.table)", sweep.sql, [.int4(most)]),
                    timeout: .seconds(600)
                )
                removed[sweep.table] = rows.rowCount > 0 ? rows.int8(0, 0) ?? 0 : Int64(rows.affectedRows)
            } catch {
                // Batches were open the whole second: another time.
                guard sweep.mayBeKept, error.sqlState == "55P03" else { throw error }
                removed[sweep.table] = 0
            }
        }
        return removed
    }
}
