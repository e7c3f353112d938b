public import PostgresClient

/// What the live view of `mention-demo` shows, read from the public views.
///
/// Each method is one statement and may be called several times a second, but for ``advocates(of:limit:)``, which
/// computes scores: give it room between calls.
public struct FarmOverview: Sendable {
    /// Sums over all partitions of a group and topic.
    public struct Counts: Sendable, Equatable {
        /// Records read.
        public var records: Int64 = 0
        /// Of these, mentions not seen before.
        public var newMentions: Int64 = 0
        /// Of these, bodies seen before.
        public var redeliveries: Int64 = 0
        /// Of these, other bodies of mentions seen before.
        public var revisions: Int64 = 0
        /// Of these, records that could not be read.
        public var deadLetters: Int64 = 0
        /// Where each partition stands; partitions that were never claimed are missing.
        public var partitions: [Place] = []

        /// Nothing read.
        public init() {}
    }

    /// One partition.
    public struct Place: Sendable, Equatable {
        /// The partition's number.
        public var partition: Int32
        /// The offset to read next; nil before the start was decided.
        public var nextOffset: Int64?
        /// The worker that holds it; nil when none does.
        public var owner: String?
        /// Why it stands still; nil when it does not.
        public var paused: String?
    }

    /// One brand's mentions by sentiment.
    public struct Mood: Sendable, Equatable {
        /// The brand.
        public var brand: String
        /// All its mentions.
        public var mentions: Int64
        /// Those for it.
        public var positive: Int64
        /// Those neither for nor against.
        public var neutral: Int64
        /// Those against it.
        public var negative: Int64
    }

    /// A mention that just came in.
    public struct Newest: Sendable, Equatable {
        /// The source.
        public var source: String
        /// The author's handle, else the id.
        public var author: String
        /// The beginning of the text.
        public var text: String
        /// `negative`, `neutral`, `positive`, or nil where the model can't read the language.
        public var sentiment: String?
        /// Whether it is known to be a copy.
        public var isCopy: Bool
    }

    /// An author who speaks for a brand.
    public struct Advocate: Sendable, Equatable {
        /// The brand.
        public var brand: String
        /// The author's handle, else the id.
        public var author: String
        /// 0 … 100.
        public var score: Double
        /// `advocate`, `supporter`, `neutral` or `critic`.
        public var band: String
        /// How many mentions of the brand.
        public var mentions: Int64
    }

    /// Groups of copies.
    public struct Copies: Sendable, Equatable {
        /// How many groups of two or more.
        public var clusters: Int64 = 0
        /// Mentions in them beyond the first of each.
        public var folded: Int64 = 0

        /// No group.
        public init() {}
    }

    private let connection: PostgresConnection
    private let timeout: Duration

    /// Reads over a connection. A statement that takes longer than `timeout` is given up.
    public init(_ connection: PostgresConnection, timeout: Duration = .seconds(5)) {
        self.connection = connection
        self.timeout = timeout
    }

    /// Sums of progress, and the place of each partition.
    public func counts(group: String, topic: String) async throws(PostgresError) -> Counts {
        let result = try await query(
            "demo.counts",
            """
            SELECT partition, next_offset, owner, paused, records, new_mentions, redeliveries, revisions, dead_letters
            FROM mention_farm.progress WHERE consumer_group = $1 AND topic = $2 ORDER BY partition
            """,
            [.text(group), .text(topic)]
        )
        var counts = Counts()
        for row in 0..<result.rowCount {
            counts.partitions.append(
                Place(
                    partition: result.int4(row, 0) ?? 0,
                    nextOffset: result.int8(row, 1),
                    owner: result.string(row, 2),
                    paused: result.string(row, 3)
                )
            )
            counts.records &+= result.int8(row, 4) ?? 0
            counts.newMentions &+= result.int8(row, 5) ?? 0
            counts.redeliveries &+= result.int8(row, 6) ?? 0
            counts.revisions &+= result.int8(row, 7) ?? 0
            counts.deadLetters &+= result.int8(row, 8) ?? 0
        }
        return counts
    }

    /// The brands with the most mentions.
    public func moods(limit: Int) async throws(PostgresError) -> [Mood] {
        let result = try await query(
            "demo.moods",
            """
            SELECT brand, sum(mentions)::int8, sum(positive)::int8, sum(neutral)::int8, sum(negative)::int8
            FROM mention_farm.sentiment_by_hour GROUP BY brand ORDER BY 2 DESC, 1 LIMIT $1
            """,
            [.int8(Int64(limit))]
        )
        return (0..<result.rowCount).map { row in
            Mood(
                brand: result.string(row, 0) ?? "",
                mentions: result.int8(row, 1) ?? 0,
                positive: result.int8(row, 2) ?? 0,
                neutral: result.int8(row, 3) ?? 0,
                negative: result.int8(row, 4) ?? 0
            )
        }
    }

    /// The mentions that came in last, newest first.
    public func newest(limit: Int) async throws(PostgresError) -> [Newest] {
        let result = try await query(
            "demo.newest",
            """
            SELECT source, coalesce(author_handle, author_id), left(text, 400), sentiment, is_copy
            FROM mention_farm.mention ORDER BY mention_no DESC LIMIT $1
            """,
            [.int8(Int64(limit))]
        )
        return (0..<result.rowCount).map { row in
            Newest(
                source: result.string(row, 0) ?? "",
                author: result.string(row, 1) ?? "",
                text: result.string(row, 2) ?? "",
                sentiment: result.string(row, 3),
                isCopy: result.bool(row, 4) ?? false
            )
        }
    }

    /// The authors with the highest scores for any of these brands. Scores all authors of the brands: its time grows
    /// with the ledger.
    public func advocates(of brands: [String], limit: Int) async throws(PostgresError) -> [Advocate] {
        let result = try await query(
            "demo.advocates",
            """
            SELECT brand, coalesce(author_handle, author_id), score::float8, band, mentions::int8
            FROM mention_farm.advocate WHERE brand = ANY ($1) ORDER BY score DESC, brand, 2 LIMIT $2
            """,
            [.textArray(brands), .int8(Int64(limit))]
        )
        return (0..<result.rowCount).map { row in
            Advocate(
                brand: result.string(row, 0) ?? "",
                author: result.string(row, 1) ?? "",
                score: result.double(row, 2) ?? 0,
                band: result.string(row, 3) ?? "",
                mentions: result.int8(row, 4) ?? 0
            )
        }
    }

    /// How many copies were folded, as far as mentions are related.
    public func copies() async throws(PostgresError) -> Copies {
        let result = try await query(
            "demo.copies",
            "SELECT count(*)::int8, coalesce(sum(size - 1), 0)::int8 FROM mention_farm.cluster",
            []
        )
        var copies = Copies()
        copies.clusters = result.int8(0, 0) ?? 0
        copies.folded = result.int8(0, 1) ?? 0
        return copies
    }

    /// Dead letters by reason, the most frequent first.
    public func deadLetters() async throws(PostgresError) -> [(reason: String, count: Int64)] {
        let result = try await query(
            "demo.dead-letters",
            "SELECT reason, count(*)::int8 FROM mention_farm.dead_letter GROUP BY reason ORDER BY 2 DESC, 1",
            []
        )
        return (0..<result.rowCount).map { (result.string($0, 0) ?? "", result.int8($0, 1) ?? 0) }
    }

    private func query(
        _ operation: String,
        _ sql: String,
        _ parameters: [PostgresParameter]
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(operation, sql, parameters), timeout: timeout)
    }
}
