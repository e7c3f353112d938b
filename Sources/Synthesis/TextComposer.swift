/// Composes texts of mentions from the grammars.
struct TextComposer: Sendable {
    private let grammars: [Grammar]
    private let brands: BrandCatalogue
    private let authors: AuthorCatalogue
    private let longTexts: Int
    private var subject: [UInt8] = []

    init(grammars: [Grammar], brands: BrandCatalogue, authors: AuthorCatalogue, longTexts: Int) {
        self.grammars = grammars
        self.brands = brands
        self.authors = authors
        self.longTexts = longTexts
    }

    /// Appends the text of a post that stands for itself. Where `inText` is false it speaks of "my phone" or the like
    /// and names no brand.
    mutating func appendPost(
        _ mention: borrowing SyntheticMention,
        inText: Bool,
        to text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        let language = mention.language
        let use: Grammar.Use =
            switch mention.feeling {
            case .positive: mention.author < authors.plants.first ? .positiveOpening : .praise
            case .negative: .negativeOpening
            case .neutral: .neutralOpening
            }
        subject.removeAll(keepingCapacity: true)
        if inText, mention.brand >= 0 {
            subject.append(contentsOf: form(of: mention.brand, &random))
        } else {
            grammars[language].append(.subject, brand: [], other: [], to: &subject, &random)
        }
        grammars[language].append(use, brand: subject, other: [], to: &text, &random)
        endSentence(&text, mention.feeling, &random)
        if inText, mention.otherBrand >= 0 {
            text.append(0x20)
            let other = form(of: mention.otherBrand, &random)
            grammars[language].append(.second, brand: [], other: other, to: &text, &random)
        }
        extend(&text, language, mention.feeling, &random)
        decorate(&text, mention.feeling, &random)
    }

    /// Appends the text of an answer to another mention, often with its author's handle in front.
    mutating func appendReply(
        _ mention: borrowing SyntheticMention,
        to parentAuthor: Int,
        addressed: Bool,
        into text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        let language = mention.language
        if addressed {
            text.append(0x40)
            authors.appendHandle(parentAuthor, to: &text)
            text.append(0x20)
        }
        let use: Grammar.Use =
            if authors.brand(ofOwnAccount: mention.author) != nil {
                .answer
            } else {
                switch mention.feeling {
                case .positive: .positiveReply
                case .negative: .negativeReply
                case .neutral: .neutralReply
                }
            }
        grammars[language].append(use, brand: [], other: [], to: &text, &random)
        if random.below(3) == 0 {
            endSentence(&text, .neutral, &random)
            text.append(0x20)
            grammars[language].append(.follow, brand: [], other: [], to: &text, &random)
        }
        if random.chance(perMillion: longTexts) { extend(&text, language, mention.feeling, to: 2_001, &random) }
        if random.below(8) == 0 { appendEmoji(&text, mention.feeling, &random) }
    }

    /// Appends a text with an edit that a reader would call the same: for normalisation (`exact`: a link, a handle,
    /// other case) or for near copies (a word more).
    mutating func appendCopy(of original: [UInt8], exact: Bool, into text: inout [UInt8], _ random: inout SeededRandom)
    {
        guard exact else {
            // Behind the first space after the middle, which is never inside a character.
            let space = original[(original.count / 2)...].firstIndex(of: 0x20) ?? original.count
            text.append(contentsOf: original[..<space])
            text.append(0x20)
            text.append(contentsOf: Self.insertions[random.below(Self.insertions.count)])
            text.append(contentsOf: original[space...])
            return
        }
        switch random.below(3) {
        case 0:
            text.append(contentsOf: original)
            appendLink(&text, &random)
        case 1:
            text.append(0x40)
            authors.appendHandle(random.below(1_000), to: &text)
            text.append(0x20)
            text.append(contentsOf: original)
        default:
            for byte in original { text.append(byte >= 0x61 && byte <= 0x7A ? byte ^ 0x20 : byte) }
        }
    }

    /// Appends what an author adds when editing.
    mutating func appendEdit(
        _ mention: borrowing SyntheticMention,
        to text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        text.append(" [edit] ")
        grammars[mention.language].append(.follow, brand: [], other: [], to: &text, &random)
    }

    /// Appends a post that names its brand in the text and is at least so long.
    mutating func appendPost(
        _ mention: borrowing SyntheticMention,
        inText: Bool,
        atLeast least: Int,
        to text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        appendPost(mention, inText: inText, to: &text, &random)
        extend(&text, mention.language, mention.feeling, to: least, &random)
    }

    /// Appends a sentence about the brand and nothing else.
    mutating func appendSentence(
        _ mention: borrowing SyntheticMention,
        to text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        let use: Grammar.Use =
            switch mention.feeling {
            case .positive: .praise
            case .negative: .negativeOpening
            case .neutral: .neutralOpening
            }
        let name = form(of: mention.brand, &random)
        grammars[mention.language].append(use, brand: name, other: [], to: &text, &random)
        endSentence(&text, mention.feeling, &random)
    }

