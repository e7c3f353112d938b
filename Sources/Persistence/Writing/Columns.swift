import MentionModel
import Pipeline
import PostgresClient

extension ByteArena {
    /// The bytes of a field, for encoders; nil when it is absent.
    @inline(__always)
    func withField<R>(_ range: ByteRange, _ body: (UnsafeBufferPointer<UInt8>?) throws -> R) rethrows -> R {
        if range.isAbsent { return try body(nil) }
        return try bytes.withUnsafeBufferPointer { all in
            try body(UnsafeBufferPointer(rebasing: all[range.indices]))
        }
    }
}

extension ArrayEncoder {
    /// Appends a field, or NULL when it is absent.
    mutating func append(_ range: ByteRange, in arena: ByteArena) {
        arena.withField(range) { field in
            if let field { append(bytes: field) } else { appendNull() }
        }
    }
}

extension CopyEncoder {
    /// Writes a field, or NULL when it is absent.
    mutating func field(_ range: ByteRange, in arena: ByteArena) {
        arena.withField(range) { field in
            if let field { bytes(field) } else { null() }
        }
    }
}

extension CopyEncoder {
    /// Writes a text, or NULL for nil.
    mutating func text(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    /// Writes a number, or NULL for nil.
    mutating func int2(orNull value: Int16?) {
        if let value { int2(value) } else { null() }
    }
}
