public import Classification

/// How a head is trained.
public struct HeadSettings: Sendable {
    /// Strength of the pull towards 0; the larger, the weaker are single features.
    public var ridge: Float = 1
    /// 0: every text counts the same; 1: every label counts the same.
    public var balance: Float = 0.5
    /// Words and pairs must stand in so many of the head's texts to have weights of their own.
    public var leastWords: Int32 = 2
    /// The same for pairs and negated words.
    public var leastOthers: Int32 = 2
    /// What each group of features is multiplied by: the larger, the less it is pulled towards 0.
    public var scales = GroupScales()
    /// Steps of the minimiser.
    public var iterations = 90

    /// The defaults.
    public init() {}
}

/// What each group of features is multiplied by before it is learned from.
public struct GroupScales: Sendable {
    /// Single words.
    public var words: Float = 1
    /// Word vectors.
    public var vectors: Float = 0.4
    /// Pieces of words.
    public var pieces: Float = 0.7
    /// Classes of words.
    public var classes: Float = 1.5
    /// Pairs and negated words.
    public var others: Float = 0.7
    /// Dense features.
    public var dense: Float = 0.5

    /// The defaults.
    public init() {}
}

/// A trained head: rows of weights, unscaled, a lane a label.
public struct HeadWeights: Sendable {
    /// By word of the vocabulary: what a text with this word gets, before the text's length counts.
    public var words: [SIMD8<Float>]
    /// By pair or negated word.
    public var others: [SIMD8<Float>]
    /// By piece.
    public var pieces: [SIMD8<Float>]
    /// By dense feature; for a feature value of 1.
    public var dense: [SIMD8<Float>]
    /// What every text gets.
    public var bias: SIMD8<Float>

    /// The sums of a text.
    public func sums(of text: TextFeatures) -> SIMD8<Float> {
        var sum = SIMD8<Float>.zero
        for word in text.words { sum += words[Int(word)] }
        for other in text.others { sum += others[Int(other)] }
        sum *= 1 / Float(max(1, text.tokens)).squareRoot()
        for (index, value) in text.dense.enumerated() where value != 0 {
            sum += dense[index] * (Float(value) / Float(DenseFeatures.one))
        }
        return sum + bias
    }
}

/// Learns the weights of one head: multinomial (or, of two labels, plain) logistic regression with a ridge penalty.
public struct HeadTrainer: Sendable {
    let knowledge: WordKnowledge
    let settings: HeadSettings
    /// How many lanes the head has.
    let lanes: Int

    /// Prepares to train.
    public init(knowledge: WordKnowledge, head: Head, settings: HeadSettings) {
        self.knowledge = knowledge
        self.settings = settings
        lanes = head.lanes.count
    }

    /// Learns from texts and their labels; `weights` say how much each text counts.
    public func train(_ texts: [TextFeatures], labels: [Int], weights: [Float]? = nil) -> HeadWeights {
        let problem = HeadProblem(
            knowledge: knowledge,
            settings: settings,
            lanes: lanes,
            texts: texts,
            labels: labels,
            weights: weights
        )
        var minimiser = Minimiser()
        minimiser.iterations = settings.iterations
        let start = Weights(repeating: .zero, count: problem.layout.count)
        return problem.fold(minimiser.minimise(start) { problem.loss($0, gradient: &$1) })
    }
}

/// Where each group's rows lie among the weights that are minimised.
struct WeightLayout {
    var words: Int
    var vectors: Int
    var pieces: Int
    var classes: Int
    var others: Int
    var dense: Int

    var vectorStart: Int { words }
    var pieceStart: Int { vectorStart + vectors }
    var classStart: Int { pieceStart + pieces }
    var otherStart: Int { classStart + classes }
    var denseStart: Int { otherStart + others }
    var biasStart: Int { denseStart + dense }
    var count: Int { biasStart + 1 }
}

