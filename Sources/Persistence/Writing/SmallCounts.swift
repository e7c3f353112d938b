/// Several small counts in one integer: nearly all that a batch adds to a row is 0 or 1, and each column of arrays that
/// `unnest` takes apart costs the server a quarter of a microsecond a row, where a shift and a mask cost a tenth of that.
///
/// Counts of 0…63 fit, ten to a `bigint`. A batch with any other goes by whole columns.
enum SmallCounts {
    /// How many counts one integer holds.
    static let perInteger = 10
    private static let bits = 6

    /// The integer of at most ten counts, the first in the lowest bits; nil where one doesn't fit.
    @inline(__always)
    static func pack<let count: Int>(_ counts: [count of Int32]) -> Int64? {
        var packed: UInt64 = 0
        var all: Int32 = 0
        for place in counts.indices {
            all |= counts[place]
            packed |= UInt64(UInt32(bitPattern: counts[place])) << UInt64(place &* bits)
        }
        return all & ~63 == 0 ? Int64(bitPattern: packed) : nil
    }

    /// The expressions that take columns out of an integer column again.
    static func unpacked(_ columns: some Sequence<String>, from packed: String) -> [String] {
        columns.enumerated().map { place, column in "(\(packed) >> \(place * bits) & 63)::integer AS \(column)" }
    }
}
