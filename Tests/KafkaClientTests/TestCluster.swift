import Foundation
import KafkaClient
import Synchronization

/// A cluster for one test: the one named by `KAFKA_BOOTSTRAP_SERVERS`, with topics of the test's own, or an embedded
/// broker.
struct TestCluster {
    let configuration: KafkaConfiguration
    /// Nil on a real cluster, where faults cannot be made.
    let broker: EmbeddedBroker?
    let inspector: KafkaInspector
    private let topics = Topics()

    static let usesRealCluster = servers != nil

    private static let servers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"].flatMap {
        $0.isEmpty ? nil : $0
    }

    /// Runs a test against a cluster and takes it down afterwards.
    static func run(_ body: (TestCluster) async throws -> Void) async throws {
        let broker = servers == nil ? try EmbeddedBroker() : nil
        let configuration = KafkaConfiguration(bootstrapServers: servers ?? broker?.bootstrapServers ?? "")
        let cluster = TestCluster(
            configuration: configuration,
            broker: broker,
            inspector: try KafkaInspector(configuration)
        )
        do {
            try await body(cluster)
        } catch {
            await cluster.close()
            throw error
        }
        await cluster.close()
    }

    func createTopic(partitions: Int) async throws -> String {
        let name = "test-\(UUID().uuidString.lowercased())"
        topics.names.withLock { $0.append(name) }
        if let broker {
            try await broker.createTopic(name, partitions: partitions)
        } else {
            try await inspector.createTopic(
                name,
                partitions: partitions,
                configuration: ["max.message.bytes": "4194304"],
                timeout: .seconds(30)
            )
        }
        return name
    }

    /// Publishes `count` records to each partition, with the partition and number as value.
    func fill(_ topic: String, partitions: Int32, count: Int) async throws {
        let producer = try KafkaProducer(configuration)
        var batch = ProducerBatch()
        for partition in 0..<partitions {
            for number in 0..<count {
                batch.append(key: nil, value: Array("\(partition):\(number)".utf8), partition: partition)
            }
        }
        try await producer.send(batch, topic: topic)
        let left = await producer.flush(timeout: .seconds(30))
        await producer.close()
        guard left == 0 else { throw TestFailure(what: "\(left) records were not delivered") }
    }

    func consumer(
        group: String = UUID().uuidString,
        _ change: (inout ConsumerOptions) -> Void = { _ in }
    ) throws -> KafkaConsumer {
        var options = ConsumerOptions()
        options.sessionTimeout = .seconds(6)
        change(&options)
        return try KafkaConsumer(configuration, group: group, options: options)
    }

    private func close() async {
        if broker == nil {
            for topic in topics.names.withLock({ $0 }) {
                do {
                    try await inspector.deleteTopic(topic, timeout: .seconds(30))
                } catch  where error.kind == .unknownTopic {
                    continue  // The test has deleted it.
                } catch {
                    print("topic \(topic) is left behind: \(error)")
                }
            }
        }
        await inspector.close()
        await broker?.close()
    }
}

/// The topics that a test has made, to be deleted after it.
private final class Topics: Sendable {
    let names = Mutex<[String]>([])
}

struct TestFailure: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}

extension KafkaConsumer {
    /// Polls until `body` returns true, feeding it each event; fails after a minute.
    nonisolated func poll(
        until what: String,
        maximumRecords: Int = 1_000,
        _ body: (ConsumerEvent) async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let events = await poll(
                maximumRecords: maximumRecords,
                maximumBytes: 8 << 20,
                timeout: .milliseconds(100)
            )
            var done = false
            for event in events where try await body(event) {
                done = true
            }
            if done { return }
        }
        throw TestFailure(what: "never came: \(what)")
    }

    /// Waits for the group's assignment and answers it from `offset` on; returns what was assigned.
    @discardableResult
    nonisolated func join(_ topic: String, at offset: Int64 = 0) async throws -> [TopicPartition] {
        try await subscribe([topic])
        var assigned: [TopicPartition] = []
        try await poll(until: "assignment") { event in
            guard case .assigned(let partitions) = event else { return false }
            assigned = partitions
            return true
        }
        try await assign(Dictionary(uniqueKeysWithValues: assigned.map { ($0, offset) }))
        return assigned.sorted()
    }
}

extension RecordBatch {
    func text(_ range: Range<Int>?) -> String? {
        range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }
}
