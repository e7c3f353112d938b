import CRDKafka

/// A failure reported by librdkafka or by a broker.
public struct KafkaError: Error, Sendable {
    /// What a program does about it.
    public enum Kind: Sendable, Hashable {
        /// Heals by itself: a broker is away, a leader moves, the group rebalances, a queue is full. Go on or retry.
        case transient
        /// The client cannot be used any more; make another.
        case fatal
        /// The cluster refuses who we are or what we ask for (SASL, TLS, ACL).
        case authentication
        /// The topic does not exist, or for a consumer a partition of it.
        case unknownTopic
        /// The topic has no such partition, or the partition is not assigned here.
        case unknownPartition
        /// The broker does not hold the offset (any more, or yet).
        case offsetOutOfRange
        /// Another member has taken over this `group.instance.id`.
        case fencedInstance
        /// A property is unknown or has a value that is refused.
        case configuration
        /// The record is larger than the client, the topic or the broker takes.
        case messageTooLarge
        /// No answer within the time that was allowed.
        case timedOut
        /// The topic to be created is there already.
        case topicAlreadyExists
        /// None of these; ``KafkaError/name`` tells.
        case other
    }

    /// What to do about it.
    public var kind: Kind
    /// librdkafka's number: negative for its own errors, positive for a broker's.
    public var code: Int32
    /// librdkafka's name of the number, such as `_ALL_BROKERS_DOWN` or `TOPIC_AUTHORIZATION_FAILED`.
    public var name: String
    /// A sentence: the cause, with host or topic where known. Never holds a payload or a property's value.
    public var detail: String
    /// What was being done, such as `subscribe`.
    public var operation: String

    /// Holds the parts of an error; for tests and for programs that add errors of their own.
    public init(kind: Kind, code: Int32, name: String, detail: String, operation: String) {
        self.kind = kind
        self.code = code
        self.name = name
        self.detail = detail
        self.operation = operation
    }
}

extension KafkaError: CustomStringConvertible {
    /// One line: the operation, the detail and the name of the code.
    public var description: String { "\(operation): \(detail) (\(name))" }
}

extension KafkaError {
    /// An error from librdkafka's code; `detail` defaults to the code's own description.
    init(_ code: rd_kafka_resp_err_t, _ operation: String, detail: String? = nil, fatal: Bool = false) {
        let known = Self.kinds[code.rawValue] ?? .other
        self.init(
            kind: fatal && known != .fencedInstance ? .fatal : known,
            code: code.rawValue,
            name: rd_kafka_err2name(code).map { String(cString: $0) } ?? "\(code.rawValue)",
            detail: detail ?? rd_kafka_err2str(code).map { String(cString: $0) } ?? "error \(code.rawValue)",
            operation: operation
        )
    }

    /// Takes over an error object and frees it.
    init(consuming object: OpaquePointer, _ operation: String) {
        self.init(
            rd_kafka_error_code(object),
            operation,
            detail: rd_kafka_error_string(object).map { String(cString: $0) },
            fatal: rd_kafka_error_is_fatal(object) != 0
        )
        rd_kafka_error_destroy(object)
    }

    /// What a method answers once its client is closed.
    static func closed(_ operation: String) -> KafkaError {
        KafkaError(RD_KAFKA_RESP_ERR__DESTROY, operation, detail: "the client is closed", fatal: true)
    }

    static func configuration(_ detail: String) -> KafkaError {
        var error = KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "configure", detail: detail)
        error.kind = .configuration
        return error
    }

    /// Codes by kind; a code that is not here is ``Kind/other``.
    private static let kinds: [Int32: Kind] = {
        let groups: [(Kind, [rd_kafka_resp_err_t])] = [
            (
                .transient,
                [
                    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
                    RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__UNKNOWN_BROKER,
                    RD_KAFKA_RESP_ERR__NODE_UPDATE, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__RETRY,
                    RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__INTR,
                    RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
                    RD_KAFKA_RESP_ERR__OUTDATED,
                    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                    RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_STALE_CTRL_EPOCH,
                    RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                    RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED,
                    RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
                    RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND, RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH,
                    RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
                    RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
                    RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
                    RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
                ]
            ),
            (.fatal, [RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__DESTROY]),
            (
                .authentication,
                [
                    RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
                    RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
                    RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                    RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                    RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_SECURITY_DISABLED,
                ]
            ),
            (
                .unknownTopic,
                [
                    RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                    RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
                ]
            ),
            (.unknownPartition, [RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION]),
            (.offsetOutOfRange, [RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE]),
            (.fencedInstance, [RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID]),
            (
                .configuration,
                [
                    RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
                    RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
                    RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
                    RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL,
                ]
            ),
            (
                .messageTooLarge,
                [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE]
            ),
            (
                .timedOut,
                [
                    RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                    RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
                ]
            ),
            (.topicAlreadyExists, [RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS]),
        ]
        var kinds: [Int32: Kind] = [:]
        for (kind, codes) in groups {
            for code in codes { kinds[code.rawValue] = kind }
        }
        return kinds
    }()
}
