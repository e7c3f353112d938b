import Copies
import Fingerprinting
import MentionModel
import Persistence

/// Looks for near copies among the texts that this worker has seen: the live index.
///
/// One index serves all partitions that the worker owns: what it finds are facts about texts, which need no owner, so
/// it finds pairs across partitions too, and its memory goes where the texts are. It may miss pairs (``gauge`` counts
/// what leads to that), and what it finds may be lost with a batch: the background step, which has an index of its own,
/// makes up for both. That a pair comes twice, or is of a text that was never written, does no harm.
actor CopyLookout {
    /// What was found for one chunk: mentions by index, ascending, each with the texts that its own is near to.
    typealias Finds = [(mention: Int, texts: [NearTexts])]

    nonisolated let scheme: CopyScheme
    private let bytes: Int
    private var index: CopyIndex
    private var links: [CopyLink] = []
    private var newest: Timestamp?
    private var fingerprinter = Fingerprinter()
    private var normalised: [UInt8] = []
    private var tally = CopyGauge()
    /// What the indexes before this one had counted.
    private var past = (counts: CopyCounts(), escapes: CopyEscapes())
    /// Under which epoch each partition was held when the index last took in what is stored of it.
    private var epochs: [Int32: Int64] = [:]

    /// A lookout whose index takes at most about so many bytes.
    init(scheme: CopyScheme, bytes: Int) {
        self.scheme = scheme
        self.bytes = bytes
        index = CopyIndex(scheme: scheme, bytes: bytes)
    }

    /// Takes in the texts of chunks, in order, and says what is near to each. One call for many texts: calls cost more
    /// than a look.
    func look(_ chunks: [NormalisedTexts]) -> [Finds] {
        chunks.map { chunk in
            var finds: Finds = []
            var start = 0
            for (number, entry) in chunk.entries.enumerated() {
                if number + 1 < chunk.entries.count { index.expect(chunk.entries[number + 1].hash) }
                let mention = CopyMention(
                    textHash: entry.hash,
                    reference: Self.reference(chunk.partition, entry.offset),
                    publishedAt: entry.publishedAt
                )
                _ = index.take(mention, text: chunk.bytes.span.extracting(start..<entry.end), links: &links)
                start = entry.end
                newest = max(newest ?? entry.publishedAt, entry.publishedAt)
                if links.isEmpty { continue }
                // Texts that are the same have one hash: of those the database knows by itself.
                let near = links.compactMap { link in
                    link.textHash == entry.hash
                        ? nil : NearTexts(text: entry.hash, other: link.textHash, jaccard: link.jaccard)
                }
                if !near.isEmpty {
                    finds.append((number, near))
                    tally.pairs += near.count
                }
            }
            return finds
        }
    }

    /// Partition and offset in one number. Offsets from 2⁴² on may meet those of other partitions: then two mentions of
    /// one text pass for one, and nothing is lost by it.
    static func reference(_ partition: Int32, _ offset: Int64) -> Int64 { Int64(partition) << 42 ^ offset }

    // MARK: Rebuilding

    /// Which of these partitions, claimed under these epochs, the index knows nothing of, or not the latest.
    ///
    /// Each claim raises the epoch by one. So where it is one more than ours was, nobody has held the partition in
    /// between, and all that is stored of it went through this index.
    func strangers(_ claimed: [Int32: Int64]) -> [Int32] {
        claimed.filter { partition, epoch in epochs[partition].map { $0 + 1 != epoch } ?? true }.keys.sorted()
    }

    /// Whether there is room enough for texts from before those that the index holds.
    var hasRoom: Bool { index.texts * 2 <= index.capacity }

    /// Empties the index: it knows no partition any more.
    func forget() {
        past.counts = past.counts + index.counts
        past.escapes = past.escapes + index.escapes
        // The old one's memory goes before the new one's comes.
        index = CopyIndex(scheme: scheme, bytes: 0)
        index = CopyIndex(scheme: scheme, bytes: bytes)
        epochs.removeAll()
        newest = nil
    }

    /// The partitions are up to date from now on, or as good as they will be.
    func know(_ claimed: [Int32: Int64]) { epochs.merge(claimed) { $1 } }

    /// Puts stored mentions before those that the index holds; newest first. Returns the instants of those that were
    /// taken in, and whether there is no more room.
    func restore(_ page: StoredTexts) -> (taken: [Timestamp], isFull: Bool) {
        var taken: [Timestamp] = []
        taken.reserveCapacity(page.count)
        for row in 0..<page.count {
            guard let stored = page[row] else { continue }
            let mention = CopyMention(
                textHash: stored.textHash,
                reference: Self.reference(stored.partition, stored.offset),
                publishedAt: stored.publishedAt
            )
            let length = page.withText(row) { text in
                fingerprinter.normalise(text, into: &normalised)
                return normalised.count
            }
            guard length != nil else {
                index.noteCutRebuild(rows: 1)
                continue
            }
            guard index.restore(mention, text: normalised.span) else {
                tally.restored += taken.count
                return (taken, true)
            }
            newest = max(newest ?? stored.publishedAt, stored.publishedAt)
            taken.append(stored.publishedAt)
        }
        tally.restored += taken.count
        return (taken, false)
    }

    /// A rebuild has ended; `missed` is about how many mentions it should have taken in and did not.
    func rebuilt(missed: Int) {
        tally.rebuilds += 1
        if missed > 0 { tally.cutRebuilds += 1 }
        index.noteCutRebuild(rows: min(missed, max(0, index.capacity - index.texts)))
    }

    // MARK: Counting

    /// What the index holds and has found.
    var gauge: CopyGauge {
        var gauge = tally
        gauge.texts = index.texts
        gauge.capacity = index.capacity
        gauge.bytes = index.memory
        gauge.counts = past.counts + index.counts
        gauge.escapes = past.escapes + index.escapes
        if let newest, let oldest = index.reachesBackTo, oldest <= newest {
            gauge.coveredSeconds = (newest.microseconds - oldest.microseconds) / 1_000_000
        }
        return gauge
    }
}
