/// Finds texts by the bands of their sketches: one table for all bands, in buckets of eight slots of four bytes.
///
/// A slot holds twelve bits of the band's hash and the place. A bucket is a queue: the newest text is in front, and
/// what is too much falls off the end, where the oldest is. Nothing is ever removed: what the ring has dropped is
/// recognised by its age. So a look-up costs the same whatever is in the table, and a cluster of any size can't fill
/// more than its own buckets.
struct BandTable: Sendable {
    /// Slots of a bucket: half a cache line.
    static let bucket = 8
    private static let places: UInt32 = 0xF_FFFF
    private var buckets: [SIMD8<UInt32>]

    init(slots: Int) {
        buckets = [SIMD8<UInt32>](repeating: .zero, count: max(slots / Self.bucket, 16))
    }

    /// Bytes of memory.
    var memory: Int { buckets.count * MemoryLayout<SIMD8<UInt32>>.stride }

    @inline(__always)
    private func number(_ band: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(band) &* UInt64(buckets.count)) >> 32)
    }

    /// The high bits chose the bucket: the low ones tell its texts apart.
    @inline(__always)
    private func tag(_ band: UInt32) -> UInt32 { band << 20 }

    /// Calls `body` with each place, dropped ones too, whose band seems to be this one.
    @inline(__always)
    func forEach(_ band: UInt32, _ body: (Int) -> Void) {
        let slots = buckets[number(band)]
        let matches = (slots & SIMD8(repeating: ~Self.places)) .== SIMD8(repeating: tag(band))
        // Mostly none does, and then nothing waits for the bucket: those of all bands are fetched side by side.
        guard any(matches) else { return }
        for lane in 0..<Self.bucket where matches[lane] && slots[lane] & Self.places != 0 {
            body(Int(slots[lane] & Self.places) - 1)
        }
    }

    /// Puts the newest text in; returns the place that has fallen off the end, which may be a dropped one.
    @inline(__always)
    mutating func insertNewest(_ band: UInt32, _ place: Int) -> Int? {
        let number = number(band)
        let old = buckets[number]
        let new = tag(band) | UInt32(truncatingIfNeeded: place + 1)
        buckets[number] = SIMD8(new, old[0], old[1], old[2], old[3], old[4], old[5], old[6])
        return old[7] == 0 ? nil : Int(old[7] & Self.places) - 1
    }

    /// Puts in a text that is older than all others; returns false where the bucket is full.
    mutating func insertOldest(_ band: UInt32, _ place: Int) -> Bool {
        let number = number(band)
        for lane in 0..<Self.bucket where buckets[number][lane] == 0 {
            buckets[number][lane] = tag(band) | UInt32(truncatingIfNeeded: place + 1)
            return true
        }
        return false
    }
}
