import Synthesis

extension SeededRandom {
    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }

    /// One of a list, which must not be empty.
    mutating func pick<Value>(_ list: [Value]) -> Value { list[below(list.count)] }

    /// A value, or in half of the cases none.
    mutating func maybe<Value>(_ make: (inout SeededRandom) -> Value) -> Value? {
        below(2) == 0 ? make(&self) : nil
    }

    /// A number of any size, small ones as likely as great ones.
    mutating func magnitude() -> Int64 { Int64(truncatingIfNeeded: next() >> UInt64(1 + below(63))) }

    /// Where to cut `count` bytes: often one piece, sometimes single bytes, never more than a few hundred pieces.
    mutating func pieces(of count: Int) -> [Range<Int>] {
        let least = count / 200 + 1
        let size = pick([count, count, least, least + below(64), least + below(4096), least + 65_536])
        guard count > 0, size > 0 else { return count > 0 ? [0..<count] : [] }
        return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
    }
}

/// Strings as people and programs write them, and as nobody should.
enum TextGrammar {
    private static let alphabet: [Unicode.Scalar] = [
        "a", "e", "o", "t", "Z", "7", " ", " ", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{1f}", "\u{7f}", "\u{85}",
        "\u{a0}", "\u{e9}", "e", "\u{301}", "\u{7ff}", "\u{800}", "\u{200d}", "\u{2028}", "\u{202e}", "\u{fe0f}",
        "\u{feff}", "\u{fffd}", "\u{ffff}", "\u{1f600}", "\u{1f3fd}", "\u{1f1e8}", "\u{10ffff}", "-", "_", "'", "&",
        "<", "@", "#", ".", ",", "\u{130}", "\u{df}", "\u{3a3}", "\u{ac00}", "\u{4e2d}",
    ]
    private static let words = [
        "good", "not", "bad", "terrible", "love", "Acme", "ACME Inc", "kettle", "the", "RT", "@acme", "#acme",
        "https://t.co/a1b2", "so", "very", ":)", ":-(", "don't", "&amp;", "&lt;3", "\u{2026}", "great!!!", "WTF",
        "\u{2764}\u{fe0f}", "\u{43f}\u{440}\u{438}", "\u{6700}\u{9ad8}",
    ]

    /// Scalars of the alphabet above.
    static func scalars(_ length: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<(length.lowerBound + random.below(length.count)) { text.append(random.pick(alphabet)) }
        return String(text)
    }

    /// Words with spaces between them.
    static func words(_ count: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
        var text = ""
        for index in 0..<(count.lowerBound + random.below(count.count)) {
            if index > 0 { text += " " }
            text += random.pick(words)
        }
        return text
    }

    /// Letters and digits.
    static func name(_ length: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
        return String((0..<(length.lowerBound + random.below(length.count))).map { _ in random.pick(letters) })
    }
}
