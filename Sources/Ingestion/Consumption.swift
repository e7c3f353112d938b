import KafkaClient
import Pipeline

/// Since when Kafka is away, and when to ask it whether it is back: every five seconds, and a second after the last
/// time where something hints at it.
struct Absence {
    private(set) var since: ContinuousClock.Instant?
    private var askedAt: ContinuousClock.Instant?
    private var isHinted = false

    mutating func began(at now: ContinuousClock.Instant) {
        if since == nil { since = now }
    }

    mutating func hint() { isHinted = true }

    /// Whether it is time to ask; then it is taken for asked.
    mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
        guard let since else { return false }
        let wait = isHinted ? Duration.seconds(1) : .seconds(5)
        guard now - (askedAt ?? since) >= wait else { return false }
        askedAt = now
        isHinted = false
        return true
    }
}

/// Takes events from Kafka: records into the lanes, rebalances to ``Rebalancing``, faults to where they are settled.
struct Consumption {
    /// Most records of one poll: small enough that other events get their turn.
    static let pollRecords = 8_192
    /// Most payload bytes of one poll.
    static let pollBytes = 8 << 20

    let context: WorkerContext
    let rebalancing: Rebalancing

    /// Polls until the task is cancelled.
    /// - Throws: ``WorkerFailure`` when Kafka refuses us or stayed away for too long.
    func run() async throws {
        var isPaused = false
        var commitDue = ContinuousClock.now
        var committed: [Int32: Int64] = [:]
        var away = Absence()
        while !Task.isCancelled {
            context.health.turned(.polling)
            await seekWhereRewound()
            let room = await context.lanes.freeRoom
            let isFull = room.records == 0 || room.bytes == 0
            if isFull, !isPaused {
                // Room comes with the next commit, mostly sooner than a pause (which throws away what librdkafka has
                // fetched ahead) would pay off.
                if await context.lanes.room.wait(atMost: .seconds(2)) { continue }
                isPaused = await setPaused(true)
            } else if isPaused, room.records * 2 > context.settings.heldRecords,
                room.bytes * 2 > context.settings.heldBytes
            {
                isPaused = await !setPaused(false)
            }
            let events = await context.consumer.poll(
                maximumRecords: max(1, min(room.records, Self.pollRecords)),
                maximumBytes: max(1, min(room.bytes, Self.pollBytes)),
                timeout: .milliseconds(100)
            )
            let begin = ContinuousClock.now
            for event in events {
                if case .assigned = event { isPaused = false }
                try await take(event, &away)
            }
            if !events.isEmpty { context.instruments.took(.receive, since: begin) }
            if let since = away.since, away.isDue(at: .now) {
                if await isKafkaBack() {
                    away = Absence()
                    context.kafkaCondition.healed()
                } else if let giveUpAfter = context.settings.giveUpAfter, ContinuousClock.now - since > giveUpAfter {
                    throw WorkerFailure.unavailable(
                        "Kafka stayed away: no broker of --kafka-bootstrap-servers answers"
                    )
                }
            }
            if ContinuousClock.now >= commitDue {
                commitDue = .now + .seconds(1)
                let durable = await context.lanes.durableOffsets
                let moved = durable.filter { committed[$0.key] != $0.value }
                if !moved.isEmpty {
                    committed = durable
                    await context.consumer.commit(
                        Dictionary(uniqueKeysWithValues: moved.map { (context.topicPartition($0.key), $0.value) })
                    )
                }
            }
        }
    }

