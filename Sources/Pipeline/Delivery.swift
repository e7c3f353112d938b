public import MentionModel

/// Where a partition stands in the database.
public struct Standing: Sendable, Equatable {
    /// The epoch there; greater than ours when another worker has claimed it.
    public var epoch: Int64
    /// Its next offset; nil when none was ever set.
    public var nextOffset: Int64?
    /// Its incarnation; greater than ours when an operator has reset the partition.
    public var incarnation: Int32
    /// Whether the partition is noted as standing still.
    public var isPaused: Bool

    /// Makes a standing.
    public init(epoch: Int64, nextOffset: Int64?, incarnation: Int32 = 0, isPaused: Bool = false) {
        self.isPaused = isPaused
        self.epoch = epoch
        self.nextOffset = nextOffset
        self.incarnation = incarnation
    }
}

/// How an attempt to write a batch ended.
public enum WriteResult: Sendable, Equatable {
    /// The commit was confirmed.
    case committed
    /// The guard refused: another epoch or offset.
    case fenced
    /// There are no partitions of the table for the numbers that the batch needs.
    case rollOverNeeded
    /// The data were refused (SQLSTATE class 22 or 23).
    case poison(sqlState: String)
    /// The transaction was rolled back, or never began, for a reason that passes; the connection is usable.
    case transient
    /// The connection was lost or given up: nobody knows whether the batch was committed.
    case unknown
    /// The database refuses us (SQLSTATE class 28, 3D, 42): no retry will help.
    case refused
}

/// Carries one batch to the database, whatever happens on the way.
///
/// A pure state machine: it is told how each act ended and says what to do next. The batch is written as a whole; when
/// the answer to the commit is lost the progress rows say what became of it; a record that the database refuses is
/// found by halving and becomes a dead letter, alone.
public struct Delivery: Sendable {
    /// What to do next.
    public enum Action: Sendable {
        /// Write this batch in one transaction, then report ``written(_:)``.
        case write(Batch)
        /// Make more partitions of the table, then report ``rolledOver(_:)``.
        case rollOver
        /// Wait (the back-off is the caller's), connect again where the connection is gone, read the standing of
        /// these partitions, and report ``read(_:)``; if that fails, wait and try again, for ever.
        case waitAndRead([Int32])
        /// Read the standing of these partitions at once, and report ``read(_:)``.
        case read([Int32])
        /// All is said about the batch.
        case finished
        /// The database refuses us for good: the worker ends.
        case giveUp
    }

    /// Something that became certain; the caller takes these after each report.
    public enum Outcome: Sendable {
        /// The step is durable.
        case committed(PartitionStep)
        /// The partition belongs to another worker now: drop it.
        case fenced(PartitionStep)
        /// The database stands at another offset under our epoch (after a fail-over): drop what is held of the
        /// partition and read again from there.
        case rewound(PartitionStep, to: Int64)
        /// The database refused this record twice; it goes to the dead letters.
        case refused(partition: Int32, sqlState: String)
    }

    /// The reasons that poison can have in a dead letter's detail; never the server's own words, which quote data.
    public static func refusal(sqlState: String) -> Rejection {
        Rejection(.rejectedByDatabase, "PostgreSQL refused this record twice with SQLSTATE \(sqlState)")
    }

    private var work: [Batch]
    private var current: Batch?
    private var triedAlone = false
    private var outcomes: [Outcome] = []

    /// Begins the delivery of a batch; ask ``start()`` for the first action.
    public init(_ batch: Batch) {
        work = [batch]
    }

    /// The first action.
    public mutating func start() -> Action { next() }

    /// What has become certain since the last call.
    public mutating func takeOutcomes() -> [Outcome] {
        defer { outcomes.removeAll() }
        return outcomes
    }

    /// An attempt to write ended.
    public mutating func written(_ result: WriteResult) -> Action {
        guard let batch = current else { return next() }
        switch result {
        case .committed:
            outcomes += batch.steps.map(Outcome.committed)
            return next()
        case .fenced:
            return .read(batch.partitions)
        case .rollOverNeeded:
            return .rollOver
        case .transient, .unknown:
            return .waitAndRead(batch.partitions)
        case .refused:
            return .giveUp
        case .poison(let sqlState):
            return isolate(batch, sqlState: sqlState)
        }
    }

    /// More partitions were made, or the attempt failed: the batch is tried again.
    public mutating func rolledOver(_ result: WriteResult) -> Action {
        guard let batch = current else { return next() }
        switch result {
        case .committed: return .write(batch)
        case .refused: return .giveUp
        default: return .waitAndRead(batch.partitions)
        }
    }

    /// The standing of the batch's partitions was read.
    public mutating func read(_ standings: [Int32: Standing]) -> Action {
        guard let batch = current else { return next() }
        var open: [PartitionStep] = []
        var gone: Set<Int32> = []
        for step in batch.steps {
            guard let standing = standings[step.partition], standing.epoch == step.epoch,
                let nextOffset = standing.nextOffset
            else {
                outcomes.append(.fenced(step))
                gone.insert(step.partition)
                continue
            }
            if nextOffset == step.from {
                open.append(step)
            } else if nextOffset == step.to {
                outcomes.append(.committed(step))
            } else {
                outcomes.append(.rewound(step, to: nextOffset))
                gone.insert(step.partition)
            }
        }
        // The later halves of a batch that was split hold steps of the same partitions.
        if !gone.isEmpty {
            work = work.map { Batch(steps: $0.steps.filter { !gone.contains($0.partition) }) }
        }
        guard !open.isEmpty else { return next() }
        let rest = Batch(steps: open)
        current = rest
        return .write(rest)
    }

    private mutating func isolate(_ batch: Batch, sqlState: String) -> Action {
        if let (early, late) = batch.halves() {
            work.append(late)
            work.append(early)
            return next()
        }
        // One record, or none: a second refusal of the same batch makes it the record's fault.
        if !triedAlone {
            triedAlone = true
            return .write(batch)
        }
        triedAlone = false
        guard let step = batch.steps.first(where: { $0.count > 0 }),
            step.slices.allSatisfy({ $0.refusal == nil })
        else {
            // Even a dead letter was refused, or there is no record to blame: not a matter of data.
            return .waitAndRead(batch.partitions)
        }
        outcomes.append(.refused(partition: step.partition, sqlState: sqlState))
        let refused = batch.refusing(Self.refusal(sqlState: sqlState))
        current = refused
        return .write(refused)
    }

    private mutating func next() -> Action {
        triedAlone = false
        while let batch = work.popLast() {
            guard !batch.steps.isEmpty else { continue }
            current = batch
            return .write(batch)
        }
        current = nil
        return .finished
    }
}
