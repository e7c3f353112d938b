import BrandMatching
import Conditions
import KafkaClient
import Logging
import Persistence
import Pipeline
import Synchronization

/// What the tasks of one worker share.
struct WorkerContext: Sendable {
    let settings: WorkerSettings
    let lanes: Lanes
    let consumer: KafkaConsumer
    let kafka: KafkaLink
    /// Claims, brands and waiting: never the connection that writes batches.
    let control: DatabaseLink
    let claims: PartitionClaims
    let topicNumber: Int32
    let clusterID: String?
    let matcher: MatcherBox
    let triage: TriageBox
    /// Finds near copies; nil where that is switched off.
    let lookout: CopyLookout?
    let tally: Tally
    let logger: Logger
    let kafkaCondition: ConditionLog

    var instruments: WorkerInstruments { settings.observation.instruments }
    var health: WorkerHealth { settings.observation.health }

    func topicPartition(_ partition: Int32) -> TopicPartition { TopicPartition(settings.topic, partition) }
}

/// The brand matcher in force.
final class MatcherBox: Sendable {
    private let matcher: Mutex<BrandMatcher>

    init(_ matcher: BrandMatcher) { self.matcher = Mutex(matcher) }

    var current: BrandMatcher { matcher.withLock { $0 } }

    func replace(with new: BrandMatcher) { matcher.withLock { $0 = new } }
}

/// Counts of what this worker has done.
final class Tally: Sendable {
    private let counts = Mutex(StepCounts())
    private let events = Mutex<[String: Int]>([:])
    private let instruments: WorkerInstruments?

    init(_ instruments: WorkerInstruments? = nil) { self.instruments = instruments }

    var total: StepCounts { counts.withLock { $0 } }
    var incidents: [String: Int] { events.withLock { $0 } }

    func add(_ more: StepCounts) { counts.withLock { $0 = $0 + more } }

    /// Counts something that is normal now and then and telling in numbers: a fence, a rebalance, a retry.
    func note(_ incident: String) {
        events.withLock { $0[incident, default: 0] += 1 }
        instruments?.noted(incident)
    }
}
