public import PostgresClient

/// A mention of a group of copies.
public struct ClusterMember: Sendable, Equatable {
    /// How a mention belongs to its group.
    public enum Tier: String, Sendable {
        /// The one that stands for all.
        case canonical
        /// The same normalised text as the canonical.
        case sameText = "same"
        /// A text that is near, to the canonical or to another member.
        case near
    }

    /// Source.
    public var source: String
    /// Id on the source.
    public var nativeID: String
    /// The author's handle, else the id.
    public var author: String
    /// Microseconds since the Unix epoch.
    public var publishedAt: Int64
    /// How it belongs to the group.
    public var tier: Tier
    /// The similarity to the canonical's text that was found when they were compared, in ten-thousandths; nil where
    /// these two were not.
    public var jaccard: Int16?
    /// The text.
    public var text: String
}

/// One group of copies with its mentions.
public struct ClusterDetail: Sendable, Equatable {
    /// The group.
    public var cluster: ClusterRow
    /// Its mentions: the canonical, then the others by time; so many as were asked for.
    public var members: [ClusterMember]
}

/// What is known of an id of a group of copies.
public enum ClusterLookup: Sendable, Equatable {
    /// It is the id of a group.
    case found(ClusterDetail)
    /// It was the id of a group that is a part of this one now.
    case merged(into: String)
    /// No group has it.
    case unknown

    private static let timeout = Duration.seconds(300)

    /// $1 the id. One that stands before one that has merged.
    private static let find = """
        SELECT r.cluster_no, r.canonical_no, c.parent_no IS NOT NULL, cluster_name(t.name, r.canonical_native_id)
        FROM copy_cluster c
        JOIN source s ON s.source_no = c.canonical_source_no
        JOIN copy_cluster r ON r.cluster_no = coalesce(c.parent_no, c.cluster_no)
        JOIN source t ON t.source_no = r.canonical_source_no
        WHERE cluster_name(s.name, c.canonical_native_id) = $1
        ORDER BY c.parent_no IS NOT NULL, c.cluster_no LIMIT 1
        """

    /// $1 the cluster, $2 its canonical, $3 most. Numbers first: texts are read of those alone that are shown.
    private static let members = """
        SELECT s.name, m.native_id, coalesce(a.handle, a.author_key), m.published_at, m.mention_no = $2,
               m.text_hash = k.text_hash, n.jaccard, m.text
        FROM (SELECT m.mention_no
              FROM cluster_member cm JOIN mention m USING (mention_no) JOIN source s USING (source_no)
              WHERE cm.standing_no = $1
              ORDER BY m.mention_no <> $2, m.published_at, s.name, m.native_id LIMIT $3) AS p
        JOIN mention m USING (mention_no)
        JOIN source s USING (source_no)
        LEFT JOIN author a USING (author_no)
        LEFT JOIN mention k ON k.mention_no = $2
        LEFT JOIN near_text n ON n.text_hash = m.text_hash AND n.other_hash = k.text_hash
        ORDER BY m.mention_no <> $2, m.published_at, s.name, m.native_id
        """

    /// Looks a group up. For logins that may read the tables. Reads all mentions of the group, and the texts of `limit`.
    public static func run(
        _ clusterID: String,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> ClusterLookup {
        let found = try await connection.query(
            PostgresStatement("find cluster", find, [.text(clusterID)]),
            timeout: timeout
        )
        guard let number = found.int8(0, 0), let canonical = found.int8(0, 1) else { return .unknown }
        if found.bool(0, 2) == true { return .merged(into: found.string(0, 3) ?? "") }
        // The step may just have changed it.
        guard let cluster = try await ClusterReading.one(number, on: connection), cluster.clusterID == clusterID else {
            return .unknown
        }
        let rows = try await connection.query(
            PostgresStatement("read cluster's mentions", members, [.int8(number), .int8(canonical), .int4(limit)]),
            timeout: timeout
        )
        let members = (0..<rows.rowCount).map { row in
            ClusterMember(
                source: rows.string(row, 0) ?? "",
                nativeID: rows.string(row, 1) ?? "",
                author: rows.string(row, 2) ?? "",
                publishedAt: rows.timestamptz(row, 3) ?? 0,
                tier: rows.bool(row, 4) == true ? .canonical : rows.bool(row, 5) == true ? .sameText : .near,
                jaccard: rows.int2(row, 6),
                text: rows.string(row, 7) ?? ""
            )
        }
        return .found(ClusterDetail(cluster: cluster, members: members))
    }
}
