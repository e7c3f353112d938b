/// A record of a ``RecordBatch``: where its key and value lie in the batch's bytes.
public struct Record: Sendable {
    /// Its offset in the partition.
    public var offset: Int64
    /// Milliseconds since 1970-01-01 UTC, by the producer or by the broker as the topic is set; -1 when it has none.
    public var timestampMilliseconds: Int64
    /// Indices into ``RecordBatch/bytes``; nil for a record without a key.
    public var key: Range<Int>?
    /// Indices into ``RecordBatch/bytes``; nil for a tombstone. An empty value is not a tombstone.
    public var value: Range<Int>?

    /// Holds the parts; for tests that feed a pipeline without a broker.
    public init(offset: Int64, timestampMilliseconds: Int64, key: Range<Int>?, value: Range<Int>?) {
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
    }
}

/// Records of one partition in ascending order of offset, their bytes in one allocation.
///
/// Offsets may have gaps (compaction, transactions).
public struct RecordBatch: Sendable {
    /// Where the records are from.
    public var partition: TopicPartition
    /// Keys and values of all records, one behind the other.
    public var bytes: [UInt8]
    /// The records; never empty when it comes from a consumer.
    public var records: [Record]

    /// Holds the parts; for tests that feed a pipeline without a broker.
    public init(partition: TopicPartition, bytes: [UInt8], records: [Record]) {
        self.partition = partition
        self.bytes = bytes
        self.records = records
    }
}

/// What a poll brings.
public enum ConsumerEvent: Sendable {
    /// Records of one partition; each partition at most once a poll.
    case records(RecordBatch)
    /// The group gives these partitions. It waits until ``KafkaConsumer/assign(_:)`` is called, for as long as
    /// `ConsumerOptions.maximumPollInterval` if polling goes on. A membership that ends meanwhile is told only after
    /// the answer, by `revoked` with `lost`.
    case assigned([TopicPartition])
    /// The group takes these partitions, which are all that were assigned. It waits until
    /// ``KafkaConsumer/unassign()`` is called. `lost`: others may have them already.
    case revoked([TopicPartition], lost: Bool)
    /// All records up to `offset`, not included, have been delivered. Comes again after each new record.
    case endOfPartition(TopicPartition, offset: Int64)
    /// Nothing more comes from this partition until it is assigned or sought again, unless the error is transient.
    case partitionFailed(TopicPartition, KafkaError)
    /// A failure that is not about one partition: no broker, a login, a topic, a fatal error.
    case failed(KafkaError)
    /// Answer to ``KafkaConsumer/commit(_:)``: the offsets, and why they were refused.
    case committed([TopicPartition: Int64], KafkaError?)
}
