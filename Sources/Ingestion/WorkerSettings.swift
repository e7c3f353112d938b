public import Classification
public import KafkaClient
internal import MentionModel
public import Pipeline
public import PostgresClient

/// Where a group starts in a partition for which it has no progress yet.
public enum StartPosition: Sendable, Equatable {
    /// At the oldest record.
    case earliest
    /// Behind the newest record.
    case latest
    /// At the first record not older than this, milliseconds since the Unix epoch.
    case time(milliseconds: Int64)
}

/// All that a worker is told.
public struct WorkerSettings: Sendable {
    /// How to reach Kafka.
    public var kafka: KafkaConfiguration
    /// Session timeout, instance id and the like.
    public var consumer: ConsumerOptions
    /// How to reach PostgreSQL.
    public var database: PostgresTarget
    /// The topic.
    public var topic: String
    /// The consumer group.
    public var group: String
    /// Host, process and start, for people to read in `progress.owner`.
    public var owner: String
    /// Seeds the jitter of the back-offs.
    public var seed: UInt64
    /// The classifier.
    public var classifier: any Classifier
    /// Where to start without progress.
    public var start = StartPosition.earliest
    /// Most records of one transaction.
    public var batchRecords = 8_000
    /// Most payload bytes of one transaction; a single poll's records of a partition may be more. Dead letters carry
    /// their payload, and each byte is in memory several times while it is sent.
    public var batchBytes = 8 << 20
    /// How long a batch that is not full waits for more.
    public var batchLinger = Duration.milliseconds(15)
    /// Bound of what is received and not yet durable, in records.
    public var heldRecords = 24_000
    /// The same in payload bytes.
    public var heldBytes = 64 << 20
    /// Bytes of memory for near copies: half for the live index, half for that of the background step. 0: this worker
    /// does not look for near copies.
    public var copyMemory = 128 << 20
    /// The topic of decisions and signals; nil: nothing is published, and decisions are not written for it.
    public var actionsTopic: String? = "mention-actions"
    /// When a partition is paused for its dead letters.
    public var breaker = Breaker.Limits()
    /// How many chunks are prepared side by side.
    public var width = 2
    /// Whether PostgreSQL flushes its log at each commit. Off is safe: progress and data are lost together, and
    /// replayed together.
    public var synchronousCommit = false
    /// How long a service may stay away before the worker ends; nil: for ever.
    public var giveUpAfter: Duration?
    /// Ends when all that was there at the start is durable.
    public var untilCaughtUp = false
    /// How long a drain may take when partitions are given back or the worker ends.
    public var drainLimit = Duration.seconds(5)

    /// Who looks on while the worker works; by default nobody.
    public var observation: WorkerObservation

    /// Settings with the defaults.
    public init(
        kafka: KafkaConfiguration,
        consumer: ConsumerOptions,
        database: PostgresTarget,
        topic: String,
        group: String,
        owner: String,
        seed: UInt64,
        classifier: any Classifier
    ) {
        self.kafka = kafka
        self.consumer = consumer
        self.database = database
        self.topic = topic
        self.group = group
        self.owner = owner
        self.seed = seed
        self.classifier = classifier
        observation = WorkerObservation(nil, topic: topic) { Timestamp(microseconds: 0) }
    }
}

/// Why a worker ended before it was asked to.
public enum WorkerFailure: Error, Sendable {
    /// A service refuses us, or what was asked for isn't there: configuration. One sentence with the remedy.
    case refused(String)
    /// A service stayed away for longer than allowed.
    case unavailable(String)
    /// Partitions are paused for a fault (`--until-caught-up` can't reach the end).
    case paused([Int32: String])
    /// Something that must not happen.
    case inconsistent(String)
}

/// What a worker has done, for its closing line.
public struct WorkerSummary: Sendable, Equatable {
    /// Records that this worker made durable.
    public var records: Int64 = 0
    /// Mentions that were not there before.
    public var new: Int64 = 0
    /// Bodies that had been seen before.
    public var redelivered: Int64 = 0
    /// New bodies of mentions that were there.
    public var revisions: Int64 = 0
    /// Records that could not become a mention.
    public var deadLetters: Int64 = 0
    /// Pairs of near texts that came with them.
    public var nearPairs: Int64 = 0
    /// Records that this worker has published from the outbox.
    public var actions: Int64 = 0
    /// What the live index of near copies came to; nil where there was none.
    public var copies: CopyGauge?
    /// Partitions of the topic.
    public var partitions: Int32 = 0
    /// From the start to the end, in seconds.
    public var seconds: Double = 0

    /// All zero.
    public init() {}

    /// Records divided by seconds; 0 for no time.
    public var recordsPerSecond: Double { seconds > 0 ? Double(records) / seconds : 0 }
}
