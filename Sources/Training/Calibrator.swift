internal import Classification

/// What a head's label is chosen for.
public enum Aim: Sendable {
    /// The mean recall of all labels.
    case macroRecall
    /// The mean F1 of all labels.
    case macroF1
    /// The F1 of the second label.
    case secondF1
    /// The share of right answers.
    case accuracy
}

/// Finds calibration and decision offsets from sums of texts that their model has not seen.
public struct Calibrator {
    /// What labels are chosen for.
    public var aim: Aim
    /// How common each label is assumed to be where the model will be used; nil: as in these texts.
    public var shares: [Double]?

    /// Makes a calibrator.
    public init(aim: Aim, shares: [Double]? = nil) {
        self.aim = aim
        self.shares = shares
    }

    /// What was found: in natural units, a lane each.
    public struct Result: Sendable {
        /// What sums are multiplied by.
        public var slope = 1.0
        /// What is added then.
        public var offsets: [Double]
        /// What is added to a plain sum where the label is chosen.
        public var decisions: [Double]
    }

    /// Fits slope and offsets by greatest likelihood, and decisions by trying.
    public func fit(_ sums: [SIMD8<Float>], _ labels: [Int], lanes: Int) -> Result {
        var result = Result(
            offsets: [Double](repeating: 0, count: lanes),
            decisions: [Double](repeating: 0, count: lanes)
        )
        let weights = weights(labels, count: max(2, lanes))
        fitProbabilities(sums, labels, weights, &result)
        decide(sums, labels, weights, &result)
        return result
    }

    private func weights(_ labels: [Int], count: Int) -> [Double] {
        var counts = [Double](repeating: 0, count: count)
        for label in labels { counts[label] += 1 }
        guard let shares else { return [Double](repeating: 1, count: labels.count) }
        return labels.map { shares[$0] * Double(labels.count) / max(1, counts[$0]) }
    }

    /// Gradient steps with the curvature's diagonal: the function is convex and has few variables.
    private func fitProbabilities(_ sums: [SIMD8<Float>], _ labels: [Int], _ weights: [Double], _ result: inout Result)
    {
        let lanes = result.offsets.count
        for _ in 0..<150 {
            var slopeGradient = 1e-9
            var slopeCurve = 1e-3
            var gradients = [Double](repeating: 0, count: lanes)
            var curves = [Double](repeating: 1e-3, count: lanes)
            for index in labels.indices {
                var logits = SIMD8<Float>.zero
                for lane in 0..<lanes {
                    logits[lane] = Float(result.slope * Double(sums[index][lane]) + result.offsets[lane])
                }
                let (_, error) = HeadProblem.error(logits, label: labels[index], lanes: lanes)
                for lane in 0..<lanes {
                    let sum = Double(sums[index][lane])
                    let probability =
                        Double(error[lane])
                        + (lanes == 1 ? (labels[index] == 1 ? 1 : 0) : (labels[index] == lane ? 1 : 0))
                    let curve = weights[index] * probability * (1 - probability)
                    slopeGradient += weights[index] * Double(error[lane]) * sum
                    slopeCurve += curve * sum * sum
                    gradients[lane] += weights[index] * Double(error[lane])
                    curves[lane] += curve
                }
            }
            result.slope = max(0.05, result.slope - 0.5 * slopeGradient / slopeCurve)
            for lane in 0..<lanes { result.offsets[lane] -= 0.5 * gradients[lane] / curves[lane] }
        }
    }

    // MARK: - Decisions

    private func decide(_ sums: [SIMD8<Float>], _ labels: [Int], _ weights: [Double], _ result: inout Result) {
        let lanes = result.offsets.count
        // Most probable first; then each lane is moved while that helps, in coarse and fine steps.
        if lanes > 1 {
            for lane in 0..<lanes { result.decisions[lane] = result.offsets[lane] / result.slope }
        } else {
            result.decisions[0] = result.offsets[0] / result.slope
        }
        var best = value(sums, labels, weights, result.decisions)
        for step in [0.4, 0.2, 0.1, 0.05] {
            for _ in 0..<3 {
                for lane in 0..<lanes {
                    for sign in [-1.0, 1.0] {
                        var tried = result.decisions
                        tried[lane] += sign * step
                        let value = value(sums, labels, weights, tried)
                        // A gain must be worth it: small sets reward luck.
                        if value > best + 2e-4 { (best, result.decisions) = (value, tried) }
                    }
                }
            }
        }
    }

    private func value(_ sums: [SIMD8<Float>], _ labels: [Int], _ weights: [Double], _ decisions: [Double]) -> Double {
        let lanes = decisions.count
        let count = max(2, lanes)
        var table = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for index in labels.indices {
            table[labels[index]][Self.label(sums[index], decisions)] += weights[index]
        }
        func recall(_ label: Int) -> Double { table[label][label] / max(1e-9, table[label].reduce(0, +)) }
        func f1(_ label: Int) -> Double {
            let said = table.reduce(0) { $0 + $1[label] }
            return 2 * table[label][label] / max(1e-9, said + table[label].reduce(0, +))
        }
        switch aim {
        case .macroRecall: return (0..<count).reduce(0) { $0 + recall($1) } / Double(count)
        case .macroF1: return (0..<count).reduce(0) { $0 + f1($1) } / Double(count)
        case .secondF1: return f1(1)
        case .accuracy: return (0..<count).reduce(0) { $0 + table[$1][$1] } / max(1e-9, Double(labels.count))
        }
    }

    /// The label of sums, decided with offsets.
    public static func label(_ sums: SIMD8<Float>, _ decisions: [Double]) -> Int {
        if decisions.count == 1 { return Double(sums[0]) + decisions[0] > 0 ? 1 : 0 }
        var best = 0
        for lane in 1..<decisions.count
        where Double(sums[lane]) + decisions[lane] > Double(sums[best]) + decisions[best] { best = lane }
        return best
    }
}
