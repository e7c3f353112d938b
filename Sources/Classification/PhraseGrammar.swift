/// What a phrase speaks for.
enum PhraseKind: UInt8, CaseIterable {
    case praise, purchase, threat, suggestion, request
}

/// How strongly the phrases of a text speak for each kind, in thousandths: 1,000 is a clear case.
struct PhraseSums: Sendable, Equatable {
    var values = SIMD8<Int32>.zero

    /// The sum of a kind.
    subscript(_ kind: PhraseKind) -> Int32 {
        get { values[Int(kind.rawValue)] }
        set { values[Int(kind.rawValue)] = newValue }
    }
}

/// Finds phrases in tokens. Each line of ``phraseLists`` is one phrase: its kind, its weight in thousandths, and words:
///
/// - `want|need`: one of these; `really?`: perhaps this; `*`: up to two words, whatever they are, of the same clause;
/// - `^` first: only at the start of a clause, handles and "please" left out of account;
/// - `~` first: also where a negation reaches (elsewhere a negated phrase does not count).
///
/// A kind's sum is that of its phrases, each counted once a text.
struct PhraseGrammar: Sendable {
    static let shared = PhraseGrammar(phraseLists)

    private struct Slot: Sendable {
        /// Where the keys of the words that fit begin in `keys`, and how many there are; none for a gap.
        var start: Int32
        var count: Int32
        var isOptional: Bool
        var isGap: Bool
    }

    private struct Phrase: Sendable {
        var kind: PhraseKind
        var weight: Int32
        var atStart: Bool
        var evenNegated: Bool
        /// Where its words after the first begin in `slots`, and where they end.
        var start: Int32
        var end: Int32
        /// A bit for each hash of a word that may stand second; all where any may, or none need.
        var second: UInt64 = .max
    }

    // All of these are flat, so that matching counts no references.
    private var phrases: [Phrase] = []
    private var slots: [Slot] = []
    private var keys: [UInt64] = []
    /// The phrases as they stand in the lists.
    private var lines: [String] = []
    private var order: [Int32] = []
    /// Of each place in `order` the phrase's ``Phrase/second``, side by side: few phrases of a word come further.
    private var seconds: [UInt64] = []
    /// At the first place of a word's phrases, where they end, and the bits of all of them.
    private var groups: [(end: Int, seconds: UInt64)] = []
    /// The words that phrases begin with, and where these stand in `order`.
    private(set) var heads: [(key: UInt64, phrases: Range<Int>)] = []

    init(_ lists: String) {
        var byHead: [(key: UInt64, phrase: Int32)] = []
        for line in lists.split(separator: "\n") {
            var words = line.split(separator: " ")
            guard words.count > 2, let weight = Int32(words[1]) else { continue }
            guard let kind = PhraseKind.allCases.first(where: { "\($0)" == words[0] }) else { continue }
            words.removeFirst(2)
            var phrase = Phrase(
                kind: kind,
                weight: weight,
                atStart: false,
                evenNegated: false,
                start: Int32(slots.count),
                end: 0
            )
            while let sign = words.first, sign == "^" || sign == "~" {
                if sign == "^" { phrase.atStart = true } else { phrase.evenNegated = true }
                words.removeFirst()
            }
            guard let first = words.first else { continue }
            for word in words.dropFirst() { appendSlot(word) }
            phrase.end = Int32(slots.count)
            phrase.second = secondWords(phrase)
            for word in first.split(separator: "|") {
                byHead.append((TokenHash.of(word.utf8), Int32(phrases.count)))
            }
            phrases.append(phrase)
            lines.append(String(line))
        }
        byHead.sort { ($0.key, $0.phrase) < ($1.key, $1.phrase) }
        var index = 0
        while index < byHead.count {
            let key = byHead[index].key
            var end = index
            while end < byHead.count, byHead[end].key == key { end += 1 }
            heads.append((key, index..<end))
            index = end
        }
        order = byHead.map(\.phrase)
        seconds = order.map { phrases[Int($0)].second }
        groups = [(end: Int, seconds: UInt64)](repeating: (0, 0), count: order.count)
        for head in heads {
            groups[head.phrases.lowerBound] = (head.phrases.upperBound, seconds[head.phrases].reduce(0, |))
        }
    }

