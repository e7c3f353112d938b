/// What the sessions of the workers' writers were seen doing, from repeated looks at `pg_stat_activity`.
public struct WriterActivity: Sendable, Equatable {
    /// Looks at a session, over all sessions and times.
    public var looks = 0
    /// Of these, at a session that was working on a statement.
    public var active = 0
    /// Of the active, waiting for the disk.
    public var onDisk = 0
    /// Of the active, waiting for a lock of another session, or for PostgreSQL's own shared memory.
    public var onLocks = 0

    /// Nothing seen.
    public init() {}

    /// How much of its time a writer waits for PostgreSQL, 0…1; nil where nothing was seen.
    public var share: Double? { looks > 0 ? Double(active) / Double(looks) : nil }
}

/// How a group stands with a topic: two looks at it, some time apart.
public struct FarmLoad: Sendable, Equatable {
    /// Consumer group.
    public var group: String
    /// Topic.
    public var topic: String
    /// Partitions of the topic; where Kafka was not asked, those with progress.
    public var partitions = 0
    /// Of these, held by a worker.
    public var held = 0
    /// Of these, paused for a fault.
    public var paused = 0
    /// Workers that hold a partition.
    public var workers = 0
    /// Workers that are connected and hold none.
    public var idleWorkers = 0
    /// Records that had their effect, a second; nil where there was one look only.
    public var recordsPerSecond: Double?
    /// Records that wait in Kafka; nil where Kafka was not asked.
    public var lag: Int64?
    /// By how much the lag changes in a second; negative when it shrinks.
    public var lagPerSecond: Double?
    /// The part of the lag that the partition furthest behind has, 0…1.
    public var largestShare: Double?
    /// What the writers were seen doing.
    public var writers = WriterActivity()

    /// A group and a topic of which nothing is known yet.
    public init(group: String, topic: String) {
        self.group = group
        self.topic = topic
    }

    /// Where the lag goes: `rising`, `steady` or `falling`; nil where it is not known.
    public var trend: String? {
        guard let lag, let change = lagPerSecond else { return nil }
        // Batches come in steps: what is below a twentieth of the throughput is noise.
        let noise = max(20, (recordsPerSecond ?? 0) * 0.05)
        if lag > 0, change > noise { return "rising" }
        return change < -noise ? "falling" : "steady"
    }
}

/// A piece of advice about the number of workers.
public struct ScalingAdvice: Sendable, Equatable {
    /// What it comes to.
    public enum Kind: String, Sendable {
        /// No worker holds a partition.
        case startWorkers = "start-workers"
        /// Partitions stand still for a fault.
        case resume
        /// The workers keep up, or catch up by themselves.
        case enough
        /// Another worker would help.
        case moreWorkers = "more-workers"
        /// More workers than partitions.
        case fewerWorkers = "fewer-workers"
        /// As many workers as partitions.
        case morePartitions = "more-partitions"
        /// PostgreSQL is what everybody waits for.
        case database
        /// One partition has most of the lag.
        case oneBusyPartition = "one-busy-partition"
        /// Too little is known.
        case unknown
    }

    /// What it comes to.
    public var kind: Kind
    /// One or two sentences.
    public var text: String

    /// From this part of its time on a writer that waits for PostgreSQL is said to be bound by it.
    static let boundShare = 0.7

    /// What to do about the number of workers, most urgent first; never empty. Pure.
    public static func advice(for load: FarmLoad) -> [ScalingAdvice] {
        var all: [ScalingAdvice] = []
        func say(_ kind: Kind, _ text: String) { all.append(ScalingAdvice(kind: kind, text: text)) }
        if load.paused > 0 {
            say(
                .resume,
                "\(load.paused) of \(load.partitions) partitions are paused for a fault: workers don't help there; see the runbook, 4"
            )
        }
        if load.idleWorkers > 0, load.held >= load.partitions, load.partitions > 0 {
            let worker = load.idleWorkers == 1 ? "1 worker holds" : "\(load.idleWorkers) workers hold"
            say(
                .fewerWorkers,
                "\(worker) no partition, there are only \(load.partitions): a reserve at best; more workers would not help"
            )
        }
        guard load.workers > 0 else {
            say(
                .startWorkers,
                load.idleWorkers > 0
                    ? "\(load.idleWorkers) workers are connected, but none holds a partition yet: wait for the group's rebalance"
                    : "no worker holds a partition: start one"
            )
            return all
        }
        guard let lag = load.lag else {
            say(.unknown, "the lag is not known: set KAFKA_BOOTSTRAP_SERVERS to have Kafka asked")
            return all
        }
        guard let rate = load.recordsPerSecond, let change = load.lagPerSecond, let trend = load.trend else {
            say(.unknown, "one look shows no trend: give --interval 5s, or --watch")
            return all
        }
        if Double(lag) <= max(1_000, rate * 3) {
            say(.enough, "the workers keep up; more would not help")
        } else if trend == "falling" {
            let left = Double(lag) / -change
            say(.enough, "the lag falls and is gone in about \(duration(left)); more workers are not needed for that")
        } else {
            all += remedies(load, lag)
        }
        return all
    }

    /// Workers are behind and don't catch up.
    private static func remedies(_ load: FarmLoad, _ lag: Int64) -> [ScalingAdvice] {
        var all: [ScalingAdvice] = []
        func say(_ kind: Kind, _ text: String) { all.append(ScalingAdvice(kind: kind, text: text)) }
        if let share = load.largestShare, load.partitions > 1, share > 0.5, share * Double(load.partitions) > 3 {
            let percent = Int((share * 100).rounded())
            say(
                .oneBusyPartition,
                "one partition has \(percent) % of the lag, and one worker alone can read it: look how the producer keys its records (mention-producer: --key), or at its owner's log"
            )
            return all
        }
        if let share = load.writers.share, share >= boundShare {
            say(.database, database(load.writers, share))
            return all
        }
        if load.workers + load.idleWorkers >= load.partitions {
            say(
                .morePartitions,
                "every partition has a worker of its own: more workers would not help; more partitions would (the runbook, 3)"
            )
        } else {
            let room = load.partitions - load.workers - load.idleWorkers
            say(
                .moreWorkers,
                "the lag does not fall: more workers would help, up to \(room) more for \(load.partitions) partitions"
            )
        }
        return all
    }

    private static func database(_ writers: WriterActivity, _ share: Double) -> String {
        let percent = Int((share * 100).rounded())
        let start = "writers wait for PostgreSQL \(percent) % of their time: more workers would hardly help; "
        let active = Double(max(1, writers.active))
        if Double(writers.onDisk) / active > 0.4 {
            return start + "its disk is what would: most of that is waiting for it"
        }
        if Double(writers.onLocks) / active > 0.4 {
            return start + "they wait for each other's locks: fewer workers with larger batches (--batch-records) would"
        }
        return start + "more or faster cores for PostgreSQL would, unless its host has idle ones"
    }

    private static func duration(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        if seconds < 120 { return "\(max(1, Int(seconds))) s" }
        return seconds < 7_200 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3_600)) h"
    }
}
