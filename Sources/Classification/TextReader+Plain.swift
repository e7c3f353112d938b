/// Eight bytes of a text at a time, the first in the lowest bits.
enum EightBytes {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highs: UInt64 = 0x8080_8080_8080_8080
    static let cases: UInt64 = 0x2020_2020_2020_2020

    /// The high bit of each byte that is not an ASCII letter; the low bits of all are 0.
    @inline(__always)
    static func others(than lower: UInt64, of eight: UInt64) -> UInt64 {
        // No byte carries into the next: both summands are below 0x80.
        let low = lower & ~highs
        let fromA = low &+ ones &* (0x80 - 0x61)
        let beyondZ = low &+ ones &* (0x80 - 0x7B)
        return (~fromA | beyondZ | eight) & highs
    }

    /// Not 0 where a byte is 0.
    @inline(__always)
    static func zeros(_ eight: UInt64) -> UInt64 { (eight &- ones) & ~eight & highs }

    /// The bytes of `text` from `index` on, with zeros after its end. The text has eight bytes or more.
    @inline(__always)
    static func load(_ text: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        let last = text.count &- 8
        if index <= last { return UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self)) }
        let end = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: last, as: UInt64.self))
        return index >= text.count ? 0 : end &>> UInt64((index &- last) &* 8)
    }
}

extension TextReader {
    /// What ``plain(_:_:)`` has come to.
    private struct Progress {
        var index: Int
        var written: Int
        var tokens: Int
    }

    /// Reads plain words, spaces and simple marks from `index` on, up to what needs more care: by far the most of a
    /// text. It makes the same tokens as ``word(_:inHashtag:digits:_:)`` and the others, eight letters at a time.
    mutating func plain(_ text: Span<UInt8>, _ scratch: inout TextScratch) {
        guard text.count >= 8 else { return }
        // Of a byte comes a byte of spelling and one token at most, but for handles, of two bytes or more, which give
        // five; eight bytes are written where one is meant.
        reserve(3 * (text.count - index) + 8, &scratch)
        let tokens = min(text.count - index, Self.tokenLimit) + scratch.tokenCount
        if scratch.slots.count < tokens { scratch.reserve(tokens: tokens) }
        var progress = Progress(index: index, written: scratch.written, tokens: scratch.tokenCount)
        let sides = text.withUnsafeBytes { text in
            list.tags.withUnsafeBufferPointer { tags in
                list.entries.withUnsafeBufferPointer { entries in
                    Self.plain(text, &scratch.spelling, &scratch.slots, &scratch.counts, tags, entries, &progress)
                }
            }
        }
        scratch.sides &+= sides
        index = progress.index
        scratch.written = progress.written
        scratch.tokenCount = progress.tokens
    }

    @inline(__always)
    private static func plain(
        _ text: UnsafeRawBufferPointer,
        _ spelling: inout [UInt8],
        _ slots: inout [Token],
        _ counts: inout TextCounts,
        _ tags: UnsafeBufferPointer<UInt8>,
        _ entries: UnsafeBufferPointer<WordList.Entry>,
        _ progress: inout Progress
    ) -> UInt64 {
        spelling.withUnsafeMutableBytes { spelling in
            slots.withUnsafeMutableBufferPointer { slots in
                plain(text, spelling, slots, &counts, tags, entries, &progress)
            }
        }
    }

