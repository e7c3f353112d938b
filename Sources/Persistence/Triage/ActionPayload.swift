import MentionModel
import Triage

/// What is published of a decision (contract, section 5), in two parts, between which the turn belongs: it counts
/// decisions of one mention and brand with one body and one version of the rules, and only the database knows it. So
/// action_id is the same after a replay, and another for each decision that was published.
struct ActionPayload: Sendable {
    /// `source:id`: all of a mention goes to one partition.
    var key: String
    var head: String
    var tail: String

    /// The payload of the first turn.
    var first: [UInt8] { Array(head.utf8) + Array("1".utf8) + Array(tail.utf8) }

    init(
        source: String,
        id: String,
        brand: String,
        outcome: TriageOutcome,
        bodyHash: Int64,
        dueAt: Timestamp,
        decidedAt: Timestamp,
        version: Int32
    ) {
        key = "\(source):\(id)"
        head = "{\"action_id\":\"\(Self.identity(source, id, brand, bodyHash, version))-"
        var rest = Array("\",\"source\":".utf8)
        Self.append(source, &rest)
        Self.append(member: "id", id, &rest)
        Self.append(member: "brand", brand, &rest)
        Self.append(member: "team", outcome.team?.rawValue, &rest)
        Self.append(member: "action", outcome.action.rawValue, &rest)
        let isLeft = outcome.action == .leave
        rest += Array(",\"priority\":\(isLeft ? "null" : "\(outcome.priority)")".utf8)
        Self.append(member: "reason", outcome.reason, &rest)
        rest += Array(",\"due_at\":".utf8)
        if isLeft { rest += Array("null".utf8) } else { Self.append(dueAt, &rest) }
        rest += Array(",\"decided_at\":".utf8)
        Self.append(decidedAt, &rest)
        rest += Array(",\"rules_version\":\(version)}".utf8)
        tail = String(decoding: rest, as: UTF8.self)
    }

    /// 128 bits of a hash, in hex.
    private static func identity(
        _ source: String,
        _ id: String,
        _ brand: String,
        _ bodyHash: Int64,
        _ version: Int32
    ) -> String {
        let whole = Array("\(source)\u{0}\(id)\u{0}\(brand)\u{0}\(bodyHash)\u{0}\(version)".utf8)
        return [UInt64(0), 1].map { seed in
            let digits = String(XXH64.hash(whole.span, seed: seed), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private static func append(member name: String, _ value: String?, _ bytes: inout [UInt8]) {
        bytes += Array(",\"\(name)\":".utf8)
        if let value { append(value, &bytes) } else { bytes += Array("null".utf8) }
    }

    private static func append(_ time: Timestamp, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        time.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A JSON string.
    static func append(_ value: String, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case ..<0x20:
                bytes += Array("\\u00".utf8)
                bytes += Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
