public import PostgresClient
public import Signals

/// One row of the view `signal`.
public struct SignalRow: Sendable, Equatable, Codable {
    /// The brand's name.
    public var brand: String
    /// The kind.
    public var signal: String
    /// Mentions in the hour.
    public var value: Int64
    /// What is usual.
    public var baseline: Double
    /// How far it is above that.
    public var z: Double
    /// The hour, microseconds since the Unix epoch.
    public var windowStart: Int64
    /// Its end.
    public var windowEnd: Int64
    /// When it was found.
    public var detectedAt: Int64
}

/// What is known of signals, and the settings by which they are found.
public enum SignalReading {
    private static let timeout = Duration.seconds(60)

    /// Signals, the latest first.
    /// - Parameters:
    ///   - brand: of this one alone; nil for all.
    ///   - since: whose hour begins at or after this, microseconds since the Unix epoch; nil for all.
    public static func signals(
        of brand: String?,
        since: Int64?,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [SignalRow] {
        let rows = try await connection.query(
            PostgresStatement(
                "read signals",
                """
                SELECT brand, signal, value, baseline, z, window_start, window_end, detected_at
                FROM mention_farm.signal
                WHERE ($1::text IS NULL OR brand = $1) AND ($2::timestamptz IS NULL OR window_start >= $2)
                ORDER BY window_start DESC, z DESC, brand LIMIT $3
                """,
                [.text(brand), .timestamptz(since), .int4(limit)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            SignalRow(
                brand: rows.string(row, 0) ?? "",
                signal: rows.string(row, 1) ?? "",
                value: rows.int8(row, 2) ?? 0,
                baseline: rows.double(row, 3) ?? 0,
                z: rows.double(row, 4) ?? 0,
                windowStart: rows.timestamptz(row, 5) ?? 0,
                windowEnd: rows.timestamptz(row, 6) ?? 0,
                detectedAt: rows.timestamptz(row, 7) ?? 0
            )
        }
    }

    /// The settings.
    public static func setting(on connection: PostgresConnection) async throws(PostgresError) -> SpikeSetting {
        let rows = try await connection.query(
            PostgresStatement(
                "read signal settings",
                "SELECT threshold, minimum, cooldown_hours, baseline_hours FROM signal_setting"
            ),
            timeout: timeout
        )
        let standard = SpikeSetting.standard
        return SpikeSetting(
            threshold: rows.double(0, 0) ?? standard.threshold,
            minimum: rows.int4(0, 1) ?? standard.minimum,
            coolDown: rows.int4(0, 2) ?? standard.coolDown,
            baseline: rows.int4(0, 3) ?? standard.baseline
        )
    }

    /// Sets them. Hours that are judged from then on are judged by them.
    public static func set(_ setting: SpikeSetting, on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "set signal settings",
                """
                UPDATE signal_setting SET threshold = $1, minimum = $2, cooldown_hours = $3, baseline_hours = $4
                """,
                [
                    .double(setting.threshold), .int4(setting.minimum), .int4(setting.coolDown),
                    .int4(setting.baseline),
                ]
            ),
            timeout: timeout
        )
    }
}
