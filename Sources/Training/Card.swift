internal import Classification
internal import MentionModel

/// How well a head did on texts that its model had not seen.
struct HeadReport: Sendable {
    var head: Head
    var basis: String
    var scores: Scores

    init(head: Head, basis: String, sums: [SIMD8<Float>], labels: [Int], calibration: Calibrator.Result) {
        self.head = head
        self.basis = basis
        scores = Scores(labels: head.labels.count)
        for (sum, label) in zip(sums, labels) {
            let said = Calibrator.label(sum, calibration.decisions)
            scores.add(truth: label, said: said, confidence: Self.confidence(sum, said, calibration))
        }
    }

    private static func confidence(_ sums: SIMD8<Float>, _ said: Int, _ calibration: Calibrator.Result) -> Int {
        let lanes = calibration.offsets.count
        let logits = (0..<lanes).map { calibration.slope * Double(sums[$0]) + calibration.offsets[$0] }
        if lanes == 1 {
            let second = 1 / (1 + (-logits[0]).exponential)
            return Int(10_000 * (said == 1 ? second : 1 - second))
        }
        let top = logits.max() ?? 0
        let parts = logits.map { ($0 - top).exponential }
        return Int(10_000 * parts[said] / parts.reduce(0, +))
    }

    /// For people.
    var line: String {
        "\(basis): accuracy \(Card.short(scores.accuracy)), macro F1 \(Card.short(scores.macroF1)),"
            + " macro recall \(Card.short(scores.macroRecall)), calibration error \(Card.short(scores.calibrationError)),"
            + " F1 " + head.labels.indices.map { Card.short(scores.f1($0)) }.joined(separator: " ")
    }
}

/// What a model file says of itself: one JSON object.
enum Card {
    static func json(files: [DataFile], settings: TrainingSettings, reports: [HeadReport]) -> String {
        let data = files.map { file in
            "{\"file\":\(quoted(file.name)),\"sha256\":\"\(SHA256.hexDigest(of: file.bytes.span))\","
                + "\"bytes\":\(file.bytes.count),\"terms\":\(quoted(file.terms))}"
        }
        let heads = reports.map { report in
            let f1 = report.head.labels.enumerated().map { "\(quoted($1)):\(short(report.scores.f1($0)))" }
            return "{\"head\":\"\(report.head.rawValue)\",\"measured_on\":\(quoted(report.basis)),"
                + "\"n\":\(report.scores.count),\"accuracy\":\(short(report.scores.accuracy)),"
                + "\"macro_f1\":\(short(report.scores.macroF1)),\"macro_recall\":\(short(report.scores.macroRecall)),"
                + "\"ece\":\(short(report.scores.calibrationError)),\"f1\":{\(f1.joined(separator: ","))}}"
        }
        let plans = Head.allCases.compactMap { head in
            settings.plans[head].map { plan in
                "\"\(head.rawValue)\":{\"ridge\":\(plan.settings.ridge),\"balance\":\(plan.settings.balance)}"
            }
        }
        return "{\"data\":[\(data.joined(separator: ","))],\"scores\":[\(heads.joined(separator: ","))],"
            + "\"settings\":{\"seed\":\(settings.seed),\"vector_runs\":\(settings.vectorRuns),"
            + "\"vector_epochs\":\(settings.vectors.epochs),\"least_words\":\(settings.leastWords),"
            + "\"least_pairs\":\(settings.leastOthers),\"least_pieces\":\(settings.leastPieces),"
            + "\"rows\":\(settings.rowLimit),\"heads\":{\(plans.joined(separator: ","))}}}"
    }

    /// Four digits after the point.
    static func short(_ value: Double) -> String {
        let units = Int((value * 10_000).rounded())
        let digits = String(abs(units) % 10_000)
        return (units < 0 ? "-" : "") + "\(abs(units) / 10_000)."
            + String(repeating: "0", count: 4 - digits.count) + digits
    }

    static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\u{0}"..."\u{1F}": output += " "
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
