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

    /// $1 brand, $2 since, $3 limit. The inner limit is none: it has the clusters sorted before their mentions are looked
    /// at, and these of no more clusters than it takes.
    private static let largest = """
        SELECT \(columns), NULL::bigint
        FROM (SELECT * FROM copy_cluster WHERE parent_no IS NULL AND ($2::timestamptz IS NULL OR last_at >= $2)
              ORDER BY size DESC, first_at, canonical_no LIMIT 9223372036854775807) AS c
        WHERE \(hasBrand)
        LIMIT $3
        """

    /// $1 brand, $2 since, $3 limit, $4 seconds. Members are counted where the cluster is older than that.
    private static let growing = """
        SELECT \(columns), c.members
        FROM (SELECT c.*, CASE WHEN c.first_at > n.from_at THEN c.size ELSE (
                         SELECT count(*) FROM cluster_member cm JOIN mention m USING (mention_no)
                         WHERE cm.standing_no = c.cluster_no AND m.published_at > n.from_at) END::bigint AS members
              FROM copy_cluster c
              CROSS JOIN (SELECT max(last_at) - make_interval(secs => $4) AS from_at FROM text_span) AS n
              WHERE c.parent_no IS NULL AND c.last_at > n.from_at AND ($2::timestamptz IS NULL OR c.last_at >= $2)
              ORDER BY members DESC, c.size DESC, c.first_at, c.canonical_no LIMIT 9223372036854775807) AS c
        WHERE \(hasBrand)
        LIMIT $3
        """

    private static let columns = """
        c.cluster_no, c.size, (SELECT s.name FROM source s WHERE s.source_no = c.canonical_source_no),
        c.canonical_native_id, c.first_at, c.last_at,
        cluster_name((SELECT s.name FROM source s WHERE s.source_no = c.canonical_source_no), c.canonical_native_id)
        """

    private static let hasBrand = """
        ($1::text IS NULL OR EXISTS (
            SELECT FROM cluster_member cm JOIN mention m USING (mention_no)
            WHERE cm.standing_no = c.cluster_no
              AND m.brands @> ARRAY[(SELECT b.brand_no FROM brand b WHERE b.name = $1)]))
        """

    /// $1 clusters. All that has to be counted, in one pass over the mentions.
    private static let counts = """
        SELECT u.no, q.authors, q.texts, q.brands
        FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT m.author_no) AS authors, count(DISTINCT m.text_hash) AS texts,
                   array_agg(DISTINCT b.name) FILTER (WHERE b.name IS NOT NULL)::text[] AS brands
            FROM cluster_member cm JOIN mention m USING (mention_no)
            LEFT JOIN LATERAL unnest(m.brands) AS n (no) ON true
            LEFT JOIN brand b ON b.brand_no = n.no
            WHERE cm.standing_no = u.no) AS q
        """

    /// As `largest`, for who may read views alone: they count each thing by itself.
    private static let largestByView = """
        SELECT NULL::bigint, v.size, v.canonical_source, v.canonical_native_id, v.first_at, v.last_at, v.cluster_id,
               NULL::bigint, v.authors, v.texts, v.brands
        FROM (SELECT * FROM mention_farm.cluster WHERE $2::timestamptz IS NULL OR last_at >= $2
              ORDER BY size DESC, first_at, canonical_mention_no LIMIT 9223372036854775807) AS v
        WHERE $1::text IS NULL OR $1 = ANY (v.brands)
        LIMIT $3
        """

    /// The largest groups.
    public static func largest(
        _ choice: Choice,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [ClusterRow] {
        let parameters: [PostgresParameter] = [
            .text(choice.brand), .timestamptz(choice.since), .int4(choice.limit),
        ]
        if try await CopyReading.hasTables(connection) {
            return try await rows("read clusters", largest, parameters, connection)
        }
        let rows = try await connection.query(
            PostgresStatement("read clusters by view", largestByView, parameters),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            var cluster = cluster(rows, row)
            cluster.authors = rows.int8(row, 8) ?? 0
            cluster.texts = rows.int8(row, 9) ?? 0
            cluster.brands = rows.textArray(row, 10)?.compactMap { $0 } ?? []
            return cluster
        }
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

    /// The group of a number; nil where it does not stand.
    static func one(_ number: Int64, on connection: PostgresConnection) async throws(PostgresError) -> ClusterRow? {
        try await rows(
            "read cluster",
            "SELECT \(columns), NULL::bigint FROM copy_cluster c WHERE c.cluster_no = $1 AND c.parent_no IS NULL",
            [.int8(number)],
            connection
        ).first
    }

    private static func rows(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [ClusterRow] {
        let rows = try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
        let numbers = (0..<rows.rowCount).map { rows.int8($0, 0) ?? 0 }
        guard !numbers.isEmpty else { return [] }
        let counted = try await connection.query(
            PostgresStatement("count in clusters", counts, [.int8Array(numbers)]),
            timeout: timeout
        )
        var places: [Int64: Int] = [:]
        for row in 0..<counted.rowCount { places[counted.int8(row, 0) ?? 0] = row }
        return numbers.enumerated().map { row, number in
            var cluster = cluster(rows, row)
            guard let place = places[number] else { return cluster }
            cluster.authors = counted.int8(place, 1) ?? 0
            cluster.texts = counted.int8(place, 2) ?? 0
            cluster.brands = counted.textArray(place, 3)?.compactMap { $0 } ?? []
            return cluster
        }
    }

    private static func cluster(_ rows: PostgresResult, _ row: Int) -> ClusterRow {
        ClusterRow(
            clusterID: rows.string(row, 6) ?? "",
            size: rows.int8(row, 1) ?? 0,
            authors: 0,
            texts: 0,
            brands: [],
            source: rows.string(row, 2) ?? "",
            nativeID: rows.string(row, 3) ?? "",
            firstAt: rows.timestamptz(row, 4) ?? 0,
            lastAt: rows.timestamptz(row, 5) ?? 0,
            grown: rows.int8(row, 7)
        )
    }
}
