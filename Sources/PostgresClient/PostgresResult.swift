import CLibPQ

/// The rows of one statement, in binary format. Immutable; values are read where libpq put them.
///
/// Each accessor returns nil for NULL, for a row or column that doesn't exist, and for a type that it doesn't read.
/// ``isNull(_:_:)`` tells the first apart. Cast in SQL where in doubt (`sum(…)::int8`).
public struct PostgresResult: Sendable {
    private let handle: ResultHandle

    /// Number of rows returned.
    public let rowCount: Int
    /// Rows that INSERT, UPDATE, DELETE, MERGE, SELECT … have touched.
    public let affectedRows: Int
    private let columnCount: Int

    init(_ handle: ResultHandle) {
        self.handle = handle
        rowCount = Int(PQntuples(handle.pointer))
        columnCount = Int(PQnfields(handle.pointer))
        affectedRows = handle.affectedRows
    }

    /// Names of the columns, in order.
    public var columns: [String] {
        (0..<columnCount).map { PQfname(handle.pointer, Int32($0)).map { String(cString: $0) } ?? "" }
    }

    /// Whether the value is NULL. False for a row or column that doesn't exist.
    public func isNull(_ row: Int, _ column: Int) -> Bool {
        guard holds(row, column) else { return false }
        return PQgetisnull(handle.pointer, Int32(row), Int32(column)) == 1
    }

    /// A `boolean`.
    public func bool(_ row: Int, _ column: Int) -> Bool? {
        value(row, column) { oid, reader in
            oid == TypeOID.bool ? reader.integer(UInt8.self).map { $0 != 0 } : nil
        }
    }

    /// A `smallint`.
    public func int2(_ row: Int, _ column: Int) -> Int16? {
        int8(row, column).flatMap { Int16(exactly: $0) }
    }

    /// An `integer` or a shorter type.
    public func int4(_ row: Int, _ column: Int) -> Int32? {
        int8(row, column).flatMap { Int32(exactly: $0) }
    }

    /// A `bigint` or a shorter type, or a `numeric` that is a whole number of 64 bits, as `sum(bigint)` gives it.
    public func int8(_ row: Int, _ column: Int) -> Int64? {
        value(row, column) { oid, reader in
            switch oid {
            case TypeOID.int8: reader.integer(Int64.self)
            case TypeOID.int4: reader.integer(Int32.self).map { Int64($0) }
            case TypeOID.int2: reader.integer(Int16.self).map { Int64($0) }
            case TypeOID.oid: reader.integer(UInt32.self).map { Int64($0) }
            case TypeOID.numeric: reader.wholeNumeric()
            default: nil
            }
        }
    }

    /// A `double precision` or `real`.
    public func double(_ row: Int, _ column: Int) -> Double? {
        value(row, column) { oid, reader in
            switch oid {
            case TypeOID.double: reader.integer(UInt64.self).map { Double(bitPattern: $0) }
            case TypeOID.real: reader.integer(UInt32.self).map { Double(Float(bitPattern: $0)) }
            default: nil
            }
        }
    }

    /// A `text` or another type whose binary format is its text: `varchar`, `name`, `json`, an enum.
    public func string(_ row: Int, _ column: Int) -> String? {
        value(row, column) { oid, reader in
            switch oid {
            case TypeOID.bool, TypeOID.bytea, TypeOID.int2, TypeOID.int4, TypeOID.int8, TypeOID.oid, TypeOID.real,
                TypeOID.double, TypeOID.date, TypeOID.timestamp, TypeOID.timestamptz, TypeOID.numeric, TypeOID.uuid:
                return nil
            case TypeOID.jsonb:
                // A version number comes first.
                guard reader.integer(UInt8.self) == 1 else { return nil }
                return reader.string(reader.remaining)
            default:
                return reader.string(reader.remaining)
            }
        }
    }

