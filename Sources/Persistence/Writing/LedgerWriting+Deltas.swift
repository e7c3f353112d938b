import Advocacy
import PostgresClient

extension LedgerWriting {
    /// The statements for the net changes of a batch, sorted by the tables' keys.
    static func statements(_ deltas: DeltaBook, slot: Int16) -> [PostgresStatement] {
        guard !deltas.isEmpty else { return [] }
        // The table's key has the day before the author; that is the order of the locks.
        let ledger = deltas.ledgerByDay.map(LedgerChange.init)
        return statements(ledger: ledger, hours: deltas.sortedHours, slot: slot)
            + HourWriting.wishes(deltas.sortedWishes)
    }
}

extension LedgerChange {
    /// The change that a net delta makes.
    init(_ delta: LedgerDelta) {
        self.init(brand: delta.key.brand, day: delta.key.day, author: delta.key.author)
        let sums = delta.sums
        mentions = sums.mentions
        positive = sums.positive
        neutral = sums.neutral
        negative = sums.negative
        unknown = sums.unknown
        answers = sums.answers
        passedOn = sums.passedOn
        followersKnown = sums.followersKnown
        setAside = sums.setAside
        setAsidePositive = sums.setAsidePositive
        setAsideNegative = sums.setAsideNegative
        scoreSum = sums.scoreSum
        likes = sums.likes
        reposts = sums.reposts
        replies = sums.replies
        followersSum = sums.followersSum
        if let first = delta.firstAt { firstCame = first.microseconds }
        if let last = delta.lastAt { lastCame = last.microseconds }
        if let first = delta.firstRemovedAt { firstLeft = first.microseconds }
        if let last = delta.lastRemovedAt { lastLeft = last.microseconds }
        isTouched = delta.isTouched
    }
}
