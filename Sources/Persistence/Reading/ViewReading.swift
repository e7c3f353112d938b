public import PostgresClient

/// One row of the view `advocate`.
public struct AdvocateRow: Sendable, Equatable, Codable {
    /// Source of the author.
    public var source: String
    /// The author's id on the source.
    public var authorID: String
    /// The author's handle.
    public var handle: String?
    /// 0…100.
    public var score: Double
    /// advocate, supporter, neutral or critic.
    public var band: String
    /// All mentions.
    public var mentions: Int64
    /// Those for the brand.
    public var positive: Int64
    /// Those against it.
    public var negative: Int64
    /// Followers, where known.
    public var followers: Int64?
    /// Lower bound of the share of positive opinions.
    public var confidenceLower: Double
    /// Upper bound of it.
    public var confidenceUpper: Double
}

/// What `mention-admin` reads from the public views.
public enum ViewReading {
    private static let timeout = Duration.seconds(300)

    /// Whether a brand of that name exists, registered or not. Who may read views alone is told of those with mentions.
    public static func brandExists(_ name: String, on connection: PostgresConnection) async throws(PostgresError)
        -> Bool
    {
        do throws(PostgresError) {
            let rows = try await connection.query(
                PostgresStatement("look for brand", "SELECT 1 FROM brand WHERE name = $1", [.text(name)]),
                timeout: timeout
            )
            return rows.rowCount > 0
        } catch {
            // 42P01: the table is out of sight.
            guard error.sqlState == "42P01" else { throw error }
        }
        let rows = try await connection.query(
            PostgresStatement(
                "look for brand in hours",
                "SELECT 1 FROM mention_farm.sentiment_by_hour WHERE brand = $1 LIMIT 1",
                [.text(name)]
            ),
            timeout: timeout
        )
        return rows.rowCount > 0
    }
}
