import CRDKafka
import ThreadExecutors

/// An idempotent producer: every record is stored once and in order per partition, or counted as failed.
///
/// It has a thread of its own. ``send(_:topic:)`` fills librdkafka's bounded queue and waits while that is full.
/// Whether a record was stored is known later: ``flush(timeout:)``, then ``delivered`` and ``failed``.
public actor KafkaProducer {
    private nonisolated let thread: DedicatedThread
    private var handle: ClientHandle?
    private var topics: [String: TopicHandle] = [:]
    private var deliveredCount = 0
    private var failures: [String: DeliveryFailure] = [:]
    /// The cluster refuses us; cleared when a record gets through.
    private var refusal: KafkaError?
    private var latestTrouble: KafkaError?

    /// All code of the actor runs on its own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Makes a producer; it connects in the background.
    ///
    /// - Throws: an error of kind `configuration` for a property that is unknown or has a refused value.
    public init(
        _ configuration: KafkaConfiguration,
        options: ProducerOptions = ProducerOptions()
    ) throws(KafkaError) {
        let handle = try ClientHandle(
            .producer,
            configuration,
            properties: options.properties,
            events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR
        )
        let thread = DedicatedThread(name: "kafka-producer")
        let waker = handle.waker
        thread.onEnqueue { waker.wake() }
        self.handle = handle
        self.thread = thread
    }

    deinit {
        thread.onEnqueue(nil)
        thread.stop()
    }

    /// Records that brokers acknowledged.
    public var delivered: Int {
        serve(waiting: .zero)
        return deliveredCount
    }

    /// Records that were given up or refused, by the error's name. A record that is too large, or for a partition
    /// that does not exist, is counted here and does not stop the batch.
    public var failed: [String: DeliveryFailure] {
        serve(waiting: .zero)
        return failures
    }

    /// The latest trouble that is not about single records, such as brokers that are away; nil once a record has
    /// been delivered since.
    public var trouble: KafkaError? {
        serve(waiting: .zero)
        return refusal ?? latestTrouble
    }

    /// Puts the records of a batch into the queue, in order; waits while it is full, in steps of 100 ms between
    /// which other calls get their turn. Calls that overlap may mix their records.
    ///
    /// - Throws: when the cluster refuses us, the topic is unknown, a range of the batch is outside its bytes, the
    ///   client is closed or has a fatal error, or the task is cancelled while it waits (`_INTR`). Records before
    ///   the one that failed are in the queue.
    public func send(_ batch: ProducerBatch, topic: String) async throws(KafkaError) {
        let whole = 0..<batch.bytes.count
        for record in batch.records {
            guard Self.fits(record.key, in: whole), Self.fits(record.value, in: whole) else {
                throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "send", detail: "a record lies outside its batch")
            }
        }
        var sent = 0
        while sent < batch.records.count {
            serve(waiting: .zero)
            if let refusal { throw refusal }
            let handle = try open("send")
            let topicHandle = try self.topic(topic, handle)
            let error = produce(batch, &sent, to: topicHandle, handle)
            guard let error else { break }
            guard error.code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue else { throw error }
            guard !Task.isCancelled else {
                throw KafkaError(
                    RD_KAFKA_RESP_ERR__INTR,
                    "send",
                    detail: "cancelled after \(sent) of \(batch.records.count) records"
                )
            }
            serve(waiting: .milliseconds(100))
            await Task.yield()
        }
        serve(waiting: .zero)
    }

    /// Waits until everything that was sent is acknowledged or given up.
    ///
    /// Ends early when the cluster refuses us; ``trouble`` says so.
    ///
    /// - Returns: records still undelivered, 0 when all is decided.
    public func flush(timeout: Duration) async -> Int {
        let deadline = ContinuousClock.now + timeout
        while let handle {
            serve(waiting: .zero)
            let waiting = Int(rd_kafka_outq_len(handle.client))
            let remaining = deadline - .now
            if waiting == 0 || remaining <= .zero || refusal != nil { return waiting }
            serve(waiting: min(remaining, .milliseconds(100)))
            await Task.yield()
        }
        return 0
    }

    /// Frees everything; records that are not delivered yet are dropped, so flush first. Idempotent.
    public func close() {
        serve(waiting: .zero)
        guard let handle else { return }
        self.handle = nil
        topics.removeAll()
        // Without this, destroying waits for requests in flight.
        rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }

    private func open(_ operation: String) throws(KafkaError) -> ClientHandle {
        guard let handle else { throw .closed(operation) }
        if let fatal = handle.fatalError(operation) { throw fatal }
        return handle
    }

    private func topic(_ name: String, _ handle: ClientHandle) throws(KafkaError) -> TopicHandle {
        if let known = topics[name] { return known }
        guard let raw = rd_kafka_topic_new(handle.client, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), "open topic \(name)")
        }
        let topic = TopicHandle(raw, of: handle)
        topics[name] = topic
        return topic
    }

    /// Queues records from `sent` on; stops at the first error that is not about one record.
    private func produce(
        _ batch: ProducerBatch,
        _ sent: inout Int,
        to topic: TopicHandle,
        _ handle: ClientHandle
    ) -> KafkaError? {
        batch.bytes.withUnsafeBytes { bytes in
            var fields = RecordFields(topic)
            while sent < batch.records.count {
                fields.set(batch.records[sent], bytes)
                if let failure = rd_kafka_produceva(handle.client, &fields.raw, fields.raw.count) {
                    let error = KafkaError(consuming: failure, "send")
                    switch error.kind {
                    case .messageTooLarge, .unknownPartition:
                        count(error)
                    default:
                        return error
                    }
                }
                sent &+= 1
            }
            return nil
        }
    }

    /// Takes delivery reports, waiting for the first at most so long, or until another call wants its turn.
    private func serve(waiting: Duration) {
        guard let handle else { return }
        let deadline = ContinuousClock.now + waiting
        while true {
            var event = rd_kafka_queue_poll(handle.queue, 0)
            if event == nil {
                let remaining = deadline - .now
                guard remaining > .zero, !thread.hasWaitingJobs else { return }
                event = rd_kafka_queue_poll(handle.queue, remaining.milliseconds)
            }
            guard let event else { continue }
            defer { rd_kafka_event_destroy(event) }
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) {
                    report(message.pointee.err)
                }
                // Room in the queue, or nothing left to wait for: let the caller look.
                if waiting > .zero { return }
            case RD_KAFKA_EVENT_ERROR:
                let error = handle.error(of: event, "produce")
                latestTrouble = error
                if error.kind == .authentication { refusal = error }
                if error.kind == .authentication || error.kind == .fatal { return }
            default:
                break
            }
        }
    }

    private func report(_ code: rd_kafka_resp_err_t) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return count(KafkaError(code, "deliver")) }
        deliveredCount &+= 1
        refusal = nil
        latestTrouble = nil
    }

    private func count(_ error: KafkaError) {
        failures[error.name, default: DeliveryFailure(count: 0, last: error)].count &+= 1
        failures[error.name]?.last = error
    }

    private static func fits(_ range: Range<Int>?, in whole: Range<Int>) -> Bool {
        guard let range else { return true }
        return range.lowerBound >= whole.lowerBound && range.upperBound <= whole.upperBound
    }
}

