import Classification
import Foundation
import MentionModel
import ShippedModel
import Testing

@testable import Training

@Suite struct ShippedModelTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// The folder of data, which is not part of the repository.
    private static let data = root.appendingPathComponent("../shared/data/labelled").standardizedFileURL
    private static var hasData: Bool { FileManager.default.fileExists(atPath: data.path) }

    private let classifier: TrainedClassifier

    init() throws { classifier = TrainedClassifier(model: try ShippedModel.load()) }

    private func verdict(_ text: String) -> Verdict {
        classifier.classify(Array(text.utf8).span, language: nil)
    }

    /// The build does not see that the model file changes: then Sources/CShippedModel/model.S must be touched.
    @Test func theBinaryHoldsTheFile() throws {
        let path = Self.root.appendingPathComponent("Sources/CShippedModel/mention.mfm")
        #expect(ShippedModel.bytes() == Array(try Data(contentsOf: path)))
        #expect(ShippedModel.bytes().count <= 4 * 1024 * 1024)
        #expect(classifier.modelVersion.hasPrefix("trained-1-"))
        let card = try Data(contentsOf: Self.root.appendingPathComponent("Sources/CShippedModel/MODEL_CARD.md"))
        #expect(String(decoding: card, as: UTF8.self).contains(classifier.model.version))
    }

    @Test(
        arguments: [
            ("I love this phone, best camera ever 😍", .positive), ("terrible service, never again", .negative),
            ("The store opens at nine on Monday", .neutral), ("this is not good at all", .negative),
            ("my flight was delayed and nobody helped us", .negative),
            ("thank you so much for the quick help!", .positive),
        ] as [(String, Sentiment)]
    )
    func plainCases(text: String, expected: Sentiment) { #expect(verdict(text).sentiment == expected) }

    @Test func otherHeads() {
        #expect(verdict("WINNER!! You have won a free prize, call 09061701461 now to claim").spam ?? 0 > 5_000)
        #expect(verdict("see you at lunch tomorrow").spam ?? 10_000 < 5_000)
        #expect(verdict("you are a stupid idiot and a disgusting piece of trash").offensive ?? 0 > 5_000)
        #expect(verdict("what time does the shop open?").intents.contains(.question))
        #expect(verdict("I am so furious and angry about this").emotion == .anger)
        #expect(verdict("Das Wetter ist heute schön und ich bin sehr glücklich").sentiment == nil)
    }

    /// Precision and recall of the intents that come from phrases, on sentences written and labelled by hand.
    @Test func intentsOfTheCheckSet() {
        let kinds: [(Intents, String)] = [(.praise, "praise"), (.purchase, "purchase"), (.threat, "threat")]
        var right = [0, 0, 0]
        var said = [0, 0, 0]
        var there = [0, 0, 0]
        var misses: [String] = []
        let lines = intentCheckSet.split(separator: "\n")
        #expect(lines.count >= 300)
        for line in lines {
            let parts = line.split(separator: "|", maxSplits: 1)
            let labels = Set(parts[0].split(separator: ",").map(String.init))
            let intents = verdict(String(parts[1])).intents
            for (place, kind) in kinds.enumerated() {
                let isThere = labels.contains(kind.1)
                let isSaid = intents.contains(kind.0)
                there[place] += isThere ? 1 : 0
                said[place] += isSaid ? 1 : 0
                right[place] += isThere && isSaid ? 1 : 0
                if isThere != isSaid { misses.append("\(isSaid ? "said" : "missed") \(kind.1): \(parts[1])") }
            }
        }
        for (place, kind) in kinds.enumerated() {
            let precision = Double(right[place]) / Double(max(1, said[place]))
            let recall = Double(right[place]) / Double(max(1, there[place]))
            print("check set, \(kind.1): precision \(Card.short(precision)), recall \(Card.short(recall))")
            #expect(precision >= 0.85, "\(kind.1)")
            #expect(recall >= 0.6, "\(kind.1)")
        }
        if ProcessInfo.processInfo.environment["SHOW_MISSES"] != nil { print(misses.joined(separator: "\n")) }
    }

    @Test(.enabled(if: ShippedModelTests.hasData, "skipped: ../shared/data is not there"))
    func realTexts() throws {
        func scores(_ head: Head, _ file: String) throws -> (Scores, unreadable: Int) {
            var skipped = 0
            let bytes = Array(try Data(contentsOf: Self.data.appendingPathComponent(file)))
            let set = LabelledSet(tsv: bytes, names: head.labels, skipped: &skipped)
            var scores = Scores(labels: head.labels.count)
            var unreadable = 0
            var scratch = ClassifierScratch()
            for (text, label) in zip(set.texts, set.labels) {
                let reading = classifier.reading(of: text.span, scratch: &scratch)
                let said = reading.label(head)
                scores.add(truth: label, said: said, confidence: Int(reading.probability(head, said)))
                let verdict = classifier.classify(text.span, language: nil, scratch: &scratch)
                unreadable += verdict.sentiment == nil ? 1 : 0
            }
            return (scores, unreadable)
        }
        // The lexicon sum that this replaces has 57 here, as VADER has.
        let sentiment = try scores(.sentiment, "sentiment/dev.tsv")
        #expect(sentiment.0.macroRecall > 0.67)
        // All of these are English.
        #expect(Double(sentiment.unreadable) < 0.01 * Double(sentiment.0.count))
        let airline = try scores(.sentiment, "sentiment/airline_evaluate_only.tsv")
        #expect(airline.0.macroF1 > 0.60)
    }
}
