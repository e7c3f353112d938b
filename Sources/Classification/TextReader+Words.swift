internal import Fingerprinting

extension TextReader {
    /// A word from `index` on, which must be at a letter. In a hashtag it ends where the next word's capital stands.
    mutating func word(_ text: Span<UInt8>, inHashtag: Bool, digits: Bool = false, _ scratch: inout TextScratch) {
        if !digits { begin(scratch) }
        let count = text.count
        // A letter is written in as many bytes as it was read from, or in four at most instead of two.
        reserve(2 * (count - index) + 4, &scratch)
        var last: UInt32 = 0
        var beforeLast: UInt32 = 0
        var capitals = 0
        var smalls = 0
        var stretched = false
        var previousByte: UInt8 = 0
        var index = index
        var hash = hash
        var written = scratch.written
        var foreign: Int32 = 0
        var others: Int32 = 0
        // Taken out, so that it is written in place.
        var spelling: [UInt8] = []
        swap(&spelling, &scratch.spelling)
        var output = spelling.mutableSpan
        // Plain letters, by far the most, go through few instructions.
        let first = index
        while index < count {
            let byte = text[index]
            let lower = byte | 0x20
            guard lower &- 0x61 < 26 else { break }
            let isSmall = Int(byte >> 5 & 1)
            if inHashtag, isSmall == 0, index > first { break }
            previousByte = byte
            smalls &+= isSmall
            capitals &+= 1 &- isSmall
            index &+= 1
            let letter = UInt32(lower)
            if letter == last, letter == beforeLast {
                stretched = true
                continue
            }
            beforeLast = last
            last = letter
            hash.append(lower)
            output[written] = lower
            written &+= 1
        }
        while index < count {
            let byte = text[index]
            var letter: UInt32
            if byte < 0x80 {
                let lower = byte | 0x20
                if lower &- 0x61 < 26 {
                    if byte == lower {
                        smalls &+= 1
                    } else {
                        if inHashtag, startsNextWord(text, at: index, after: previousByte) { break }
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
                index &+= 1
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
                        if letter >= 0x80, !ScalarClass.isLatin(decoded.value) {
                            others &+= 1
                        } else if LetterFolding.isForeign(decoded.value) {
                            foreign &+= 1
                        }
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
                let byte = UInt8(truncatingIfNeeded: letter)
                hash.append(byte)
                output[written] = byte
                written &+= 1
            } else if let scalar = Unicode.Scalar(letter) {
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    hash.append(byte)
                    output[written] = byte
                    written &+= 1
                }
            }
        }
        let length = written - start
        let contracted =
            length > 3 && output[written - 1] == 0x74 && output[written - 2] == 0x27 && output[written - 3] == 0x6E
        swap(&spelling, &scratch.spelling)
        self.index = index
        self.hash = hash
        scratch.counts.foreignLetters &+= foreign
        scratch.counts.otherLetters &+= others
        // Of accents alone nothing is left.
        guard length > 0 else { return }
        scratch.written = written
        scratch.counts.latinLetters &+= Int32(truncatingIfNeeded: capitals &+ smalls) &- others
        scratch.counts.words &+= 1
        if capitals >= 2, smalls == 0 { scratch.counts.shouted &+= 1 }
        if stretched { scratch.counts.stretched &+= 1 }
        finish(.word, negates: contracted, &scratch)
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
        reserve(text.count - end, &scratch)
        scratch.written = scratch.spelling.withUnsafeMutableBufferPointer { spelling in
            var written = scratch.written
            while end < text.count {
                let byte = text[end]
                guard (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F else { break }
                let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
                hash.append(lower)
                spelling[written] = lower
                written &+= 1
                end &+= 1
            }
            return written
        }
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
    private func startsNextWord(_ text: Span<UInt8>, at index: Int, after previous: UInt8) -> Bool {
        if previous &- 0x61 < 26 { return true }
        guard previous &- 0x41 < 26, index + 1 < text.count else { return false }
        return text[index + 1] &- 0x61 < 26
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
