/// A trained model: one table of features, and how its sums become probabilities. Immutable, so it is shared.
public struct Model: Sendable {
    /// Names the model; stored with each mention.
    public var version: String
    /// What it learned from, with which settings, and how well: a JSON object for people.
    public var card: String
    /// Weights by feature.
    public var table: FeatureTable
    /// What 1 in a lane of a row stands for, in units of 2^−24.
    public var scales: [Int32]
    /// What each lane begins with, in units of 1/4096.
    public var biases: [Int32]
    /// Weights of the dense features, ``DenseFeatures/count`` × ``Head/laneCount``, in units of 1/1024.
    public var dense: [Int16]
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
        self.calibration = calibration
        self.thresholds = thresholds
    }

    /// Reads a text: tokens to `scratch`, sums, probabilities and labels. No allocation once `scratch` is warm.
    public func read(_ text: Span<UInt8>, scratch: inout ClassifierScratch) -> Reading {
        TextReader.read(text, into: &scratch.text)
        return readTokens(scratch: &scratch)
    }

    /// Reads the tokens that `scratch` holds.
    func readTokens(scratch: inout ClassifierScratch) -> Reading {
        let sums = sum(scratch.text)
        scratch.knownWords = sums.knownWords
        return finish(sums.lanes.total(), dense: sums.dense, scratch: &scratch)
    }

    private struct Sums {
        var lanes = LaneSums()
        var dense = DenseFeatures()
        var knownWords: Int32 = 0
    }

    private func sum(_ text: TextScratch) -> Sums {
        var sums = Sums()
        var reach = 0
        var previous = FeatureKeys.edge
        let tokens = text.tokens.span
        for index in tokens.indices {
            let token = tokens[index]
            if token.endsClause {
                reach = 0
                if token.kind == .word { sums.dense.contrast() }
            }
            if let row = table.row(for: token.key) {
                sums.lanes.add(row)
                sums.knownWords &+= token.kind == .word ? 1 : 0
                let valences = row.valences
                if valences != .none { sums.dense.add(valences, negated: reach > 0) }
            } else if token.kind == .word {
                addPieces(of: token, in: text.spelling.span, to: &sums.lanes)
            }
            if let row = table.row(for: FeatureKeys.pair(previous, token.key)) { sums.lanes.add(row) }
            if reach > 0 {
                if let row = table.row(for: FeatureKeys.negated(token.key)) { sums.lanes.add(row) }
                reach &-= 1
            }
            if token.negates { reach = FeatureKeys.negationReach }
            previous = token.key
        }
        if let row = table.row(for: FeatureKeys.pair(previous, FeatureKeys.edge)) { sums.lanes.add(row) }
        return sums
    }

    @inline(never)
    func addPieces(of token: Token, in spelling: Span<UInt8>, to sums: inout LaneSums) {
        let word = spelling.extracting(Int(token.start)..<Int(token.start + token.length))
        var pieces = LaneSums()
        FeatureKeys.forEachPiece(of: word) { key in
            if let row = table.row(for: key) { pieces.add(row) }
        }
        let factor = FixedPoint.pieceFactors[min(FeatureKeys.pieceCount(word.count), 96)]
        sums.add((pieces.total() &* factor) &>> 8)
    }

    private func finish(_ sums: SIMD32<Int32>, dense: DenseFeatures, scratch: inout ClassifierScratch) -> Reading {
        dense.write(scratch.text, to: &scratch.dense)
        let root = Int64(FixedPoint.inverseRoots[min(scratch.text.tokens.count, TextReader.tokenLimit)])
        var reading = Reading()
        var lines = SIMD32<Int32>.zero
        for index in 0..<DenseFeatures.count where scratch.dense[index] != 0 {
            let value = scratch.dense[index]
            let start = index * Head.laneCount
            for lane in 0..<Head.laneCount {
                lines[lane] &+= value &* Int32(self.dense[start + lane])
            }
        }
        for lane in 0..<Head.laneCount {
            let sparse = (Int64(sums[lane]) * root * Int64(scales[lane])) >> 27
            let sum = sparse + Int64(lines[lane] >> 6) + Int64(biases[lane])
            reading.logits[lane] = Int32(clamping: sum)
        }
        calibration.apply(to: &reading)
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

    /// A scratch without memory of tokens yet.
    public init() {}
}

/// Sums of rows: in 16 bits while they surely fit, then in 32.
struct LaneSums {
    private var wide = SIMD32<Int32>.zero
    private var narrow = SIMD32<Int16>.zero
    private var room = Self.most

    /// 255 rows of ±128 fit into 16 bits.
    private static let most = 255

    init() {}

    @inline(__always)
    mutating func add(_ row: FeatureRow) {
        narrow &+= SIMD32<Int16>(truncatingIfNeeded: row.bytes)
        room &-= 1
        if room == 0 { spill() }
    }

    mutating func add(_ sums: SIMD32<Int32>) { wide &+= sums }

    @inline(never)
    private mutating func spill() {
        wide &+= SIMD32<Int32>(truncatingIfNeeded: narrow)
        narrow = .zero
        room = Self.most
    }

    func total() -> SIMD32<Int32> { wide &+ SIMD32<Int32>(truncatingIfNeeded: narrow) }
}
