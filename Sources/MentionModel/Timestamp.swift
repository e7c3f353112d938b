/// An instant in microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL's `timestamptz`.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since the Unix epoch; negative before it.
    public var microseconds: Int64

    /// Makes an instant from microseconds since the Unix epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Makes an instant from milliseconds since the Unix epoch, as Kafka gives them; saturates instead of overflowing.
    public init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        microseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    /// Days since 1970-01-01, UTC, rounded down.
    public var day: Int32 { Int32(truncatingIfNeeded: floored(by: 86_400_000_000)) }

    /// Hours since 1970-01-01T00Z, rounded down.
    public var hour: Int32 { Int32(truncatingIfNeeded: floored(by: 3_600_000_000)) }

    private func floored(by unit: Int64) -> Int64 {
        let quotient = microseconds / unit
        return microseconds % unit < 0 ? quotient - 1 : quotient
    }

    /// Whether the left instant is earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}
