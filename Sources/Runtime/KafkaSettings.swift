public import ArgumentParser
public import KafkaClient
public import Logging

/// The options of every program that talks to Kafka.
public struct KafkaOptions: ParsableArguments, SettingsFlags {
    /// `--kafka-bootstrap-servers`.
    @Option(help: SettingKey.kafkaBootstrapServers.help)
    public var kafkaBootstrapServers: String?

    /// `--kafka-property`, repeatable.
    @Option(help: SettingKey.kafkaProperty.help)
    public var kafkaProperty: [String] = []

    /// `--kafka-property-file`, repeatable.
    @Option(help: SettingKey.kafkaPropertyFile.help)
    public var kafkaPropertyFile: [String] = []

    /// `--topic`.
    @Option(help: SettingKey.topic.help)
    public var topic: String?

    /// `--group`.
    @Option(help: SettingKey.group.help)
    public var group: String?

    /// Without options.
    public init() {}

    /// What was given.
    public var flags: Flags {
        [
            "kafka-bootstrap-servers": kafkaBootstrapServers, "kafka-property": kafkaProperty,
            "kafka-property-file": kafkaPropertyFile, "topic": topic, "group": group,
        ]
    }
}

/// Where Kafka is and what is read there.
public struct KafkaSettings: Sendable, CustomStringConvertible {
    /// `host:port`, separated by commas.
    public var bootstrapServers: String
    /// The topic of mentions.
    public var topic: String
    /// The consumer group.
    public var group: String
    /// librdkafka's properties, apart from `bootstrap.servers` and `group.id`. Some are secrets.
    public var properties: [String: Secret]

    /// Servers, topic, group and the names of the properties: no secrets.
    public var description: String {
        let names = properties.keys.sorted().joined(separator: ",")
        return "bootstrap.servers=\(bootstrapServers) topic=\(topic) group=\(group) properties=\(names)"
    }

    /// ``properties`` in clear, for the client.
    public var revealedProperties: [String: String] { properties.mapValues(\.revealed) }

    /// What the clients of `KafkaClient` are made of. librdkafka's own log lines go to `logger` at the level debug:
    /// what matters comes as errors, and is said once.
    public func configuration(clientID: String, logger: Logger? = nil) -> KafkaConfiguration {
        var log: (@Sendable (KafkaLogLine) -> Void)?
        if let logger {
            log = { logger.debug("librdkafka: \($0.text)", metadata: ["facility": "\($0.facility)"]) }
        }
        return KafkaConfiguration(
            bootstrapServers: bootstrapServers,
            clientID: clientID,
            properties: revealedProperties,
            log: log
        )
    }
}

extension Settings {
    /// The settings of ``KafkaOptions``.
    ///
    /// - Throws: ``ConfigurationError`` when the servers are missing, or a property or name is malformed.
    public func kafka() throws(ConfigurationError) -> KafkaSettings {
        var properties = try kafkaProperties()
        // Both have an option of their own; as a property they are a second way to say the same.
        let servers = properties.removeValue(forKey: "bootstrap.servers")
        let group = properties.removeValue(forKey: "group.id")
        let remedy = "give the brokers as host:port, or set KAFKA_BOOTSTRAP_SERVERS"
        var given = try string("kafka-bootstrap-servers")
        if given == nil { given = servers?.revealed }
        if given == nil { given = try required("kafka-bootstrap-servers", remedy: remedy) }
        return KafkaSettings(
            bootstrapServers: given?.trimmed ?? "",
            topic: try topicName("topic", default: "mentions"),
            group: try nonEmpty("group", default: group?.revealed ?? "mention-farm"),
            properties: properties
        )
    }

    /// The topic of decisions and signals: `mention-actions` by default; nil where it is given as an empty text.
    public func actionsTopic() throws(ConfigurationError) -> String? {
        let name = "actions-topic"
        if let given = try string(name), given.trimmed.isEmpty { return nil }
        // An empty variable counts as not set elsewhere.
        if try lookup(name) == nil, environment[Self.variable(name)]?.revealed.isEmpty == true { return nil }
        return try topicName(name, default: "mention-actions")
    }

