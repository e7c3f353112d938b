/// A set of shingles that is emptied in no time: what was put in before the last ``clear(for:)`` has another stamp.
struct StampSet: Sendable {
    /// Stamp in the high half, shingle in the low one.
    private var slots: [UInt64]
    private var stamp: UInt64 = 0
    private var mask = 0
    /// For each slot the last ``count(_:_:others:allowed:)`` that has met it.
    private var rounds: [UInt32]
    private var round: UInt32 = 0
    private(set) var count = 0

    /// A set for at most `most` shingles.
    init(most: Int) {
        slots = [UInt64](repeating: 0, count: Self.size(for: most))
        rounds = [UInt32](repeating: 0, count: slots.count)
    }

    /// Bytes that the set takes.
    var bytes: Int { slots.count * 12 }

    /// Empties the set. It works on as few slots as `most` shingles need, so that small sets stay in the cache.
    mutating func clear(for most: Int) {
        stamp += 1
        if stamp > UInt64(UInt32.max) {
            for index in slots.indices { slots[index] = 0 }
            stamp = 1
        }
        mask = min(Self.size(for: most), slots.count) - 1
        count = 0
    }

    /// Puts in all that a reader gives, as far as there is room.
    mutating func fill(_ bytes: Span<UInt8>, _ source: some ShingleSource) {
        count = Self.fill(&slots, stamp, mask, bytes, source)
    }

    private static func fill(
        _ all: inout [UInt64],
        _ stamp: UInt64,
        _ mask: Int,
        _ bytes: Span<UInt8>,
        _ source: some ShingleSource
    ) -> Int {
        var slots = all.mutableSpan
        var source = source
        var count = 0
        while let shingle = source.next(bytes), count < mask {
            let wanted = stamp << 32 | UInt64(shingle)
            var index = home(shingle, mask)
            while slots[index] >> 32 == stamp, slots[index] != wanted { index = (index + 1) & mask }
            if slots[index] == wanted { continue }
            slots[index] = wanted
            count += 1
        }
        return count
    }

    /// Counts of the distinct shingles that a reader gives those that are in this set and those that are not; ends where
    /// more than `allowed` are not. These are put into `others`, which was cleared for them.
    mutating func count(
        _ bytes: Span<UInt8>,
        _ source: some ShingleSource,
        others: inout StampSet,
        allowed: Int
    ) -> (common: Int, missing: Int) {
        round &+= 1
        if round == 0 {
            for index in rounds.indices { rounds[index] = 0 }
            round = 1
        }
        let own = Key(stamp: stamp, mask: mask)
        return Self.count(slots, &rounds, own, round, &others, bytes, source, allowed)
    }

    private struct Key {
        var stamp: UInt64
        var mask: Int
    }

    private static func count(
        _ own: [UInt64],
        _ ownRounds: inout [UInt32],
        _ key: Key,
        _ round: UInt32,
        _ others: inout StampSet,
        _ bytes: Span<UInt8>,
        _ source: some ShingleSource,
        _ allowed: Int
    ) -> (common: Int, missing: Int) {
        let slots = own.span
        var rounds = ownRounds.mutableSpan
        let (stamp, mask) = (others.stamp, others.mask)
        var strange = others.slots.mutableSpan
        var source = source
        var common = 0
        var missing = 0
        while let shingle = source.next(bytes) {
            let sought = key.stamp << 32 | UInt64(shingle)
            var index = home(shingle, key.mask)
            while slots[index] >> 32 == key.stamp, slots[index] != sought { index = (index + 1) & key.mask }
            if slots[index] == sought {
                // Mostly it is in, and comes for the first time.
                common += rounds[index] == round ? 0 : 1
                rounds[index] = round
                continue
            }
            let wanted = stamp << 32 | UInt64(shingle)
            index = home(shingle, mask)
            while strange[index] >> 32 == stamp, strange[index] != wanted { index = (index + 1) & mask }
            if strange[index] == wanted { continue }
            strange[index] = wanted
            missing += 1
            if missing > allowed || missing == mask { break }
        }
        return (common, missing)
    }

    @inline(__always)
    private static func home(_ shingle: UInt32, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (shingle &* 0x9E37_79B1) >> 15) & mask
    }

    private static func size(for most: Int) -> Int {
        var size = 64
        while size < most * 2 { size *= 2 }
        return size
    }
}