    /// Says what the words add to ``TextScratch/sides``. `spelling` and `slots` have the room that ``plain(_:_:)`` has
    /// made.
    @inline(__always)
    private static func plain(
        _ text: UnsafeRawBufferPointer,
        _ spelling: UnsafeMutableRawBufferPointer,
        _ slots: UnsafeMutableBufferPointer<Token>,
        _ counts: inout TextCounts,
        _ tags: UnsafeBufferPointer<UInt8>,
        _ entries: UnsafeBufferPointer<WordList.Entry>,
        _ progress: inout Progress
    ) -> UInt64 {
        var index = progress.index
        var written = progress.written
        var tokens = progress.tokens
        var words: Int32 = 0
        var allLetters = 0
        var sides: UInt64 = 0
        let count = text.count
        scan: while index < count, tokens < tokenLimit {
            let first = text[index]
            if first <= 0x20 {
                index &+= 1
                continue
            }
            if (first | 0x20) &- 0x61 >= 26 {
                let mark = sign(text, index, spelling, written, slots, tokens, &counts, tags, entries)
                if mark.length == 0 { break scan }
                tokens &+= 1
                written &+= mark.length
                index = mark.end
                continue
            }
            // A word.
            var hash = TokenHash()
            var at = index
            var end = written
            var letters = 0
            var smalls: UInt64 = 0
            // The two letters before, the later one above.
            var before: UInt64 = 0
            var apostrophe = false
            while true {
                let eight = EightBytes.load(text, at)
                let lower = eight | EightBytes.cases
                let others = EightBytes.others(than: lower, of: eight)
                let bits = others == 0 ? 64 : UInt64(others.trailingZeroBitCount &- 7)
                let mask = others == 0 ? UInt64.max : (others & (0 &- others)) &>> 7 &- 1
                // A third letter of a kind in a row is left out; elsewhere.
                let thrice = (lower ^ (lower &<< 8 | before &>> 8)) | (lower ^ (lower &<< 16 | before))
                if EightBytes.zeros(thrice) & mask != 0 { break scan }
                spelling.storeBytes(of: lower.littleEndian, toByteOffset: end, as: UInt64.self)
                var rest = lower
                let length = Int(truncatingIfNeeded: bits &>> 3)
                var left = length
                while left > 0 {
                    hash.append(UInt8(truncatingIfNeeded: rest))
                    rest &>>= 8
                    left &-= 1
                }
                smalls |= eight & EightBytes.cases & mask
                letters &+= length
                at &+= length
                end &+= length
                if length == 8 {
                    before = lower &>> 48
                    continue
                }
                let stop = at < count ? text[at] : 0
                if stop >= 0x80 || stop &- 0x30 < 10 { break scan }
                if stop == 0x27 {
                    let next = at &+ 1 < count ? text[at &+ 1] : 0
                    // Or "xD" before a quote.
                    if next >= 0x80 || (at &- index == 2 && first | 0x20 == 0x78) { break scan }
                    if (next | 0x20) &- 0x61 < 26 {
                        hash.append(0x27)
                        spelling[end] = 0x27
                        end &+= 1
                        at &+= 1
                        before = 0
                        apostrophe = true
                        continue
                    }
                }
                if !isPlainWord(text, index, at, stop) { break scan }
                break
            }
            let key = hash.value
            let word = WordList.find(key, tags, entries)
            var role = WordRole.none
            var phrases: Int16 = -1
            if word >= 0 {
                phrases = entries[Int(word)].phrases
                role = entries[Int(word)].role
                sides &+= entries[Int(word)].side.share
            }
            let contracted =
                apostrophe && end &- written > 3 && spelling[end &- 1] == 0x74 && spelling[end &- 2] == 0x27
                && spelling[end &- 3] == 0x6E
            slots[tokens] = Token(
                key: key,
                start: Int32(truncatingIfNeeded: written),
                length: Int32(truncatingIfNeeded: end &- written),
                kind: .word,
                endsClause: role == .contrast,
                negates: contracted || role == .negator,
                startsSentence: false,
                phrases: phrases
            )
            tokens &+= 1
            words &+= 1
            allLetters &+= letters
            if smalls == 0, letters >= 2 { counts.shouted &+= 1 }
            index = at
            written = end
        }
        counts.words &+= words
        counts.latinLetters &+= Int32(truncatingIfNeeded: allLetters)
        progress = Progress(index: index, written: written, tokens: tokens)
        return sides
    }

