public import MentionModel

/// Finds the copies of mentions among those that came before: an index of texts for one partition.
///
/// It holds texts, not mentions: a mention whose text is held (T1) adds nothing but its time, so a cluster of a million
/// costs what one mention costs. All memory is taken when the index is made; a text too many pushes out the oldest,
/// except that one which was repeated since it came goes round once more. Nothing is moved in bulk, ever.
///
/// The same mentions in the same order give the same outcomes. Two mentions are linked only if their `published_at` lie
/// within the window; links in another order, or of a text that was pushed out, can be missed, and
/// ``escapes`` counts what leads to that. No input traps, and none takes more than a bounded time: a look into each band,
/// and a pass over two signatures for each of the texts that seem near, as far as ``patience`` goes.
public struct CopyIndex: ~Copyable, Sendable {
    /// Greatest number of texts that any index holds.
    public static let mostTexts = (1 << 20) - 2

    /// What counts as a near copy.
    public let scheme: CopyScheme
    /// How many comparisons one mention may cost.
    public let patience: Patience
    /// The mentions taken so far.
    public private(set) var counts = CopyCounts()
    /// What may have been missed so far.
    public private(set) var escapes = CopyEscapes()

    // Of two files.
    var ring: TextRing
    var table: HashTable
    private var bands: BandTable
    private var resemblance: Resemblance
    private var sketcher: CopySketcher
    private var candidates: [Candidate] = []
    private var linkedRoots: [Int] = []
    private var rescued: [UInt8] = []
    private var signature: [UInt8] = []
    private let leastAgreement: Int
    /// The least and greatest `published_at` seen.
    private var earliest = Int64.max
    private var latest = Int64.min

    private struct Candidate: Sendable {
        var place: Int
        var agreement: Int
    }

    /// An empty index that takes at most about `bytes` of memory, of which it takes most at once; at least 64 KiB.
    public init(scheme: CopyScheme = CopyScheme(), bytes: Int, patience: Patience = .little) {
        self.scheme = scheme
        self.patience = patience
        resemblance = Resemblance(shingle: scheme.shingle)
        sketcher = CopySketcher(scheme: scheme)
        leastAgreement = SketchPattern.leastAgreement(scheme)
        // Tables at most three quarters full; 48 bytes are a tweet's signature. Where texts are longer, fewer fit.
        let entry = MemoryLayout<TextEntry>.stride + 4
        // What falls off the buckets is kept in lists, a quarter of the slots at eight bytes.
        let lists = patience == .all ? scheme.bands * 8 / 3 : 0
        let perText = entry + 8 * 4 / 3 + scheme.bands * 4 * 4 / 3 + 48 + lists
        let fixed = resemblance.bytes + 8_192
        let texts = min(max((bytes - fixed) / perText, 128), Self.mostTexts)
        ring = TextRing(entries: texts, bytes: texts * 48)
        table = HashTable(slots: texts * 4 / 3)
        bands = BandTable(slots: texts * scheme.bands * 4 / 3, isThorough: patience == .all)
        candidates.reserveCapacity(scheme.bands * BandTable.bucket)
        linkedRoots.reserveCapacity(patience.comparisons + 2)
    }

    /// Bytes of memory that the index takes, whether they are in use or not; without the scratch memory of long texts.
    public var memory: Int { ring.memory + table.memory + bands.memory + resemblance.bytes }

    /// How many texts are held.
    public var texts: Int { ring.count }

    /// How many texts can be held, if their signatures aren't longer than those of tweets.
    public var capacity: Int { ring.capacity }

    /// The `published_at` of the oldest text held, by arrival: what the index covers of the window. Nil when it is empty.
    public var reachesBackTo: Timestamp? {
        ring.count > 0 ? Timestamp(microseconds: ring[ring.oldestPlace].last) : nil
    }

    /// Finds what a mention is a copy of, and takes it in. Its text is sketched only if that can tell more than its hash.
    ///
    /// `links` is replaced by one link to each cluster that the mention belongs to, as far as the index knows the
    /// clusters, the best one first: all of them have to be recorded, since together they make one cluster. A mention
    /// that comes again (the same reference) gets its links again.
    ///
    /// - Parameters:
    ///   - text: the text as `Fingerprinter` normalises it; the one that `textHash` is of. Any bytes are safe. Of them
    ///     64 KiB are looked at.
    public mutating func take(
        _ mention: CopyMention,
        text: Span<UInt8>,
        links: inout [CopyLink]
    ) -> CopyOutcome {
        let known = takeSameText(mention, &links)
        guard known.isLookedUp else { return close(mention, known, &links) }
        // A span of a member would keep the others from being changed.
        var bytes: [UInt8] = []
        swap(&bytes, &signature)
        defer { swap(&bytes, &signature) }
        bytes.removeAll(keepingCapacity: true)
        let sketch = sketcher.sketch(text, signature: &bytes) { sketch in
            // Each bucket is a miss of the cache: they come while the text is packed.
            for band in 0..<scheme.bands { bands.fetch(sketch.bands[band]) }
        }
        return close(mention, known, bytes.span, sketch, &links)
    }

