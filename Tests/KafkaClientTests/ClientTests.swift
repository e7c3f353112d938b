import KafkaClient
import Testing

@Suite("Configuration, inspector and producer", .timeLimit(.minutes(2)))
struct ClientTests {
    @Test("Property values are never shown")
    func secrets() throws {
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1",
            properties: ["sasl.password": "secret-value", "security.protocol": "secret-value"]
        )
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("secret-value"))
        #expect("\(configuration)".contains("sasl.password"))
        #expect {
            _ = try KafkaInspector(configuration)
        } throws: {
            guard let error = $0 as? KafkaError else { return false }
            return error.kind == .configuration && error.detail.contains("security.protocol")
                && !"\(error)".contains("secret-value")
        }
    }

    @Test(
        "Properties that cannot work are refused by name",
        arguments: [
            ("no.such.property", "1"), ("session.timeout.ms", "soon"),
            ("partition.assignment.strategy", "cooperative-sticky"),
        ]
    )
    func refusedProperties(name: String, value: String) {
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: [name: value])
        #expect {
            _ = try KafkaConsumer(configuration, group: "g")
        } throws: {
            guard let error = $0 as? KafkaError else { return false }
            return error.kind == .configuration && error.detail.contains(name)
        }
    }

    @Test("A short poll interval passes through to clients that are in no group")
    func shortPollInterval() async throws {
        let properties = ["max.poll.interval.ms": "8000"]
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: properties)
        var options = ConsumerOptions()
        options.sessionTimeout = .seconds(6)
        await (try KafkaInspector(configuration)).close()
        await (try KafkaConsumer(configuration, group: "g", options: options)).close()
        await (try KafkaProducer(configuration)).close()
    }

    @Test("No servers is an error and not a silent wait", arguments: ["", " , "])
    func noServers(servers: String) {
        #expect(throws: KafkaError.self) { try KafkaInspector(KafkaConfiguration(bootstrapServers: servers)) }
    }

    @Test("The inspector sees cluster, partitions and watermarks, and creates nothing")
    func inspector() async throws {
        try await TestCluster.run { cluster in
            let inspector = cluster.inspector
            #expect(try await inspector.clusterID(timeout: .seconds(10))?.isEmpty == false)
            let topic = try await cluster.createTopic(partitions: 64)
            #expect(try await inspector.partitionCount(topic: topic, timeout: .seconds(10)) == 64)
            for _ in 0..<2 {
                await #expect {
                    _ = try await inspector.partitionCount(topic: "absent-\(topic)", timeout: .seconds(10))
                } throws: {
                    ($0 as? KafkaError)?.kind == .unknownTopic
                }
            }
            try await cluster.fill(topic, partitions: 3, count: 5)
            let all = (0..<64).map { TopicPartition(topic, $0) }
            let marks = try await inspector.watermarks(all, timeout: .seconds(10))
            #expect(marks.count == 64)
            for partition in all {
                let high: Int64 = partition.partition < 3 ? 5 : 0
                #expect(marks[partition] == Watermarks(low: 0, high: high))
            }
            let late = try await inspector.offsets(
                for: Array(all.prefix(2)),
                at: 32_503_680_000_000,
                timeout: .seconds(10)
            )
            #expect(late == [all[0]: KafkaOffset.end, all[1]: KafkaOffset.end])
            await #expect {
                _ = try await inspector.watermarks([TopicPartition(topic, 99)], timeout: .seconds(10))
            } throws: {
                let kind = ($0 as? KafkaError)?.kind
                return kind == .unknownPartition || kind == .unknownTopic
            }
        }
    }

    @Test("A topic is created once, and deleted", .enabled(if: TestCluster.usesRealCluster))
    func createAndDelete() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            await #expect {
                try await cluster.inspector.createTopic(topic, partitions: 2, timeout: .seconds(30))
            } throws: {
                ($0 as? KafkaError)?.kind == .topicAlreadyExists
            }
            let second = try await cluster.createTopic(partitions: 2)
            try await cluster.inspector.deleteTopic(second, timeout: .seconds(30))
            await #expect(throws: KafkaError.self) {
                try await cluster.inspector.deleteTopic(second, timeout: .seconds(30))
            }
        }
    }

    @Test("The embedded broker refuses to create a topic twice", .disabled(if: TestCluster.usesRealCluster))
    func embeddedTopics() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            await #expect {
                try await cluster.broker?.createTopic(topic, partitions: 2)
            } throws: {
                ($0 as? KafkaError)?.kind == .topicAlreadyExists
            }
            await #expect(throws: KafkaError.self) { try await cluster.broker?.createTopic("none", partitions: 0) }
            await #expect(throws: KafkaError.self) {
                try await cluster.inspector.createTopic("t", partitions: 1, timeout: .seconds(1))
            }
        }
    }

    @Test("A record that is too large, or has no partition, is counted and the others are delivered")
    func refusedRecords() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            var options = ProducerOptions()
            options.maximumRecordBytes = 10_000
            let producer = try KafkaProducer(cluster.configuration, options: options)
            var batch = ProducerBatch()
            batch.append(key: nil, value: [1])
            try await producer.send(batch, topic: topic)
            #expect(await producer.flush(timeout: .seconds(30)) == 0)
            batch.removeAll()
            batch.append(key: nil, value: [1])
            batch.append(key: nil, value: [UInt8](repeating: 0, count: 20_000))
            batch.append(key: nil, value: [2], partition: 17)
            batch.append(key: nil, value: [3], partition: 1)
            try await producer.send(batch, topic: topic)
            #expect(await producer.flush(timeout: .seconds(30)) == 0)
            #expect(await producer.delivered == 3)
            #expect(await producer.failed.mapValues(\.count) == ["MSG_SIZE_TOO_LARGE": 1, "_UNKNOWN_PARTITION": 1])
            #expect(await producer.trouble == nil)
            await producer.close()
        }
    }

    @Test("A range outside the batch is an error and not a read beyond it")
    func badRange() async throws {
        let producer = try KafkaProducer(KafkaConfiguration(bootstrapServers: "127.0.0.1:1"))
        for range in [0..<11, -1..<3, 20..<30] {
            var batch = ProducerBatch()
            _ = batch.store([UInt8](repeating: 0, count: 10))
            batch.records.append(OutgoingRecord(key: nil, value: range))
            let bad = batch
            await #expect(throws: KafkaError.self) { try await producer.send(bad, topic: "t") }
        }
        await producer.close()
    }

    @Test("Equal keys meet in the partition that Java's clients choose")
    func partitioner() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 64)
            let producer = try KafkaProducer(cluster.configuration)
            var batch = ProducerBatch()
            for _ in 0..<10 { batch.append(key: Array("kafka".utf8), value: [1]) }
            try await producer.send(batch, topic: topic)
            #expect(await producer.flush(timeout: .seconds(30)) == 0)
            await producer.close()
            // murmur2("kafka") = 0xd067cf64, from the test vectors of Kafka's clients.
            let expected = TopicPartition(topic, Int32((0xd067_cf64 & 0x7fff_ffff) % 64))
            let marks = try await cluster.inspector.watermarks([expected], timeout: .seconds(10))
            #expect(marks[expected]?.high == 10)
        }
    }

    @Test("The log goes to the closure that asks for it")
    func log() async throws {
        let (lines, sink) = AsyncStream.makeStream(of: KafkaLogLine.self, bufferingPolicy: .bufferingNewest(100))
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1",
            properties: ["debug": "broker"],
            log: { sink.yield($0) }
        )
        let inspector = try KafkaInspector(configuration)
        var seen = false
        for await line in lines where line.level == 7 && !line.text.isEmpty {
            seen = true
            break
        }
        #expect(seen)
        await inspector.close()
    }
}
