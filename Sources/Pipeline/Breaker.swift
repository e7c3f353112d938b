public import MentionModel

/// Stops a partition whose records are mostly dead letters, instead of draining a topic of a wrong format.
///
/// Looks at the last ``window`` records and trips when more than ``share`` percent of the window are dead letters;
/// records not seen yet count as good, so a few bad ones at the start do no harm. Some dead letters are a matter of
/// course; a stream of nothing else is a mistake in what feeds the topic, and each of them would have to be sent again.
public struct Breaker: Sendable, Equatable {
    /// When a breaker trips.
    public struct Limits: Sendable, Equatable {
        /// How many of the latest records are looked at.
        public var window: Int
        /// Percent of the window; 100 or more never trips.
        public var share: Int

        /// Limits; the window is at least 1.
        public init(window: Int = 400, share: Int = 50) {
            self.window = max(1, window)
            self.share = share
        }
    }

    /// What a tripped breaker has seen.
    public struct Trip: Sendable, Equatable {
        /// Dead letters among the last records.
        public var deadLetters: Int
        /// How many records were looked at: fewer than the window at the beginning.
        public var records: Int
        /// Why the last one is a dead letter.
        public var lastReason: ReasonCode
        /// Its offset.
        public var offset: Int64
    }

    /// When it trips.
    public let limits: Limits
    /// Records with lower offsets don't count: an operator has accepted them as they are.
    public let countsFrom: Int64
    private var ring: [Bool]
    private var place = 0
    private var seen = 0
    /// Dead letters in the window.
    public private(set) var deadLetters = 0

    /// A breaker that has seen nothing.
    public init(_ limits: Limits, countsFrom: Int64 = 0) {
        self.limits = limits
        self.countsFrom = countsFrom
        ring = Array(repeating: false, count: limits.share < 100 ? limits.window : 0)
    }

    /// Looks at a chunk's records in order.
    ///
    /// - Returns: the index of the record at which it trips, and what it has seen then; nil when it holds. Records
    ///   after that index have not been looked at.
    /// - Complexity: O(records); without dead letters in chunk and window O(1).
    public mutating func observe(_ chunk: PreparedChunk) -> (index: Int, trip: Trip)? {
        guard !ring.isEmpty else { return nil }
        if deadLetters == 0, chunk.mentions.count == chunk.records.count {
            seen = min(limits.window, seen + chunk.records.count)
            return nil
        }
        for (index, record) in chunk.records.enumerated() where record.offset >= countsFrom {
            if case .rejected(let rejection) = record.outcome {
                note(true)
                if isTripped { return (index, trip(rejection.reason, record.offset)) }
            } else {
                note(false)
            }
        }
        return nil
    }

    /// The database refused a record that had been taken for good: it is a dead letter after all.
    public mutating func refused() {
        guard !ring.isEmpty else { return }
        for back in 1...limits.window {
            let index = (place - back + limits.window) % limits.window
            if !ring[index] {
                ring[index] = true
                deadLetters += 1
                return
            }
        }
    }

    private var isTripped: Bool { deadLetters * 100 > limits.window * limits.share }

    private func trip(_ reason: ReasonCode, _ offset: Int64) -> Trip {
        Trip(deadLetters: deadLetters, records: seen, lastReason: reason, offset: offset)
    }

    private mutating func note(_ isDeadLetter: Bool) {
        if ring[place] { deadLetters -= 1 }
        ring[place] = isDeadLetter
        if isDeadLetter { deadLetters += 1 }
        place = (place + 1) % limits.window
        seen = min(limits.window, seen + 1)
    }
}
