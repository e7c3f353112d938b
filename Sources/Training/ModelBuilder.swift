public import Classification

/// Folds the weights of all heads into one table of whole numbers.
public struct ModelBuilder {
    /// No more rows than this: 32 bytes each.
    public var rowLimit = 72_000
    let knowledge: WordKnowledge

    /// Builds over a vocabulary.
    public init(knowledge: WordKnowledge) { self.knowledge = knowledge }

    private struct Candidate {
        var key: UInt64
        var lanes: [Float]
        var valences: Valences
        /// How often it was seen.
        var count: Int32
        var weight: Float
    }

    /// The model of these heads; a head that is missing says 0 to everything.
    public func build(
        _ heads: [Head: HeadWeights],
        version: String,
        card: String,
        calibration: Calibration,
        thresholds: IntentThresholds
    ) -> Model {
        var candidates = rows(heads)
        let scales = scales(of: candidates)
        for index in candidates.indices {
            var weight: Float = 0
            for lane in 0..<Head.laneCount where scales[lane] > 0 {
                weight = max(weight, abs(candidates[index].lanes[lane]) / scales[lane])
            }
            // A row that rounds to nothing is worth its place only for its valences.
            candidates[index].weight = candidates[index].valences == .none ? weight : max(weight, 8)
        }
        candidates = candidates.filter { $0.weight >= 0.5 }
        candidates.sort { ($1.weight, $0.key) < ($0.weight, $1.key) }
        var bits = 4
        while (1 << bits) / 8 * 7 < min(candidates.count, rowLimit) { bits += 1 }
        var table = FeatureTable(bits: bits)
        for candidate in candidates.prefix(rowLimit) {
            let lanes = (0..<Head.laneCount).map { lane -> Int8 in
                guard scales[lane] > 0 else { return 0 }
                return Int8(max(-127, min(127, (candidate.lanes[lane] / scales[lane]).rounded())))
            }
            let row = FeatureRow(key: candidate.key, lanes: lanes, valences: candidate.valences)
            _ = table.insert(row, for: candidate.key)
        }
        var biases = [Int32](repeating: 0, count: Head.laneCount)
        var dense = [Int16](repeating: 0, count: Head.laneCount * DenseFeatures.count)
        for (head, weights) in heads {
            for (offset, lane) in head.lanes.enumerated() {
                biases[lane] = Int32((weights.bias[offset] * 4096).rounded())
                for feature in 0..<DenseFeatures.count {
                    let value = (weights.dense[feature][offset] * 1024).rounded()
                    dense[feature * Head.laneCount + lane] = Int16(max(-8192, min(8192, value)))
                }
            }
        }
        return Model(
            version: version,
            card: card,
            table: table,
            scales: scales.map { Int32(($0 * Float(1 << 24)).rounded()) },
            biases: biases,
            dense: dense,
            calibration: calibration,
            thresholds: thresholds
        )
    }

    /// Every feature with the weights of all heads side by side, in a fixed order.
    private func rows(_ heads: [Head: HeadWeights]) -> [Candidate] {
        var candidates: [Candidate] = []
        func add(_ key: UInt64, _ valences: Valences, _ count: Int32, _ weights: (HeadWeights) -> SIMD8<Float>) {
            var lanes = [Float](repeating: 0, count: Head.laneCount)
            for head in Head.allCases {
                guard let trained = heads[head] else { continue }
                let row = weights(trained)
                for (offset, lane) in head.lanes.enumerated() { lanes[lane] = row[offset] }
            }
            candidates.append(Candidate(key: key, lanes: lanes, valences: valences, count: count, weight: 0))
        }
        let vocabulary = knowledge.vocabulary
        for (id, key) in vocabulary.wordKeys.enumerated() {
            add(key, vocabulary.lexicon[key] ?? .none, vocabulary.wordCounts[id]) { $0.words[id] }
        }
        for (id, key) in vocabulary.otherKeys.enumerated() {
            add(key, .none, vocabulary.otherCounts[id]) { $0.others[id] }
        }
        for (id, key) in knowledge.pieceKeys.enumerated() { add(key, .none, 1) { $0.pieces[id] } }
        return candidates
    }

    /// What 1 stands for, by lane: of some choices the one with the least squared error over all features as often as
    /// they were seen. A fine scale cuts large weights, a coarse one rounds small weights away.
    private func scales(of candidates: [Candidate]) -> [Float] {
        (0..<Head.laneCount).map { lane in
            let most = candidates.reduce(Float(0)) { max($0, abs($1.lanes[lane])) }
            guard most > 0 else { return 0 }
            var best: Float = 0
            var least = Double.infinity
            for share: Float in [1, 0.7, 0.5, 0.35, 0.25, 0.18] {
                let scale = most * share / 127
                var error = 0.0
                for candidate in candidates {
                    let weight = candidate.lanes[lane]
                    let kept = max(-127, min(127, (weight / scale).rounded())) * scale
                    error += Double((weight - kept) * (weight - kept)) * Double(candidate.count + 1)
                }
                if error < least { (least, best) = (error, scale) }
            }
            return best
        }
    }
}
