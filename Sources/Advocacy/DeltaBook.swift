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
/// The order of the calls does not matter. Memory is some 200 bytes for each mention × brand; who fills it bounds the
/// batch. It is netted by sorting, not by hashing: most rows of a batch have one entry, and their order is wanted anyway.
public struct DeltaBook: Sendable {
    /// What one mention adds to the rows of one brand, or takes from them.
    private struct Entry: Sendable {
        var brand: Int32
        var source: Int32
        var author: Int64
        var at: Timestamp
        /// Whether it is taken away.
        var isRemoved: Bool
        /// Whether the mention was there before.
        var isTouched: Bool
        var sums: LedgerSums
        var hourSums: HourSums
    }

    /// A key of a row as 128 bits that sort as it does, and which entry it is of.
    private struct Place {
        var high: UInt64
        var low: UInt64
        var entry: Int

        /// A signed number as one without a sign that sorts as it does.
        @inline(__always)
        static func bits(_ number: Int32) -> UInt64 { UInt64(UInt32(bitPattern: number) ^ 0x8000_0000) }

        /// The same of 64 bits.
        @inline(__always)
        static func bits(_ number: Int64) -> UInt64 { UInt64(bitPattern: number) ^ 1 << 63 }
    }

    private var entries: [Entry] = []
    private var wishes: [WishKey: Int] = [:]

    /// An empty book.
    public init() {}

    /// Whether nothing was collected. A book whose entries cancel out is not empty, but gives no rows.
    public var isEmpty: Bool { entries.isEmpty }

    /// Takes a new state of a mention that was there before, in place of the old one. O(brands).
    public mutating func replace(_ old: Contribution, with new: Contribution) {
        subtract(old)
        take(new, isRemoved: false, isTouched: true)
    }

    /// Takes a new mention. O(brands).
    public mutating func add(_ contribution: Contribution) {
        take(contribution, isRemoved: false, isTouched: false)
    }

    /// Takes a version of a mention that was there before and stands no more. O(brands).
    public mutating func subtract(_ contribution: Contribution) {
        take(contribution, isRemoved: true, isTouched: true)
    }

    private mutating func take(_ contribution: Contribution, isRemoved: Bool, isTouched: Bool) {
        for brand in contribution.brands {
            entries.append(
                Entry(
                    brand: brand,
                    source: contribution.source,
                    author: contribution.author,
                    at: contribution.publishedAt,
                    isRemoved: isRemoved,
                    isTouched: isTouched,
                    sums: contribution.sums,
                    hourSums: contribution.hourSums
                )
            )
            if contribution.isWish { wishes[contribution.wishKey(brand: brand), default: 0] += isRemoved ? -1 : 1 }
        }
    }

    /// Takes all that another book has collected. O(size of the other).
    public mutating func add(_ other: DeltaBook) {
        entries += other.entries
        for (key, count) in other.wishes { wishes[key, default: 0] += count }
    }

    /// The ledger rows that change, ascending by key. A row is left out when neither its sums nor the instants in it
    /// have changed on balance. O(n log n).
    public var sortedLedger: [LedgerDelta] {
        ledger { entry, number in
            let author = Place.bits(entry.author)
            return Place(
                high: Place.bits(entry.brand) << 32 | author >> 32,
                low: author << 32 | Place.bits(entry.at.day),
                entry: number
            )
        }
    }

    /// The same rows, ascending by brand, day and author. O(n log n).
    public var ledgerByDay: [LedgerDelta] {
        ledger { entry, number in
            Place(
                high: Place.bits(entry.brand) << 32 | Place.bits(entry.at.day),
                low: Place.bits(entry.author),
                entry: number
            )
        }
    }

    /// The hourly rows that change, ascending by key, without those whose change is zero. O(n log n).
    public var sortedHours: [HourDelta] {
        var rows: [HourDelta] = []
        let byHour = { (entry: Entry, number: Int) in
            Place(
                high: Place.bits(entry.brand) << 32 | Place.bits(entry.at.hour),
                low: Place.bits(entry.source),
                entry: number
            )
        }
        forEachRow(byHour) { places in
            guard let first = places.first else { return }
            var sums = HourSums.zero
            for place in places {
                let entry = entries[place.entry]
                if entry.isRemoved { sums -= entry.hourSums } else { sums += entry.hourSums }
            }
            guard sums != .zero else { return }
            let entry = entries[first.entry]
            rows.append(
                HourDelta(key: HourKey(brand: entry.brand, hour: entry.at.hour, source: entry.source), sums: sums)
            )
        }
        return rows
    }

    /// The wishes that are there now and were not, and those that were and are not; each ascending. O(n log n).
    public var sortedWishes: (added: [WishKey], removed: [WishKey]) {
        (
            wishes.lazy.filter { $0.value > 0 }.map(\.key).sorted(),
            wishes.lazy.filter { $0.value < 0 }.map(\.key).sorted()
        )
    }

    @inline(__always)
    private func ledger(_ place: (Entry, Int) -> Place) -> [LedgerDelta] {
        var rows: [LedgerDelta] = []
        rows.reserveCapacity(entries.count)
        forEachRow(place) { places in
            guard let delta = net(places) else { return }
            if delta.sums != .zero || delta.firstAt != nil || delta.mayShrink { rows.append(delta) }
        }
        return rows
    }

    /// What the entries of one row come to.
    private func net(_ places: ArraySlice<Place>) -> LedgerDelta? {
        guard let first = places.first else { return nil }
        let entry = entries[first.entry]
        var delta = LedgerDelta(
            key: LedgerKey(brand: entry.brand, author: entry.author, day: entry.at.day),
            sums: .zero
        )
        var hasRemoved = false
        for place in places {
            let entry = entries[place.entry]
            if entry.isRemoved { delta.sums -= entry.sums } else { delta.sums += entry.sums }
            hasRemoved = hasRemoved || entry.isRemoved
            delta.isTouched = delta.isTouched || entry.isTouched
        }
        guard hasRemoved else {
            for place in places { delta.noteAdded(entries[place.entry].at) }
            return delta
        }
        // A version that is replaced by one of the same instant moves no bound.
        var net: [Timestamp: Int] = [:]
        for place in places { net[entries[place.entry].at, default: 0] += entries[place.entry].isRemoved ? -1 : 1 }
        for (instant, count) in net {
            if count > 0 { delta.noteAdded(instant) }
            if count < 0 { delta.noteRemoved(instant) }
        }
        return delta
    }

    /// Calls `body` with the entries of each row, in the order of the rows' keys.
    @inline(__always)
    private func forEachRow(_ place: (Entry, Int) -> Place, _ body: (ArraySlice<Place>) -> Void) {
        var places: [Place] = []
        places.reserveCapacity(entries.count)
        for number in entries.indices { places.append(place(entries[number], number)) }
        places.sort { $0.high != $1.high ? $0.high < $1.high : $0.low < $1.low }
        var start = 0
        while start < places.count {
            var end = start + 1
            while end < places.count, places[end].high == places[start].high, places[end].low == places[start].low {
                end += 1
            }
            body(places[start..<end])
            start = end
        }
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
