/// The sample of a long text: of its distinct shingles those whose hash begins with so many zero bits that at most
/// ``CopySignature/mostSamples`` are left.
///
/// Begins with as many zero bits as a text of this length needs mostly, and gives up half of the shingles whenever there
/// are too many: one pass over the text (the one that fills the bins of the sketch), a constant set, no sorting. A text
/// that repeats itself, of which too few are left, is gone through again from all shingles on.
struct ShingleSample: Sendable {
    /// How many zero bits the hashes begin with.
    private(set) var level = 0
    /// The hashes, in the order in which the text first had them.
    private(set) var hashes: [UInt64] = []
    /// The hashes of the level that the sample began with, as the text has them.
    private var found: [UInt64] = []
    /// A set of them by their low bits, at most half full; 0 is an empty slot.
    private var slots = [UInt64](repeating: 0, count: Self.size)

    private static let size = 2 * CopySignature.mostSamples
    private static let mostLevel = 47

    /// With how many zero bits the sample of a text of so many bytes begins.
    static func start(_ bytes: Int) -> Int {
        var start = 0
        while bytes >> start > 2 * CopySignature.mostSamples { start += 1 }
        return start
    }

    /// Replaces the sample by that of a folded text.
    mutating func take(_ text: Span<UInt8>, shingle: Int, isASCII: Bool) {
        let start = Self.start(text.count)
        take(text, shingle, isASCII, from: start)
        if start > 0, hashes.count < CopySignature.mostSamples / 2 { take(text, shingle, isASCII, from: 0) }
    }

    /// The same for who has gone through the text: of `found` the first `count` are the hashes of ``start(_:)``, and
    /// the rest is room that is written over.
    mutating func take(_ text: Span<UInt8>, shingle: Int, isASCII: Bool, found: inout [UInt64], _ count: Int) {
        let start = Self.start(text.count)
        keep(&found, count, from: start)
        if start > 0, hashes.count < CopySignature.mostSamples / 2 { take(text, shingle, isASCII, from: 0) }
    }

    private mutating func take(_ text: Span<UInt8>, _ shingle: Int, _ isASCII: Bool, from start: Int) {
        // A span of a member would keep the others from being changed.
        var room: [UInt64] = []
        swap(&room, &found)
        defer { swap(&room, &found) }
        if room.count < text.count + 1 {
            room.append(contentsOf: repeatElement(0, count: text.count + 1 - room.count))
        }
        let most = UInt64.max >> UInt64(start)
        var reader = ShingleReader(length: shingle)
        var count = 0
        if isASCII, text.count >= shingle {
            reader.begin(text)
            for index in shingle - 1..<text.count {
                let hash = reader.next(ascii: text[index])
                room[count] = hash
                count += hash <= most ? 1 : 0
            }
        } else {
            while let hash = reader.next(text) {
                room[count] = hash
                count += hash <= most ? 1 : 0
            }
        }
        keep(&room, count, from: start)
    }

    /// Makes the sample of the first `count` hashes, repeated ones among them. They are written over.
    private mutating func keep(_ found: inout [UInt64], _ count: Int, from start: Int) {
        hashes.removeAll(keepingCapacity: true)
        let kept: Int
        (kept, level) = Self.distinct(&found, count, &slots, from: start)
        hashes.append(contentsOf: found[..<kept])
    }

    /// Moves the distinct hashes to the front; returns how many there are at the level that is then reached.
    private static func distinct(
        _ found: inout [UInt64],
        _ count: Int,
        _ table: inout [UInt64],
        from start: Int
    ) -> (kept: Int, level: Int) {
        var hashes = found.mutableSpan
        var slots = table.mutableSpan
        for index in slots.indices { slots[index] = 0 }
        var level = start
        var most = UInt64.max >> UInt64(start)
        var kept = 0
        for index in 0..<count {
            let hash = hashes[index]
            guard hash <= most, hash != 0, kept <= CopySignature.mostSamples, insert(hash, &slots) else { continue }
            hashes[kept] = hash
            kept += 1
            while kept > CopySignature.mostSamples, level < mostLevel {
                level += 1
                most = UInt64.max >> UInt64(level)
                for index in slots.indices { slots[index] = 0 }
                var left = 0
                for index in 0..<kept where hashes[index] <= most {
                    hashes[left] = hashes[index]
                    _ = insert(hashes[left], &slots)
                    left += 1
                }
                kept = left
            }
        }
        return (kept, level)
    }

    /// Returns false where the hash is in.
    @inline(__always)
    private static func insert(_ hash: UInt64, _ slots: inout MutableSpan<UInt64>) -> Bool {
        var index = Int(truncatingIfNeeded: hash) & (size - 1)
        while slots[index] != 0 {
            if slots[index] == hash { return false }
            index = (index + 1) & (size - 1)
        }
        slots[index] = hash
        return true
    }
}
