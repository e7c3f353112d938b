internal import Fingerprinting
public import MentionModel

/// Finds all copies among mentions that are at hand all at once: what `reconcile` does, and the reference for indexes.
///
/// Two mentions are linked when they have one text, or share a band, agree in their patterns and are similar enough, and
/// lie within the window: the same relation as an index's, but of all pairs. So the clusters are those of the set of mentions, whatever its
/// order. Mentions that are in one cluster already are not compared: a cluster of n members costs about n comparisons.
///
/// A stretch of time in which mentions of one text follow each other within the window can stand for all of them.
public struct CopyJoin: Sendable {
    /// A mention that is compared with so many others of one bucket in vain is compared with no more: counted in
    /// ``uncompared``.
    public static let mostComparisons = 256

    /// One pair that was linked, by the indices of the mentions.
    public struct Link: Sendable, Equatable {
        /// The later mention.
        public var from: Int
        /// The earlier one.
        public var to: Int
        /// Ten-thousandths; 10,000 for one text.
        public var jaccard: Int32
    }

    /// What counts as a near copy.
    public let scheme: CopyScheme
    /// Links that make the clusters: one less than the cluster has members.
    public private(set) var links: [Link] = []
    /// Mentions for which comparing was ended.
    public private(set) var uncompared = 0

    private var mentions: [CopyMention] = []
    /// The end of the stretch of time that each stands for.
    private var lasts: [Timestamp] = []
    private var patterns: [SketchPattern] = []
    private var signatures: [UInt8] = []
    private var ranges: [Range<Int>] = []
    private var places: [Place] = []
    private var parents: [Int] = []
    private var sketcher: CopySketcher
    private let leastAgreement: Int
    private var fingerprinter = Fingerprinter()
    private var normalised: [UInt8] = []
    private var signature: [UInt8] = []

    /// Mentions of one cluster in a bucket, in the order of time.
    private struct Group {
        var mentions: [Int]
        /// The latest instant that any of them stands for.
        var last: Timestamp
    }

    /// A mention in a bucket of a band.
    private struct Place: Sendable {
        var bucket: UInt64
        var mention: Int
    }

    /// A join of nothing.
    public init(scheme: CopyScheme = CopyScheme()) {
        self.scheme = scheme
        sketcher = CopySketcher(scheme: scheme)
        leastAgreement = SketchPattern.leastAgreement(scheme)
    }

    /// How many were added.
    public var count: Int { mentions.count }

    /// Takes a text as it was published first and last in a stretch of time; the text need not be normalised.
    public mutating func add(_ mention: CopyMention, last: Timestamp, text: Span<UInt8>) {
        // A span of a member would keep the others from being changed.
        var (words, bytes): ([UInt8], [UInt8]) = ([], [])
        swap(&words, &normalised)
        swap(&bytes, &signature)
        bytes.removeAll(keepingCapacity: true)
        _ = fingerprinter.textHash(text, normalised: &words)
        let sketch = sketcher.sketch(words.span, signature: &bytes)
        add(mention, last: last, bytes.span, sketch)
        swap(&words, &normalised)
        swap(&bytes, &signature)
    }

    /// Takes a mention with its signature, which may be empty. 48 bytes, the signature, and 16 bytes a band are held.
    public mutating func add(_ mention: CopyMention, signature: Span<UInt8>) {
        let sketch = sketcher.sketch(of: signature)
        add(mention, last: mention.publishedAt, signature, sketch)
    }

    private mutating func add(
        _ mention: CopyMention,
        last: Timestamp,
        _ signature: Span<UInt8>,
        _ sketch: CopySketch
    ) {
        let number = mentions.count
        mentions.append(mention)
        lasts.append(max(last, mention.publishedAt))
        patterns.append(sketch.pattern)
        let start = signatures.count
        if sketch.isComparable {
            signature.withUnsafeBufferPointer { signatures.append(contentsOf: $0) }
            for band in 0..<scheme.bands {
                places.append(Place(bucket: UInt64(band) << 32 | UInt64(sketch.bands[band]), mention: number))
            }
        }
        ranges.append(start..<signatures.count)
        parents.append(number)
    }

    /// Links all that was added. O(n log n) and a comparison for each link, and for each pair that a bucket brings
    /// together in vain.
    public mutating func run() {
        let order = mentions.indices.sorted { precedes($0, $1) }
        var rank = [Int](repeating: 0, count: order.count)
        for (position, number) in order.enumerated() { rank[number] = position }
        joinSameTexts(order)
        places.sort { ($0.bucket, rank[$0.mention]) < ($1.bucket, rank[$1.mention]) }
        var resemblance = Resemblance(shingle: scheme.shingle)
        var start = 0
        while start < places.count {
            var end = start + 1
            while end < places.count, places[end].bucket == places[start].bucket { end += 1 }
            if end - start > 1 { joinBucket(start..<end, rank, &resemblance) }
            start = end
        }
    }

