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

    /// Puts a shingle in; returns whether it was not there. One too many for the set is not put in.
    @inline(__always)
    mutating func insert(_ shingle: UInt32) -> Bool {
        let wanted = stamp << 32 | UInt64(shingle)
        var index = Int(truncatingIfNeeded: (shingle &* 0x9E37_79B1) >> 15) & mask
        while slots[index] >> 32 == stamp {
            if slots[index] == wanted { return false }
            index = (index + 1) & mask
        }
        guard count < mask else { return false }
        slots[index] = wanted
        count += 1
        return true
    }

    /// Whether a shingle is in the set.
    @inline(__always)
    func contains(_ shingle: UInt32) -> Bool {
        let wanted = stamp << 32 | UInt64(shingle)
        let slots = slots.span
        var index = Int(truncatingIfNeeded: (shingle &* 0x9E37_79B1) >> 15) & mask
        while slots[index] >> 32 == stamp {
            if slots[index] == wanted { return true }
            index = (index + 1) & mask
        }
        return false
    }

    private static func size(for most: Int) -> Int {
        var size = 64
        while size < most * 2 { size *= 2 }
        return size
    }
}
