/// Finds texts by their hash: open addressing, eight bytes a slot.
///
/// A slot holds the high 44 bits of the hash and the place, so that looking up, moving and removing never touch the
/// entries. No probe is longer than ``reach``: hashes that were made to collide cost no more.
struct HashTable: Sendable {
    static let reach = 256
    private static let placeBits: UInt64 = 20
    private var slots: [UInt64]

    init(slots: Int) {
        self.slots = LargeArray.make(repeating: 0, count: max(slots, Self.reach * 2))
    }

    /// Bytes of memory.
    var memory: Int { slots.count * 8 }

    @inline(__always)
    private func home(_ word: UInt64) -> Int {
        Int(truncatingIfNeeded: ((word >> 32) &* UInt64(slots.count)) >> 32)
    }

    @inline(__always)
    private func next(_ index: Int) -> Int { index + 1 < slots.count ? index + 1 : 0 }

    private func word(_ hash: UInt64, _ place: Int) -> UInt64 {
        (hash >> Self.placeBits) << Self.placeBits | UInt64(place + 1)
    }

    /// Begins to fetch the slot where a hash would be.
    @inline(__always)
    func fetch(_ hash: UInt64) { LargeArray.fetch(slots, home(hash)) }

    /// The next slot from `cursor` on that may hold this hash, as its place; begin with a cursor of −1. Nil at the end.
    func next(_ hash: UInt64, _ cursor: inout Int) -> Int? {
        let home = home(hash)
        var index = cursor < 0 ? home : next(cursor)
        while slots[index] != 0 {
            let distance = index >= home ? index - home : index + slots.count - home
            if distance >= Self.reach { return nil }
            if (slots[index] ^ hash) >> Self.placeBits == 0 {
                cursor = index
                return Int(truncatingIfNeeded: slots[index] & ((1 << Self.placeBits) - 1)) - 1
            }
            index = next(index)
        }
        return nil
    }

    /// Puts a place in; returns false where the neighbourhood is full.
    mutating func insert(_ hash: UInt64, _ place: Int) -> Bool {
        var index = home(hash)
        for _ in 0..<Self.reach {
            if slots[index] == 0 {
                slots[index] = word(hash, place)
                return true
            }
            index = next(index)
        }
        return false
    }

    /// Takes a place out, if it is in.
    mutating func remove(_ hash: UInt64, _ place: Int) {
        let wanted = word(hash, place)
        var index = home(hash)
        var steps = 0
        while slots[index] != wanted {
            if slots[index] == 0 || steps == Self.reach { return }
            steps += 1
            index = next(index)
        }
        // Close the gap: what probed past it moves up (Knuth 6.4 R).
        var gap = index
        index = next(index)
        while slots[index] != 0 {
            let home = home(slots[index])
            let fromHome = index >= home ? index - home : index + slots.count - home
            let fromGap = index >= gap ? index - gap : index + slots.count - gap
            if fromHome >= fromGap {
                slots[gap] = slots[index]
                gap = index
            }
            index = next(index)
        }
        slots[gap] = 0
    }
}
