public import PostgresClient

/// A mention that was found.
public struct MentionHit: Sendable, Equatable {
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
    /// anger, joy, optimism or sadness; nil where unknown.
    public var emotion: String?
    /// By name.
    public var intents: [String]
    /// By name.
    public var brands: [String]
    /// The title, where there is one.
    public var title: String?
    /// The text.
    public var text: String
    /// Where it was published, where that is known.
    public var url: String?
    /// The id of its cluster.
    public var clusterID: String
    /// What ``MentionSearch/Order/rank`` sorts by, in millionths; nil in the other order.
    public var rank: Int32?
    /// Goes on behind this mention.
    public var cursor: String
}

/// A search for mentions by text, brand, label, author, source, time and cluster. What is nil is not asked for.
///
/// Closed partitions answer from their indexes. What has none yet is read, the newest first, with a cheap test before
/// words are parsed. The function `mention_farm.search_mentions` does it all, for SQL as for this.
public struct MentionSearch: Sendable {
    /// In which order pages come.
    public enum Order: String, Sendable, CaseIterable {
        /// The last to arrive first.
        case newest
        /// Of the 500 newest, by match, reach and age.
        case rank
    }

    /// Words that must all occur; `"in quotes"` side by side, `-word` not, `or` between alternatives.
    public var words: String?
    /// A brand's name.
    public var brand: String?
    /// negative, neutral, positive or unknown.
    public var sentiment: String?
    /// One of the seven intents.
    public var intent: String?
    /// anger, joy, optimism or sadness.
    public var emotion: String?
    /// An author's id, or the handle where nobody has the id.
    public var author: String?
    /// A source's name.
    public var source: String?
    /// Published at or after this, in microseconds since the Unix epoch.
    public var since: Int64?
    /// Published before this, in microseconds since the Unix epoch.
    public var until: Int64?
    /// The id of a group of copies.
    public var cluster: String?
    /// The order.
    public var order = Order.newest

    /// A search for words, or for anything.
    public init(_ words: String? = nil) {
        self.words = words
    }

    /// Reads a page.
    /// - Parameters:
    ///   - limit: at most so many, up to 10,000.
    ///   - after: ``MentionHit/cursor`` of the last mention of the page before.
    /// - Throws: with SQLSTATE 22023 where a value is none of those that there are, or the words hold no word.
    public func page(
        limit: Int32,
        after: String? = nil,
        on connection: PostgresConnection,
        timeout: Duration = .seconds(300)
    ) async throws(PostgresError) -> [MentionHit] {
        let rows = try await connection.query(
            PostgresStatement(
                "search mentions",
                """
                SELECT source, native_id, coalesce(author_handle, author_id), published_at, sentiment, emotion, intents,
                       brands, title, text, url, cluster_id, rank, cursor
                FROM mention_farm.search_mentions($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                """,
                [
                    .text(words), .text(brand), .text(sentiment), .text(intent), .text(emotion), .text(author),
                    .text(source), .timestamptz(since), .timestamptz(until), .text(cluster), .text(order.rawValue),
                    .int4(limit), .text(after),
                ]
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
                emotion: rows.string(row, 5),
                intents: rows.textArray(row, 6)?.compactMap { $0 } ?? [],
                brands: rows.textArray(row, 7)?.compactMap { $0 } ?? [],
                title: rows.string(row, 8),
                text: rows.string(row, 9) ?? "",
                url: rows.string(row, 10),
                clusterID: rows.string(row, 11) ?? "",
                rank: rows.int4(row, 12),
                cursor: rows.string(row, 13) ?? ""
            )
        }
    }
}
