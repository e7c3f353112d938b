internal import Fingerprinting

/// Walks over a text once and makes its normalised tokens.
///
/// - Entities (`&amp;`, `&#39;`, `&#x2019;`) and the escapes `\n`, `\"`, `\u` with four hex digits are resolved first.
/// - Letters lose case, accents and full-width or mathematical shapes (``LetterFolding``); a letter three times or
///   more in a row becomes two. Curly quotes become straight, `…` becomes `...`.
/// - A handle becomes `@user`, a link `<url>`; digits become `0`, at most six of them; runs of a mark become two.
/// - A hashtag stays as a token and also gives its words, split at capitals, digits and underscores.
/// - Emoticons lose their nose; emoji lose skin tone and variation.
///
/// It takes any bytes; what is not UTF-8 is left out. Linear in the text.
struct TextReader {
    /// No more tokens are made of a text than this: a megabyte of spam is judged by its beginning.
    static let tokenLimit = 4096

    var index = 0
    /// The hash of the token that is being written.
    var hash = TokenHash()
    /// Where its spelling begins.
    var start = 0
    /// Words that are known by heart.
    let list = WordList.shared

    /// Whether plain words take the short way, which must make no difference but in speed.
    var isQuick = true

    /// Replaces what `scratch` holds by the tokens of `text`. `isQuick` is for tests.
    static func read(_ text: Span<UInt8>, into scratch: inout TextScratch, isQuick: Bool = true) {
        scratch.tokenCount = 0
        scratch.written = 0
        scratch.sides = 0
        scratch.counts = TextCounts()
        if EscapeResolver.isNeeded(for: text) {
            var resolved: [UInt8] = []
            swap(&resolved, &scratch.resolved)
            EscapeResolver.resolve(text, into: &resolved)
            var reader = TextReader(isQuick: isQuick)
            reader.readAll(resolved.span, &scratch)
            swap(&resolved, &scratch.resolved)
        } else {
            var reader = TextReader(isQuick: isQuick)
            reader.readAll(text, &scratch)
        }
    }

    private mutating func readAll(_ text: Span<UInt8>, _ scratch: inout TextScratch) {
        let count = text.count
        while index < count, scratch.tokenCount < Self.tokenLimit {
            if isQuick { plain(text, &scratch) }
            guard index < count, scratch.tokenCount < Self.tokenLimit else { return }
            let byte = text[index]
            switch ByteClass.of(byte) {
            case .letter:
                if !link(text, &scratch), !letterEmoticon(text, &scratch) { word(text, inHashtag: false, &scratch) }
            case .space:
                index += 1
            case .digit:
                number(text, inHashtag: false, &scratch)
            case .sign:
                sign(byte, text, &scratch)
            case .high:
                high(text, &scratch)
            }
        }
    }

    /// A scalar beyond ASCII: the start of a word, a symbol, or nothing.
    private mutating func high(_ text: Span<UInt8>, _ scratch: inout TextScratch) {
        let decoded = ScalarDecoder.decode(text, at: index)
        switch decoded.value {
        case 0x2018, 0x2019, 0x2032, 0x2BC:
            index += decoded.length
            single(0x27, .mark, &scratch)
            return
        case 0x201C...0x201F, 0x2033, 0xAB, 0xBB:
            index += decoded.length
            single(0x22, .mark, &scratch)
            return
        case 0x2010...0x2015, 0x2212:
            index += decoded.length
            single(0x2D, .mark, &scratch)
            return
        case 0x2026:
            index += decoded.length
            begin(scratch)
            for _ in 0..<3 { put(0x2E, &scratch) }
            finish(.mark, endsClause: true, &scratch)
            return
        case 0xFF01...0xFF0F, 0xFF1A...0xFF20:
            index += decoded.length
            let ascii = UInt8(truncatingIfNeeded: decoded.value - 0xFEE0)
            tally(ascii, by: 1, &scratch)
            single(ascii, .mark, endsClause: Self.endsClause(ascii), &scratch)
            return
        case 0x1F3FB...0x1F3FF, 0xFFFD, ScalarDecoder.invalid:
            index += decoded.length
            return
        default:
            break
        }
        switch ScalarClass.of(decoded.value) {
        case .word:
            word(text, inHashtag: false, &scratch)
        case .unsegmented:
            scratch.counts.otherLetters += 1
            index += decoded.length
            begin(scratch)
            put(scalar: decoded.value, &scratch)
            finish(.word, &scratch)
        case .other:
            index += decoded.length
            if LetterFolding.isLetterlike(decoded.value) {
                index -= decoded.length
                word(text, inHashtag: false, &scratch)
                return
            }
            begin(scratch)
            put(scalar: decoded.value, &scratch)
            finish(.symbol, &scratch)
        case .space, .ignorable:
            index += decoded.length
        }
    }

