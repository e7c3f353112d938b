import BrandMatching
import Classification
import Fingerprinting
import MentionModel
import ShippedModel
import Synthesis

/// What a worker does with the text of an accepted mention: find brands, judge, take fingerprints.
struct TextTarget: FuzzTarget {
    static let name = "text"
    static let share = 100
    let dictionary: [[UInt8]] = [
        "Acme", "acme inc", "@acme", "#ACME", "globex", "not ", "n't", "good", "\u{1f600}", "\u{200d}", "\u{301}",
        "\u{fe0f}", "https://", "www.", "RT @", "\u{130}", "\u{1e9e}", "\u{fb03}", "\u{ac00}", "\u{1100}\u{1161}",
        "!!!!",
    ].map { Array($0.utf8) }
    private var fingerprinter = Fingerprinter()
    private var scratch = MatchScratch()
    private let lexicon = LexiconClassifier()
    private let classifier: TrainedClassifier
    private var classifierScratch = ClassifierScratch()
    private let matcher = BrandMatcher(
        [
            BrandDefinition(number: 1, name: "Acme", aliases: ["ACME Inc", "acme kettle"], handles: ["acme"]),
            BrandDefinition(number: 2, name: "Globex", excluded: ["not globex"]),
            BrandDefinition(number: 3, name: "\u{6700}\u{9ad8}", aliases: ["\u{1f600}", "\u{e9}t\u{e9}"]),
        ],
        version: 1
    )

    init() throws { classifier = TrainedClassifier(model: try ShippedModel.load()) }

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        let text = random.below(2) == 0 ? TextGrammar.words(1...40, &random) : TextGrammar.scalars(1...200, &random)
        return Array(text.utf8)
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        // As the decoder lets it through: UTF-8 of at most 64 KiB, and not empty.
        let bytes = Array(String(decoding: input.bytes, as: UTF8.self).utf8.prefix(65_536))
        guard !bytes.isEmpty, !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            return "no_text"
        }
        let hash = fingerprinter.textHash(bytes.span)
        let sketch = fingerprinter.sketchKey(bytes.span)
        var normal: [UInt8] = []
        fingerprinter.normalise(bytes.span, into: &normal)
        try FuzzFinding.unless(String(validating: normal, as: UTF8.self) != nil, "a normal form that is not UTF-8")
        if random.once(in: 8) {
            var fresh = Fingerprinter()
            let isSame = fresh.textHash(bytes.span) == hash && fresh.sketchKey(bytes.span) == sketch
            try FuzzFinding.unless(isSame, "a new fingerprinter gives other keys")
        }
        var brands: [Int32] = []
        let title = random.below(2) == 0 ? bytes.span.extracting(first: min(20, bytes.count)) : nil
        matcher.match(bytes.span, title: title, scratch: &scratch, into: &brands)
        try FuzzFinding.unless(brands.allSatisfy { 1...3 ~= $0 }, "a brand that nobody defined")
        try FuzzFinding.unless(Set(brands).count == brands.count, "a brand twice")
        let language = Array(random.pick(["en", "en-GB", "de", ""]).utf8)
        let tag = language.isEmpty ? nil : language.span
        let plain = lexicon.classify(bytes.span, language: tag)
        try FuzzFinding.unless(-10_000...10_000 ~= plain.sentimentScore, "a score of \(plain.sentimentScore)")
        let verdict = classifier.classify(bytes.span, language: tag, scratch: &classifierScratch)
        try FuzzFinding.unless(-10_000...10_000 ~= verdict.sentimentScore, "a score of \(verdict.sentimentScore)")
        let shares = [verdict.irony, verdict.offensive, verdict.spam].compactMap { $0 }
        try FuzzFinding.unless(shares.allSatisfy { 0...10_000 ~= $0 }, "probabilities of \(shares)")
        if random.once(in: 8) {
            let again = classifier.classify(bytes.span, language: tag)
            try FuzzFinding.unless(again == verdict, "fresh memory gives another verdict")
        }
        guard let sentiment = verdict.sentiment else { return "unreadable" }
        return "\(sentiment)"
    }
}
