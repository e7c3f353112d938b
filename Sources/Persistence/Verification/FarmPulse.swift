public import PostgresClient

/// Where one partition stands, as often as one likes to ask.
public struct PartitionPulse: Sendable, Equatable {
    /// The partition.
    public var partition: Int32
    /// Raised by each claim.
    public var epoch: Int64
    /// The offset to read next; nil until it is decided where to start.
    public var nextOffset: Int64?
    /// Records read.
    public var records: Int64
    /// Of these, mentions not seen before.
    public var newMentions: Int64
    /// Of these, bodies seen before.
    public var redeliveries: Int64
    /// Of these, other bodies of mentions seen before.
    public var revisions: Int64
    /// Of these, records that could not be read.
    public var deadLetters: Int64
    /// The worker that holds it; nil when none does.
    public var owner: String?
    /// Why the partition stands still; nil when it does not.
    public var paused: String?
    /// When it last moved, microseconds since the Unix epoch.
    public var advancedAt: Int64?
}

/// Reads the progress rows and nothing else: cheap enough for several times a second, for harnesses that watch a farm.
public enum FarmPulse {
    /// The partitions of a topic that a group has ever claimed, in order. One statement, so one instant.
    public static func read(
        group: String,
        topic: String,
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> [PartitionPulse] {
        let rows = try await connection.query(
            PostgresStatement(
                "read pulse",
                """
                SELECT p.partition, p.epoch, p.next_offset, p.records, p.new_mentions, p.redeliveries, p.revisions,
                       p.dead_letters, p.owner, p.paused, p.advanced_at
                FROM mention_store.partition_progress p JOIN mention_store.topic t USING (topic_no)
                WHERE p.consumer_group = $1 AND t.name = $2 ORDER BY p.partition
                """,
                [.text(group), .text(topic)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            PartitionPulse(
                partition: rows.int4(row, 0) ?? 0,
                epoch: rows.int8(row, 1) ?? 0,
                nextOffset: rows.int8(row, 2),
                records: rows.int8(row, 3) ?? 0,
                newMentions: rows.int8(row, 4) ?? 0,
                redeliveries: rows.int8(row, 5) ?? 0,
                revisions: rows.int8(row, 6) ?? 0,
                deadLetters: rows.int8(row, 7) ?? 0,
                owner: rows.string(row, 8),
                paused: rows.string(row, 9),
                advancedAt: rows.timestamptz(row, 10)
            )
        }
    }
}
