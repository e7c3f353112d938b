public import Copies
public import PostgresClient

/// What counts as a copy, for all workers of a database.
public struct CopySetting: Sendable, Equatable {
    /// Least Jaccard similarity of a near copy, in ten-thousandths, 5,000–10,000.
    public var threshold: Int
    /// How far apart two mentions may be published, in seconds, 0 to ten years.
    public var window: Int64

    /// Makes a setting.
    public init(threshold: Int, window: Int64) {
        self.threshold = threshold
        self.window = window
    }

    /// The scheme that goes with it.
    public var scheme: CopyScheme { CopyScheme(threshold: threshold, window: window * 1_000_000) }

    /// Reads the one that stands.
    public static func read(_ connection: PostgresConnection) async throws(PostgresError) -> CopySetting {
        let rows = try await connection.query(
            PostgresStatement("read copy setting", "SELECT threshold, window_seconds FROM copy_setting"),
            timeout: .seconds(60)
        )
        return CopySetting(rows, threshold: 0, window: 1)
    }

    /// Reads it from two columns of the first row.
    init(_ rows: PostgresResult, threshold: Int, window: Int) {
        self.init(
            threshold: rows.int2(0, threshold).map(Int.init) ?? Self.usual.threshold,
            window: rows.int8(0, window) ?? Self.usual.window
        )
    }

    /// The one of a new database.
    private static let usual = CopySetting(threshold: 8_000, window: 604_800)

    /// The scheme that goes with the one that stands.
    public static func scheme(on connection: PostgresConnection) async throws(PostgresError) -> CopyScheme {
        try await read(connection).scheme
    }

    /// Makes it the one that stands, and takes back all that is related, in one transaction: the background step then
    /// relates everything anew. It waits for a step at hand, whoever does it, and keeps others out meanwhile. Takes time
    /// in proportion to what is related.
    /// - Returns: false where it stands already; then nothing is changed.
    public func apply(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
        // A batch may hold ledger rows in another order: the server ends one of the two, and it is done again.
        var attempts = 0
        while true {
            do throws(PostgresError) {
                return try await change(connection)
            } catch {
                await connection.rollBack(timeout: .seconds(60))
                attempts += 1
                guard error.sqlState == "40P01", attempts < 10 else { throw error }
            }
        }
    }

    private func change(_ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        let timeout = Duration.seconds(3_600)
        let changed = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN"),
                // As forget_relations does: first the lease, so that no step is at work.
                PostgresStatement("keep steps out", "SELECT FROM lease WHERE name = 'relate' FOR UPDATE"),
                PostgresStatement(
                    "change copy setting",
                    """
                    UPDATE copy_setting SET threshold = $1, window_seconds = $2
                    WHERE (threshold, window_seconds) IS DISTINCT FROM ($1, $2)
                    """,
                    [.int2(Int16(clamping: threshold)), .int8(window)]
                ),
            ],
            timeout: timeout
        )
        let isChanged = changed.last?.affectedRows == 1
        if isChanged {
            _ = try await connection.query(
                PostgresStatement("forget relations", "SELECT forget_relations()"),
                timeout: timeout
            )
        }
        _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
        return isChanged
    }
}
