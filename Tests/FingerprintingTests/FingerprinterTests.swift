import Fingerprinting
import Testing

@Suite struct FingerprinterTests {
    private func normalised(_ text: String) -> String {
        var fingerprinter = Fingerprinter()
        var output: [UInt8] = []
        fingerprinter.normalise(Array(text.utf8).span, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: [
        ("Hello  World", "hello world"),
        ("  a \t\r\n\u{A0}\u{3000}b  ", "a b"),
        ("ÀÉÎ ŽŁ ΑΒΣς ЖЯЁ Ấ", "àéî žł αβσσ жяё ấ"),
        ("İ ſ ẞ Straße", "i s ß straße"),
        ("de\u{200B}l\u{200D}ta\u{FE0F} \u{FEFF}\u{AD}x", "delta x"),
        ("@United my bag is lost", "my bag is lost"),
        ("thanks @a_B9, and @c!", "thanks , and !"),
        ("mail me: bob@example.com", "mail me: bob@example.com"),
        ("hi @user@mastodon.social. Yes", "hi . yes"),
        ("hi @name.bsky.social yes", "hi yes"),
        ("awful @delta.Thanks", "awful .thanks"),
        ("a @ b", "a @ b"),
        ("see https://x.com/A?b=c#d now", "see now"),
        ("see HTTP://X.com", "see"),
        ("see www.x.com/y, t.co/Abc pic.twitter.com/Zz ok", "see ok"),
        ("nothttp://x", "nothttp://x"),
        ("http://t.co/aすごい", "すごい"),
        ("RT @Bob: great", "great"),
        ("rt @bob great", "great"),
        ("RT @a: RT @b: great", "great"),
        ("so true MT @bob: great", "so true great"),
        ("great via @bob", "great"),
        ("RT: great", "great"),
        ("start rt: great", "start rt: great"),
        ("art @bob great", "art great"),
        ("Mt Everest", "mt everest"),
        ("via Rome", "via rome"),
        ("@bob", ""), ("http://a.b", ""), ("", ""), (" \n ", ""),
    ])
    func normalises(text: String, expected: String) {
        #expect(normalised(text) == expected)
    }

    @Test func hashesArePinned() {
        var fingerprinter = Fingerprinter()
        func text(_ text: String) -> UInt64 { fingerprinter.textHash(Array(text.utf8).span) }
        func key(_ text: String) -> UInt64 { fingerprinter.sketchKey(Array(text.utf8).span) }
        // Stored with every mention: a change here makes all stored hashes useless.
        let sample = "RT @Bob: The FLIGHT to Zürich was delayed again 😡 https://t.co/x ありがとう"
        #expect(text(sample) == 15_935_114_263_197_060_552)
        #expect(text("@bob") == 11_566_817_954_746_434_918)
        #expect(text("") == 15_397_730_242_686_860_875)
        #expect(key(sample) == 14_694_216_268_723_685_802)
        #expect(key("battery") == 9_543_002_469_258_517_321)
        #expect(key("東京タワー") == 6_389_053_265_812_262_193)
    }

    @Test func hashAndNormalisedTextComeTogether() {
        var fingerprinter = Fingerprinter()
        for text in ["RT @Bob: The FLIGHT", "@bob", "", "plain"] {
            let bytes = Array(text.utf8)
            var both: [UInt8] = [1, 2, 3]
            var alone: [UInt8] = []
            let hash = fingerprinter.textHash(bytes.span, normalised: &both)
            fingerprinter.normalise(bytes.span, into: &alone)
            #expect(hash == fingerprinter.textHash(bytes.span))
            #expect(both == alone)
        }
    }

    @Test func textsOfWhichNothingIsLeftStayApart() {
        var fingerprinter = Fingerprinter()
        let links = ["https://t.co/a", "https://t.co/b", "@a", "@b", "", "a"].map {
            fingerprinter.textHash(Array($0.utf8).span)
        }
        #expect(Set(links).count == links.count)
        #expect(fingerprinter.textHash(Array(" @a\n".utf8).span) == links[2])
    }

    @Test func changesThatDoNotMatterKeepHashAndKey() {
        var random = SeededGenerator(seed: 7)
        var fingerprinter = Fingerprinter()
        for _ in 0..<500 {
            let words = (0..<Int.random(in: 1...20, using: &random)).map { _ in random.word() }
            let plain = words.joined(separator: " ")
            var other = ""
            for word in words {
                switch Int.random(in: 0..<6, using: &random) {
                case 0: other += " https://t.co/a\(random.next())"
                case 1: other += " @handle\(Int.random(in: 0..<100, using: &random)):"
                case 2: other += "\u{200B} \t"
                case 3: other += " RT @x:"
                default: break
                }
                other += " \n" + (Bool.random(using: &random) ? word.uppercased() : word)
            }
            other += " via @someone "
            let left = Array(plain.utf8)
            let right = Array(other.utf8)
            #expect(fingerprinter.textHash(left.span) == fingerprinter.textHash(right.span))
            #expect(fingerprinter.sketchKey(left.span) == fingerprinter.sketchKey(right.span))
            let changed = Array((plain + "x").utf8)
            #expect(fingerprinter.textHash(left.span) != fingerprinter.textHash(changed.span))
        }
    }

    @Test func anyBytesAreNormalisedOnceAndForAll() {
        var random = SeededGenerator(seed: 11)
        var fingerprinter = Fingerprinter()
        let pieces: [[UInt8]] =
            [
                "@", "rt", "RT ", "mt:", "via ", ":", "http://", "https://", "www.", "t.co/", "a", "B", " ", "\u{A0}",
                "\u{200B}", ".", ".bsky.social", "é", "İ", "ẞ", "東", "😀", "/", "_", "\n", "\u{FE0F}",
            ].map { Array($0.utf8) } + [[0x80], [0xFF], [0xE2, 0x82], [0xF0], [0x00]]
        for _ in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...14, using: &random) {
                bytes += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            var once: [UInt8] = []
            var twice: [UInt8] = []
            fingerprinter.normalise(bytes.span, into: &once)
            fingerprinter.normalise(once.span, into: &twice)
            #expect(once == twice, "\(bytes)")
            #expect(once.count <= bytes.count)
            var fresh = Fingerprinter()
            #expect(fresh.textHash(bytes.span) == fingerprinter.textHash(bytes.span))
            #expect(fresh.sketchKey(bytes.span) == fingerprinter.sketchKey(bytes.span))
        }
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = fingerprinter.textHash(bytes.span)
            _ = fingerprinter.sketchKey(bytes.span)
        }
    }

    @Test func nearCopiesMostlyMeetAndPartitionsStayEven() {
        var random = SeededGenerator(seed: 3)
        var fingerprinter = Fingerprinter()
        let vocabulary = ZipfVocabulary(count: 5000, generator: &random)
        var load = [Int](repeating: 0, count: 64)
        var met = 0
        let texts = 4000
        for _ in 0..<texts {
            var words = (0..<12).map { _ in vocabulary.pick(&random) }
            let before = Array(words.joined(separator: " ").utf8)
            let partition = fingerprinter.sketchKey(before.span) % 64
            load[Int(partition)] += 1
            words[Int.random(in: 0..<words.count, using: &random)] = vocabulary.pick(&random)
            let after = Array(words.joined(separator: " ").utf8)
            if fingerprinter.sketchKey(after.span) % 64 == partition { met += 1 }
        }
        #expect(met > texts * 60 / 100)
        // Even: 62 expected in each.
        #expect((load.max() ?? 0) < 62 * 3)
        #expect((load.min() ?? 0) > 62 / 3)
    }

    @Test func orderOfWordsDoesNotMoveACopy() {
        var fingerprinter = Fingerprinter()
        let left = Array("battery drains overnight since update".utf8)
        let right = Array("since update, battery drains overnight!".utf8)
        #expect(fingerprinter.sketchKey(left.span) == fingerprinter.sketchKey(right.span))
        #expect(fingerprinter.textHash(left.span) != fingerprinter.textHash(right.span))
    }
}
