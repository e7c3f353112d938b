/// Draws ranks by the law of Zipf and Mandelbrot: the weight of rank k is 1 / (k + shift)^exponent, k from 1.
///
/// An alias table (Walker 1977, built as by Vose 1991): a draw costs one random number and one look-up, 8 bytes a rank.
/// The exponent is given in eighths so that powers need only square roots, which IEEE 754 rounds exactly: the table
/// is the same on every machine, which `pow` does not promise.
struct ZipfSampler: Sendable {
    private var thresholds: [UInt32]
    private var aliases: [UInt32]

    /// A sampler of `count` ranks (at least 1).
    init(count: Int, exponentEighths: Int, shift: Int) {
        let count = max(1, count)
        var weights = [Double](repeating: 0, count: count)
        var total = 0.0
        for index in weights.indices {
            let weight = 1 / Self.power(Double(index + 1 + max(0, shift)), eighths: exponentEighths)
            weights[index] = weight
            total += weight
        }
        thresholds = [UInt32](repeating: .max, count: count)
        aliases = (0..<count).map { UInt32(truncatingIfNeeded: $0) }
        var small: [Int] = []
        var large: [Int] = []
        for index in weights.indices {
            weights[index] = weights[index] / total * Double(count)
            if weights[index] < 1 { small.append(index) } else { large.append(index) }
        }
        while let low = small.popLast(), let high = large.popLast() {
            thresholds[low] = UInt32(min(max(weights[low], 0) * 4_294_967_296, 4_294_967_295))
            aliases[low] = UInt32(truncatingIfNeeded: high)
            weights[high] = (weights[high] + weights[low]) - 1
            if weights[high] < 1 { small.append(high) } else { large.append(high) }
        }
    }

    /// A rank, counted from 0.
    @inline(__always)
    func draw(_ random: inout SeededRandom) -> Int {
        let bits = random.next()
        let column = Int(truncatingIfNeeded: ((bits >> 32) &* UInt64(truncatingIfNeeded: thresholds.count)) >> 32)
        let coin = UInt32(truncatingIfNeeded: bits)
        return coin < thresholds[column] ? column : Int(aliases[column])
    }

    private static func power(_ base: Double, eighths: Int) -> Double {
        var result = 1.0
        for _ in 0..<max(0, eighths / 8) { result *= base }
        let half = base.squareRoot()
        let quarter = half.squareRoot()
        if eighths & 4 != 0 { result *= half }
        if eighths & 2 != 0 { result *= quarter }
        if eighths & 1 != 0 { result *= quarter.squareRoot() }
        return result
    }
}
