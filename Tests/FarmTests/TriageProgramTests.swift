import Foundation
import KafkaClient
import Testing

extension WholeFarm {
    /// From the topic of mentions to the topic of actions, and the queue between.
    @Suite struct TriageProgramTests {
        /// Workers are killed again and again; the last word published of each mention is what stands in the queue.
        @Test func killedWorkersLoseNoDecision() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 91, count: 3_000)
                let actions = Farm.uniqueName("actions")
                try await farm.createActionsTopic(actions)
                let environment = ["MENTION_ACTIONS_TOPIC": actions]
                for round in 0..<3 {
                    let workers = (0..<2).map { _ in farm.worker(environment: environment) }
                    let share = stream.records.count / 3
                    let end = round == 2 ? stream.records.count : (round + 1) * share
                    let part = stream.records[round * share..<end]
                    try await farm.publish(Array(part))
                    try await farm.records(reach: round * share + share / 2)
                    for worker in workers { try worker.signal(SIGKILL) }
                    for worker in workers { _ = try await worker.end() }
                }
                let last = farm.worker(environment: environment)
                try await farm.records(reach: stream.records.count)
                try await farm.database.waits(for: "SELECT NOT EXISTS (SELECT FROM outbox)")
                try last.signal(SIGTERM)
                _ = try await last.end()
                try await farm.expectVerified(records: stream.records.count)

                let said = try await farm.actions(actions)
                let standing = try await farm.database.strings(
                    """
                    SELECT concat_ws('|', source, native_id, brand, team, action, priority, reason)
                    FROM mention_farm.triage ORDER BY 1
                    """
                )
                #expect(standing.count > 50)
                #expect(said.filter { !$0.contains("|leave|") }.sorted() == standing.sorted())
            }
        }

        /// Rows of a key are published one after the other, whoever does it and whoever is killed: who drops repeats reads
        /// them in their order, with none missing.
        @Test func theOutboxIsPublishedInTheOrderOfEachKey() async throws {
            try await Farm.run { farm in
                let actions = Farm.uniqueName("actions")
                try await farm.createActionsTopic(actions)
                try await farm.fillOutbox(rows: 1...6_000, keys: 700)
                let workers = (0..<3).map { _ in farm.worker(environment: ["MENTION_ACTIONS_TOPIC": actions]) }
                try await farm.database.waits(for: "SELECT count(*) <= 5000 FROM outbox")
                let holder = try await farm.database.strings("SELECT owner FROM lease WHERE name = 'outbox'").first
                let killed = try #require(workers.first { holder?.contains("/\($0.processID ?? 0)@") == true })
                try killed.signal(SIGKILL)
                try await farm.fillOutbox(rows: 6_001...7_500, keys: 700)
                try await farm.database.waits(for: "SELECT NOT EXISTS (SELECT FROM outbox)")
                for worker in workers where worker !== killed { try worker.signal(SIGTERM) }
                for worker in workers { _ = try await worker.end() }

                var last: [String: Int] = [:]
                for (key, action) in try await farm.published(actions) {
                    let number = try #require(action["action_id"] as? Int)
                    #expect(key == "test:\(number % 700)")
                    #expect(number == last[key].map { $0 + 700 } ?? (number % 700 == 0 ? 700 : number % 700), "\(key)")
                    last[key] = number
                }
                #expect(last.count == 700)
                #expect(last.values.min() == 6_801)
            }
        }

        /// A topic that is missing is said once, and holds up nothing.
        @Test func aMissingTopicIsSaidAndWaitedFor() async throws {
            try await Farm.run { farm in
                let worker = farm.worker(
                    "--until-caught-up",
                    environment: ["MENTION_ACTIONS_TOPIC": Farm.uniqueName("nowhere")]
                )
                let stream = try TestStream(seed: 92, count: 800)
                try await farm.publish(stream.records)
                #expect(try await worker.end() == .exited(0))
                let again = farm.worker(
                    "--until-caught-up",
                    environment: ["MENTION_ACTIONS_TOPIC": Farm.uniqueName("nowhere")]
                )
                #expect(try await again.end() == .exited(0))
                let status = try await farm.succeed("mention-admin", "status")
                #expect(status.output.contains("OUTBOX"))
                // How many wait is not asked: a broker may make topics by itself when they are asked for.
                #expect(try await farm.database.number("SELECT count(*) FROM mention_farm.triage") > 0)
            }
        }
    }
}

extension Farm {
    fileprivate func createActionsTopic(_ name: String) async throws {
        if let broker = services.broker {
            try await broker.createTopic(name, partitions: 2)
        } else {
            let inspector = try KafkaInspector(services.kafka)
            try await inspector.createTopic(name, partitions: 2, configuration: [:], timeout: .seconds(30))
            await inspector.close()
        }
    }

    /// Actions numbered so, in turn about so many mentions.
    fileprivate func fillOutbox(rows: ClosedRange<Int>, keys: Int) async throws {
        try await database.run(
            """
            INSERT INTO outbox (key, payload)
            SELECT 'test:' || n % \(keys), convert_to(format('{"action_id": %s}', n), 'UTF8')
            FROM generate_series(\(rows.lowerBound), \(rows.upperBound)) AS n ORDER BY n
            """
        )
    }

    /// The last word on each mention and brand.
    fileprivate func actions(_ topic: String) async throws -> [String] {
        var last: [String: String] = [:]
        for (key, action) in try await published(topic) {
            func text(_ name: String) -> String { (action[name]).map { "\($0)" } ?? "" }
            #expect(key == "\(text("source")):\(text("id"))")
            let names = ["source", "id", "brand", "team", "action", "priority", "reason"]
            last["\(key)|\(text("brand"))"] = names.map(text).joined(separator: "|")
        }
        return Array(last.values)
    }

    /// What was published, with its keys, repeats of an action_id dropped; in order for each key.
    fileprivate func published(_ topic: String) async throws -> [(key: String, action: [String: Any])] {
        let inspector = try KafkaInspector(services.kafka)
        let partitions = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
        let marks = try await inspector.watermarks(partitions, timeout: .seconds(10))
        await inspector.close()
        let wanted = marks.values.reduce(0) { $0 + $1.high }
        var options = ConsumerOptions()
        options.sessionTimeout = .seconds(6)
        let consumer = try KafkaConsumer(services.kafka, group: Farm.uniqueName("actions-reader"), options: options)
        try await consumer.subscribe([topic])
        var seen: Set<String> = []
        var published: [(key: String, action: [String: Any])] = []
        var read: Int64 = 0
        let deadline = ContinuousClock.now + .seconds(60)
        while read < wanted, ContinuousClock.now < deadline {
            let events = await consumer.poll(
                maximumRecords: 1_000,
                maximumBytes: 8 << 20,
                timeout: .milliseconds(100)
            )
            for event in events {
                switch event {
                case .assigned(let partitions):
                    try await consumer.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, 0) }))
                case .records(let batch):
                    for record in batch.records {
                        read += 1
                        let value = record.value.map { Data(batch.bytes[$0]) } ?? Data()
                        let action = try #require(try JSONSerialization.jsonObject(with: value) as? [String: Any])
                        guard seen.insert("\(action["action_id"] ?? "")").inserted else { continue }
                        let key = try #require(record.key.map { String(decoding: batch.bytes[$0], as: UTF8.self) })
                        published.append((key, action))
                    }
                default: break
                }
            }
        }
        await consumer.close()
        try #require(read == wanted, "\(read) of \(wanted) actions were read")
        return published
    }
}
