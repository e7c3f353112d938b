import Copies
import Fingerprinting
import MentionModel
import Synthesis

/// What finds copies: a text taken by the index, and signatures as they may come from storage.
struct CopiesTarget: FuzzTarget {
    static let name = "copies"
    static let share = 60
    static let isText = false
    /// Heads of signatures of all kinds, as this scheme writes them and not.
    let dictionary: [[UInt8]] = [
        [0x21], [0x22], [0x23], [0x23, 5, 8, 5, 0], [0x23, 5, 8, 4, 47], [0x23, 5, 16, 8, 1], [0x23, 5, 8, 4, 63],
        [0x13], [0xDD], [0xEE], [0xFF, 0xFF], Array("breaking news ".utf8), Array("\u{2019}".utf8),
    ]
    private var sketcher = CopySketcher()
    private var fingerprinter = Fingerprinter()

    init() throws {}

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        let text =
            random.below(2) == 0 ? TextGrammar.words(1...60, &random) : TextGrammar.scalars(1...2_000, &random)
        if random.below(2) == 0 { return Array(text.utf8) }
        var signature: [UInt8] = []
        var normalised: [UInt8] = []
        fingerprinter.normalise(Array(text.utf8).span, into: &normalised)
        _ = sketcher.sketch(normalised.span, signature: &signature)
        return signature
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let bytes = input.bytes
        var index = CopyIndex(bytes: 256 << 10)
        var links: [CopyLink] = []
        let memory = index.memory
        func mention(_ number: Int, _ hash: UInt64) -> CopyMention {
            CopyMention(
                textHash: hash,
                reference: Int64(number),
                publishedAt: Timestamp(microseconds: Int64(bitPattern: random.next()))
            )
        }
        let hash = random.next()
        // As a stored signature, whole and shortened.
        let sketch = sketcher.sketch(of: bytes.span)
        for number in 0..<4 {
            let part = bytes.span.extracting(first: number == 0 ? bytes.count : random.below(bytes.count + 1))
            let isTaken = index.restore(mention(number, random.next()), signature: part)
            try FuzzFinding.unless(isTaken, "no room for the fourth text")
        }
        let outcome = index.take(mention(5, random.next()), signature: bytes.span, sketch: sketch, links: &links)
        try Self.check(outcome, links)
        // As a text.
        let at = Timestamp(microseconds: 0)
        let first = CopyMention(textHash: hash, reference: 10, publishedAt: at)
        try Self.check(index.take(first, text: bytes.span, links: &links), links)
        // The same bytes under another hash: a near copy of the first, if there can be any.
        let near = CopyMention(textHash: ~hash, reference: 11, publishedAt: at)
        let again = index.take(near, text: bytes.span, links: &links)
        try Self.check(again, links)
        var signature: [UInt8] = []
        let own = sketcher.sketch(bytes.span, signature: &signature)
        try FuzzFinding.unless(signature.isEmpty || signature.count <= 1_101, "\(signature.count) bytes of signature")
        if !signature.isEmpty, signature[0] != 0x23 {
            try FuzzFinding.unless(links.contains { $0.jaccard == 10_000 }, "equal texts that are not near copies")
        }
        let copy = CopyMention(textHash: hash, reference: 12, publishedAt: at)
        guard case .sameText = index.take(copy, signature: signature.span, sketch: own, links: &links) else {
            throw FuzzFinding("the same hash is no copy")
        }
        let size = index.memory
        try FuzzFinding.unless(size == memory, "memory that grows")
        switch again {
        case .alone: return "alone"
        case .sameText: return "same_text"
        case .near: return "near"
        }
    }

    private static func check(_ outcome: CopyOutcome, _ links: [CopyLink]) throws(FuzzFinding) {
        try FuzzFinding.unless(links.allSatisfy { 8_000...10_000 ~= $0.jaccard }, "a link below the threshold")
        try FuzzFinding.unless(links.isEmpty == (outcome == .alone), "an outcome that its links do not have")
        let references = Set(links.map(\.reference))
        try FuzzFinding.unless(references.count == links.count, "a mention linked twice")
    }
}
