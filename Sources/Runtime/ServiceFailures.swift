public import KafkaClient
public import PostgresClient

extension PostgresError: ProgramFailureConvertible {
    /// A refused login, database or schema is one of configuration; a server that is away is unavailable.
    public var programFailure: ProgramFailure {
        let remedy = remedy ?? ""
        return switch (kind, failureClass) {
        case (.invalidTarget, _):
            ProgramFailure(.configuration, "the database can't be reached so (\(message)): \(remedy)")
        case (.server(let state), .configuration) where state.hasPrefix("28"):
            ProgramFailure(.configuration, "PostgreSQL refuses the login (\(message)): \(remedy)")
        case (.server(let state), .configuration) where state.hasPrefix("3D"):
            ProgramFailure(.configuration, "PostgreSQL has no such database (\(message)): \(remedy)")
        case (.server(let state), .configuration):
            ProgramFailure(
                .configuration,
                "the schema does not fit or access is denied (\(statement): \(message), SQLSTATE \(state)): \(remedy)"
            )
        case (.connectionLost, _), (.connectionRefused, _), (.timedOut, _):
            ProgramFailure(
                .unavailable,
                "PostgreSQL is away (\(message)): check that it runs where DATABASE_URL says"
            )
        case (.server, .transient):
            ProgramFailure(.unavailable, "PostgreSQL can't serve now (\(self)): try again when it has recovered")
        default:
            ProgramFailure(.internalError, "PostgreSQL: \(self)")
        }
    }
}

extension KafkaError: ProgramFailureConvertible {
    /// A refused login, topic or property is one of configuration; a cluster that is away is unavailable.
    public var programFailure: ProgramFailure {
        switch kind {
        case .authentication:
            ProgramFailure(
                .configuration,
                "Kafka refuses the login or the access (\(detail)): check the properties security.* and sasl.* "
                    + "and the rights of the user"
            )
        case .unknownTopic, .unknownPartition:
            ProgramFailure(.configuration, "Kafka does not have the topic (\(detail)): create it, or correct --topic")
        case .configuration:
            ProgramFailure(
                .configuration,
                "Kafka's client refuses a property (\(detail)): correct --kafka-property or KAFKA_PROPERTY_…"
            )
        case .fencedInstance:
            ProgramFailure(
                .configuration,
                "another member uses the same group.instance.id (\(detail)): give each worker its own"
            )
        case .transient, .timedOut:
            ProgramFailure(
                .unavailable,
                "Kafka is away (\(detail)): check that it runs where KAFKA_BOOTSTRAP_SERVERS says"
            )
        case .fatal, .offsetOutOfRange, .messageTooLarge, .topicAlreadyExists, .other:
            ProgramFailure(.internalError, "Kafka: \(self)")
        }
    }
}
