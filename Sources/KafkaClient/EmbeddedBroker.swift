import CRDKafka
import ThreadExecutors

/// librdkafka's mock cluster: brokers in this process, in memory, reached over TCP on the loopback interface.
///
/// For demonstrations and tests. It keeps about 5 MiB a partition as stored and **drops the oldest silently**; it
/// knows no admin requests, indexes no times and does not wake a fetch when data comes; a rebalance lasts nearly the
/// session timeout. A topic that a client asks for is created with 4 partitions.
public actor EmbeddedBroker {
    /// `host:port` of each broker, separated by commas.
    public nonisolated let bootstrapServers: String
    private nonisolated let thread: DedicatedThread
    private let count: Int32
    private var handle: MockHandle?

    /// All code of the actor runs on its own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Starts brokers 1 ... `brokers`, on ports that the system chooses.
    public init(brokers: Int = 1) throws(KafkaError) {
        let handle = try MockHandle(brokers: brokers)
        guard let servers = rd_kafka_mock_cluster_bootstraps(handle.cluster) else {
            throw .configuration("the embedded broker has no address")
        }
        bootstrapServers = String(cString: servers)
        count = Int32(clamping: max(1, min(brokers, 100)))
        for broker in 1...count { Self.delayMetadata(handle.cluster, broker, requests: 4_096) }
        self.handle = handle
        thread = DedicatedThread(name: "kafka-embedded")
    }

    /// Answers so many more metadata requests 40 ms late. A new broker does so for the first thousands of them, which
    /// is enough for minutes of many rebalances, and not for an hour; without it a rebalance now and then costs a whole
    /// session timeout.
    public func delayMetadata(requests: Int) throws(KafkaError) {
        let handle = try open("delay metadata")
        for broker in 1...count { Self.delayMetadata(handle.cluster, broker, requests: requests) }
    }

    /// Answers metadata requests 40 ms late, for so many of them.
    ///
    /// The mock refuses a follower's SyncGroup that comes after its leader's ("invalid request"), where a broker would
    /// answer it; the follower joins anew, and the group stands still for nearly a session timeout. The leader asks for
    /// metadata before it syncs: delayed, it comes last.
    private static func delayMetadata(_ cluster: OpaquePointer, _ broker: Int32, requests: Int) {
        for _ in 0..<requests {
            if mention_farm_push_delay(cluster, broker, 3, 40) != RD_KAFKA_RESP_ERR_NO_ERROR { return }
        }
    }

    deinit {
        thread.stop()
    }

    /// Creates a topic.
    ///
    /// - Throws: an error of kind `topicAlreadyExists` when there is one of that name.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        let handle = try open("create topic \(name)")
        // librdkafka would take 0 for its default; the mock cluster asserts on it.
        guard partitions > 0, let count = Int32(exactly: partitions) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, "create topic \(name)")
        }
        try check(rd_kafka_mock_topic_create(handle.cluster, name, count, 1), "create topic \(name)")
    }

    /// Disconnects everybody from a broker and refuses connections, until ``setUp(broker:)``.
    ///
    /// - Parameter broker: its number from 1, or -1 for all.
    public func setDown(broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_down(try open("set down").cluster, broker), "set down")
    }

    /// Accepts connections again.
    ///
    /// - Parameter broker: its number from 1, or -1 for all.
    public func setUp(broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_up(try open("set up").cluster, broker), "set up")
    }

    /// Delays every answer of a broker.
    ///
    /// - Parameter broker: its number from 1, or -1 for all.
    public func setRoundTripTime(broker: Int32, _ time: Duration) throws(KafkaError) {
        let handle = try open("set round trip time")
        try check(rd_kafka_mock_broker_set_rtt(handle.cluster, broker, time.milliseconds), "set round trip time")
    }

    /// Answers the next requests of a kind with these errors, one each, then as usual again.
    ///
    /// - Parameters:
    ///   - apiKey: the request in Kafka's protocol: 0 Produce, 1 Fetch, 2 ListOffsets, 3 Metadata, 8 OffsetCommit,
    ///     11 JoinGroup, 12 Heartbeat.
    ///   - codes: Kafka's error codes; -195 disconnects instead.
    public func pushErrors(apiKey: Int16, _ codes: [Int32]) throws(KafkaError) {
        let handle = try open("push errors")
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(handle.cluster, apiKey, errors.count, errors)
    }

    /// Makes metadata answers say this of a topic: 3 that it is unknown, 29 that it is forbidden, 0 that all is well.
    public func setTopicError(_ topic: String, code: Int32) throws(KafkaError) {
        let handle = try open("set topic error")
        rd_kafka_mock_topic_set_error(handle.cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    /// Stops the brokers; what they held is gone. Idempotent.
    public func close() {
        handle = nil
    }

    private func open(_ operation: String) throws(KafkaError) -> MockHandle {
        guard let handle else { throw .closed(operation) }
        return handle
    }

    private func check(_ code: rd_kafka_resp_err_t, _ operation: String) throws(KafkaError) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(code, operation)
    }
}

/// Owner of a mock cluster and of the client that librdkafka wants to hang it on. Confined to its actor.
private final class MockHandle {
    let client: OpaquePointer
    let cluster: OpaquePointer

    init(brokers: Int) throws(KafkaError) {
        guard let conf = rd_kafka_conf_new() else { throw .configuration("out of memory") }
        // The client has no brokers of its own and nothing to say.
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        var message = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &message, message.count) else {
            rd_kafka_conf_destroy(conf)
            throw .configuration("the embedded broker's client could not be made")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(clamping: max(1, min(brokers, 100)))) else {
            rd_kafka_destroy(client)
            throw .configuration("the embedded broker could not be started")
        }
        self.client = client
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }
}
