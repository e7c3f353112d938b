/// The running sum over a text's words, in twelfths of a valence point.
struct FeelingSum {
    private static let negationWindow = 3
    private static let boostWindow = 2
    /// Five points: the sum at which the score is half of its range.
    private static let half = 60
    /// Beyond this the score no longer moves; keeps the arithmetic far from overflow.
    private static let limit = 1_000_000

    private var total = 0
    private var exclamations = 0
    private var negationLeft = 0
    private var boostLeft = 0
    /// In thirds: 4 after a booster, 2 after a dampener.
    private var boost = 3

    /// A word that says nothing.
    mutating func word() {
        if negationLeft > 0 { negationLeft -= 1 }
        if boostLeft > 0 { boostLeft -= 1 }
    }

    /// A word of the lexicon.
    mutating func word(_ entry: Lexicon.Entry) {
        switch entry.role {
        case .feeling:
            add(Int(entry.valence))
            word()
        case .negator:
            negate()
        case .booster, .dampener:
            word()
            boost = entry.role == .booster ? 4 : 2
            boostLeft = Self.boostWindow
        case .contrast:
            total /= 2
            endClause()
        case .none:
            word()
        }
    }

    /// A negating word.
    mutating func negate() {
        negationLeft = Self.negationWindow
    }

    /// An emoji or emoticon, which no word turns.
    mutating func sign(valence: Int) {
        total = max(-Self.limit, min(Self.limit, total + valence * 12))
    }

    /// An exclamation mark; ends the clause.
    mutating func exclamation() {
        exclamations = min(3, exclamations + 1)
        endClause()
    }

    /// Punctuation after which neither negators nor boosters reach on.
    mutating func endClause() {
        negationLeft = 0
        boostLeft = 0
    }

    /// −10,000 … 10,000.
    var score: Int {
        let sum = total + total.signum() * exclamations * 4
        return 10_000 * sum / (abs(sum) + Self.half)
    }

    private mutating func add(_ valence: Int) {
        var points = valence * 12
        if boostLeft > 0 { points = points * boost / 3 }
        if negationLeft > 0 { points = points > 0 ? -points * 3 / 4 : -points / 2 }
        total = max(-Self.limit, min(Self.limit, total + points))
    }
}
