import Synthesis

/// Damages bytes in the ways in which readers break.
struct Mutator {
    /// Words of the format.
    let dictionary: [[UInt8]]
    /// Another input of the same kind, to splice with; may be empty.
    let other: [UInt8]
    /// Inserts and writes no byte that is not UTF-8 by itself.
    let keepsText: Bool

    /// No input is longer.
    static let longest = 1_100_000

    /// What text and binary readers get wrong, whatever the format. Behind the text come overlong forms of NUL and slash,
    /// surrogates as UTF-8, what is above U+10FFFF, a lead byte alone, a tail alone.
    private static let hostile: [[UInt8]] =
        hostileText + [
            [0x80], [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xB0, 0x80], [0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC3], [0xF0, 0x9F],
        ]

    /// The part of it that is UTF-8.
    private static let hostileText: [[UInt8]] = [
        [0x00], [0x7F], [0x0D], [0x0A], [0x0D, 0x0A], [0x22], [0x5C],
        // U+FEFF, U+202E, U+0085, U+2028, U+FFFF, U+10FFFF, a family of emoji with joiners.
        [0xEF, 0xBB, 0xBF], [0xE2, 0x80, 0xAE], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xEF, 0xBF, 0xBF],
        [0xF4, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x91, 0xA8, 0xE2, 0x80, 0x8D, 0xF0, 0x9F, 0x91, 0xA7],
        Array("\\u0000".utf8), Array("\\ud800".utf8), Array("\\udc00".utf8), Array("\\ud83d\\ude00".utf8),
        Array("\\u12".utf8), Array("null".utf8), Array("true".utf8), Array("{}".utf8), Array("[]".utf8),
    ]

    /// Numbers at the edges of types, and far beyond.
    private static let numbers = [
        "0", "-0", "-1", "127", "128", "255", "256", "32767", "32768", "65535", "65536", "2147483647", "2147483648",
        "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "18446744073709551616", "1e308", "1e309", "-1e999999999", "1E+9999999999999999999", "0.1", "00", "1.", ".5",
        "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "0x7f", "+1", "NaN", "Infinity", "1e-400", "12.000", "1.2e1",
    ].map { Array($0.utf8) }

    private static let words: [UInt32] = [
        0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFE, 0xFFFF_FFFF, 0x3FFF_FFFF, 0x4000_0000,
    ]

    /// Damages `bytes` one to six times; how often.
    func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) -> Int {
        let times = 1 + min(random.below(6), random.below(6))
        for _ in 0..<times { damageOnce(&bytes, &random) }
        if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        return times
    }

    private func damageOnce(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        var place = random.below(bytes.count + 1)
        if keepsText {
            while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
        }
        let isASCII = place < bytes.count && bytes[place] < 0x80
        switch random.below(32) {
        case 0...3 where isASCII || !keepsText && !bytes.isEmpty:
            bytes[place % bytes.count] ^= 1 << UInt8(random.below(keepsText ? 7 : 8))
        case 4...5 where isASCII || !keepsText && !bytes.isEmpty:
            bytes[place % bytes.count] = UInt8(random.below(keepsText ? 128 : 256))
        case 6...8: bytes.insert(contentsOf: pick(dictionary, &random), at: place)
        case 9...11: bytes.insert(contentsOf: pick(keepsText ? Self.hostileText : Self.hostile, &random), at: place)
        case 12...13: replaceNumber(&bytes, place, &random)
        case 14: bytes.insert(contentsOf: pick(Self.numbers, &random), at: place)
        case 15...16 where !keepsText: overwriteWord(&bytes, place, &random)
        case 17...18: bytes.removeSubrange(range(bytes, place, &random))
        case 19: bytes.removeLast(bytes.count - place)
        case 20...21:
            let copied = Array(bytes[range(bytes, place, &random)])
            var target = random.below(bytes.count + 1)
            while keepsText, target < bytes.count, bytes[target] & 0xC0 == 0x80 { target += 1 }
            bytes.insert(contentsOf: copied, at: target)
        case 22 where !keepsText: bytes.removeFirst(min(bytes.count, random.below(8)))
        case 23...24 where !other.isEmpty:
            bytes = Array(bytes[..<place]) + other[random.below(other.count)...]
        case 25 where !keepsText: overwrite(&bytes, place, with: pick(Self.hostile, &random))
        case 26: nest(&bytes, place, &random)
        case 27 where random.below(16) == 0: pad(&bytes, place, &random)
        case 28 where !keepsText && !bytes.isEmpty:
            let other = random.below(bytes.count)
            bytes.swapAt(place % bytes.count, other)
        case 29 where isASCII || !keepsText && !bytes.isEmpty:
            bytes[place % bytes.count] = bytes[place % bytes.count] &+ (random.below(2) == 0 ? 1 : 255)
        default:
            let count = 1 + random.below(4)
            bytes.insert(contentsOf: (0..<count).map { _ in UInt8(random.below(keepsText ? 128 : 256)) }, at: place)
        }
    }

    private func pick(_ list: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
        list.isEmpty ? [0] : list[random.below(list.count)]
    }

    /// Mostly short.
    private func range(_ bytes: [UInt8], _ place: Int, _ random: inout SeededRandom) -> Range<Int> {
        let longest = random.below(8) == 0 ? bytes.count : 16
        var end = min(bytes.count, place + 1 + random.below(longest))
        while keepsText, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return place..<end
    }

    /// The run of digits at or behind a place becomes another number.
    private func replaceNumber(_ bytes: inout [UInt8], _ place: Int, _ random: inout SeededRandom) {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: pick(Self.numbers, &random))
    }

    /// Two or four bytes in either order, as lengths and counts are written.
    private func overwriteWord(_ bytes: inout [UInt8], _ place: Int, _ random: inout SeededRandom) {
        let word = Self.words[random.below(Self.words.count)]
        var new = [
            UInt8(truncatingIfNeeded: word >> 24), UInt8(truncatingIfNeeded: word >> 16),
            UInt8(truncatingIfNeeded: word >> 8), UInt8(truncatingIfNeeded: word),
        ]
        if random.below(2) == 0 { new.removeFirst(2) }
        if random.below(4) == 0 { new.reverse() }
        overwrite(&bytes, place, with: new)
    }

    private func overwrite(_ bytes: inout [UInt8], _ place: Int, with new: [UInt8]) {
        bytes.replaceSubrange(place..<min(bytes.count, place + new.count), with: new)
    }

    /// Opens brackets, as deep as a limit that somebody may have set, or far deeper; sometimes closes them.
    private func nest(_ bytes: inout [UInt8], _ place: Int, _ random: inout SeededRandom) {
        let pairs: [([UInt8], [UInt8])] = [
            ([0x5B], [0x5D]), (Array("{\"a\":".utf8), [0x7D]), (Array("[{\"b\":".utf8), Array("}]".utf8)),
            (Array("first(".utf8), [0x29]), ([0x22], [0x22]), ([0x28], [0x29]),
        ]
        let (open, close) = pairs[random.below(pairs.count)]
        let depths = [1, 2, 8, 31, 32, 33, 61, 62, 63, 64, 65, 66, 200, 1000, 40_000]
        // The deepest are long: rare, so that a run stays quick.
        let depth = depths[random.below(random.below(8) == 0 ? depths.count : depths.count - 2)]
        var nested: [UInt8] = []
        for _ in 0..<depth { nested += open }
        nested.append(0x31)
        if random.below(4) > 0 { for _ in 0..<depth { nested += close } }
        bytes.insert(contentsOf: nested, at: place)
    }

    /// Repeats a stretch until the whole has a size at which buffers end.
    private func pad(_ bytes: inout [UInt8], _ place: Int, _ random: inout SeededRandom) {
        let sizes = [255, 256, 257, 1024, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 1_048_575, 1_048_576, 1_048_577]
        let size = sizes[random.below(random.below(4) == 0 ? sizes.count : 10)]
        guard size > bytes.count else { return }
        var filling = Array(bytes[range(bytes, place, &random)])
        if filling.isEmpty || random.below(3) == 0 { filling = [UInt8(random.below(2) == 0 ? 0x61 : 0x20)] }
        let missing = size - bytes.count
        var padding: [UInt8] = []
        padding.reserveCapacity(missing + filling.count)
        while padding.count < missing { padding += filling }
        padding.removeLast(padding.count - missing)
        bytes.insert(contentsOf: padding, at: place)
    }
}
