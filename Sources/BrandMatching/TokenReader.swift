internal import Fingerprinting

/// A word or a sign of a text.
struct Token {
    enum Kind {
        /// A whole run of word characters.
        case word
        /// One scalar of a script without spaces: nothing bounds it.
        case unsegmented
        /// One punctuation mark, symbol or emoji.
        case sign
    }

    /// The folded bytes.
    var key: WordKey
    var kind: Kind
    /// Whether white space, or the text's beginning, stands before it.
    var followsSpace: Bool
}

/// Cuts a text into tokens, front to back, without memory of its own.
struct TokenReader {
    private var index = 0

    /// The next token; nil at the end of the text.
    mutating func next(in text: Span<UInt8>) -> Token? {
        var followsSpace = index == 0
        let count = text.count
        while index < count {
            let byte = text[index]
            if byte < 0x80 {
                if Self.foldedWordByte(byte) != 0 { return word(in: text, followsSpace: followsSpace) }
                index += 1
                if byte == 0x20 || byte &- 0x09 < 5 {
                    followsSpace = true
                    continue
                }
                return Self.token(UInt32(byte), .sign, followsSpace)
            }
            let decoded = ScalarDecoder.decode(text, at: index)
            switch ScalarClass.of(decoded.value) {
            case .word:
                return word(in: text, followsSpace: followsSpace)
            case .space:
                followsSpace = true
            case .ignorable:
                break
            case .unsegmented:
                index += decoded.length
                return Self.token(CaseFolding.fold(decoded.value), .unsegmented, followsSpace)
            case .other:
                index += decoded.length
                return Self.token(Self.plainSign(decoded.value), .sign, followsSpace)
            }
            index += decoded.length
        }
        return nil
    }

    private mutating func word(in text: Span<UInt8>, followsSpace: Bool) -> Token {
        var key = WordKey()
        let count = text.count
        // Eight bytes at a time: most words end within the first eight.
        while count &- index >= 8 {
            let bytes = text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let (folded, size) = Self.foldedWord(UInt64(littleEndian: bytes))
            if size > 0 { key.append(folded, size: size) }
            index &+= size
            if size == 8 { continue }
            // What ends it is ASCII and no letter, or something that only the slow way knows.
            guard text[index] < 0x80 else { break }
            key.finish()
            return Token(key: key, kind: .word, followsSpace: followsSpace)
        }
        while index < count {
            let byte = text[index]
            if byte < 0x80 {
                let folded = Self.foldedWordByte(byte)
                if folded == 0 { break }
                key.append(folded)
                index += 1
                continue
            }
            let decoded = ScalarDecoder.decode(text, at: index)
            let kind = ScalarClass.of(decoded.value)
            if kind == .word {
                key.append(scalar: CaseFolding.fold(decoded.value))
            } else if kind != .ignorable {
                break
            }
            index += decoded.length
        }
        key.finish()
        return Token(key: key, kind: .word, followsSpace: followsSpace)
    }

    private static func token(_ scalar: UInt32, _ kind: Token.Kind, _ followsSpace: Bool) -> Token {
        var key = WordKey()
        key.append(scalar: scalar)
        key.finish()
        return Token(key: key, kind: kind, followsSpace: followsSpace)
    }

    /// How many of eight bytes are ASCII letters, digits or `_` before the first that is none, and these folded: the
    /// first in the highest byte, all pushed to the low end.
    @inline(__always)
    private static func foldedWord(_ bytes: UInt64) -> (folded: UInt64, size: Int) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        let low = bytes & ~high
        let lower = low | ones &* 0x20
        // The high bit of each byte says it: no sum carries over, since no byte is above 0x7F.
        let letters = (lower &+ ones &* 0x1F) & ~(lower &+ ones &* 0x05) & high
        let digits = (low &+ ones &* 0x50) & ~(low &+ ones &* 0x46)
        let underscores = ~((low ^ ones &* 0x5F) &+ ones &* 0x7F)
        let ends = ~((letters | digits | underscores) & ~bytes) & high
        let size = ends == 0 ? 8 : ends.trailingZeroBitCount >> 3
        guard size > 0 else { return (0, 0) }
        let folded = (low | letters >> 2).byteSwapped
        return (folded >> UInt64(64 - 8 * size), size)
    }

    /// The folded byte of an ASCII letter, digit or `_`; 0 for any other byte.
    private static func foldedWordByte(_ byte: UInt8) -> UInt8 {
        let lower = byte | 0x20
        if lower &- 0x61 < 26 { return lower }
        return byte &- 0x30 < 10 || byte == 0x5F ? byte : 0
    }

    /// Typographic apostrophes are typed as plain ones: "McDonald’s" and "McDonald's" are one name. The full-width
    /// signs that CJK keyboards give for `@` and `#` likewise.
    private static func plainSign(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0x2018, 0x2019: 0x27
        case 0xFF03: 0x23
        case 0xFF20: 0x40
        default: scalar
        }
    }
}
