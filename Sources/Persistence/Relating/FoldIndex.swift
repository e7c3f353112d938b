import Copies
import Fingerprinting
import MentionModel

/// The index of texts behind the background step: finds the near copies of what the step counts.
///
/// It holds what the step has counted and nothing else, so in whatever order mentions come it finds the same clusters
/// as long as nothing escapes it. What may have escaped is told by ``escapes`` and ``debt``.
///
/// Not `Sendable`: its owner is the actor that runs the step.
final class FoldIndex {
    /// What counts as a copy.
    let scheme: CopyScheme
    /// All mentions up to this number were there when it was made.
    let through: Int64
    /// The step that it was last used in.
    var step: Int64
    /// The mentions that may have near copies which were not found, since this was read last: from when to when they
    /// were published.
    private var debt: ClosedRange<Timestamp>?

    private var index: CopyIndex
    /// Without memory it finds nothing.
    private let isBlind: Bool
    private var fingerprinter = Fingerprinter()
    private var normalised: [UInt8] = []
    private var links: [CopyLink] = []
    private var told = CopyEscapes()
    /// Mentions from before this, and up to a window behind it, may have lost near copies.
    private var lostUpTo: Int64?
    private var latest = Int64.min

    /// An empty index of at most about `bytes`. Without memory it finds nothing.
    init(scheme: CopyScheme, bytes: Int, through: Int64, step: Int64) {
        self.scheme = scheme
        self.through = through
        self.step = step
        isBlind = bytes == 0
        index = CopyIndex(scheme: scheme, bytes: bytes, patience: .all)
    }

    /// Bytes of memory taken.
    var memory: Int { index.memory }

    /// Takes in a mention, and appends the texts that its text is near to.
    func take(_ mention: CountedMention, text: Span<UInt8>, into pairs: inout [NearTexts]) {
        guard !isBlind else { return }
        _ = fingerprinter.textHash(text, normalised: &normalised)
        let words = normalised
        let before = index.escapes
        _ = index.take(
            CopyMention(
                textHash: mention.textHash,
                reference: mention.number,
                publishedAt: mention.publishedAt
            ),
            text: words.span,
            links: &links
        )
        for link in links where link.textHash != mention.textHash {
            pairs.append(NearTexts(text: mention.textHash, other: link.textHash, jaccard: link.jaccard))
        }
        latest = max(latest, mention.publishedAt.microseconds)
        if index.escapes != before { lostUpTo = latest }
        let (from, overflow) = mention.publishedAt.microseconds.subtractingReportingOverflow(scheme.window)
        if let lostUpTo, overflow || from <= lostUpTo { owe(mention.publishedAt) }
    }

    private func owe(_ at: Timestamp) {
        guard let debt else {
            debt = at...at
            return
        }
        self.debt = min(debt.lowerBound, at)...max(debt.upperBound, at)
    }

    /// Takes in a mention from before those that are held; false where there is no room left.
    func restore(_ mention: CopyMention, text: Span<UInt8>) -> Bool {
        guard !isBlind else { return true }
        _ = fingerprinter.textHash(text, normalised: &normalised)
        latest = max(latest, mention.publishedAt.microseconds)
        let words = normalised
        return index.restore(mention, text: words.span)
    }

    /// Notes that older mentions are not in it, up to about so many.
    func noteCutRebuild(rows: Int) {
        index.noteCutRebuild(rows: rows)
        lostUpTo = latest
    }

    /// Lets go of texts that mentions have left, and of which texts belong together: what they have joined may not be
    /// joined without them.
    func forget(_ left: [CountedMention]) {
        guard !left.isEmpty else { return }
        for mention in left { index.forget(mention.textHash, at: mention.publishedAt) }
        index.forgetClusters()
    }

    /// What has escaped since this was read last.
    func takeEscapes() -> CopyEscapes {
        let now = index.escapes
        defer { told = now }
        return now - told
    }

    /// Which mentions may have near copies that were not found, since this was read last.
    func takeDebt() -> ClosedRange<Timestamp>? {
        defer { debt = nil }
        return debt
    }
}
