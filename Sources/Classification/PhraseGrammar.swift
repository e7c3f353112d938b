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
        /// Keys of the words that fit; none for a gap.
        var keys: [UInt64]
        var isOptional: Bool
        var isGap: Bool
    }

    private struct Phrase: Sendable {
        var kind: PhraseKind
        var weight: Int32
        var atStart: Bool
        var evenNegated: Bool
        var rest: [Slot]
        var line: String
    }

    private struct Head: Sendable {
        var key: UInt64
        /// Where its phrases begin in `order`, and how many there are.
        var start: Int32
        var count: Int32
    }

    private var phrases: [Phrase] = []
    private var order: [Int32] = []
    private var heads: [Head]
    private let mask: Int

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
                rest: [],
                line: String(line)
            )
            while let sign = words.first, sign == "^" || sign == "~" {
                if sign == "^" { phrase.atStart = true } else { phrase.evenNegated = true }
                words.removeFirst()
            }
            guard let first = words.first else { continue }
            phrase.rest = words.dropFirst().map(Self.slot)
            for word in first.split(separator: "|") {
                byHead.append((TokenHash.of(word.utf8), Int32(phrases.count)))
            }
            phrases.append(phrase)
        }
        byHead.sort { ($0.key, $0.phrase) < ($1.key, $1.phrase) }
        var size = 16
        while size < byHead.count * 4 { size *= 2 }
        mask = size - 1
        heads = [Head](repeating: Head(key: 0, start: 0, count: 0), count: size)
        var index = 0
        while index < byHead.count {
            let key = byHead[index].key
            var end = index
            while end < byHead.count, byHead[end].key == key { end += 1 }
            var slot = Int(truncatingIfNeeded: key) & mask
            while heads[slot].count > 0 { slot = (slot + 1) & mask }
            heads[slot] = Head(key: key, start: Int32(index), count: Int32(end - index))
            index = end
        }
        order = byHead.map(\.phrase)
    }

    private static func slot(_ word: Substring) -> Slot {
        if word == "*" { return Slot(keys: [], isOptional: true, isGap: true) }
        let isOptional = word.count > 1 && word.hasSuffix("?")
        let plain = isOptional ? word.dropLast() : word
        return Slot(keys: plain.split(separator: "|").map { TokenHash.of($0.utf8) }, isOptional: isOptional, isGap: false)
    }

    /// The sums of a text. `found` is called with each phrase that counts, as it stands in the list, and its weight.
    func sums(_ text: TextScratch, found: ((String, Int32) -> Void)? = nil) -> PhraseSums {
        var sums = PhraseSums()
        // Phrases that counted already, for what few there are: a bit each of a small hash.
        var counted = SIMD8<UInt64>.zero
        let tokens = text.tokens.span
        var reach = 0
        var isStart = true
        for index in tokens.indices {
            let token = tokens[index]
            if token.endsClause { reach = 0 }
            var slot = Int(truncatingIfNeeded: token.key) & mask
            while heads[slot].count > 0 {
                if heads[slot].key == token.key {
                    let head = heads[slot]
                    for place in Int(head.start)..<Int(head.start + head.count) {
                        let number = Int(order[place])
                        let phrase = phrases[number]
                        guard isStart || !phrase.atStart, reach == 0 || phrase.evenNegated else { continue }
                        let lane = (number >> 6) & 7
                        let bit = UInt64(1) << UInt64(number & 63)
                        guard counted[lane] & bit == 0 else { continue }
                        guard matches(phrase.rest, 0, tokens, index + 1) else { continue }
                        counted[lane] |= bit
                        sums[phrase.kind] &+= phrase.weight
                        found?(phrase.line, phrase.weight)
                    }
                    break
                }
                slot = (slot + 1) & mask
            }
            if reach > 0 { reach -= 1 }
            if token.negates { reach = FeatureKeys.negationReach }
            let keepsStart = token.kind == .handle || token.key == Self.please || token.kind == .link
            isStart = (isStart && keepsStart) || (token.kind == .mark && token.key != Self.apostrophe)
        }
        return sums
    }

    private static let please = TokenHash.of("please".utf8)
    private static let apostrophe = TokenHash.of("'".utf8)

    private func matches(_ slots: [Slot], _ slot: Int, _ tokens: Span<Token>, _ index: Int) -> Bool {
        guard slot < slots.count else { return true }
        let wanted = slots[slot]
        if wanted.isGap {
            for skipped in 0...2 {
                if matches(slots, slot + 1, tokens, index + skipped) { return true }
                guard index + skipped < tokens.count, !tokens[index + skipped].endsClause else { return false }
            }
            return false
        }
        if index < tokens.count, wanted.keys.contains(tokens[index].key), matches(slots, slot + 1, tokens, index + 1) {
            return true
        }
        return wanted.isOptional && matches(slots, slot + 1, tokens, index)
    }
}
