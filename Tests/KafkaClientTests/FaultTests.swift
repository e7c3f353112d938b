import KafkaClient
import Testing

@Suite("Faults", .timeLimit(.minutes(2)))
struct FaultTests {
    /// Port 1 of the loopback interface, where nothing listens.
    private let nowhere = KafkaConfiguration(bootstrapServers: "127.0.0.1:1")

    @Test("Without a broker a consumer reports a transient failure and goes on")
    func consumerWithoutBroker() async throws {
        let consumer = try KafkaConsumer(nowhere, group: "g")
        try await consumer.subscribe(["t"])
        try await consumer.poll(until: "failure") { event in
            guard case .failed(let error) = event else { return false }
            #expect(error.kind == .transient)
            return true
        }
        await consumer.close()
    }

    @Test("Without a broker records are given up after the delivery timeout, also when the queue is full")
    func producerWithoutBroker() async throws {
        var options = ProducerOptions()
        options.deliveryTimeout = .milliseconds(300)
        options.queuedRecords = 40
        let producer = try KafkaProducer(nowhere, options: options)
        var batch = ProducerBatch()
        for number in 0..<100 { batch.append(key: nil, value: Array("\(number)".utf8)) }
        try await producer.send(batch, topic: "t")
        #expect(await producer.flush(timeout: .seconds(60)) == 0)
        #expect(await producer.delivered == 0)
        #expect(await producer.failed.mapValues(\.count) == ["_MSG_TIMED_OUT": 100])
        #expect(await producer.trouble?.kind == .transient)
        await producer.close()
        await #expect(throws: KafkaError.self) { try await producer.send(batch, topic: "t") }
    }

