import Conditions
import KafkaClient
import Logging
import Persistence
import Pipeline
import PostgresClient

/// Publishes what the outbox holds, while it has the lease: at least once, and in order for each key.
///
/// Rounds of bounded size, each read from the beginning of the outbox and sent in waves: a wave holds each key once, and
/// the next one goes only when all of it is acknowledged; so the next record of a key is sent after the one before it was
/// stored. What was sent and not removed is sent again: consumers drop repeats by `action_id`.
///
/// A round must not begin behind what an earlier one has read: rows become visible out of order, and one that comes late
/// may have a successor of the same key behind it. That costs nothing, since what was read has gone by then.
///
/// Kafka's or the topic's absence is said once, waited out, and holds up nothing else.
actor OutboxPublisher {
    private let settings: WorkerSettings
    private let topic: String
    private let link: DatabaseLink
    private let inspector: KafkaInspector
    private let condition: ConditionLog
    private let logger: Logger
    private let bell = Doorbell()
    private let ended = Doorbell()
    private var backoff: Backoff
    private var producer: KafkaProducer?
    private var isEnding = false
    /// Whether the topic was not there when it was last looked for.
    private var isMissing = false
    private var heldUntil = ContinuousClock.now
    /// Records that were acknowledged.
    private(set) var published = 0

    private static let most: Int32 = 1_000
    private static let lease = Duration.seconds(30)
    /// How long a wave takes at most, until it is stored or given up.
    private static let wave = Duration.seconds(25)
    /// How long after a round that was not full: rows of some batches share their two flushes.
    private static let gathering = Duration.milliseconds(250)

    init(
        _ settings: WorkerSettings,
        topic: String,
        link: DatabaseLink,
        inspector: KafkaInspector,
        logger: Logger
    ) {
        self.inspector = inspector
        self.settings = settings
        self.topic = topic
        self.link = link
        self.logger = logger
        condition = ConditionLog("Topic \(topic)", logger: logger)
        backoff = Backoff(limit: .seconds(15), seed: settings.seed &+ 2)
    }

    /// Runs until ``finish(within:)`` or until the task is cancelled.
    func run() async throws {
        defer { ended.ring() }
        var idle = Backoff(base: Self.gathering, limit: .seconds(1), seed: settings.seed &+ 3)
        while !Task.isCancelled {
            switch try await round() {
            case .full:
                idle.reset()
            case .part:
                idle.reset()
                if !isEnding { _ = await bell.wait(atMost: Self.gathering) }
            case .empty:
                if isEnding { return }
                _ = await bell.wait(atMost: idle.next())
            case .heldByAnother:
                if isEnding { return }
                _ = await bell.wait(atMost: .seconds(3))
            case .failed:
                if isEnding { return }
                _ = await bell.wait(atMost: backoff.next())
            }
        }
    }

    /// Publishes what is there, at an orderly end, for as long as that; then gives the lease back.
    func finish(within limit: Duration) async {
        isEnding = true
        bell.ring()
        // What can't be published now waits for the next worker.
        guard !isMissing else { return }
        _ = await ended.wait(atMost: limit)
    }

    /// Frees everything; ``run()`` has ended.
    func close() async {
        if let connection = await link.current(), heldUntil > .now {
            do throws(PostgresError) {
                try await Outbox.release(by: settings.owner, on: connection)
            } catch {
                // It ends by itself.
                logger.debug("the lease of the outbox was not given back", metadata: ["error": "\(error.message)"])
            }
        }
        await producer?.close()
        producer = nil
    }

    private enum Outcome { case full, part, empty, heldByAnother, failed }

    private func round() async throws -> Outcome {
        if heldUntil <= .now + Self.lease / 2 {
            guard try await hold() else { return .heldByAnother }
        }
        let rows = try await link.perform { connection throws(PostgresError) in
            try await Outbox.next(Self.most, on: connection)
        }
        guard !rows.isEmpty else { return .empty }
        // After the rows were read: this commit's flush makes them durable before anybody hears of them.
        guard try await hold() else { return .heldByAnother }
        var outcome = rows.count < Self.most ? Outcome.part : .full
        var stored: [Int64] = []
        for wave in KeyWaves.deal(rows.lazy.map(\.key)) {
            // Nobody else sends while a wave is under way.
            if heldUntil <= .now + Self.wave, try await !hold() {
                outcome = .heldByAnother
                break
            }
            guard await send(wave.map { rows[$0] }) else {
                outcome = .failed
                break
            }
            stored += wave.map { rows[$0].number }
        }
        if !stored.isEmpty {
            published += stored.count
            try await link.perform { [stored] connection throws(PostgresError) in
                try await Outbox.remove(stored, on: connection)
            }
        }
        return outcome
    }

    private func hold() async throws -> Bool {
        let owner = settings.owner
        let isHeld = try await link.perform(writes: true) { connection throws(PostgresError) in
            try await Outbox.hold(by: owner, for: Self.lease, on: connection)
        }
        heldUntil = isHeld ? .now + Self.lease : .now
        return isHeld
    }

    /// Sends a wave; whether all of it was acknowledged.
    private func send(_ rows: [OutboxRow]) async -> Bool {
        var batch = ProducerBatch()
        for row in rows { batch.append(key: row.key, value: row.payload) }
        do throws(KafkaError) {
            let producer = try await current()
            let before = await producer.delivered
            try await producer.send(batch, topic: topic)
            let left = await flush(producer)
            if left == 0, await producer.delivered - before == rows.count {
                condition.healed()
                backoff.reset()
                return true
            }
            let failure = await producer.failed.values.first?.last
            let trouble = await producer.trouble
            tell(failure ?? trouble)
        } catch {
            tell(error)
        }
        // What is still in its queue must not be sent behind what comes next.
        await producer?.close()
        producer = nil
        return false
    }

    /// Waits until all is decided: at most the producer's delivery timeout and a little, not at all where nothing can
    /// come of it and the worker ends.
    private func flush(_ producer: KafkaProducer) async -> Int {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let left = await producer.flush(timeout: .milliseconds(200))
            let isHopeless = Task.isCancelled || isEnding && isMissing
            if left == 0 || isHopeless || ContinuousClock.now >= deadline { return left }
        }
    }

    private func current() async throws(KafkaError) -> KafkaProducer {
        if let producer { return producer }
        do throws(KafkaError) {
            _ = try await inspector.partitionCount(topic: topic, timeout: .seconds(5))
            isMissing = false
        } catch {
            guard error.kind == .unknownTopic else { throw error }
            tell(error)
            // Some brokers create a topic when somebody sends to it: that is tried once.
            let isFirst = !isMissing
            isMissing = true
            guard isFirst, !isEnding else { throw error }
        }
        var options = ProducerOptions()
        options.deliveryTimeout = .seconds(15)
        options.linger = .milliseconds(5)
        let fresh = try KafkaProducer(settings.kafka, options: options)
        producer = fresh
        return fresh
    }

    private func tell(_ error: KafkaError?) {
        guard let error else { return condition.seen("no acknowledgement in time; trying again", kind: "silent") }
        switch error.kind {
        case .unknownTopic:
            condition.seen(
                "it does not exist: create it (kafka-topics --create --topic \(topic)), or switch publishing off with "
                    + "--actions-topic \"\"; decisions wait in the outbox",
                kind: "missing"
            )
        case .authentication:
            condition.seen("Kafka refuses us: \(error.detail); decisions wait in the outbox", kind: "refused")
        default:
            condition.seen("\(error.detail); decisions wait in the outbox", kind: error.name)
        }
    }
}
