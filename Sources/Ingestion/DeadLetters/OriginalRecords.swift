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

    private let consumer: KafkaConsumer
    private let timeout: Duration

    /// Makes a reader; it connects in the background. `timeout` bounds each read. `group` names the reader to the
    /// brokers, which ask for a name.
    ///
    /// - Throws: an error of kind `configuration` for a property that is unknown or has a refused value.
    public init(_ configuration: KafkaConfiguration, group: String, timeout: Duration) throws(KafkaError) {
        var options = ConsumerOptions()
        // Little more than the record that is asked for.
        options.queuedMinimumRecords = 1
        options.queuedMaximumBytes = 1 << 20
        consumer = try KafkaConsumer(configuration, group: group, options: options)
        self.timeout = timeout
    }

    /// The record at an offset.
    ///
    /// - Throws: `KafkaError` when Kafka refuses us or does not answer in time.
    public func read(_ partition: TopicPartition, offset: Int64) async throws(KafkaError) -> Answer {
        try await consumer.assign([partition: offset])
        let answer = await poll(partition, offset: offset)
        // Nothing more is fetched until the next read.
        try await consumer.unassign()
        return try answer.get()
    }

    /// Leaves nothing behind. Idempotent.
    public func close() async {
        await consumer.close()
    }

    private func poll(_ partition: TopicPartition, offset: Int64) async -> Result<Answer, KafkaError> {
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
