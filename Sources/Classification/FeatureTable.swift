/// A row of a model: what one feature adds to every head, in one half of a cache line.
///
/// Bytes 0…18 are the heads' lanes, each 128 above its value, so that rows add up without regard to signs (see
/// ``LaneSums``); 24…26 are the valences of a word, 28…31 the feature's mark (0 in an empty row).
public struct FeatureRow: Sendable, Equatable {
    /// The row as it is stored.
    public var words: SIMD4<UInt64>

    /// An empty row.
    public static let empty = FeatureRow(words: .zero)

    /// Makes a row of what is stored.
    @inline(__always)
    public init(words: SIMD4<UInt64>) { self.words = words }

    /// Makes a row; `lanes` beyond ``Head/laneCount`` are ignored.
    public init(key: UInt64, lanes: [Int8], valences: Valences) {
        words = SIMD4(repeating: 0x8080_8080_8080_8080)
        for lane in 0..<min(lanes.count, Head.laneCount) {
            let byte = UInt64(UInt8(bitPattern: lanes[lane]) ^ 0x80)
            let shift = UInt64(lane % 8 * 8)
            words[lane / 8] = words[lane / 8] & ~(0xFF << shift) | byte << shift
        }
        var last = UInt64(Self.mark(of: key)) << 32
        for lexicon in 0..<DenseFeatures.lexicons {
            last |= UInt64(UInt8(bitPattern: valences.values[lexicon])) << UInt64(lexicon * 8)
        }
        words[3] = last
    }

    /// The half of a key that a row keeps; never 0.
    @inline(__always)
    static func mark(of key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) | 1 }

    /// A byte of a mark, never 0.
    @inline(__always)
    static func tag(of mark: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: mark >> 8) | 1 }

    /// The feature's mark; 0 in an empty row.
    @inline(__always)
    var mark: UInt32 { UInt32(truncatingIfNeeded: words[3] >> 32) }

    /// Whether a lexicon knows the word.
    @inline(__always)
    var hasValences: Bool { UInt32(truncatingIfNeeded: words[3]) != 0 }

    /// What lexicons say of the word.
    @inline(__always)
    public var valences: Valences {
        Valences(values: unsafeBitCast(UInt32(truncatingIfNeeded: words[3]), to: SIMD4<Int8>.self))
    }
}

/// Rows by key: open addressing, the half of a key that chose the slot left out of the row.
public struct FeatureTable: Sendable {
    /// The slots; a power of two.
    private(set) var slots: [FeatureRow]
    /// A byte of each slot's mark, 0 where it is empty: small enough for a core's own cache, it answers for most of
    /// the pairs, which are not there, so that their slots are never touched. The first eight stand at the end again.
    private(set) var tags: [UInt8]
    /// A bit for each value of the highest bits of a mark: what is not marked is not there. Half the size of the tags,
    /// it answers for most of the features, which are not there.
    private(set) var filter: [UInt64]
    private let mask: Int
    /// How many rows there are.
    public private(set) var count: Int

    /// An empty table of `1 << bits` slots, 4…20 bits.
    public init(bits: Int) {
        let bits = max(4, min(20, bits))
        slots = [FeatureRow](repeating: .empty, count: 1 << bits)
        tags = [UInt8](repeating: 0, count: 1 << bits + 8)
        filter = [UInt64](repeating: 0, count: (1 << bits) / 16)
        mask = slots.count - 1
        count = 0
    }

    /// The base-two logarithm of the number of slots.
    public var bits: Int { slots.count.trailingZeroBitCount }

    /// The row of a key, or nil. Constant time on average; never more steps than there are slots.
    public func row(for key: UInt64) -> FeatureRow? {
        let slot = slot(for: key)
        return slot < 0 ? nil : slots[slot]
    }

    /// The slot of a key's row, or -1.
    @inline(never)
    func slot(for key: UInt64) -> Int { Self.find(key, tags.span, slots.span) }

