internal import Fingerprinting

/// Walks over a text once: finds words, emoji, emoticons and clause ends, and counts letters by script.
struct FeelingReader {
    /// Letters of the Latin script.
    private(set) var latinLetters = 0
    /// Letters of any other script.
    private(set) var otherLetters = 0

    private var index = 0

    /// Reads all of `text`, which is read by no other call.
    mutating func read(_ text: Span<UInt8>, lexicon: Lexicon, into sum: inout FeelingSum) {
        let count = text.count
        while index < count {
            let byte = text[index]
            if byte < 0x80 {
                if Self.isWordByte(byte) {
                    if isLink(text) {
                        skipLink(text)
                    } else {
                        word(text, lexicon, &sum)
                    }
                } else {
                    sign(byte, text, &sum)
                }
                continue
            }
            let decoded = ScalarDecoder.decode(text, at: index)
            switch ScalarClass.of(decoded.value) {
            case .word:
                word(text, lexicon, &sum)
                continue
            case .unsegmented:
                otherLetters += 1
            case .other:
                var key = WordKey()
                key.append(scalar: decoded.value)
                key.finish()
                if let entry = lexicon.entry(for: key) {
                    sum.sign(valence: Int(entry.valence))
                }
            case .space, .ignorable:
                break
            }
            index += decoded.length
        }
    }

    private mutating func word(_ text: Span<UInt8>, _ lexicon: Lexicon, _ sum: inout FeelingSum) {
        var key = WordKey()
        var tail: UInt32 = 0
        let count = text.count
        while index < count {
            let byte = text[index]
            if byte < 0x80 {
                var folded = byte
                let lower = byte | 0x20
                if lower &- 0x61 < 26 {
                    folded = lower
                    latinLetters += 1
                } else if byte == 0x27 {
                    guard isLetter(text, at: index + 1) else { break }
                } else if !Self.isWordByte(byte) {
                    break
                }
                key.append(folded)
                tail = tail << 8 | UInt32(folded)
                index += 1
                continue
            }
            let decoded = ScalarDecoder.decode(text, at: index)
            if decoded.value == 0x2019 && isLetter(text, at: index + decoded.length) {
                key.append(0x27)
                tail = tail << 8 | 0x27
                index += decoded.length
                continue
            }
            let kind = ScalarClass.of(decoded.value)
            guard kind == .word || kind == .ignorable else { break }
            if kind == .word {
                key.append(scalar: CaseFolding.fold(decoded.value))
                tail = 0
                if ScalarClass.isLatin(decoded.value) {
                    latinLetters += 1
                } else if !(0x300...0x36F).contains(decoded.value) {
                    otherLetters += 1
                }
            }
            index += decoded.length
        }
        key.finish()
        if tail & 0xFF_FFFF == 0x6E_2774 {  // Ends in "n't".
            sum.negate()
        } else if let entry = lexicon.entry(for: key) {
            sum.word(entry)
        } else {
            sum.word()
        }
    }

    /// One ASCII byte that is no part of a word; steps over it and what belongs to it.
    private mutating func sign(_ byte: UInt8, _ text: Span<UInt8>, _ sum: inout FeelingSum) {
        switch byte {
        case 0x40:  // A handle, up to its end.
            index += 1
            while index < text.count, Self.isWordByte(text[index]) { index += 1 }
        case 0x21:
            sum.exclamation()
            index += 1
        case 0x3A, 0x3B, 0x3D:  // : ; =
            if !emoticon(text, &sum) {
                sum.endClause()
                index += 1
            }
        case 0x3C where index + 1 < text.count && text[index + 1] == 0x33:  // <3
            sum.sign(valence: 3)
            index += 2
        case 0x2C, 0x2E, 0x3F, 0x0A, 0x28, 0x29:
            sum.endClause()
            index += 1
        default:
            index += 1
        }
    }

    /// `:)`, `:-)`, `;)`, `=D`, `:(` and the like.
    private mutating func emoticon(_ text: Span<UInt8>, _ sum: inout FeelingSum) -> Bool {
        var mouth = index + 1
        if mouth < text.count, text[mouth] == 0x2D { mouth += 1 }
        guard mouth < text.count else { return false }
        switch text[mouth] {
        case 0x29: sum.sign(valence: 2)  // )
        case 0x44 where !isLetter(text, at: mouth + 1): sum.sign(valence: 3)  // D
        case 0x28: sum.sign(valence: -2)  // (
        default: return false
        }
        index = mouth + 1
        return true
    }

    private func isLetter(_ text: Span<UInt8>, at index: Int) -> Bool {
        index < text.count && (text[index] | 0x20) &- 0x61 < 26
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
    }

    // MARK: - Links

    private func isLink(_ text: Span<UInt8>) -> Bool {
        switch text[index] {
        case 0x48, 0x68: matches("http://", text) || matches("https://", text)
        case 0x57, 0x77: matches("www.", text)
        default: false
        }
    }

    private func matches(_ lowerCased: StaticString, _ text: Span<UInt8>) -> Bool {
        guard lowerCased.utf8CodeUnitCount <= text.count - index else { return false }
        return lowerCased.withUTF8Buffer { bytes in
            for offset in bytes.indices {
                let byte = text[index + offset]
                let folded = byte &- 0x41 < 26 ? byte | 0x20 : byte
                if folded != bytes[offset] { return false }
            }
            return true
        }
    }

    /// Up to white space or a byte that isn't ASCII.
    private mutating func skipLink(_ text: Span<UInt8>) {
        while index < text.count, text[index] > 0x20, text[index] < 0x80 { index += 1 }
    }
}