/// The loss of one head over its texts, as a function of the weights.
struct HeadProblem {
    let knowledge: WordKnowledge
    let settings: HeadSettings
    let lanes: Int
    let layout: WeightLayout
    /// Words of these texts, as ids of the vocabulary; the problem's own ids are places in this list.
    let wordIDs: [Int32]
    /// Which of them have weights of their own.
    let isFrequent: [Bool]
    let otherIDs: [Int32]
    let wordStarts: [Int32]
    let words: [Int32]
    let otherStarts: [Int32]
    let others: [Int32]
    let inverseRoots: [Float]
    let dense: [Float]
    let labels: [Int]
    let weights: [Float]

    init(
        knowledge: WordKnowledge,
        settings: HeadSettings,
        lanes: Int,
        texts: [TextFeatures],
        labels: [Int],
        weights: [Float]?
    ) {
        self.knowledge = knowledge
        self.settings = settings
        self.lanes = lanes
        self.labels = labels
        var wordCounts = [Int32](repeating: 0, count: knowledge.vocabulary.wordKeys.count)
        var otherCounts = [Int32](repeating: 0, count: knowledge.vocabulary.otherKeys.count)
        for text in texts {
            for word in Set(text.words) { wordCounts[Int(word)] += 1 }
            for other in Set(text.others) { otherCounts[Int(other)] += 1 }
        }
        let wordIDs = wordCounts.indices.filter { wordCounts[$0] > 0 }.map { Int32($0) }
        let otherIDs = otherCounts.indices.filter { otherCounts[$0] >= settings.leastOthers }.map { Int32($0) }
        isFrequent = wordIDs.map { wordCounts[Int($0)] >= settings.leastWords }
        var localWord = [Int32](repeating: -1, count: wordCounts.count)
        for (local, id) in wordIDs.enumerated() { localWord[Int(id)] = Int32(local) }
        var localOther = [Int32](repeating: -1, count: otherCounts.count)
        for (local, id) in otherIDs.enumerated() { localOther[Int(id)] = Int32(local) }
        self.wordIDs = wordIDs
        self.otherIDs = otherIDs
        var wordStarts: [Int32] = [0]
        var words: [Int32] = []
        var otherStarts: [Int32] = [0]
        var others: [Int32] = []
        for text in texts {
            for word in text.words { words.append(localWord[Int(word)]) }
            for other in text.others where localOther[Int(other)] >= 0 { others.append(localOther[Int(other)]) }
            wordStarts.append(Int32(words.count))
            otherStarts.append(Int32(others.count))
        }
        self.wordStarts = wordStarts
        self.words = words
        self.otherStarts = otherStarts
        self.others = others
        inverseRoots = texts.map { 1 / Float(max(1, $0.tokens)).squareRoot() }
        let scale = settings.scales.dense / Float(DenseFeatures.one)
        dense = texts.flatMap { text in text.dense.map { Float($0) * scale } }
        self.weights = Self.balanced(labels, count: lanes == 1 ? 2 : lanes, settings.balance, weights)
        layout = WeightLayout(
            words: wordIDs.count,
            vectors: knowledge.vectors.count * WordVectors.width,
            pieces: knowledge.pieceKeys.count,
            classes: WordKnowledge.classCount,
            others: otherIDs.count,
            dense: DenseFeatures.count
        )
    }

    private static func balanced(_ labels: [Int], count: Int, _ power: Float, _ weights: [Float]?) -> [Float] {
        var sums = [Double](repeating: 0, count: count)
        for (index, label) in labels.enumerated() { sums[label] += Double(weights?[index] ?? 1) }
        let all = sums.reduce(0, +)
        let factors = sums.map { sum -> Float in
            guard sum > 0 else { return 1 }
            let share = all / Double(count) / sum
            // Powers of a quarter are all that is needed, and roots are exact on every machine.
            let root = share.squareRoot()
            let quarter = root.squareRoot()
            switch (power * 4).rounded() {
            case 0: return 1
            case 1: return Float(quarter)
            case 2: return Float(root)
            case 3: return Float(root * quarter)
            default: return Float(share)
            }
        }
        return labels.indices.map { factors[labels[$0]] * (weights?[$0] ?? 1) }
    }

    // MARK: - Rows

