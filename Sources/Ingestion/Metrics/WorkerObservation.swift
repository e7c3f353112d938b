import Conditions
import Copies
public import CoreMetrics
public import FarmMetrics
import KafkaClient
public import MentionModel
import Persistence
import Pipeline
import Synchronization

/// What can be seen of a worker from outside while it works: its metrics, whether it is alive, and whether it is ready.
public final class WorkerObservation: Sendable {
    /// What is looked at once the worker has started.
    private struct Subject: Sendable {
        var context: WorkerContext
        var rebalancing: Rebalancing
        var partitions: Int32
    }

    private enum Phase: String, Sendable {
        case starting = "the worker is starting: it waits for Kafka or PostgreSQL"
        case running = "the worker is running"
        case draining = "the worker is draining"
    }

    private struct State: Sendable {
        var subject: Subject?
        var phase = Phase.starting
        var conditions: [(name: String, condition: ConditionLog)] = []
        var gauges: [Int32: PartitionGauges] = [:]
        var ends = LagBook()
        var copies = CopyGauge()
    }

    let instruments: WorkerInstruments
    let health = WorkerHealth()
    /// Whether anybody looks.
    let isOn: Bool
    private let factory: any MetricsFactory
    private let topic: String
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// Makes an observation whose metrics `factory` keeps; nil: nobody looks. `now` is the wall clock, with which the age
    /// of records is told.
    public init(_ factory: (any MetricsFactory)?, topic: String, now: @escaping @Sendable () -> Timestamp) {
        isOn = factory != nil
        self.factory = factory ?? NOOPMetricsHandler.instance
        self.topic = topic
        self.now = now
        instruments = WorkerInstruments(self.factory, topic: topic, isOn: isOn)
    }

    // MARK: The worker's side

    func watch(_ conditions: [(name: String, condition: ConditionLog)]) {
        state.withLock { $0.conditions = conditions }
    }

    func began(_ context: WorkerContext, _ rebalancing: Rebalancing, partitions: Int32) {
        state.withLock { state in
            state.subject = Subject(context: context, rebalancing: rebalancing, partitions: partitions)
            state.phase = .running
        }
        factory.meter(MetricCatalogue.info, context.settings.classifier.modelVersion).set(1)
        factory.meter(MetricCatalogue.heldRecordsLimit).set(context.settings.heldRecords)
        factory.meter(MetricCatalogue.heldBytesLimit).set(context.settings.heldBytes)
        factory.meter(MetricCatalogue.topicPartitions, topic).set(Int64(partitions))
    }

    func drains() { state.withLock { $0.phase = .draining } }

    /// Lets go of the worker.
    func ended() { state.withLock { $0.subject = nil } }

    /// The ends of partitions, as Kafka has just told them.
    func learned(_ ends: [Int32: Int64]) { state.withLock { $0.ends.learned(ends) } }

    /// What the database has just told of itself.
    func learned(_ gauge: DatabaseGauge) {
        factory.meter(MetricCatalogue.databaseConnections).set(gauge.connections)
        factory.meter(MetricCatalogue.databaseConnectionsLimit).set(gauge.connectionsLimit)
        factory.meter(MetricCatalogue.databaseBytes).set(gauge.bytes)
        factory.meter(MetricCatalogue.relatedLag, topic).set(gauge.unrelated)
        factory.meter(MetricCatalogue.outboxActions).set(gauge.outboxRows)
        factory.meter(MetricCatalogue.outboxAge).set(gauge.outboxOldest)
    }

    /// Tells the health what is durable and what waits, and whether a service is away.
    func look() async {
        excuse()
        guard let subject = state.withLock({ $0.subject }) else { return }
        let lanes = await subject.context.lanes.gauges
        var durable: [Int32: Int64] = [:]
        var waiting: Int64 = 0
        let instant = ContinuousClock.now
        state.withLock { state in
            for lane in lanes.lanes where !lane.isFaulty {
                durable[lane.partition] = lane.durable
                waiting += state.ends.lag(of: lane, wallClock: now(), at: instant).records
            }
        }
        health.saw(durable: durable, lag: waiting)
    }

    // MARK: The outside

