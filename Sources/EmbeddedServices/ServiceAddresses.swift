internal import Foundation

/// Where the services are, as `mention-demo --services-only` prints it.
public struct ServiceAddresses: Sendable, Hashable, Codable {
    /// `host:port` of the broker.
    public var kafkaBootstrapServers: String
    /// The database, as a libpq URI.
    public var databaseURL: String

    /// Holds both.
    public init(kafkaBootstrapServers: String, databaseURL: String) {
        self.kafkaBootstrapServers = kafkaBootstrapServers
        self.databaseURL = databaseURL
    }

    /// The contract's names.
    private enum CodingKeys: String, CodingKey {
        case kafkaBootstrapServers = "kafka_bootstrap_servers"
        case databaseURL = "database_url"
    }

    /// One line of JSON, without a line feed.
    public func jsonLine() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Reads what ``jsonLine()`` wrote.
    public init(jsonLine: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(jsonLine.utf8))
    }
}
