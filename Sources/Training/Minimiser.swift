/// Rows of weights, one lane a label.
typealias Weights = [SIMD8<Float>]

/// Limited-memory BFGS (Nocedal 1980; Liu and Nocedal 1989) with a backtracking line search: deterministic, one thread.
struct Minimiser {
    /// How many steps are taken at most.
    var iterations = 50
    /// How many past steps are remembered.
    var memory = 7
    /// Ends when the loss falls by less than this share.
    var tolerance = 1e-5

    /// Minimises a function that returns its value and writes its gradient.
    func minimise(_ start: Weights, _ function: (Weights, inout Weights) -> Double) -> Weights {
        var point = start
        var gradient = Weights(repeating: .zero, count: start.count)
        var value = function(point, &gradient)
        var steps: [(step: Weights, change: Weights, curvature: Double)] = []
        var nextGradient = gradient
        for iteration in 0..<iterations {
            var direction = gradient
            var factors: [Double] = []
            for past in steps.reversed() {
                let factor = Self.dot(past.step, direction) / past.curvature
                factors.append(factor)
                Self.add(-factor, past.change, to: &direction)
            }
            if let last = steps.last {
                Self.scale(&direction, by: last.curvature / max(1e-30, Self.dot(last.change, last.change)))
            } else {
                Self.scale(&direction, by: 1 / max(1, Self.dot(gradient, gradient).squareRoot()))
            }
            for (past, factor) in zip(steps, factors.reversed()) {
                let back = Self.dot(past.change, direction) / past.curvature
                Self.add(factor - back, past.step, to: &direction)
            }
            let slope = -Self.dot(gradient, direction)
            guard slope < 0 else { break }
            var size = 1.0
            var next = point
            var nextValue = value
            var tries = 0
            repeat {
                next = point
                Self.add(-size, direction, to: &next)
                nextValue = function(next, &nextGradient)
                if nextValue <= value + 1e-4 * size * slope { break }
                size /= iteration == 0 ? 4 : 2
                tries += 1
            } while tries < 20
            guard nextValue < value else { break }
            var step = next
            Self.add(-1, point, to: &step)
            var change = nextGradient
            Self.add(-1, gradient, to: &change)
            let curvature = Self.dot(step, change)
            if curvature > 1e-10 {
                steps.append((step, change, curvature))
                if steps.count > memory { steps.removeFirst() }
            }
            let fall = value - nextValue
            point = next
            value = nextValue
            swap(&gradient, &nextGradient)
            if fall < tolerance * abs(value) { break }
        }
        return point
    }

    private static func dot(_ left: Weights, _ right: Weights) -> Double {
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                var sum = SIMD8<Double>.zero
                for index in left.indices { sum += SIMD8<Double>(left[index] * right[index]) }
                return sum.sum()
            }
        }
    }

    private static func add(_ factor: Double, _ source: Weights, to target: inout Weights) {
        let factor = SIMD8<Float>(repeating: Float(factor))
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                for index in source.indices { target[index] += factor * source[index] }
            }
        }
    }

    private static func scale(_ target: inout Weights, by factor: Double) {
        let factor = Float(factor)
        target.withUnsafeMutableBufferPointer { target in
            for index in target.indices { target[index] *= factor }
        }
    }
}