    /// Appends a planted author's answer to somebody, half with the handle in front; most name the brand.
    func appendPlantReply(
        _ mention: borrowing SyntheticMention,
        to parentAuthor: Int,
        into text: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        if random.below(2) == 0 {
            text.append(0x40)
            authors.appendHandle(parentAuthor, to: &text)
            text.append(0x20)
        }
        let use: Grammar.Use =
            switch mention.feeling {
            case .positive: .defence
            case .negative: .attack
            case .neutral: .neutralOpening
            }
        let name = form(of: mention.brand, &random)
        grammars[mention.language].append(use, brand: name, other: [], to: &text, &random)
        endSentence(&text, mention.feeling, &random)
        if random.below(8) == 0 { appendEmoji(&text, mention.feeling, &random) }
    }

    /// Appends what somebody adds who has something to sell, with a code of the author's own and a link.
    func appendPromotion(of author: Int, to text: inout [UInt8], _ random: inout SeededRandom) {
        text.append(0x20)
        grammars[0].append(.promotion, brand: [], other: [], to: &text, &random)
        if random.below(2) == 0 {
            text.append(" Code SAVE")
            text.append(decimal: Int64(author % 1_000))
            text.append(" gives you ")
            text.append(decimal: Int64(5 * (1 + random.below(10))))
            text.append("% off.")
        }
        appendLink(&text, &random)
    }

    private func form(of brand: Int, _ random: inout SeededRandom) -> [UInt8] {
        let forms = brands.forms[brand]
        return forms[random.below(forms.count)]
    }

    /// Adds sentences up to a length drawn so that the median of all mentions is about 80 bytes.
    private func extend(
        _ text: inout [UInt8],
        _ language: Int,
        _ feeling: Feeling,
        _ random: inout SeededRandom
    ) {
        let draw = random.below(1_000_000)
        let target =
            if draw < longTexts {
                2_001 + random.below(random.below(4_000) + 1)
            } else {
                switch random.below(100) {
                case ..<55: 0
                case ..<78: 50 + random.below(60)
                case ..<95: 90 + random.below(130)
                default: 200 + random.below(600)
                }
            }
        extend(&text, language, feeling, to: target, &random)
    }

    private func extend(
        _ text: inout [UInt8],
        _ language: Int,
        _ feeling: Feeling,
        to target: Int,
        _ random: inout SeededRandom
    ) {
        while text.count < target {
            if target > 600, random.below(6) == 0 { text.append("\n") } else { text.append(0x20) }
            let use: Grammar.Use =
                switch (feeling, random.below(3)) {
                case (.positive, 0): .positiveFollow
                case (.negative, 0): .negativeFollow
                default: .follow
                }
            grammars[language].append(use, brand: [], other: [], to: &text, &random)
        }
    }

    private func endSentence(_ text: inout [UInt8], _ feeling: Feeling, _ random: inout SeededRandom) {
        if text.last == 0x3F || text.last == 0x21 || text.last == 0x2E { return }
        // Where the last character is a full-width mark, no other follows.
        if let last = text.last, last >= 0x80, text.count > 2, text[text.count - 3] == 0xEF { return }
        switch (feeling, random.below(4)) {
        case (.neutral, _), (_, 0), (_, 1): text.append(0x2E)
        case (_, 2): text.append(0x21)
        default: text.append("!!!")
        }
    }

    private func decorate(_ text: inout [UInt8], _ feeling: Feeling, _ random: inout SeededRandom) {
        let draw = random.below(1_000)
        if draw < 220 { appendEmoji(&text, feeling, &random) }
        if draw % 10 < 2 { appendLink(&text, &random) }
        if draw % 10 == 2 {
            text.append(" cc @")
            authors.appendHandle(random.below(100_000), to: &text)
        }
        if draw % 10 == 3 {
            text.append(" #")
            text.append(contentsOf: Self.tags[random.below(Self.tags.count)])
        }
        if draw % 100 == 44 { text.append(" \"as promised\" :\\") }
    }

    private func appendEmoji(_ text: inout [UInt8], _ feeling: Feeling, _ random: inout SeededRandom) {
        let emoji = Self.emoji[Int(feeling.rawValue) + 1]
        text.append(0x20)
        text.append(contentsOf: emoji[random.below(emoji.count)])
    }

    private func appendLink(_ text: inout [UInt8], _ random: inout SeededRandom) {
        text.append(" https://")
        text.append(contentsOf: Self.hosts[random.below(Self.hosts.count)])
        text.append(".example/")
        text.append(base36: random.next() >> 28)
    }

    private static func words(_ list: String) -> [[UInt8]] { list.split(separator: " ").map { Array($0.utf8) } }

    private static let emoji = [
        words("\u{1F621} \u{1F624} \u{1F44E} \u{1F61E} \u{1F494} \u{1F92C} \u{1F620}"),
        words("\u{1F914} \u{1F4E6} \u{1F4F7} \u{1F4C5} \u{1F440} \u{2753}"),
        words("\u{1F60D} \u{1F389} \u{1F44D} \u{1F60A} \u{2764}\u{FE0F} \u{1F64C} \u{2728} \u{1F602}"),
    ]
    private static let hosts = words("news shop pic blog video status link forum")
    private static let tags = words("monday service help tips fail deal review travel tech home news diy weekend")
    private static let insertions = words("really again indeed today perhaps friends everyone also")
}
