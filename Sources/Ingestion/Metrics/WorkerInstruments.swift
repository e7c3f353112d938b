import Copies
import CoreMetrics
import FarmMetrics
import MentionModel
import Persistence
import Pipeline
import PostgresClient
import Synchronization

/// Which of a worker's connections.
enum DatabasePurpose: String, Sendable, CaseIterable {
    case control, writer, relating, outbox, indexing
}

/// The metrics of a worker that are counted as things happen: once a batch, never once a record. Those that are read off
/// when somebody asks are in ``WorkerObservation``.
final class WorkerInstruments: Sendable {
    private let factory: any MetricsFactory
    private let topic: String
    /// False where nobody reads: then labels and reasons are not counted.
    let isOn: Bool
    private let receivedRecords: Counter
    private let receivedBytes: Counter
    private let outcomes: [Counter]
    private let sameID: Counter
    private let reasons: [ReasonCode: Counter]
    private let labels: [Counter]
    private let batchRecords: Recorder
    private let batchPartitions: Recorder
    private let commitSeconds: Timer
    private let stages: [WorkerStage: Timer]
    private let rebalances: Counter
    private let fences: Counter
    private let incidents: [WorkerIncident: Counter]
    private let steps: [String: Counter]
    private let related: Counter

    init(_ factory: any MetricsFactory, topic: String, isOn: Bool) {
        self.factory = factory
        self.topic = topic
        self.isOn = isOn
        receivedRecords = factory.counter(MetricCatalogue.receivedRecords, topic)
        receivedBytes = factory.counter(MetricCatalogue.receivedBytes, topic)
        outcomes = ["new", "redelivered", "revision", "dead_letter"].map {
            factory.counter(MetricCatalogue.records, topic, $0)
        }
        sameID = factory.counter(MetricCatalogue.copies, "same_id")
        reasons = Dictionary(
            uniqueKeysWithValues: ReasonCode.allCases.map {
                ($0, factory.counter(MetricCatalogue.deadLetters, topic, $0.rawValue))
            }
        )
        labels = MentionLabels.names.map { factory.counter(MetricCatalogue.labels, $0.head, $0.label) }
        batchRecords = factory.recorder(MetricCatalogue.batchRecords)
        batchPartitions = factory.recorder(MetricCatalogue.batchPartitions)
        commitSeconds = factory.timer(MetricCatalogue.commitSeconds)
        stages = Dictionary(
            uniqueKeysWithValues: WorkerStage.allCases.map {
                ($0, factory.timer(MetricCatalogue.stageSeconds, $0.rawValue))
            }
        )
        rebalances = factory.counter(MetricCatalogue.rebalances)
        fences = factory.counter(MetricCatalogue.fences)
        incidents = Dictionary(
            uniqueKeysWithValues: WorkerIncident.allCases.map {
                ($0, factory.counter(MetricCatalogue.incidents, $0.code))
            }
        )
        steps = Dictionary(
            uniqueKeysWithValues: ["held_by_another", "idle", "waiting", "working", "reached", "reconciled"].map {
                ($0, factory.counter(MetricCatalogue.relatingSteps, $0))
            }
        )
        related = factory.counter(MetricCatalogue.related)
        // There from the start, so that the first failure is a rise.
        for purpose in DatabasePurpose.allCases {
            for state in [nil, "40", "53", "57"] {
                _ = factory.counter(MetricCatalogue.databaseErrors, purpose.rawValue, SQLClass.of(state))
            }
        }
        _ = factory.counter(MetricCatalogue.writeAttempts, "committed")
    }

    // MARK: What happens

    func received(records: Int, bytes: Int) {
        receivedRecords.increment(by: records)
        receivedBytes.increment(by: bytes)
    }

    /// A piece of work of a stage is done.
    func took(_ stage: WorkerStage, since begin: ContinuousClock.Instant) {
        stages[stage]?.recordNanoseconds((ContinuousClock.now - begin).nanoseconds)
    }

    /// A batch was cut.
    func cut(_ batch: Batch) {
        guard isOn else { return }
        batchRecords.record(batch.count)
        batchPartitions.record(batch.steps.count)
    }

    /// A batch has come to its end, in whatever way.
    func finished(since begin: ContinuousClock.Instant) {
        commitSeconds.recordNanoseconds((ContinuousClock.now - begin).nanoseconds)
    }

    /// A step of a partition is durable.
    func committed(_ step: PartitionStep, _ counts: StepCounts) {
        guard isOn else { return }
        let numbers = [counts.newMentions, counts.redeliveries, counts.revisions, counts.deadLetters]
        for (counter, number) in zip(outcomes, numbers) { counter.increment(by: number) }
        sameID.increment(by: counts.redeliveries + counts.revisions)
        var seen = MentionLabels()
        var rejected: [ReasonCode: Int] = [:]
        for slice in step.slices {
            if let refusal = slice.refusal {
                rejected[refusal.reason, default: 0] += slice.range.count
                continue
            }
            let chunk = slice.chunk
            for place in slice.range {
                switch chunk.records[place].outcome {
                case .mention(let mention): seen.add(chunk.mentions[mention].verdict)
                case .rejected(let rejection): rejected[rejection.reason, default: 0] += 1
                }
            }
        }
        for (place, count) in seen.counted { labels[place].increment(by: count) }
        for (reason, count) in rejected { reasons[reason]?.increment(by: count) }
    }

    func attempted(_ result: WriteResult) {
        let name =
            switch result {
            case .committed: "committed"
            case .poison: "poison"
            case .refused: "refused"
            case .fenced: "fenced"
            case .rollOverNeeded: "roll_over"
            case .unknown: "unknown"
            case .transient: "transient"
            }
        factory.counter(MetricCatalogue.writeAttempts, name).increment()
    }

    func failed(_ purpose: DatabasePurpose, _ error: PostgresError) {
        factory.counter(MetricCatalogue.databaseErrors, purpose.rawValue, SQLClass.of(error.sqlState)).increment()
    }

    /// What ``Tally/note(_:)`` was told.
    func noted(_ incident: String) {
        switch incident {
        case "rebalances": rebalances.increment()
        case "fences": fences.increment()
        default:
            if let known = WorkerIncident(rawValue: incident) {
                incidents[known]?.increment()
            } else {
                factory.counter(MetricCatalogue.incidents, MetricLabel.other).increment()
            }
        }
    }

    func stepped(_ outcome: Relating.Outcome) {
        switch outcome {
        case .heldByAnother: steps["held_by_another"]?.increment()
        case .idle: steps["idle"]?.increment()
        case .waiting: steps["waiting"]?.increment()
        case .working(let mentions, _):
            steps["working"]?.increment()
            related.increment(by: mentions)
        case .reached(let mentions, _):
            steps["reached"]?.increment()
            related.increment(by: mentions)
        case .reconciled: steps["reconciled"]?.increment()
        }
    }

    /// What the index of the background step takes.
    func backgroundIndex(bytes: Int) { factory.meter(MetricCatalogue.indexBytes, "background").set(bytes) }
}

extension Duration {
    /// Nanoseconds, as far as they fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000
    }
}
