/// One partition of one topic: the unit of order, of ownership and of progress.
public struct TopicPartition: Hashable, Comparable, Sendable {
    /// The topic's name.
    public var topic: String
    /// The partition's number, from 0.
    public var partition: Int32

    /// Names partition number `partition` of `topic`.
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// By topic (Unicode order), then by number: the order in which rows are locked.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        left.topic == right.topic ? left.partition < right.partition : left.topic < right.topic
    }
}

extension TopicPartition: CustomStringConvertible {
    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }
}

/// Offsets that stand for a place rather than a record; accepted by ``KafkaConsumer/assign(_:)`` and
/// ``KafkaConsumer/seek(_:to:)``.
public enum KafkaOffset {
    /// The oldest record that the broker still holds.
    public static let beginning: Int64 = -2
    /// After the newest record: only what comes from now on.
    public static let end: Int64 = -1
}

/// What a broker holds of a partition: records from `low` up to but not including `high`.
public struct Watermarks: Hashable, Sendable {
    /// Offset of the oldest record held, 0 until retention or a compaction removed something.
    public var low: Int64
    /// Offset that the next record will get. Where transactions are open, the end of what is committed.
    public var high: Int64

    /// Holds two offsets.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
