import Testing

@testable import Classification

/// The short way that plain words take must give what the long way gives.
@Suite struct QuickReaderTests {
    /// The first thing that differs between the two ways, or nil.
    private func difference(_ bytes: [UInt8], _ quick: inout TextScratch, _ long: inout TextScratch) -> String? {
        TextReader.read(bytes.span, into: &quick)
        TextReader.read(bytes.span, into: &long, isQuick: false)
        if quick.tokens.count != long.tokens.count { return "tokens: \(quick.tokens.count), \(long.tokens.count)" }
        for (one, other) in zip(quick.tokens, long.tokens) {
            if one != other { return "\(one), \(other)" }
            if quick.spelling(of: one) != long.spelling(of: other) { return quick.spelling(of: one) }
        }
        if quick.counts != long.counts { return "\(quick.counts), \(long.counts)" }
        return quick.sides == long.sides ? nil : "sides"
    }

    @Test(
        arguments: [
            "plain words, and more of them.", "I don't, can't and won't; it's 'so' it isn't n't",
            "soooo coooool aaa AAA",
            "eightlet eightlette eightletters sixteenletterabc seventeenletterab",
            "eightleee eightllle aaaaaaaaaaaaaaaaaaaa",
            "xD XD xd xD's xD. xDs TxD T_T T_ T.T",
            "http://a.b https://c HTTP: http www.x www. t.co/x t.c bit.ly/a pic.twitter.com/x",
            "@user @a_b a@b @ @@ @_ x@ @é", "1 12 123456 1234567 1,000 1, 1. 10am 8:30 8: 1é",
            "! !! !? ? ?? . .. ... , ,, - -- -_- \" \"\" ' ''",
            "café au lait naïve ñandú", "a b c d e f g h", "last", "wordatend eightlet", "rock'n'roll 'em o'é o'1",
            "tab\tnew\nline\u{7F}end",
            "#tag #TagOfWords #tag_2 #", "$5 50% a/b a&b a*b a+b a>b a\\\\b a`b {a} a|b ~a", "HELLO WORLD Hi A I",
        ]
    )
    func samples(text: String) {
        var quick = TextScratch()
        var long = TextScratch()
        for text in [text, text + " ", text + " é", "é " + text] {
            #expect(difference(Array(text.utf8), &quick, &long) == nil, "\(text)")
        }
    }

    @Test func anyBytes() {
        var random = SeededGenerator(seed: 11)
        let pieces: [[UInt8]] =
            [
                "word ", "don't ", "Not", "BUT ", "the ", "les ", "soo", "ooo", "x", "D", "T", "_", "'", "@", "#",
                "http:", "www",
                ".", "1", "000000", ",", "!", "?", "-", "\"", ":", "(", ")", "eightlet", "é", "’", "😂", " ", "  ", "\t",
            ]
            .map { Array($0.utf8) } + [[0x80], [0xFF], [0xE2, 0x80], [0]]
        var quick = TextScratch()
        var long = TextScratch()
        var wrong: [String] = []
        for _ in 0..<6_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...16, using: &random) {
                bytes +=
                    Int.random(in: 0..<4, using: &random) > 0
                    ? pieces[Int.random(in: 0..<pieces.count, using: &random)]
                    : [UInt8.random(in: 0...255, using: &random)]
            }
            if let found = difference(bytes, &quick, &long) { wrong.append("\(bytes): \(found)") }
        }
        #expect(wrong.isEmpty, "\(wrong.first ?? "")")
    }

    @Test func longTexts() {
        var quick = TextScratch()
        var long = TextScratch()
        for piece in ["a b ", "ab, ", "@u #a1b2 ", "é word "] {
            let bytes = Array(String(repeating: piece, count: 20_000).utf8)
            #expect(difference(bytes, &quick, &long) == nil)
        }
    }
}
