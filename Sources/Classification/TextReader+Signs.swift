extension TextReader {
    /// One ASCII byte that is neither letter, digit nor space, and what belongs to it.
    mutating func sign(_ byte: UInt8, _ text: Span<UInt8>, _ scratch: inout TextScratch) {
        switch byte {
        case 0x40:  // @
            let attached = index > 0 && isHandleByte(text, at: index - 1)
            index += 1
            guard !attached, isHandleByte(text, at: index) else {
                single(0x40, .mark, &scratch)
                return
            }
            while isHandleByte(text, at: index) { index += 1 }
            scratch.counts.handles += 1
            fixed("@user", .handle, &scratch)
        case 0x23 where isTagByte(text, at: index + 1):  // #
            hashtag(text, &scratch)
        case 0x21, 0x3F:
            exclamation(byte, text, &scratch)
        case 0x2E:
            dots(text, &scratch)
        case 0x5F:  // An underscore between words.
            index += 1
        default:
            if !emoticon(byte, text, &scratch) { mark(byte, text, &scratch) }
        }
    }

    /// `!`, `!!` (or more), `!?`, `?`, `??`.
    private mutating func exclamation(_ byte: UInt8, _ text: Span<UInt8>, _ scratch: inout TextScratch) {
        var marks = 0
        var questions = 0
        while index < text.count, text[index] == 0x21 || text[index] == 0x3F {
            marks += 1
            questions += text[index] == 0x3F ? 1 : 0
            index += 1
        }
        tally(0x21, by: marks - questions, &scratch)
        tally(0x3F, by: questions, &scratch)
        begin(scratch)
        if questions > 0, questions < marks {
            put(0x21, &scratch)
            put(0x3F, &scratch)
        } else {
            put(byte, &scratch)
            if marks > 1 { put(byte, &scratch) }
        }
        finish(.mark, endsClause: true, &scratch)
    }

    /// `.`, or `...` for two or more.
    private mutating func dots(_ text: Span<UInt8>, _ scratch: inout TextScratch) {
        let first = index
        while index < text.count, text[index] == 0x2E { index += 1 }
        begin(scratch)
        put(0x2E, &scratch)
        if index - first > 1 {
            put(0x2E, &scratch)
            put(0x2E, &scratch)
        }
        finish(.mark, endsClause: true, &scratch)
    }

    /// Any other mark; two of it for a run.
    private mutating func mark(_ byte: UInt8, _ text: Span<UInt8>, _ scratch: inout TextScratch) {
        let first = index
        while index < text.count, text[index] == byte { index += 1 }
        begin(scratch)
        put(byte, &scratch)
        if index - first > 1 { put(byte, &scratch) }
        finish(.mark, endsClause: Self.endsClause(byte), &scratch)
    }

    // MARK: - Emoticons

    /// An emoticon that begins with a sign.
    private mutating func emoticon(_ byte: UInt8, _ text: Span<UInt8>, _ scratch: inout TextScratch) -> Bool {
        switch byte {
        case 0x3A, 0x3B, 0x3D:  // : ; =
            return face(byte, text, &scratch)
        case 0x3C:  // <3 </3
            if matches("3", text, at: index + 1), !isDigit(text, at: index + 2) {
                index += 2
                fixed("<3", .emoticon, &scratch)
                return true
            }
            guard matches("/3", text, at: index + 1), !isDigit(text, at: index + 3) else { return false }
            index += 3
            fixed("</3", .emoticon, &scratch)
            return true
        case 0x28, 0x29, 0x5B, 0x5D:  // (: and the like, read from the right
            var eyes = index + 1
            if eyes < text.count, text[eyes] == 0x2D || text[eyes] == 0x27 { eyes += 1 }
            guard eyes < text.count, text[eyes] == 0x3A || text[eyes] == 0x3B || text[eyes] == 0x3D else {
                return false
            }
            // ":(" right after a bracket belongs to the next face: "(:(" is rare, "(:" is not.
            guard eyes + 1 >= text.count || text[eyes + 1] != 0x29 && text[eyes + 1] != 0x28 else { return false }
            index = eyes + 1
            if byte == 0x28 || byte == 0x5B {
                fixed(":)", .emoticon, &scratch)
            } else {
                fixed(":(", .emoticon, &scratch)
            }
            return true
        case 0x5E:  // ^_^ ^^
            if matches("_^", text, at: index + 1) {
                index += 3
            } else if matches("^", text, at: index + 1) {
                index += 2
            } else {
                return false
            }
            fixed("^^", .emoticon, &scratch)
            return true
        case 0x2D where matches("_-", text, at: index + 1):  // -_-
            index += 3
            fixed("-_-", .emoticon, &scratch)
            return true
        default:
            return false
        }
    }

    /// Eyes, perhaps a tear or a nose, a mouth. The eyes `=` count as `:`, and a tear is kept.
    private mutating func face(_ eyes: UInt8, _ text: Span<UInt8>, _ scratch: inout TextScratch) -> Bool {
        var at = index + 1
        var tear = false
        if at < text.count {
            switch text[at] {
            case 0x27: (tear, at) = (true, at + 1)
            case 0x2D, 0x5E, 0x6F, 0x2A:  // - ^ o *
                if at + 1 < text.count, isMouth(text[at + 1]) { at += 1 }
            default: break
            }
        }
        guard at < text.count else { return false }
        var mouth = text[at]
        switch mouth {
        case 0x44, 0x70, 0x50, 0x33, 0x6F, 0x4F, 0x73, 0x53, 0x78, 0x58, 0x64:  // D p P 3 o O s S x X d
            guard !isTagByte(text, at: at + 1) else { return false }
            mouth |= 0x20
        case 0x5D, 0x7D: mouth = 0x29
        case 0x5B, 0x7B: mouth = 0x28
        case 0x5C: mouth = 0x2F
        case 0x2F where at + 1 < text.count && text[at + 1] == 0x2F: return false
        case 0x28, 0x29, 0x2A, 0x2F, 0x40, 0x7C: break
        default: return false
        }
        index = at + 1
        while index < text.count, text[index] == text[at] { index += 1 }
        begin(scratch)
        put(eyes == 0x3D ? 0x3A : eyes, &scratch)
        if tear { put(0x27, &scratch) }
        put(mouth, &scratch)
        finish(.emoticon, &scratch)
        return true
    }

    private func isMouth(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x28, 0x29, 0x5B, 0x5D, 0x7B, 0x7D, 0x2F, 0x5C, 0x7C, 0x44, 0x70, 0x50: true
        default: false
        }
    }

    /// `xD`, `XD`, `T_T`, which begin with a letter; only at the start of a word.
    mutating func letterEmoticon(_ text: Span<UInt8>, _ scratch: inout TextScratch) -> Bool {
        let byte = text[index]
        if byte == 0x58 || byte == 0x78, matches("D", text, at: index + 1), !isTagByte(text, at: index + 2) {
            index += 2
            fixed("xd", .emoticon, &scratch)
            return true
        }
        guard byte == 0x54, matches("_T", text, at: index + 1), !isTagByte(text, at: index + 3) else { return false }
        index += 3
        fixed(":'(", .emoticon, &scratch)
        return true
    }

    // MARK: - Links

    /// A link from `index` on, which must be at a letter; false where there is none.
    mutating func link(_ text: Span<UInt8>, _ scratch: inout TextScratch) -> Bool {
        let found =
            switch text[index] | 0x20 {
            case 0x68: matches("http://", text, at: index) || matches("https://", text, at: index)
            case 0x77: matches("www.", text, at: index)
            case 0x70: matches("pic.twitter.com/", text, at: index)
            case 0x74: matches("t.co/", text, at: index)
            case 0x62: matches("bit.ly/", text, at: index)
            default: false
            }
        guard found else { return false }
        while index < text.count, text[index] > 0x20 { index += 1 }
        scratch.counts.links += 1
        fixed("<url>", .link, &scratch)
        return true
    }

    /// Whether `word`, in small letters, stands at `index`, in whatever case.
    func matches(_ word: StaticString, _ text: Span<UInt8>, at index: Int) -> Bool {
        guard word.utf8CodeUnitCount <= text.count - index else { return false }
        return word.withUTF8Buffer { bytes in
            for offset in bytes.indices {
                let byte = text[index + offset]
                let folded = byte &- 0x41 < 26 && bytes[offset] >= 0x61 ? byte | 0x20 : byte
                if folded != bytes[offset] { return false }
            }
            return true
        }
    }

    private func isHandleByte(_ text: Span<UInt8>, at index: Int) -> Bool {
        guard index < text.count else { return false }
        let byte = text[index]
        return (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
    }

    /// A byte that a hashtag or word may go on with.
    private func isTagByte(_ text: Span<UInt8>, at index: Int) -> Bool {
        index < text.count && (isHandleByte(text, at: index) || isLetter(text, at: index))
    }
}