    /// The row of a word of the vocabulary, of its own weights and of what is known of it.
    private func row(_ id: Int, own: SIMD8<Float>, _ point: UnsafeBufferPointer<SIMD8<Float>>) -> SIMD8<Float> {
        let scales = settings.scales
        var row = own * scales.words
        var at = layout.vectorStart
        for run in knowledge.vectors {
            var sum = SIMD8<Float>.zero
            for block in (id * WordVectors.blocks)..<((id + 1) * WordVectors.blocks) {
                let eight = run.rows[block]
                for lane in 0..<8 { sum += point[at + lane] * eight[lane] }
                at += 8
            }
            row += sum * scales.vectors
        }
        var sum = SIMD8<Float>.zero
        for place in Int(knowledge.pieceStarts[id])..<Int(knowledge.pieceStarts[id + 1]) {
            sum += point[layout.pieceStart + Int(knowledge.pieces[place])]
        }
        row += sum * (knowledge.pieceFactors[id] * scales.pieces)
        let bits = knowledge.classes[id]
        if bits != 0 {
            for bit in 0..<WordKnowledge.classCount where bits >> UInt8(bit) & 1 == 1 {
                row += point[layout.classStart + bit] * scales.classes
            }
        }
        return row
    }

    /// Adds what a change of a word's row means for the weights that it is made of.
    private func spread(_ id: Int, _ change: SIMD8<Float>, _ gradient: UnsafeMutableBufferPointer<SIMD8<Float>>) {
        let scales = settings.scales
        var at = layout.vectorStart
        let forVectors = change * scales.vectors
        for run in knowledge.vectors {
            for block in (id * WordVectors.blocks)..<((id + 1) * WordVectors.blocks) {
                let eight = run.rows[block]
                for lane in 0..<8 { gradient[at + lane] += forVectors * eight[lane] }
                at += 8
            }
        }
        let forPieces = change * (knowledge.pieceFactors[id] * scales.pieces)
        for place in Int(knowledge.pieceStarts[id])..<Int(knowledge.pieceStarts[id + 1]) {
            gradient[layout.pieceStart + Int(knowledge.pieces[place])] += forPieces
        }
        let bits = knowledge.classes[id]
        if bits != 0 {
            for bit in 0..<WordKnowledge.classCount where bits >> UInt8(bit) & 1 == 1 {
                gradient[layout.classStart + bit] += change * scales.classes
            }
        }
    }

    // MARK: - Loss

    func loss(_ point: Weights, gradient: inout Weights) -> Double {
        point.withUnsafeBufferPointer { point in
            gradient.withUnsafeMutableBufferPointer { gradient in loss(point, gradient) }
        }
    }

    private func loss(
        _ point: UnsafeBufferPointer<SIMD8<Float>>,
        _ gradient: UnsafeMutableBufferPointer<SIMD8<Float>>
    ) -> Double {
        var penalty = 0.0
        for index in 0..<layout.biasStart {
            let row = point[index]
            penalty += Double((row * row).sum())
            gradient[index] = row * settings.ridge
        }
        gradient[layout.biasStart] = .zero
        var rows = wordIDs.indices.map { local in
            row(Int(wordIDs[local]), own: isFrequent[local] ? point[local] : .zero, point)
        }
        var changes = Weights(repeating: .zero, count: rows.count)
        var value = Double(settings.ridge) / 2 * penalty
        rows.withUnsafeMutableBufferPointer { rows in
            changes.withUnsafeMutableBufferPointer { changes in
                for text in labels.indices { value += add(text, rows, changes, point, gradient) }
            }
        }
        for local in wordIDs.indices {
            let change = changes[local]
            if isFrequent[local] { gradient[local] += change * settings.scales.words }
            spread(Int(wordIDs[local]), change, gradient)
        }
        return value
    }

