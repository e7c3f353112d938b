/// A parameter of a statement, in PostgreSQL's binary format.
public struct PostgresParameter: Sendable, Hashable {
    /// The type, or 0 to let the server infer it.
    public var oid: UInt32
    /// The value in the type's binary format, or nil for NULL. At most 1 GiB, the server's limit.
    public var bytes: [UInt8]?

    /// Makes a parameter from bytes that are already in the type's binary format.
    public init(oid: UInt32, bytes: [UInt8]?) {
        self.oid = oid
        self.bytes = bytes
    }

    /// NULL of a type.
    public static func null(_ oid: UInt32) -> PostgresParameter {
        PostgresParameter(oid: oid, bytes: nil)
    }

    /// A `boolean`, or NULL.
    public static func bool(_ value: Bool?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.bool, bytes: value.map { [$0 ? 1 : 0] })
    }

    /// A `smallint`, or NULL.
    public static func int2(_ value: Int16?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.int2, number: value)
    }

    /// An `integer`, or NULL.
    public static func int4(_ value: Int32?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.int4, number: value)
    }

    /// A `bigint`, or NULL.
    public static func int8(_ value: Int64?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.int8, number: value)
    }

    /// A `double precision`, or NULL.
    public static func double(_ value: Double?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.double, number: value?.bitPattern)
    }

    /// A `text`, or NULL. U+0000 in it is refused by the server (SQLSTATE 22021).
    public static func text(_ value: String?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.text, bytes: value.map { Array($0.utf8) })
    }

    /// A `bytea`, or NULL.
    public static func bytea(_ value: [UInt8]?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.bytea, bytes: value)
    }

    /// A `timestamptz` from microseconds since the Unix epoch, or NULL. `Int64.max` is infinity; what is too early
    /// for 64 bits from the year 2000 is −infinity.
    public static func timestamptz(_ microseconds: Int64?) -> PostgresParameter {
        PostgresParameter(oid: TypeOID.timestamptz, number: microseconds.map(TimestampEpoch.wire(fromUnix:)))
    }

    /// A `boolean[]`; an element may be NULL.
    public static func boolArray(_ values: [Bool?]) -> PostgresParameter {
        array(values, of: TypeOID.bool) { $0.append(bool: $1) }
    }

    /// A `smallint[]`; an element may be NULL.
    public static func int2Array(_ values: [Int16?]) -> PostgresParameter {
        array(values, of: TypeOID.int2) { $0.append(int2: $1) }
    }

    /// An `integer[]`; an element may be NULL.
    public static func int4Array(_ values: [Int32?]) -> PostgresParameter {
        array(values, of: TypeOID.int4) { $0.append(int4: $1) }
    }

    /// A `bigint[]`; an element may be NULL.
    public static func int8Array(_ values: [Int64?]) -> PostgresParameter {
        array(values, of: TypeOID.int8) { $0.append(int8: $1) }
    }

    /// A `double precision[]`; an element may be NULL.
    public static func doubleArray(_ values: [Double?]) -> PostgresParameter {
        array(values, of: TypeOID.double) { $0.append(double: $1) }
    }

    /// A `timestamptz[]` from microseconds since the Unix epoch; an element may be NULL.
    public static func timestamptzArray(_ values: [Int64?]) -> PostgresParameter {
        array(values, of: TypeOID.timestamptz) { $0.append(timestamptz: $1) }
    }

    /// A `text[]`; an element may be NULL.
    public static func textArray(_ values: [String?]) -> PostgresParameter {
        array(values, of: TypeOID.text) { $0.append(text: $1) }
    }

    /// A `bytea[]`; an element may be NULL.
    public static func byteaArray(_ values: [[UInt8]?]) -> PostgresParameter {
        array(values, of: TypeOID.bytea) { $0.append(bytes: $1) }
    }

    /// An `integer[]` without NULLs, written in one loop.
    public static func dense(int4 values: [Int32]) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: TypeOID.int4, capacity: values.count &* 8)
        encoder.append(dense: values.span)
        return encoder.finish()
    }

    /// A `bigint[]` without NULLs, written in one loop.
    public static func dense(int8 values: [Int64]) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: TypeOID.int8, capacity: values.count &* 12)
        encoder.append(dense: values.span)
        return encoder.finish()
    }

    /// A `timestamptz[]` without NULLs from microseconds since the Unix epoch, written in one loop.
    public static func dense(timestamptz values: [Int64]) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: TypeOID.timestamptz, capacity: values.count &* 12)
        let times = values.map(TimestampEpoch.wire(fromUnix:))
        encoder.append(dense: times.span)
        return encoder.finish()
    }

    private init<Value: FixedWidthInteger & BitwiseCopyable>(oid: UInt32, number: Value?) {
        self.init(oid: oid, bytes: number.map { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } })
    }

    private static func array<Value>(
        _ values: [Value?],
        of elementOID: UInt32,
        append: (inout ArrayEncoder, Value) -> Void
    ) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: elementOID, capacity: values.count &* 12)
        for value in values {
            if let value { append(&encoder, value) } else { encoder.appendNull() }
        }
        return encoder.finish()
    }
}
