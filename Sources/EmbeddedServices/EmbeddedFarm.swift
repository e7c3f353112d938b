internal import KafkaClient

/// A broker and a database of our own, for as long as they are wanted.
public struct EmbeddedFarm: Sendable {
    /// Topics to create.
    public var topics: [String]
    /// Partitions of each topic.
    public var partitions: Int
    /// A fixed port on 127.0.0.1 for the broker; nil for one of the system's choice.
    public var kafkaPort: UInt16?
    /// Where the database lies, and stays; nil for a temporary folder.
    public var dataDirectory: String?

    /// Describes a farm; nothing starts yet.
    public init(
        topics: [String] = ["mentions"],
        partitions: Int = 64,
        kafkaPort: UInt16? = nil,
        dataDirectory: String? = nil
    ) {
        self.topics = topics
        self.partitions = partitions
        self.kafkaPort = kafkaPort
        self.dataDirectory = dataDirectory
    }

    /// Starts both services, runs `body`, and stops them, in whatever way `body` ends.
    ///
    /// The broker lives in this process and keeps about 5 MiB a partition in memory (see `EmbeddedBroker`); the
    /// database is a process of its own.
    /// - Throws: `KafkaError`, ``EmbeddedPostgresError``, ``PortForwarder/Failure``, or what `body` throws.
    public func run<Result: Sendable>(
        _ body: @Sendable (ServiceAddresses) async throws -> Result
    ) async throws -> Result {
        let broker = try EmbeddedBroker()
        do {
            for topic in topics { try await broker.createTopic(topic, partitions: partitions) }
            let result = try await withForwarder(to: broker.bootstrapServers) { servers in
                let database = try await EmbeddedPostgres.start(dataDirectory: dataDirectory)
                do {
                    let addresses = ServiceAddresses(kafkaBootstrapServers: servers, databaseURL: database.url)
                    let result = try await body(addresses)
                    await database.stop()
                    return result
                } catch {
                    await database.stop()
                    throw error
                }
            }
            await broker.close()
            return result
        } catch {
            await broker.close()
            throw error
        }
    }

    /// Runs `body` with the address to give to clients: the broker's own, or the forwarder's while it serves.
    private func withForwarder<Result: Sendable>(
        to servers: String,
        _ body: @Sendable (String) async throws -> Result
    ) async throws -> Result {
        guard let kafkaPort, let upstream = servers.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            return try await body(servers)
        }
        let forwarder = try PortForwarder(port: kafkaPort, upstream: upstream)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await forwarder.run() }
            defer { group.cancelAll() }
            return try await body("127.0.0.1:\(forwarder.port)")
        }
    }
}
