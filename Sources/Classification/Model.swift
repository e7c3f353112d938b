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
    /// The same, in rows of 24.
    private let denseRows: [Int16]
    // Tables of FixedPoint: a shared constant costs a look each time.
    private let inverseRoots = FixedPoint.inverseRoots
    private let pieceFactors = FixedPoint.pieceFactors
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

    private static func widened(_ dense: [Int16]) -> [Int16] {
        var rows = [Int16](repeating: 0, count: DenseFeatures.count * 24)
        for (place, weight) in dense.enumerated() where place / Head.laneCount < DenseFeatures.count {
            rows[place / Head.laneCount * 24 + place % Head.laneCount] = weight
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
        let sums = sum(&scratch)
        scratch.knownWords = sums.knownWords
        return finish(sums.lanes.total(), dense: sums.dense, scratch: &scratch)
    }

    private struct Sums {
        var lanes = LaneSums()
        var dense = DenseFeatures()
        var knownWords: Int32 = 0
    }

    /// Three passes, so that the table's cache misses overlap: guess all slots by their tags; touch them; add rows.
    private func sum(_ scratch: inout ClassifierScratch) -> Sums {
        var sums = Sums()
        let slots = table.slots.span
        let tags = table.tags.span
        let count = scratch.text.tokens.count
        // Taken out, so that they are written in place.
        var lookups = Lookups()
        swap(&lookups, &scratch.lookups)
        defer { swap(&lookups, &scratch.lookups) }
        lookups.reserve(tokens: count)
        let others = table.tags.withUnsafeBytes { tags in
            table.slots.withUnsafeBufferPointer { slots in
                Self.guess(scratch.text.tokens.span, &lookups, tags, slots)
            }
        }
        let tokens = scratch.text.tokens.span
        let keys = lookups.keys.span
        let guesses = lookups.guesses.span
        let marks = lookups.marks.span
        var reach = 0
        for index in 0..<count {
            let token = tokens[index]
            if token.endsClause {
                reach = 0
                if token.kind == .word { sums.dense.contrast() }
            }
            var slot = Int(guesses[index])
            if slot >= 0, marks[index] != FeatureRow.mark(of: token.key) {
                slot = FeatureTable.find(token.key, tags, slots)
            }
            if slot >= 0 {
                let row = slots[slot]
                sums.lanes.add(row)
                sums.knownWords &+= token.kind == .word ? 1 : 0
                if row.hasValences { sums.dense.add(row.valences, negated: reach > 0) }
            } else if token.kind == .word {
                addPieces(of: token, in: scratch.text.spelling.span, to: &sums.lanes)
            }
            if reach > 0 { reach &-= 1 }
            if token.negates { reach = FeatureKeys.negationReach }
        }
        for index in count..<others {
            var slot = Int(guesses[index])
            if marks[index] != FeatureRow.mark(of: keys[index]) { slot = FeatureTable.find(keys[index], tags, slots) }
            if slot >= 0 { sums.lanes.add(slots[slot]) }
        }
        return sums
    }

    /// Writes the guessed slots of words, a place a token, then those of pairs and negated words that have one; says
    /// where these end.
    private static func guess(
        _ tokens: Span<Token>,
        _ lookups: inout Lookups,
        _ tags: UnsafeRawBufferPointer,
        _ slots: UnsafeBufferPointer<FeatureRow>
    ) -> Int {
        lookups.keys.withUnsafeMutableBufferPointer { keys in
            lookups.guesses.withUnsafeMutableBufferPointer { guesses in
                lookups.marks.withUnsafeMutableBufferPointer { marks in
                    let end = guess(tokens, keys, guesses, tags)
                    // Loads that nothing waits for, in a loop so small that many are on their way at a time.
                    for index in 0..<end { marks[index] = slots[max(0, Int(guesses[index]))].mark }
                    return end
                }
            }
        }
    }

    @inline(__always)
    private static func guess(
        _ tokens: Span<Token>,
        _ keys: UnsafeMutableBufferPointer<UInt64>,
        _ guesses: UnsafeMutableBufferPointer<Int32>,
        _ tags: UnsafeRawBufferPointer
    ) -> Int {
        var end = tokens.count
        @inline(__always)
        func add(_ key: UInt64) {
            let slot = FeatureTable.guess(key, tags)
            keys[end] = key
            guesses[end] = slot
            // Most pairs are not there: written over by the next, without a branch.
            end &+= slot >= 0 ? 1 : 0
        }
        var reach = 0
        var previous = FeatureKeys.edge
        var starts = false
        for index in tokens.indices {
            let token = tokens[index]
            if token.endsClause { reach = 0 }
            guesses[index] = FeatureTable.guess(token.key, tags)
            add(FeatureKeys.pair(previous, token.key))
            if starts { add(FeatureKeys.pair(FeatureKeys.edge, token.key)) }
            starts = token.startsSentence
            if reach > 0 {
                add(FeatureKeys.negated(token.key))
                reach &-= 1
            }
            if token.negates { reach = FeatureKeys.negationReach }
            previous = token.key
        }
        add(FeatureKeys.pair(previous, FeatureKeys.edge))
        return end
    }

    @inline(never)
    func addPieces(of token: Token, in spelling: Span<UInt8>, to sums: inout LaneSums) {
        let word = spelling.extracting(Int(token.start)..<Int(token.start + token.length))
        var pieces = LaneSums()
        table.tags.withUnsafeBytes { bytes in
            // On the stack, and not filled first: no word has more pieces.
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 72) { keys in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 72) { guesses in
                    var count = 0
                    FeatureKeys.forEachPiece(of: word) { key in
                        let slot = FeatureTable.guess(key, bytes)
                        keys[count] = key
                        guesses[count] = slot
                        count &+= slot >= 0 ? 1 : 0
                    }
                    let slots = table.slots.span
                    let tags = table.tags.span
                    for index in 0..<count {
                        let slot = FeatureTable.settle(guesses[index], keys[index], tags, slots)
                        if slot >= 0 { pieces.add(slots[slot]) }
                    }
                }
            }
        }
        sums.add(pieces.total(), times: pieceFactors[min(FeatureKeys.pieceCount(word.count), 96)])
    }

    private func finish(
        _ sums: LaneSums.Totals,
        dense features: DenseFeatures,
        scratch: inout ClassifierScratch
    ) -> Reading {
        features.write(scratch.text, to: &scratch.dense)
        let root = Int64(inverseRoots[min(scratch.text.tokens.count, TextReader.tokenLimit)])
        var lines = LaneSums.Totals(repeating: 0)
        denseRows.withUnsafeBufferPointer { rows in
            for index in 0..<DenseFeatures.count where scratch.dense[index] != 0 {
                // Neither is wider than 16 bits, and a product of such is cheap.
                let value = Int32(Int16(clamping: scratch.dense[index]))
                let row = index * 24
                for lane in 0..<24 { lines[lane] &+= value &* Int32(rows[row &+ lane]) }
            }
        }
        var reading = Reading()
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

/// Where the rows of a text's features are: a place a token, then the pairs and negated words.
struct Lookups: Sendable {
    /// Keys of pairs and negated words.
    var keys: [UInt64] = []
    /// Slots as the tags have it; -1 for none.
    var guesses: [Int32] = []
    /// What the slots hold.
    var marks: [UInt32] = []

    /// Makes place for the features of so many tokens: a word, two pairs and a negated word each, and the last pair.
    mutating func reserve(tokens: Int) {
        let wanted = tokens * 4 + 2
        guard keys.count < wanted else { return }
        keys = [UInt64](repeating: 0, count: wanted * 2)
        guesses = [Int32](repeating: 0, count: wanted * 2)
        marks = [UInt32](repeating: 0, count: wanted * 2)
    }
}
