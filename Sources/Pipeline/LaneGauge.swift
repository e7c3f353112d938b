/// How one lane stands.
public struct LaneGauge: Sendable, Equatable {
    /// The partition.
    public var partition: Int32
    /// The offset below which all is durable.
    public var durable: Int64
    /// The offset below which all was received.
    public var received: Int64
    /// Records of batches under way.
    public var inFlightRecords = 0
    /// The Kafka timestamp, in milliseconds, of the first record that was received and is not durable; nil without one.
    public var oldestTimestamp: Int64?
    /// Whether it stands still for a fault.
    public var isFaulty: Bool

    /// A lane that holds nothing.
    public init(partition: Int32, durable: Int64, isFaulty: Bool) {
        self.partition = partition
        self.durable = durable
        received = durable
        self.isFaulty = isFaulty
    }
}
