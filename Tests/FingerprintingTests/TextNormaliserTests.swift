import Testing

@testable import Fingerprinting

@Suite struct TextNormaliserTests {
    private func normalised(_ text: [UInt8], isQuick: Bool) -> [UInt8] {
        var buffer: [UInt8] = []
        let count = TextNormaliser.normalise(text.span, buffer: &buffer, isQuick: isQuick)
        return Array(buffer[..<count])
    }

    /// Eight bytes at a time must make no difference, wherever in the eight something stands.
    @Test func eightAtATimeIsTheSameAsOneByOne() {
        var generator = SeededGenerator(seed: 31)
        let pieces = [
            "a", "Z", "w", "www.", "WWW.x", ".", "@", "@bob", ":", "/", "://", "http://x.y/z", "https://t.co/a", " ",
            "  ",
            "\t", "\n", "0", "9", "[", "`", "{", "\u{7F}", "\u{0}", "\u{8}", "\u{E}", "RT @a:", "via @b", "mt ",
            "t.co/q",
            "é", "Ж", "日", "\u{A0}", "\u{200B}", "\u{AD}", "😡", "pic.twitter.com/k", "plain words of some length",
            "AND LOUD ONES",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }
            #expect(normalised(text, isQuick: true) == normalised(text, isQuick: false))
        }
    }

    @Test func anyBytesAreTheSameEitherWay() {
        var generator = SeededGenerator(seed: 32)
        for _ in 0..<20_000 {
            let least = UInt8.random(in: 0...0x60, using: &generator)
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: least...max(least, .random(in: 0x20...0xFF, using: &generator)), using: &generator)
            }
            #expect(normalised(text, isQuick: true) == normalised(text, isQuick: false))
        }
    }

    @Test func bytesOfAWordMayComeTogether() {
        var generator = SeededGenerator(seed: 33)
        for _ in 0..<2_000 {
            let word = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                UInt8.random(in: 1...0x7F, using: &generator)
            }
            var single = WordKey()
            for byte in word { single.append(byte) }
            single.finish()
            var joint = WordKey()
            var index = 0
            while index < word.count {
                let size = min(Int.random(in: 1...8, using: &generator), word.count - index)
                joint.append(word[index..<index + size].reduce(0) { $0 << 8 | UInt64($1) }, size: size)
                index += size
            }
            joint.finish()
            #expect(single == joint && single.mixed() == joint.mixed())
        }
    }
}
