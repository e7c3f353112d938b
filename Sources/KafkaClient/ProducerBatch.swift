/// Records to be sent together, their bytes in one allocation.
public struct ProducerBatch: Sendable {
    /// Keys and values, one behind the other.
    public var bytes: [UInt8] = []
    /// The records, in the order in which they are sent.
    public var records: [OutgoingRecord] = []

    /// An empty batch.
    public init() {}

    /// Appends a record with copies of its key and value.
    ///
    /// - Parameters:
    ///   - key: decides the partition unless `partition` does; nil for none (any partition).
    ///   - value: nil for a tombstone.
    ///   - partition: nil to let the key decide.
    ///   - timestampMilliseconds: since 1970-01-01 UTC; nil for the time of sending.
    public mutating func append(
        key: [UInt8]?,
        value: [UInt8]?,
        partition: Int32? = nil,
        timestampMilliseconds: Int64? = nil
    ) {
        records.append(
            OutgoingRecord(
                key: key.map { store($0) },
                value: value.map { store($0) },
                partition: partition,
                timestampMilliseconds: timestampMilliseconds
            )
        )
    }

    /// Appends bytes and returns where they are, for an ``OutgoingRecord`` that is appended to ``records``.
    public mutating func store(_ content: some Sequence<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: content)
        return start..<bytes.count
    }

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
    }
}

/// A record of a ``ProducerBatch``.
public struct OutgoingRecord: Sendable {
    /// Indices into ``ProducerBatch/bytes``; nil for a record without a key.
    public var key: Range<Int>?
    /// Indices into ``ProducerBatch/bytes``; nil for a tombstone.
    public var value: Range<Int>?
    /// nil to let the key decide, as Java's default partitioner would.
    public var partition: Int32?
    /// Since 1970-01-01 UTC; nil (and 0) for the time of sending.
    public var timestampMilliseconds: Int64?

    /// Holds the parts. Ranges are checked when the record is sent.
    public init(
        key: Range<Int>?,
        value: Range<Int>?,
        partition: Int32? = nil,
        timestampMilliseconds: Int64? = nil
    ) {
        self.key = key
        self.value = value
        self.partition = partition
        self.timestampMilliseconds = timestampMilliseconds
    }
}
