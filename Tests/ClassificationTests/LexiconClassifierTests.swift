import Classification
import MentionModel
import Testing

@Suite struct LexiconClassifierTests {
    private let classifier = LexiconClassifier()

    private func verdict(_ text: String, language: String? = nil) -> Verdict {
        let bytes = Array(text.utf8)
        guard let language else { return classifier.classify(bytes.span, language: nil) }
        let tag = Array(language.utf8)
        return classifier.classify(bytes.span, language: tag.span)
    }

    @Test(
        arguments: [
            ("I love this phone", .positive), ("LOVE IT", .positive), ("great service, thank you!", .positive),
            ("terrible flight", .negative), ("the app crashes all the time", .negative),
            ("it is a phone", .neutral), ("", .neutral), ("!!!", .neutral), ("12345", .neutral),
            ("not good", .negative), ("not a very good phone", .negative), ("I don't love it", .negative),
            ("I don’t love it", .negative), ("dont love it", .negative), ("never happy", .negative),
            ("not bad", .neutral), ("no problem", .neutral), ("not at all how I like it. Great", .positive),
            ("not here, great", .positive), ("not one two three four great", .positive),
            ("great but awful", .negative), ("awful but great", .positive),
            ("😡", .negative), ("😍", .positive), ("❤️", .positive), ("👍🏽", .positive), ("not 😍", .positive),
            ("thanks for nothing :(", .neutral), ("see you :)", .positive), ("ok :-(", .neutral),
            ("pizza <3", .positive),
            ("@love_awful hello", .neutral), ("hello http://great.example/love", .neutral),
            ("hello WWW.awesome.com", .neutral), ("#awful", .negative), ("love_it", .neutral),
            ("ok", .neutral), ("really good", .positive), ("slightly slow", .neutral),
            ("Müller is great", .positive), ("naïve 東京 great", .positive),
        ] as [(String, Sentiment)]
    )
    func table(text: String, expected: Sentiment) {
        #expect(verdict(text).sentiment == expected, "\(verdict(text).sentimentScore)")
        #expect(verdict(text).intents == [])
    }

    @Test func scoresArePinned() {
        #expect(classifier.modelVersion == "lexicon-1")
        #expect(verdict("good").sentimentScore == 2857)  // 24 / (24 + 60)
        #expect(verdict("very good").sentimentScore == 3478)  // 32 / 92
        #expect(verdict("slightly good").sentimentScore == 2105)  // 16 / 76
        #expect(verdict("not good").sentimentScore == -2307)  // -18 / 78
        #expect(verdict("bad").sentimentScore == -2857)
        #expect(verdict("not bad").sentimentScore == 1666)  // 12 / 72
        #expect(verdict("good!").sentimentScore == 3181)  // 28 / 88
        #expect(verdict("good!!!!!!!!").sentimentScore == 3750)  // 36 / 96
        #expect(verdict("good bad").sentimentScore == 0)
        #expect(verdict("good but bad").sentimentScore == -1666)  // (12 - 24) / 72
    }

    @Test(
        arguments: [
            ("Ich liebe es", "de"), ("great", "fr"), ("great", "es-MX"), ("great", "und"), ("great", "enm"),
            ("great", "e"),
            ("great", "ja"), ("とても良い", nil), ("отличный телефон", nil), ("رائع جدا", nil), ("ok отличный", nil),
            ("@averylonghandle 素晴らしい https://example.com/abcdefghijk", nil), ("좋아요 great", "ko"),
            ("สวัสดีครับ", nil),
        ] as [(String, String?)]
    )
    func whatItCannotReadItDoesNotGuess(text: String, language: String?) {
        #expect(verdict(text, language: language) == .unreadable)
    }

    @Test(arguments: ["en", "EN", "en-GB", "en_US", "En-Latn-US", ""])
    func readsEnglishTags(language: String) {
        #expect(verdict("great", language: language).sentiment == .positive)
    }

    @Test func scoreStaysInRangeAndSymmetricForLongTexts() {
        let good = String(repeating: "love ", count: 20_000)
        let bad = String(repeating: "murder ", count: 20_000)
        #expect(verdict(good).sentimentScore > 9_000)
        #expect(verdict(bad).sentimentScore == -verdict(good).sentimentScore)
    }

    @Test func anyBytesAreTakenAndGiveOneVerdict() {
        var random = SeededGenerator(seed: 21)
        let pieces: [[UInt8]] =
            [
                "love", "n't", "'", "’", "@", "http://", "www.", ":", ":)", ":-", "<", "<3", "!", "é", "東", "😍", " ",
                "\u{FE0F}",
            ]
            .map { Array($0.utf8) } + [[0x80], [0xFF], [0xE2, 0x80], [0xF0, 0x9F], [0]]
        for _ in 0..<4000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                bytes +=
                    Bool.random(using: &random)
                    ? pieces[Int.random(in: 0..<pieces.count, using: &random)]
                    : [UInt8.random(in: 0...255, using: &random)]
            }
            let verdict = classifier.classify(bytes.span, language: nil)
            #expect(verdict == LexiconClassifier().classify(bytes.span, language: nil))
            #expect((-10_000...10_000).contains(verdict.sentimentScore))
            _ = classifier.classify(bytes.span, language: bytes.span)
        }
    }
}
