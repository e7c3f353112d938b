/// What is usual, from a sample that may hold outliers: the median, and the median of the distances from it (MAD). Half of
/// the sample may be anything without moving either far (Hampel, JASA 69, 1974).
public struct RobustBaseline: Sendable, Equatable {
    /// The median.
    public let median: Double
    /// The median absolute deviation.
    public let deviation: Double

    /// MAD × this estimates the standard deviation of a normal distribution.
    private static let consistency = 1.4826
    /// Added to the spread: one mention more or less is no news, also where all hours are equal.
    private static let floor = 1.0

    /// The baseline of a sample; nil of none. O(n log n).
    public init?(_ sample: [Int32]) {
        guard !sample.isEmpty else { return nil }
        median = Self.middle(sample.map(Double.init).sorted())
        let centre = median
        deviation = Self.middle(sample.map { abs(Double($0) - centre) }.sorted())
    }

    /// How far a value is above the usual, in usual spreads. No count of things that happen independently is steadier than
    /// the root of its mean (Poisson): a small sample that looks so does by chance.
    public func z(_ value: Int32) -> Double {
        let spread = max(Self.consistency * deviation, max(0, median).squareRoot())
        return (Double(value) - median) / (spread + Self.floor)
    }

    private static func middle(_ sorted: [Double]) -> Double {
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    }
}
