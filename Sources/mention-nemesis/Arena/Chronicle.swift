import Synchronization

/// What happened, as it is written down. All times are seconds from the first record on.
final class Chronicle: Sendable {
    /// A fault and what became of it.
    struct FaultEntry: Codable, Sendable {
        var number: Int
        var kind: FaultKind
        var fault: Fault
        var start: Double
        var end: Double
        /// Whether it found what it wanted to break; else it is not counted.
        var happened: Bool
        /// Whether a batch was in flight where it struck.
        var inFlight: Bool
        /// Whether nothing else was done until the farm had got over it.
        var isAlone: Bool
        var note: String?
        /// Of the batch of a stale owner: whether it was refused; nil where none arrived in time.
        var isFenced: Bool?
    }

    /// The end of a process.
    struct ExitEntry: Codable, Sendable {
        var at: Double
        var name: String
        var end: ChildProcess.End?
        /// Whether we ended it, or asked it to.
        var expected: Bool
        /// The last it said, where it ended by itself.
        var tail: String?
    }

    /// Twice a second.
    struct SampleEntry: Codable, Sendable {
        var at: Double
        /// Records that have had their effect.
        var records: Int64
        /// Records a second since the sample before.
        var rate: Double
        /// Records that wait, as far as is known.
        var lag: Int64
        /// Partitions that a worker holds.
        var held: Int
    }

    /// A thing that was measured behind a fault.
    struct RecoveryEntry: Codable, Sendable {
        enum Kind: String, Codable {
            case takeover
            case database
        }
        var kind: Kind
        var fault: Int
        var seconds: Double
        /// Whether the fault was one that is left alone.
        var isAlone: Bool
    }

    /// The whole book.
    struct Book: Codable, Sendable {
        var faults: [FaultEntry] = []
        var exits: [ExitEntry] = []
        var recoveries: [RecoveryEntry] = []
        var samples: [SampleEntry] = []
    }

    private let book = Mutex(Book())
    private let begin = Mutex<ContinuousClock.Instant>(.now)

    init() {}

    /// Seconds from here on count from zero, and what was seen before is of no interest.
    func startClock() {
        begin.withLock { $0 = .now }
        book.withLock { $0.samples = [] }
    }

    /// Now, in seconds.
    var now: Double { (ContinuousClock.now - begin.withLock { $0 }) / .seconds(1) }

    /// When a time of the plan comes.
    func instant(_ seconds: Double) -> ContinuousClock.Instant { begin.withLock { $0 } + .seconds(seconds) }

    func add(_ entry: FaultEntry) { book.withLock { $0.faults.append(entry) } }
    func add(_ entry: SampleEntry) { book.withLock { $0.samples.append(entry) } }
    func add(_ entry: RecoveryEntry) { book.withLock { $0.recoveries.append(entry) } }

    func exited(_ name: String, _ end: ChildProcess.End?, expected: Bool, tail: String) {
        let entry = ExitEntry(at: now, name: name, end: end, expected: expected, tail: tail.isEmpty ? nil : tail)
        book.withLock { $0.exits.append(entry) }
    }

    /// All of it, until now.
    var contents: Book { book.withLock { $0 } }
}
