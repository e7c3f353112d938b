/// One text that an index holds, with the mentions that have it.
struct TextEntry: Sendable, BitwiseCopyable {
    var textHash: UInt64
    var reference: Int64
    /// The least and greatest `published_at` of its mentions, in microseconds. Each lies within the window of another
    /// one, so a mention within the window of the interval is within the window of one of them.
    var first: Int64
    var last: Int64
    /// Of its sketch.
    var pattern: SketchPattern
    var offset: UInt32
    var size: UInt16
    /// Whether a mention with this text has come since the entry was made.
    var isRepeated: Bool
    /// Whether near copies are looked for.
    var isComparable: Bool
}

/// The texts of an index, oldest first: a ring of entries and a ring of the bytes of their signatures.
///
/// A place is an index into the ring; it stays the same as long as the text is held.
struct TextRing: Sendable {
    private(set) var entries: [TextEntry]
    /// Place of a newer entry of the same cluster, or the entry's own.
    private var parents: [UInt32]
    private(set) var bytes: [UInt8]
    /// The bytes in use are those from `low` up to `high`, round the end where that is less.
    private var low = 0
    private var high = 0
    private var oldest = 0
    private(set) var count = 0

    init(entries: Int, bytes: Int) {
        let none = TextEntry(
            textHash: 0,
            reference: 0,
            first: 0,
            last: 0,
            pattern: SketchPattern(),
            offset: 0,
            size: 0,
            isRepeated: false,
            isComparable: false
        )
        self.entries = LargeArray.make(repeating: none, count: max(entries, 1))
        parents = LargeArray.make(repeating: 0, count: max(entries, 1))
        self.bytes = LargeArray.make(repeating: 0, count: max(bytes, CopySignature.mostBytes))
    }

    var capacity: Int { entries.count }

    /// Bytes of memory, used or not.
    var memory: Int { entries.count * (MemoryLayout<TextEntry>.stride + 4) + bytes.count }

    /// The place of the oldest text; meaningless in an empty ring.
    var oldestPlace: Int { oldest }

    /// How many texts are newer than the one at a place; `count` or more where none is there any more.
    @inline(__always)
    func age(_ place: Int) -> Int {
        let newest = oldest + count - 1
        let age = newest - place
        return age < 0 ? age + entries.count : age >= entries.count ? age - entries.count : age
    }

    @inline(__always)
    func isHeld(_ place: Int) -> Bool { count > 0 && age(place) < count }

    subscript(place: Int) -> TextEntry {
        @inline(__always) get { entries[place] }
        @inline(__always) _modify { yield &entries[place] }
    }

    @inline(__always)
    func pattern(_ place: Int) -> SketchPattern { entries[place].pattern }

    /// Begins to fetch the entry of a place.
    @inline(__always)
    func fetch(_ place: Int) { LargeArray.fetch(entries, place) }

    /// Begins to fetch the signature of the text at a place, whose entry is at hand: two lines are most of a tweet's.
    @inline(__always)
    func fetchSignature(_ place: Int) {
        let start = range(place).lowerBound
        LargeArray.fetch(bytes, start)
        LargeArray.fetch(bytes, start + 64)
    }

    /// Where in ``bytes`` the signature of the text at a place lies.
    @inline(__always)
    func range(_ place: Int) -> Range<Int> {
        let entry = entries[place]
        return Int(entry.offset)..<Int(entry.offset) + Int(entry.size)
    }

    /// Adds a text as the newest; nil where there is no room.
    mutating func append(_ entry: TextEntry, _ signature: Span<UInt8>) -> Int? {
        guard count < entries.count, let offset = roomBehind(signature.count) else { return nil }
        let end = oldest + count
        let place = end < entries.count ? end : end - entries.count
        count += 1
        high = offset + signature.count
        store(entry, signature, at: offset, place)
        return place
    }

    /// Adds a text as the oldest; nil where there is no room.
    mutating func prepend(_ entry: TextEntry, _ signature: Span<UInt8>) -> Int? {
        guard count < entries.count, let offset = roomBefore(signature.count) else { return nil }
        oldest = oldest > 0 ? oldest - 1 : entries.count - 1
        count += 1
        low = offset
        store(entry, signature, at: offset, oldest)
        return oldest
    }

    /// Drops the oldest text.
    mutating func dropOldest() {
        guard count > 0 else { return }
        count -= 1
        oldest = oldest + 1 < entries.count ? oldest + 1 : 0
        if count == 0 {
            low = 0
            high = 0
        } else {
            low = Int(entries[oldest].offset)
        }
    }

    private mutating func store(_ entry: TextEntry, _ signature: Span<UInt8>, at offset: Int, _ place: Int) {
        entries[place] = entry
        entries[place].offset = UInt32(truncatingIfNeeded: offset)
        entries[place].size = UInt16(truncatingIfNeeded: signature.count)
        parents[place] = UInt32(truncatingIfNeeded: place)
        bytes.withUnsafeMutableBytes { output in
            signature.withUnsafeBytes { signature in
                UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + signature.count])
                    .copyMemory(from: signature)
            }
        }
    }

    /// Where so many bytes have room behind the newest text. Round the end one byte stays free, which tells a full ring
    /// from an empty one.
    private mutating func roomBehind(_ size: Int) -> Int? {
        if count == 0 {
            low = 0
            high = 0
        }
        guard high >= low else { return low - high > size ? high : nil }
        if bytes.count - high >= size { return high }
        guard low > size else { return nil }
        return 0
    }

    private mutating func roomBefore(_ size: Int) -> Int? {
        if count == 0 {
            low = bytes.count
            high = bytes.count
        }
        guard high >= low else { return low - high > size ? low - size : nil }
        if low >= size { return low - size }
        return bytes.count - high > size ? bytes.count - size : nil
    }

    // MARK: - Clusters

    /// The place that stands for the cluster of the text at a place: of the texts held, one that is not older. Two
    /// places with one root are in one cluster. Halves the paths that it goes.
    mutating func root(_ place: Int) -> Int {
        var place = place
        while true {
            let parent = Int(parents[place])
            if parent == place { return place }
            parents[place] = parents[parent]
            place = Int(parents[place])
        }
    }

    /// Makes each text a cluster of its own again. O(capacity), four bytes each.
    mutating func partAll() {
        for place in parents.indices { parents[place] = UInt32(truncatingIfNeeded: place) }
    }

    /// Makes one cluster of two. The newer root becomes the parent: a parent is never dropped before its children.
    mutating func join(_ one: Int, _ other: Int) {
        let one = root(one)
        let other = root(other)
        if one == other { return }
        if age(one) < age(other) {
            parents[other] = UInt32(truncatingIfNeeded: one)
        } else {
            parents[one] = UInt32(truncatingIfNeeded: other)
        }
    }
}
