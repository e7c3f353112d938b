/// A row of a model: what one feature adds to every head, in one half of a cache line.
///
/// Bytes 0…18 are the heads' lanes, 24…26 the valences of a word, 28…31 the feature's mark (0 in an empty row).
public struct FeatureRow: Sendable, Equatable {
    /// The row as it is stored.
    public var words: SIMD8<UInt32>

    /// An empty row.
    public static let empty = FeatureRow(words: .zero)

    /// Makes a row of what is stored.
    @inline(__always)
    public init(words: SIMD8<UInt32>) { self.words = words }

    /// Makes a row; `lanes` beyond ``Head/laneCount`` are ignored.
    public init(key: UInt64, lanes: [Int8], valences: Valences) {
        var bytes = SIMD32<Int8>.zero
        for lane in 0..<min(lanes.count, Head.laneCount) { bytes[lane] = lanes[lane] }
        for lexicon in 0..<DenseFeatures.lexicons { bytes[24 + lexicon] = valences.values[lexicon] }
        var words = unsafeBitCast(bytes, to: SIMD8<UInt32>.self)
        words[7] = Self.mark(of: key)
        self.words = words
    }

    /// The half of a key that a row keeps; never 0.
    @inline(__always)
    static func mark(of key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) | 1 }

    /// All bytes; those from 19 on are no lanes.
    @inline(__always)
    public var bytes: SIMD32<Int8> { unsafeBitCast(words, to: SIMD32<Int8>.self) }

    /// What lexicons say of the word.
    @inline(__always)
    public var valences: Valences {
        let four = unsafeBitCast(words[6], to: SIMD4<Int8>.self)
        return Valences(values: four)
    }
}

/// Rows by key: open addressing, the half of a key that chose the slot left out of the row.
public struct FeatureTable: Sendable {
    /// The slots; a power of two.
    private(set) var slots: [FeatureRow]
    private let mask: Int
    /// How many rows there are.
    public private(set) var count: Int

    /// An empty table of `1 << bits` slots, 4…20 bits.
    public init(bits: Int) {
        let bits = max(4, min(20, bits))
        slots = [FeatureRow](repeating: .empty, count: 1 << bits)
        mask = slots.count - 1
        count = 0
    }

    /// The base-two logarithm of the number of slots.
    public var bits: Int { slots.count.trailingZeroBitCount }

    /// The row of a key, or nil. Constant time on average; never more steps than there are slots.
    @inline(__always)
    public func row(for key: UInt64) -> FeatureRow? {
        var slot = Int(truncatingIfNeeded: key) & mask
        let mark = FeatureRow.mark(of: key)
        var steps = 0
        while steps <= mask {
            let row = slots[slot]
            if row.words[7] == mark { return row }
            if row.words[7] == 0 { return nil }
            slot = (slot + 1) & mask
            steps += 1
        }
        return nil
    }

    /// Adds a row; false where the key is there already or the table is seven eighths full.
    public mutating func insert(_ row: FeatureRow, for key: UInt64) -> Bool {
        guard count < slots.count / 8 * 7, self.row(for: key) == nil else { return false }
        var slot = Int(truncatingIfNeeded: key) & mask
        while slots[slot].words[7] != 0 { slot = (slot + 1) & mask }
        slots[slot] = row
        count += 1
        return true
    }

    /// Puts a row where a file says it stands.
    mutating func place(_ row: FeatureRow, at slot: Int) {
        guard slots.indices.contains(slot), slots[slot].words[7] == 0, row.words[7] != 0 else { return }
        slots[slot] = row
        count += 1
    }
}
