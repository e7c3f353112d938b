import CRDKafka
import ThreadExecutors

/// Asks a cluster about topics and offsets, on a thread and a connection of its own; takes no part in any group.
///
/// Calls block the inspector, so that they come one after the other, each bounded by its timeout.
public actor KafkaInspector {
    private nonisolated let thread: DedicatedThread
    private var handle: ClientHandle?
    private var latestTrouble: KafkaError?

    /// All code of the actor runs on its own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Makes an inspector; it connects in the background.
    ///
    /// - Throws: an error of kind `configuration` for a property that is unknown or has a refused value.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        handle = try ClientHandle(
            .inspector,
            configuration,
            properties: [
                ("allow.auto.create.topics", "false"),
                // What a consumer of committed records can reach.
                ("isolation.level", "read_committed"),
                ("enable.auto.commit", "false"),
                // It is in no group; but librdkafka compares this with a max.poll.interval.ms that is passed through.
                ("session.timeout.ms", "1000"),
            ],
            events: RD_KAFKA_EVENT_ERROR
        )
        thread = DedicatedThread(name: "kafka-inspector")
    }

    deinit {
        thread.stop()
    }

    /// The cluster's id, by which a replaced cluster is told; nil when brokers are too old to have one.
    ///
    /// - Throws: an error of kind `transient` or `timedOut` when no broker answers, `authentication` when refused.
    public func clusterID(timeout: Duration) async throws(KafkaError) -> String? {
        let handle = try open("cluster id")
        try metadata(timeout, "cluster id") { _ in }
        guard let id = rd_kafka_clusterid(handle.client, 1_000) else { return nil }
        defer { rd_kafka_mem_free(handle.client, id) }
        return String(cString: id)
    }

    /// The number of partitions of a topic. Never creates it.
    ///
    /// - Throws: an error of kind `unknownTopic` when there is none, else as ``clusterID(timeout:)``.
    public func partitionCount(topic: String, timeout: Duration) async throws(KafkaError) -> Int32 {
        var found: (partitions: Int32, error: rd_kafka_resp_err_t)?
        try metadata(timeout, "topic \(topic)") { metadata in
            for index in 0..<Int(metadata.topic_cnt) {
                guard let name = metadata.topics[index].topic, String(cString: name) == topic else { continue }
                found = (metadata.topics[index].partition_cnt, metadata.topics[index].err)
            }
        }
        guard let found else {
            throw KafkaError(
                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                "topic \(topic)",
                detail: "the cluster has no such topic"
            )
        }
        guard found.error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(found.error, "topic \(topic)") }
        return found.partitions
    }

    /// What the cluster holds of each partition. One request a broker for all partitions, twice.
    ///
    /// - Throws: for the first partition that cannot be answered.
    public func watermarks(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) async throws(KafkaError) -> [TopicPartition: Watermarks] {
        let deadline = ContinuousClock.now + timeout
        // The ends first: a pair that is not of one instant must not say that low is above high.
        let high = try lookUp(partitions, KafkaOffset.end, deadline, "watermarks")
        let low = try lookUp(partitions, KafkaOffset.beginning, deadline, "watermarks")
        var answer: [TopicPartition: Watermarks] = [:]
        for (partition, high) in high {
            let low = low[partition] ?? 0
            answer[partition] = Watermarks(low: low, high: max(low, high))
        }
        return answer
    }

    /// The offset of the first record of each partition whose timestamp is not before a time.
    ///
    /// - Parameters:
    ///   - timestampMilliseconds: since 1970-01-01 UTC; negative times count as 0.
    /// - Returns: ``KafkaOffset/end`` for a partition that has no such record. The embedded broker, which does not
    ///   index times, always answers that.
    public func offsets(
        for partitions: [TopicPartition],
        at timestampMilliseconds: Int64,
        timeout: Duration
    ) async throws(KafkaError) -> [TopicPartition: Int64] {
        try lookUp(partitions, max(0, timestampMilliseconds), .now + timeout, "offsets at a time")
    }

    /// Creates a topic. The embedded broker has no such request; it has a method instead.
    ///
    /// - Throws: an error of kind `topicAlreadyExists` when there is one of that name.
    public func createTopic(
        _ name: String,
        partitions: Int,
        replicationFactor: Int = 1,
        configuration: [String: String] = [:],
        timeout: Duration
    ) async throws(KafkaError) {
        let handle = try open("create topic \(name)")
        var message = [CChar](repeating: 0, count: 256)
        let topic = rd_kafka_NewTopic_new(
            name,
            Int32(clamping: partitions),
            Int32(clamping: replicationFactor),
            &message,
            message.count
        )
        guard let topic else {
            let detail = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "create topic \(name)", detail: detail)
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (key, value) in configuration {
            let code = rd_kafka_NewTopic_set_config(topic, key, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "create topic \(name)") }
        }
        try administer(handle, "create topic \(name)", RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout) { options, queue in
            var topics: [OpaquePointer?] = [topic]
            rd_kafka_CreateTopics(handle.client, &topics, topics.count, options, queue)
        } results: { event, count in
            rd_kafka_event_CreateTopics_result(event).flatMap { rd_kafka_CreateTopics_result_topics($0, count) }
        }
    }

    /// Deletes a topic with all its records.
    ///
    /// - Throws: an error of kind `unknownTopic` when there is none.
    public func deleteTopic(_ name: String, timeout: Duration) async throws(KafkaError) {
        let handle = try open("delete topic \(name)")
        guard let topic = rd_kafka_DeleteTopic_new(name) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "delete topic \(name)")
        }
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        try administer(handle, "delete topic \(name)", RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout) { options, queue in
            var topics: [OpaquePointer?] = [topic]
            rd_kafka_DeleteTopics(handle.client, &topics, topics.count, options, queue)
        } results: { event, count in
            rd_kafka_event_DeleteTopics_result(event).flatMap { rd_kafka_DeleteTopics_result_topics($0, count) }
        }
    }

    /// Frees everything. Idempotent.
    public func close() {
        handle = nil
    }

    private func open(_ operation: String) throws(KafkaError) -> ClientHandle {
        guard let handle else { throw .closed(operation) }
        return handle
    }

    /// Asks for all topics: a request that names one creates it on brokers that are old, or embedded.
    private func metadata(
        _ timeout: Duration,
        _ operation: String,
        _ body: (rd_kafka_metadata) -> Void
    ) throws(KafkaError) {
        let handle = try open(operation)
        let deadline = ContinuousClock.now + timeout
        // In steps that grow, so that a refused login is seen long before a patient caller's timeout.
        var step = Duration.milliseconds(250)
        while true {
            let remaining = max(.zero, deadline - .now)
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(handle.client, 1, nil, &metadata, min(step, remaining).milliseconds)
            if let metadata {
                defer { rd_kafka_metadata_destroy(metadata) }
                if code == RD_KAFKA_RESP_ERR_NO_ERROR { return body(metadata.pointee) }
            }
            try judge(code, operation, handle, last: deadline <= .now)
            step *= 2
        }
    }

    private func lookUp(
        _ partitions: [TopicPartition],
        _ time: Int64,
        _ deadline: ContinuousClock.Instant,
        _ operation: String
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let handle = try open(operation)
        var step = Duration.milliseconds(500)
        while true {
            let remaining = max(.zero, deadline - .now)
            let list = PartitionList(capacity: partitions.count)
            for partition in Set(partitions) { list.add(partition, offset: time) }
            let code = rd_kafka_offsets_for_times(handle.client, list.raw, min(step, remaining).milliseconds)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                let error = list.firstError(operation)
                guard let error else {
                    var offsets: [TopicPartition: Int64] = [:]
                    for element in PartitionList.elements(of: list.raw) {
                        offsets[TopicPartition(element)] = element.offset
                    }
                    return offsets
                }
                guard error.kind == .transient, deadline > .now else { throw error }
            } else {
                try judge(code, operation, handle, last: deadline <= .now)
            }
            step *= 2
        }
    }

    /// Throws if a request that failed so is not worth another try; prefers what a connection said to a bare code.
    private func judge(
        _ code: rd_kafka_resp_err_t,
        _ operation: String,
        _ handle: ClientHandle,
        last: Bool
    ) throws(KafkaError) {
        while let event = rd_kafka_queue_poll(handle.queue, 0) {
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
                let error = handle.error(of: event, operation)
                // "All brokers are down" follows what brought them down, and says less.
                if error.code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue || latestTrouble == nil {
                    latestTrouble = error
                }
            }
            rd_kafka_event_destroy(event)
        }
        let error = KafkaError(code, operation)
        let isSilence = error.kind == .transient || error.kind == .timedOut
        if let trouble = latestTrouble, trouble.kind == .authentication || (isSilence && last) {
            latestTrouble = nil
            throw trouble
        }
        guard isSilence, !last else { throw error }
    }

    private func administer(
        _ handle: ClientHandle,
        _ operation: String,
        _ kind: rd_kafka_admin_op_t,
        _ timeout: Duration,
        request: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void,
        results: (_ event: OpaquePointer, _ count: UnsafeMutablePointer<Int>)
            -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaError) {
        guard let queue = rd_kafka_queue_new(handle.client) else { throw KafkaError(rd_kafka_last_error(), operation) }
        defer { rd_kafka_queue_destroy(queue) }
        guard let options = rd_kafka_AdminOptions_new(handle.client, kind) else {
            throw KafkaError(rd_kafka_last_error(), operation)
        }
        defer { rd_kafka_AdminOptions_destroy(options) }
        // librdkafka takes an hour at most.
        let milliseconds = max(1, min(timeout.milliseconds, 3_600_000))
        rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, nil, 0)
        request(options, queue)
        guard let event = rd_kafka_queue_poll(queue, milliseconds &+ 1_000) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, operation)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code, operation, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        var count = 0
        guard let list = results(event, &count) else { return }
        for index in 0..<count {
            guard let result = list[index] else { continue }
            let code = rd_kafka_topic_result_error(result)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            throw KafkaError(
                code,
                operation,
                detail: rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            )
        }
    }
}
