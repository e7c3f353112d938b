/// How to reach a Kafka cluster. Shared by consumers, producers and inspectors.
///
/// Its text forms (`print`, `dump`, string interpolation) show the names of ``properties`` and never their values,
/// which hold passwords.
public struct KafkaConfiguration: Sendable {
    /// `host:port` of some brokers, separated by commas. Must not be empty.
    public var bootstrapServers: String
    /// Names this program in the brokers' logs and quotas.
    public var clientID: String
    /// Any librdkafka property by its name there (`security.protocol`, `sasl.password`, …). These win over what this
    /// module sets. Values are never printed or logged, nor put into an error.
    public var properties: [String: String]
    /// Receives librdkafka's own log lines, from its threads; must be quick. Without it they are dropped: what
    /// matters to a program comes as errors and events.
    public var log: (@Sendable (KafkaLogLine) -> Void)?

    /// Holds the settings; they are checked when a client is made of them.
    public init(
        bootstrapServers: String,
        clientID: String = "mention-farm",
        properties: [String: String] = [:],
        log: (@Sendable (KafkaLogLine) -> Void)? = nil
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
        self.log = log
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The servers and the client id, and the names of the further properties.
    public var description: String {
        let names = properties.keys.sorted().joined(separator: ", ")
        return "KafkaConfiguration(\(bootstrapServers), client \(clientID), properties [\(names)])"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Without the values of ``properties``.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "bootstrapServers": bootstrapServers, "clientID": clientID, "properties": properties.keys.sorted(),
            ]
        )
    }
}

/// A line of librdkafka's log.
public struct KafkaLogLine: Sendable {
    /// Syslog severity: 3 error, 4 warning, 5 notice, 6 information, 7 debug.
    public var level: Int
    /// librdkafka's word for what the line is about, such as `FAIL` or `CONFWARN`.
    public var facility: String
    /// The line itself.
    public var text: String
}