    @inline(__always)
    private func add(
        _ text: Int,
        _ rows: UnsafeMutableBufferPointer<SIMD8<Float>>,
        _ changes: UnsafeMutableBufferPointer<SIMD8<Float>>,
        _ point: UnsafeBufferPointer<SIMD8<Float>>,
        _ gradient: UnsafeMutableBufferPointer<SIMD8<Float>>
    ) -> Double {
        let otherScale = settings.scales.others
        let ownWords = Int(wordStarts[text])..<Int(wordStarts[text + 1])
        let ownOthers = Int(otherStarts[text])..<Int(otherStarts[text + 1])
        var wordSum = SIMD8<Float>.zero
        var otherSum = SIMD8<Float>.zero
        for place in ownWords { wordSum += rows[Int(words[place])] }
        for place in ownOthers { otherSum += point[layout.otherStart + Int(others[place])] }
        var sum = (wordSum + otherSum * otherScale) * inverseRoots[text] + point[layout.biasStart]
        let denseAt = text * DenseFeatures.count
        for index in 0..<DenseFeatures.count where dense[denseAt + index] != 0 {
            sum += point[layout.denseStart + index] * dense[denseAt + index]
        }
        let (value, error) = Self.error(sum, label: labels[text], lanes: lanes)
        let change = error * weights[text]
        gradient[layout.biasStart] += change
        for index in 0..<DenseFeatures.count where dense[denseAt + index] != 0 {
            gradient[layout.denseStart + index] += change * dense[denseAt + index]
        }
        let scaled = change * inverseRoots[text]
        for place in ownWords { changes[Int(words[place])] += scaled }
        let forOthers = scaled * otherScale
        for place in ownOthers { gradient[layout.otherStart + Int(others[place])] += forOthers }
        return value * Double(weights[text])
    }

    /// The loss of one text and its derivative by the sums.
    static func error(_ sums: SIMD8<Float>, label: Int, lanes: Int) -> (Double, SIMD8<Float>) {
        if lanes == 1 {
            let probability = 1 / (1 + (-Double(sums[0])).exponential)
            let right = label == 1 ? probability : 1 - probability
            var error = SIMD8<Float>.zero
            error[0] = Float(probability) - (label == 1 ? 1 : 0)
            return (right > 1e-12 ? -right.logarithm : 27.6, error)
        }
        var top = sums[0]
        for lane in 1..<lanes { top = max(top, sums[lane]) }
        var parts = SIMD8<Double>.zero
        for lane in 0..<lanes { parts[lane] = Double(sums[lane] - top).exponential }
        let all = parts.sum()
        var error = SIMD8<Float>(parts / all)
        error[label] -= 1
        let right = parts[label] / all
        return (right > 1e-12 ? -right.logarithm : 27.6, error)
    }

    // MARK: - Folding

    /// One row for every word, pair, piece and dense feature, with all scales multiplied in.
    func fold(_ point: Weights) -> HeadWeights {
        var own = Weights(repeating: .zero, count: knowledge.vocabulary.wordKeys.count)
        for (local, id) in wordIDs.enumerated() where isFrequent[local] { own[Int(id)] = point[local] }
        var others = Weights(repeating: .zero, count: knowledge.vocabulary.otherKeys.count)
        for (local, id) in otherIDs.enumerated() {
            others[Int(id)] = point[layout.otherStart + local] * settings.scales.others
        }
        return point.withUnsafeBufferPointer { point in
            HeadWeights(
                words: own.indices.map { row($0, own: own[$0], point) },
                others: others,
                pieces: knowledge.pieceKeys.indices.map { point[layout.pieceStart + $0] * settings.scales.pieces },
                dense: (0..<DenseFeatures.count).map { point[layout.denseStart + $0] * settings.scales.dense },
                bias: point[layout.biasStart]
            )
        }
    }
}

extension Double {
    /// The natural logarithm of a number above 0, from its exponent and a series.
    var logarithm: Double {
        guard self > 0, isFinite else { return -.infinity }
        var mantissa = significand
        var power = Double(exponent)
        if mantissa > 1.414 {
            mantissa /= 2
            power += 1
        }
        let ratio = (mantissa - 1) / (mantissa + 1)
        var sum = 0.0
        var term = ratio
        for index in stride(from: 1, through: 25, by: 2) {
            sum += term / Double(index)
            term *= ratio * ratio
        }
        return 2 * sum + power * 0.6931471805599453
    }
}
