import Classification
import Testing

/// Golden vectors of normalisation: a change of any means that models must be trained anew.
@Suite struct TextReaderTests {
    private func tokens(_ text: String) -> [String] {
        var scratch = TextScratch()
        Tokeniser.read(Array(text.utf8).span, into: &scratch)
        return scratch.tokens.map { scratch.spelling(of: $0) }
    }

    private func counts(_ text: String) -> TextCounts {
        var scratch = TextScratch()
        Tokeniser.read(Array(text.utf8).span, into: &scratch)
        return scratch.counts
    }

    @Test(
        arguments: [
            ("", ""), ("   \n\t ", ""),
            ("Hello World", "hello world"),
            ("it’s don't ROCK'N'ROLL 'quoted'", "it's don't rock'n'roll ' quoted '"),
            ("soooo gooood nooo", "soo good noo"), ("aaa AAA aAa", "aa aa aa"),
            ("Café CAFÉ cafe\u{301} naïve", "cafe cafe cafe naive"),
            ("ｆｕｌｌ ＷＩＤＴＨ！", "full width !"), ("𝐛𝐨𝐥𝐝 𝒮𝒶𝓁𝑒 𝟗", "bold sale 9"),
            ("@Some_One hi @x", "@user hi @user"), ("mail me@example.com", "mail me @ example . com"),
            ("see https://t.co/a?b=1 or WWW.X.ORG, ok", "see <url> or <url> ok"),
            ("pic.twitter.com/abc t.co/xyz bit.ly/1", "<url> <url> <url>"),
            ("#iPhoneX #throwbackThursday #LOL", "#iphonex i phone x #throwbackthursday throwback thursday #lol lol"),
            ("#snake_case #2020Vision # no", "#snake_case snake case #2020vision 0000 vision # no"),
            ("&lt;3 &amp; &#39;tis &#x2764; &quot;hi&quot; &bogus;", "<3 & ' tis ❤ \" hi \" & bogus ;"),
            (#"line\nnext \"q\" it\u2019s"#, "line next \" q \" it's"),
            (":-) ;) :D =( :'( :/ xD <3 </3 ^_^ -_- T_T", ":) ;) :d :( :'( :/ xd <3 </3 ^^ -_- :'("),
            ("(: ) http://x:8", ":) ) <url>"), ("at 8:30 on 12.5.2011", "at 000 on 000000"),
            ("$3.39 10am 3rd gr8 09066364311", "$ 000 00am 0rd gr8 000000"),
            ("no!!! what?!? ok... yes… hm.. ----", "no !! what !? ok ... yes ... hm ... --"),
            ("😂😂 👍🏽 ❤️ 🇬🇧", "😂 😂 👍 ❤ 🇬 🇧"), ("great👍day", "great 👍 day"),
            ("“smart” – ‘quotes’", "\" smart \" - ' quotes '"), ("東京 is ok", "東 京 is ok"),
            ("zero\u{200B}width soft\u{AD}hyphen", "zerowidth softhyphen"), ("snake_case", "snake case"),
        ] as [(String, String)]
    )
    func golden(text: String, expected: String) {
        #expect(tokens(text).joined(separator: " ") == expected)
    }

    @Test func countsWhatIsNotAToken() {
        let counted = counts("WOW this is SOOO good!! Really?? 12345 http://a.b #x @y ñ 東")
        #expect(counted.shouted == 2)
        #expect(counted.stretched == 1)
        #expect(counted.exclamations == 2)
        #expect(counted.questions == 2)
        #expect(counted.longNumbers == 1)
        #expect(counted.links == 1)
        #expect(counted.hashtags == 1)
        #expect(counted.handles == 1)
        #expect(counted.foreignLetters == 1)
        #expect(counted.otherLetters == 1)
    }

    @Test func negationIsMarked() {
        var scratch = TextScratch()
        Tokeniser.read(Array("I don't like it, but never mind".utf8).span, into: &scratch)
        let negating = scratch.tokens.filter(\.negates).map { scratch.spelling(of: $0) }
        #expect(negating == ["don't", "never"])
        #expect(scratch.tokens.filter(\.endsClause).map { scratch.spelling(of: $0) } == [",", "but"])
    }

    @Test func resultsDoNotDependOnWhatWasReadBefore() {
        var used = TextScratch()
        Tokeniser.read(Array(String(repeating: "long &amp; longer ", count: 900).utf8).span, into: &used)
        Tokeniser.read(Array("short text".utf8).span, into: &used)
        var fresh = TextScratch()
        Tokeniser.read(Array("short text".utf8).span, into: &fresh)
        #expect(used.tokens == fresh.tokens)
        #expect(used.tokens.map { used.spelling(of: $0) } == fresh.tokens.map { fresh.spelling(of: $0) })
        #expect(used.counts == fresh.counts)
    }

    @Test func anyBytesAreTaken() {
        var random = SeededGenerator(seed: 5)
        let pieces: [[UInt8]] =
            [
                "&#", "&#x", ";", "\\u", "\\", "#", "@", ":", ":'", "=", "(", "<", "</", "^", "_", "T_", "x", "D", "'",
                "’",
            ]
            .map { Array($0.utf8) } + [[0x80], [0xFF], [0xE2, 0x80], [0xF0, 0x9F], [0]]
        var scratch = TextScratch()
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...14, using: &random) {
                bytes +=
                    Bool.random(using: &random)
                    ? pieces[Int.random(in: 0..<pieces.count, using: &random)]
                    : [UInt8.random(in: 0...255, using: &random)]
            }
            Tokeniser.read(bytes.span, into: &scratch)
            for token in scratch.tokens {
                #expect(token.length > 0)
                #expect(Int(token.start + token.length) <= scratch.spelling.count)
            }
        }
    }

    @Test func longTextsAreReadFromTheirBeginning() {
        var scratch = TextScratch()
        Tokeniser.read(Array(String(repeating: "a b ", count: 100_000).utf8).span, into: &scratch)
        #expect(scratch.tokens.count == 4096)
    }
}
