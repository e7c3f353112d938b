extension MentionEvent {
    /// ``bodyHash`` of the fields as they are now, whose ranges lie in `bytes`.
    ///
    /// XXH64, seed 0, over the fields that are present, in the fixed order below, each as one byte of tag and then: a
    /// string as its length (4 bytes) and its bytes; an integer or an instant as 8 bytes; a flag as one byte; all
    /// little-endian. The `counts`, which are 0 when absent, are always there. The values are stored: the encoding
    /// never changes; a new field gets a new tag and is left out where it is absent.
    public func hashOfBody(in bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: BodyWriter.capacity, alignment: 8) { room in
            guard let start = room.baseAddress else { return 0 }
            var body = BodyWriter(room: start)
            body.string(1, id, bytes)
            body.string(2, source, bytes)
            body.string(3, text, bytes)
            body.string(4, authorKey, bytes)
            body.string(5, authorHandle, bytes)
            body.string(6, authorName, bytes)
            if let followers { body.integer(7, followers) }
            if let verified { body.integer(8, verified ? 1 : 0 as UInt8) }
            body.integer(9, publishedAt.microseconds)
            if let editedAt { body.integer(10, editedAt.microseconds) }
            if let brands {
                for brand in brands { body.string(11, brand, bytes) }
            }
            body.string(12, language, bytes)
            body.string(13, url, bytes)
            body.string(14, title, bytes)
            body.string(15, inReplyTo, bytes)
            body.string(16, repostOf, bytes)
            body.string(17, conversation, bytes)
            body.integer(18, likes)
            body.integer(19, reposts)
            body.integer(20, replies)
            return body.finish()
        }
    }
}

/// Gathers the encoded body and hashes it: at once where it is short, as nearly all are (five times faster than
/// feeding a stream a few bytes at a time), else as a stream.
private struct BodyWriter {
    /// The most that a stack gives: more comes from the heap, at each call.
    static let capacity = 1024

    /// ``capacity`` bytes.
    private let room: UnsafeMutableRawPointer
    private var used = 0
    private var stream: XXH64.Stream?

    init(room: UnsafeMutableRawPointer) {
        self.room = room
    }

    @inline(__always)
    mutating func string(_ tag: UInt8, _ range: ByteRange, _ bytes: UnsafeBufferPointer<UInt8>) {
        let count = Int(range.count)
        guard !range.isAbsent, Int(range.offset) + count <= bytes.count, let base = bytes.baseAddress else { return }
        integer(tag, range.count)
        append(base + Int(range.offset), count)
    }

    @inline(__always)
    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ tag: UInt8, _ value: Value) {
        // A tag and 8 bytes at most.
        if used + 9 > Self.capacity { flush() }
        room.storeBytes(of: tag, toByteOffset: used, as: UInt8.self)
        room.storeBytes(of: value.littleEndian, toByteOffset: used + 1, as: Value.self)
        used += 1 + MemoryLayout<Value>.size
    }

    private mutating func append(_ source: UnsafePointer<UInt8>, _ count: Int) {
        if used + count > Self.capacity { flush() }
        if count > Self.capacity {
            stream?.update(UnsafeBufferPointer(start: source, count: count))
        } else if count > 0 {
            (room + used).copyMemory(from: source, byteCount: count)
            used += count
        }
    }

    private mutating func flush() {
        var stream = stream ?? XXH64.Stream()
        stream.update(UnsafeRawBufferPointer(start: room, count: used))
        self.stream = stream
        used = 0
    }

    mutating func finish() -> UInt64 {
        guard stream != nil else { return XXH64.hash(UnsafeRawBufferPointer(start: room, count: used)) }
        flush()
        return stream?.finish() ?? 0
    }
}
