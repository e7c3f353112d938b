import CRDKafka
import ThreadExecutors

/// A member of a consumer group whose rebalances are events: the group waits until they are answered.
///
/// It has a thread of its own, on which ``poll(maximumRecords:maximumBytes:timeout:)`` may block; a poll that waits
/// returns as soon as another method is called. Call ``close()`` at the end: without it the partitions stay with this
/// member until its session times out.
public actor KafkaConsumer {
    private nonisolated let thread: DedicatedThread
    private var handle: ClientHandle?
    /// librdkafka drops what it has fetched when a partition is paused twice, or resumed without having been paused,
    /// and does not fetch it again; so every call must be a real change.
    private var paused: Set<TopicPartition> = []
    /// A rebalance event was delivered and is not answered yet; closing must answer it.
    private var owesAnswer = false
    /// Commits that librdkafka refused at once, to be told by the next poll.
    private var refusedCommits: [ConsumerEvent] = []

    /// All code of the actor runs on its own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Makes a consumer; it connects in the background and belongs to no group until ``subscribe(_:)``.
    ///
    /// - Throws: an error of kind `configuration` for a property that is unknown or has a refused value.
    public init(
        _ configuration: KafkaConfiguration,
        group: String,
        options: ConsumerOptions = ConsumerOptions()
    ) throws(KafkaError) {
        let handle = try ClientHandle(
            .consumer,
            configuration,
            properties: options.properties(group: group),
            events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR
                | RD_KAFKA_EVENT_OFFSET_COMMIT
        )
        let thread = DedicatedThread(name: "kafka-consumer")
        let waker = handle.waker
        thread.onEnqueue { waker.wake() }
        self.handle = handle
        self.thread = thread
    }

    deinit {
        thread.onEnqueue(nil)
        thread.stop()
    }

    /// Joins the group for these topics, in place of earlier ones; with none it leaves. A topic that does not exist is
    /// reported by a later `failed` event of kind `unknownTopic`.
    public func subscribe(_ topics: [String]) throws(KafkaError) {
        let handle = try open("subscribe")
        let code: rd_kafka_resp_err_t
        if topics.isEmpty {
            code = rd_kafka_unsubscribe(handle.client)
        } else {
            // -1: any partition.
            let list = PartitionList(topics.map { TopicPartition($0, -1) })
            code = rd_kafka_subscribe(handle.client, list.raw)
        }
        try check(code, "subscribe")
    }

    /// Returns what is there, and when nothing is, waits at most `timeout` for something.
    ///
    /// Record batches come first, then the other events in order. A rebalance event ends the poll. It may return
    /// early, also with nothing, because another method waits for its turn. Must be called at least every
    /// `ConsumerOptions.maximumPollInterval`, also while partitions are paused or a rebalance is held.
    ///
    /// - Parameters:
    ///   - maximumRecords: stops after so many records.
    ///   - maximumBytes: stops once keys and values reach so many bytes; the last record may go beyond.
    ///   - timeout: zero not to wait at all.
    /// - Complexity: O(1) a record, with one copy of its bytes.
    public func poll(maximumRecords: Int, maximumBytes: Int, timeout: Duration) -> [ConsumerEvent] {
        guard let handle else { return [] }
        let deadline = ContinuousClock.now + timeout
        var records = RecordCollector()
        var others = refusedCommits
        refusedCommits.removeAll()
        while records.recordCount < maximumRecords, records.byteCount < maximumBytes, others.count < 1_024 {
            var event = rd_kafka_queue_poll(handle.queue, 0)
            if event == nil, records.recordCount == 0, others.isEmpty, !thread.hasWaitingJobs {
                let remaining = deadline - .now
                guard remaining > .zero else { break }
                // A wake-up that was meant for an earlier poll ends this early: look again.
                event = rd_kafka_queue_poll(handle.queue, remaining.milliseconds)
                if event == nil { continue }
            }
            guard let event else { break }
            defer { rd_kafka_event_destroy(event) }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH {
                while let message = rd_kafka_event_message_next(event) {
                    if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                        records.append(message)
                    } else {
                        others.append(Self.failure(message))
                    }
                }
            } else if let other = translate(event, handle) {
                others.append(other)
                if owesAnswer, other.isRebalance { break }
            }
        }
        return records.batches.map { .records($0) } + others
    }

    /// Answers `assigned`: consumption starts at these offsets (of the next record to read, or ``KafkaOffset``).
    ///
    /// It may hold fewer partitions than were offered, also none. Called again later it replaces the whole assignment,
    /// so that a partition may be added; the others then go on from the offsets that are given here. All partitions are
    /// unpaused.
    public func assign(_ offsets: [TopicPartition: Int64]) throws(KafkaError) {
        let handle = try open("assign")
        for (partition, offset) in offsets where offset < KafkaOffset.beginning {
            // Other negative numbers make librdkafka read committed offsets, which are not the truth here.
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "assign", detail: "\(partition): offset \(offset)")
        }
        forgetPauses(handle)
        let list = PartitionList(offsets)
        let code = rd_kafka_assign(handle.client, list.raw)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { owesAnswer = false }
        try check(code, "assign")
    }

    /// Answers `revoked`: nothing more comes from any partition.
    public func unassign() throws(KafkaError) {
        let handle = try open("unassign")
        forgetPauses(handle)
        let code = rd_kafka_assign(handle.client, nil)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { owesAnswer = false }
        try check(code, "unassign")
    }

    /// Stops the flow of these partitions; what was fetched ahead of them is dropped and fetched again on resume.
    /// Partitions that are paused already are left alone.
    public func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
        let handle = try open("pause")
        let fresh = Set(partitions).subtracting(paused)
        guard !fresh.isEmpty else { return }
        let list = PartitionList(fresh)
        try check(rd_kafka_pause_partitions(handle.client, list.raw), "pause")
        for element in PartitionList.elements(of: list.raw) where element.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            paused.insert(TopicPartition(element))
        }
        if let error = list.firstError("pause") { throw error }
    }

    /// Lets paused partitions flow again from where they stood. Partitions that are not paused are left alone.
    public func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
        let handle = try open("resume")
        let stopped = paused.intersection(partitions)
        guard !stopped.isEmpty else { return }
        let list = PartitionList(stopped)
        try check(rd_kafka_resume_partitions(handle.client, list.raw), "resume")
        paused.subtract(stopped)
        if let error = list.firstError("resume") { throw error }
    }

    /// Moves an assigned partition; the next record that a poll brings is the one at `offset`. Blocks for half a
    /// second at most; then an error of kind `timedOut`, after which it may be called again.
    public func seek(_ partition: TopicPartition, to offset: Int64) throws(KafkaError) {
        let handle = try open("seek")
        guard offset >= KafkaOffset.beginning else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "seek", detail: "\(partition): offset \(offset)")
        }
        let deadline = ContinuousClock.now + .milliseconds(500)
        // librdkafka 2.0.2 takes the timeout for microseconds, though it asks for milliseconds: begin with what is
        // short in either unit and wait longer where that was not enough. A later seek replaces an earlier one.
        var timeout: Int32 = 500
        while true {
            let list = PartitionList([partition: offset])
            guard let failure = rd_kafka_seek_partitions(handle.client, list.raw, timeout) else {
                if let error = list.firstError("seek") { throw error }
                return
            }
            let error = KafkaError(consuming: failure, "seek")
            guard error.kind == .timedOut, ContinuousClock.now < deadline else { throw error }
            timeout = min(timeout &* 10, 500_000)
        }
    }

    /// Tells the group's coordinator these offsets, for lag tools only. Returns at once; the answer is a `committed`
    /// event.
    public func commit(_ offsets: [TopicPartition: Int64]) {
        guard let handle, !offsets.isEmpty else { return }
        let list = PartitionList(offsets)
        // The plain commit call answers only to a callback.
        let code = rd_kafka_commit_queue(handle.client, list.raw, handle.queue, nil, nil)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, refusedCommits.count < 64 else { return }
        refusedCommits.append(.committed(offsets, handle.fatalError("commit") ?? KafkaError(code, "commit")))
    }

    /// The offsets that the group has committed, of those partitions that have one. Blocks the consumer's thread for as
    /// long as the coordinator takes. Progress never comes from here: for tests and tools.
    package func committed(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        let handle = try open("committed")
        guard !partitions.isEmpty else { return [:] }
        let list = PartitionList(partitions)
        try check(rd_kafka_committed(handle.client, list.raw, Int32(clamping: timeout.milliseconds)), "committed")
        var offsets: [TopicPartition: Int64] = [:]
        for element in PartitionList.elements(of: list.raw) where element.offset >= 0 {
            offsets[TopicPartition(element)] = element.offset
        }
        return offsets
    }

    /// Leaves the group, so that others get the partitions at once, and frees everything. Rebalances on the way are
    /// answered. Idempotent; bounded by 10 s when the coordinator does not answer.
    public func close() async {
        guard let handle else { return }
        self.handle = nil
        forgetPauses(handle)
        if owesAnswer {
            owesAnswer = false
            rd_kafka_assign(handle.client, nil)
        }
        if let error = rd_kafka_consumer_close_queue(handle.client, handle.queue) {
            // Only a client that is closed already, or was fenced, refuses; it is destroyed below all the same.
            rd_kafka_error_destroy(error)
            rd_kafka_assign(handle.client, nil)
            return
        }
        let deadline = ContinuousClock.now + .seconds(10)
        while rd_kafka_consumer_closed(handle.client) == 0, ContinuousClock.now < deadline {
            guard let event = rd_kafka_queue_poll(handle.queue, 20) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
                rd_kafka_assign(handle.client, nil)
            }
            rd_kafka_event_destroy(event)
        }
    }

    private func open(_ operation: String) throws(KafkaError) -> ClientHandle {
        guard let handle else { throw .closed(operation) }
        return handle
    }

    private func check(_ code: rd_kafka_resp_err_t, _ operation: String) throws(KafkaError) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw handle?.fatalError(operation) ?? KafkaError(code, operation)
    }

    /// A pause outlives the assignment in librdkafka; a partition that comes back would stay silent.
    private func forgetPauses(_ handle: ClientHandle) {
        guard !paused.isEmpty else { return }
        let list = PartitionList(paused)
        rd_kafka_resume_partitions(handle.client, list.raw)
        paused.removeAll()
    }

    private func translate(_ event: OpaquePointer, _ handle: ClientHandle) -> ConsumerEvent? {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE:
            let list = rd_kafka_event_topic_partition_list(event)
            let partitions = PartitionList.elements(of: list).map { TopicPartition($0) }
            owesAnswer = true
            switch rd_kafka_event_error(event) {
            case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
                return .assigned(partitions)
            case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
                return .revoked(partitions, lost: rd_kafka_assignment_lost(handle.client) != 0)
            default:
                // The group could not agree; librdkafka still waits for an answer and then joins again.
                rd_kafka_assign(handle.client, nil)
                owesAnswer = false
                return .failed(handle.error(of: event, "rebalance"))
            }
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            return Self.commitResult(event)
        case RD_KAFKA_EVENT_ERROR:
            return Self.failure(event, handle)
        default:
            return nil
        }
    }

    private static func commitResult(_ event: OpaquePointer) -> ConsumerEvent {
        var offsets: [TopicPartition: Int64] = [:]
        var error: KafkaError?
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { error = KafkaError(code, "commit") }
        for element in PartitionList.elements(of: rd_kafka_event_topic_partition_list(event)) {
            offsets[TopicPartition(element)] = element.offset
            if error == nil, element.err != RD_KAFKA_RESP_ERR_NO_ERROR { error = KafkaError(element.err, "commit") }
        }
        return .committed(offsets, error)
    }

    private static func failure(_ event: OpaquePointer, _ handle: ClientHandle) -> ConsumerEvent {
        let error = handle.error(of: event, "consume")
        guard let element = rd_kafka_event_topic_partition(event) else { return .failed(error) }
        defer { rd_kafka_topic_partition_destroy(element) }
        let partition = TopicPartition(element.pointee)
        guard partition.partition >= 0, error.kind != .fatal else { return .failed(error) }
        if error.code == RD_KAFKA_RESP_ERR__PARTITION_EOF.rawValue {
            return .endOfPartition(partition, offset: element.pointee.offset)
        }
        return .partitionFailed(partition, error)
    }

    private static func failure(_ message: UnsafePointer<rd_kafka_message_t>) -> ConsumerEvent {
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        if let topic, message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            return .endOfPartition(TopicPartition(topic, message.pointee.partition), offset: message.pointee.offset)
        }
        let error = KafkaError(
            message.pointee.err,
            "consume",
            detail: rd_kafka_message_errstr(message).map { String(cString: $0) }
        )
        guard let topic, message.pointee.partition >= 0 else { return .failed(error) }
        return .partitionFailed(TopicPartition(topic, message.pointee.partition), error)
    }
}

extension ConsumerEvent {
    fileprivate var isRebalance: Bool {
        switch self {
        case .assigned, .revoked: true
        default: false
        }
    }
}
