/// When an hour stands out.
public struct SpikeSetting: Sendable, Equatable {
    /// The least z of a spike, 1…1,000.
    public var threshold: Double
    /// The least number of mentions of a spike, at least 1.
    public var minimum: Int32
    /// For how many hours after one that stands out the next is of the same wave, 0…168.
    public var coolDown: Int32
    /// How many hours before it an hour is compared with, 24…8,760.
    public var baseline: Int32

    /// Five times the usual spread, ten mentions, six hours, four weeks.
    public static let standard = SpikeSetting()

    /// Makes a setting; what is out of range is held to it.
    public init(threshold: Double = 5, minimum: Int32 = 10, coolDown: Int32 = 6, baseline: Int32 = 672) {
        self.threshold = threshold.isNaN ? 5 : min(max(threshold, 1), 1_000)
        self.minimum = max(1, minimum)
        self.coolDown = min(max(coolDown, 0), 168)
        self.baseline = min(max(baseline, 24), 8_760)
    }
}

/// An hour that stands out.
public struct Spike: Sendable, Equatable {
    /// Hours since 1970-01-01T00Z.
    public var hour: Int32
    /// Mentions in it.
    public var value: Int32
    /// What is usual: the median of the hours that it is compared with.
    public var baseline: Double
    /// (value − baseline) / (max(1.4826 × MAD, √baseline) + 1).
    public var z: Double

    /// Makes a spike.
    public init(hour: Int32, value: Int32, baseline: Double, z: Double) {
        self.hour = hour
        self.value = value
        self.baseline = baseline
        self.z = z
    }
}
