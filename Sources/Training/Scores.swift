/// How well labels were told, from a table of what was so and what was said.
public struct Scores: Sendable, Equatable {
    /// Rows: the true label; columns: the one said.
    public private(set) var confusion: [[Int]]
    /// Sums of confidence and of right answers by tenth of confidence, for the calibration error.
    private var bins = [Bin](repeating: Bin(), count: 10)

    private struct Bin: Sendable, Equatable {
        var count = 0
        var right = 0
        var confidence = 0
    }

    /// Nothing told yet.
    public init(labels: Int) {
        confusion = [[Int]](repeating: [Int](repeating: 0, count: labels), count: labels)
    }

    /// Adds a text; `confidence` is the probability of the label said, in ten-thousandths.
    public mutating func add(truth: Int, said: Int, confidence: Int) {
        confusion[truth][said] += 1
        let bin = max(0, min(9, (confidence - 1) / 1000))
        bins[bin].count += 1
        bins[bin].right += truth == said ? 1 : 0
        bins[bin].confidence += confidence
    }

    /// How many texts.
    public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The share of right answers.
    public var accuracy: Double { ratio(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }, count) }

    /// Of the texts with a label, the share found.
    public func recall(_ label: Int) -> Double { ratio(confusion[label][label], confusion[label].reduce(0, +)) }

    /// Of the texts said to have a label, the share that have it.
    public func precision(_ label: Int) -> Double {
        ratio(confusion[label][label], confusion.reduce(0) { $0 + $1[label] })
    }

    /// The harmonic mean of both.
    public func f1(_ label: Int) -> Double {
        let sum = precision(label) + recall(label)
        return sum > 0 ? 2 * precision(label) * recall(label) / sum : 0
    }

    /// The mean of all labels' recalls.
    public var macroRecall: Double { confusion.indices.reduce(0) { $0 + recall($1) } / Double(confusion.count) }

    /// The mean of all labels' F1.
    public var macroF1: Double { confusion.indices.reduce(0) { $0 + f1($1) } / Double(confusion.count) }

    /// Matthews' correlation of two labels; 0 for more.
    public var matthews: Double {
        guard confusion.count == 2 else { return 0 }
        let (a, b) = (Double(confusion[0][0]), Double(confusion[0][1]))
        let (c, d) = (Double(confusion[1][0]), Double(confusion[1][1]))
        let below = ((a + b) * (a + c) * (d + b) * (d + c)).squareRoot()
        return below > 0 ? (a * d - b * c) / below : 0
    }

    /// The expected calibration error: the mean distance of confidence and share of right answers, over ten bins.
    public var calibrationError: Double {
        let sum = bins.reduce(0.0) { $0 + abs(Double($1.right) - Double($1.confidence) / 10_000) }
        return count > 0 ? sum / Double(count) : 0
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
}
