/// Builds the data of a `COPY … FROM STDIN (FORMAT binary)`.
///
/// One growing array and no allocation per field. Begin each row with its number of columns, then write as many fields
/// in the order and of the types of the COPY's columns; the server refuses anything else (SQLSTATE class 22).
/// Source of the layout: PostgreSQL 15 documentation, COPY, "Binary Format".
public struct CopyEncoder: Sendable {
    private var writer: BinaryWriter

    /// Rows begun so far.
    public private(set) var rowCount = 0

    /// An empty stream with room for `capacity` bytes.
    public init(capacity: Int = 1 << 16) {
        writer = BinaryWriter(capacity: max(capacity, 64))
        let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
        signature.withUnsafeBytes { writer.append($0) }
        writer.write(0 as Int32)
        writer.write(0 as Int32)
    }

    /// Bytes written so far, header included: what a caller bounds its batches by.
    public var byteCount: Int { writer.count }

    /// Begins a row of so many columns (1…1,600, the server's limit).
    public mutating func beginRow(columns: Int) {
        writer.write(Int16(clamping: columns))
        rowCount &+= 1
    }

    /// A field that is NULL.
    public mutating func null() { writer.write(-1 as Int32) }

    /// A `boolean` field.
    public mutating func bool(_ value: Bool) { writer.writeField(value ? 1 as UInt8 : 0) }

    /// A `smallint` field.
    public mutating func int2(_ value: Int16) { writer.writeField(value) }

    /// An `integer` field.
    public mutating func int4(_ value: Int32) { writer.writeField(value) }

    /// A `bigint` field.
    public mutating func int8(_ value: Int64) { writer.writeField(value) }

    /// A `double precision` field.
    public mutating func double(_ value: Double) { writer.writeField(value.bitPattern) }

    /// A `timestamptz` field from microseconds since the Unix epoch.
    public mutating func timestamptz(_ microseconds: Int64) {
        writer.writeField(TimestampEpoch.wire(fromUnix: microseconds))
    }

    /// A `text` (UTF-8 without U+0000) or `bytea` field from its bytes.
    public mutating func bytes(_ value: UnsafeBufferPointer<UInt8>) { writer.writeField(value) }

    /// A `text` (UTF-8 without U+0000) or `bytea` field from its bytes.
    public mutating func bytes(_ value: Span<UInt8>) {
        value.withUnsafeBufferPointer { writer.writeField($0) }
    }

    /// A `text` field.
    public mutating func string(_ value: String) { writer.writeField(value) }

    /// A `smallint[]` field.
    public mutating func int2Array(_ values: [Int16]) {
        array(values, of: TypeOID.int2)
    }

    /// An `integer[]` field.
    public mutating func int4Array(_ values: [Int32]) {
        array(values, of: TypeOID.int4)
    }

    /// A `bigint[]` field.
    public mutating func int8Array(_ values: [Int64]) {
        array(values, of: TypeOID.int8)
    }

    /// The data with header and trailer, for ``PostgresConnection/copyIn(_:_:data:timeout:)``. O(1).
    public consuming func finish() -> [UInt8] {
        writer.write(-1 as Int16)
        return writer.finish()
    }

    private mutating func array<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: [Value],
        of elementOID: UInt32
    ) {
        let count = values.count
        let size = count == 0 ? 12 : 20 &+ count &* (4 &+ MemoryLayout<Value>.size)
        writer.write(Int32(clamping: size))
        writer.write(count == 0 ? 0 as Int32 : 1)
        writer.write(0 as Int32)
        writer.write(elementOID)
        guard count > 0 else { return }
        writer.write(Int32(clamping: count))
        writer.write(1 as Int32)
        for value in values { writer.writeField(value) }
    }
}
