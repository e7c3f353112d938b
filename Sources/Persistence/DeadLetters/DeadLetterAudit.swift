public import PostgresClient

/// One line of the audit: who did what to a dead letter, and what came of it.
public struct DeadLetterAuditRow: Sendable, Equatable, Codable {
    /// When, microseconds since the Unix epoch.
    public var at: Int64
    /// Who.
    public var who: String
    /// redrive or discard.
    public var action: String
    /// The dead letter's number.
    public var deadLetter: Int64
    /// new, redelivered, revision, discarded, unavailable, or the reason code for which it is still open.
    public var result: String
    /// Why it was discarded, or why it is still open; none of the record's text.
    public var note: String?
    /// SHA-256 of the payload that was put in place of the stored one.
    public var editedSHA256: [UInt8]?
    /// Its size in bytes.
    public var editedBytes: Int64?
}

/// The audit of dead letters.
public enum DeadLetterAudit {
    /// The last lines, newest first.
    /// - Parameter deadLetter: of one letter alone; nil for all.
    public static func read(
        deadLetter: Int64? = nil,
        limit: Int64,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [DeadLetterAuditRow] {
        let rows = try await connection.query(
            PostgresStatement(
                "read dead letter audit",
                """
                SELECT at, who, action, dead_letter_no, result, note, edited_sha256, edited_bytes
                FROM dead_letter_audit WHERE $1::bigint IS NULL OR dead_letter_no = $1
                ORDER BY audit_no DESC LIMIT $2
                """,
                [.int8(deadLetter), .int8(max(0, limit))]
            ),
            timeout: DeadLetterReading.timeout
        )
        return (0..<rows.rowCount).map { row in
            DeadLetterAuditRow(
                at: rows.timestamptz(row, 0) ?? 0,
                who: rows.string(row, 1) ?? "",
                action: rows.string(row, 2) ?? "",
                deadLetter: rows.int8(row, 3) ?? 0,
                result: rows.string(row, 4) ?? "",
                note: rows.string(row, 5),
                editedSHA256: rows.bytes(row, 6),
                editedBytes: rows.int8(row, 7)
            )
        }
    }
}

/// Marks dead letters as looked at and left. They go on counting as dead letters.
public struct DeadLetterDiscard: Sendable {
    /// Who does it, for the audit.
    public var by: String
    /// Why, for the audit.
    public var because: String?

    /// Makes a discard.
    public init(by: String, because: String? = nil) {
        self.by = by
        self.because = because
    }

    /// Discards those of the letters that are open, in one transaction; returns their ids, ascending.
    public func apply(to ids: [Int64], on connection: PostgresConnection) async throws(PostgresError) -> [Int64] {
        let rows = try await connection.query(
            PostgresStatement(
                "discard dead letters",
                """
                WITH chosen AS (
                    SELECT dead_letter_no FROM dead_letter_record
                    WHERE dead_letter_no = ANY ($1) AND status = 'open' ORDER BY dead_letter_no FOR UPDATE
                ), done AS (
                    UPDATE dead_letter_record d SET status = 'discarded', resolved_at = now(), resolved_by = $2
                    FROM chosen c WHERE d.dead_letter_no = c.dead_letter_no
                    RETURNING d.dead_letter_no
                )
                INSERT INTO dead_letter_audit (who, action, dead_letter_no, result, note)
                SELECT $2, 'discard', dead_letter_no, 'discarded', $3 FROM done ORDER BY dead_letter_no
                RETURNING dead_letter_no
                """,
                [.int8Array(ids), .text(by), .text(because)]
            ),
            timeout: DeadLetterReading.timeout
        )
        return (0..<rows.rowCount).compactMap { rows.int8($0, 0) }.sorted()
    }
}
