import Classification
import MentionModel
import Testing

@Suite struct TrainedClassifierTests {
    private let classifier = TrainedClassifier(model: SmallModel.model)

    private func verdict(_ text: String, language: String? = nil) -> Verdict {
        let bytes = Array(text.utf8)
        guard let language else { return classifier.classify(bytes.span, language: nil) }
        let tag = Array(language.utf8)
        return classifier.classify(bytes.span, language: tag.span)
    }

    private func reading(_ text: String) -> Reading {
        var scratch = ClassifierScratch()
        return classifier.reading(of: Array(text.utf8).span, scratch: &scratch)
    }

    @Test func sumsBecomeSentiment() {
        #expect(verdict("good").sentiment == .positive)
        #expect(verdict("bad").sentiment == .negative)
        #expect(verdict("table").sentiment == .neutral)
        #expect(verdict("good").sentimentScore > 9_000)
        #expect(verdict("bad").sentimentScore < -9_000)
        #expect(verdict("good").emotion == .joy)
        #expect(verdict("bad").emotion == .anger)
        #expect(verdict("table").emotion == nil)
    }

    @Test func pinnedNumbers() {
        // "good" alone: 100/16 = 6.25, halved by √n for four tokens.
        #expect(reading("good").logits[2] == 25_600)
        #expect(reading("good a b c").logits[2] == 12_800)
        // 10,000 / (1 + exp(2 - 127/16))
        #expect(reading("free").probability(.spam, 1) == 9_974)
        #expect(reading("table").probability(.spam, 1) == 1_192)
    }

    @Test func calibrationIsApplied() {
        var model = SmallModel.model
        model.calibration.slopes[Head.spam.index] = 2_048
        model.calibration.offsets[18] = 4_096
        model.calibration.decisions[18] = -6 * 4_096
        model.calibration.slopes[Head.sentiment.index] = 409
        var scratch = ClassifierScratch()
        let classifier = TrainedClassifier(model: model)
        let spam = classifier.reading(of: Array("free".utf8).span, scratch: &scratch)
        // 10,000 / (1 + exp(-(5.9375 / 2 + 1))); the label is decided by 5.9375 - 6.
        #expect((9_813...9_815).contains(spam.probability(.spam, 1)))
        #expect(spam.label(.spam) == 0)
        let good = classifier.reading(of: Array("good".utf8).span, scratch: &scratch)
        // Sums of -3.125, 0 and 6.25, a tenth each.
        #expect(abs(Int(good.probability(.sentiment, 2)) - 5_190) < 20)
    }

    @Test func probabilitiesSumUp() {
        for text in ["", "good", "bad idiot how", "good bad free idiot how table", "nothing known here"] {
            let reading = reading(text)
            for head in Head.allCases {
                let sum = head.labels.indices.reduce(0) { $0 + Int(reading.probability(head, $1)) }
                #expect(sum == 10_000, "\(head) of \(text)")
                for label in head.labels.indices {
                    #expect((0...10_000).contains(reading.probability(head, label)))
                }
            }
        }
    }

    @Test func spamAndAbuseAreSaid() {
        #expect(verdict("free").spam ?? 0 > 9_000)
        #expect(verdict("good").spam ?? 10_000 < 2_000)
        #expect(verdict("idiot").offensive ?? 0 > 9_000)
        #expect(verdict("table").irony != nil)
    }

    @Test(
        arguments: [
            ("bad", [.complaint]), ("how", [.question]), ("table", []), ("bad free", []),
            ("good, thanks for the table", [.praise]), ("thanks for the bad table", [.complaint]),
            ("where can i buy a table", [.purchase]), ("i am thinking about buying the table", [.purchase]),
            ("i am not going to buy it", []),
            ("bad. i'm cancelling my contract", [.complaint, .threat]), ("i will sue you", [.threat]),
            ("good! i will sue you", [.praise]),
            ("it would be great if you could add a way to sort tables", [.suggestion]),
            ("please help, can anyone look at this?", [.request]),
        ] as [(String, Intents)]
    )
    func intents(text: String, expected: Intents) {
        #expect(verdict(text).intents == expected, "\(verdict(text).intents.rawValue)")
    }

    @Test func thresholdsAreOfTheModel() {
        var model = SmallModel.model
        model.thresholds.question = 10_000
        let strict = TrainedClassifier(model: model)
        let bytes = Array("how".utf8)
        #expect(strict.classify(bytes.span, language: nil).intents == [])
        model.thresholds.question = reading("how").probability(.speechAct, 0)
        #expect(TrainedClassifier(model: model).classify(bytes.span, language: nil).intents == [.question])
        model.thresholds.question += 1
        #expect(TrainedClassifier(model: model).classify(bytes.span, language: nil).intents == [])
    }

    @Test(
        arguments: [
            ("good", "de"), ("good", "fr-CA"), ("good", "enm"), ("とても良い", nil), ("とても良い", "en"),
            ("отличный телефон", nil), ("das ist nicht gut und ich bin traurig", nil),
            ("que bueno es esto, muchas gracias por todo", nil), ("je ne suis pas content avec vous", nil),
            ("non sono contento della vostra app", nil), ("ik ben niet blij met het nieuwe toestel", nil),
            ("aku tidak suka dengan ini", nil),
        ] as [(String, String?)]
    )
    func whatItCannotReadItDoesNotGuess(text: String, language: String?) {
        #expect(verdict(text, language: language) == .unreadable)
    }

    @Test(arguments: [("good", nil), ("good", "en"), ("good", "EN-gb"), ("good", "und"), ("good", ""), ("good 東", nil)])
    func readsEnglish(text: String, language: String?) {
        #expect(verdict(text, language: language).sentiment == .positive)
    }

    @Test func scratchDoesNotMatter() {
        var scratch = ClassifierScratch()
        var random = SeededGenerator(seed: 3)
        let words = ["good", "bad", "not", "free", "&amp;", "how", "東", "#goodBad", "but", "I", "buy", "sue", "😂"]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                words[Int.random(in: 0..<words.count, using: &random)]
            }
            let bytes = Array(text.joined(separator: " ").utf8)
            #expect(
                classifier.classify(bytes.span, language: nil, scratch: &scratch)
                    == classifier.classify(bytes.span, language: nil)
            )
        }
    }

    @Test func explanationAddsUp() {
        let text = Array("good and bad, not a table".utf8)
        let explanation = classifier.explain(text.span)
        for lane in 0..<Head.laneCount {
            let sum = explanation.parts.reduce(explanation.biases[lane]) { $0 + $1.lanes[lane] }
            #expect(abs(sum - Double(explanation.reading.logits[lane]) / 4096) < 0.01)
        }
        #expect(explanation.tokens == ["good", "and", "bad", ",", "not", "a", "table"])
    }
}
