/// A small, fast random generator whose output depends on its seed alone: xoshiro256** 1.0.
///
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2018; the state is filled by SplitMix64
/// as they advise. Not for secrets. `SystemRandomNumberGenerator` would make no two runs alike, and the standard
/// library's way of drawing from a range may change between versions; here both are fixed for ever.
public struct SeededRandom: Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// A generator at the start of the sequence of `seed`.
    public init(seed: UInt64) {
        s0 = Self.scramble(seed &+ 0x9E37_79B9_7F4A_7C15)
        s1 = Self.scramble(seed &+ 0x3C6E_F372_FE94_F82A)
        s2 = Self.scramble(seed &+ 0xDAA6_6D2C_7DDF_743F)
        s3 = Self.scramble(seed &+ 0x78DD_E6E5_FD29_F054)
    }

    /// The next 64 random bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number in `0..<bound`; 0 for a bound of 0 or less. Its bias is at most bound / 2^32.
    @inline(__always)
    public mutating func below(_ bound: Int) -> Int {
        let wide = (next() >> 32) &* UInt64(truncatingIfNeeded: max(bound, 0) & 0xFFFF_FFFF)
        return Int(truncatingIfNeeded: wide >> 32)
    }

    /// True in `share` of a million cases.
    @inline(__always)
    public mutating func chance(perMillion share: Int) -> Bool {
        below(1_000_000) < share
    }

    /// The finalizer of SplitMix64: a bijection of 64-bit numbers whose output looks random.
    @inline(__always)
    public static func scramble(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
