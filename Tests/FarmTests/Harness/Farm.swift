import Foundation
import KafkaClient
import Persistence
import PostgresClient
import Synchronization
import Testing

/// What one test has for itself: a topic, a database, and the programs that it starts.
struct Farm: Sendable {
    static let partitions = 8

    let topic: String
    let group: String
    var database: TestDatabase
    let programs: Programs
    let services: Services

    /// Runs a test with a topic and a database of its own.
    static func run(
        partitions: Int = partitions,
        migrated: Bool = true,
        _ body: (Farm) async throws -> Void
    ) async throws {
        let services = try Services.required()
        let name = uniqueName("farm-test")
        try await TestDatabase.with(migrated: migrated) { database in
            try await withTopic(name, partitions, services) {
                try await Programs.run { programs in
                    try await body(
                        Farm(topic: name, group: name, database: database, programs: programs, services: services)
                    )
                }
            }
        }
    }

    private static let counter = Mutex(0)

    static func uniqueName(_ prefix: String, separator: String = "-") -> String {
        let number = counter.withLock { count in
            count += 1
            return count
        }
        return [prefix, "\(getpid())", "\(number)"].joined(separator: separator)
    }

    /// The same topic, read by another group into another database.
    func sibling(_ database: TestDatabase) -> Farm {
        Farm(
            topic: topic,
            group: Self.uniqueName("farm-test"),
            database: database,
            programs: programs,
            services: services
        )
    }

    private static func withTopic(
        _ name: String,
        _ partitions: Int,
        _ services: Services,
        _ body: () async throws -> Void
    ) async throws {
        if let broker = services.broker {
            try await broker.createTopic(name, partitions: partitions)
            // Goes with the broker.
            return try await body()
        }
        let inspector = try KafkaInspector(services.kafka)
        try await createTopic(name, partitions, inspector)
        var failure: (any Error)?
        do {
            try await body()
        } catch {
            failure = error
        }
        do throws(KafkaError) {
            try await inspector.deleteTopic(name, timeout: .seconds(30))
        } catch {
            Issue.record("topic \(name) is left behind: \(error)")
        }
        await inspector.close()
        if let failure { throw failure }
    }

    /// Creates a topic on a real cluster and waits until it is there.
    private static func createTopic(_ name: String, _ partitions: Int, _ inspector: KafkaInspector) async throws {
        try await inspector.createTopic(
            name,
            partitions: partitions,
            // The records are as old as their seed says, so nothing may expire.
            configuration: ["max.message.bytes": "4194304", "retention.ms": "-1"],
            timeout: .seconds(30)
        )
        try await wait(for: "topic \(name)") {
            // Unknown until all brokers have heard of it.
            let count = try? await inspector.partitionCount(topic: name, timeout: .seconds(5))
            return count == Int32(partitions)
        }
    }

    // MARK: Programs

    /// What tells a program where its services are.
    var environment: [String: String] {
        [
            "KAFKA_BOOTSTRAP_SERVERS": services.kafka.bootstrapServers, "DATABASE_URL": database.url,
            "MENTIONS_TOPIC": topic, "MENTIONS_GROUP": group,
            // Nobody listens, but where a test says so.
            "MENTION_ACTIONS_TOPIC": "",
        ]
    }

    /// Starts a program with the addresses of this farm in its environment.
    func start(_ program: String, _ arguments: [String], environment extra: [String: String] = [:]) -> Child {
        programs.start(program, arguments, environment: environment.merging(extra) { $1 })
    }

    /// Starts a worker with the shortest session timeout that a real broker takes.
    func worker(_ arguments: String..., environment extra: [String: String] = [:]) -> Child {
        start("mention-worker", ["--session-timeout", "6s"] + arguments, environment: extra)
    }

    /// Runs a program to its end and expects exit code 0.
    @discardableResult
    func succeed(_ program: String, _ arguments: String...) async throws -> Child {
        let child = start(program, arguments)
        let status = try await child.end()
        try #require(
            status == .exited(0),
            "\(program) \(arguments.joined(separator: " ")): \(child.output)\(child.log)"
        )
        return child
    }

    // MARK: Kafka

    /// Publishes records and waits until all are stored.
    func publish(_ records: [TestRecord]) async throws {
        let producer = try KafkaProducer(services.kafka)
        var batch = ProducerBatch()
        for record in records {
            batch.append(
                key: nil,
                value: record.payload,
                partition: record.partition,
                timestampMilliseconds: record.timestampMilliseconds
            )
            if batch.bytes.count > 1 << 20 {
                try await producer.send(batch, topic: topic)
                batch.removeAll()
            }
        }
        try await producer.send(batch, topic: topic)
        let left = await producer.flush(timeout: .seconds(30))
        let failed = await producer.failed
        await producer.close()
        try #require(left == 0 && failed.isEmpty, "\(left) records were not delivered; \(failed)")
        try await checkNothingWasDropped()
    }

    /// The embedded broker drops the oldest records silently when a partition grows over 5 MiB.
    private func checkNothingWasDropped() async throws {
        let inspector = try KafkaInspector(services.kafka)
        let count = try await inspector.partitionCount(topic: topic, timeout: .seconds(10))
        let partitions = (0..<count).map { TopicPartition(topic, $0) }
        let watermarks = try await inspector.watermarks(partitions, timeout: .seconds(10))
        await inspector.close()
        try #require(watermarks.values.allSatisfy { $0.low == 0 }, "the broker dropped records: the test is too large")
    }

    // MARK: Waiting

    /// Waits until so many records have had their effect.
    func records(reach count: Int, within limit: Duration = .seconds(90)) async throws {
        var seen: Int64 = -1
        try await wait(for: "\(count) records in progress (\(seen) are there)", within: limit) {
            seen = try await database.number("SELECT coalesce(sum(records), 0)::bigint FROM progress")
            return seen >= Int64(count)
        }
    }

    /// Waits until `related_through` is the end of every partition.
    func relatedToTheEnd() async throws {
        try await database.waits(
            for: "SELECT bool_and(coalesce(related_through, 0) >= next_offset) FROM progress",
            within: .seconds(60)
        )
    }

    /// Asserts what must always hold: every check of the verifier, and one effect a record.
    func expectVerified(records: Int, _ comment: Comment? = nil) async throws {
        for check in try await Verifier.run(on: database.connection) where !check.passed {
            Issue.record("\(comment?.rawValue ?? "") \(check.name): \(check.failures): \(check.examples)")
        }
        #expect(try await database.number("SELECT sum(records)::bigint FROM progress") == Int64(records), comment)
    }
}