    /// Says that a mention of this text will be taken soon: what is looked at first is fetched meanwhile.
    public func expect(_ textHash: UInt64) { table.fetch(textHash) }

    /// The same for who has sketched the text.
    ///
    /// - Parameters:
    ///   - signature: what ``CopySketcher`` made of the text with `sketch`; may be empty.
    public mutating func take(
        _ mention: CopyMention,
        signature: Span<UInt8>,
        sketch: CopySketch,
        links: inout [CopyLink]
    ) -> CopyOutcome {
        let known = takeSameText(mention, &links)
        guard known.isLookedUp else { return close(mention, known, &links) }
        return close(mention, known, signature, sketch, &links)
    }

    /// Ends the taking of a mention of which the hash tells all.
    private mutating func close(
        _ mention: CopyMention,
        _ known: SameText,
        _ links: inout [CopyLink]
    ) -> CopyOutcome {
        if let place = known.place {
            if !ring[place].isComparable { counts.short += 1 }
            for root in linkedRoots { ring.join(place, root) }
        }
        return count(mention, isSameText: true, links)
    }

    /// Ends the taking of a mention for which near copies are looked for.
    private mutating func close(
        _ mention: CopyMention,
        _ known: SameText,
        _ signature: Span<UInt8>,
        _ sketch: CopySketch,
        _ links: inout [CopyLink]
    ) -> CopyOutcome {
        let at = mention.publishedAt.microseconds
        let isSameText = !links.isEmpty
        let isComparable = sketch.isComparable && signature.count <= CopySignature.mostBytes
        if isComparable {
            findNear(mention, at, signature, sketch, known.place, &links)
        } else {
            counts.short += 1
        }
        if let place = known.place {
            for root in linkedRoots { ring.join(place, root) }
        } else {
            add(mention, at, signature, sketch, isComparable: isComparable)
        }
        return count(mention, isSameText: isSameText, links)
    }

    private mutating func count(_ mention: CopyMention, isSameText: Bool, _ links: [CopyLink]) -> CopyOutcome {
        let at = mention.publishedAt.microseconds
        earliest = min(earliest, at)
        latest = max(latest, at)
        guard let best = links.first else {
            counts.alone += 1
            return .alone
        }
        if isSameText {
            counts.sameText += 1
            return .sameText(best)
        }
        counts.near += 1
        return .near(best)
    }

    /// Takes in a mention from before those that the index holds, without looking for what it is a copy of: for a
    /// rebuild, newest first. Its text is sketched only if the index does not hold it.
    ///
    /// - Parameters:
    ///   - text: as in ``take(_:text:links:)``.
    /// - Returns: false where there is no room left: it is at its end.
    public mutating func restore(_ mention: CopyMention, text: Span<UInt8>) -> Bool {
        let known = restoreSameText(mention)
        if known.isComparable { return true }
        var bytes: [UInt8] = []
        swap(&bytes, &signature)
        defer { swap(&bytes, &signature) }
        bytes.removeAll(keepingCapacity: true)
        let sketch = sketcher.sketch(text, signature: &bytes)
        return restore(mention, known, bytes.span, sketch)
    }

    /// The same from a stored signature; one that can't be read counts as empty.
    public mutating func restore(_ mention: CopyMention, signature: Span<UInt8>) -> Bool {
        let known = restoreSameText(mention)
        if known.isComparable { return true }
        return restore(mention, known, signature, sketcher.sketch(of: signature))
    }

    private mutating func restore(
        _ mention: CopyMention,
        _ known: HeldText,
        _ signature: Span<UInt8>,
        _ sketch: CopySketch
    ) -> Bool {
        if known.isHeld, !sketch.isComparable { return true }
        let at = mention.publishedAt.microseconds
        var entry = entry(mention, at, sketch, isComparable: sketch.isComparable)
        // Copies that came without a signature: the text that has one stands for their times too.
        entry.first = min(at, known.first)
        entry.last = max(at, known.last)
        let bytes = sketch.isComparable ? signature : signature.extracting(first: 0)
        guard let place = ring.prepend(entry, bytes) else { return false }
        if !table.insert(mention.textHash, place) { escapes.crowded += 1 }
        if sketch.isComparable {
            for band in 0..<scheme.bands where !bands.insertOldest(sketch.bands[band], place) { escapes.crowded += 1 }
        }
        earliest = min(earliest, at)
        latest = max(latest, at)
        return true
    }

    /// What is held of a text that is restored.
    private struct HeldText {
        var isHeld = false
        var isComparable = false
        var first = Int64.max
        var last = Int64.min
    }

