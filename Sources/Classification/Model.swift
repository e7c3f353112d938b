/// A trained model: one table of features, and how its sums become probabilities. Immutable, so it is shared.
public struct Model: Sendable {
    /// Names the model; stored with each mention.
    public var version: String
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
    /// The same, widened: three times eight lanes a feature.
    private let denseRows: [SIMD8<Int32>]
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

    private static func widened(_ dense: [Int16]) -> [SIMD8<Int32>] {
        var rows = [SIMD8<Int32>](repeating: .zero, count: DenseFeatures.count * 3)
        for (place, weight) in dense.enumerated() where place / Head.laneCount < DenseFeatures.count {
            let lane = place % Head.laneCount
            rows[place / Head.laneCount * 3 + lane / 8][lane % 8] = Int32(weight)
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
        var starts = false
        let slots = table.slots.span
        let tags = table.tags.span
        let tokens = text.tokens.span
        for index in tokens.indices {
            let token = tokens[index]
            if token.endsClause {
                reach = 0
                if token.kind == .word { sums.dense.contrast() }
            }
            let own = FeatureTable.find(token.key, tags, slots)
            if own >= 0 {
                let row = slots[own]
                sums.lanes.add(row)
                sums.knownWords &+= token.kind == .word ? 1 : 0
                if row.hasValences { sums.dense.add(row.valences, negated: reach > 0) }
            } else if token.kind == .word {
                addPieces(of: token, in: text.spelling.span, to: &sums.lanes)
            }
            let pair = FeatureTable.find(FeatureKeys.pair(previous, token.key), tags, slots)
            if pair >= 0 { sums.lanes.add(slots[pair]) }
            if starts {
                let first = FeatureTable.find(FeatureKeys.pair(FeatureKeys.edge, token.key), tags, slots)
                if first >= 0 { sums.lanes.add(slots[first]) }
            }
            starts = token.startsSentence
            if reach > 0 {
                let negated = FeatureTable.find(FeatureKeys.negated(token.key), tags, slots)
                if negated >= 0 { sums.lanes.add(slots[negated]) }
                reach &-= 1
            }
            if token.negates { reach = FeatureKeys.negationReach }
            previous = token.key
        }
        let last = FeatureTable.find(FeatureKeys.pair(previous, FeatureKeys.edge), tags, slots)
        if last >= 0 { sums.lanes.add(slots[last]) }
        return sums
    }

    @inline(never)
    func addPieces(of token: Token, in spelling: Span<UInt8>, to sums: inout LaneSums) {
        let word = spelling.extracting(Int(token.start)..<Int(token.start + token.length))
        var pieces = LaneSums()
        let slots = table.slots.span
        let tags = table.tags.span
        FeatureKeys.forEachPiece(of: word) { key in
            let slot = FeatureTable.find(key, tags, slots)
            if slot >= 0 { pieces.add(slots[slot]) }
        }
        let factor = FixedPoint.pieceFactors[min(FeatureKeys.pieceCount(word.count), 96)]
        sums.add((pieces.total() &* factor) &>> 8)
    }

    private func finish(_ sums: SIMD32<Int32>, dense: DenseFeatures, scratch: inout ClassifierScratch) -> Reading {
        dense.write(scratch.text, to: &scratch.dense)
        let root = Int64(FixedPoint.inverseRoots[min(scratch.text.tokens.count, TextReader.tokenLimit)])
        var reading = Reading()
        var low = SIMD8<Int32>.zero
        var middle = low
        var high = low
        let rows = denseRows.span
        for index in 0..<DenseFeatures.count where scratch.dense[index] != 0 {
            let value = SIMD8<Int32>(repeating: scratch.dense[index])
            low &+= value &* rows[index * 3]
            middle &+= value &* rows[index * 3 + 1]
            high &+= value &* rows[index * 3 + 2]
        }
        for lane in 0..<Head.laneCount {
            let line = lane < 8 ? low[lane] : lane < 16 ? middle[lane - 8] : high[lane - 16]
            let sparse = (Int64(sums[lane]) * root * Int64(scales[lane])) >> 27
            reading.logits[lane] = Int32(clamping: sparse + Int64(line >> 6) + Int64(biases[lane]))
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

    /// A scratch without memory of tokens yet.
    public init() {}
}
