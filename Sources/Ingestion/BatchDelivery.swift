import Logging
import MentionModel
import Persistence
import Pipeline
import PostgresClient

/// Cuts batches from the lanes and carries each to the database with a ``Delivery``: the shell around that state
/// machine, one batch at a time.
actor BatchDelivery {
    private let context: WorkerContext
    private let rebalancing: Rebalancing
    private let writer: BatchWriter
    /// The connection that writes batches, and nothing else.
    private let link: DatabaseLink
    /// The wall clock, for `ingested_at`.
    private let now: @Sendable () -> Timestamp
    private var report = WriteReport()
    private var lastError: PostgresError?
    private var knownPID: Int32 = 0
    /// Nil outside of tests.
    private let mutation = Mutation.current

    init(
        _ context: WorkerContext,
        rebalancing: Rebalancing,
        writer: BatchWriter,
        link: DatabaseLink,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.context = context
        self.rebalancing = rebalancing
        self.writer = writer
        self.link = link
        self.now = now
    }

    /// Connects once, so that the first claim can record the backend.
    func prepare() async throws {
        _ = try await link.perform { connection throws(PostgresError) in connection.backendPID }
        if let connection = await link.current() { await introduce(connection) }
    }

    /// Runs until the bell is closed.
    /// - Throws: ``WorkerFailure``, `CancellationError`.
    func run() async throws {
        while await context.lanes.writing.wait() {
            defer { context.health.rested(.delivery) }
            while true {
                context.health.turned(.delivery)
                try await linger()
                let settings = context.settings
                guard let batch = await context.lanes.cut(settings.batchRecords, bytes: settings.batchBytes) else {
                    break
                }
                context.instruments.cut(batch)
                let begin = ContinuousClock.now
                try await deliver(batch)
                context.instruments.finished(since: begin)
            }
        }
    }

    /// A small batch waits a little for more: each transaction has a price of its own.
    private func linger() async throws {
        let (records, since) = await context.lanes.ready
        guard let since, records < context.settings.batchRecords / 4 else { return }
        let left = context.settings.batchLinger - (ContinuousClock.now - since)
        if left > .zero { try await Task.sleep(for: left) }
    }

    private func deliver(_ batch: Batch) async throws {
        var delivery = Delivery(batch)
        var action = delivery.start()
        let begin = ContinuousClock.now
        while true {
            context.health.turned(.delivery)
            switch action {
            case .write(let part):
                if mutation == .kafkaFirst { await commitToKafka(part) }
                let attemptBegin = ContinuousClock.now
                let result = await write(part)
                context.instruments.took(.write, since: attemptBegin)
                context.instruments.attempted(result)
                action = delivery.written(result)
            case .rollOver:
                action = delivery.rolledOver(await rollOver())
            case .read(let partitions):
                action = delivery.read(try await standings(partitions))
            case .waitAndRead(let partitions):
                context.tally.note("batches retried")
                if let lastError { try await link.recover(from: lastError, since: begin) }
                action = delivery.read(try await standings(partitions))
            case .finished:
                return
            case .giveUp:
                throw WorkerFailure.refused(lastError.map(DatabaseLink.remedy) ?? "PostgreSQL refuses us")
            }
            let outcomes = delivery.takeOutcomes()
            tellRewinds(outcomes)
            for outcome in outcomes { await settle(outcome) }
        }
    }

    private func write(_ batch: Batch) async -> WriteResult {
        do throws(PostgresError) {
            let connection = try await link.connect()
            try await introduceIfNew(connection)
            report = try await writer.write(batch, on: connection, triage: context.triage.current, now: now())
            await link.wasWell()
            return .committed
        } catch {
            // Should the commit have come through all the same, this is what it counted.
            report = await writer.pendingReport
            return result(of: error)
        }
    }

    private func rollOver() async -> WriteResult {
        do throws(PostgresError) {
            try await context.claims.rollOver(on: try await link.connect())
            return .committed
        } catch {
            return result(of: error)
        }
    }

    private func result(of error: PostgresError) -> WriteResult {
        lastError = error
        context.instruments.failed(.writer, error)
        switch error.failureClass {
        case .poison: return .poison(sqlState: error.sqlState ?? "")
        case .configuration: return .refused
        case .fenced: return error.sqlState == "MF002" ? .rollOverNeeded : .fenced
        case .transient: return error.sqlState == nil ? .unknown : .transient
        }
    }

    /// What a mutated worker takes for the standing: see ``Mutation``.
    private func mutated(_ standings: [Int32: Standing]) async -> [Int32: Standing] {
        guard let mutation else { return standings }
        let mine = await context.lanes.standings
        var believed = standings
        for (partition, standing) in standings {
            if mutation.ignoresEpoch { believed[partition]?.epoch = mine[partition]?.epoch ?? standing.epoch }
            if mutation.ignoresOffset { believed[partition]?.nextOffset = mine[partition]?.nextOffset }
        }
        return believed
    }

    private func commitToKafka(_ batch: Batch) async {
        await context.consumer.commit(
            Dictionary(uniqueKeysWithValues: batch.steps.map { (context.topicPartition($0.partition), $0.to) })
        )
    }

    private func standings(_ partitions: [Int32]) async throws -> [Int32: Standing] {
        let standings = try await link.perform { connection throws(PostgresError) in
            try await self.introduceIfNew(connection)
            return try await self.context.claims.standings(
                partitions,
                topic: self.context.topicNumber,
                on: connection
            )
        }
        return await mutated(standings)
    }

    /// A new connection is recorded with the partitions that are held, so that a claim can end it.
    private func introduceIfNew(_ connection: PostgresConnection) async throws(PostgresError) {
        guard connection.backendPID != knownPID else { return }
        await introduce(connection)
        let epochs = await rebalancing.epochs
        try await context.claims.adopt(epochs, topic: context.topicNumber, on: connection)
    }

    private func introduce(_ connection: PostgresConnection) async {
        knownPID = connection.backendPID
        await rebalancing.setWriter(connection.backendPID)
    }

    /// One line for all partitions that a crash has put back.
    private func tellRewinds(_ outcomes: [Delivery.Outcome]) {
        let rewound = outcomes.compactMap { outcome -> (step: PartitionStep, offset: Int64)? in
            if case .rewound(let step, let offset) = outcome { (step, offset) } else { nil }
        }
        guard let first = rewound.first else { return }
        for _ in rewound { context.tally.note("rewinds") }
        context.logger.warning(
            "the database stands at other offsets than this worker: reading again from there",
            metadata: [
                "partitions": "\(rewound.count)", "partition": "\(first.step.partition)",
                "offset": "\(first.offset)", "expected": "\(first.step.from)",
            ]
        )
    }

    private func settle(_ outcome: Delivery.Outcome) async {
        switch outcome {
        case .committed(let step):
            let counts = report.steps[step.partition] ?? StepCounts()
            context.tally.add(counts)
            context.instruments.committed(step, counts)
            if let fault = await context.lanes.committed(step) {
                await rebalancing.submit(.fault(step.partition, fault))
            }
        case .fenced(let step):
            context.tally.note("fences")
            context.logger.info("another worker holds a partition now", metadata: ["partition": "\(step.partition)"])
            await context.lanes.fenced(step)
        case .rewound(let step, let offset):
            // The task that polls moves the consumer: it alone knows that nothing fetched before is still on its way.
            _ = await context.lanes.rewind(step, to: offset)
        case .refused(let partition, let sqlState):
            context.tally.note("records refused by the database")
            await context.lanes.refused(partition)
            context.logger.warning(
                "the database refused a record twice: it goes to the dead letters",
                metadata: ["partition": "\(partition)", "sqlstate": "\(sqlState)"]
            )
        }
    }
}
