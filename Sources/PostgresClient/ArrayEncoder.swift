/// Builds a one-dimensional array parameter in PostgreSQL's binary format, without a string or an allocation per
/// element.
///
/// Made for `unnest($1, $2, …)`: one encoder per column, elements appended row by row. The elements must be of the
/// element type that was given; the server refuses others with SQLSTATE class 22 or 08.
/// Source of the layout: `array_recv` in PostgreSQL's arrayfuncs.c.
public struct ArrayEncoder: Sendable {
    /// Where the flag "has NULLs", the element count and the first element lie.
    private enum Offset {
        static let hasNulls = 4
        static let count = 12
    }

    private let elementOID: UInt32
    private var writer: BinaryWriter
    private var hasNulls = false

    /// How many elements were appended.
    public private(set) var count = 0

    /// An empty array of elements of a type; `capacity` in bytes avoids growing.
    public init(elementOID: UInt32, capacity: Int = 0) {
        self.elementOID = elementOID
        writer = BinaryWriter(capacity: 20 &+ max(0, capacity))
        writer.write(1 as Int32)
        writer.write(0 as Int32)
        writer.write(elementOID)
        writer.write(0 as Int32)
        writer.write(1 as Int32)
    }

    /// Appends a `boolean`.
    public mutating func append(bool value: Bool) {
        writer.writeField(value ? 1 as UInt8 : 0)
        count &+= 1
    }

    /// Appends a `smallint`.
    public mutating func append(int2 value: Int16) {
        writer.writeField(value)
        count &+= 1
    }

    /// Appends an `integer`.
    public mutating func append(int4 value: Int32) {
        writer.writeField(value)
        count &+= 1
    }

    /// Appends a `bigint`.
    public mutating func append(int8 value: Int64) {
        writer.writeField(value)
        count &+= 1
    }

    /// Appends a `double precision`.
    public mutating func append(double value: Double) {
        writer.writeField(value.bitPattern)
        count &+= 1
    }

    /// Appends a `timestamptz` from microseconds since the Unix epoch.
    public mutating func append(timestamptz microseconds: Int64) {
        writer.writeField(TimestampEpoch.wire(fromUnix: microseconds))
        count &+= 1
    }

    /// Appends a `text` (UTF-8 without U+0000) or a `bytea` from its bytes.
    public mutating func append(bytes: UnsafeBufferPointer<UInt8>) {
        writer.writeField(bytes)
        count &+= 1
    }

    /// Appends a `text` (UTF-8 without U+0000) or a `bytea` from its bytes.
    public mutating func append(bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { writer.writeField($0) }
        count &+= 1
    }

    /// Appends a `bytea` (or UTF-8 for a `text`).
    public mutating func append(bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { writer.writeField($0) }
        count &+= 1
    }

    /// Appends a `text`.
    public mutating func append(text value: String) {
        writer.writeField(value)
        count &+= 1
    }

    /// Appends numbers of the element type's size.
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(dense values: Span<Value>) {
        writer.writeFields(values)
        count &+= values.count
    }

    /// Appends NULL.
    public mutating func appendNull() {
        writer.write(-1 as Int32)
        hasNulls = true
        count &+= 1
    }

    /// The finished parameter. An array without elements is PostgreSQL's empty array `{}`.
    public consuming func finish() -> PostgresParameter {
        let oid = TypeOID.array(of: elementOID)
        guard count > 0 else {
            var empty = BinaryWriter(capacity: 12)
            empty.write(0 as Int32)
            empty.write(0 as Int32)
            empty.write(elementOID)
            return PostgresParameter(oid: oid, bytes: empty.finish())
        }
        writer.overwrite(hasNulls ? 1 : 0, at: Offset.hasNulls)
        writer.overwrite(Int32(clamping: count), at: Offset.count)
        return PostgresParameter(oid: oid, bytes: writer.finish())
    }
}
