import CZlib

/// Reads bytes that may be gzip (RFC 1952) or plain, piece by piece.
///
/// Whether the input is compressed is decided by its first two bytes (1f 8b); anything else passes through unchanged.
/// Concatenated members are read as one stream, and zero padding behind a member is ignored, as gzip(1) does.
///
/// The caller drives it: ``append(_:)`` a piece, take plain bytes with ``next()`` until it gives `nil`, and so on;
/// then ``finish()`` and take what is left. ``next()`` gives at most ``maximumPiece`` bytes, so a small piece that
/// inflates a thousandfold never has to be held at once. Memory: one piece, its output and zlib's 40 KiB.
///
/// Not `Sendable`: one task reads a stream.
public final class GzipReader {
    /// The most plain bytes that ``next()`` gives at once.
    public static let maximumPiece = 65_536

    private enum State {
        /// Fewer than two bytes are known.
        case detecting
        /// Not compressed.
        case plain
        /// Inside a member.
        case member
        /// Behind a member: another one, padding or the end.
        case betweenMembers
        /// Only zero bytes may follow.
        case padding
    }

    private var state = State.detecting
    private var input: [UInt8] = []
    private var position = 0
    private var ended = false
    private var produced = 0
    /// On the heap because zlib keeps the address: a `z_stream` must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var initialized = false

    /// A reader at the start of a stream.
    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
    }

    deinit {
        if initialized { inflateEnd(stream) }
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Whether the input has turned out to be gzip; false as long as it is not known.
    public var isCompressed: Bool {
        switch state {
        case .detecting, .plain: false
        case .member, .betweenMembers, .padding: true
        }
    }

    /// Gives the next piece of input. Best called when ``next()`` has given `nil`; otherwise the pieces add up.
    public func append(_ piece: [UInt8]) {
        if position == input.count {
            input = piece
        } else {
            input.removeFirst(position)
            input.append(contentsOf: piece)
        }
        position = 0
    }

    /// Says that no more input follows.
    public func finish() {
        ended = true
    }

    /// The next plain bytes; `nil` when more input is needed, or when the stream has ended after ``finish()``.
    ///
    /// - Throws: ``GzipError``. After an error the reader gives nothing more.
    public func next() throws(GzipError) -> [UInt8]? {
        while true {
            switch state {
            case .detecting:
                guard input.count - position >= 2 || ended else { return nil }
                state = startsMember() ? .member : .plain
                if state == .member { try startMember() }
            case .plain:
                return plainPiece()
            case .member:
                if let piece = try inflatePiece() { return piece }
                if state == .member { return nil }
            case .betweenMembers:
                guard input.count - position >= 2 || (ended && position < input.count) else { return nil }
                if startsMember() {
                    try startMember()
                    state = .member
                } else {
                    state = .padding
                }
            case .padding:
                guard input[position...].allSatisfy({ $0 == 0 }) else {
                    throw .trailingGarbage(offset: produced)
                }
                position = input.count
                return nil
            }
        }
    }

    private func startsMember() -> Bool {
        input.count - position >= 2 && input[position] == 0x1f && input[position + 1] == 0x8b
    }

    private func plainPiece() -> [UInt8]? {
        guard position < input.count else { return nil }
        let end = min(input.count, position + Self.maximumPiece)
        let piece = position == 0 && end == input.count ? input : Array(input[position..<end])
        position = end
        produced += piece.count
        return piece
    }

    private func startMember() throws(GzipError) {
        // 15 bits is the largest window; 16 more asks for the gzip wrapper alone.
        let code =
            initialized
            ? inflateReset(stream)
            : inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw code == Z_MEM_ERROR ? .outOfMemory : .corrupt(offset: produced) }
        initialized = true
    }

    /// Inflates until a piece is full, the input is used up or the member ends; `nil` when there is nothing to give.
    private func inflatePiece() throws(GzipError) -> [UInt8]? {
        guard position < input.count else {
            if ended { throw .truncated(offset: produced) }
            return nil
        }
        var code = Z_OK
        let stream = stream
        var consumed = 0
        let piece = input.withUnsafeMutableBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: Self.maximumPiece) { target, count in
                guard let start = source.baseAddress, let out = target.baseAddress else { return }
                let available = min(source.count - position, Int(UInt32.max))
                stream.pointee.next_in = start + position
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = out
                stream.pointee.avail_out = UInt32(target.count)
                code = inflate(stream, Z_NO_FLUSH)
                consumed = available - Int(stream.pointee.avail_in)
                count = target.count - Int(stream.pointee.avail_out)
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
            }
        }
        position += consumed
        produced += piece.count
        switch code {
        case Z_STREAM_END:
            state = .betweenMembers
        case Z_OK:
            break
        case Z_BUF_ERROR where consumed > 0 || !piece.isEmpty:
            break
        case Z_MEM_ERROR:
            throw .outOfMemory
        default:
            throw .corrupt(offset: produced)
        }
        if piece.isEmpty {
            // No output from all the input there is: only the end of the input makes that an error.
            if state == .member, position == input.count, ended { throw .truncated(offset: produced) }
            return nil
        }
        return piece
    }
}
