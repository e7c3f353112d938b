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

    /// The authors of the highest score for a brand, best first.
    /// - Parameter band: one band alone; nil for all.
    public static func advocates(
        of brand: String,
        band: String? = nil,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [AdvocateRow] {
        let rows = try await connection.query(
            PostgresStatement(
                "read advocates",
                """
                SELECT source, author_id, author_handle, score, band, mentions, positive, negative, followers,
                       confidence_lower, confidence_upper
                FROM mention_farm.advocate WHERE brand = $1 AND ($2::text IS NULL OR band = $2)
                ORDER BY CASE WHEN $2 = 'critic' THEN confidence_upper END, score DESC, mentions DESC, author_id
                LIMIT $3
                """,
                [.text(brand), .text(band), .int4(limit)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            AdvocateRow(
                source: rows.string(row, 0) ?? "",
                authorID: rows.string(row, 1) ?? "",
                handle: rows.string(row, 2),
                score: rows.double(row, 3) ?? 0,
                band: rows.string(row, 4) ?? "",
                mentions: rows.int8(row, 5) ?? 0,
                positive: rows.int8(row, 6) ?? 0,
                negative: rows.int8(row, 7) ?? 0,
                followers: rows.int8(row, 8),
                confidenceLower: rows.double(row, 9) ?? 0,
                confidenceUpper: rows.double(row, 10) ?? 1
            )
        }
    }

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
