public import PostgresClient

/// How the folding of copies stands.
public struct CopyStanding: Sendable, Equatable {
    /// What escaped the indexes for one cause, since the beginning.
    public struct Escape: Sendable, Equatable {
        /// The cause.
        public var cause: String
        /// Texts, or rows.
        public var texts: Int64

        /// Makes an entry.
        public init(cause: String, texts: Int64) {
            self.cause = cause
            self.texts = texts
        }
    }

    /// What counts as a copy.
    public var setting: CopySetting
    /// By cause, in the order of names.
    public var escapes: [Escape]
    /// From when mentions were published whose near copies may have been missed and were not looked for again,
    /// microseconds since the Unix epoch; nil: none.
    public var debtFrom: Int64?
    /// Up to when.
    public var debtTo: Int64?
    /// When it was last looked for what escaped.
    public var reconciledAt: Int64?
    /// Pairs that were found so, since the beginning.
    public var pairsFound: Int64
}

/// What `mention-admin status` tells of the copies.
public enum CopyReading {
    /// Whether the login may read tables, and not views alone.
    static func hasTables(_ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        let rights = try await connection.query(
            PostgresStatement(
                "look whether tables are in sight",
                "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'mention_store'"
            ),
            timeout: .seconds(60)
        )
        return rights.bool(0, 0) == true
    }

    /// Reads it; nil for a login that may read views alone.
    public static func standing(_ connection: PostgresConnection) async throws(PostgresError) -> CopyStanding? {
        let timeout = Duration.seconds(60)
        guard try await hasTables(connection) else { return nil }
        let debt = try await connection.query(
            PostgresStatement("read copy debt", "SELECT from_at, to_at, reconciled_at, pairs_found FROM copy_debt"),
            timeout: timeout
        )
        let escapes = try await connection.query(
            PostgresStatement(
                "read copy escapes",
                "SELECT cause, texts FROM copy_escape WHERE texts > 0 ORDER BY cause"
            ),
            timeout: timeout
        )
        return CopyStanding(
            setting: try await CopySetting.read(connection),
            escapes: (0..<escapes.rowCount).map { row in
                CopyStanding.Escape(cause: escapes.string(row, 0) ?? "", texts: escapes.int8(row, 1) ?? 0)
            },
            debtFrom: debt.timestamptz(0, 0),
            debtTo: debt.timestamptz(0, 1),
            reconciledAt: debt.timestamptz(0, 2),
            pairsFound: debt.int8(0, 3) ?? 0
        )
    }
}
