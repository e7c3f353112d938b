/// Where a field's bytes lie in a ``ByteArena``: 8 bytes instead of a string of its own.
///
/// A mention has a dozen string fields. Held as `String` they cost an allocation each; held as ranges into one
/// arena per batch they cost none, and they are copied to the database without being looked at again.
public struct ByteRange: Sendable, Hashable {
    /// Index of the first byte, or `UInt32.max` for a field that is absent.
    public var offset: UInt32
    /// Length in bytes.
    public var count: UInt32

    /// A field that the event does not have (or has as `null`).
    public static let absent = ByteRange(offset: .max, count: 0)

    /// Makes a range of `count` bytes from `offset`.
    public init(offset: UInt32, count: UInt32) {
        self.offset = offset
        self.count = count
    }

    /// Whether the event does not have the field. An empty string is present.
    public var isAbsent: Bool { offset == .max }

    /// The same as indices into the arena's bytes; empty for an absent field.
    public var indices: Range<Int> {
        isAbsent ? 0..<0 : Int(offset)..<Int(offset) + Int(count)
    }
}

/// Append-only bytes that the fields of many mentions point into.
///
/// At most 4 GiB − 1; callers cut batches far below that.
public struct ByteArena: Sendable {
    /// All bytes, in the order in which they were appended.
    public private(set) var bytes: [UInt8] = []

    /// An empty arena with room for `capacity` bytes.
    public init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes are held.
    public var count: Int { bytes.count }

    /// Appends bytes and says where they lie.
    @inlinable
    public mutating func append(_ source: Span<UInt8>) -> ByteRange {
        let offset = UInt32(truncatingIfNeeded: bytes.count)
        source.withUnsafeBufferPointer { append(raw: $0) }
        return ByteRange(offset: offset, count: UInt32(truncatingIfNeeded: source.count))
    }

    /// Appends the UTF-8 of a string and says where it lies.
    public mutating func append(_ string: String) -> ByteRange {
        let offset = UInt32(truncatingIfNeeded: bytes.count)
        bytes.append(contentsOf: string.utf8)
        return ByteRange(offset: offset, count: UInt32(truncatingIfNeeded: bytes.count) - offset)
    }

    /// Appends bytes that need no range, for writers that build a field piece by piece.
    @inlinable
    public mutating func append(raw source: UnsafeBufferPointer<UInt8>) {
        appendAll(source)
    }

    @usableFromInline
    mutating func appendAll(_ source: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: source)
    }

    /// Appends one byte.
    public mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    /// Forgets what was appended after the arena held `count` bytes, and keeps the memory.
    public mutating func truncate(to count: Int) {
        if count < bytes.count { bytes.removeLast(bytes.count - count) }
    }

    /// The field as a string; `nil` when it is absent. Copies: not for the hot path.
    public func string(_ range: ByteRange) -> String? {
        range.isAbsent ? nil : String(decoding: bytes[range.indices], as: UTF8.self)
    }
}
