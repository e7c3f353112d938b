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

    /// Fills in probabilities and labels from the sums; nothing where there are not as many numbers as there should be.
    func apply(to reading: inout Reading) {
        let table = FixedPoint.exponentials
        guard slopes.count == Head.count, offsets.count == Head.laneCount, decisions.count == Head.laneCount,
            table.count > FixedPoint.exponentialSteps
        else { return }
        let logits = reading.logits
        slopes.withUnsafeBufferPointer { slopes in
            offsets.withUnsafeBufferPointer { offsets in
                decisions.withUnsafeBufferPointer { decisions in
                    table.withUnsafeBufferPointer { exponentials in
                        // Lanes are reached through memory: a lane of a vector by a variable number costs a copy of it.
                        withUnsafeBytes(of: logits) { logits in
                            let terms = Terms(
                                exponentials: exponentials,
                                slopes: slopes,
                                offsets: offsets,
                                decisions: decisions,
                                logits: logits.bindMemory(to: Int32.self)
                            )
                            terms.apply(to: &reading)
                        }
                    }
                }
            }
        }
    }

    /// What a calibration reckons with: a slope a head, and of all others a number a lane.
    private struct Terms {
        let exponentials: UnsafeBufferPointer<Int64>
        let slopes: UnsafeBufferPointer<Int32>
        let offsets: UnsafeBufferPointer<Int32>
        let decisions: UnsafeBufferPointer<Int32>
        let logits: UnsafeBufferPointer<Int32>

        /// Heads with numbers that are known when this is compiled, so that loops unroll.
        @inline(__always)
        func apply(to reading: inout Reading) {
            withUnsafeMutableBytes(of: &reading.probabilities) { bytes in
                let probabilities = bytes.bindMemory(to: Int16.self)
                var labels = SIMD8<Int8>.zero
                labels[0] = choose(0, 0, 3, probabilities)
                labels[1] = choose(1, 3, 4, probabilities)
                labels[2] = decide(2, 7, probabilities)
                labels[3] = decide(3, 8, probabilities)
                labels[4] = decide(4, 9, probabilities)
                labels[5] = choose(5, 10, 7, probabilities)
                labels[6] = decide(6, 17, probabilities)
                labels[7] = decide(7, 18, probabilities)
                reading.labels = labels
            }
        }

        @inline(__always)
        private func scaled(_ lane: Int, _ slope: Int64) -> Int64 {
            ((Int64(logits[lane]) &* slope) &>> 12) &+ Int64(offsets[lane])
        }

        /// A head of two labels.
        @inline(__always)
        private func decide(_ head: Int, _ lane: Int, _ probabilities: UnsafeMutableBufferPointer<Int16>) -> Int8 {
            probabilities[lane] = FixedPoint.logistic(scaled(lane, Int64(slopes[head])), exponentials)
            return Int64(logits[lane]) &+ Int64(decisions[lane]) > 0 ? 1 : 0
        }

        /// A head of `count` labels.
        @inline(__always)
        private func choose(
            _ head: Int,
            _ first: Int,
            _ count: Int,
            _ probabilities: UnsafeMutableBufferPointer<Int16>
        ) -> Int8 {
            let slope = Int64(slopes[head])
            var best = 0
            var bestScore = Int64.min
            var top = Int64.min
            var parts = InlineArray<8, Int64>(repeating: 0)
            for lane in 0..<count {
                let score = Int64(logits[first &+ lane]) &+ Int64(decisions[first &+ lane])
                best = score > bestScore ? lane : best
                bestScore = max(bestScore, score)
                parts[lane] = scaled(first &+ lane, slope)
                top = max(top, parts[lane])
            }
            var sum: UInt64 = 0
            for lane in 0..<count {
                parts[lane] = FixedPoint.exponential(ofMinus: top &- parts[lane], exponentials)
                sum &+= UInt64(bitPattern: parts[lane])
            }
            var rest: Int64 = 10_000
            // The greatest part is 2^30, so this is 40,000 at most, and the product fits.
            let scale = Int64(bitPattern: (UInt64(10_000) << 32) / sum)
            for lane in 0..<count {
                let share = (parts[lane] &* scale) &>> 32
                probabilities[first &+ lane] = Int16(truncatingIfNeeded: share)
                rest &-= share
            }
            // What rounding has left goes to the label decided for, so that the sum is 10,000.
            probabilities[first &+ best] &+= Int16(truncatingIfNeeded: rest)
            return Int8(truncatingIfNeeded: best)
        }
    }
}
