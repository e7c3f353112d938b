/// The keys under which a model finds its features. A change of any needs a new ``ModelFormat/readerVersion``.
public enum FeatureKeys {
    /// Stands before the first token and after the last.
    public static let edge: UInt64 = 0x5EED_0F_ED6E_0001

    /// The key of a pair of tokens that follow each other.
    @inline(__always)
    public static func pair(_ left: UInt64, _ right: UInt64) -> UInt64 {
        TokenHash.mix((left &* 0x9E37_79B9_7F4A_7C15) &+ right)
    }

    /// The key of a token within reach of a negation.
    @inline(__always)
    public static func negated(_ key: UInt64) -> UInt64 {
        TokenHash.mix(key ^ 0x4E0F_4E0F_4E0F_4E0F)
    }

    /// How many tokens a negation reaches, within its clause.
    public static let negationReach = 4

    /// Pieces are of 3 to 5 letters, the word's ends included.
    public static let pieceLengths = 3...5
    /// A longer word has pieces of its first letters only.
    public static let pieceLetters = 24

    /// The most pieces that a word can have.
    static let mostPieces = 72

    /// How many pieces a word of `count` bytes has.
    @inline(__always)
    public static func pieceCount(_ count: Int) -> Int {
        let length = min(count, pieceLetters) + 2
        var sum = 0
        for size in pieceLengths where length >= size { sum += length - size + 1 }
        return sum
    }

    /// Calls `body` with the key of each piece of a word: what a word that the model has not seen is judged by.
    @inline(__always)
    public static func forEachPiece(of word: Span<UInt8>, _ body: (UInt64) -> Void) {
        let count = min(word.count, pieceLetters)
        let length = count + 2
        var first = 0
        while first + 3 <= length {
            var hash: UInt64 = 0x91EC_E5
            var size = 0
            while size < 5, first + size < length {
                let at = first + size
                let byte: UInt8 = at == 0 ? 0x5E : at == length - 1 ? 0x24 : word[at - 1]
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
                size += 1
                if size >= 3 { body(TokenHash.mix(hash ^ UInt64(size) << 56)) }
            }
            first += 1
        }
    }

    /// The same keys as of ``forEachPiece(of:_:)``, in the order of their last letters, which takes a third of the work.
    @inline(__always)
    static func forEachPieceByEnd(of word: Span<UInt8>, _ body: (UInt64) -> Void) {
        let count = min(word.count, pieceLetters)
        // The hash of the first one, two, … bytes of a piece, the word's ends being bytes too.
        @inline(__always)
        func next(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        @inline(__always)
        func piece(_ hash: UInt64, _ size: UInt64) { body(TokenHash.mix(hash ^ size << 56)) }
        guard count > 0 else { return }
        // Pieces that end with the byte at hand: of three, four and five bytes, begun two, three and four before it.
        let none = next(0x91EC_E5, 0x5E)
        var (one, two, three, four) = (none, UInt64(0), UInt64(0), UInt64(0))
        var seen = 1
        for place in 0...count {
            let byte = place == count ? 0x24 : word[place]
            let five = next(four, byte)
            four = next(three, byte)
            three = next(two, byte)
            two = next(one, byte)
            one = next(0x91EC_E5, byte)
            seen &+= 1
            if seen >= 3 { piece(three, 3) }
            if seen >= 4 { piece(four, 4) }
            if seen >= 5 { piece(five, 5) }
        }
    }

    /// All features of the tokens in `text`, as a model that knows every one of them would look them up. Words come in
    /// the order of tokens; `pairs` and `negations` hold the keys of rows that are not words.
    public static func list(_ text: TextScratch, pairs: inout [UInt64], negations: inout [UInt64]) {
        var reach = 0
        var previous = edge
        var starts = false
        for token in text.tokens {
            if token.endsClause { reach = 0 }
            pairs.append(pair(previous, token.key))
            if starts { pairs.append(pair(edge, token.key)) }
            starts = token.startsSentence
            if reach > 0 {
                negations.append(negated(token.key))
                reach -= 1
            }
            if token.negates { reach = negationReach }
            previous = token.key
        }
        pairs.append(pair(previous, edge))
    }

    /// The dense features of the tokens in `text`, of words valued by `valences`.
    public static func dense(_ text: TextScratch, valences: (UInt64) -> Valences) -> [Int32] {
        var sum = DenseFeatures()
        var reach = 0
        for token in text.tokens {
            if token.endsClause {
                reach = 0
                if token.kind == .word { sum.contrast() }
            }
            let value = valences(token.key)
            if value != .none { sum.add(value, negated: reach > 0) }
            if reach > 0 { reach -= 1 }
            if token.negates { reach = negationReach }
        }
        return sum.numbers(of: text)
    }
}