    /// The bits of ``Phrase/second``.
    private func secondWords(_ phrase: Phrase) -> UInt64 {
        var bits: UInt64 = 0
        for slot in slots[Int(phrase.start)..<Int(phrase.end)] {
            if slot.isGap { return .max }
            for key in keys[Int(slot.start)..<Int(slot.start + slot.count)] { bits |= Self.bit(of: key) }
            if !slot.isOptional { return bits }
        }
        return .max
    }

    @inline(__always)
    private static func bit(of key: UInt64) -> UInt64 { 1 << min(key >> 58, 62) }

    private static let any: UInt64 = 1 << 63

    private mutating func appendSlot(_ word: Substring) {
        var slot = Slot(start: Int32(keys.count), count: 0, isOptional: false, isGap: word == "*")
        if !slot.isGap {
            slot.isOptional = word.count > 1 && word.hasSuffix("?")
            let plain = slot.isOptional ? word.dropLast() : word
            for choice in plain.split(separator: "|") { keys.append(TokenHash.of(choice.utf8)) }
            slot.count = Int32(keys.count) - slot.start
        }
        slots.append(slot)
    }

    /// The sums of a text. `found` is called with each phrase that counts, as it stands in the list, and its weight.
    func sums(_ text: borrowing TextScratch, found: ((String, Int32) -> Void)? = nil) -> PhraseSums {
        var sums = PhraseSums()
        // Phrases that counted already, for what few there are: a bit each of a small hash.
        var counted = SIMD8<UInt64>.zero
        let tokens = text.slots.span.extracting(0..<text.tokenCount)
        for index in tokens.indices {
            let start = Int(tokens[index].phrases)
            guard start >= 0 else { continue }
            // No word has the highest bit, so that a phrase that any word may follow fits without one too.
            let second = index + 1 < tokens.count ? Self.bit(of: tokens[index + 1].key) | Self.any : Self.any
            guard groups[start].seconds & second != 0 else { continue }
            let isStart = Self.isStart(tokens, index)
            let isNegated = Self.isNegated(tokens, index)
            for place in start..<groups[start].end {
                guard seconds[place] & second != 0 else { continue }
                let number = Int(order[place])
                guard isStart || !phrases[number].atStart, !isNegated || phrases[number].evenNegated else { continue }
                let lane = (number >> 6) & 7
                let bit = UInt64(1) << UInt64(number & 63)
                guard counted[lane] & bit == 0 else { continue }
                let (from, to) = (Int(phrases[number].start), Int(phrases[number].end))
                guard matches(from, to, tokens, index + 1) else { continue }
                counted[lane] |= bit
                sums[phrases[number].kind] &+= phrases[number].weight
                found?(lines[number], phrases[number].weight)
            }
        }
        return sums
    }

    /// Whether a clause begins at `index`: at the text's beginning or after a mark, handles, links and "please" left
    /// out of account.
    private static func isStart(_ tokens: Span<Token>, _ index: Int) -> Bool {
        var before = index - 1
        while before >= 0 {
            let kind = tokens[before].kind
            if kind == .mark { return tokens[before].key != apostrophe }
            guard kind == .handle || kind == .link || tokens[before].key == please else { return false }
            before -= 1
        }
        return true
    }

    /// Whether a negation reaches `index`.
    private static func isNegated(_ tokens: Span<Token>, _ index: Int) -> Bool {
        var before = index
        let first = max(0, index - FeatureKeys.negationReach)
        while before > first, !tokens[before].endsClause {
            before -= 1
            if tokens[before].negates { return true }
        }
        return false
    }

    // The keys of "please" and "'"; numbers, since a computed constant costs a look each time.
    static let please: UInt64 = 0x9391_777E_CDE5_ACD6
    static let apostrophe: UInt64 = 0x500F_C7C3_7BB8_F8E1

    private func matches(_ slot: Int, _ end: Int, _ tokens: Span<Token>, _ index: Int) -> Bool {
        guard slot < end else { return true }
        let wanted = slots[slot]
        if wanted.isGap {
            for skipped in 0...2 {
                if matches(slot + 1, end, tokens, index + skipped) { return true }
                guard index + skipped < tokens.count, !tokens[index + skipped].endsClause else { return false }
            }
            return false
        }
        if index < tokens.count, holds(wanted, tokens[index].key), matches(slot + 1, end, tokens, index + 1) {
            return true
        }
        return wanted.isOptional && matches(slot + 1, end, tokens, index)
    }

    @inline(__always)
    private func holds(_ slot: Slot, _ key: UInt64) -> Bool {
        for place in Int(slot.start)..<Int(slot.start + slot.count) where keys[place] == key { return true }
        return false
    }
}
