/// What a model says of one text, by head.
@frozen
public struct Reading: Sendable, Equatable {
    /// The raw sums in units of 1/4096, before calibration: a lane a label; heads of two labels have one lane.
    public var logits: SIMD32<Int32> = .zero
    /// Probabilities in ten-thousandths, by lane; heads of two labels have that of the second label.
    public var probabilities: SIMD32<Int16> = .zero
    /// The label that each head decides for, by the index of the head.
    public var labels: SIMD8<Int8> = .zero

    /// A reading of nothing.
    public init() {}

    /// The label that a head decides for, as an index into its labels.
    public func label(_ head: Head) -> Int { Int(labels[head.index]) }

    /// The probability of a label of a head, 0 … 10,000. Those of a head's labels sum to 10,000.
    public func probability(_ head: Head, _ label: Int) -> Int16 {
        let lanes = head.lanes
        if lanes.count == 1 {
            let second = probabilities[lanes.lowerBound]
            return label == 1 ? second : 10_000 - second
        }
        return lanes.count > label && label >= 0 ? probabilities[lanes.lowerBound + label] : 0
    }
}

/// How a head's sums become probabilities and a label.
public struct Calibration: Sendable, Equatable {
    /// What sums are multiplied by, by head, in units of 1/4096.
    public var slopes: [Int32]
    /// What is added to a lane then, in units of 1/4096 of a logit.
    public var offsets: [Int32]
    /// What is added to a lane's uncalibrated sum where the label is decided.
    public var decisions: [Int32]

    /// Leaves sums as they are.
    public static let identity = Calibration(
        slopes: [Int32](repeating: 4096, count: Head.allCases.count),
        offsets: [Int32](repeating: 0, count: Head.laneCount),
        decisions: [Int32](repeating: 0, count: Head.laneCount)
    )

    /// Makes a calibration: 8 slopes, 19 offsets and 19 decisions.
    public init(slopes: [Int32], offsets: [Int32], decisions: [Int32]) {
        self.slopes = slopes
        self.offsets = offsets
        self.decisions = decisions
    }

    /// Fills in probabilities and labels from the sums.
    func apply(to reading: inout Reading) {
        let table = FixedPoint.exponentials
        let exponentials = table.span
        let slopes = slopes.span
        let offsets = offsets.span
        let decisions = decisions.span
        // Lanes are reached through memory: a lane of a vector by a variable number costs a copy of the vector.
        let logits = reading.logits
        withUnsafeBytes(of: logits) { logits in
            withUnsafeMutableBytes(of: &reading.probabilities) { probabilities in
                let logits = logits.bindMemory(to: Int32.self)
                let probabilities = probabilities.bindMemory(to: Int16.self)
                for head in 0..<Head.count {
                    let first = Head.firstLanes[head]
                    let end = Head.firstLanes[head + 1]
                    let slope = Int64(slopes[head])
                    if end - first == 1 {
                        let logit = Int64(logits[first])
                        reading.labels[head] = logit + Int64(decisions[first]) > 0 ? 1 : 0
                        let scaled = ((logit &* slope) &>> 12) &+ Int64(offsets[first])
                        probabilities[first] = FixedPoint.logistic(scaled, exponentials)
                        continue
                    }
                    var best = first
                    var bestScore = Int64.min
                    var top = Int64.min
                    for lane in first..<end {
                        let logit = Int64(logits[lane])
                        let score = logit &+ Int64(decisions[lane])
                        if score > bestScore { (best, bestScore) = (lane, score) }
                        top = max(top, ((logit &* slope) &>> 12) &+ Int64(offsets[lane]))
                    }
                    var sum: Int64 = 0
                    var parts = InlineArray<8, Int64>(repeating: 0)
                    for lane in first..<end {
                        let logit = ((Int64(logits[lane]) &* slope) &>> 12) &+ Int64(offsets[lane])
                        let part = FixedPoint.exponential(ofMinus: top &- logit, exponentials)
                        parts[lane - first] = part
                        sum &+= part
                    }
                    var rest: Int64 = 10_000
                    // The greatest part is 2^30, so this is 40,000 at most, and the product fits.
                    let scale = (Int64(10_000) << 32) / sum
                    for lane in first..<end {
                        let share = (parts[lane - first] &* scale) &>> 32
                        probabilities[lane] = Int16(truncatingIfNeeded: share)
                        rest &-= share
                    }
                    // What rounding has left goes to the label decided for, so that the sum is 10,000.
                    probabilities[best] &+= Int16(truncatingIfNeeded: rest)
                    reading.labels[head] = Int8(truncatingIfNeeded: best - first)
                }
            }
        }
    }
}
