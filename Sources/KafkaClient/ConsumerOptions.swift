/// How a ``KafkaConsumer`` takes part in its group and how much it fetches ahead.
public struct ConsumerOptions: Sendable {
    /// How partitions are spread over members; all members of a group must use the same.
    ///
    /// The cooperative strategy is missing on purpose: librdkafka 2.0.2 aborts the process with it.
    public enum Assignor: String, Sendable, CaseIterable {
        /// Neighbouring partitions of each topic.
        case range
        /// In turn, over all topics.
        case roundrobin
    }

    /// Static membership (`group.instance.id`); nil for a dynamic member.
    public var instanceID: String?
    /// After this long without a sign of life the group gives the partitions to others. Brokers take 6 s or more.
    public var sessionTimeout: Duration = .seconds(10)
    /// The longest time between two polls; longer, and the member leaves the group.
    public var maximumPollInterval: Duration = .seconds(300)
    /// How partitions are spread.
    public var assignor: Assignor = .range
    /// The most bytes of one fetch answer, over all its partitions.
    public var fetchMaximumBytes = 8 << 20
    /// The most bytes of one partition in one fetch answer; a larger record still comes, alone.
    public var fetchMaximumBytesPerPartition = 2 << 20
    /// How long a broker holds a fetch when it has nothing new: a bound of the latency of an embedded broker.
    public var fetchMaximumWait: Duration = .milliseconds(50)
    /// Records that are fetched ahead, over all partitions. When it is full, fetching stops for a fixed second: it
    /// must hold more than a second of traffic.
    public var queuedMinimumRecords = 120_000
    /// Bytes that are fetched ahead, over all partitions; may be exceeded by one fetch answer of each broker. Two to three
    /// seconds of what a worker can take in, and little memory: each of these bytes is held twice for a while.
    public var queuedMaximumBytes = 32 << 20

    /// The defaults.
    public init() {}

    /// The same as librdkafka's properties.
    func properties(group: String) -> [(String, String)] {
        var properties = [
            ("group.id", group),
            ("session.timeout.ms", "\(sessionTimeout.milliseconds)"),
            ("heartbeat.interval.ms", "\(max(1, min(3_000, sessionTimeout.milliseconds / 4)))"),
            ("max.poll.interval.ms", "\(max(maximumPollInterval.milliseconds, sessionTimeout.milliseconds))"),
            ("partition.assignment.strategy", assignor.rawValue),
            ("fetch.max.bytes", "\(fetchMaximumBytes)"),
            ("fetch.message.max.bytes", "\(fetchMaximumBytesPerPartition)"),
            ("fetch.wait.max.ms", "\(fetchMaximumWait.milliseconds)"),
            // A retry after half a second would be noticed when a leader moves.
            ("fetch.error.backoff.ms", "100"),
            ("queued.min.messages", "\(max(1, queuedMinimumRecords))"),
            ("queued.max.messages.kbytes", "\(max(1, queuedMaximumBytes / 1_024))"),
            ("message.max.bytes", "\(4 << 20)"),
            // Progress lives in the database, in the same transaction as what it stands for.
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            // An offset that the broker does not hold is for an operator to judge.
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
            ("isolation.level", "read_committed"),
            ("allow.auto.create.topics", "false"),
        ]
        if let instanceID { properties.append(("group.instance.id", instanceID)) }
        return properties
    }
}
