public import MentionModel
public import PostgresClient

/// One page of stored mentions with their texts, newest first.
public struct StoredTexts: Sendable {
    /// A mention, and where its record lies.
    public struct Mention: Sendable, Equatable {
        /// Its number.
        public var number: Int64
        /// Hash of the normalised text.
        public var textHash: UInt64
        /// When it was published.
        public var publishedAt: Timestamp
        /// Kafka partition.
        public var partition: Int32
        /// Kafka offset.
        public var offset: Int64
    }

    private let rows: PostgresResult
    /// Whether the page ended before the numbers that were asked for did, by its bounds of rows or bytes.
    public let isFull: Bool

    init(rows: PostgresResult, most: Int, bytes: Int64) {
        self.rows = rows
        let total = rows.rowCount > 0 ? rows.int8(rows.rowCount - 1, 6) ?? 0 : 0
        isFull = rows.rowCount >= most || total >= bytes
    }

    /// How many mentions.
    public var count: Int { rows.rowCount }

    /// The mention at an index; nil when the row can't be read.
    public subscript(index: Int) -> Mention? {
        guard let number = rows.int8(index, 0), let hash = rows.int8(index, 1),
            let publishedAt = rows.timestamptz(index, 2), let partition = rows.int4(index, 3),
            let offset = rows.int8(index, 4)
        else { return nil }
        return Mention(
            number: number,
            textHash: UInt64(bitPattern: hash),
            publishedAt: Timestamp(microseconds: publishedAt),
            partition: partition,
            offset: offset
        )
    }

    /// Lends a mention's text, as it was written; nil where it is longer than ``TextReading/mostBytes``.
    public func withText<Value>(_ index: Int, _ body: (Span<UInt8>) -> Value) -> Value? {
        rows.withBytes(index, 5) { bytes in body(bytes.bindMemory(to: UInt8.self).span) }
    }
}

/// Reads the texts of some Kafka partitions backwards, newest first, page by page.
///
/// `mention` has no index by Kafka partition, and none is wanted: pages are ranges of mention numbers, read by the
/// primary key and filtered. So a page costs what its numbers hold, whoever they belong to.
public struct TextReading: Sendable {
    /// Of longer texts no more is read than that they are there.
    public static let mostBytes = 65_536

    /// Number of the topic.
    public let topic: Int32
    /// The Kafka partitions, ascending.
    public let partitions: [Int32]

    /// Makes a reading; see ``PartitionClaims/topicNumber(on:)`` for the topic.
    public init(topic: Int32, partitions: some Sequence<Int32>) {
        self.topic = topic
        self.partitions = partitions.sorted()
    }

    /// The least number that a stored mention can have, and the last one taken; nil where there are no mentions.
    public static func numbers(
        on connection: PostgresConnection,
        within limit: Duration
    ) async throws(PostgresError) -> ClosedRange<Int64>? {
        let row = try await connection.query(
            PostgresStatement(
                "read the last number",
                "SELECT (SELECT min(lower_no) FROM mention_partition), last_number()"
            ),
            timeout: limit
        )
        guard let least = row.int8(0, 0), let last = row.int8(0, 1), last > 0, least <= last else { return nil }
        return least...last
    }

    /// The newest mentions of the partitions with a number in a range, at most `rows`, and no more once their texts come
    /// to `bytes`.
    /// - Parameter limit: how long the server may take.
    public func page(
        _ numbers: ClosedRange<Int64>,
        rows: Int,
        bytes: Int64,
        on connection: PostgresConnection,
        within limit: Duration
    ) async throws(PostgresError) -> StoredTexts {
        let milliseconds = max(1, Int64(limit / .milliseconds(1)))
        let answers = try await connection.pipeline(
            [
                // Until the pipeline's end. Tables that have just grown have no statistics: keep to plans that read by key.
                PostgresStatement(
                    "set up reading texts",
                    """
                    SELECT set_config('statement_timeout', $1, true), set_config('enable_seqscan', 'off', true),
                           set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)
                    """,
                    [.text("\(milliseconds)")]
                ),
                PostgresStatement(
                    "read texts",
                    """
                    SELECT mention_no, text_hash, published_at, kafka_partition, kafka_offset,
                           CASE WHEN size <= \(Self.mostBytes) THEN text END, total
                    FROM (SELECT mention_no, text_hash, published_at, kafka_partition, kafka_offset, text, size,
                                 sum(least(size, \(Self.mostBytes)))
                                     OVER (ORDER BY mention_no DESC ROWS UNBOUNDED PRECEDING) AS total
                          FROM (SELECT *, octet_length(text) AS size FROM mention
                                WHERE mention_no BETWEEN $1 AND $2 AND topic_no = $3
                                    AND kafka_partition = ANY ($4)) AS m) AS s
                    WHERE total - least(size, \(Self.mostBytes)) < $5
                    ORDER BY mention_no DESC LIMIT $6
                    """,
                    [
                        .int8(numbers.lowerBound), .int8(numbers.upperBound), .int4(topic), .int4Array(partitions),
                        .int8(bytes), .int8(Int64(max(1, rows))),
                    ]
                ),
            ],
            // The server ends it; this is for one that does not answer.
            timeout: limit + .seconds(1)
        )
        guard let page = answers.last else {
            throw PostgresError(kind: .protocolViolation, message: "no result", statement: "read texts")
        }
        return StoredTexts(rows: page, most: rows, bytes: bytes)
    }
}
