import BrandMatching
import Testing

@Suite struct BrandMatcherTests {
    private func match(_ matcher: BrandMatcher, _ text: String, title: String? = nil) -> [Int32] {
        var scratch = MatchScratch()
        var found: [Int32] = []
        let bytes = Array(text.utf8)
        if let title {
            let titleBytes = Array(title.utf8)
            matcher.match(bytes.span, title: titleBytes.span, scratch: &scratch, into: &found)
        } else {
            matcher.match(bytes.span, title: nil, scratch: &scratch, into: &found)
        }
        return found
    }

    @Test(
        arguments: [
            ("Delta", "I fly delta.", true), ("Delta", "DELTA", true), ("Delta", "#delta rocks", true),
            ("Delta", "@Delta help", true), ("Delta", "delta's seats", true), ("Delta", "delta’s seats", true),
            ("Delta", "(delta)", true), ("Delta", "deltas", false), ("Delta", "adelta", false),
            ("Delta", "delta_air", false), ("Delta", "delta9", false), ("Delta", "déltа", false),
            ("Delta", "del\u{200B}ta", true), ("Delta", "", false), ("Delta", "del ta", false),
            ("AT&T", "my AT&T line", true), ("AT&T", "at & t", false), ("AT&T", "at t", false),
            ("AT&T", "AT&TX", false),
            ("Yahoo!", "yahoo! mail", true), ("Yahoo!", "yahoo mail", false), ("Yahoo!", "yahoo!x", false),
            ("Yahoo!", "(yahoo!)", true), ("C++", "c++", true), ("C++", "c++11", false), (".NET", "asp.net", false),
            (".NET", "use .net", true), ("7-Eleven", "7-ELEVEN open", true), ("McDonald's", "McDonald’s", true),
            ("Delta Air Lines", "delta  air\n\tlines", true), ("Delta Air Lines", "delta\u{A0}air\u{3000}lines", true),
            ("Delta Air Lines", "delta air", false), ("Delta Air Lines", "delta air liness", false),
            ("Delta Air Lines", "delta-air lines", false), ("  Delta  ", "delta", true),
            ("Müller", "MÜLLER milk", true), ("ΣΊΣΥΦΟΣ", "σίσυφος", true), ("Сбербанк", "СБЕРБАНК онлайн", true),
            ("東京", "私は東京が好き", true), ("東京", "東 京", false), ("ソニー", "ソニー製品", true),
            ("Sony", "Sony製", true), ("삼성", "삼성은 좋다", true), ("任天堂 Switch", "任天堂  switch!", true),
            ("ทรู", "ใช้ทรูมูฟ", true), ("🍎", "an 🍎 a day", true), ("O2", "o2 down", true), ("O2", "co2", false),
        ] as [(String, String, Bool)]
    )
    func wholeWords(term: String, text: String, expected: Bool) {
        let matcher = BrandMatcher([BrandDefinition(number: 7, name: term)], version: 1)
        #expect(match(matcher, text) == (expected ? [7] : []))
    }

    @Test(arguments: [
        ("@deltaAssist hi", true), ("hi @DELTAASSIST!", true), ("deltaassist", false), ("@deltaassist2", false),
        ("a@deltaassist", false), ("a @ deltaassist", false), ("＠deltaassist", true), (".@deltaassist", true),
        ("見て@deltaassist", true),
    ])
    func handles(text: String, expected: Bool) {
        for handle in ["DeltaAssist", "@deltaassist"] {
            let brand = BrandDefinition(number: 1, name: "\u{200B}", handles: [handle, "", "@"])
            #expect(match(BrandMatcher([brand], version: 1), text) == (expected ? [1] : []))
        }
    }

