public import MentionModel

/// What counts as a near copy, and how near copies are looked for.
///
/// Workers that share a database must share the scheme: signatures of long texts depend on ``shingle``, ``bands`` and
/// ``rows``, links on the rest.
public struct CopyScheme: Sendable, Equatable {
    /// Greatest number of bands.
    public static let mostBands = 16
    /// Of a folded text no more than so many bytes are looked at, so that a text of any length costs a bounded time.
    public static let mostBytes = 65_536

    /// Scalars in a shingle, 3–8.
    public let shingle: Int
    /// Bands of the sketch, 1–16. Two texts are compared when they have all rows of one band in common.
    public let bands: Int
    /// Rows in a band, 1–8. More make fewer needless comparisons and find fewer pairs.
    public let rows: Int
    /// Texts of fewer shingles (repeated ones counted) have no near copies: they stop at T1.
    public let leastShingles: Int
    /// The least Jaccard similarity of the shingle sets of a near copy, in ten-thousandths, 1–10,000.
    public let threshold: Int
    /// How far the `published_at` of two linked mentions may lie apart, in microseconds; not negative.
    public let window: Int64

    /// Makes a scheme; values out of their range are brought into it. `docs/copies.md` has the measurements behind
    /// the defaults.
    public init(
        shingle: Int = 5,
        bands: Int = 8,
        rows: Int = 5,
        leastShingles: Int = 24,
        threshold: Int = 8_000,
        window: Int64 = 7 * 86_400_000_000
    ) {
        self.shingle = min(max(shingle, 3), 8)
        self.bands = min(max(bands, 1), Self.mostBands)
        self.rows = min(max(rows, 1), 8)
        self.leastShingles = max(leastShingles, 1)
        self.threshold = min(max(threshold, 1), 10_000)
        self.window = max(window, 0)
    }

    /// Whether mentions of these two instants can be linked.
    public func isWithinWindow(_ left: Timestamp, _ right: Timestamp) -> Bool {
        reaches(from: min(left, right).microseconds, to: max(left, right).microseconds)
    }

    /// Whether `to`, which is not before `from`, lies at most the window behind it.
    func reaches(from: Int64, to: Int64) -> Bool {
        let (distance, overflow) = to.subtractingReportingOverflow(from)
        return !overflow && distance <= window
    }

    /// Whether an instant lies in an interval or at most the window outside it.
    func reaches(_ instant: Int64, first: Int64, last: Int64) -> Bool {
        instant < first ? reaches(from: instant, to: first) : instant <= last || reaches(from: last, to: instant)
    }
}
