internal import Fingerprinting

extension TextReader {
    /// A word from `index` on, which must be at a letter. In a hashtag it ends where the next word's capital stands.
    mutating func word(_ text: Span<UInt8>, inHashtag: Bool, digits: Bool = false, _ scratch: inout TextScratch) {
        let count = text.count
        var last: UInt32 = 0
        var beforeLast: UInt32 = 0
        var capitals = 0
        var smalls = 0
        var stretched = false
        var previousByte: UInt8 = 0
        if !digits { begin(scratch) }
        while index < count {
            let byte = text[index]
            var letter: UInt32
            if byte < 0x80 {
                let lower = byte | 0x20
                if lower &- 0x61 < 26 {
                    if byte == lower {
                        smalls &+= 1
                    } else {
                        if inHashtag, startsNextWord(text, after: previousByte) { break }
                        capitals &+= 1
                    }
                    letter = UInt32(lower)
                } else if byte &- 0x30 < 10 {
                    if inHashtag { break }
                    letter = UInt32(byte)
                } else if byte == 0x27, !inHashtag, isLetter(text, at: index + 1) {
                    letter = 0x27
                } else {
                    break
                }
                index += 1
            } else {
                let decoded = ScalarDecoder.decode(text, at: index)
                if decoded.value == 0x2019 || decoded.value == 0x2BC {
                    guard !inHashtag, isLetter(text, at: index + decoded.length) else { break }
                    letter = 0x27
                } else {
                    let kind = ScalarClass.of(decoded.value)
                    guard kind == .word || kind == .ignorable || LetterFolding.isLetterlike(decoded.value) else {
                        break
                    }
                    letter = kind == .ignorable ? 0 : LetterFolding.fold(decoded.value)
                    if letter != 0 {
                        smalls &+= 1
                        countLetter(decoded.value, folded: letter, &scratch)
                    }
                }
                index += decoded.length
            }
            previousByte = byte
            if letter == 0 { continue }
            if letter == last, letter == beforeLast, letter >= 0x41 {
                stretched = true
                continue
            }
            beforeLast = last
            last = letter
            if letter < 0x80 {
                put(UInt8(truncatingIfNeeded: letter), &scratch)
            } else {
                put(scalar: letter, &scratch)
            }
        }
        // Of accents alone nothing is left.
        guard scratch.spelling.count > start else { return }
        scratch.counts.latinLetters &+= Int32(truncatingIfNeeded: capitals &+ smalls)
        scratch.counts.words &+= 1
        if capitals >= 2, smalls == 0 { scratch.counts.shouted &+= 1 }
        if stretched { scratch.counts.stretched &+= 1 }
        let key = hash.value
        let role = WordRole.of(key)
        let contracted = scratch.spelling.count - start > 3 && endsInNot(scratch.spelling)
        finish(.word, endsClause: role == .contrast, negates: contracted || role == .negator, &scratch)
    }

    /// A number from `index` on, which must be at a digit; with what letters stick to it ("10am"), a word.
    mutating func number(_ text: Span<UInt8>, inHashtag: Bool, _ scratch: inout TextScratch) {
        begin(scratch)
        var digits = 0
        while index < text.count {
            let byte = text[index]
            if byte &- 0x30 < 10 {
                digits += 1
                if digits <= 6 { put(0x30, &scratch) }
            } else if !inHashtag, byte == 0x2C || byte == 0x2E || byte == 0x3A, isDigit(text, at: index + 1) {
            } else {
                break
            }
            index += 1
        }
        scratch.counts.numbers += 1
        if digits >= 5 { scratch.counts.longNumbers += 1 }
        if !inHashtag, index < text.count, (text[index] | 0x20) &- 0x61 < 26 {
            word(text, inHashtag: false, digits: true, &scratch)
        } else {
            finish(.number, &scratch)
        }
    }