    /// Moves the consumer for partitions whose place in the database fell back. Here, between two polls, nothing that
    /// was fetched before is on its way to the lanes. Where it fails it is tried again at the next turn, for as long as
    /// the partition is held.
    private func seekWhereRewound() async {
        for (partition, offset) in await context.lanes.pendingSeeks {
            do throws(KafkaError) {
                try await context.consumer.seek(context.topicPartition(partition), to: offset)
                await context.lanes.sought(partition, to: offset)
            } catch {
                context.logger.debug("Kafka: seek failed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// A topic without new records gives no sign of life when its brokers come back, so they are asked.
    private func isKafkaBack() async -> Bool {
        do throws(KafkaError) {
            _ = try await context.kafka.inspector.partitionCount(topic: context.settings.topic, timeout: .seconds(1))
            return true
        } catch {
            return false
        }
    }

    /// Something came. It may have been fetched before Kafka went away, so it is a reason to ask and no answer.
    private func showedLife(_ away: inout Absence) {
        if away.since == nil { context.kafkaCondition.healed() } else { away.hint() }
    }

    private func setPaused(_ pause: Bool) async -> Bool {
        let partitions = await context.lanes.soundPartitions.map(context.topicPartition)
        do throws(KafkaError) {
            if pause {
                try await context.consumer.pause(partitions)
                context.tally.note("pauses")
            } else {
                try await context.consumer.resume(partitions)
            }
            return true
        } catch {
            // A partition that was just given back can't be paused; the next turn looks at those that are left.
            context.logger.debug("Kafka: \(pause ? "pause" : "resume") failed", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func take(_ event: ConsumerEvent, _ away: inout Absence) async throws {
        switch event {
        case .records(let batch):
            showedLife(&away)
            context.instruments.received(records: batch.records.count, bytes: batch.bytes.count)
            if let fault = await context.lanes.receive(batch) {
                await rebalancing.submit(.fault(batch.partition.partition, fault))
            }
        case .endOfPartition(let partition, let offset):
            showedLife(&away)
            if let fault = await context.lanes.endReached(partition.partition, offset: offset) {
                await rebalancing.submit(.fault(partition.partition, fault))
            }
        case .assigned(let partitions):
            showedLife(&away)
            await rebalancing.submit(.assigned(partitions.map(\.partition)))
        case .revoked(let partitions, let lost):
            await rebalancing.submit(.revoked(partitions.map(\.partition), lost: lost))
        case .partitionFailed(let partition, let error):
            switch error.kind {
            case .offsetOutOfRange:
                await rebalancing.submit(.outOfRange(partition.partition))
            case .unknownTopic, .unknownPartition, .authentication, .configuration:
                throw WorkerFailure.refused(Self.remedy(error, topic: context.settings.topic))
            default:
                // A broker that is slow is so for many partitions.
                context.kafkaCondition.seen("partition \(partition.partition): \(error.detail)", kind: error.name)
            }
        case .failed(let error):
            switch error.kind {
            case .authentication, .configuration, .unknownTopic:
                throw WorkerFailure.refused(Self.remedy(error, topic: context.settings.topic))
            case .fencedInstance:
                throw WorkerFailure.refused(
                    "another member of group \(context.settings.group) uses --instance-id"
                        + " \(context.settings.consumer.instanceID ?? "?"): give each worker its own"
                )
            case .fatal:
                throw WorkerFailure.inconsistent("Kafka: \(error.detail) (\(error.name))")
            default:
                away.began(at: .now)
                // Each connection says it in its own words, with counters in them.
                context.kafkaCondition.seen(error.detail, kind: "away")
            }
        case .committed(_, let error):
            if error != nil { context.tally.note("kafka commits failed") }
        }
    }

    static func remedy(_ error: KafkaError, topic: String) -> String {
        switch error.kind {
        case .unknownTopic, .unknownPartition:
            "Kafka has no topic \(topic): create it, or name another with --topic (MENTIONS_TOPIC)"
        case .authentication:
            "Kafka refuses our login (\(error.detail)): check the sasl.* and security.* properties (--kafka-property) and the rights on"
                + " topic \(topic) and the group"
        default:
            "Kafka: \(error.detail) (\(error.name)): check --kafka-bootstrap-servers and --kafka-property"
        }
    }
}