    @Test func overlappingTermsAllCountAndVetoesAreLocal() {
        let matcher = BrandMatcher(
            [
                BrandDefinition(number: 30, name: "Delta"),
                BrandDefinition(
                    number: 10,
                    name: "Delta Air Lines",
                    aliases: ["Air"],
                    ownAccounts: ["delta", "x:air"]
                ),
                BrandDefinition(number: 20, name: "Air Lines", excluded: ["delta force", "東"]),
                BrandDefinition(number: -5, name: "Lines Inc", aliases: ["delta"], excluded: ["delta"]),
                BrandDefinition(number: 20, name: "Wings"),
                BrandDefinition(number: 40, name: "", aliases: [" ", "\n"], handles: [""], excluded: [""]),
            ],
            version: 42
        )
        #expect(matcher.version == 42)
        #expect(match(matcher, "delta air lines inc") == [10, 20, 30])
        #expect(match(matcher, "delta air lines, delta force, wings") == [10, 30])
        #expect(match(matcher, "air lines 東") == [10])
        #expect(match(matcher, "wings wings wings") == [20])
        #expect(match(matcher, "lines inc") == [-5])
        #expect(match(matcher, "lines inc", title: "Delta") == [30])
        #expect(match(matcher, "lines", title: "air") == [10])
        #expect(match(matcher, "nothing") == [])
        #expect(match(BrandMatcher([], version: 0), "delta") == [])
    }

    @Test func resultsAreAppendedAndScratchIsReused() {
        let matcher = BrandMatcher(
            [BrandDefinition(number: 1, name: "a"), BrandDefinition(number: 2, name: "b")],
            version: 1
        )
        let larger = BrandMatcher((0..<50).map { BrandDefinition(number: $0, name: "w\($0)") }, version: 2)
        var scratch = MatchScratch()
        var found: [Int32] = [99]
        for text in ["a b", "b", "c"] {
            matcher.match(Array(text.utf8).span, title: nil, scratch: &scratch, into: &found)
        }
        larger.match(Array("w49 w7 a".utf8).span, title: nil, scratch: &scratch, into: &found)
        matcher.match(Array("w49 w7 a".utf8).span, title: nil, scratch: &scratch, into: &found)
        #expect(found == [99, 1, 2, 2, 7, 49, 1])
    }

    @Test func agreesWithTheNaiveReference() {
        var random = SeededGenerator(seed: 5)
        let alphabet = [
            "a", "b", "A", "B", "ab", " ", " ", "  ", "\n", "&", "@", "'", "’", "é", "É", "東", "京", "_", "1",
            "\u{200B}",
        ]
        func piece(_ range: ClosedRange<Int>) -> String {
            (0..<Int.random(in: range, using: &random))
                .map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }.joined()
        }
        var matches = 0
        for round in 0..<400 {
            let brands = (0..<Int.random(in: 1...30, using: &random)).map { index in
                BrandDefinition(
                    number: Int32(index * 3),
                    name: piece(0...4),
                    aliases: [piece(1...6)],
                    handles: round % 2 == 0 ? [piece(1...2)] : [],
                    excluded: index % 3 == 0 ? [piece(2...5)] : []
                )
            }
            let matcher = BrandMatcher(brands, version: 1)
            for _ in 0..<10 {
                let text = piece(0...25)
                let expected = NaiveMatcher.match(brands, text)
                matches += expected.count
                #expect(match(matcher, text) == expected, "\(text.debugDescription)")
            }
        }
        #expect(matches > 5000)
    }

    @Test func anyBytesAreTaken() {
        var random = SeededGenerator(seed: 9)
        let matcher = BrandMatcher(
            [BrandDefinition(number: 1, name: "a b"), BrandDefinition(number: 2, name: "\u{FFFD}", aliases: ["é"])],
            version: 1
        )
        var scratch = MatchScratch()
        var found: [Int32] = []
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            matcher.match(bytes.span, title: bytes.span, scratch: &scratch, into: &found)
        }
        found = []
        let longWord = [UInt8](repeating: 0x61, count: 100_000)
        matcher.match(longWord.span, title: nil, scratch: &scratch, into: &found)
        #expect(found.isEmpty)
    }

    @Test func tenThousandTermsStaySmallAndFindTheirOwn() {
        let brands = (0..<10_000).map { BrandDefinition(number: Int32($0), name: "brand\($0) number \($0 % 7)") }
        let matcher = BrandMatcher(brands, version: 1)
        #expect(matcher.memory < 4 << 20)
        for number in stride(from: 0, to: 10_000, by: 997) {
            #expect(match(matcher, "x brand\(number) number \(number % 7)!") == [Int32(number)])
        }
        let everything = brands.map(\.name).joined(separator: "; ")
        #expect(match(matcher, everything) == (0..<10_000).map { Int32($0) })
    }
}
