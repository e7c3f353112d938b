/// Object identifiers of the types that this client reads and writes; fixed numbers in PostgreSQL's `pg_type`.
public enum TypeOID {
    /// `boolean`
    public static let bool: UInt32 = 16
    /// `bytea`
    public static let bytea: UInt32 = 17
    /// `bigint`
    public static let int8: UInt32 = 20
    /// `smallint`
    public static let int2: UInt32 = 21
    /// `integer`
    public static let int4: UInt32 = 23
    /// `text`
    public static let text: UInt32 = 25
    /// `double precision`
    public static let double: UInt32 = 701
    /// `timestamp with time zone`
    public static let timestamptz: UInt32 = 1184

    static let oid: UInt32 = 26
    static let real: UInt32 = 700
    static let date: UInt32 = 1082
    static let timestamp: UInt32 = 1114
    static let numeric: UInt32 = 1700
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802

    /// The array type of an element type, or 0 ("let the server infer it") for a type that is not listed here.
    static func array(of element: UInt32) -> UInt32 {
        switch element {
        case bool: 1000
        case bytea: 1001
        case int2: 1005
        case int4: 1007
        case text: 1009
        case int8: 1016
        case double: 1022
        case timestamptz: 1185
        default: 0
        }
    }
}

/// PostgreSQL's binary timestamps: microseconds since 2000-01-01T00:00:00Z; the least and greatest values mean
/// −infinity and infinity.
enum TimestampEpoch {
    private static let offset: Int64 = 946_684_800_000_000

    /// From microseconds since 1970; what is too early for the type becomes −infinity.
    static func wire(fromUnix microseconds: Int64) -> Int64 {
        if microseconds == .max { return .max }
        let (value, overflow) = microseconds.subtractingReportingOverflow(offset)
        return overflow ? .min : value
    }

    /// To microseconds since 1970, infinities being the least and greatest values.
    static func unix(fromWire value: Int64) -> Int64 {
        if value == .min { return .min }
        let (microseconds, overflow) = value.addingReportingOverflow(offset)
        return overflow ? .max : microseconds
    }
}
