public import MentionModel

/// The parts of a worker's work whose duration is measured.
public enum WorkerStage: String, Sendable, CaseIterable {
    /// Taking the records of one poll into the lanes.
    case receive
    /// One round of chunks: decode, match, classify.
    case prepare
    /// Looking for near texts in one round of chunks.
    case copies
    /// One attempt of a batch's transaction.
    case write
    /// One claim of partitions.
    case claim
    /// One background step.
    case relate
}

/// The loops of a worker, each of which must go on turning.
public enum WorkerLoop: String, Sendable, CaseIterable {
    /// Takes events from Kafka.
    case polling
    /// Answers assignments.
    case rebalancing
    /// Decodes, matches, classifies.
    case preparation
    /// Writes batches.
    case delivery
    /// Relates mentions.
    case background
    /// Reads the registered brands.
    case brands
    /// Compares what the database holds with what was written.
    case standing

    /// How long one piece of its work may take before it counts as standing still. More than the timeouts of what it
    /// waits for.
    public var patience: Duration {
        switch self {
        case .polling, .preparation: .seconds(60)
        case .brands, .standing: .seconds(150)
        case .rebalancing, .delivery: .seconds(180)
        case .background: .seconds(900)
        }
    }
}

/// What a worker notes because it is normal now and then and telling in numbers. The raw value is what is logged.
public enum WorkerIncident: String, Sendable, CaseIterable {
    /// A batch was written again.
    case batchesRetried = "batches retried"
    /// The breaker has paused a partition.
    case breakersTripped = "breakers tripped"
    /// A claim had to wait for somebody's transaction.
    case claimsThatWaited = "claims that waited"
    /// The queue of rebalancing was full.
    case commandsDropped = "commands dropped"
    /// A drain was not done within its time.
    case drainsCutShort = "drains cut short"
    /// Kafka did not take a committed offset, which nothing reads but lag tools.
    case kafkaCommitsFailed = "kafka commits failed"
    /// A partition was paused because its topic was replaced or cut.
    case partitionsPaused = "partitions paused"
    /// The worker was full and had Kafka wait.
    case pauses
    /// The database refused a record.
    case recordsRefused = "records refused by the database"
    /// The database stood at another offset.
    case rewinds

    /// The value of the label.
    public var code: String { String(rawValue.map { $0 == " " ? "_" : $0 }) }
}

/// Classes of SQLSTATE that are told apart.
public enum SQLClass {
    /// The label's values; `connection` stands for failures without a SQLSTATE.
    static let all = ["connection", "08", "22", "23", "25", "28", "40", "42", "53", "54", "55", "57", "58", "MF", "XX"]

    /// The value for a SQLSTATE, or for a failure that has none.
    public static func of(_ sqlState: String?) -> String {
        guard let sqlState else { return "connection" }
        let code = String(sqlState.prefix(2))
        return all.contains(code) ? code : MetricLabel.other
    }
}

/// How many mentions have which label, before it is added to counters.
public struct MentionLabels: Sendable, Equatable {
    static let sentiments = ["negative", "neutral", "positive", "unreadable"]
    static let emotions = ["anger", "joy", "optimism", "sadness"]
    static let intents: [(name: String, intent: Intents)] = [
        ("complaint", .complaint), ("suggestion", .suggestion), ("question", .question), ("request", .request),
        ("praise", .praise), ("purchase", .purchase), ("threat", .threat),
    ]
    static let flags = ["irony", "offensive", "spam"]

    private var counts = [Int](repeating: 0, count: Self.names.count)

    /// Head and label at each place of the counts.
    public static let names: [(head: String, label: String)] =
        sentiments.map { ("sentiment", $0) } + emotions.map { ("emotion", $0) } + intents.map { ("intent", $0.name) }
        + flags.map { ("flag", $0) }

    /// None counted.
    public init() {}

    /// Counts a verdict. O(1).
    public mutating func add(_ verdict: Verdict) {
        switch verdict.sentiment {
        case .negative: counts[0] += 1
        case .neutral: counts[1] += 1
        case .positive: counts[2] += 1
        case nil: counts[3] += 1
        }
        if let emotion = verdict.emotion { counts[Self.sentiments.count + Int(emotion.rawValue)] += 1 }
        let first = Self.sentiments.count + Self.emotions.count
        if !verdict.intents.isEmpty {
            for (place, entry) in Self.intents.enumerated() where verdict.intents.contains(entry.intent) {
                counts[first + place] += 1
            }
        }
        let flags = first + Self.intents.count
        if (verdict.irony ?? 0) >= 5_000 { counts[flags] += 1 }
        if (verdict.offensive ?? 0) >= 5_000 { counts[flags + 1] += 1 }
        if (verdict.spam ?? 0) >= 5_000 { counts[flags + 2] += 1 }
    }

    /// The places that are not 0.
    public var counted: [(place: Int, count: Int)] {
        counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }
}
