/// How a ``KafkaProducer`` batches, and how long it tries.
public struct ProducerOptions: Sendable {
    /// After this long a record that no broker acknowledged is given up and counted as failed. Bounds every wait.
    public var deliveryTimeout: Duration = .seconds(60)
    /// How long a batch waits to be filled.
    public var linger: Duration = .milliseconds(20)
    /// The most bytes of a batch, before compression.
    public var batchBytes = 1 << 20
    /// The most records in the local queue; ``KafkaProducer/send(_:topic:)`` waits beyond.
    public var queuedRecords = 100_000
    /// The most bytes in the local queue; ``KafkaProducer/send(_:topic:)`` waits beyond.
    public var queuedBytes = 64 << 20
    /// The largest record; topics and brokers must take it too (`max.message.bytes`).
    public var maximumRecordBytes = 4 << 20

    /// The defaults.
    public init() {}

    /// The same as librdkafka's properties.
    var properties: [(String, String)] {
        let timeout = max(deliveryTimeout.milliseconds, linger.milliseconds &+ 1, 1)
        return [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.codec", "lz4"),
            // The partitioner of Java's clients, so that all producers agree where a key belongs.
            ("partitioner", "murmur2_random"),
            ("linger.ms", "\(linger.milliseconds)"),
            ("batch.size", "\(max(1, batchBytes))"),
            ("message.max.bytes", "\(max(1_000, maximumRecordBytes))"),
            ("queue.buffering.max.messages", "\(max(1, queuedRecords))"),
            ("queue.buffering.max.kbytes", "\(max(1, max(queuedBytes, maximumRecordBytes) / 1_024))"),
            ("message.timeout.ms", "\(timeout)"),
            // How long a topic that the cluster does not know may still appear.
            ("topic.metadata.propagation.max.ms", "\(min(timeout, 10_000))"),
        ]
    }
}