    /// A hashtag from its `#` on, then the words in it.
    mutating func hashtag(_ text: Span<UInt8>, _ scratch: inout TextScratch) {
        let first = index + 1
        var end = first
        begin(scratch)
        put(0x23, &scratch)
        while end < text.count {
            let byte = text[end]
            if byte < 0x80 {
                guard byte == 0x5F || ByteClass.of(byte) == .letter || byte &- 0x30 < 10 else { break }
                put(byte &- 0x41 < 26 ? byte | 0x20 : byte, &scratch)
                end += 1
            } else {
                let decoded = ScalarDecoder.decode(text, at: end)
                let kind = ScalarClass.of(decoded.value)
                guard kind == .word || kind == .unsegmented else { break }
                let letter = LetterFolding.fold(decoded.value)
                if letter != 0 { put(scalar: letter, &scratch) }
                end += decoded.length
            }
        }
        finish(.hashtag, &scratch)
        scratch.counts.hashtags += 1
        index = first
        while index < end {
            let byte = text[index]
            if byte &- 0x30 < 10 {
                number(text, inHashtag: true, &scratch)
            } else if byte < 0x80, byte != 0x5F {
                word(text, inHashtag: true, &scratch)
            } else if byte == 0x5F {
                index += 1
            } else {
                let decoded = ScalarDecoder.decode(text, at: index)
                if ScalarClass.of(decoded.value) == .word {
                    word(text, inHashtag: true, &scratch)
                } else {
                    scratch.counts.otherLetters += 1
                    index += decoded.length
                }
            }
        }
    }

    /// Whether the capital at `index` begins a word within a hashtag: after a small letter, or before one.
    private func startsNextWord(_ text: Span<UInt8>, after previous: UInt8) -> Bool {
        if previous &- 0x61 < 26 { return true }
        guard previous &- 0x41 < 26, index + 1 < text.count else { return false }
        return text[index + 1] &- 0x61 < 26
    }

    private func countLetter(_ scalar: UInt32, folded: UInt32, _ scratch: inout TextScratch) {
        if folded < 0x80 || ScalarClass.isLatin(scalar) {
            scratch.counts.latinLetters &+= 1
            if LetterFolding.isForeign(scalar) { scratch.counts.foreignLetters &+= 1 }
        } else {
            scratch.counts.otherLetters &+= 1
        }
        // The caller counts it among the small letters, which it adds to the Latin ones.
        scratch.counts.latinLetters &-= 1
    }

    private func endsInNot(_ spelling: [UInt8]) -> Bool {
        let count = spelling.count
        return spelling[count - 1] == 0x74 && spelling[count - 2] == 0x27 && spelling[count - 3] == 0x6E
    }

    /// Whether a letter stands at `index`.
    func isLetter(_ text: Span<UInt8>, at index: Int) -> Bool {
        guard index < text.count else { return false }
        let byte = text[index]
        if byte < 0x80 { return (byte | 0x20) &- 0x61 < 26 }
        return ScalarClass.of(ScalarDecoder.decode(text, at: index).value) == .word
    }

    /// Whether a digit stands at `index`.
    func isDigit(_ text: Span<UInt8>, at index: Int) -> Bool {
        index < text.count && text[index] &- 0x30 < 10
    }
}

/// Words that work on the words after them.
enum WordRole: UInt8 {
    case none, negator, contrast

    private static let table: [(key: UInt64, role: WordRole)] = {
        var slots = [(key: UInt64, role: WordRole)](repeating: (0, .none), count: 256)
        func insert(_ word: Substring, _ role: WordRole) {
            let key = TokenHash.of(word.utf8)
            var slot = Int(truncatingIfNeeded: key) & 255
            while slots[slot].role != .none { slot = (slot + 1) & 255 }
            slots[slot] = (key, role)
        }
        let negators = """
            not no never none nobody nothing neither nor cannot without hardly barely scarcely rarely seldom lacks lack \
            cant dont wont didnt doesnt isnt wasnt wouldnt couldnt shouldnt havent hasnt hadnt arent werent aint nope
            """
        for word in negators.split(separator: " ") { insert(word, .negator) }
        for word in "but however although though except".split(separator: " ") { insert(word, .contrast) }
        return slots
    }()

    /// The role of the word with this key.
    @inline(__always)
    static func of(_ key: UInt64) -> WordRole {
        var slot = Int(truncatingIfNeeded: key) & 255
        while table[slot].role != .none {
            if table[slot].key == key { return table[slot].role }
            slot = (slot + 1) & 255
        }
        return .none
    }
}
