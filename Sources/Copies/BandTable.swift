/// Finds texts by the bands of their sketches: one table for all bands, in buckets of eight slots of four bytes.
///
/// A slot holds twelve bits of the band's hash and the place. Nothing is ever removed: what the ring has dropped is
/// recognised by its age, and a full bucket gives the place of its oldest text away. So a look-up costs the same
/// whatever is in the table, and a cluster of any size can't fill more than its own buckets.
struct BandTable: Sendable {
    static let bucket = 8
    private static let placeBits: UInt32 = 20
    private var slots: [UInt32]
    private let buckets: UInt64

    init(slots: Int) {
        let buckets = max(slots / Self.bucket, 16)
        self.slots = [UInt32](repeating: 0, count: buckets * Self.bucket)
        self.buckets = UInt64(buckets)
    }

    /// Bytes of memory.
    var memory: Int { slots.count * 4 }

    @inline(__always)
    private func start(_ band: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(band) &* buckets) >> 32) * Self.bucket
    }

    /// The high bits chose the bucket: the low ones tell its texts apart.
    @inline(__always)
    private func tag(_ band: UInt32) -> UInt32 { band << Self.placeBits }

    /// Calls `body` with each place, dropped ones too, whose band seems to be this one.
    @inline(__always)
    func forEach(_ band: UInt32, _ body: (Int) -> Void) {
        let start = start(band)
        let tag = tag(band)
        let slots = slots.span
        for index in start..<start + Self.bucket {
            let slot = slots[index]
            if (slot ^ tag) >> Self.placeBits == 0, slot << 12 != 0 {
                body(Int(slot & ((1 << Self.placeBits) - 1)) - 1)
            }
        }
    }

    /// Puts a text in; returns whether that has cost another one its place in this band.
    mutating func insert(_ band: UInt32, _ place: Int, in ring: borrowing TextRing) -> Bool {
        let start = start(band)
        var chosen = start
        var greatest = -1
        for index in start..<start + Self.bucket {
            let held = Int(slots[index] & ((1 << Self.placeBits) - 1)) - 1
            let age = held < 0 ? Int.max : ring.age(held)
            if age > greatest {
                greatest = age
                chosen = index
            }
            if age >= ring.count { break }
        }
        slots[chosen] = tag(band) | UInt32(truncatingIfNeeded: place + 1)
        return greatest < ring.count
    }
}
