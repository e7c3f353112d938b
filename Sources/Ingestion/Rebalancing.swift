import KafkaClient
import Logging
import Persistence
import Pipeline
import PostgresClient

/// Answers Kafka's assignments: claims partitions in the database before they are read, drains them before they are
/// given back, and settles what is wrong with one.
///
/// Commands are worked off one by one, on a task of their own: while a claim waits for the database, polling goes on
/// and the group waits for the answer. Kafka offers no new assignment before the last is answered, and a partition has
/// at most one fault under way, so the queue is bounded by the number of partitions.
actor Rebalancing {
    enum Command: Sendable {
        case assigned([Int32])
        case revoked([Int32], lost: Bool)
        case fault(Int32, LaneFault)
        case outOfRange(Int32)
        /// An operator has reset a partition that is held: all are claimed anew and read from where they stand.
        case claimAgain
    }

    private let context: WorkerContext
    private let commands: AsyncStream<Command>
    private let intake: AsyncStream<Command>.Continuation
    private var held: [Int32: Holding] = [:]
    private(set) var faults: [Int32: String] = [:]
    /// Whether an assignment was ever answered.
    private(set) var hasTakenPartitions = false
    /// Nil outside of tests.
    private let mutation = Mutation.current
    /// The backend of the connection that writes batches, recorded with each claim.
    private var writerPID: Int32 = 0

    init(_ context: WorkerContext) {
        self.context = context
        (commands, intake) = AsyncStream.makeStream(of: Command.self, bufferingPolicy: .bufferingOldest(4_096))
    }

    nonisolated func submit(_ command: Command) async {
        if case .dropped = intake.yield(command) { context.tally.note("commands dropped") }
    }

    nonisolated func close() { intake.finish() }

    func setWriter(_ pid: Int32) { writerPID = pid }

    /// All that is held.
    var holdings: [Int32: Holding] { held }

    /// Epochs of all that is held, for a writer that connected again.
    var epochs: [Int32: Int64] { held.mapValues(\.epoch) }

    /// Works until the queue is closed or the task cancelled.
    func run() async throws {
        context.health.rested(.rebalancing)
        for await command in commands {
            context.health.turned(.rebalancing)
            defer { context.health.rested(.rebalancing) }
            switch command {
            case .assigned(let partitions): try await take(partitions)
            case .revoked(let partitions, let lost): try await giveBack(partitions, lost: lost)
            case .fault(let partition, let fault): try await settle(partition, fault)
            case .outOfRange(let partition): try await settleRange(partition)
            case .claimAgain:
                let partitions = held.keys.sorted()
                await drain(partitions, lost: false)
                try await take(partitions)
            }
        }
    }

    // MARK: Taking

    private func take(_ partitions: [Int32]) async throws {
        context.tally.note("rebalances")
        var claims: [Claim] = []
        if !partitions.isEmpty { claims = try await claim(partitions) }
        if mutation == .kafkaFirst { claims = try await moved(claims) }
        let bounds = try await watermarks(partitions)
        let starts = try await startOffsets(claims.filter { !$0.isStarted }, bounds)
        if claims.contains(where: { !$0.isStarted || $0.clusterID == nil }) {
            let places = claims.map { ($0.holding, starts[$0.holding.partition] ?? $0.holding.nextOffset) }
            try await context.control.perform(writes: true) { connection throws(PostgresError) in
                try await self.context.claims.start(
                    places.map { (holding: $0.0, at: $0.1) },
                    cluster: self.context.clusterID,
                    topic: self.context.topicNumber,
                    on: connection
                )
            }
        }
        var offsets: [TopicPartition: Int64] = [:]
        for claim in claims {
            var holding = claim.holding
            if let start = starts[holding.partition] { holding.nextOffset = start }
            held[holding.partition] = holding
            if claim.isTripped, let reason = claim.paused {
                // The breaker's word stands until somebody resumes the partition.
                faults[holding.partition] = reason
                context.logger.error("\(remedy(reason, holding.partition))")
                continue
            }
            if let reason = objection(to: claim, holding, bounds[holding.partition]) {
                try await pause(holding, reason)
                continue
            }
            if let low = bounds[holding.partition]?.low, let probe = holding.probe, probe.offset < low {
                holding.probe = nil
            }
            if claim.paused != nil { try await note(holding, paused: nil) }
            faults[holding.partition] = nil
            await context.lanes.hold([holding])
            offsets[context.topicPartition(holding.partition)] = holding.readFrom
        }
        try await rebuild(claims)
        do throws(KafkaError) {
            try await context.consumer.assign(offsets)
            hasTakenPartitions = true
            let count = offsets.count
            context.logger.info("partitions assigned", metadata: ["partitions": "\(count)"])
        } catch {
            // The group has moved on meanwhile; the next assignment brings new epochs.
            await context.lanes.release(partitions)
            context.logger.warning("Kafka refused the assignment", metadata: ["error": "\(error)"])
        }
    }

    /// Lets near copies of what is stored be found. The group goes on meanwhile: heartbeats and polls don't wait.
    private func rebuild(_ claims: [Claim]) async throws {
        guard let lookout = context.lookout, !claims.isEmpty else { return }
        let rebuild = CopyRebuild(
            lookout: lookout,
            topic: context.topicNumber,
            control: context.control,
            logger: context.logger,
            limit: min(.seconds(5), context.settings.consumer.sessionTimeout / 2)
        )
        try await rebuild.run(
            Dictionary(uniqueKeysWithValues: claims.map { ($0.holding.partition, $0.holding.epoch) }),
            unread: Set(claims.filter { !$0.isStarted }.map(\.holding.partition))
        )
    }

    private func claim(_ partitions: [Int32]) async throws -> [Claim] {
        let begin = ContinuousClock.now
        defer { context.instruments.took(.claim, since: begin) }
        while true {
            context.health.turned(.rebalancing)
            let attempt: Result<[Claim], PostgresError> = try await context.control.perform(writes: true) {
                connection throws(PostgresError) in
                do throws(PostgresError) {
                    return .success(
                        try await self.context.claims.claim(
                            partitions,
                            topic: self.context.topicNumber,
                            writer: await self.writerPID,
                            on: connection
                        )
                    )
                } catch  where error.sqlState == "55P03" {
                    return .failure(error)
                }
            }
            switch attempt {
            case .success(let claims): return claims
            case .failure:
                // Somebody holds a row in a transaction that does not end: a batch that is just being written, or a
                // worker that was stopped in the middle of one.
                let ended = try await context.control.perform(writes: true) { connection throws(PostgresError) in
                    try await self.context.claims.evict(partitions, topic: self.context.topicNumber, on: connection)
                }
                context.tally.note("claims that waited")
                if ended > 0 {
                    context.logger.warning(
                        "ended database sessions that held claimed partitions in an open transaction",
                        metadata: ["sessions": "\(ended)"]
                    )
                }
                try Task.checkCancellation()
            }
        }
    }

    /// What speaks against reading a partition; nil when nothing does.
    private func objection(to claim: Claim, _ holding: Holding, _ bounds: Watermarks?) -> String? {
        if let known = claim.clusterID, let current = context.clusterID, known != current {
            return "it was read from Kafka cluster \(known), and this is \(current)"
        }
        guard let bounds else { return nil }
        if holding.nextOffset > bounds.high {
            return "offset \(holding.nextOffset) is beyond the end \(bounds.high): the topic was replaced or cut"
        }
        if holding.nextOffset < bounds.low {
            return "offset \(holding.nextOffset) is gone, the oldest is \(bounds.low): records were deleted unread"
        }
        return nil
    }

    private func startOffsets(
        _ claims: [Claim],
        _ bounds: [Int32: Watermarks]
    ) async throws -> [Int32: Int64] {
        guard !claims.isEmpty else { return [:] }
        var offsets: [Int32: Int64] = [:]
        var later: [Int32: Int64] = [:]
        if case .time(let milliseconds) = context.settings.start {
            let partitions = claims.map { context.topicPartition($0.holding.partition) }
            let found = try await asking { inspector throws(KafkaError) in
                try await inspector.offsets(for: partitions, at: milliseconds, timeout: .seconds(10))
            }
            for (partition, offset) in found { later[partition.partition] = offset }
        }
        for claim in claims {
            let partition = claim.holding.partition
            switch context.settings.start {
            case .earliest: offsets[partition] = bounds[partition]?.low ?? 0
            case .latest: offsets[partition] = bounds[partition]?.high ?? 0
            case .time:
                // A negative offset says that all records are older.
                let offset = later[partition] ?? -1
                offsets[partition] = offset >= 0 ? offset : bounds[partition]?.high ?? 0
            }
        }
        return offsets
    }

    private func watermarks(_ partitions: [Int32]) async throws -> [Int32: Watermarks] {
        guard !partitions.isEmpty else { return [:] }
        let asked = partitions.map(context.topicPartition)
        let found = try await asking { inspector throws(KafkaError) in
            try await inspector.watermarks(asked, timeout: .seconds(10))
        }
        return Dictionary(found.map { ($0.key.partition, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Asks Kafka until it answers.
    private func asking<R: Sendable>(
        _ question: @Sendable (KafkaInspector) async throws(KafkaError) -> R
    ) async throws -> R {
        try await context.kafka.ask(question)
    }

    /// What a worker does that takes Kafka's committed offsets for the truth: see ``Mutation``.
    private func moved(_ claims: [Claim]) async throws -> [Claim] {
        let partitions = claims.map { context.topicPartition($0.holding.partition) }
        let committed = try await context.consumer.committed(partitions, timeout: .seconds(5))
        let places = Dictionary(uniqueKeysWithValues: committed.map { ($0.key.partition, $0.value) })
        try await context.control.perform(writes: true) { connection throws(PostgresError) in
            try await self.context.claims.move(places, topic: self.context.topicNumber, on: connection)
        }
        return claims.map { claim in
            var claim = claim
            guard let place = places[claim.holding.partition] else { return claim }
            claim.holding.nextOffset = place
            claim.holding.probe = nil
            claim.isStarted = true
            return claim
        }
    }

    // MARK: Giving back

    private func giveBack(_ partitions: [Int32], lost: Bool) async throws {
        let all = partitions.isEmpty ? Array(held.keys) : partitions
        if mutation != .keptWork { await drain(all, lost: lost) }
        do throws(KafkaError) {
            try await context.consumer.unassign()
        } catch {
            context.logger.warning("Kafka refused to take partitions back", metadata: ["error": "\(error)"])
        }
    }

    /// Writes what is held of these partitions, for as long as a drain may take, then drops the rest and releases the
    /// claims. What is dropped is read again by the next holder.
    func drain(_ partitions: [Int32], lost: Bool) async {
        let limit = min(context.settings.drainLimit, context.settings.consumer.maximumPollInterval / 2)
        if !lost {
            await context.lanes.drain(partitions)
            let deadline = ContinuousClock.now + limit
            while await !context.lanes.isDrained(partitions) {
                let left = deadline - ContinuousClock.now
                guard left > .zero, !Task.isCancelled else { break }
                _ = await context.lanes.progress.wait(atMost: left)
            }
            if await !context.lanes.isDrained(partitions) { context.tally.note("drains cut short") }
        }
        await context.lanes.release(partitions)
        var epochs: [Int32: Int64] = [:]
        for partition in partitions {
            epochs[partition] = held.removeValue(forKey: partition)?.epoch
            faults[partition] = nil
        }
        guard !lost, let connection = await context.control.current() else { return }
        do throws(PostgresError) {
            try await context.claims.release(epochs, topic: context.topicNumber, on: connection)
        } catch {
            // The owner's name stays in the row until the next claim; nothing depends on it.
            context.logger.debug("release failed", metadata: ["error": "\(error.message)"])
        }
    }

    // MARK: Faults

    private func settle(_ partition: Int32, _ fault: LaneFault) async throws {
        guard let holding = held[partition] else { return }
        switch fault {
        case .replaced(let offset):
            try await pause(
                holding,
                "the record at offset \(offset) is not the one that was read: the topic was replaced"
            )
        case .cut(let offset):
            try await pause(
                holding,
                "the topic ends at offset \(offset), before the place that was reached: it was cut"
            )
        case .poisoned(let trip):
            try await stop(holding, trip)
        }
    }

    private func settleRange(_ partition: Int32) async throws {
        guard var holding = held[partition], let bounds = try await watermarks([partition])[partition] else { return }
        if let next = await context.lanes.abandonProbe(partition), next >= bounds.low, next <= bounds.high {
            holding.probe = nil
            held[partition] = holding
            do throws(KafkaError) {
                try await context.consumer.seek(context.topicPartition(partition), to: next)
            } catch {
                context.logger.warning("Kafka: seek failed", metadata: ["error": "\(error)"])
            }
            return
        }
        try await pause(
            holding,
            "the offset to read is outside of \(bounds.low)…\(bounds.high): records were deleted unread, or the topic"
                + " was replaced"
        )
    }

    /// The breaker has tripped. All up to there is written.
    private func stop(_ holding: Holding, _ trip: Breaker.Trip) async throws {
        let reason = """
            \(trip.deadLetters) of the last \(trip.records) records are dead letters, the last at offset \(trip.offset) \
            for \(trip.lastReason.rawValue): the topic seems to hold another format
            """
        context.tally.note("breakers tripped")
        context.logger.error("\(remedy(reason, holding.partition))")
        await standStill(holding.partition)
        try await note(holding, paused: reason, tripped: true)
        faults[holding.partition] = reason
    }

    /// What the breaker says to whoever reads the log.
    private func remedy(_ reason: String, _ partition: Int32) -> String {
        """
        partition \(partition) of \(context.settings.topic) is paused: \(reason). Look: mention-admin dead-letters list. \
        Go on: mention-admin resume \(context.settings.topic) \(partition), with --accept all to take the rest as it comes
        """
    }

    private func pause(_ holding: Holding, _ reason: String) async throws {
        await standStill(holding.partition)
        context.tally.note("partitions paused")
        context.logger.error(
            """
            partition \(holding.partition) of \(context.settings.topic) is paused: \(reason). When that is understood: \
            mention-admin reset \(context.settings.topic) \(holding.partition) --to-earliest
            """
        )
        try await note(holding, paused: reason)
        // Only now: a fault without a note in the database would look as if somebody had resumed the partition.
        faults[holding.partition] = reason
    }

    /// Takes in no more of a partition, and lets Kafka send no more.
    private func standStill(_ partition: Int32) async {
        await context.lanes.markFaulty(partition)
        do throws(KafkaError) {
            try await context.consumer.pause([context.topicPartition(partition)])
        } catch {
            // Not assigned (any more): then nothing comes either.
            context.logger.debug("Kafka: pause failed", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ holding: Holding, paused reason: String?, tripped: Bool = false) async throws {
        try await context.control.perform(writes: true) { connection throws(PostgresError) in
            try await self.context.claims.pause(
                holding,
                because: reason,
                tripped: tripped,
                topic: self.context.topicNumber,
                on: connection
            )
        }
    }
}