    private mutating func restoreSameText(_ mention: CopyMention) -> HeldText {
        let at = mention.publishedAt.microseconds
        var held = HeldText()
        var cursor = -1
        while let place = table.next(mention.textHash, &cursor) {
            let known = ring[place]
            guard known.textHash == mention.textHash, scheme.reaches(at, first: known.first, last: known.last) else {
                continue
            }
            widen(place, at)
            held.isHeld = true
            held.first = min(held.first, known.first)
            held.last = max(held.last, known.last)
            if known.isComparable { held.isComparable = true }
        }
        if held.isHeld {
            earliest = min(earliest, at)
            latest = max(latest, at)
        }
        return held
    }

    /// Notes that a rebuild ended before it had seen all: `rows` is how many were left, as far as that is known.
    public mutating func noteCutRebuild(rows: Int) {
        escapes.notRebuilt += max(rows, 0)
    }

    // MARK: - The same text

    /// Which place takes a mention in, and whether near copies are to be looked for.
    private struct SameText {
        var place: Int?
        var isLookedUp: Bool
    }

    /// Links to the texts with the mention's hash. Says which of them takes the mention in, and whether near copies
    /// are to be looked for.
    private mutating func takeSameText(_ mention: CopyMention, _ links: inout [CopyLink]) -> SameText {
        links.removeAll(keepingCapacity: true)
        linkedRoots.removeAll(keepingCapacity: true)
        let at = mention.publishedAt.microseconds
        var home: Int?
        var isLookedUp = false
        var cursor = -1
        while let place = table.next(mention.textHash, &cursor) {
            let entry = ring[place]
            guard entry.textHash == mention.textHash, scheme.reaches(at, first: entry.first, last: entry.last) else {
                continue
            }
            if entry.reference == mention.reference {
                // It comes again: its links are looked for again, and nothing is counted as known between it and them.
                isLookedUp = true
                home = home ?? place
                continue
            }
            let root = ring.root(place)
            if !linkedRoots.contains(root) {
                linkedRoots.append(root)
                links.append(CopyLink(reference: entry.reference, textHash: entry.textHash, jaccard: 10_000))
            }
            // Texts that lay too far away when they came may be in reach of the interval as it is now.
            if at > entry.last, latest > entry.last, !scheme.reaches(from: entry.last, to: latest) { isLookedUp = true }
            if at < entry.first, earliest < entry.first, !scheme.reaches(from: earliest, to: entry.first) {
                isLookedUp = true
            }
            widen(place, at)
            ring[place].isRepeated = true
            home = home ?? place
        }
        return SameText(place: home, isLookedUp: isLookedUp || home == nil)
    }

    private mutating func widen(_ place: Int, _ at: Int64) {
        if at < ring[place].first { ring[place].first = at }
        if at > ring[place].last { ring[place].last = at }
    }

    // MARK: - Near copies

    private mutating func findNear(
        _ mention: CopyMention,
        _ at: Int64,
        _ signature: Span<UInt8>,
        _ sketch: CopySketch,
        _ own: Int?,
        _ links: inout [CopyLink]
    ) {
        gather(sketch)
        if candidates.isEmpty { return }
        let known = links.count
        resemblance.begin()
        var comparisons = 0
        var failures = 0
        // The nearest by their patterns first, of equal ones the newest: a cluster that the mention belongs to is mostly
        // found at the first comparison, and its other texts need none.
        while let index = bestCandidate() {
            let place = candidates[index].place
            candidates.swapAt(index, candidates.count - 1)
            candidates.removeLast()
            let entry = ring[place]
            guard place != own, entry.isComparable, entry.textHash != mention.textHash,
                scheme.reaches(at, first: entry.first, last: entry.last)
            else { continue }
            let root = ring.root(place)
            if linkedRoots.contains(root) { continue }
            if comparisons == patience.comparisons || failures == patience.failures {
                escapes.uncompared += 1
                break
            }
            comparisons += 1
            counts.comparisons += 1
            let found = resemblance.compare(
                signature,
                ring.bytes,
                ring.range(place),
                threshold: scheme.threshold
            )
            guard let found else {
                failures += 1
                continue
            }
            linkedRoots.append(root)
            let link = CopyLink(
                reference: entry.reference,
                textHash: entry.textHash,
                jaccard: Int32(truncatingIfNeeded: found)
            )
            links.append(link)
            if known == 0, found > Int(links[0].jaccard) { links.swapAt(0, links.count - 1) }
        }
    }

