/// Two bits of each of up to 32 min-hashes: by it most texts that share a band by chance are refused at a glance.
///
/// Two texts of Jaccard similarity J agree in about J + (1 − J) / 4 of the fields.
struct SketchPattern: Sendable, Equatable, BitwiseCopyable {
    /// Greatest number of fields.
    static let mostFields = 32

    var bits: UInt64 = 0

    /// In how many of all 32 fields two patterns agree: those that a scheme doesn't fill agree always.
    @inline(__always)
    func agreement(_ other: SketchPattern) -> Int {
        let differing = bits ^ other.bits
        return Self.mostFields - ((differing | differing >> 1) & 0x5555_5555_5555_5555).nonzeroBitCount
    }

    /// Fewer fields than this agree in few pairs that count: two standard deviations below the mean
    /// at the threshold.
    /// Short texts fill fewer bins, so theirs scatter more; `docs/copies.md` has the measurement.
    static func leastAgreement(_ scheme: CopyScheme) -> Int {
        let fields = Double(min(scheme.bands * scheme.rows, mostFields))
        let similarity = Double(scheme.threshold) / 10_000
        let share = similarity + (1 - similarity) / 4
        let mean = fields * share
        var least = Int(mean)
        // Without a square root, for which a test would have to link the C library of mathematics.
        while least > 0, (mean - Double(least)) * (mean - Double(least)) < 4 * mean * (1 - share) { least -= 1 }
        return mostFields - Int(fields) + least
    }
}
