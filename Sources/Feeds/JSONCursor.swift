import MentionModel

/// Walks over one JSON value and hands out the members that the caller wants; skips the rest without building it.
///
/// Reads what feeds deliver (strict in structure, tolerant in nothing); depth is bounded, and nothing recurses but
/// the caller. Errors are ``Rejection`` with `bad_json`, `too_deep`, `not_utf8` or `bad_field`.
struct JSONCursor {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    static let maximumDepth = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The kinds of value, by the first byte.
    enum Kind { case object, array, string, number, bool, null }

    /// What comes next.
    mutating func kind() throws(Rejection) -> Kind {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number
        default: throw fault("a value is expected")
        }
    }

    /// Visits the members of an object in order; `body` must read or skip the value.
    mutating func members(
        _ body: (_ key: String, _ cursor: inout JSONCursor) throws(Rejection) -> Void
    ) throws(Rejection) {
        try enter(UInt8(ascii: "{"))
        skipSpace()
        if peek() == UInt8(ascii: "}") { return leave() }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            try body(key, &self)
            skipSpace()
            if peek() == UInt8(ascii: "}") { return leave() }
            try expect(UInt8(ascii: ","))
        }
    }

    /// Visits the elements of an array in order; `body` must read or skip each.
    mutating func elements(_ body: (_ cursor: inout JSONCursor) throws(Rejection) -> Void) throws(Rejection) {
        try enter(UInt8(ascii: "["))
        skipSpace()
        if peek() == UInt8(ascii: "]") { return leave() }
        while true {
            try body(&self)
            skipSpace()
            if peek() == UInt8(ascii: "]") { return leave() }
            try expect(UInt8(ascii: ","))
        }
    }

    /// Reads a string and resolves its escapes; a lone surrogate becomes U+FFFD.
    mutating func string() throws(Rejection) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = peek(), byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
        if peek() == 0x22 {
            position += 1
            return try validated(bytes[start..<position - 1])
        }
        var text = Array(bytes[start..<position])
        while let byte = peek() {
            position += 1
            switch byte {
            case 0x22: return try validated(text[...])
            case 0x5C: try escape(into: &text)
            case ..<0x20: throw fault("a control character in a string")
            default: text.append(byte)
            }
        }
        throw fault("a string is not closed")
    }

    /// Reads a string, a number as it is written, or `nil` for null.
    mutating func text(_ field: String) throws(Rejection) -> String? {
        switch try kind() {
        case .string: return try string()
        case .number: return try number()
        case .null:
            try skip()
            return nil
        default: throw Rejection(.badField, "\(field) is neither a string nor a number")
        }
    }

    /// Reads an integer, or `nil` for null.
    mutating func integer(_ field: String) throws(Rejection) -> Int64? {
        guard let text = try text(field) else { return nil }
        guard let value = Int64(text) else { throw Rejection(.badField, "\(field) is not an integer") }
        return value
    }

    /// Reads true or false, or `nil` for null.
    mutating func bool(_ field: String) throws(Rejection) -> Bool? {
        switch try kind() {
        case .bool:
            let value = peek() == UInt8(ascii: "t")
            try skip()
            return value
        case .null:
            try skip()
            return nil
        default: throw Rejection(.badField, "\(field) is neither true nor false")
        }
    }

    /// Passes over a value of any kind.
    mutating func skip() throws(Rejection) {
        switch try kind() {
        case .string: try skipString()
        case .number: _ = try number()
        case .bool: try literal(peek() == UInt8(ascii: "t") ? "true" : "false")
        case .null: try literal("null")
        case .object: try members { (_, cursor) throws(Rejection) in try cursor.skip() }
        case .array: try elements { (cursor) throws(Rejection) in try cursor.skip() }
        }
    }

    /// Says that nothing may follow.
    mutating func end() throws(Rejection) {
        skipSpace()
        if position < bytes.count { throw fault("something follows the value") }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ rule: String) -> Rejection { Rejection(.badJSON, "\(rule) (byte \(position))") }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(Rejection) {
        guard peek() == byte else { throw fault("\"\(Character(Unicode.Scalar(byte)))\" is expected") }
        position += 1
    }

    private mutating func enter(_ byte: UInt8) throws(Rejection) {
        skipSpace()
        try expect(byte)
        depth += 1
        if depth > Self.maximumDepth {
            throw Rejection(.tooDeep, "more than \(Self.maximumDepth) levels (byte \(position))")
        }
    }

    private mutating func leave() {
        position += 1
        depth -= 1
    }

    private mutating func skipString() throws(Rejection) {
        try expect(0x22)
        while let byte = peek() {
            position += 1
            if byte == 0x22 { return }
            if byte < 0x20 { throw fault("a control character in a string") }
            if byte == 0x5C { position += 1 }
        }
        throw fault("a string is not closed")
    }

    private mutating func number() throws(Rejection) -> String {
        let start = position
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard Double(text) != nil else { throw fault("a number is malformed") }
        return text
    }

    private mutating func literal(_ text: StaticString) throws(Rejection) {
        for index in 0..<text.utf8CodeUnitCount {
            try expect(text.withUTF8Buffer { $0[index] })
        }
    }

    private func validated(_ part: ArraySlice<UInt8>) throws(Rejection) -> String {
        guard let text = String(validating: part, as: UTF8.self) else {
            throw Rejection(.notUTF8, "a string that ends at byte \(position) is not UTF-8")
        }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(Rejection) {
        guard let byte = peek() else { throw fault("a string is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var value = try hexadecimal()
            if 0xD800..<0xDC00 ~= value, peek() == 0x5C, position + 1 < bytes.count, bytes[position + 1] == 0x75 {
                let mark = position
                position += 2
                let low = try hexadecimal()
                if 0xDC00..<0xE000 ~= low {
                    value = 0x1_0000 + (value - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            text.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
        default: throw fault("an escape is unknown")
        }
    }

    private mutating func hexadecimal() throws(Rejection) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fault("an escape is cut short") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            // No sign: `UInt32(_:radix:)` would take one.
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("an escape is no number")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
