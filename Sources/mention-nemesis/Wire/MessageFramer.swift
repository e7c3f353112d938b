/// Cuts one direction of a connection to PostgreSQL into messages (protocol version 3).
///
/// It copies the first bytes of each message and counts the rest: whatever size a message has, the memory is bounded.
struct MessageFramer: Sendable {
    /// A message that ended in the bytes that were given.
    struct Message: Sendable, Equatable {
        /// Its type; 0 for the first message of a client, which has none.
        var type: UInt8
        /// The beginning of what follows the length.
        var head: [UInt8]
        /// Where it begins in these bytes; 0 where it began before them.
        var start: Int
        /// Where it ends in these bytes, exclusive.
        var end: Int
    }

    /// How much of a message is kept.
    static let headBytes = 192

    /// Whether the next message has no type: true until a client has sent its first one.
    private var isUntyped: Bool
    private var prefix: [UInt8] = []
    private var head: [UInt8] = []
    /// Bytes of the message that are still to come; nil while the prefix is read.
    private var remaining: Int?

    /// `isClient`: the first message has no type.
    init(isClient: Bool) {
        isUntyped = isClient
    }

    /// Takes the next bytes of the stream and returns the messages that end in them.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [Message] {
        var messages: [Message] = []
        var position = bytes.startIndex
        var start = bytes.startIndex
        while position < bytes.endIndex {
            if remaining == nil {
                let wanted = isUntyped ? 4 : 5
                prefix.append(bytes[position])
                position += 1
                guard prefix.count == wanted else { continue }
                let length = prefix.suffix(4).reduce(0) { $0 << 8 | Int($1) }
                // The length counts itself. One that can't be is taken as the least: the peers will not get on anyway.
                remaining = max(0, length - 4)
            }
            guard let left = remaining else { continue }
            let part = min(left, bytes.endIndex - position)
            let room = Self.headBytes - head.count
            if room > 0 { head.append(contentsOf: bytes[position..<(position + min(part, room))]) }
            position += part
            remaining = left - part
            guard left == part else { continue }
            messages.append(
                Message(
                    type: isUntyped ? 0 : (prefix.first ?? 0),
                    head: head,
                    start: start - bytes.startIndex,
                    end: position - bytes.startIndex
                )
            )
            isUntyped = false
            prefix.removeAll(keepingCapacity: true)
            head.removeAll(keepingCapacity: true)
            remaining = nil
            start = position
        }
        return messages
    }
}
