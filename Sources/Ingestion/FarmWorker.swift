import BrandMatching
import Conditions
import KafkaClient
public import Logging
public import MentionModel
import Persistence
import Pipeline
import PostgresClient

/// A worker: takes mentions from Kafka and writes what they amount to into PostgreSQL, exactly once.
///
/// Its tasks, each a child of ``run(until:)``: polling, rebalancing, preparation, delivery, brands, triage rules, the
/// outbox, the background step, and whatever it waits for to end. The first that fails ends the others.
public struct FarmWorker: Sendable {
    private let settings: WorkerSettings
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    /// Makes a worker. `now` is the wall clock: it is stored as `ingested_at` and decides nothing.
    public init(_ settings: WorkerSettings, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.settings = settings
        self.logger = logger
        self.now = now
    }

    /// Works until `stop` returns, or until caught up where that is asked for; then drains, leaves the group and says
    /// what was done.
    /// - Throws: ``WorkerFailure``.
    public func run(until stop: @escaping @Sendable () async -> Void) async throws -> WorkerSummary {
        let begin = ContinuousClock.now
        let databaseConditions = DatabaseConditions(logger: logger)
        let kafkaCondition = ConditionLog("Kafka", logger: logger)
        let control = DatabaseLink(
            settings,
            purpose: .control,
            name: Self.applicationName(DatabasePurpose.control.rawValue, settings),
            script: ConnectionSetup.control,
            conditions: databaseConditions
        )
        let writing = DatabaseLink(
            settings,
            purpose: .writer,
            name: Self.applicationName(DatabasePurpose.writer.rawValue, settings),
            script: ConnectionSetup.writer(synchronousCommit: settings.synchronousCommit),
            conditions: databaseConditions
        )
        let relating = DatabaseLink(
            settings,
            purpose: .relating,
            name: Self.applicationName(DatabasePurpose.relating.rawValue, settings),
            script: ConnectionSetup.background,
            conditions: databaseConditions
        )
        let observation = settings.observation
        observation.watch([
            ("Kafka", kafkaCondition), ("PostgreSQL", databaseConditions.away),
            ("PostgreSQL", databaseConditions.refusing),
        ])

        let indexing = DatabaseLink(
            settings,
            purpose: .indexing,
            name: Self.applicationName(DatabasePurpose.indexing.rawValue, settings),
            script: ConnectionSetup.background,
            conditions: databaseConditions
        )
        let publishing = DatabaseLink(
            settings,
            purpose: .outbox,
            name: Self.applicationName(DatabasePurpose.outbox.rawValue, settings),
            script: ConnectionSetup.outbox,
            conditions: databaseConditions
        )

        // A stop that comes while a service is away ends the waiting.
        let started = try await withThrowingTaskGroup(of: Started?.self) { group in
            group.addTask {
                await stop()
                return nil
            }
            group.addTask { try await start(control, kafkaCondition) }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let started else {
            await control.close()
            return WorkerSummary()
        }
        let context = started.context
        let rebalancing = Rebalancing(context)
        let delivery = BatchDelivery(
            context,
            rebalancing: rebalancing,
            writer: BatchWriter(
                BatchWriter.Identity(
                    group: settings.group,
                    topic: context.topicNumber,
                    model: started.model,
                    slot: Int16(truncatingIfNeeded: settings.seed & 15)
                )
            ),
            link: writing,
            now: now
        )

        let background = BackgroundStep(context: context, link: relating, indexing: indexing)
        observation.began(context, rebalancing, partitions: started.partitions)
        defer { observation.ended() }
        let publisher = settings.actionsTopic.map {
            OutboxPublisher(
                settings,
                topic: $0,
                link: publishing,
                inspector: context.kafka.inspector,
                logger: logger
            )
        }
        var failure: (any Error)?
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await stop()
                    return true
                }
                group.addTask {
                    try await delivery.prepare()
                    do throws(KafkaError) {
                        try await context.consumer.subscribe([settings.topic])
                    } catch {
                        throw WorkerFailure.refused(Consumption.remedy(error, topic: settings.topic))
                    }
                    try await Consumption(context: context, rebalancing: rebalancing).run()
                    return false
                }
                group.addTask {
                    try await rebalancing.run()
                    return false
                }
                group.addTask {
                    await Preparation(context).run()
                    return false
                }
                group.addTask {
                    try await delivery.run()
                    return false
                }
                group.addTask {
                    try await BrandRefresh(context: context, interval: .seconds(4)).run()
                    return false
                }
                group.addTask {
                    try await StandingWatch(context: context, rebalancing: rebalancing, interval: .seconds(3)).run()
                    return false
                }
                group.addTask {
                    try await background.run()
                    return false
                }
                if observation.isOn {
                    group.addTask {
                        try await ObservationWatch(context: context, rebalancing: rebalancing).run()
                        return false
                    }
                }
                group.addTask {
                    try await TriageRefresh(context: context, interval: .seconds(4)).run()
                    return false
                }
                if let publisher {
                    group.addTask {
                        try await publisher.run()
                        return false
                    }
                }
                if let targets = started.targets {
                    group.addTask {
                        try await CatchingUp(context: context, rebalancing: rebalancing).wait(for: targets)
                        return true
                    }
                }
                while let isEnd = try await group.next() {
                    if isEnd { break }
                }
                logger.info("draining")
                observation.drains()
                await rebalancing.drain(await context.lanes.partitions, lost: false)
                await publisher?.finish(within: settings.drainLimit)
                group.cancelAll()
            }
        } catch is CancellationError {
            // The way in which the tasks end once the worker is done.
        } catch {
            failure = error
        }
        let ended = ContinuousClock.now
        rebalancing.close()
        context.lanes.close()
        await context.consumer.close()
        await context.kafka.inspector.close()
        if failure == nil, started.targets != nil { await background.finish(by: ended + .seconds(3)) }
        await background.release()
        await publisher?.close()
        for link in [indexing, writing, relating, publishing, control] { await link.close() }
        let incidents = context.tally.incidents
        if !incidents.isEmpty {
            logger.info(
                "incidents",
                metadata: Logger.Metadata(uniqueKeysWithValues: incidents.map { ($0.key, "\($0.value)") })
            )
        }
        let copies = await context.lookout?.gauge
        if let copies { tell(copies) }
        if let failure { throw failure }
        var summary = summary(context, started.partitions, seconds: ended - begin)
        summary.copies = copies
        summary.actions = Int64(await publisher?.published ?? 0)
        return summary
    }

    /// What a connection is called in pg_stat_activity: what it is for, and whose it is (the end of
    /// `progress.owner`, since PostgreSQL keeps 63 bytes).
    private static func applicationName(_ purpose: String, _ settings: WorkerSettings) -> String {
        let process = settings.owner.split(separator: "/").last ?? ""
        return "mention-worker \(purpose) \(process)"
    }

    private struct Started: Sendable {
        var context: WorkerContext
        var partitions: Int32
        var model: Int16
        var targets: [Int32: Int64]?
    }

    /// Everything that must be known before the group is joined.
    private func start(_ control: DatabaseLink, _ kafkaCondition: ConditionLog) async throws -> Started {
        let claims = PartitionClaims(group: settings.group, topic: settings.topic, owner: settings.owner)
        let mismatch = try await control.perform { connection throws(PostgresError) in
            try await Schema.objection(connection)
        }
        if let mismatch { throw WorkerFailure.refused(mismatch.description) }
        let inspector: KafkaInspector
        let consumer: KafkaConsumer
        do throws(KafkaError) {
            inspector = try KafkaInspector(settings.kafka)
            consumer = try KafkaConsumer(settings.kafka, group: settings.group, options: settings.consumer)
        } catch {
            throw WorkerFailure.refused(Consumption.remedy(error, topic: settings.topic))
        }
        let kafka = KafkaLink(inspector, settings: settings, condition: kafkaCondition)
        let topic = settings.topic
        let partitions = try await kafka.ask { inspector throws(KafkaError) in
            try await inspector.partitionCount(topic: topic, timeout: .seconds(10))
        }
        let clusterID = try await kafka.ask { inspector throws(KafkaError) in
            try await inspector.clusterID(timeout: .seconds(10))
        }
        var targets: [Int32: Int64]?
        if settings.untilCaughtUp {
            let all = (0..<partitions).map { TopicPartition(topic, $0) }
            let bounds = try await kafka.ask { inspector throws(KafkaError) in
                try await inspector.watermarks(all, timeout: .seconds(10))
            }
            targets = CatchingUp.targets(bounds)
        }
        let version = settings.classifier.modelVersion
        let topicNumber = try await control.perform { connection throws(PostgresError) in
            try await claims.topicNumber(on: connection)
        }
        let model = try await control.perform { connection throws(PostgresError) in
            try await claims.modelNumber(version, on: connection)
        }
        let matcher = try await control.perform { connection throws(PostgresError) in
            try await BrandRefresh.load(newerThan: nil, on: connection)
        }
        let publishes = settings.actionsTopic != nil
        let triage = try await control.perform { connection throws(PostgresError) in
            try await TriageRefresh.load(newerThan: nil, publishes: publishes, on: connection)
        }
        let policy: TriagePolicy
        switch triage {
        case .success(let loaded?): policy = loaded
        case .success(nil): throw WorkerFailure.inconsistent("there are no triage rules")
        case .failure(let unusable): throw WorkerFailure.refused(unusable.description)
        }
        var lookout: CopyLookout?
        if settings.copyMemory > 0 {
            let scheme = try await control.perform { connection throws(PostgresError) in
                try await CopySetting.scheme(on: connection)
            }
            lookout = CopyLookout(scheme: scheme, bytes: settings.copyMemory / 2)
        }
        let context = WorkerContext(
            settings: settings,
            lanes: Lanes(
                maximumRecords: settings.heldRecords,
                maximumBytes: settings.heldBytes,
                breaker: settings.breaker
            ),
            consumer: consumer,
            kafka: kafka,
            control: control,
            claims: claims,
            topicNumber: topicNumber,
            clusterID: clusterID,
            matcher: MatcherBox(matcher ?? BrandMatcher([], version: 0)),
            triage: TriageBox(policy),
            lookout: lookout,
            tally: Tally(settings.observation.instruments),
            logger: logger,
            kafkaCondition: kafkaCondition
        )
        return Started(context: context, partitions: partitions, model: model, targets: targets)
    }

    private func tell(_ copies: CopyGauge) {
        logger.info(
            "near copies",
            metadata: [
                "texts": "\(copies.texts)", "bytes": "\(copies.bytes)", "covered_seconds": "\(copies.coveredSeconds)",
                "alone": "\(copies.counts.alone)", "same_text": "\(copies.counts.sameText)",
                "near": "\(copies.counts.near)", "short": "\(copies.counts.short)", "pairs": "\(copies.pairs)",
                "evicted": "\(copies.escapes.evicted)", "crowded": "\(copies.escapes.crowded)",
                "uncompared": "\(copies.escapes.uncompared)", "not_rebuilt": "\(copies.escapes.notRebuilt)",
                "restored": "\(copies.restored)",
            ]
        )
    }

    private func summary(
        _ context: WorkerContext,
        _ partitions: Int32,
        seconds: Duration
    ) -> WorkerSummary {
        let total = context.tally.total
        var summary = WorkerSummary()
        summary.records = total.records
        summary.new = total.newMentions
        summary.redelivered = total.redeliveries
        summary.revisions = total.revisions
        summary.deadLetters = total.deadLetters
        summary.nearPairs = total.nearPairs
        summary.partitions = partitions
        summary.seconds = seconds / .seconds(1)
        return summary
    }
}
