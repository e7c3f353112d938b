import PostgresClient
import Synthesis

/// What a PostgreSQL server says, by version 3.0 of its protocol: true transcripts to be damaged.
enum WireGrammar {
    /// Messages and their heads, for the mutator.
    static let dictionary: [[UInt8]] = [
        ready, ready + ready, message("1"), message("2"), message("n"), message("I"), message("s"), message("c"),
        complete("SELECT 1"), complete("INSERT 0 99999999999999999999"), complete(""), authentication(3),
        authentication(5) + [1, 2, 3, 4], authentication(7), authentication(9), authentication(10) + scram,
        authentication(11) + Array("r=".utf8), authentication(12), authentication(0xFFFF_FFFF), error("FATAL", "57P01"),
        error("ERROR", "22P02"), error("ERROR", "40001"), error("PANIC", "00000"), error("NOTICE", "\n\n"),
        message("E"), message("E", [0x43]), message("T", [0xFF, 0xFF]), message("T", [0, 0]), message("D", [0, 0]),
        message("D", [0, 1, 0xFF, 0xFF, 0xFF, 0xFE]), message("G", [1, 0, 1, 0, 1]), message("H", [0, 0, 0]),
        message("W", [0, 0, 0]), message("d", [1, 2, 3]), message("A", [0, 0, 0, 1, 0x61, 0, 0x62, 0]),
        message("v", [0, 3, 0, 0, 0, 0, 0, 1, 0x5F, 0]), status("client_encoding", "SJIS"), status("", ""),
        status("server_version", "99999999999.99999999999"), [0x44, 0x7F, 0xFF, 0xFF, 0xFF], [0x54, 0, 0, 0, 4],
        [0x5A, 0, 0, 0, 5, 0x45], [0x5A, 0, 0, 0, 5, 0x54], [0x45, 0, 0, 0, 0], [0x4E, 0, 0, 0x75, 0x30],
    ]

    private static let scram = Array("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0".utf8)

    /// The server waits for a statement.
    static let ready = message("Z", [0x49])

    /// A message of a type with a body.
    static func message(_ type: Unicode.Scalar, _ body: [UInt8] = []) -> [UInt8] {
        [UInt8(truncatingIfNeeded: type.value)] + word(UInt32(body.count + 4)) + body
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func authentication(_ code: UInt32) -> [UInt8] { message("R", word(code)) }

    private static func status(_ name: String, _ value: String) -> [UInt8] { message("S", text(name) + text(value)) }

    private static func complete(_ tag: String) -> [UInt8] { message("C", text(tag)) }

    private static func error(_ severity: String, _ code: String) -> [UInt8] {
        let fields = [("S", severity), ("V", severity), ("C", code), ("M", "the message"), ("n", "a_constraint")]
        return message("E", fields.flatMap { Array($0.0.utf8) + text($0.1) } + [0])
    }

    /// What a server says to a client that it lets in.
    static func welcome(_ random: inout SeededRandom) -> [UInt8] {
        var bytes = authentication(0)
        for (name, value) in [("server_version", "15.18"), ("client_encoding", "UTF8"), ("integer_datetimes", "on")] {
            bytes += status(name, value)
        }
        if random.once(in: 4) { bytes += notice }
        return bytes + message("K", word(4711) + word(0x0102_0304)) + ready
    }

    private static let notice: [UInt8] = [0x4E] + error("NOTICE", "00000").dropFirst()

    /// The rows of ``ServerTarget``'s query: a number, a text and an array each.
    static func rows(_ values: [Int64], _ random: inout SeededRandom) -> [UInt8] {
        let columns: [(String, UInt32)] = [("number", TypeOID.int8), ("text", TypeOID.text), ("list", 1016)]
        var description: [UInt8] = [0, 3]
        for (name, oid) in columns {
            description += text(name) + word(0) + [0, 0] + word(oid) + [0, 8] + word(0xFFFF_FFFF) + [0, 1]
        }
        var bytes = message("T", description)
        for value in values {
            var body: [UInt8] = [0, 3]
            let row: [PostgresParameter] = [.int8(value), .text("row \(value)"), .int8Array([value, nil])]
            for parameter in row {
                let value = parameter.bytes ?? []
                body += word(UInt32(value.count)) + value
            }
            bytes += message("D", body)
            if random.once(in: 6) { bytes += notice }
        }
        return bytes + complete("SELECT \(values.count)")
    }

    /// The answer to a prepared statement, before its rows or its end.
    static let prepared = message("1") + message("2")

    /// The answer to a statement without rows.
    static func done(_ tag: String) -> [UInt8] { message("n") + complete(tag) }

    /// The answer to a statement of a script.
    static func scripted(_ tag: String) -> [UInt8] { complete(tag) }

    /// The server asks for the data of a COPY.
    static let copyIn = message("G", [1, 0, 2, 0, 1, 0, 1])
}
