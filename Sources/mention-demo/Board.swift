import Persistence
import Synchronization

/// All that the live view shows at one moment.
struct Board: Sendable {
    var elapsed: Duration = .zero
    /// Records a second, one value a second, the newest last; at most ``historyLength``.
    var rates: [Double] = []
    var counts = FarmOverview.Counts()
    /// Records in the topic that are not yet read; nil before it is known.
    var lag: Int64?
    var partitionsWanted = 0
    var workersAlive = 0
    var workersWanted = 0
    var moods: [FarmOverview.Mood] = []
    var newest: [FarmOverview.Newest] = []
    var advocates: [FarmOverview.Advocate] = []
    var copies = FarmOverview.Copies()
    var deadLetters: [(reason: String, count: Int64)] = []
    /// What is going on, in the last line.
    var stage = "starting"

    static let historyLength = 240

    /// Records a second over the last five seconds.
    var rate: Double {
        let last = rates.suffix(5)
        return last.isEmpty ? 0 : last.reduce(0, +) / Double(last.count)
    }

    /// How many partitions each worker holds, the most first.
    var held: [Int] {
        var held: [String: Int] = [:]
        for place in counts.partitions {
            if let owner = place.owner { held[owner, default: 0] += 1 }
        }
        return held.values.sorted(by: >)
    }

    /// How many partitions stand still for a fault.
    var paused: Int { counts.partitions.count { $0.paused != nil } }
}

/// The board, shared by those who fill it and the one who draws it.
final class SharedBoard: Sendable {
    private let board = Mutex(Board())

    var current: Board { board.withLock { $0 } }

    func update(_ change: @Sendable (inout Board) -> Void) {
        board.withLock { change(&$0) }
    }
}
