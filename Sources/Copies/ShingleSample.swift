/// The sample of a long text: of its distinct shingles those whose hash begins with so many zero bits that at most
/// ``CopySignature/mostSamples`` are left.
///
/// Begins with as many zero bits as a text of this length needs mostly, and gives up half of the shingles whenever there
/// are too many: one pass over the text, a constant set, no sorting. A text that repeats itself, of which too few are
/// left, is gone through again from all shingles on.
struct ShingleSample: Sendable {
    /// How many zero bits the hashes begin with.
    private(set) var level = 0
    /// The hashes, in the order in which the text first had them.
    private(set) var hashes: [UInt64] = []
    /// A set of them by their low bits, at most half full; 0 is an empty slot.
    private var slots = [UInt64](repeating: 0, count: Self.size)

    private static let size = 2 * CopySignature.mostSamples
    private static let mostLevel = 47

    /// Replaces the sample by that of a folded text.
    mutating func take(_ text: Span<UInt8>, shingle: Int, isASCII: Bool) {
        var start = 0
        while text.count >> start > 2 * CopySignature.mostSamples { start += 1 }
        take(text, shingle, isASCII, from: start)
        if start > 0, hashes.count < CopySignature.mostSamples / 2 { take(text, shingle, isASCII, from: 0) }
    }

    private mutating func take(_ text: Span<UInt8>, _ shingle: Int, _ isASCII: Bool, from start: Int) {
        level = start
        hashes.removeAll(keepingCapacity: true)
        clear()
        var reader = ShingleReader(length: shingle)
        var least = UInt64.max >> UInt64(start)
        if isASCII, text.count >= shingle {
            reader.begin(text)
            for index in shingle - 1..<text.count {
                let hash = reader.next(ascii: text[index])
                if hash <= least { least = add(hash) }
            }
        } else {
            while let hash = reader.next(text) {
                if hash <= least { least = add(hash) }
            }
        }
    }

    /// Takes a hash of the level; returns the greatest hash of the level that then is.
    @inline(never)
    private mutating func add(_ hash: UInt64) -> UInt64 {
        if hash != 0, hashes.count <= CopySignature.mostSamples, insert(hash) {
            hashes.append(hash)
            while hashes.count > CopySignature.mostSamples, level < Self.mostLevel { thin() }
        }
        return UInt64.max >> UInt64(level)
    }

    private mutating func thin() {
        level += 1
        let least = level
        hashes.removeAll { $0.leadingZeroBitCount < least }
        clear()
        for hash in hashes { _ = insert(hash) }
    }

    private mutating func clear() {
        for index in slots.indices { slots[index] = 0 }
    }

    /// Returns false where the hash is in.
    private mutating func insert(_ hash: UInt64) -> Bool {
        var index = Int(truncatingIfNeeded: hash) & (Self.size - 1)
        while slots[index] != 0 {
            if slots[index] == hash { return false }
            index = (index + 1) & (Self.size - 1)
        }
        slots[index] = hash
        return true
    }
}
