/// The words and templates of one language, as they are written down; ``Grammar`` is the form that is run.
struct Vocabulary: Sendable {
    var language: String
    var positiveOpenings: [String]
    var negativeOpenings: [String]
    var neutralOpenings: [String]
    var follows: [String]
    var positiveFollows: [String]
    var negativeFollows: [String]
    var seconds: [String]
    var positiveReplies: [String]
    var negativeReplies: [String]
    var neutralReplies: [String]
    var answers: [String]
    var subjects: [String]
    var words: [String: [String]]
    /// Of planted authors: see `PlantVocabulary.swift`; none but in English.
    var praises: [String] = []
    var defences: [String] = []
    var attacks: [String] = []
    var promotions: [String] = []
}

/// What a generated text feels.
enum Feeling: Int8, Sendable, CaseIterable {
    case negative = -1
    case neutral = 0
    case positive = 1
}

/// A vocabulary compiled for speed: all words in one array of bytes, all templates as runs of small integers.
///
/// Expanding a template costs a random number and a copy for each of its parts, and no allocation.
struct Grammar: Sendable {
    /// A list of templates, by index into `templates`.
    enum Use: Int, CaseIterable {
        case positiveOpening, negativeOpening, neutralOpening, follow, positiveFollow, negativeFollow
        case second, positiveReply, negativeReply, neutralReply, answer, subject
        case praise, defence, attack, promotion
    }

    /// What a part of a template stands for.
    private enum Part {
        case literal(start: Int32, end: Int32)
        case word(list: Int32)
        case number
        case brand
        case otherBrand
    }

    let language: [UInt8]
    private var bytes: [UInt8] = []
    private var parts: [Part] = []
    /// All templates: ranges of `parts`; and where each list of templates lies in them.
    private var templates: [Range<Int>] = []
    private var uses: [Range<Int>] = []
    /// All words: ranges of `bytes`; and where each list of words lies in them.
    private var words: [Range<Int>] = []
    private var lists: [Range<Int>] = []

    init(_ vocabulary: Vocabulary) {
        language = Array(vocabulary.language.utf8)
        var listIndex: [String: Int32] = [:]
        // Sorted, because a dictionary's order changes from run to run.
        for name in vocabulary.words.keys.sorted() {
            listIndex[name] = Int32(truncatingIfNeeded: lists.count)
            let start = words.count
            for word in vocabulary.words[name] ?? [] { words.append(store(Array(word.utf8))) }
            lists.append(start..<words.count)
        }
        let ordered = [
            vocabulary.positiveOpenings, vocabulary.negativeOpenings, vocabulary.neutralOpenings, vocabulary.follows,
            vocabulary.positiveFollows, vocabulary.negativeFollows, vocabulary.seconds, vocabulary.positiveReplies,
            vocabulary.negativeReplies, vocabulary.neutralReplies, vocabulary.answers, vocabulary.subjects,
            vocabulary.praises, vocabulary.defences, vocabulary.attacks, vocabulary.promotions,
        ]
        for list in ordered {
            let start = templates.count
            for template in list { templates.append(compile(template, listIndex)) }
            uses.append(start..<templates.count)
        }
    }

    private mutating func store(_ word: [UInt8]) -> Range<Int> {
        bytes.append(contentsOf: word)
        return bytes.count - word.count..<bytes.count
    }

    private mutating func compile(_ template: String, _ listIndex: [String: Int32]) -> Range<Int> {
        let start = parts.count
        var literal: [UInt8] = []
        var name: [UInt8]?
        for byte in template.utf8 {
            switch (byte, name) {
            case (UInt8(ascii: "{"), nil):
                flush(&literal)
                name = []
            case (UInt8(ascii: "}"), .some(let letters)):
                let key = String(decoding: letters, as: UTF8.self)
                switch key {
                case "B": parts.append(.brand)
                case "C": parts.append(.otherBrand)
                case "#": parts.append(.number)
                // A name without a list is a mistake in the vocabulary; a test looks for braces in the output.
                default: if let list = listIndex[key] { parts.append(.word(list: list)) } else { literal = letters }
                }
                name = nil
            case (_, .some(var letters)):
                letters.append(byte)
                name = letters
            case (_, nil):
                literal.append(byte)
            }
        }
        flush(&literal)
        return start..<parts.count
    }

    private mutating func flush(_ literal: inout [UInt8]) {
        guard !literal.isEmpty else { return }
        let range = store(literal)
        parts.append(
            .literal(
                start: Int32(truncatingIfNeeded: range.lowerBound),
                end: Int32(truncatingIfNeeded: range.upperBound)
            )
        )
        literal.removeAll()
    }

    /// Appends one template of `use`, expanded. `brand` and `other` stand for `{B}` and `{C}`.
    func append(
        _ use: Use,
        brand: [UInt8],
        other: [UInt8],
        to text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        let choices = uses[use.rawValue]
        guard !choices.isEmpty else { return }
        let template = templates[choices.lowerBound + random.below(choices.count)]
        // One borrow of the bytes for the whole template: this is where the generator spends most of its time.
        bytes.withUnsafeBufferPointer { bytes in
            for part in template {
                switch parts[part] {
                case .literal(let start, let end):
                    text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]))
                case .word(let list):
                    let choices = lists[Int(list)]
                    let word = words[choices.lowerBound + random.below(choices.count)]
                    text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[word]))
                case .number:
                    // Small numbers are common, large ones are not: as in life, and it makes texts differ.
                    let bits = random.next()
                    let magnitude: UInt64 = bits & 2 == 0 ? (bits & 1 == 0 ? 9 : 90) : (bits & 1 == 0 ? 900 : 9_000)
                    text.append(decimal: 1 + (bits >> 8) % magnitude)
                case .brand: text.append(contentsOf: brand)
                case .otherBrand: text.append(contentsOf: other)
                }
            }
        }
    }
}