    /// A setting that is the name of a topic: 1 to 249 of `[A-Za-z0-9._-]`, and neither `.` nor `..`.
    public func topicName(_ name: String, default fallback: String) throws(ConfigurationError) -> String {
        let topic = try nonEmpty(name, default: fallback)
        let legal = topic.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if legal, topic.utf8.count <= 249, topic != ".", topic != ".." { return topic }
        throw ConfigurationError(
            setting: name,
            place: try lookup(name)?.place ?? .nowhere,
            problem: "is no name of a topic",
            remedy: "use up to 249 letters, digits, dots, underscores and hyphens"
        )
    }

    private func nonEmpty(_ name: String, default fallback: String) throws(ConfigurationError) -> String {
        guard let (_, place) = try lookup(name) else { return fallback }
        if let text = try string(name), !text.trimmed.isEmpty { return text.trimmed }
        throw ConfigurationError(
            setting: name,
            place: place,
            problem: "is empty",
            remedy: "give a name, or leave it out"
        )
    }

    /// All properties: each from the first place that has it.
    private func kafkaProperties() throws(ConfigurationError) -> [String: Secret] {
        try placedKafkaProperties().mapValues(\.value)
    }

    /// All properties, each from the first place that has it, and which that is.
    func placedKafkaProperties() throws(ConfigurationError) -> [String: (value: Secret, place: SettingPlace)] {
        var properties: [String: (value: Secret, place: SettingPlace)] = [:]
        for level in levels {
            var here: [String: (value: Secret, place: SettingPlace)] = [:]
            if case .environment = level.kind {
                here = try environmentProperties()
            } else {
                for (name, value, place) in try pairs("kafka-property", level) { here[name] = (Secret(value), place) }
                for (name, path, place) in try pairs("kafka-property-file", level) {
                    let text = try Settings.contents(of: path, setting: "kafka-property-file", place: place)
                    here[name] = (Secret(text), place)
                }
            }
            properties.merge(here) { stronger, _ in stronger }
        }
        return properties
    }

    /// `KAFKA_PROPERTY_SASL_PASSWORD` is `sasl.password`; a double underscore stands for one; `…_FILE` names a file.
    private func environmentProperties() throws(ConfigurationError) -> [String: (value: Secret, place: SettingPlace)] {
        let prefix = "KAFKA_PROPERTY_"
        var properties: [String: (value: Secret, place: SettingPlace)] = [:]
        for (variable, secret) in environment where variable.hasPrefix(prefix) && !secret.revealed.isEmpty {
            var rest = variable.dropFirst(prefix.count)
            let place = SettingPlace.environment(variable)
            var value = secret
            if rest.hasSuffix("_FILE") {
                rest = rest.dropLast("_FILE".count)
                if environment[prefix + rest]?.revealed.isEmpty == false {
                    throw ConfigurationError(
                        setting: "kafka-property",
                        place: place,
                        problem: "and \(prefix)\(rest) are both given",
                        remedy: "keep one of them"
                    )
                }
                value = Secret(try Settings.contents(of: secret.revealed, setting: "kafka-property", place: place))
            }
            let words = String(rest).lowercased().replacing("__", with: "\u{0}")
            properties[words.replacing("_", with: ".").replacing("\u{0}", with: "_")] = (value, place)
        }
        return properties
    }

    private func pairs(
        _ setting: String,
        _ level: Level
    ) throws(ConfigurationError) -> [(name: String, value: String, place: SettingPlace)] {
        let texts: [String]
        switch try level.value(setting) {
        case nil: return []
        case .one(let text): texts = [text]
        case .many(let all): texts = all
        }
        var pairs: [(String, String, SettingPlace)] = []
        for text in texts {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw ConfigurationError(
                    setting: setting,
                    place: level.place(setting),
                    problem: "has an entry without a name or an equals sign",
                    remedy: "write it as security.protocol=SASL_SSL"
                )
            }
            pairs.append((text[..<equals].trimmed, String(text[text.index(after: equals)...]), level.place(setting)))
        }
        return pairs
    }
}
