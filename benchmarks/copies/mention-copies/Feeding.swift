import Copies
import Fingerprinting
import MentionModel

/// Takes texts as a worker would: normalise, sketch, look up.
struct Feeding: ~Copyable {
    var index: CopyIndex
    private var fingerprinter = Fingerprinter()
    private var normalised: [UInt8] = []
    private(set) var links: [CopyLink] = []

    init(_ scheme: CopyScheme, bytes: Int) {
        index = CopyIndex(scheme: scheme, bytes: bytes)
    }

    mutating func take(_ text: [UInt8], reference: Int, at: Timestamp = Timestamp(microseconds: 0)) -> CopyOutcome {
        let hash = fingerprinter.textHash(text.span, normalised: &normalised)
        // The span of a member would keep the others from being changed.
        var plain: [UInt8] = []
        swap(&plain, &normalised)
        defer { swap(&plain, &normalised) }
        let mention = CopyMention(textHash: hash, reference: Int64(reference), publishedAt: at)
        return index.take(mention, text: plain.span, links: &links)
    }
}

/// Which texts are in one cluster.
struct Groups {
    private var parents: [Int]

    init(_ count: Int) { parents = Array(0..<count) }

    mutating func root(_ element: Int) -> Int {
        var element = element
        while parents[element] != element {
            parents[element] = parents[parents[element]]
            element = parents[element]
        }
        return element
    }

    mutating func join(_ one: Int, _ other: Int) {
        let (one, other) = (root(one), root(other))
        if one != other { parents[max(one, other)] = min(one, other) }
    }
}
