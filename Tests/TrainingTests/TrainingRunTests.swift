import Classification
import Testing

@testable import Training

/// Trainings of a made-up language of a few words: small, but through every step.
@Suite struct TrainingRunTests {
    private func files(seed: UInt64 = 1) -> [DataFile] {
        var random = SeededGenerator(seed: seed)
        func texts(_ labels: [String], _ words: [[String]], _ count: Int) -> [UInt8] {
            var lines = "label\ttext\n"
            for _ in 0..<count {
                let label = Int.random(in: 0..<labels.count, using: &random)
                let own = words[label][Int.random(in: 0..<words[label].count, using: &random)]
                let noise = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    ["the", "shop", "was", "there", "today", "phone"][Int.random(in: 0..<6, using: &random)]
                }
                lines += "\(labels[label])\t\((noise + [own]).shuffled(using: &random).joined(separator: " "))\n"
            }
            return Array(lines.utf8)
        }
        let feelings = [["awful", "rotten", "broken"], ["blue", "square", "wooden"], ["lovely", "superb", "shiny"]]
        let spam = [["lunch", "meeting"], ["winner", "prize", "claim"]]
        return [
            DataFile(
                name: "labelled/sentiment/train.tsv",
                role: .train(.sentiment),
                bytes: texts(Head.sentiment.labels, feelings, 160),
                terms: "made up"
            ),
            DataFile(
                name: "labelled/sentiment/dev.tsv",
                role: .dev(.sentiment),
                bytes: texts(Head.sentiment.labels, feelings, 60),
                terms: "made up"
            ),
            DataFile(
                name: "labelled/spam/train.tsv",
                role: .train(.spam),
                bytes: texts(Head.spam.labels, spam, 80),
                terms: "made up"
            ),
            DataFile(
                name: "lexicons/words.txt",
                role: .lexicon(0, unit: 4),
                bytes: Array("splendid\t4\nhorrid\t-4\ntwo words\t3\n".utf8),
                terms: "made up"
            ),
        ]
    }

    private func settings(threads: Int = 1, seed: UInt64 = 1) -> TrainingSettings {
        var settings = TrainingSettings()
        settings.threads = threads
        settings.seed = seed
        settings.leastWords = 2
        settings.leastPieces = 2
        settings.vectors.epochs = 2
        // Few words need few steps, and a debug build is slow.
        for head in Head.allCases { settings.plans[head]?.settings.iterations = 6 }
        return settings
    }

    @Test func theSameDataAndSeedGiveTheSameFile() async throws {
        let one = try await TrainingRun(files: files(), settings: settings()).run()
        let two = try await TrainingRun(files: files().reversed(), settings: settings(threads: 2)).run()
        #expect(ModelFormat.encode(one) == ModelFormat.encode(two))
        #expect(one.version.hasPrefix("trained-1-"))
        let other = try await TrainingRun(files: files(), settings: settings(seed: 2)).run()
        #expect(other.version != one.version)
        #expect(one.card.contains("\"sha256\""))
        #expect(one.card.contains("made up"))
    }

    @Test func learnsWhatIsThere() async throws {
        let model = try await TrainingRun(files: files(), settings: settings()).run()
        let classifier = TrainedClassifier(model: try ModelFormat.decode(ModelFormat.encode(model)))
        var skipped = 0
        let set = LabelledSet(tsv: files(seed: 9)[1].bytes, names: Head.sentiment.labels, skipped: &skipped)
        #expect(skipped == 0)
        var scratch = ClassifierScratch()
        var scores = Scores(labels: 3)
        for (text, label) in zip(set.texts, set.labels) {
            let reading = classifier.reading(of: text.span, scratch: &scratch)
            scores.add(truth: label, said: reading.label(.sentiment), confidence: 5_000)
        }
        #expect(scores.accuracy > 0.95)
        let spam = Array("claim the prize today".utf8)
        #expect(classifier.reading(of: spam.span, scratch: &scratch).label(.spam) == 1)
    }

    /// What is learned in floating point and what runs in whole numbers must be the same function.
    @Test func wholeNumbersSayWhatWasLearned() async throws {
        let set = files()
        var counts = Vocabulary.Counts()
        var skipped = 0
        let labelled = LabelledSet(tsv: set[0].bytes, names: Head.sentiment.labels, skipped: &skipped)
        for text in labelled.texts { counts.add(text, isLabelled: true) }
        let vocabulary = Vocabulary(counts, words: 1, others: 1, lexicon: [:], always: [:])
        let vectors = WordVectors(
            texts: vocabulary.words(of: labelled.texts),
            vocabulary: vocabulary.wordKeys.count,
            settings: WordVectors.Settings(),
            seed: 3
        )
        let knowledge = WordKnowledge(vocabulary: vocabulary, vectors: [vectors], pieceLeast: 2)
        let features = vocabulary.features(of: labelled.texts)
        let weights = HeadTrainer(knowledge: knowledge, head: .sentiment, settings: HeadSettings())
            .train(features, labels: labelled.labels)
        let model = ModelBuilder(knowledge: knowledge).build(
            [.sentiment: weights],
            version: "test",
            card: "",
            calibration: .identity,
            thresholds: IntentThresholds()
        )
        var scratch = ClassifierScratch()
        for (text, feature) in zip(labelled.texts, features) {
            let sums = weights.sums(of: feature)
            let reading = model.read(text.span, scratch: &scratch)
            for lane in 0..<3 { #expect(abs(Float(reading.logits[lane]) / 4096 - sums[lane]) < 0.12) }
        }
    }

    @Test func linesThatDoNotFitAreNamed() {
        var skipped = 0
        let lines = [
            "Label\ttext\r", "neutral\tone\r", "", "positiv\ttwo", "negative three",
            "negative\tfour \"quoted\" &amp; \\u2019", "",
        ]
        let text = lines.joined(separator: "\n")
        let set = LabelledSet(tsv: Array(text.utf8), names: Head.sentiment.labels, skipped: &skipped)
        #expect(set.labels == [1, 0])
        #expect(set.texts.map { String(decoding: $0, as: UTF8.self) } == ["one", "four \"quoted\" &amp; \\u2019"])
        #expect(skipped == 2)
        #expect(set.firstSkipped == 4)
    }

    @Test func withoutLabelsNothingIsLearned() async {
        await #expect(throws: TrainingRun.Failure.noLabelledTexts) {
            try await TrainingRun(files: [files()[3]], settings: settings()).run()
        }
    }

    @Test func scoresAreThePublishedFormulas() {
        var scores = Scores(labels: 2)
        for (truth, said, count) in [(0, 0, 50), (0, 1, 10), (1, 0, 5), (1, 1, 35)] {
            for _ in 0..<count { scores.add(truth: truth, said: said, confidence: 8_500) }
        }
        #expect(scores.accuracy == 0.85)
        #expect(abs(scores.macroRecall - (50.0 / 60 + 35.0 / 40) / 2) < 1e-12)
        #expect(abs(scores.f1(1) - 70.0 / 85) < 1e-12)
        #expect(abs(scores.matthews - (50 * 35 - 10 * 5) / (60.0 * 40 * 55 * 45).squareRoot()) < 1e-12)
        #expect(scores.calibrationError < 1e-9)
    }

    @Test func ownMathematics() {
        for value in [-20.0, -3.7, -0.001, 0, 0.5, 1, 12] {
            #expect(abs(value.exponential / exponential(value) - 1) < 1e-11)
        }
        for value in [1e-9, 0.3, 1, 1.5, 2, 12_345.6] {
            #expect(abs(value.logarithm.exponential / value - 1) < 1e-11)
        }
    }

    /// By its definition, in small steps.
    private func exponential(_ value: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        for index in 1..<200 {
            term *= abs(value) / Double(index)
            sum += term
        }
        return value < 0 ? 1 / sum : sum
    }
}
