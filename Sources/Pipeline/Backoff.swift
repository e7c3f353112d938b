/// Exponential back-off with full jitter (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015):
/// workers that lost the same database don't come back all at once.
public struct Backoff: Sendable {
    private let base: Double
    private let limit: Double
    private var state: UInt64
    /// Failures since the last success.
    public private(set) var failures = 0

    /// Waits grow from about `base` to at most `limit`; `seed` decides the jitter.
    public init(base: Duration = .milliseconds(100), limit: Duration = .seconds(2), seed: UInt64) {
        self.base = base / .milliseconds(1)
        self.limit = limit / .milliseconds(1)
        state = seed
    }

    /// The next wait: half of the grown interval for certain, the other half at random.
    public mutating func next() -> Duration {
        let interval = min(limit, base * Double(UInt64(1) << UInt64(min(failures, 20))))
        failures += 1
        // SplitMix64 (Steele, Lea, Flood 2014): one addition and a mix, enough for jitter.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        let fraction = Double((mixed ^ (mixed >> 31)) >> 11) / Double(UInt64(1) << 53)
        return .milliseconds(Int64(interval / 2 + interval / 2 * fraction))
    }

    /// Forgets the failures after a success.
    public mutating func reset() {
        failures = 0
    }
}
