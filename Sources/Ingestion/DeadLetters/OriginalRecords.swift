public import KafkaClient

/// Reads single records again from where they lie in Kafka. It joins no group and commits nothing.
///
/// One record at a time, some ten milliseconds each.
public actor OriginalRecords {
    /// What Kafka says.
    public enum Answer: Sendable, Equatable {
        /// The record's payload; nil for a tombstone.
        case record([UInt8]?)
        /// Kafka does not hold the offset any more, or not yet; why, in a sentence.
        case gone(String)
    }

    private let configuration: KafkaConfiguration
    private let group: String
    private let timeout: Duration
    /// Made by the first read: most dead letters are stored whole, and need no Kafka.
    private var consumer: KafkaConsumer?

    /// Makes a reader, which connects when it is first asked. `timeout` bounds each read. `group` names the reader to
    /// the brokers, which ask for a name.
    public init(_ configuration: KafkaConfiguration, group: String, timeout: Duration) {
        self.configuration = configuration
        self.group = group
        self.timeout = timeout
    }

    /// The record at an offset.
    ///
    /// - Throws: `KafkaError` when Kafka refuses us or does not answer in time, or a property is refused.
    public func read(_ partition: TopicPartition, offset: Int64) async throws(KafkaError) -> Answer {
        let consumer = try connected()
        try await consumer.assign([partition: offset])
        let answer = await poll(consumer, partition, offset: offset)
        // Nothing more is fetched until the next read.
        try await consumer.unassign()
        return try answer.get()
    }

    /// Leaves nothing behind. Idempotent.
    public func close() async {
        await consumer?.close()
        consumer = nil
    }

    private func connected() throws(KafkaError) -> KafkaConsumer {
        if let consumer { return consumer }
        var options = ConsumerOptions()
        // Little more than the record that is asked for.
        options.queuedMinimumRecords = 1
        options.queuedMaximumBytes = 1 << 20
        let made = try KafkaConsumer(configuration, group: group, options: options)
        consumer = made
        return made
    }

    private func poll(
        _ consumer: KafkaConsumer,
        _ partition: TopicPartition,
        offset: Int64
    ) async -> Result<Answer, KafkaError> {
        let deadline = ContinuousClock.now + timeout
        var trouble: KafkaError?
        while true {
            let left = deadline - .now
            guard left > .zero else { break }
            let events = await consumer.poll(maximumRecords: 1, maximumBytes: 1, timeout: min(left, .seconds(1)))
            for event in events {
                switch event {
                case .records(let batch) where batch.partition == partition:
                    guard let record = batch.records.first(where: { $0.offset >= offset }) else { continue }
                    guard record.offset == offset else {
                        return .success(.gone("the next record that Kafka holds is at offset \(record.offset)"))
                    }
                    return .success(.record(record.value.map { Array(batch.bytes[$0]) }))
                case .endOfPartition(partition, let end) where end >= offset:
                    return .success(.gone("Kafka holds no record there: the partition ends at offset \(end)"))
                case .partitionFailed(partition, let error):
                    switch error.kind {
                    case .offsetOutOfRange: return .success(.gone("Kafka holds no record there any more"))
                    case .unknownTopic, .unknownPartition:
                        return .success(.gone("Kafka has no such topic or partition any more"))
                    case .transient, .timedOut: trouble = error
                    default: return .failure(error)
                    }
                case .failed(let error):
                    switch error.kind {
                    case .unknownTopic, .unknownPartition:
                        return .success(.gone("Kafka has no such topic or partition any more"))
                    case .authentication, .configuration, .fatal: return .failure(error)
                    default: trouble = error
                    }
                default: continue
                }
            }
        }
        let silence = KafkaError(
            kind: .timedOut,
            code: 0,
            name: "TIMED_OUT",
            detail: "no answer within \(timeout)",
            operation: "read a record again"
        )
        return .failure(trouble ?? silence)
    }
}
