import Foundation
import KafkaClient
import Logging
import Runtime

/// What a run came to; its JSON is the last line of standard output.
struct RunSummary: Sendable {
    /// Records that were found in the input.
    var read = 0
    /// Records that Kafka acknowledged.
    var published = 0
    /// Records that could not be read.
    var rejected = 0
    /// Records that were accepted and that Kafka did not acknowledge.
    var failed = 0

    var json: String {
        #"{"read":\#(read),"published":\#(published),"rejected":\#(rejected),"failed":\#(failed)}"#
    }
}

/// Sends records to one topic in batches, at a rate, and accounts for every one of them.
///
/// Bounds: one batch of 1,000 records or 1 MiB here, and the producer's own queue.
struct Publisher: Sendable {
    private static let batchRecords = 1_000
    private static let batchBytes = 1 << 20

    private let producer: KafkaProducer
    private let kafka: KafkaSettings
    private let giveUpAfter: Duration
    private let checksPartitions: Bool
    private let logger: Logger
    private let rate: Double
    private let start = ContinuousClock.now
    private var batch = ProducerBatch()
    private var progress = ProgressLine()

    /// Records that were given to the producer or wait in the batch.
    private(set) var accepted = 0

    /// Connects, and makes sure that the topic is there.
    ///
    /// - Throws: `KafkaError` when Kafka stays away for `giveUpAfter`, or refuses us or the topic.
    init(
        _ kafka: KafkaSettings,
        _ settings: PublishingSettings,
        logger: Logger
    ) async throws {
        self.kafka = kafka
        self.logger = logger
        giveUpAfter = settings.giveUpAfter
        rate = settings.rate
        checksPartitions = settings.checksPartitions
        let configuration = kafka.configuration(clientID: "mention-producer", logger: logger)
        let inspector = try KafkaInspector(configuration)
        do {
            _ = try await inspector.partitionCount(topic: kafka.topic, timeout: giveUpAfter)
        } catch {
            await inspector.close()
            throw error
        }
        await inspector.close()
        var producerOptions = ProducerOptions()
        producerOptions.deliveryTimeout = giveUpAfter
        // As fast as it goes, nobody waits for the single record: fuller batches compress better and cost less.
        if rate == 0 { producerOptions.linger = .milliseconds(100) }
        producer = try KafkaProducer(configuration, options: producerOptions)
    }

    /// Takes one record; sends when a batch is full.
    mutating func publish(
        key: some Collection<UInt8>,
        hasKey: Bool,
        value: (some Collection<UInt8>)?,
        timestampMilliseconds: Int64?
    ) async throws {
        let key = hasKey ? batch.store(key) : nil
        let value = value.map { batch.store($0) }
        batch.records.append(
            OutgoingRecord(key: key, value: value, timestampMilliseconds: timestampMilliseconds)
        )
        accepted += 1
        let isFull = batch.records.count >= Self.batchRecords || batch.bytes.count >= Self.batchBytes
        // At a low rate a batch is what is due in a tenth of a second.
        if isFull || (rate > 0 && Double(batch.records.count) >= rate / 10) { try await send() }
    }

    /// Shows how far it is; `total` where it is known.
    mutating func show(read: Int, rejected: Int, total: Int? = nil) {
        let start = start
        let accepted = accepted
        progress.show(at: .now) {
            let seconds = max(0.001, Double((ContinuousClock.now - start).components.seconds) + 0.001)
            let part = total.map { " of \($0)" } ?? ""
            let speed = Int(Double(accepted) / seconds)
            return "\(read)\(part) read, \(accepted) accepted, \(rejected) rejected, \(speed) records/s"
        }
    }

    /// Takes the progress line away, before something else is written.
    mutating func clearProgress() { progress.clear() }

    private mutating func send() async throws {
        guard !batch.records.isEmpty else { return }
        if rate > 0 {
            let due = start + .seconds(Double(accepted - batch.records.count) / rate)
            if due > .now { try? await Task.sleep(until: due) }
        }
        try await producer.send(batch, topic: kafka.topic)
        batch.removeAll()
        // A record that was given up means that Kafka has been away for the whole time: more would fail alike.
        let failures = await producer.failed
        if let failure = failures.values.first(where: { $0.last.kind == .transient || $0.last.kind == .timedOut }) {
            throw failure.last
        }
    }

    /// Sends what is left, waits until all is decided, and completes the summary.
    ///
    /// - Parameter error: What ended the run before its end; thrown again after the records in flight are decided.
    /// - Throws: `error`, `KafkaError` or `ProgramFailure` when an accepted record was not acknowledged.
    mutating func finish(_ summary: RunSummary, after error: (any Error)? = nil) async throws {
        var failure = error
        // What was read before, say, a file turned out to be damaged is still published.
        if !(failure is KafkaError) {
            do { try await send() } catch { failure = failure ?? error }
        }
        // librdkafka gives every record up after its own timeout, so this ends.
        _ = await producer.flush(timeout: giveUpAfter + .seconds(5))
        progress.clear()
        var complete = summary
        complete.published = await producer.delivered
        complete.failed = accepted - complete.published
        let failures = await producer.failed
        let trouble = await producer.trouble
        await producer.close()
        for (name, failure) in failures.sorted(by: { $0.key < $1.key }) {
            logger.error(
                "records were not stored",
                metadata: ["code": "\(name)", "records": "\(failure.count)", "reason": "\(failure.last.detail)"]
            )
        }
        StandardStream.output.write(complete.json + "\n")
        if let failure { throw failure }
        if complete.failed > 0 { throw Self.failure(complete.failed, failures.values.first?.last ?? trouble) }
        if checksPartitions { try await checkPartitions() }
    }

    private static func failure(_ count: Int, _ cause: KafkaError?) -> any Error {
        guard let cause else {
            return ProgramFailure(.internalError, "\(count) accepted records were not acknowledged by Kafka")
        }
        switch cause.kind {
        case .messageTooLarge:
            return ProgramFailure(
                .configuration,
                "Kafka refused \(count) records as too large: raise max.message.bytes of the topic to 4194304"
            )
        default: return cause
        }
    }

    private func checkPartitions() async throws {
        let inspector = try KafkaInspector(kafka.configuration(clientID: "mention-producer", logger: logger))
        let count = try await inspector.partitionCount(topic: kafka.topic, timeout: giveUpAfter)
        let partitions = (0..<count).map { TopicPartition(kafka.topic, $0) }
        let marks = try await inspector.watermarks(partitions, timeout: giveUpAfter)
        await inspector.close()
        let cut = marks.filter { $0.value.low > 0 }
        guard cut.isEmpty else {
            throw ProgramFailure(
                .internalError,
                "the broker has dropped the oldest records of \(cut.count) of \(count) partitions: "
                    + "publish less, over more partitions, or with --rate while a worker consumes"
            )
        }
    }

    /// Says, once and not in a flood, that Kafka is away, and that it is back; runs until it is cancelled.
    func watch() async {
        var isAway = false
        while true {
            // Cancelling ends the sleep, and with it the watch.
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            let trouble = await producer.trouble
            if let trouble, !isAway {
                logger.warning("Kafka is away, waiting for it", metadata: ["reason": "\(trouble.detail)"])
            } else if trouble == nil, isAway {
                logger.notice("Kafka is back")
            }
            isAway = trouble != nil
        }
    }
}
