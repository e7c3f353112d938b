public import PostgresClient

/// A mention that was found.
public struct MentionHit: Sendable, Equatable, Codable {
    /// Source.
    public var source: String
    /// Id on the source.
    public var nativeID: String
    /// The author's handle, else the id.
    public var author: String
    /// Microseconds since the Unix epoch.
    public var publishedAt: Int64
    /// negative, neutral or positive; nil where unknown.
    public var sentiment: String?
    /// By name.
    public var brands: [String]
    /// The title, where there is one.
    public var title: String?
    /// The text.
    public var text: String
}

/// Full-text search: mentions that hold all the words, the last to arrive first.
///
/// Closed partitions answer from their index. Open ones are read backwards, with a substring as a cheap test before
/// words are parsed. Partitions are asked one by one from the newest, until there are enough hits.
public enum MentionSearch {
    private static let timeout = Duration.seconds(300)

    /// Searches.
    ///
    /// - Parameters:
    ///   - words: any text; its words must all occur, in any order, whatever their case.
    ///   - brand: only mentions of this brand; an unknown brand has none.
    ///   - since: only mentions published at or after this, in microseconds since the Unix epoch.
    ///   - limit: at most so many.
    public static func run(
        _ words: String,
        brand: String? = nil,
        since: Int64? = nil,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [MentionHit] {
        let partitions = try await connection.query(
            PostgresStatement(
                "list partitions",
                """
                SELECT p.partition_no, p.indexed_at IS NOT NULL, b.brand_no, w.lower_no, w.upper_no
                FROM mention_partition p
                LEFT JOIN brand b ON b.name = $1
                -- Where the text index is in pieces, one row each.
                LEFT JOIN LATERAL word_pieces(p.lower_no, p.upper_no) AS w ON p.indexed_at IS NOT NULL
                    AND to_regclass(format('mention_store.mention_%s_words', lpad(p.partition_no::text, 6, '0'))) IS NULL
                WHERE p.lower_no <= last_number() ORDER BY p.partition_no DESC, w.lower_no DESC
                """,
                [.text(brand)]
            ),
            timeout: timeout
        )
        var numbers: [Int64] = []
        for row in 0..<partitions.rowCount where numbers.count < Int(limit) {
            guard let partition = partitions.int4(row, 0) else { continue }
            let number = partitions.int4(row, 2)
            if brand != nil, number == nil { return [] }
            let isIndexed = partitions.bool(row, 1) == true
            var piece: Range<Int64>?
            if let lower = partitions.int8(row, 3), let upper = partitions.int8(row, 4), lower < upper {
                piece = lower..<upper
            }
            var parameters: [PostgresParameter] = [
                .text(words), .int4(number), .timestamptz(since), .int4(limit &- Int32(clamping: numbers.count)),
            ]
            if !isIndexed { parameters.append(.text(longestPlainRun(words).map { "%\($0)%" })) }
            let found = try await connection.query(
                PostgresStatement("search partition", sql(partition, isIndexed: isIndexed, piece: piece), parameters),
                timeout: timeout
            )
            numbers += (0..<found.rowCount).compactMap { found.int8($0, 0) }
        }
        return try await hits(numbers, on: connection)
    }

    private static func sql(_ partition: Int32, isIndexed: Bool, piece: Range<Int64>?) -> String {
        let digits = String(partition)
        let table = "mention_store.mention_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        let filter = """
            mention_words(m.title, m.text) @@ words_query($1)
            AND ($2::integer IS NULL OR m.brands @> ARRAY[$2::integer])
            AND ($3::timestamptz IS NULL OR m.published_at >= $3)
            """
        if isIndexed {
            // As literals, the bounds tell the planner that the index of the piece will do.
            let bounds = piece.map { "AND mention_no >= \($0.lowerBound) AND mention_no < \($0.upperBound)" } ?? ""
            // Materialised, or the planner might walk the primary key backwards and parse every text.
            return """
                WITH found AS MATERIALIZED (SELECT mention_no FROM \(table) m WHERE \(filter) \(bounds))
                SELECT mention_no FROM found ORDER BY mention_no DESC LIMIT $4
                """
        }
        return """
            SELECT mention_no FROM \(table) m
            WHERE CASE WHEN $5::text IS NULL OR m.text ILIKE $5 OR m.title ILIKE $5 THEN \(filter) ELSE false END
            ORDER BY mention_no DESC LIMIT $4
            """
    }

    /// The longest run of ASCII letters and digits: every text that holds the words holds it too. Other letters are no
    /// use here, for the columns' collation is C, by which ILIKE folds the case of ASCII alone.
    static func longestPlainRun(_ words: String) -> String? {
        words.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
            .filter { $0.count > 1 }.max { $0.count < $1.count }
    }

    private static func hits(
        _ numbers: [Int64],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [MentionHit] {
        guard !numbers.isEmpty else { return [] }
        let rows = try await connection.query(
            PostgresStatement(
                "read hits",
                """
                SELECT source, native_id, coalesce(author_handle, author_id), published_at, sentiment, brands, title, text
                FROM mention_farm.mention WHERE mention_no = ANY ($1) ORDER BY mention_no DESC
                """,
                [.int8Array(numbers)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            MentionHit(
                source: rows.string(row, 0) ?? "",
                nativeID: rows.string(row, 1) ?? "",
                author: rows.string(row, 2) ?? "",
                publishedAt: rows.timestamptz(row, 3) ?? 0,
                sentiment: rows.string(row, 4),
                brands: rows.textArray(row, 5)?.compactMap { $0 } ?? [],
                title: rows.string(row, 6),
                text: rows.string(row, 7) ?? ""
            )
        }
    }
}