    /// The links between two texts.
    public var nearTexts: [NearTexts] {
        links.compactMap { link in
            let (one, other) = (mentions[link.from].textHash, mentions[link.to].textHash)
            return one == other ? nil : NearTexts(text: one, other: other, jaccard: link.jaccard)
        }
    }

    /// For each mention, in the order of adding, the index of the one that stands for its cluster: the same for all of
    /// a cluster, and the least by time and reference.
    public func clusters() -> [Int] {
        var least: [Int: Int] = [:]
        for number in mentions.indices {
            let root = root(number)
            guard let known = least[root] else {
                least[root] = number
                continue
            }
            if precedes(number, known) { least[root] = number }
        }
        return mentions.indices.map { least[root($0)] ?? $0 }
    }

    private func precedes(_ one: Int, _ other: Int) -> Bool {
        let (left, right) = (mentions[one], mentions[other])
        return (left.publishedAt.microseconds, left.reference) < (right.publishedAt.microseconds, right.reference)
    }

    /// Of one text in the order of time, each and the next are linked if any two are that lie round the gap.
    private mutating func joinSameTexts(_ order: [Int]) {
        var last: [UInt64: Int] = [:]
        last.reserveCapacity(order.count)
        for number in order {
            let mention = mentions[number]
            guard let earlier = last[mention.textHash] else {
                last[mention.textHash] = number
                continue
            }
            if isWithinWindow(earlier, number) { join(number, earlier, 10_000) }
            if lasts[number] > lasts[earlier] { last[mention.textHash] = number }
        }
    }

    /// Links the mentions of one bucket. They are held by cluster, so that all of one's own are passed over at once, and
    /// let go when no later mention can be within the window of them.
    private mutating func joinBucket(_ bucket: Range<Int>, _ rank: [Int], _ resemblance: inout Resemblance) {
        var groups: [Group] = []
        for place in bucket {
            let number = places[place].mention
            var comparisons = 0
            var own = Group(mentions: [number], last: lasts[number])
            var others: [Group] = []
            resemblance.begin()
            while var group = groups.popLast() {
                let at = mentions[number].publishedAt
                guard group.last >= at || scheme.isWithinWindow(group.last, at) else { continue }
                guard let newest = group.mentions.last else { continue }
                if root(newest) != root(number), !joinGroup(group.mentions, number, &comparisons, &resemblance) {
                    others.append(group)
                } else if own.mentions.count == 1 {
                    group.mentions.append(number)
                    group.last = max(group.last, lasts[number])
                    own = group
                } else {
                    own.mentions = (group.mentions + own.mentions.filter { $0 != number })
                        .sorted { rank[$0] < rank[$1] }
                    own.mentions.append(number)
                    own.last = max(own.last, group.last)
                }
            }
            if comparisons > Self.mostComparisons { uncompared += 1 }
            groups = others.reversed()
            groups.append(own)
        }
    }

    /// Links a mention to the newest of a group that it is a near copy of.
    private mutating func joinGroup(
        _ group: [Int],
        _ number: Int,
        _ comparisons: inout Int,
        _ resemblance: inout Resemblance
    ) -> Bool {
        for other in group.reversed() {
            guard isWithinWindow(other, number) else { continue }
            if mentions[other].textHash == mentions[number].textHash
                || patterns[other].agreement(patterns[number]) < leastAgreement
            {
                continue
            }
            comparisons += 1
            if comparisons > Self.mostComparisons { return false }
            let found = resemblance.compare(
                signatures.span.extracting(ranges[number]),
                signatures,
                ranges[other],
                threshold: scheme.threshold
            )
            if let found {
                join(number, other, Int32(truncatingIfNeeded: found))
                return true
            }
        }
        return false
    }

    private func isWithinWindow(_ one: Int, _ other: Int) -> Bool {
        let (start, end) = mentions[one].publishedAt < mentions[other].publishedAt ? (one, other) : (other, one)
        return lasts[start] >= mentions[end].publishedAt
            || scheme.isWithinWindow(lasts[start], mentions[end].publishedAt)
    }

    private func root(_ number: Int) -> Int {
        var number = number
        while parents[number] != number { number = parents[number] }
        return number
    }

    private mutating func join(_ later: Int, _ earlier: Int, _ jaccard: Int32) {
        let (one, other) = (root(later), root(earlier))
        if one == other { return }
        links.append(Link(from: later, to: earlier, jaccard: jaccard))
        // Without this, trees of a hot cluster grow deep.
        var index = later
        while index != one {
            let parent = parents[index]
            parents[index] = other
            index = parent
        }
        parents[one] = other
    }
}