    @Test("A send that waits for room ends when its task is cancelled, and lets others in meanwhile")
    func cancelledSend() async throws {
        var options = ProducerOptions()
        options.queuedRecords = 4
        let producer = try KafkaProducer(nowhere, options: options)
        var batch = ProducerBatch()
        for number in 0..<10 { batch.append(key: nil, value: [UInt8(number)]) }
        let filled = batch
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect {
                    try await producer.send(filled, topic: "t")
                } throws: {
                    ($0 as? KafkaError)?.name == "_INTR"
                }
            }
            // The queue holds 4 of the 10: a call that is answered with trouble proves that the send lets others in.
            while await producer.trouble == nil {}
            group.cancelAll()
        }
        #expect(await producer.flush(timeout: .zero) > 0)
        await producer.close()
    }

    @Test("Without a broker an inspector says what is wrong")
    func inspectorWithoutBroker() async throws {
        let inspector = try KafkaInspector(nowhere)
        await #expect {
            _ = try await inspector.partitionCount(topic: "t", timeout: .seconds(1))
        } throws: {
            ($0 as? KafkaError)?.kind == .transient
        }
        await inspector.close()
    }

    @Test("A topic that does not exist is reported", .disabled(if: TestCluster.usesRealCluster))
    func unknownTopicOfConsumer() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.broker?.setTopicError(topic, code: 3)
            let consumer = try cluster.consumer()
            try await consumer.subscribe([topic])
            try await consumer.poll(until: "failure") { event in
                guard case .failed(let error) = event else { return false }
                #expect(error.kind == .unknownTopic)
                return true
            }
            await consumer.close()
        }
    }

    @Test("A producer's topic that does not exist ends in an error", .disabled(if: TestCluster.usesRealCluster))
    func unknownTopicOfProducer() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.broker?.setTopicError(topic, code: 3)
            var options = ProducerOptions()
            options.deliveryTimeout = .seconds(2)
            let producer = try KafkaProducer(cluster.configuration, options: options)
            var batch = ProducerBatch()
            batch.append(key: nil, value: [1])
            try await producer.send(batch, topic: topic)
            #expect(await producer.flush(timeout: .seconds(60)) == 0)
            let kinds = await producer.failed.values.map(\.last.kind)
            #expect(kinds == [.unknownTopic] || kinds == [.timedOut])
            await producer.close()
        }
    }

    @Test("A topic that is refused is no transient failure", .disabled(if: TestCluster.usesRealCluster))
    func forbiddenTopic() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.broker?.setTopicError(topic, code: 29)
            let consumer = try cluster.consumer()
            try await consumer.subscribe([topic])
            try await consumer.poll(until: "failure") { event in
                guard case .failed(let error) = event else { return false }
                #expect(error.kind == .authentication)
                return true
            }
            await consumer.close()
        }
    }

    @Test("A broker that goes away and comes back loses nothing", .disabled(if: TestCluster.usesRealCluster))
    func brokerDownAndUp() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.fill(topic, partitions: 1, count: 3)
            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            var offsets: [Int64] = []
            try await consumer.poll(until: "3 records") { event in
                if case .records(let batch) = event { offsets += batch.records.map(\.offset) }
                return offsets.count == 3
            }
            try await cluster.broker?.setDown(broker: 1)
            try await consumer.poll(until: "failure") { event in
                guard case .failed(let error) = event else { return false }
                #expect(error.kind == .transient)
                return true
            }
            try await cluster.broker?.setUp(broker: 1)
            try await cluster.fill(topic, partitions: 1, count: 3)
            try await consumer.poll(until: "6 records") { event in
                switch event {
                case .records(let batch):
                    offsets += batch.records.map(\.offset)
                case .revoked:
                    try await consumer.unassign()
                case .assigned:
                    try await consumer.assign([TopicPartition(topic, 0): Int64(offsets.count)])
                default:
                    break
                }
                return offsets.count >= 6
            }
            #expect(offsets == Array(0..<6))
            await consumer.close()
        }
    }

    @Test(
        "A membership that is lost is a revoke that says so, also while an assignment is held",
        .disabled(if: TestCluster.usesRealCluster),
        arguments: [false, true]
    )
    func lostMembership(held: Bool) async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.fill(topic, partitions: 1, count: 3)
            let consumer = try cluster.consumer()
            let partition = TopicPartition(topic, 0)
            try await consumer.subscribe([topic])
            try await consumer.poll(until: "assignment") { event in
                if case .assigned = event { true } else { false }
            }
            if !held { try await consumer.assign([partition: 0]) }
            // The next heartbeat finds that the group does not know this member.
            try await cluster.broker?.pushErrors(apiKey: 12, [25])
            if held {
                // No event comes before the answer. That the member has lost its id shows in a commit.
                await consumer.commit([partition: 0])
                try await consumer.poll(until: "a refused commit") { event in
                    guard case .committed(_, let error) = event else { return false }
                    if error == nil { await consumer.commit([partition: 0]) }
                    return error != nil
                }
                try await consumer.assign([partition: 0])
            }
            var lost: Bool?
            var wasAssignedAgain = false
            try await consumer.poll(until: "a second assignment") { event in
                switch event {
                case .revoked(let partitions, let wasLost):
                    #expect(partitions == [partition])
                    lost = wasLost
                    try await consumer.unassign()
                case .assigned:
                    wasAssignedAgain = true
                    try await consumer.assign([partition: 1])
                case .records(let batch):
                    return wasAssignedAgain && batch.records.first?.offset == 1
                default:
                    break
                }
                return false
            }
            #expect(lost == true)
            await consumer.close()
        }
    }

    @Test("A failed produce request is repeated and stored once", .disabled(if: TestCluster.usesRealCluster))
    func producerRetries() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            // Not leader, request timed out, disconnect.
            try await cluster.broker?.pushErrors(apiKey: 0, [6, 7, -195])
            try await cluster.fill(topic, partitions: 1, count: 100)
            let partition = TopicPartition(topic, 0)
            let marks = try await cluster.inspector.watermarks([partition], timeout: .seconds(10))
            #expect(marks == [partition: Watermarks(low: 0, high: 100)])
        }
    }

    @Test("A broker that asks for no login refuses one", .disabled(if: TestCluster.usesRealCluster))
    func login() async throws {
        try await TestCluster.run { cluster in
            var configuration = cluster.configuration
            configuration.properties = [
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "u",
                "sasl.password": "secret-password",
            ]
            let inspector = try KafkaInspector(configuration)
            await #expect {
                _ = try await inspector.clusterID(timeout: .seconds(3))
            } throws: {
                guard let error = $0 as? KafkaError else { return false }
                return error.kind == .authentication && !"\(error)".contains("secret-password")
            }
            await inspector.close()
        }
    }
}
