public import PostgresClient

/// One row of the view `cluster`.
public struct ClusterRow: Sendable, Equatable, Codable {
    /// Public id.
    public var clusterID: String
    /// Mentions in it.
    public var size: Int64
    /// Authors of these.
    public var authors: Int64
    /// Different normalised texts of these.
    public var texts: Int64
    /// Brands of these, by name.
    public var brands: [String]
    /// Source of the canonical mention.
    public var source: String
    /// Id of the canonical mention.
    public var nativeID: String
    /// The earliest `published_at`, microseconds since the Unix epoch.
    public var firstAt: Int64
    /// The latest.
    public var lastAt: Int64
    /// Members published within the time that growth was asked for; nil where it was not.
    public var grown: Int64?
}

/// Groups of copies.
public enum ClusterReading {
    private static let timeout = Duration.seconds(300)

    /// Which groups to list.
    public struct Choice: Sendable, Equatable {
        /// Only those of which a mention names this brand; nil for all.
        public var brand: String?
        /// Only those with a mention published at or after this, in microseconds since the Unix epoch; nil for all.
        public var since: Int64?
        /// At most so many.
        public var limit: Int32

        /// Makes a choice.
        public init(brand: String? = nil, since: Int64? = nil, limit: Int32) {
            self.brand = brand
            self.since = since
            self.limit = limit
        }
    }

    /// What stands in a row; brands, authors and texts are counted when they are read: for the rows shown alone.
    private static let columns = """
        v.cluster_id, v.size, v.authors, v.brands, v.canonical_source, v.canonical_native_id, v.first_at, v.last_at, v.texts
        """

    /// $1 brand, $2 since, $3 limit. The inner limit is none: it has the clusters sorted before brands are looked at,
    /// of no more clusters than it takes.
    private static let largest = """
        SELECT \(columns), NULL::bigint
        FROM (SELECT * FROM mention_farm.cluster WHERE $2::timestamptz IS NULL OR last_at >= $2
              ORDER BY size DESC, first_at, cluster_id LIMIT 9223372036854775807) AS v
        WHERE $1::text IS NULL OR $1 = ANY (v.brands)
        LIMIT $3
        """

    /// $1 brand, $2 since, $3 limit, $4 seconds. Members are counted where the cluster is older than that.
    private static let growing = """
        WITH newest AS MATERIALIZED (
            SELECT max(last_at) - make_interval(secs => $4) AS from_at FROM text_span
        ), grown AS MATERIALIZED (
            SELECT c.canonical_no, CASE WHEN c.first_at > n.from_at THEN c.size ELSE (
                       SELECT count(*) FROM cluster_member cm JOIN mention m USING (mention_no)
                       WHERE cm.standing_no = c.cluster_no AND m.published_at > n.from_at) END::bigint AS members
            FROM copy_cluster c CROSS JOIN newest n
            WHERE c.parent_no IS NULL AND c.last_at > n.from_at AND ($2::timestamptz IS NULL OR c.last_at >= $2)
        )
        SELECT \(columns), v.members
        FROM (SELECT v.*, g.members FROM mention_farm.cluster v JOIN grown g ON g.canonical_no = v.canonical_mention_no
              ORDER BY g.members DESC, v.size DESC, v.first_at, v.cluster_id LIMIT 9223372036854775807) AS v
        WHERE $1::text IS NULL OR $1 = ANY (v.brands)
        LIMIT $3
        """

    /// The largest groups.
    public static func largest(
        _ choice: Choice,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [ClusterRow] {
        try await rows(
            "read clusters",
            largest,
            [.text(choice.brand), .timestamptz(choice.since), .int4(choice.limit)],
            connection
        )
    }

    /// The groups that got the most members by their `published_at` within so many seconds before the newest mention
    /// that is related. For logins that may read the tables.
    public static func fastestGrowing(
        _ choice: Choice,
        within seconds: Double,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [ClusterRow] {
        try await rows(
            "read growing clusters",
            growing,
            [.text(choice.brand), .timestamptz(choice.since), .int4(choice.limit), .double(seconds)],
            connection
        )
    }

    private static func rows(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [ClusterRow] {
        let rows = try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
        return (0..<rows.rowCount).map { row in
            ClusterRow(
                clusterID: rows.string(row, 0) ?? "",
                size: rows.int8(row, 1) ?? 0,
                authors: rows.int8(row, 2) ?? 0,
                texts: rows.int8(row, 8) ?? 0,
                brands: rows.textArray(row, 3)?.compactMap { $0 } ?? [],
                source: rows.string(row, 4) ?? "",
                nativeID: rows.string(row, 5) ?? "",
                firstAt: rows.timestamptz(row, 6) ?? 0,
                lastAt: rows.timestamptz(row, 7) ?? 0,
                grown: rows.int8(row, 9)
            )
        }
    }
}
