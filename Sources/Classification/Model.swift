/// A trained model: one table of features, and how its sums become probabilities. Immutable, so it is shared.
public struct Model: Sendable {
    /// The version that the file says.
    public var version: String
    /// The checksum of the file that it was read from; nil where there is none.
    var checksum: UInt64?
    /// What it learned from, with which settings, and how well: a JSON object for people.
    public var card: String
    /// Weights by feature.
    public let table: FeatureTable
    /// What 1 in a lane of a row stands for, in units of 2^−24.
    public let scales: [Int32]
    /// What each lane begins with, in units of 1/4096.
    public let biases: [Int32]
    /// Weights of the dense features, ``DenseFeatures/count`` × ``Head/laneCount``, in units of 1/1024.
    public let dense: [Int16]
    /// The same, in rows of 24.
    private let denseRows: [SIMD8<Int16>]
    // Tables of FixedPoint: a shared constant costs a look each time.
    private let inverseRoots = FixedPoint.inverseRoots
    let pieceFactors = FixedPoint.pieceFactors
    /// Makes probabilities and labels.
    public var calibration: Calibration
    /// Where intents begin.
    public var thresholds: IntentThresholds

    /// Makes a model. Counts must be those of the heads.
    public init(
        version: String,
        card: String,
        table: FeatureTable,
        scales: [Int32],
        biases: [Int32],
        dense: [Int16],
        calibration: Calibration,
        thresholds: IntentThresholds
    ) {
        self.version = version
        self.card = card
        self.table = table
        self.scales = scales
        self.biases = biases
        self.dense = dense
        denseRows = Self.widened(dense)
        self.calibration = calibration
        self.thresholds = thresholds
    }

    /// Names the model, as stored with each mention: its version, and of one that was read from a file the first eight
    /// digits of the file's checksum, such as `trained-1-371e70d3+0c7f2a91`. So two files of one version are two models.
    public var name: String {
        guard let checksum else { return version }
        let digits = String(checksum >> 32, radix: 16)
        return "\(version)+\(String(repeating: "0", count: 8 - digits.count))\(digits)"
    }

    private static func widened(_ dense: [Int16]) -> [SIMD8<Int16>] {
        var rows = [SIMD8<Int16>](repeating: .zero, count: DenseFeatures.count * 3)
        for (place, weight) in dense.enumerated() where place / Head.laneCount < DenseFeatures.count {
            let lane = place % Head.laneCount
            rows[place / Head.laneCount * 3 + lane / 8][lane % 8] = weight
        }
        return rows
    }

    /// Reads a text: tokens to `scratch`, sums, probabilities and labels. No allocation once `scratch` is warm.
    public func read(_ text: Span<UInt8>, scratch: inout ClassifierScratch) -> Reading {
        var reading = sums(of: text, scratch: &scratch)
        calibration.apply(to: &reading)
        return reading
    }

    /// Reads a text up to the sums: probabilities and labels are not filled in.
    func sums(of text: Span<UInt8>, scratch: inout ClassifierScratch) -> Reading {
        TextReader.read(text, into: &scratch.text)
        var dense = DenseFeatures()
        let lanes = sum(&scratch, &dense)
        return finish(lanes.total(), dense: dense, scratch: &scratch)
    }

    private func finish(
        _ sums: LaneSums.Totals,
        dense features: DenseFeatures,
        scratch: inout ClassifierScratch
    ) -> Reading {
        features.write(scratch.text, to: &scratch.dense)
        let root = Int64(inverseRoots[min(scratch.text.tokenCount, TextReader.tokenLimit)])
        var (first, second, third) = (SIMD8<Int32>.zero, SIMD8<Int32>.zero, SIMD8<Int32>.zero)
        denseRows.withUnsafeBufferPointer { rows in
            scratch.dense.withUnsafeBufferPointer { numbers in
                for index in 0..<DenseFeatures.count where numbers[index] != 0 {
                    // Neither is wider than 16 bits, and a product of such is cheap.
                    let value = SIMD8(repeating: Int32(Int16(clamping: numbers[index])))
                    first &+= value &* SIMD8<Int32>(truncatingIfNeeded: rows[index &* 3])
                    second &+= value &* SIMD8<Int32>(truncatingIfNeeded: rows[index &* 3 &+ 1])
                    third &+= value &* SIMD8<Int32>(truncatingIfNeeded: rows[index &* 3 &+ 2])
                }
            }
        }
        var lines = LaneSums.Totals(repeating: 0)
        for lane in 0..<8 {
            lines[lane] = first[lane]
            lines[lane + 8] = second[lane]
            lines[lane + 16] = third[lane]
        }
        var reading = Reading()
        let scales = scales.span
        let biases = biases.span
        withUnsafeMutableBytes(of: &reading.logits) { bytes in
            let logits = bytes.bindMemory(to: Int32.self)
            for lane in 0..<Head.laneCount {
                let sparse = (Int64(sums[lane]) &* root &* Int64(scales[lane])) &>> 27
                let sum = sparse &+ Int64(lines[lane] &>> 6) &+ Int64(biases[lane])
                logits[lane] = Int32(clamping: sum)
            }
        }
        return reading
    }
}

/// Memory that a model works in. Use one per task.
public struct ClassifierScratch: Sendable {
    /// Tokens of the last text.
    public internal(set) var text = TextScratch()
    /// Words of the last text that the model has rows for.
    public internal(set) var knownWords: Int32 = 0
    /// Dense features of the last text.
    var dense = [Int32](repeating: 0, count: DenseFeatures.count)

    /// Where the features' rows are.
    var lookups = Lookups()

    /// A scratch without memory of tokens yet.
    public init() {}
}