    /// The bytes of a `bytea`, or of any other type in its binary format.
    public func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        value(row, column) { _, reader in reader.bytes(reader.remaining).map { Array($0) } }
    }

    /// Lends the bytes of a value without copying them; nil as for ``bytes(_:_:)``.
    public func withBytes<Value>(
        _ row: Int,
        _ column: Int,
        _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value? {
        value(row, column) { _, reader in reader.bytes(reader.remaining).map(body) }
    }

    /// A `timestamptz` (or a `timestamp`, taken as UTC) in microseconds since the Unix epoch; −infinity and infinity
    /// are `Int64.min` and `.max`.
    public func timestamptz(_ row: Int, _ column: Int) -> Int64? {
        value(row, column) { oid, reader in
            guard oid == TypeOID.timestamptz || oid == TypeOID.timestamp else { return nil }
            return reader.integer(Int64.self).map(TimestampEpoch.unix(fromWire:))
        }
    }

    /// A `smallint[]` of one dimension; NULL elements are nil.
    public func int2Array(_ row: Int, _ column: Int) -> [Int16?]? {
        array(row, column, of: TypeOID.int2) { $0.integer(Int16.self) }
    }

    /// An `integer[]` of one dimension; NULL elements are nil.
    public func int4Array(_ row: Int, _ column: Int) -> [Int32?]? {
        array(row, column, of: TypeOID.int4) { $0.integer(Int32.self) }
    }

    /// A `bigint[]` of one dimension; NULL elements are nil.
    public func int8Array(_ row: Int, _ column: Int) -> [Int64?]? {
        array(row, column, of: TypeOID.int8) { $0.integer(Int64.self) }
    }

    /// A `boolean[]` of one dimension; NULL elements are nil.
    public func boolArray(_ row: Int, _ column: Int) -> [Bool?]? {
        array(row, column, of: TypeOID.bool) { $0.integer(UInt8.self).map { $0 != 0 } }
    }

    /// A `double precision[]` of one dimension; NULL elements are nil.
    public func doubleArray(_ row: Int, _ column: Int) -> [Double?]? {
        array(row, column, of: TypeOID.double) { $0.integer(UInt64.self).map { Double(bitPattern: $0) } }
    }

    /// A `timestamptz[]` of one dimension, in microseconds since the Unix epoch; NULL elements are nil.
    public func timestamptzArray(_ row: Int, _ column: Int) -> [Int64?]? {
        array(row, column, of: TypeOID.timestamptz) { $0.integer(Int64.self).map(TimestampEpoch.unix(fromWire:)) }
    }

    /// A `text[]` (or an array of another type whose binary format is its text) of one dimension; NULL elements are
    /// nil.
    public func textArray(_ row: Int, _ column: Int) -> [String?]? {
        array(row, column, of: nil) { $0.string($0.remaining) }
    }

    /// A `bytea[]` of one dimension; NULL elements are nil.
    public func byteaArray(_ row: Int, _ column: Int) -> [[UInt8]?]? {
        array(row, column, of: TypeOID.bytea) { reader in reader.bytes(reader.remaining).map { Array($0) } }
    }

    private func holds(_ row: Int, _ column: Int) -> Bool {
        row >= 0 && row < rowCount && column >= 0 && column < columnCount
    }

    private func value<Value>(
        _ row: Int,
        _ column: Int,
        _ read: (UInt32, inout BinaryReader) -> Value?
    ) -> Value? {
        guard holds(row, column), !isNull(row, column) else { return nil }
        let count = Int(PQgetlength(handle.pointer, Int32(row), Int32(column)))
        let start = PQgetvalue(handle.pointer, Int32(row), Int32(column))
        var reader = BinaryReader(UnsafeRawBufferPointer(start: start, count: count))
        // Keeps the memory alive while `read` looks at it.
        return withExtendedLifetime(handle) { read(PQftype(handle.pointer, Int32(column)), &reader) }
    }

    private func array<Element>(
        _ row: Int,
        _ column: Int,
        of elementOID: UInt32?,
        _ read: (inout BinaryReader) -> Element?
    ) -> [Element?]? {
        value(row, column) { _, reader in reader.array(of: elementOID, read) }
    }
}
