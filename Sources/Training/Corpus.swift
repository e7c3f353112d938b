public import Classification

/// The features of one text, as ids into a ``Vocabulary``.
public struct TextFeatures: Sendable {
    /// Its words: all tokens.
    public var words: [Int32]
    /// Pairs and negated words that the vocabulary knows.
    public var others: [Int32]
    /// How many tokens it has.
    public var tokens: Int32
    /// Its dense features, in units of ``Classification/DenseFeatures/one``.
    public var dense: [Int32]
}

/// Labelled texts of one head.
public struct LabelledSet: Sendable {
    /// Labels as indices into the head's labels.
    public var labels: [Int]
    /// The texts, in UTF-8.
    public var texts: [[UInt8]]
    /// The number, from 1 on, of the first line that was left out; a first line of column names is none of these.
    public private(set) var firstSkipped: Int?

    /// A set without texts.
    public init() {
        labels = []
        texts = []
    }

    /// Reads lines of `label⇥text`. A line whose label is none of `names` is left out and counted, but not an empty one
    /// and not a first line of column names.
    public init(tsv bytes: [UInt8], names: [String], skipped: inout Int) {
        self.init()
        let known = names.map { Array($0.utf8) }
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard !line.isEmpty, line != [0x0D] else { continue }
            guard let tab = line.firstIndex(of: 0x09), let label = known.firstIndex(of: Array(line[..<tab])) else {
                if number == 0, line.lowercasedASCII.starts(with: "label\t".utf8) { continue }
                skipped += 1
                if firstSkipped == nil { firstSkipped = number + 1 }
                continue
            }
            var text = Array(line[(tab + 1)...])
            if text.last == 0x0D { text.removeLast() }
            labels.append(label)
            texts.append(text)
        }
    }

    /// The texts of both.
    public static func + (left: LabelledSet, right: LabelledSet) -> LabelledSet {
        var sum = left
        sum.labels += right.labels
        sum.texts += right.texts
        return sum
    }

    /// The texts at some places.
    public func picking(_ places: [Int]) -> LabelledSet {
        var picked = LabelledSet()
        picked.labels = places.map { labels[$0] }
        picked.texts = places.map { texts[$0] }
        return picked
    }
}

/// All words, pairs and negated words that were seen often enough, with an id each.
public struct Vocabulary: Sendable {
    /// Ids by key.
    public private(set) var words: [UInt64: Int32] = [:]
    /// Keys by id.
    public private(set) var wordKeys: [UInt64] = []
    /// Spellings by id.
    public private(set) var spellings: [[UInt8]] = []
    /// Whether a word, by id, is made of letters, so that it has pieces.
    public private(set) var isWord: [Bool] = []
    /// How often each word was seen, by id.
    public private(set) var wordCounts: [Int32] = []
    /// Ids by key.
    public private(set) var others: [UInt64: Int32] = [:]
    /// Keys by id.
    public private(set) var otherKeys: [UInt64] = []
    /// How often each was seen in labelled texts, by id.
    public private(set) var otherCounts: [Int32] = []
    /// Keys and valences of the words that lexicons know.
    public let lexicon: [UInt64: Valences]

    /// Counts the features of texts.
    public struct Counts: Sendable {
        struct Word {
            var count: Int32
            var spelling: [UInt8]
            var isWord: Bool
        }
        var words: [UInt64: Word] = [:]
        var others: [UInt64: Int32] = [:]
        private var scratch = TextScratch()
        private var pairs: [UInt64] = []
        private var negations: [UInt64] = []

        /// Nothing counted yet.
        public init() {}

        /// Counts the features of a text; pairs and negated words only where it is labelled.
        public mutating func add(_ text: [UInt8], isLabelled: Bool) {
            Tokeniser.read(text.span, into: &scratch)
            for token in scratch.tokens {
                if let found = words[token.key]?.count {
                    words[token.key]?.count = found + 1
                } else {
                    let range = Int(token.start)..<Int(token.start + token.length)
                    words[token.key] = Word(
                        count: 1,
                        spelling: Array(scratch.spelling[range]),
                        isWord: token.kind == .word
                    )
                }
            }
            guard isLabelled else { return }
            pairs.removeAll(keepingCapacity: true)
            negations.removeAll(keepingCapacity: true)
            FeatureKeys.list(scratch, pairs: &pairs, negations: &negations)
            for key in pairs { others[key, default: 0] += 1 }
            for key in negations { others[key, default: 0] += 1 }
        }
    }

    /// Keeps words seen `words` times or known to a lexicon or list, and pairs seen `others` times; ids in the order
    /// of keys, so that the same texts give the same vocabulary.
    public init(
        _ counts: Counts,
        words wordLeast: Int32,
        others otherLeast: Int32,
        lexicon: [UInt64: Valences],
        always: [UInt64: [UInt8]]
    ) {
        self.lexicon = lexicon
        var kept = counts.words.filter { $0.value.count >= wordLeast || lexicon[$0.key] != nil }
        for (key, spelling) in always where kept[key] == nil {
            kept[key] = Counts.Word(count: 0, spelling: spelling, isWord: true)
        }
        wordKeys = kept.keys.sorted()
        for (id, key) in wordKeys.enumerated() {
            words[key] = Int32(id)
            spellings.append(kept[key]?.spelling ?? [])
            wordCounts.append(kept[key]?.count ?? 0)
            isWord.append(kept[key]?.isWord ?? false)
        }
        otherKeys = counts.others.filter { $0.value >= otherLeast }.keys.sorted()
        for (id, key) in otherKeys.enumerated() {
            others[key] = Int32(id)
            otherCounts.append(counts.others[key] ?? 0)
        }
    }

    /// The words of texts alone, in order.
    public func words(of texts: [[UInt8]]) -> [[Int32]] {
        var scratch = TextScratch()
        return texts.map { text in
            Tokeniser.read(text.span, into: &scratch)
            return scratch.tokens.compactMap { words[$0.key] }
        }
    }

    /// The features of texts, in order.
    public func features(of texts: [[UInt8]]) -> [TextFeatures] {
        var scratch = TextScratch()
        var pairs: [UInt64] = []
        var negations: [UInt64] = []
        return texts.map { text in
            Tokeniser.read(text.span, into: &scratch)
            pairs.removeAll(keepingCapacity: true)
            negations.removeAll(keepingCapacity: true)
            FeatureKeys.list(scratch, pairs: &pairs, negations: &negations)
            var found: [Int32] = []
            for key in pairs { if let id = others[key] { found.append(id) } }
            for key in negations { if let id = others[key] { found.append(id) } }
            return TextFeatures(
                words: scratch.tokens.compactMap { words[$0.key] },
                others: found,
                tokens: Int32(scratch.tokens.count),
                dense: FeatureKeys.dense(scratch) { lexicon[$0] ?? .none }
            )
        }
    }
}

extension ArraySlice<UInt8> {
    /// With small letters for A to Z.
    fileprivate var lowercasedASCII: [UInt8] { map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 } }
}