    /// The slot of a key's row, or -1.
    @inline(__always)
    static func find(_ key: UInt64, _ tags: Span<UInt8>, _ slots: Span<FeatureRow>) -> Int {
        let mask = slots.count - 1
        let mark = FeatureRow.mark(of: key)
        let tag = FeatureRow.tag(of: mark)
        var slot = Int(truncatingIfNeeded: key) & mask
        var steps = 0
        while steps <= mask {
            let found = tags[slot]
            if found == 0 { return -1 }
            if found == tag, slots[slot].mark == mark { return slot }
            slot = (slot + 1) & mask
            steps += 1
        }
        return -1
    }

    /// The slot of a key from `slot` on by tags alone, or -1: right but for one tag in 128 that lies, so that no slot is
    /// touched before many are known. ``settle(_:_:_:_:)`` tells.
    @inline(__always)
    static func guess(_ key: UInt64, _ tags: UnsafeRawBufferPointer) -> Int32 {
        let mask = tags.count - 9
        let tag = FeatureRow.tag(of: FeatureRow.mark(of: key))
        var slot = Int(truncatingIfNeeded: key) & mask
        let (low, high): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        while true {
            // Eight tags at a time, without a branch that depends on what they are (the lowest byte that is marked is
            // right; a carry spoils only those above it).
            let eight = UInt64(littleEndian: tags.loadUnaligned(fromByteOffset: slot, as: UInt64.self))
            let differences = eight ^ (UInt64(tag) &* low)
            let empties = (eight &- low) & ~eight & high
            let hits = (differences &- low) & ~differences & high & (empties ^ (empties &- 1))
            if hits | empties != 0 {
                let found = (slot &+ hits.trailingZeroBitCount &>> 3) & mask
                return hits != 0 ? Int32(truncatingIfNeeded: found) : -1
            }
            slot = (slot &+ 8) & mask
        }
    }

    /// How far a mark is shifted right to give the number of a bit of a filter of so many words, a power of two.
    @inline(__always)
    static func filterShift(words: Int) -> UInt32 { UInt32(truncatingIfNeeded: 26 &- words.trailingZeroBitCount) }

    /// 1 where a key may be there, 0 where it is not. `shift` is ``filterShift(words:)`` of the filter and 32.
    @inline(__always)
    static func mayHold(_ key: UInt64, _ filter: UnsafeBufferPointer<UInt64>, _ shift: UInt64) -> Int {
        let bit = key &>> shift
        // No index is beyond: 64 - shift bits are left, and the filter has as many.
        return Int(truncatingIfNeeded: filter[Int(truncatingIfNeeded: bit &>> 6)] &>> (bit & 63) & 1)
    }

    /// The slot of a key, of which a guess is known.
    @inline(__always)
    static func settle(_ guess: Int32, _ key: UInt64, _ tags: Span<UInt8>, _ slots: Span<FeatureRow>) -> Int {
        let slot = Int(guess)
        if slots[slot].mark == FeatureRow.mark(of: key) { return slot }
        return find(key, tags, slots)
    }

    /// Adds a row; false where the key is there already or the table is seven eighths full.
    public mutating func insert(_ row: FeatureRow, for key: UInt64) -> Bool {
        guard count < slots.count / 8 * 7, self.row(for: key) == nil else { return false }
        var slot = Int(truncatingIfNeeded: key) & mask
        while slots[slot].mark != 0 { slot = (slot + 1) & mask }
        set(row, at: slot)
        return true
    }

    private mutating func set(_ row: FeatureRow, at slot: Int) {
        slots[slot] = row
        tags[slot] = FeatureRow.tag(of: row.mark)
        if slot < 8 { tags[slots.count + slot] = tags[slot] }
        let bit = Int(row.mark >> Self.filterShift(words: filter.count))
        filter[bit >> 6] |= 1 << UInt64(bit & 63)
        count += 1
    }

    /// Puts a row where a file says it stands.
    mutating func place(_ row: FeatureRow, at slot: Int) {
        guard slots.indices.contains(slot), slots[slot].mark == 0, row.mark != 0 else { return }
        set(row, at: slot)
    }
}