    // MARK: - Writing tokens

    /// Begins a token.
    mutating func begin(_ scratch: borrowing TextScratch) {
        hash = TokenHash()
        start = scratch.written
    }

    /// Makes place for `count` more bytes of spelling. The array never shrinks: its bytes are written in place.
    @inline(__always)
    func reserve(_ count: Int, _ scratch: inout TextScratch) {
        if scratch.spelling.count - scratch.written < count { grow(count, &scratch) }
    }

    @inline(never)
    private func grow(_ count: Int, _ scratch: inout TextScratch) {
        scratch.spelling += [UInt8](repeating: 0, count: count + scratch.spelling.count)
    }

    /// Adds a byte to the token.
    @inline(__always)
    mutating func put(_ byte: UInt8, _ scratch: inout TextScratch) {
        hash.append(byte)
        reserve(1, &scratch)
        scratch.spelling[scratch.written] = byte
        scratch.written &+= 1
    }

    /// Adds a scalar to the token, as UTF-8.
    mutating func put(scalar: UInt32, _ scratch: inout TextScratch) {
        guard scalar >= 0x80 else {
            put(UInt8(truncatingIfNeeded: scalar), &scratch)
            return
        }
        guard let value = Unicode.Scalar(scalar) else { return }
        for byte in UTF8.encode(value) ?? UTF8.encodedReplacementCharacter { put(byte, &scratch) }
    }

    /// Ends the token.
    mutating func finish(
        _ kind: TokenKind,
        endsClause: Bool = false,
        negates: Bool = false,
        _ scratch: inout TextScratch
    ) {
        let key = hash.value
        let word = list.find(key)
        var endsClause = endsClause
        var negates = negates
        if kind == .word, word >= 0 {
            let known = list.entries[Int(word)]
            endsClause = known.role == .contrast
            negates = negates || known.role == .negator
            scratch.sides &+= known.side.share
        }
        scratch.append(
            Token(
                key: key,
                start: Int32(truncatingIfNeeded: start),
                length: Int32(truncatingIfNeeded: scratch.written - start),
                kind: kind,
                endsClause: endsClause,
                negates: negates,
                // A mark that ends a clause ends a sentence too, but for the comma.
                startsSentence: kind == .handle || kind == .link
                    || (kind == .mark && endsClause && scratch.spelling[start] != 0x2C),
                phrases: word >= 0 ? list.entries[Int(word)].phrases : -1
            )
        )
    }

    /// A token of one byte.
    mutating func single(
        _ byte: UInt8,
        _ kind: TokenKind,
        endsClause: Bool = false,
        _ scratch: inout TextScratch
    ) {
        begin(scratch)
        put(byte, &scratch)
        finish(kind, endsClause: endsClause, &scratch)
    }

    /// A token whose spelling is fixed.
    mutating func fixed(_ spelling: StaticString, _ kind: TokenKind, _ scratch: inout TextScratch) {
        begin(scratch)
        spelling.withUTF8Buffer { bytes in
            for byte in bytes { put(byte, &scratch) }
        }
        finish(kind, &scratch)
    }

    /// Counts marks.
    func tally(_ byte: UInt8, by count: Int, _ scratch: inout TextScratch) {
        if byte == 0x21 { scratch.counts.exclamations += Int32(truncatingIfNeeded: count) }
        if byte == 0x3F { scratch.counts.questions += Int32(truncatingIfNeeded: count) }
    }

    /// Whether a mark ends the reach of a negation.
    static func endsClause(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x2C, 0x2E, 0x3A, 0x3B, 0x3F: true
        default: false
        }
    }
}

/// What a byte is to ``TextReader``.
enum ByteClass: UInt8 {
    case letter, digit, space, sign, high

    @inline(__always)
    static func of(_ byte: UInt8) -> ByteClass {
        if (byte | 0x20) &- 0x61 < 26 { return .letter }
        if byte >= 0x80 { return .high }
        if byte <= 0x20 || byte == 0x7F { return .space }
        return byte &- 0x30 < 10 ? .digit : .sign
    }
}

/// 64 bits that stand for a spelling. Models store parts of them, so it never changes but with the model format.
struct TokenHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Takes one more byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    /// The hash of what was taken (FNV-1a, then the avalanche of SplitMix64).
    @inline(__always)
    var value: UInt64 { Self.mix(state) }

    /// Spreads all bits over all bits.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// The hash of a whole spelling.
    static func of(_ spelling: some Sequence<UInt8>) -> UInt64 {
        var hash = TokenHash()
        for byte in spelling { hash.append(byte) }
        return hash.value
    }
}
