import CRDKafka
import Synchronization

/// Owner of a librdkafka client and of the one queue that its events come through.
///
/// Confined to the actor that made it; only ``waker`` leaves it. Destroyed with its last reference, which waits for
/// librdkafka's threads to end: actors drop it on their own thread in `close()`.
final class ClientHandle {
    enum Role {
        case consumer
        case producer
        /// A consumer that belongs to no group: for metadata, which a producer would create topics by asking for.
        case inspector
    }

    let client: OpaquePointer
    let queue: OpaquePointer
    let waker: QueueWaker
    private let log: LogSink
    private let mask: SecretMask

    /// Makes a client. `properties` are this module's; the user's win over them.
    init(
        _ role: Role,
        _ configuration: KafkaConfiguration,
        properties: [(String, String)],
        events: Int32
    ) throws(KafkaError) {
        guard !configuration.bootstrapServers.allSatisfy({ $0 == " " || $0 == "," }) else {
            throw .configuration("no bootstrap servers are given")
        }
        let own =
            [
                ("bootstrap.servers", configuration.bootstrapServers),
                ("client.id", configuration.clientID),
                // Connections are closed for idleness by every broker; that is no news.
                ("log.connection.close", "false"),
                // The default of 10 s would be the time to notice that a broker is back.
                ("reconnect.backoff.max.ms", "2000"),
            ] + properties
        let mask = SecretMask(configuration.properties)
        let log = LogSink(configuration.log, mask)
        let conf = try Self.makeConfiguration(own, overridden: configuration.properties)
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(log).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let opaque = rd_kafka_opaque(client) else { return }
            Unmanaged<LogSink>.fromOpaque(opaque).takeUnretainedValue().write(level, facility, text)
        }
        rd_kafka_conf_set_events(conf, events)

        let type = role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        var message = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(type, conf, &message, message.count) else {
            rd_kafka_conf_destroy(conf)
            let detail = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            throw .configuration(mask.applied(to: detail))
        }
        let queue: OpaquePointer?
        if role == .consumer {
            // Errors and commit results then come through the same queue as records.
            rd_kafka_poll_set_consumer(client)
            queue = rd_kafka_queue_get_consumer(client)
        } else {
            queue = rd_kafka_queue_get_main(client)
        }
        guard let queue else {
            rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            throw .configuration("librdkafka gave no event queue")
        }
        self.client = client
        self.queue = queue
        self.log = log
        self.mask = mask
        waker = QueueWaker(queue)
    }

    deinit {
        waker.disarm()
        rd_kafka_queue_destroy(queue)
        // A consumer that was not closed must not wait here for its group: others get its partitions when its
        // session times out.
        rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// The fatal error that the client has raised, if any.
    func fatalError(_ operation: String) -> KafkaError? {
        var message = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(client, &message, message.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let detail = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
        return KafkaError(code, operation, detail: detail.map(mask.applied), fatal: true)
    }

    /// The error that an error event is about.
    func error(of event: OpaquePointer, _ operation: String) -> KafkaError {
        if rd_kafka_event_error_is_fatal(event) != 0, let fatal = fatalError(operation) { return fatal }
        return KafkaError(
            rd_kafka_event_error(event),
            operation,
            detail: rd_kafka_event_error_string(event).map { mask.applied(to: String(cString: $0)) }
        )
    }

    private static func makeConfiguration(
        _ own: [(String, String)],
        overridden: [String: String]
    ) throws(KafkaError) -> OpaquePointer {
        guard let conf = rd_kafka_conf_new() else { throw .configuration("out of memory") }
        let all =
            own.filter { overridden[$0.0] == nil } + overridden.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for (name, value) in all {
            if name == "partition.assignment.strategy", value.contains("cooperative") {
                rd_kafka_conf_destroy(conf)
                throw .configuration(
                    "\(name): librdkafka 2.0.2 aborts with cooperative strategies; use range or roundrobin"
                )
            }
            // The message of librdkafka repeats the value, which may be a secret: it is not asked for.
            switch rd_kafka_conf_set(conf, name, value, nil, 0) {
            case RD_KAFKA_CONF_OK:
                continue
            case RD_KAFKA_CONF_UNKNOWN:
                rd_kafka_conf_destroy(conf)
                throw .configuration("librdkafka has no property \(name)")
            default:
                rd_kafka_conf_destroy(conf)
                throw .configuration("librdkafka refuses the value of property \(name)")
            }
        }
        return conf
    }
}

/// Wakes a thread that waits in `rd_kafka_queue_poll`, from any thread, for as long as the queue lives.
final class QueueWaker: Sendable {
    /// `@unchecked Sendable`: `rd_kafka_queue_yield` may be called from any thread, and nothing else is done with it.
    private struct Queue: @unchecked Sendable {
        let raw: OpaquePointer
    }

    private let queue: Mutex<Queue?>

    init(_ queue: OpaquePointer) {
        self.queue = Mutex(Queue(raw: queue))
    }

    func wake() {
        queue.withLock { queue in
            if let queue { rd_kafka_queue_yield(queue.raw) }
        }
    }

    /// After this the queue may be destroyed.
    func disarm() {
        queue.withLock { $0 = nil }
    }
}

/// Where librdkafka's log goes.
private final class LogSink: Sendable {
    private let sink: (@Sendable (KafkaLogLine) -> Void)?
    private let mask: SecretMask

    init(_ sink: (@Sendable (KafkaLogLine) -> Void)?, _ mask: SecretMask) {
        self.sink = sink
        self.mask = mask
    }

    func write(_ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) {
        guard let sink else { return }
        sink(
            KafkaLogLine(
                level: Int(level),
                facility: facility.map { String(cString: $0) } ?? "",
                text: text.map { mask.applied(to: String(cString: $0)) } ?? ""
            )
        )
    }
}
