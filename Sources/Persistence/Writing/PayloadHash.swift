import MentionModel
public import Pipeline

/// The hash by which a record is recognised when it is read again.
public enum PayloadHash {
    /// XXH64 of a payload, as the database stores it; a tombstone hashes as the empty payload with another seed.
    public static func of(_ payload: UnsafeBufferPointer<UInt8>?) -> Int64 {
        guard let payload else {
            return Int64(bitPattern: XXH64.hash(UnsafeRawBufferPointer(start: nil, count: 0), seed: 1))
        }
        return Int64(bitPattern: XXH64.hash(payload))
    }

    /// The same of a prepared record.
    public static func of(_ record: PreparedRecord, in chunk: PreparedChunk) -> Int64 {
        guard let range = record.payload else { return of(nil) }
        return chunk.payloads.withUnsafeBufferPointer { of(UnsafeBufferPointer(rebasing: $0[range])) }
    }
}
