/// Finds texts by the bands of their sketches: one table for all bands, in buckets of eight slots of four bytes.
///
/// A slot holds twelve bits of the band's hash and the place. A bucket is a queue: the newest text is in front, and
/// what is too much falls off the end, where the oldest is. Nothing is ever removed: what the ring has dropped is
/// recognised by its age. So a look-up costs the same whatever is in the table, and a cluster of any size can't fill
/// more than its own buckets.
///
/// A table that is thorough keeps what falls off in lists beside the buckets, as far as those are bounded.
struct BandTable: Sendable {
    /// Slots of a bucket: half a cache line.
    static let bucket = 8
    private static let places: UInt32 = 0xF_FFFF
    /// Two slots a word, the newer one in the low half. The vector is there for its alignment.
    /// Greatest length of the list beside a bucket: what a look-up may cost.
    private static let longestList = 4_096
    private var buckets: [SIMD4<UInt64>]
    /// What has fallen off, by bucket, oldest first.
    private var lists: [Int: [UInt32]] = [:]
    private var listed = 0
    private let mostListed: Int
    private var untilPurge = 0

    init(slots: Int, isThorough: Bool = false) {
        buckets = LargeArray.make(repeating: .zero, count: max(slots / Self.bucket, 16))
        mostListed = isThorough ? max(slots / 4, 64) : 0
    }

    /// Bytes of memory; of the lists, what they take when they are full.
    var memory: Int { buckets.count * MemoryLayout<SIMD4<UInt64>>.stride + mostListed * 8 }

    @inline(__always)
    private func number(_ band: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(band) &* UInt64(buckets.count)) >> 32)
    }

    /// The high bits chose the bucket: the low ones tell its texts apart.
    @inline(__always)
    private func tag(_ band: UInt32) -> UInt32 { band << 20 }

    /// Whether the bucket of a band is empty. Asked of all bands first, it fetches their buckets side by side: each is a
    /// miss of the cache, and what follows would keep the next ones from being begun.
    @inline(__always)
    func isEmpty(_ band: UInt32) -> Bool { buckets[number(band)][0] == 0 }

    /// Begins to fetch the bucket of a band.
    @inline(__always)
    func fetch(_ band: UInt32) { LargeArray.fetch(buckets, number(band)) }

    /// Calls `body` with each place, dropped ones too, whose band seems to be this one.
    @inline(__always)
    func forEach(_ band: UInt32, _ body: (Int) -> Void) {
        let slots = buckets[number(band)]
        let tag = UInt64(tag(band))
        let sought = tag << 32 | tag
        var found: UInt64 = 0
        for index in 0..<4 {
            // The high bit of each half of which the tag is equal (and then perhaps of the half above).
            let differing = (slots[index] ^ sought) & 0xFFF0_0000_FFF0_0000
            found |= (differing &- 0x0010_0000_0010_0000) & ~differing
        }
        // Mostly none is.
        guard found & 0x8000_0000_8000_0000 != 0 else { return }
        for lane in 0..<Self.bucket {
            let slot = UInt32(truncatingIfNeeded: slots[lane >> 1] >> UInt64((lane & 1) * 32))
            if slot & ~Self.places == UInt32(truncatingIfNeeded: tag), slot & Self.places != 0 {
                body(Int(slot & Self.places) - 1)
            }
        }
    }

    /// The same for what has fallen off.
    func forEachListed(_ band: UInt32, _ body: (Int) -> Void) {
        guard listed > 0, let list = lists[number(band)] else { return }
        let tag = tag(band)
        for slot in list.reversed() where slot & ~Self.places == tag { body(Int(slot & Self.places) - 1) }
    }

    /// Keeps what has fallen off, if the table is thorough and there is room; returns what is lost.
    private mutating func list(_ slot: UInt32, _ number: Int) -> Int? {
        let lost = Int(slot & Self.places) - 1
        guard mostListed > 0, listed < mostListed, lists[number, default: []].count < Self.longestList else {
            return lost
        }
        lists[number, default: []].append(slot)
        listed += 1
        return nil
    }

    /// Lets go of what the ring has dropped, when the lists are full; now and then, since it goes through all of them.
    mutating func purge(_ isHeld: (Int) -> Bool) {
        guard mostListed > 0, listed == mostListed else { return }
        untilPurge -= 1
        guard untilPurge < 0 else { return }
        untilPurge = mostListed
        lists = lists.compactMapValues { list in
            let held = list.filter { isHeld(Int($0 & Self.places) - 1) }
            return held.isEmpty ? nil : held
        }
        listed = lists.values.reduce(0) { $0 + $1.count }
    }

    /// Puts the newest text in; returns the place that is lost thereby, which may be a dropped one.
    @inline(__always)
    mutating func insertNewest(_ band: UInt32, _ place: Int) -> Int? {
        let number = number(band)
        let old = buckets[number]
        let new = UInt64(tag(band) | UInt32(truncatingIfNeeded: place + 1))
        buckets[number] = SIMD4(
            old[0] << 32 | new,
            old[1] << 32 | old[0] >> 32,
            old[2] << 32 | old[1] >> 32,
            old[3] << 32 | old[2] >> 32
        )
        let lost = UInt32(truncatingIfNeeded: old[3] >> 32)
        return lost == 0 ? nil : list(lost, number)
    }

    /// Puts in a text that is older than all others; returns false where the bucket is full.
    mutating func insertOldest(_ band: UInt32, _ place: Int) -> Bool {
        let number = number(band)
        let new = UInt64(tag(band) | UInt32(truncatingIfNeeded: place + 1))
        for index in 0..<4 {
            let word = buckets[number][index]
            if word >> 32 != 0 { continue }
            buckets[number][index] = word == 0 ? new : word | new << 32
            return true
        }
        return list(UInt32(truncatingIfNeeded: new), number) == nil
    }
}
