/// Finds texts by the bands of their sketches: one table for all bands, in buckets of eight slots of four bytes.
///
/// A slot holds twelve bits of the band's hash and the place. Nothing is ever removed: what the ring has dropped is
/// recognised by its age, and a full bucket gives the place of its oldest text away. So a look-up costs the same
/// whatever is in the table, and a cluster of any size can't fill more than its own buckets.
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

    /// Puts a text in; returns whether that has cost another one its place in this band.
    mutating func insert(_ band: UInt32, _ place: Int, in ring: borrowing TextRing) -> Bool {
        let number = number(band)
        let slots = buckets[number]
        var chosen = 0
        var greatest = -1
        for lane in 0..<Self.bucket {
            let held = Int(slots[lane] & Self.places) - 1
            let age = held < 0 ? Int.max : ring.age(held)
            if age > greatest {
                greatest = age
                chosen = lane
                if age >= ring.count { break }
            }
        }
        buckets[number][chosen] = tag(band) | UInt32(truncatingIfNeeded: place + 1)
        return greatest < ring.count
    }
}