    /// One token that begins with neither a letter nor a space: a simple mark, a handle or a number. Says where it ends
    /// and how long its spelling is; 0 where it needs more care. Apart, so that words have the registers to themselves.
    @inline(never)
    private static func sign(
        _ text: UnsafeRawBufferPointer,
        _ start: Int,
        _ spelling: UnsafeMutableRawBufferPointer,
        _ written: Int,
        _ slots: UnsafeMutableBufferPointer<Token>,
        _ tokens: Int,
        _ counts: inout TextCounts,
        _ tags: UnsafeBufferPointer<UInt8>,
        _ entries: UnsafeBufferPointer<WordList.Entry>
    ) -> (end: Int, length: Int) {
        let count = text.count
        let first = text[start]
        var index = start
        let next = index &+ 1 < count ? text[index &+ 1] : 0
        var hash = TokenHash()
        var kind = TokenKind.mark
        var length = 1
        var endsClause = false
        if isPlainMark(first, next) {
            if first == 0x21 { counts.exclamations &+= 1 }
            if first == 0x3F { counts.questions &+= 1 }
            hash.append(first)
            spelling[written] = first
            endsClause = first == 0x21 || first == 0x2C || first == 0x2E || first == 0x3F
            index &+= 1
        } else if first == 0x40, isHandleByte(next), index == 0 || !isHandleByte(text[index &- 1]) {
            hash.append(0x40)
            hash.append(0x75)
            hash.append(0x73)
            hash.append(0x65)
            hash.append(0x72)
            spelling.storeBytes(of: UInt64(0x72_6573_7540).littleEndian, toByteOffset: written, as: UInt64.self)
            kind = .handle
            length = 5
            counts.handles &+= 1
            index &+= 2
            while index < count, isHandleByte(text[index]) { index &+= 1 }
        } else if first &- 0x30 < 10 {
            var at = index &+ 1
            while at < count, text[at] &- 0x30 < 10 { at &+= 1 }
            let stop = at < count ? text[at] : 0
            // "10am" is a word, and in 1,000 a comma is part of the number.
            if (stop | 0x20) &- 0x61 < 26 || stop == 0x2C || stop == 0x2E || stop == 0x3A { return (0, 0) }
            kind = .number
            length = min(at &- index, 6)
            for place in 0..<length {
                hash.append(0x30)
                spelling[written &+ place] = 0x30
            }
            counts.numbers &+= 1
            if at &- index >= 5 { counts.longNumbers &+= 1 }
            index = at
        } else {
            return (0, 0)
        }
        let key = hash.value
        let word = WordList.find(key, tags, entries)
        slots[tokens] = Token(
            key: key,
            start: Int32(truncatingIfNeeded: written),
            length: Int32(truncatingIfNeeded: length),
            kind: kind,
            endsClause: endsClause,
            negates: false,
            startsSentence: kind == .handle || (endsClause && first != 0x2C),
            phrases: word >= 0 ? entries[Int(word)].phrases : -1
        )
        return (index, length)
    }

    /// Whether a byte is a mark that stands for itself before this next byte: no run, and no part of an emoticon.
    @inline(__always)
    private static func isPlainMark(_ byte: UInt8, _ next: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x3F: next != 0x21 && next != 0x3F
        case 0x2D: next != 0x2D && next != 0x5F
        // " $ % & ' * + , . / > \ ` { | } ~
        case 0x22, 0x24...0x27, 0x2A...0x2C, 0x2E, 0x2F, 0x3E, 0x5C, 0x60, 0x7B...0x7E: next != byte
        default: false
        }
    }

    @inline(__always)
    private static func isHandleByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
    }

    /// Whether the letters from `start` to `end`, before the byte `stop`, begin neither a link nor an emoticon.
    @inline(__always)
    private static func isPlainWord(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ stop: UInt8) -> Bool {
        let first = text[start]
        if end &- start == 2, first | 0x20 == 0x78 { return false }  // xD
        switch stop {
        case 0x2E:  // www. t.co bit.ly pic.twitter.com
            if end &- start <= 3, first | 0x20 == 0x77 || first | 0x20 == 0x74 || first | 0x20 == 0x62 { return false }
            return end &- start != 3 || first | 0x20 != 0x70
        case 0x3A:  // http:
            return first | 0x20 != 0x68
        case 0x5F:  // T_T
            return first != 0x54
        default:
            return true
        }
    }
}
