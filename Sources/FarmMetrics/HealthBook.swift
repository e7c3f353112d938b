/// Whether a worker is alive: its loops turn, and there is progress while there is lag.
///
/// A state machine without a clock. What stands still because a service is away is excused: a restart would not bring the
/// service back.
public struct HealthBook: Sendable {
    /// How long nothing may become durable while there is lag.
    public static let patienceForProgress = Duration.seconds(180)

    private enum State: Sendable {
        /// Waits for something to do.
        case resting
        /// At one piece of work since then.
        case busy(since: ContinuousClock.Instant)
    }

    /// What is wrong, or how it stands, in words.
    public struct Report: Sendable, Equatable {
        /// Whether nothing is wrong.
        public var isWell: Bool
        /// One line each; the first says the whole.
        public var lines: [String]

        /// Makes one.
        public init(isWell: Bool, lines: [String]) {
            self.isWell = isWell
            self.lines = lines
        }
    }

    private var loops: [WorkerLoop: State] = [:]
    private var durable: [Int32: Int64] = [:]
    private var lag: Int64 = 0
    private var progressAt: ContinuousClock.Instant?
    private var excusedBy: String?

    /// One without loops.
    public init() {}

    /// A loop begins a piece of work, or goes on to the next.
    public mutating func turned(_ loop: WorkerLoop, at now: ContinuousClock.Instant) {
        loops[loop] = .busy(since: now)
    }

    /// A loop waits for something to do.
    public mutating func rested(_ loop: WorkerLoop) { loops[loop] = .resting }

    /// What is durable of each partition that is held and sound, and how many records wait beyond that in all.
    public mutating func saw(durable new: [Int32: Int64], lag: Int64, at now: ContinuousClock.Instant) {
        self.lag = lag
        guard lag > 0, new == durable, progressAt != nil else {
            durable = new
            progressAt = now
            return
        }
    }

    /// A service is away, so that standing still means nothing; nil: none is. Call it often: time counts anew from the last
    /// call with an excuse.
    public mutating func excuse(_ reason: String?, at now: ContinuousClock.Instant) {
        excusedBy = reason
        guard reason != nil else { return }
        if progressAt != nil { progressAt = now }
        for (loop, state) in loops {
            if case .busy = state { loops[loop] = .busy(since: now) }
        }
    }

    /// For how long a loop has been at one piece of work; zero while it rests or was never seen.
    public func busy(_ loop: WorkerLoop, at now: ContinuousClock.Instant) -> Duration {
        guard case .busy(let since) = loops[loop] else { return .zero }
        return max(.zero, now - since)
    }

    /// How it stands.
    public func report(at now: ContinuousClock.Instant) -> Report {
        var faults: [String] = []
        var lines: [String] = []
        for loop in WorkerLoop.allCases {
            switch loops[loop] {
            case nil: lines.append("\(loop.rawValue): not started")
            case .resting: lines.append("\(loop.rawValue): waits for work")
            case .busy(let since):
                let spent = max(.zero, now - since)
                if spent > loop.patience {
                    faults.append("the loop \(loop.rawValue) stands still for \(spent.inSeconds) s")
                }
                lines.append("\(loop.rawValue): at work for \(spent.inSeconds) s")
            }
        }
        if let progressAt {
            let still = max(.zero, now - progressAt)
            if lag > 0, still > Self.patienceForProgress {
                faults.append("\(lag) records wait and none became durable for \(still.inSeconds) s")
            }
            lines.append("progress: \(lag) records wait, the last step was seen \(still.inSeconds) s ago")
        }
        if let excusedBy { lines.append("excused: \(excusedBy)") }
        return Report(
            isWell: faults.isEmpty,
            lines: [faults.isEmpty ? "alive" : "not alive: \(faults.joined(separator: "; "))"] + lines
        )
    }
}

extension Duration {
    /// Whole seconds.
    var inSeconds: Int64 { components.seconds }
}
