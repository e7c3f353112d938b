import ArgumentParser
import MentionModel
import Persistence
import PostgresClient
import Runtime

/// Which dead letters a command is about.
struct LetterOptions: ParsableArguments {
    enum Status: String, CaseIterable, ExpressibleByArgument { case open, redriven, discarded }

    @Argument(help: "Their ids; none for all that the options choose.") var ids: [Int64] = []
    @Option(help: "Only this reason code, such as bad_json.") var reason: String?
    @Option(help: "Only those first seen since this day or RFC 3339 time.") var since: String?
    @Option(help: "Only those first seen before this day or RFC 3339 time.") var until: String?
    @Option(help: "Only those of this topic.") var topic: String?
    @Option(help: "Only those of this partition.") var partition: Int32?

    /// Whether nothing is chosen.
    var isEmpty: Bool {
        ids.isEmpty && reason == nil && since == nil && until == nil && topic == nil && partition == nil
    }

    func validate() throws {
        if let reason, ReasonCode(rawValue: reason) == nil {
            let known = ReasonCode.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no reason code \(reason); there are: \(known).")
        }
        _ = try selection()
    }

    /// - Parameter status: one status alone; nil for all.
    func selection(_ status: Status? = nil) throws -> DeadLetterSelection {
        var selection = DeadLetterSelection(ids: ids)
        selection.reason = reason
        selection.status = status?.rawValue
        selection.topic = topic
        selection.partition = partition
        selection.since = try since.map { try PointInTime.microseconds($0, option: "--since") }
        selection.until = try until.map { try PointInTime.microseconds($0, option: "--until") }
        return selection
    }

    /// Refuses ids that no dead letter has, before anything is done.
    func checkIDs(on connection: PostgresConnection) async throws {
        guard !ids.isEmpty else { return }
        let unknown = try await DeadLetterReading.unknown(ids, on: connection)
        guard !unknown.isEmpty else { return }
        let shown = unknown.prefix(10).map(String.init).joined(separator: ", ")
        let more = unknown.count > 10 ? " and \(unknown.count - 10) more" : ""
        throw ProgramFailure(
            .usage,
            "there is no dead letter \(shown)\(more): see mention-admin dead-letters list"
        )
    }
}

/// What a command that changes dead letters asks for besides.
struct LetterChangeOptions: ParsableArguments {
    @OptionGroup var letters: LetterOptions
    @Flag(help: "All that are open.") var all = false
    @Option(help: "At most so many, the oldest first.") var limit: Int64?
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who you are, for the audit (default: login@host).", valueName: "name")
    )
    var name: String?

    /// Who does it.
    var who: String { name ?? Operator.name }

    func validate() throws {
        guard all != !letters.isEmpty else {
            throw ValidationError(
                all
                    ? "--all and a choice of dead letters contradict each other: give one of them."
                    : "Say which dead letters: their ids, --reason, --since, --until, --topic, --partition, or --all."
            )
        }
        if let limit, limit < 1 { throw ValidationError("--limit is 1 or more.") }
        if let name, name.isEmpty { throw ValidationError("--as is a name.") }
    }
}

/// Where Kafka is, for commands whose --topic chooses dead letters.
struct KafkaAddressOptions: ParsableArguments, SettingsFlags {
    @Option(help: SettingKey.kafkaBootstrapServers.help)
    var kafkaBootstrapServers: String?

    @Option(help: SettingKey.kafkaProperty.help)
    var kafkaProperty: [String] = []

    @Option(help: SettingKey.kafkaPropertyFile.help)
    var kafkaPropertyFile: [String] = []

    var flags: Flags {
        [
            "kafka-bootstrap-servers": kafkaBootstrapServers, "kafka-property": kafkaProperty,
            "kafka-property-file": kafkaPropertyFile,
        ]
    }
}