    /// Reads off all that is not counted as it happens.
    public func refresh() async {
        excuse()
        let (subject, services) = state.withLock { ($0.subject, $0.conditions) }
        for service in services {
            let isUp = !services.contains { $0.name == service.name && $0.condition.isOngoing }
            let metric = service.name == "Kafka" ? MetricCatalogue.kafkaUp : MetricCatalogue.databaseUp
            factory.meter(metric).set(isUp ? 1 : 0)
        }
        factory.meter(MetricCatalogue.alive).set(health.report.isWell ? 1 : 0)
        factory.meter(MetricCatalogue.ready).set(await readiness().isWell ? 1 : 0)
        for loop in WorkerLoop.allCases {
            factory.meter(MetricCatalogue.loopSeconds, loop.rawValue).set(health.busy(loop) / .seconds(1))
        }
        guard let subject else { return }
        let lanes = await subject.context.lanes.gauges
        let faults = await subject.rebalancing.faults
        let held = await subject.rebalancing.holdings
        factory.meter(MetricCatalogue.partitionsHeld, topic).set(held.count)
        factory.meter(MetricCatalogue.heldRecords).set(lanes.heldRecords)
        factory.meter(MetricCatalogue.heldBytes).set(lanes.heldBytes)
        factory.meter(MetricCatalogue.readyRecords).set(lanes.readyRecords)
        factory.meter(MetricCatalogue.unpreparedRecords).set(lanes.unpreparedRecords)
        show(lanes.lanes, held, faults)
        if let copies = await subject.context.lookout?.gauge { show(copies) }
    }

    /// Whether the worker is alive: its loops turn, and there is progress while there is lag.
    public func liveness() async -> HealthBook.Report {
        await look()
        var report = health.report
        report.lines.insert(state.withLock { $0.phase.rawValue }, at: 1)
        return report
    }

    /// Whether the worker can do its work: the schema is known, no service is away, and partitions are claimed, or the
    /// group has none for it.
    public func readiness() async -> HealthBook.Report {
        let (subject, phase, conditions) = state.withLock { ($0.subject, $0.phase, $0.conditions) }
        var objections: [String] = []
        if phase != .running { objections.append(phase.rawValue) }
        for service in Set(conditions.filter { $0.condition.isOngoing }.map(\.name)).sorted() {
            objections.append("\(service) is away or refuses to work")
        }
        var lines: [String] = []
        if let subject {
            if await subject.rebalancing.hasTakenPartitions {
                lines.append("partitions held: \(await subject.rebalancing.holdings.count) of \(subject.partitions)")
            } else {
                objections.append("the group has not yet said which partitions are this worker's")
            }
            for (partition, reason) in await subject.rebalancing.faults.sorted(by: { $0.key < $1.key }) {
                lines.append("partition \(partition) is paused: \(reason)")
            }
        }
        let isReady = objections.isEmpty
        return HealthBook.Report(
            isWell: isReady,
            lines: [isReady ? "ready" : "not ready: \(objections.joined(separator: "; "))"] + lines
        )
    }

    // MARK: Reading off

    private func excuse() {
        let conditions = state.withLock { $0.conditions }
        let away = Set(conditions.filter { $0.condition.isOngoing }.map(\.name)).sorted()
        health.excuse(away.isEmpty ? nil : "\(away.joined(separator: " and ")) is away or refuses to work")
    }

    private func show(_ lanes: [LaneGauge], _ held: [Int32: Holding], _ faults: [Int32: String]) {
        let byPartition = Dictionary(lanes.map { ($0.partition, $0) }) { first, _ in first }
        let instant = ContinuousClock.now
        let wallClock = now()
        state.withLock { state in
            for (partition, gauges) in state.gauges where held[partition] == nil {
                gauges.destroy()
                state.gauges[partition] = nil
            }
            state.ends.forget(except: Set(held.keys))
            for (partition, holding) in held {
                let gauges = state.gauges[partition] ?? PartitionGauges(factory, topic, partition)
                state.gauges[partition] = gauges
                // One that was paused before it was read has no lane.
                let lane =
                    byPartition[partition]
                    ?? LaneGauge(partition: partition, durable: holding.nextOffset, isFaulty: true)
                gauges.set(
                    lane,
                    state.ends.lag(of: lane, wallClock: wallClock, at: instant),
                    isPaused: faults[partition] != nil
                )
            }
        }
    }

    private func show(_ copies: CopyGauge) {
        factory.meter(MetricCatalogue.indexTexts).set(copies.texts)
        factory.meter(MetricCatalogue.indexCapacity).set(copies.capacity)
        factory.meter(MetricCatalogue.indexBytes, "live").set(copies.bytes)
        factory.meter(MetricCatalogue.indexCovered).set(copies.coveredSeconds)
        let told = state.withLock { state in
            defer { state.copies = copies }
            return state.copies
        }
        let tiers = [
            ("same_text", copies.counts.sameText - told.counts.sameText),
            ("near", copies.counts.near - told.counts.near),
            ("alone", copies.counts.alone - told.counts.alone),
        ]
        for (tier, count) in tiers { factory.counter(MetricCatalogue.copies, tier).increment(by: max(0, count)) }
        factory.counter(MetricCatalogue.copyPairs).increment(by: max(0, copies.pairs - told.pairs))
        for (cause, texts) in (copies.escapes - told.escapes).byCause {
            factory.counter(MetricCatalogue.copyEscapes, cause).increment(by: max(0, texts))
        }
    }
}