/// Records that were not stored for one reason.
public struct DeliveryFailure: Sendable {
    /// How many.
    public var count: Int
    /// What was said about the last of them.
    public var last: KafkaError
}

/// Owner of a topic's handle; keeps the client alive, which must outlive it.
private final class TopicHandle {
    let raw: OpaquePointer
    private let client: ClientHandle

    init(_ raw: OpaquePointer, of client: ClientHandle) {
        self.raw = raw
        self.client = client
    }

    deinit {
        rd_kafka_topic_destroy(raw)
    }
}

/// The arguments of `rd_kafka_produceva`, made once and changed for each record.
private struct RecordFields {
    var raw: [rd_kafka_vu_t]

    init(_ topic: TopicHandle) {
        let kinds = [
            RD_KAFKA_VTYPE_RKT, RD_KAFKA_VTYPE_MSGFLAGS, RD_KAFKA_VTYPE_PARTITION, RD_KAFKA_VTYPE_TIMESTAMP,
            RD_KAFKA_VTYPE_KEY, RD_KAFKA_VTYPE_VALUE,
        ]
        raw = kinds.map { kind in
            var field = rd_kafka_vu_t()
            field.vtype = kind
            return field
        }
        raw[0].u.rkt = topic.raw
        raw[1].u.i = RD_KAFKA_MSG_F_COPY
    }

    mutating func set(_ record: OutgoingRecord, _ bytes: UnsafeRawBufferPointer) {
        raw[2].u.i32 = record.partition ?? -1
        raw[3].u.i64 = record.timestampMilliseconds ?? 0
        raw[4].u.mem.ptr = Self.start(record.key, bytes)
        raw[4].u.mem.size = record.key?.count ?? 0
        raw[5].u.mem.ptr = Self.start(record.value, bytes)
        raw[5].u.mem.size = record.value?.count ?? 0
    }

    /// Nil means no key, or a tombstone; something that is empty needs a pointer all the same.
    private static func start(_ range: Range<Int>?, _ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        guard let range else { return nil }
        guard let base = bytes.baseAddress else { return UnsafeMutableRawPointer(bitPattern: 1) }
        return UnsafeMutableRawPointer(mutating: base + range.lowerBound)
    }
}
