/// What is concluded from samples of the progress: how long nothing moved, and how long it took the farm to get over a
/// fault. Pure: times come in with the samples, in seconds from one point.
struct FarmWatch: Sendable {
    /// Where a partition stands.
    struct Standing: Sendable, Equatable {
        var epoch: Int64
        var next: Int64
        var owner: String?
        /// When it last moved, on the clock of the samples; nil when it never did.
        var advanced: Double?
    }

    /// One look at all partitions.
    struct Sample: Sendable {
        var at: Double
        var partitions: [Int32: Standing]
        /// Ends of the partitions as last known; what is not known is taken as never reached.
        var ends: [Int32: Int64]
    }

    /// Something that was waited for, and how long it took.
    struct Recovery: Sendable, Equatable {
        var fault: Int
        var isTakeover: Bool
        var seconds: Double
    }

    private struct Takeover {
        var fault: Int
        var since: Double
        /// The partitions that are still in the hands of who lost them, with the epoch that must be left behind.
        var lost: [Int32: Int64]
        /// Partitions that have a new holder, and where they stood when that was seen first.
        var claimed: [Int32: Int64] = [:]
    }

    private var takeovers: [Takeover] = []
    private var returns: [(fault: Int, since: Double)] = []
    private var latest: Sample?
    private var lastAdvance: Double?
    /// The longest time in which no partition moved though there was something to read.
    private(set) var longestStall = 0.0

    init() {}

    /// The partitions of a worker are no longer served, from now on. `process` is its number in the owners' names.
    mutating func lost(process: Int32, fault: Int, at time: Double) {
        let lost = (latest?.partitions ?? [:]).filter { $0.value.owner?.contains("/\(process)@") == true }
        guard !lost.isEmpty else { return }
        takeovers.append(Takeover(fault: fault, since: time, lost: lost.mapValues(\.epoch)))
    }

    /// The database takes connections again.
    mutating func databaseIsBack(fault: Int, at time: Double) {
        returns.append((fault, time))
    }

    /// Starts the measurement of stalls, or begins it anew.
    mutating func startStalls(at time: Double) {
        lastAdvance = time
    }

    /// Takes a look and says what it completes.
    mutating func take(_ sample: Sample) -> [Recovery] {
        defer { latest = sample }
        var done: [Recovery] = []
        let advance = sample.partitions.values.compactMap(\.advanced).max()
        if let last = lastAdvance {
            let now = max(last, advance ?? last)
            let hasWork = sample.partitions.contains { $0.value.next < sample.ends[$0.key] ?? .max }
            longestStall = max(longestStall, now - last, hasWork ? sample.at - now : 0)
            lastAdvance = hasWork ? now : max(now, sample.at)
        }
        for index in takeovers.indices.reversed() {
            for (partition, epoch) in takeovers[index].lost {
                guard let standing = sample.partitions[partition], standing.epoch > epoch else { continue }
                let from = takeovers[index].claimed[partition] ?? standing.next
                takeovers[index].claimed[partition] = from
                if standing.next > from || standing.next >= sample.ends[partition] ?? .max {
                    takeovers[index].lost[partition] = nil
                }
            }
            if takeovers[index].lost.isEmpty {
                let takeover = takeovers.remove(at: index)
                done.append(Recovery(fault: takeover.fault, isTakeover: true, seconds: sample.at - takeover.since))
            }
        }
        for index in returns.indices.reversed() {
            guard let advance, advance > returns[index].since else { continue }
            let back = returns.remove(at: index)
            done.append(Recovery(fault: back.fault, isTakeover: false, seconds: advance - back.since))
        }
        return done
    }
}
