/// Puts another port into a broker's answers wherever it names itself, so that clients stay behind the proxy.
///
/// The broker says `127.0.0.1` behind the string's length (two bytes, or one in later versions of the protocol) and then
/// its port in four bytes. Nothing changes its length, so the rest of an answer stays as it is.
struct BrokerAddressRewriter: Sendable {
    private static let host = Array("127.0.0.1".utf8)

    private let from: [UInt8]
    private let to: [UInt8]
    /// How much of the pattern has been seen: the length's last byte, the host, the port's upper two bytes, its third.
    private var matched = 0
    /// Ports that were replaced.
    private(set) var count = 0

    /// Replaces port `from` by `to`.
    init(from: UInt16, to: UInt16) {
        self.from = [UInt8(from >> 8), UInt8(truncatingIfNeeded: from)]
        self.to = [UInt8(to >> 8), UInt8(truncatingIfNeeded: to)]
    }

    /// Rewrites the next bytes of the stream in place; a name may begin in one piece and end in another.
    mutating func rewrite(_ bytes: inout [UInt8]) {
        for index in bytes.indices {
            let byte = bytes[index]
            switch matched {
            case 1...9 where byte == Self.host[matched - 1],
                10...11 where byte == 0:
                matched += 1
            case 12 where byte == from[0]:
                bytes[index] = to[0]
                matched = 13
            case 13 where byte == from[1]:
                bytes[index] = to[1]
                count += 1
                matched = 0
            default:
                // Nine bytes of text, or ten where the length counts itself too.
                matched = byte == 9 || byte == 10 ? 1 : 0
            }
        }
    }
}