    private mutating func gather(_ sketch: CopySketch) {
        candidates.removeAll(keepingCapacity: true)
        var empty = 0
        for band in 0..<scheme.bands { empty += bands.isEmpty(sketch.bands[band]) ? 1 : 0 }
        if empty == scheme.bands { return }
        for band in 0..<scheme.bands {
            bands.forEach(sketch.bands[band]) { place in
                if ring.isHeld(place) { candidates.append(Candidate(place: place, agreement: 0)) }
            }
            guard patience == .all else { continue }
            bands.forEachListed(sketch.bands[band]) { place in
                if ring.isHeld(place) { candidates.append(Candidate(place: place, agreement: 0)) }
            }
        }
        if candidates.isEmpty { return }
        // All patterns are read before any is looked at: each is a miss of the cache too.
        for index in candidates.indices {
            candidates[index].agreement = sketch.pattern.agreement(ring.pattern(candidates[index].place))
        }
        keepAgreeing()
    }

    /// Keeps of the candidates, each once, those whose patterns agree in enough fields.
    private mutating func keepAgreeing() {
        var kept = 0
        for index in candidates.indices where candidates[index].agreement >= leastAgreement {
            let candidate = candidates[index]
            // One more than can be compared tells that there are more.
            if kept > patience.comparisons { break }
            if candidates[..<kept].contains(where: { $0.place == candidate.place }) { continue }
            candidates[kept] = candidate
            ring.fetchSignature(candidate.place)
            kept += 1
        }
        candidates.removeLast(candidates.count - kept)
    }

    private func bestCandidate() -> Int? {
        var best: Int?
        for index in candidates.indices {
            guard let known = best else {
                best = index
                continue
            }
            let (one, other) = (candidates[index], candidates[known])
            if one.agreement > other.agreement
                || one.agreement == other.agreement && ring.age(one.place) < ring.age(other.place)
            {
                best = index
            }
        }
        return best
    }

    // MARK: - Texts come and go

    private func entry(
        _ mention: CopyMention,
        _ at: Int64,
        _ sketch: CopySketch,
        isComparable: Bool
    ) -> TextEntry {
        TextEntry(
            textHash: mention.textHash,
            reference: mention.reference,
            first: at,
            last: at,
            pattern: sketch.pattern,
            offset: 0,
            size: 0,
            isRepeated: false,
            isComparable: isComparable
        )
    }

    private mutating func add(
        _ mention: CopyMention,
        _ at: Int64,
        _ signature: Span<UInt8>,
        _ sketch: CopySketch,
        isComparable: Bool
    ) {
        let bytes = isComparable ? signature : signature.extracting(first: 0)
        let entry = entry(mention, at, sketch, isComparable: isComparable)
        var rescue: (entry: TextEntry, root: Int?)?
        var added = ring.append(entry, bytes)
        while added == nil, ring.count > 0 {
            let leaves = ring[ring.oldestPlace]
            if rescue == nil, leaves.isRepeated, scheme.reaches(at, first: leaves.first, last: leaves.last) {
                let root = ring.root(ring.oldestPlace)
                rescue = (leaves, root == ring.oldestPlace ? nil : root)
                rescued.removeAll(keepingCapacity: true)
                for index in ring.range(ring.oldestPlace) { rescued.append(ring.bytes[index]) }
                dropOldest(at, isCounted: false)
            } else {
                dropOldest(at, isCounted: true)
            }
            added = ring.append(entry, bytes)
        }
        guard let place = added else { return }
        enter(place, mention.textHash, sketch)
        for root in linkedRoots where ring.isHeld(root) { ring.join(place, root) }
        if let rescue { goRound(rescue.entry, root: rescue.root, newest: place, at) }
    }

    /// Puts a text that was dropped in again as the newest.
    private mutating func goRound(_ old: TextEntry, root: Int?, newest: Int, _ at: Int64) {
        var entry = old
        entry.isRepeated = false
        let rescued = rescued
        var added = ring.append(entry, rescued.span)
        while added == nil, ring.count > 1 {
            dropOldest(at, isCounted: true)
            added = ring.append(entry, rescued.span)
        }
        guard let place = added else { return }
        enter(place, entry.textHash, entry.isComparable ? sketcher.sketch(of: rescued.span) : CopySketch())
        if let root, ring.isHeld(root) { ring.join(place, root) }
    }

    private mutating func enter(_ place: Int, _ hash: UInt64, _ sketch: CopySketch) {
        if !table.insert(hash, place) { escapes.crowded += 1 }
        guard ring[place].isComparable else { return }
        for band in 0..<scheme.bands {
            if let lost = bands.insertNewest(sketch.bands[band], place), ring.isHeld(lost) { escapes.crowded += 1 }
        }
        bands.purge { ring.isHeld($0) }
    }

    private mutating func dropOldest(_ at: Int64, isCounted: Bool) {
        let place = ring.oldestPlace
        let entry = ring[place]
        table.remove(entry.textHash, place)
        ring.dropOldest()
        if isCounted, scheme.reaches(at, first: entry.first, last: entry.last) { escapes.evicted += 1 }
    }
}
