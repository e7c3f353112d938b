import Classification
import MentionModel
import Synthesis

/// The reader of model files, and a classifier that goes on with whatever model it has accepted.
struct ModelTarget: FuzzTarget {
    static let name = "model"
    static let share = 60
    static let isText = false
    let dictionary: [[UInt8]] = [
        Array("MFMODEL\n".utf8), [1, 0, 0, 0], [19, 0, 0, 0], [4, 0, 0, 0], [20, 0, 0, 0], [0, 0, 0, 0x80],
        [0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0x7F], [0, 0x80], [0, 0, 0x10, 0], [0, 0, 0, 1],
    ]
    private var scratch = ClassifierScratch()

    /// Where the checksum stands, and where what it covers begins.
    private static let checksum = 16..<24

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] { ModelFormat.encode(Self.model(&random)) }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        var bytes = input.bytes
        // Else hardly anything would come past the checksum.
        if input.mutations > 0, random.below(8) > 0 { Self.sign(&bytes) }
        let model: Model
        do throws(ModelError) {
            model = try ModelFormat.decode(bytes)
        } catch {
            try FuzzFinding.unless(input.mutations > 0, "a valid model is refused: \(error)")
            return Self.name(of: error)
        }
        try FuzzFinding.unless(ModelFormat.encode(model) == bytes, "written again, a model is another file")
        let isPlain = !model.version.isEmpty && model.version.utf8.allSatisfy { 0x20...0x7E ~= $0 }
        try FuzzFinding.unless(isPlain, "a version that no database takes")
        try classify(TextGrammar.words(1...40, &random), by: model, &random)
        try classify(TextGrammar.scalars(1...100, &random), by: model, &random)
        return "accepted"
    }

    private mutating func classify(
        _ text: String,
        by model: Model,
        _ random: inout SeededRandom
    ) throws(FuzzFinding) {
        let classifier = TrainedClassifier(model: model)
        let bytes = Array(text.utf8)
        let reading = classifier.reading(of: bytes.span, scratch: &scratch)
        for head in Head.allCases {
            let count = head.labels.count
            try FuzzFinding.unless((0..<count).contains(reading.label(head)), "\(head): a label that is none")
            var sum = 0
            for label in 0..<count {
                let probability = reading.probability(head, label)
                try FuzzFinding.unless(0...10_000 ~= probability, "\(head): a probability of \(probability)")
                sum += Int(probability)
            }
            try FuzzFinding.unless(sum == 10_000, "\(head): probabilities of \(sum) in all")
        }
        let verdict = classifier.classify(bytes.span, language: nil)
        try FuzzFinding.unless(-10_000...10_000 ~= verdict.sentimentScore, "a score of \(verdict.sentimentScore)")
        try FuzzFinding.unless(
            verdict == classifier.classify(bytes.span, language: nil, scratch: &scratch),
            "another verdict in used memory"
        )
        if random.once(in: 16) {
            let explained = classifier.explain(bytes.span).reading
            try FuzzFinding.unless(explained == reading, "an explanation of another reading")
        }
    }

    /// Puts the checksum in that the bytes behind it have.
    private static func sign(_ bytes: inout [UInt8]) {
        guard bytes.count >= checksum.upperBound else { return }
        let sum = XXH64.hash(bytes.span.extracting(checksum.upperBound..<bytes.count))
        for (shift, place) in checksum.enumerated() {
            bytes[place] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * shift))
        }
    }

    private static func name(of error: ModelError) -> String {
        switch error {
        case .notAModel: "not_a_model"
        case .otherVersion: "other_version"
        case .wrongLength: "wrong_length"
        case .wrongChecksum: "wrong_checksum"
        case .invalid: "invalid"
        }
    }

    /// A small model with some rows; sometimes with numbers at the ends of their ranges.
    private static func model(_ random: inout SeededRandom) -> Model {
        let isWild = random.once(in: 4)
        func number(_ range: Int, _ random: inout SeededRandom) -> Int32 {
            if isWild { return random.below(2) == 0 ? .max : .min }
            return Int32(random.below(2 * range + 1) - range)
        }
        func bounded(_ most: Int32, _ random: inout SeededRandom) -> Int32 {
            isWild ? (random.below(2) == 0 ? 0 : most) : Int32(random.below(Int(most) + 1))
        }
        var table = FeatureTable(bits: 4 + random.below(3))
        for _ in 0..<random.below(40) {
            let key = Tokeniser.key(ofSpelling: Array(TextGrammar.words(1...1, &random).utf8))
            let lanes = (0..<Head.laneCount).map { _ in Int8(truncatingIfNeeded: random.below(255) - 127) }
            let valences = (0..<4).map { _ in Int8(truncatingIfNeeded: random.below(129) - 64) }
            let row = FeatureRow(
                key: key,
                lanes: lanes,
                valences: Valences(values: SIMD4(valences[0], valences[1], valences[2], valences[3]))
            )
            _ = table.insert(row, for: key)
        }
        var thresholds = IntentThresholds()
        thresholds.complaint = Int16(random.below(10_001))
        thresholds.emotion = Int16(random.below(10_001))
        let lanes = 0..<Head.laneCount
        return Model(
            version: "fuzz-\(random.below(1000))",
            card: "{}",
            table: table,
            scales: lanes.map { _ in bounded(1 << 24, &random) },
            biases: lanes.map { _ in number(1 << 16, &random) },
            dense: (0..<Head.laneCount * DenseFeatures.count).map { _ in
                Int16(truncatingIfNeeded: number(1 << 13, &random))
            },
            calibration: Calibration(
                slopes: Head.allCases.map { _ in bounded(1 << 20, &random) },
                offsets: lanes.map { _ in number(1 << 16, &random) },
                decisions: lanes.map { _ in number(1 << 16, &random) }
            ),
            thresholds: thresholds
        )
    }
}
