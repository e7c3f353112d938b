/// A set of shingles that is emptied in no time: what was put in before the last ``clear(for:)`` has another stamp.
struct StampSet: Sendable {
    /// Stamp in the high half, shingle in the low one.
    private var slots: [UInt64]
    private var stamp: UInt64 = 0
    private var mask = 0
    private(set) var count = 0

    /// A set for at most `most` shingles.
    init(most: Int) {
        slots = [UInt64](repeating: 0, count: Self.size(for: most))
    }

    /// Bytes that the set takes.
    var bytes: Int { slots.count * 8 }

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
    mutating func fill(_ bytes: Span<UInt8>, _ source: EvidenceReader) {
        count = Self.fill(&slots, stamp, mask, bytes, source)
    }

    private static func fill(
        _ all: inout [UInt64],
        _ stamp: UInt64,
        _ mask: Int,
        _ bytes: Span<UInt8>,
        _ source: EvidenceReader
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

    /// Fills this set, and counts what of it is in another one and what is not; ends where more than `allowed` are not.
    mutating func fill(
        _ bytes: Span<UInt8>,
        _ source: EvidenceReader,
        against known: borrowing StampSet,
        allowed: Int
    ) -> (common: Int, missing: Int) {
        Self.fill(&slots, stamp, mask, bytes, source, known, allowed)
    }

    private static func fill(
        _ all: inout [UInt64],
        _ stamp: UInt64,
        _ mask: Int,
        _ bytes: Span<UInt8>,
        _ source: EvidenceReader,
        _ known: borrowing StampSet,
        _ allowed: Int
    ) -> (common: Int, missing: Int) {
        var slots = all.mutableSpan
        let others = known.slots.span
        let (otherStamp, otherMask) = (known.stamp, known.mask)
        var source = source
        var common = 0
        var missing = 0
        while let shingle = source.next(bytes), common + missing < mask {
            let wanted = stamp << 32 | UInt64(shingle)
            var index = home(shingle, mask)
            while slots[index] >> 32 == stamp, slots[index] != wanted { index = (index + 1) & mask }
            if slots[index] == wanted { continue }
            slots[index] = wanted
            let sought = otherStamp << 32 | UInt64(shingle)
            index = home(shingle, otherMask)
            while others[index] >> 32 == otherStamp, others[index] != sought { index = (index + 1) & otherMask }
            if others[index] == sought {
                common += 1
            } else {
                missing += 1
                if missing > allowed { break }
            }
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
