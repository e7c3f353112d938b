/// The sample of a long text: of its distinct shingles those whose hash begins with so many zero bits that at most
/// ``CopySignature/mostSamples`` are left.
///
/// Begins with all shingles, and gives up half of them whenever there are too many: one pass over the text, a constant
/// set, no sorting.
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
    mutating func take(_ text: Span<UInt8>, shingle: Int) {
        level = 0
        hashes.removeAll(keepingCapacity: true)
        clear()
        var reader = ShingleReader(length: shingle)
        while let hash = reader.next(text) {
            if hash.leadingZeroBitCount < level || hash == 0 { continue }
            guard insert(hash) else { continue }
            hashes.append(hash)
            while hashes.count > CopySignature.mostSamples, level < Self.mostLevel { thin() }
            if hashes.count > CopySignature.mostSamples { return }
        }
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
