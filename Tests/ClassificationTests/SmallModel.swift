import Classification

/// A model of a few words, made by hand.
enum SmallModel {
    static func row(_ word: String, _ lanes: [Int: Int8], valence: Int8 = 0) -> (UInt64, FeatureRow) {
        let key = Tokeniser.key(ofSpelling: Array(word.utf8))
        var weights = [Int8](repeating: 0, count: Head.laneCount)
        for (lane, weight) in lanes { weights[lane] = weight }
        return (key, FeatureRow(key: key, lanes: weights, valences: Valences(values: [valence, 0, 0, 0])))
    }

    /// "good" is positive and joyful, "bad" negative, angry and a complaint, "free" spam, "idiot" offensive,
    /// "how" a question.
    static let model: Model = {
        var table = FeatureTable(bits: 6)
        let rows = [
            row("good", [0: -50, 2: 100, 4: 100], valence: 32),
            row("bad", [0: 100, 2: -50, 3: 100, 9: 100], valence: -32),
            row("free", [18: 127]), row("idiot", [8: 127, 0: 60]), row("how", [10: 127]), row("table", [1: 20]),
        ]
        for (key, row) in rows { _ = table.insert(row, for: key) }
        var biases = [Int32](repeating: 0, count: Head.laneCount)
        for lane in [7, 8, 9, 17, 18] { biases[lane] = -2 * 4096 }
        return Model(
            version: "small-1",
            card: "{}",
            table: table,
            scales: [Int32](repeating: 1_048_576, count: Head.laneCount),
            biases: biases,
            dense: [Int16](repeating: 0, count: Head.laneCount * DenseFeatures.count),
            calibration: .identity,
            thresholds: IntentThresholds()
        )
    }()
}
