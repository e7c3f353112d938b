/// Sums of rows: even and odd bytes apart, so that eight lanes of 16 bits lie side by side in ordinary words and add
/// up by plain addition; before one could overflow they are carried over to 32 bits.
struct LaneSums {
    /// A sum a lane; those beyond ``Head/laneCount`` mean nothing.
    typealias Totals = InlineArray<24, Int32>

    /// Sums of the even lanes, and of the odd ones.
    private var even = SIMD16<Int32>.zero
    private var odd = SIMD16<Int32>.zero

    init() {}

    /// Adds one row.
    mutating func add(_ row: FeatureRow) {
        withUnsafePointer(to: row) { row in
            withUnsafePointer(to: Int32(0)) { zero in
                add(UnsafeBufferPointer(start: row, count: 1), UnsafeBufferPointer(start: zero, count: 1))
            }
        }
    }

    /// Adds the rows in the slots that `found` names, all of which there must be.
    @inline(__always)
    mutating func add(_ slots: UnsafeBufferPointer<FeatureRow>, _ found: UnsafeBufferPointer<Int32>) {
        let mask = SIMD4<UInt64>(repeating: 0x00FF_00FF_00FF_00FF)
        var index = 0
        while index < found.count {
            // So many, at 255 at most each, that a field of 16 bits holds them.
            let end = min(found.count, index &+ 256)
            let bias = SIMD16(repeating: Int32(truncatingIfNeeded: end &- index) &<< 7)
            var evenFields = SIMD4<UInt64>.zero
            var oddFields = SIMD4<UInt64>.zero
            while index < end {
                let words = slots[Int(found[index])].words
                evenFields &+= words & mask
                oddFields &+= (words &>> 8) & mask
                index &+= 1
            }
            // Each row's lanes are 128 above their values.
            even &+= Self.fields(evenFields) &- bias
            odd &+= Self.fields(oddFields) &- bias
        }
    }

    @inline(__always)
    private static func fields(_ words: SIMD4<UInt64>) -> SIMD16<Int32> {
        SIMD16<Int32>(truncatingIfNeeded: unsafeBitCast(words, to: SIMD16<UInt16>.self))
    }

    /// Adds `sums` × `factor` / 256.
    @inline(__always)
    mutating func add(_ sums: LaneSums, times factor: Int32) {
        even &+= (sums.even &* factor) &>> 8
        odd &+= (sums.odd &* factor) &>> 8
    }

    /// The sums, with the 128 of each row taken off.
    @inline(__always)
    func total() -> Totals {
        var sums = Totals(repeating: 0)
        for place in 0..<12 {
            sums[2 * place] = even[place]
            sums[2 * place + 1] = odd[place]
        }
        return sums
    }
}
