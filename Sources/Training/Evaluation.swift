public import Classification
internal import MentionModel

/// Runs a classifier over labelled texts.
public enum Evaluation {
    /// What a head says of a set: one JSON object without a line end.
    ///
    /// - Parameter nanoseconds: A clock of the thread's own time, for the speed.
    public static func line(
        _ set: LabelledSet,
        head: Head,
        file: String,
        classifier: TrainedClassifier,
        nanoseconds: () -> UInt64
    ) -> String {
        var scratch = ClassifierScratch()
        var scores = Scores(labels: head.labels.count)
        for (text, label) in zip(set.texts, set.labels) {
            let reading = classifier.reading(of: text.span, scratch: &scratch)
            let said = reading.label(head)
            scores.add(truth: label, said: said, confidence: Int(reading.probability(head, said)))
        }
        let (speed, unreadable) = speed(of: classifier, set.texts, nanoseconds: nanoseconds)
        return json(scores, head, file, unreadable: unreadable, speed: speed)
    }

    /// Texts a second, as the worker classifies them, warm, and how many it can't read: the best of five passes of half
    /// a second or more, since what else runs on the machine makes a pass slower and never faster.
    ///
    /// - Parameters:
    ///   - rounds: How often each text is classified in one pass, instead of five passes.
    ///   - nanoseconds: A clock of the thread's own time. A pass ends where it stands still.
    public static func speed(
        of classifier: TrainedClassifier,
        _ texts: [[UInt8]],
        rounds: Int? = nil,
        nanoseconds: () -> UInt64
    ) -> (textsPerSecond: Int, unreadable: Int) {
        var scratch = ClassifierScratch()
        var unreadable = 0
        func round() {
            var missing = 0
            for text in texts where classifier.classify(text.span, language: nil, scratch: &scratch).sentiment == nil {
                missing += 1
            }
            unreadable = missing
        }
        guard !texts.isEmpty else { return (0, 0) }
        round()
        var best = 0.0
        for _ in 0..<(rounds == nil ? 5 : 1) {
            var done = 0
            var spent: UInt64 = 0
            let start = nanoseconds()
            repeat {
                round()
                done += 1
                spent = nanoseconds() &- start
            } while rounds.map { done < $0 } ?? (spent > 0 && spent < 500_000_000)
            if spent > 0 { best = max(best, Double(texts.count * done) * 1e9 / Double(spent)) }
        }
        return (Int(best), unreadable)
    }

    private static func json(_ scores: Scores, _ head: Head, _ file: String, unreadable: Int, speed: Int) -> String {
        let labels = head.labels
        let classes = labels.enumerated().map { label, name in
            "\(Card.quoted(name)):{\"n\":\(scores.confusion[label].reduce(0, +)),"
                + "\"precision\":\(Card.short(scores.precision(label))),\"recall\":\(Card.short(scores.recall(label))),"
                + "\"f1\":\(Card.short(scores.f1(label)))}"
        }
        let confusion = labels.enumerated().map { truth, name in
            let row = labels.enumerated().map { "\(Card.quoted($1)):\(scores.confusion[truth][$0])" }
            return "\(Card.quoted(name)):{\(row.joined(separator: ","))}"
        }
        let matthews = labels.count == 2 ? "\"mcc\":\(Card.short(scores.matthews))," : ""
        return "{\"head\":\"\(head.rawValue)\",\"file\":\(Card.quoted(file)),\"n\":\(scores.count),"
            + "\"accuracy\":\(Card.short(scores.accuracy)),\"macro_f1\":\(Card.short(scores.macroF1)),"
            + "\"macro_recall\":\(Card.short(scores.macroRecall)),\(matthews)"
            + "\"per_class\":{\(classes.joined(separator: ","))},"
            + "\"confusion\":{\(confusion.joined(separator: ","))},"
            + "\"ece\":\(Card.short(scores.calibrationError)),\"unreadable\":\(unreadable),"
            + "\"texts_per_second_per_core\":\(speed)}"
    }
}

/// Adds what a classifier says to lines of tab-separated values.
public struct Prediction: Sendable {
    /// Names of the columns that are added.
    public static let columns = [
        "sentiment", "sentiment_score", "emotion", "irony", "offensive", "complaint", "speech_act", "suggestion",
        "spam", "intents", "model_version",
    ]
    private let classifier: TrainedClassifier
    private let column: Int?
    private var scratch = ClassifierScratch()

    /// Reads the text from the column of this number, from 1 on; nil for the last.
    public init(classifier: TrainedClassifier, column: Int?) {
        self.classifier = classifier
        self.column = column
    }

    /// The line with the columns added; nil where it has no such column. Probabilities are 0…1, with four digits.
    public mutating func line(_ line: [UInt8]) -> String? {
        let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
        let place = (column ?? fields.count) - 1
        guard fields.indices.contains(place) else { return nil }
        let text = Array(fields[place])
        let verdict = classifier.classify(text.span, language: nil, scratch: &scratch)
        let reading = classifier.reading(of: text.span, scratch: &scratch)
        func share(_ value: Int16) -> String { Card.short(Double(value) / 10_000) }
        let readable = verdict.sentiment != nil
        let values = [
            verdict.sentiment.map { Head.sentiment.labels[Int($0.rawValue) + 1] } ?? "",
            readable ? share(verdict.sentimentScore) : "",
            verdict.emotion.map { Head.emotion.labels[Int($0.rawValue)] } ?? "",
            verdict.irony.map(share) ?? "",
            verdict.offensive.map(share) ?? "",
            readable ? share(reading.probability(.complaint, 1)) : "",
            readable ? Head.speechAct.labels[reading.label(.speechAct)] : "",
            readable ? share(reading.probability(.suggestion, 1)) : "",
            verdict.spam.map(share) ?? "",
            Self.names(of: verdict.intents),
            classifier.modelVersion,
        ]
        return String(decoding: line, as: UTF8.self) + "\t" + values.joined(separator: "\t")
    }

    /// The names of intents, with commas between.
    static func names(of intents: Intents) -> String {
        let all: [(Intents, String)] = [
            (.complaint, "complaint"), (.suggestion, "suggestion"), (.question, "question"), (.request, "request"),
            (.praise, "praise"), (.purchase, "purchase"), (.threat, "threat"),
        ]
        return all.filter { intents.contains($0.0) }.map(\.1).joined(separator: ",")
    }
}

extension Explanation {
    /// For people: what each head says, and the features that moved it most.
    public func lines(most: Int = 8) -> [String] {
        var lines = ["tokens: " + tokens.joined(separator: " ")]
        for head in Head.allCases {
            let label = reading.label(head)
            let shares = head.labels.enumerated().map { place, name in
                "\(name) \(Card.short(Double(reading.probability(head, place)) / 10_000))"
            }
            lines.append("\(head.rawValue): \(head.labels[label])  (\(shares.joined(separator: ", ")))")
            let lane = head.lanes.lowerBound + (head.lanes.count > 1 ? label : 0)
            let name = head.labels[head.lanes.count > 1 ? label : 1]
            lines.append("    \(Self.signed(biases[lane]))  towards \(name) in every text")
            let sorted = parts.enumerated().sorted {
                (abs($1.element.lanes[lane]), $0.offset) < (abs($0.element.lanes[lane]), $1.offset)
            }
            for (_, part) in sorted.prefix(most) where abs(part.lanes[lane]) >= 0.005 {
                lines.append("    \(Self.signed(part.lanes[lane]))  \(part.feature)")
            }
        }
        return lines
    }

    private static func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + Card.short(value) }
}
