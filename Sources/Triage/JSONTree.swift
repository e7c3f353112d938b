/// A JSON value with the line on which it begins, so that a problem can be shown where it is.
struct JSONTree {
    indirect enum Value {
        case null
        case flag(Bool)
        /// As it is written: rules hold decimals exactly.
        case number(String)
        case text(String)
        case array([JSONTree])
        case object([(key: String, line: Int, value: JSONTree)])
    }

    var value: Value
    var line: Int

    /// What kind of value it is, for people.
    var kind: String {
        switch value {
        case .null: "null"
        case .flag: "true or false"
        case .number: "a number"
        case .text: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Reads strict JSON (RFC 8259) of at most 16 levels. Repeated keys are kept: who reads the tree says what they mean.
struct JSONTreeReader {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    private static let levels = 16

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(RuleProblems) -> JSONTree {
        var reader = JSONTreeReader(bytes)
        let tree = try reader.value(level: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else {
            throw reader.problem("there is more behind the end of the JSON", "keep one object")
        }
        return tree
    }

    private func problem(_ what: String, _ remedy: String) -> RuleProblems {
        RuleProblems(problems: [RuleProblem(line: line, rule: nil, field: nil, problem: what, remedy: remedy)])
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(level: Int) throws(RuleProblems) -> JSONTree {
        skipSpace()
        let start = line
        guard let byte = next else { throw problem("the JSON ends too early", "close what is open") }
        guard level < Self.levels else { throw problem("is nested too deep", "rules have four levels") }
        switch byte {
        case UInt8(ascii: "{"): return JSONTree(value: .object(try object(level)), line: start)
        case UInt8(ascii: "["): return JSONTree(value: .array(try array(level)), line: start)
        case UInt8(ascii: "\""): return JSONTree(value: .text(try string()), line: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return JSONTree(value: .number(try number()), line: start)
        default:
            for (word, value) in [("null", JSONTree.Value.null), ("true", .flag(true)), ("false", .flag(false))]
            where bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return JSONTree(value: value, line: start)
            }
            throw problem(
                "this is not JSON",
                "values are objects, arrays, strings in double quotes, numbers, true, false and null; there are no "
                    + "comments: use the field \"text\" of a rule"
            )
        }
    }

    private mutating func object(_ level: Int) throws(RuleProblems) -> [(key: String, line: Int, value: JSONTree)] {
        position += 1
        var members: [(key: String, line: Int, value: JSONTree)] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            let start = line
            guard next == UInt8(ascii: "\"") else {
                throw problem("a field's name is missing", "write \"name\": value, without a comma behind the last")
            }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw problem("a colon is missing behind \"\(key)\"", "add it") }
            members.append((key, start, try value(level: level + 1)))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return members }
            throw problem("a comma or } is missing", "add it")
        }
    }

    private mutating func array(_ level: Int) throws(RuleProblems) -> [JSONTree] {
        position += 1
        var items: [JSONTree] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return items }
        while true {
            items.append(try value(level: level + 1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "]")) { return items }
            throw problem("a comma or ] is missing", "add it")
        }
    }

    private mutating func number() throws(RuleProblems) -> String {
        let start = position
        while let byte = next, Self.numeric.contains(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static let numeric = Set("0123456789+-.eE".utf8)

    private mutating func string() throws(RuleProblems) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw problem("a string is not UTF-8", "save the file as UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): content += try escape()
            case ..<0x20: throw problem("a string has a line break or control character", "write it as \\n or \\u00…")
            default: content.append(byte)
            }
        }
        throw problem("a string does not end", "close it with a double quote")
    }

    private mutating func escape() throws(RuleProblems) -> [UInt8] {
        guard let letter = next else { throw problem("a string does not end", "close it with a double quote") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            if let scalar = scalar() { return Array(String(Character(scalar)).utf8) }
            throw problem("\\u is not followed by a character's four hex digits", "write the character itself")
        default:
            throw problem("there is no escape \\\(Character(Unicode.Scalar(letter)))", "write \\\\ for a backslash")
        }
    }

    private mutating func scalar() -> Unicode.Scalar? {
        guard let first = unit() else { return nil }
        guard 0xD800..<0xDC00 ~= first else { return Unicode.Scalar(UInt32(first)) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = unit(), 0xDC00..<0xE000 ~= second else {
            return nil
        }
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    }

    private mutating func unit() -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        position += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
