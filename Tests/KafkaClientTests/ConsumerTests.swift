import KafkaClient
import Testing

@Suite("Consumer", .timeLimit(.minutes(3)))
struct ConsumerTests {
    @Test("Keys, timestamps, tombstones, empty and large values come back as they were sent")
    func roundTrip() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            let large = (0..<1_572_864).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let producer = try KafkaProducer(cluster.configuration)
            var batch = ProducerBatch()
            batch.append(key: Array("k1".utf8), value: Array("one".utf8), timestampMilliseconds: 1_700_000_000_123)
            batch.append(key: Array("k2".utf8), value: nil)
            batch.append(key: nil, value: [])
            batch.append(key: [], value: large)
            try await producer.send(batch, topic: topic)
            #expect(await producer.flush(timeout: .seconds(30)) == 0)
            #expect(await producer.delivered == 4)
            #expect(await producer.failed.isEmpty)
            await producer.close()

            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            var read: [(key: String?, value: [UInt8]?, record: Record)] = []
            try await consumer.poll(until: "4 records") { event in
                guard case .records(let batch) = event else { return false }
                #expect(batch.partition == TopicPartition(topic, 0))
                for record in batch.records {
                    read.append((batch.text(record.key), record.value.map { Array(batch.bytes[$0]) }, record))
                }
                return read.count >= 4
            }
            await consumer.close()
            #expect(read.map(\.record.offset) == [0, 1, 2, 3])
            #expect(read.map(\.key) == ["k1", "k2", nil, ""])
            #expect(read.map(\.value) == [Array("one".utf8), nil, [], large])
            #expect(read[0].record.timestampMilliseconds == 1_700_000_000_123)
            #expect(read[1].record.timestampMilliseconds > 1_700_000_000_123)
        }
    }

    @Test("An assignment may be held while polling goes on, and be answered in part")
    func heldAssignment() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 3)
            try await cluster.fill(topic, partitions: 3, count: 10)
            let consumer = try cluster.consumer()
            try await consumer.subscribe([topic])
            try await consumer.poll(until: "assignment") { event in
                guard case .assigned(let partitions) = event else { return false }
                #expect(partitions.sorted() == (0..<3).map { TopicPartition(topic, $0) })
                return true
            }
            let one = TopicPartition(topic, 1)
            await consumer.commit([one: 7])
            try await consumer.poll(until: "answer to the commit, during the hold") { event in
                if case .records = event { Issue.record("records before the assignment was answered") }
                guard case .committed(let offsets, let error) = event else { return false }
                #expect(offsets == [one: 7])
                #expect(error == nil)
                return true
            }
            try await consumer.assign([one: 4])
            var offsets: [Int64] = []
            try await consumer.poll(until: "end of partition 1") { event in
                if case .records(let batch) = event {
                    #expect(batch.partition == one)
                    offsets += batch.records.map(\.offset)
                }
                if case .endOfPartition(let partition, let offset) = event {
                    #expect(partition == one)
                    #expect(offset == 10)
                    return true
                }
                return false
            }
            #expect(offsets == Array(4..<10))
            await consumer.close()
        }
    }

    @Test("A second member takes its share when it joins and gives it back when it closes")
    func joinAndLeave() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            let first = try cluster.consumer(group: topic)
            let second = try cluster.consumer(group: topic)
            var firstShare = try await first.join(topic)
            #expect(firstShare.count == 2)
            try await second.subscribe([topic])

            var secondShare: [TopicPartition] = []
            var wasLost: Bool?
            try await first.poll(until: "shares") { event in
                try await Self.answer(event, of: first, &firstShare, &wasLost)
                var unused: Bool?
                for event in await second.poll(maximumRecords: 10, maximumBytes: 1_000, timeout: .zero) {
                    try await Self.answer(event, of: second, &secondShare, &unused)
                }
                return firstShare.count == 1 && secondShare.count == 1
            } whenIdle: {
                var unused: Bool?
                for event in await second.poll(maximumRecords: 10, maximumBytes: 1_000, timeout: .zero) {
                    try await Self.answer(event, of: second, &secondShare, &unused)
                }
                return firstShare.count == 1 && secondShare.count == 1
            }
            #expect(wasLost == false)
            #expect(Set(firstShare + secondShare).count == 2)

            await second.close()
            try await first.poll(until: "everything again") { event in
                try await Self.answer(event, of: first, &firstShare, &wasLost)
                return firstShare.count == 2
            }
            #expect(wasLost == false)
            await first.close()
        }
    }

    private static func answer(
        _ event: ConsumerEvent,
        of consumer: KafkaConsumer,
        _ share: inout [TopicPartition],
        _ lost: inout Bool?
    ) async throws {
        switch event {
        case .assigned(let partitions):
            share = partitions
            try await consumer.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, 0) }))
        case .revoked(let partitions, let wasLost):
            #expect(Set(partitions) == Set(share))
            lost = wasLost
            share = []
            try await consumer.unassign()
        default:
            break
        }
    }

    @Test("A paused partition is silent; after the resume nothing is missing and nothing comes twice")
    func pauseAndResume() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            try await cluster.fill(topic, partitions: 2, count: 500)
            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            let zero = TopicPartition(topic, 0)
            var read: [Int32: [Int64]] = [:]
            func take(_ event: ConsumerEvent) -> Int32? {
                if case .records(let batch) = event {
                    read[batch.partition.partition, default: []] += batch.records.map(\.offset)
                    return batch.partition.partition
                }
                return nil
            }
            try await consumer.poll(until: "some of partition 0", maximumRecords: 7) { event in
                take(event) == 0
            }
            for _ in 0..<3 {
                // Resuming what flows, and pausing what is paused, must not lose what is fetched.
                try await consumer.resume([zero, TopicPartition(topic, 1)])
                try await consumer.pause([zero])
                try await consumer.pause([zero])
                let before = read[0]?.count
                try await cluster.fill(topic, partitions: 2, count: 1)
                let target = (read[1]?.count ?? 0) + 20
                try await consumer.poll(until: "more of partition 1", maximumRecords: 7) { event in
                    #expect(take(event) != 0, "a record of a paused partition")
                    return (read[1]?.count ?? 0) >= min(target, 501)
                }
                #expect(read[0]?.count == before)
                try await consumer.resume([zero])
                let goal = (before ?? 0) + 20
                try await consumer.poll(until: "more of partition 0", maximumRecords: 7) { event in
                    _ = take(event)
                    return (read[0]?.count ?? 0) >= goal
                }
            }
            try await consumer.poll(until: "everything", maximumRecords: 100) { event in
                _ = take(event)
                return read[0]?.count == 503 && read[1]?.count == 503
            }
            #expect(read[0] == Array(0..<503))
            #expect(read[1] == Array(0..<503))
            await consumer.close()
        }
    }

    @Test("A pause does not outlive the assignment")
    func pauseEndsWithAssignment() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.fill(topic, partitions: 1, count: 5)
            let consumer = try cluster.consumer()
            let partitions = try await consumer.join(topic)
            try await consumer.pause(partitions)
            try await consumer.unassign()
            try await consumer.assign([TopicPartition(topic, 0): 2])
            try await consumer.poll(until: "records") { event in
                guard case .records(let batch) = event else { return false }
                #expect(batch.records.first?.offset == 2)
                return true
            }
            await consumer.close()
        }
    }

    @Test("Seeking moves the next record, also while paused")
    func seek() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.fill(topic, partitions: 1, count: 50)
            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            let partition = TopicPartition(topic, 0)
            // From the end, into what is fetched ahead, backwards, to a logical offset, and while paused.
            try await consumer.poll(until: "end of partition") { event in
                if case .endOfPartition = event { true } else { false }
            }
            for (target, paused) in [(40, false), (45, false), (3, false), (KafkaOffset.beginning, false), (17, true)] {
                if paused { try await consumer.pause([partition]) }
                try await consumer.seek(partition, to: Int64(target))
                if paused { try await consumer.resume([partition]) }
                var first: Int64?
                try await consumer.poll(until: "records", maximumRecords: 1) { event in
                    guard case .records(let batch) = event else { return false }
                    first = batch.records.first?.offset
                    return true
                }
                #expect(first == max(0, Int64(target)))
            }
            await #expect(throws: KafkaError.self) { try await consumer.seek(partition, to: -1_000) }
            await consumer.close()
        }
    }

    @Test("An offset that the broker does not hold fails the partition and is not moved")
    func outOfRange() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 2)
            try await cluster.fill(topic, partitions: 2, count: 5)
            let consumer = try cluster.consumer()
            try await consumer.subscribe([topic])
            try await consumer.poll(until: "assignment") { event in
                if case .assigned = event { true } else { false }
            }
            try await consumer.assign([TopicPartition(topic, 0): 1_000, TopicPartition(topic, 1): 0])
            var failed = false
            var others = 0
            try await consumer.poll(until: "failure, and the records of the other partition") { event in
                switch event {
                case .partitionFailed(let partition, let error):
                    #expect(partition == TopicPartition(topic, 0))
                    #expect(error.kind == .offsetOutOfRange)
                    failed = true
                case .records(let batch):
                    #expect(batch.partition.partition == 1)
                    others += batch.records.count
                default:
                    break
                }
                return failed && others == 5
            }
            await consumer.close()
        }
    }

    @Test("A call does not wait for a poll that has nothing to return")
    func callsWakeThePoll() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            // Until the end is reached the poll has something to return by itself.
            try await consumer.poll(until: "end of partition") { event in
                if case .endOfPartition = event { true } else { false }
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Longer than the time limit of the suite, and often, so that calls meet polls that wait.
                    for _ in 0..<1_000 {
                        _ = await consumer.poll(maximumRecords: 1, maximumBytes: 1, timeout: .seconds(3_600))
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        await consumer.commit([:])
                        for _ in 0..<20 { await Task.yield() }
                    }
                }
                await group.next()
                group.cancelAll()
            }
            await consumer.close()
        }
    }

    @Test("The bounds of a poll hold")
    func bounds() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            try await cluster.fill(topic, partitions: 1, count: 200)
            let consumer = try cluster.consumer()
            try await consumer.join(topic)
            var total = 0
            while total < 200 {
                let events = await consumer.poll(maximumRecords: 30, maximumBytes: 50, timeout: .seconds(1))
                for case .records(let batch) in events {
                    total += batch.records.count
                    #expect(batch.records.count <= 30)
                    // Values are at most 5 bytes: the last may go beyond 50.
                    #expect(batch.bytes.count < 55)
                }
            }
            #expect(total == 200)
            await consumer.close()
        }
    }

    @Test("Closing is possible at any time, twice, and ends all other calls with an error")
    func close() async throws {
        try await TestCluster.run { cluster in
            let topic = try await cluster.createTopic(partitions: 1)
            let unused = try cluster.consumer()
            await unused.close()
            let joining = try cluster.consumer()
            try await joining.subscribe([topic])
            await joining.close()
            let holding = try cluster.consumer()
            try await holding.subscribe([topic])
            try await holding.poll(until: "assignment") { event in
                if case .assigned = event { true } else { false }
            }
            await holding.close()
            await holding.close()
            await #expect(throws: KafkaError.self) { try await holding.unassign() }
            #expect(await holding.poll(maximumRecords: 1, maximumBytes: 1, timeout: .seconds(60)).isEmpty)
        }
    }
}

extension KafkaConsumer {
    /// As ``poll(until:maximumRecords:_:)``, with something to do between polls also when they bring nothing.
    fileprivate nonisolated func poll(
        until what: String,
        _ body: (ConsumerEvent) async throws -> Bool,
        whenIdle: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            for event in await poll(maximumRecords: 100, maximumBytes: 1 << 20, timeout: .milliseconds(50)) {
                if try await body(event) { return }
            }
            if try await whenIdle() { return }
        }
        throw TestFailure(what: "never came: \(what)")
    }
}
