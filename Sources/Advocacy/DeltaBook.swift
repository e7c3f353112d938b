public import MentionModel

/// What a batch changes in one ledger row.
public struct LedgerDelta: Sendable, Equatable {
    /// The row.
    public var key: LedgerKey
    /// What is to be added; may be negative, and zero where only the bounds change.
    public var sums: LedgerSums
    /// The earliest `published_at` that is new in the row: the row's `first_at` becomes the lesser. Nil when none is.
    public var firstAt: Timestamp?
    /// The latest `published_at` that is new in the row: the row's `last_at` becomes the greater. Nil when none is.
    public var lastAt: Timestamp?
    /// The earliest `published_at` that has left the row. A stored `first_at` that is not before it can't be trusted
    /// any more and must be read again from the mentions. Nil when none has left.
    public var firstRemovedAt: Timestamp?
    /// The latest `published_at` that has left the row; the same for a stored `last_at` that is not after it.
    public var lastRemovedAt: Timestamp?
    /// Whether a mention that was there before has part in it: whoever reads sums behind the writers has to be told.
    public var isTouched = false

    /// Whether the row's bounds may have to be drawn in.
    public var mayShrink: Bool { firstRemovedAt != nil }

    /// Makes a change of sums alone.
    public init(key: LedgerKey, sums: LedgerSums) {
        self.key = key
        self.sums = sums
    }
}

/// What a batch changes in one hourly row.
public struct HourDelta: Sendable, Equatable {
    /// The row.
    public var key: HourKey
    /// What is to be added; never zero.
    public var sums: HourSums

    /// Makes a change.
    public init(key: HourKey, sums: HourSums) {
        self.key = key
        self.sums = sums
    }
}

/// Collects what a batch adds and subtracts, nets it, and gives it sorted by key: the order in which rows are locked.
///
/// The order of the calls does not matter. Memory is 24 bytes for each mention × brand, and an entry for each row;
/// who fills it bounds the batch.
public struct DeltaBook: Sendable {
    private struct Instant: Sendable, Hashable {
        var key: LedgerKey
        var at: Timestamp
    }

    private var ledger: [LedgerKey: LedgerSums] = [:]
    private var hours: [HourKey: HourSums] = [:]
    private var wishes: [WishKey: Int] = [:]
    private var added: [Instant] = []
    private var removed: [Instant] = []
    private var touched: Set<LedgerKey> = []

    /// An empty book.
    public init() {}

    /// Whether nothing was collected. A book whose entries cancel out is not empty, but gives no rows.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// Takes a new state of a mention that was there before, in place of the old one. O(brands).
    public mutating func replace(_ old: Contribution, with new: Contribution) {
        subtract(old)
        add(new)
        for brand in new.brands { touched.insert(new.ledgerKey(brand: brand)) }
    }

    /// Takes a new mention. O(brands).
    public mutating func add(_ contribution: Contribution) {
        for brand in contribution.brands {
            let key = contribution.ledgerKey(brand: brand)
            ledger[key, default: .zero] += contribution.sums
            hours[contribution.hourKey(brand: brand), default: .zero] += contribution.hourSums
            if contribution.isWish { wishes[contribution.wishKey(brand: brand), default: 0] += 1 }
            added.append(Instant(key: key, at: contribution.publishedAt))
        }
    }

    /// Takes a version of a mention that was there before and stands no more. O(brands).
    public mutating func subtract(_ contribution: Contribution) {
        for brand in contribution.brands {
            let key = contribution.ledgerKey(brand: brand)
            ledger[key, default: .zero] -= contribution.sums
            hours[contribution.hourKey(brand: brand), default: .zero] -= contribution.hourSums
            if contribution.isWish { wishes[contribution.wishKey(brand: brand), default: 0] -= 1 }
            removed.append(Instant(key: key, at: contribution.publishedAt))
            touched.insert(key)
        }
    }

    /// Takes all that another book has collected. O(size of the other).
    public mutating func add(_ other: DeltaBook) {
        for (key, sums) in other.ledger { ledger[key, default: .zero] += sums }
        for (key, sums) in other.hours { hours[key, default: .zero] += sums }
        for (key, count) in other.wishes { wishes[key, default: 0] += count }
        added += other.added
        removed += other.removed
        touched.formUnion(other.touched)
    }

    /// The ledger rows that change, ascending by key. A row is left out when neither its sums nor the instants in it
    /// have changed on balance. O(n log n).
    public var sortedLedger: [LedgerDelta] {
        var deltas: [LedgerKey: LedgerDelta] = [:]
        deltas.reserveCapacity(ledger.count)
        for (key, sums) in ledger { deltas[key] = LedgerDelta(key: key, sums: sums) }
        if removed.isEmpty {
            for instant in added { deltas[instant.key]?.noteAdded(instant.at) }
        } else {
            // A version that is replaced by one of the same instant moves no bound.
            var net: [Instant: Int] = [:]
            for instant in added { net[instant, default: 0] += 1 }
            for instant in removed { net[instant, default: 0] -= 1 }
            for (instant, count) in net {
                if count > 0 { deltas[instant.key]?.noteAdded(instant.at) }
                if count < 0 { deltas[instant.key]?.noteRemoved(instant.at) }
            }
        }
        for key in touched { deltas[key]?.isTouched = true }
        return deltas.values
            .filter { $0.sums != .zero || $0.firstAt != nil || $0.mayShrink }
            .sorted { $0.key < $1.key }
    }

    /// The hourly rows that change, ascending by key, without those whose change is zero. O(n log n).
    public var sortedHours: [HourDelta] {
        hours.lazy
            .filter { $0.value != .zero }
            .map { HourDelta(key: $0.key, sums: $0.value) }
            .sorted { $0.key < $1.key }
    }

    /// The wishes that are there now and were not, and those that were and are not; each ascending. O(n log n).
    public var sortedWishes: (added: [WishKey], removed: [WishKey]) {
        (
            wishes.lazy.filter { $0.value > 0 }.map(\.key).sorted(),
            wishes.lazy.filter { $0.value < 0 }.map(\.key).sorted()
        )
    }
}

extension LedgerDelta {
    fileprivate mutating func noteAdded(_ at: Timestamp) {
        firstAt = firstAt.map { min($0, at) } ?? at
        lastAt = lastAt.map { max($0, at) } ?? at
    }

    fileprivate mutating func noteRemoved(_ at: Timestamp) {
        firstRemovedAt = firstRemovedAt.map { min($0, at) } ?? at
        lastRemovedAt = lastRemovedAt.map { max($0, at) } ?? at
    }
}
