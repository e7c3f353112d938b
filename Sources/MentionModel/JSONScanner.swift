/// What a JSON value is, by its first byte and, for numbers, by how it is written.
enum JSONKind: UInt8 {
    case absent, null, yes, no, string, integer, decimal, exponent, object, array
}

/// Where the bytes stop being JSON, and by which rule. Holds nothing of the bytes themselves.
struct JSONFault: Error {
    var reason: ReasonCode
    var rule: StaticString
    var offset: Int
}

/// Where a value lies. For strings, the bytes between the quotes.
struct JSONExtent {
    var start: UInt32 = 0
    var end: UInt32 = 0
    var kind = JSONKind.absent
    /// Whether the string has escapes; without them its bytes are its value.
    var isEscaped = false

    var count: Int { Int(end) - Int(start) }

    /// Where the value begins in the payload, with its quote.
    var place: Int { kind == .string ? Int(start) - 1 : Int(start) }
}

/// Walks over JSON text, strictly by RFC 8259, and checks all of it, without making values.
///
/// Containers that nobody asked for are passed over with one word of state, a bit per level, so that no input can
/// exhaust the stack. UTF-8 is checked inside strings where a byte is not ASCII; elsewhere such a byte is a syntax
/// fault by itself. `base` must stay valid for `end` bytes while the scanner lives, and `end` is below 2³².
struct JSONScanner {
    let base: UnsafePointer<UInt8>
    let end: Int
    /// The next byte to be read.
    var position = 0
    /// Where the first escape for U+0000 lies, −1 when there was none.
    var nulOffset = -1

    init(_ base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        end = count
    }

    /// The next byte; 0, which is not allowed anywhere in JSON, at the end.
    @inline(__always)
    var next: UInt8 { position < end ? base[position] : 0 }

    func fault(_ rule: StaticString) -> JSONFault {
        JSONFault(reason: .badJSON, rule: rule, offset: position)
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < end {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Takes a key and its colon, from the opening quote to the first byte of the value.
    @inline(__always)
    mutating func key() throws(JSONFault) -> JSONExtent {
        guard next == UInt8(ascii: "\"") else { throw fault("expected a key in quotes") }
        let key = try string()
        skipWhitespace()
        guard next == UInt8(ascii: ":") else { throw fault("expected a colon after the key") }
        position += 1
        skipWhitespace()
        return key
    }

    /// Takes a string; the next byte is its opening quote.
    mutating func string() throws(JSONFault) -> JSONExtent {
        position += 1
        let start = position
        var seen: UInt64 = 0
        var isEscaped = false
        let raw = UnsafeRawPointer(base)
        scan: while true {
            // Eight bytes at a time: stop at a quote, a backslash or a control character. Borrows in these sums can
            // only raise false alarms above a true one, so the lowest alarm is exact.
            while position + 8 <= end {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let quote = word ^ 0x2222_2222_2222_2222
                let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
                let ones: UInt64 = 0x0101_0101_0101_0101
                let alarms =
                    (quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- 0x2020_2020_2020_2020) & ~word
                seen |= word
                let high = alarms & 0x8080_8080_8080_8080
                if high != 0 {
                    position += high.trailingZeroBitCount >> 3
                    break
                }
                position += 8
            }
            while position < end {
                let byte = base[position]
                if byte == UInt8(ascii: "\"") { break scan }
                if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                    try escape()
                    continue scan
                }
                guard byte >= 0x20 else { throw fault("a control character in a string") }
                seen |= UInt64(byte)
                position += 1
            }
            throw fault("a string without end")
        }
        if seen & 0x8080_8080_8080_8080 != 0, let fault = UTF8Check.firstFault(base, from: start, to: position) {
            throw JSONFault(reason: .notUTF8, rule: "not UTF-8", offset: fault)
        }
        let extent = JSONExtent(
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: position),
            kind: .string,
            isEscaped: isEscaped
        )
        position += 1
        return extent
    }

    /// Takes an escape; the next byte is its backslash.
    private mutating func escape() throws(JSONFault) {
        guard position + 1 < end else { throw fault("an escape without end") }
        switch base[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard position + 6 <= end, let unit = JSONString.hexadecimal(base + position + 2) else {
                throw fault("an escape without four hexadecimal digits")
            }
            if unit == 0, nulOffset < 0 { nulOffset = position }
            position += 6
        default: throw fault("an unknown escape")
        }
    }

    /// Takes one value of any kind; the next byte is its first. `depth` is how many containers are open around it.
    mutating func value(depth outer: Int) throws(JSONFault) -> JSONExtent {
        switch next {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var extent = JSONExtent(start: UInt32(truncatingIfNeeded: position))
            extent.kind = next == UInt8(ascii: "{") ? .object : .array
            try container(outer)
            extent.end = UInt32(truncatingIfNeeded: position)
            return extent
        default: return try scalar()
        }
    }

    /// Notes one more level.
    func deeper(_ depth: Int) throws(JSONFault) -> Int {
        guard depth < MentionDecoder.maximumDepth else {
            throw JSONFault(reason: .tooDeep, rule: "nested too deeply", offset: position)
        }
        return depth + 1
    }

    private mutating func container(_ outer: Int) throws(JSONFault) {
        var depth = outer
        // Bit n: level n + 1 is an object. `maximumDepth` is at most 64.
        var objects: UInt64 = 0
        while true {
            var opened = false
            switch next {
            case UInt8(ascii: "{"):
                depth = try deeper(depth)
                objects |= 1 &<< UInt64(depth - 1)
                position += 1
                skipWhitespace()
                if next != UInt8(ascii: "}") {
                    _ = try key()
                    opened = true
                }
            case UInt8(ascii: "["):
                depth = try deeper(depth)
                objects &= ~(1 &<< UInt64(depth - 1))
                position += 1
                skipWhitespace()
                opened = next != UInt8(ascii: "]")
            case UInt8(ascii: "\""): _ = try string()
            default: _ = try scalar()
            }
            if opened { continue }

            // A value has ended, or a container has opened and its closing bracket is next.
            closing: while true {
                skipWhitespace()
                let isObject = objects & (1 &<< UInt64(depth - 1)) != 0
                switch next {
                case UInt8(ascii: ","):
                    position += 1
                    skipWhitespace()
                    if isObject { _ = try key() }
                    break closing
                case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                    position += 1
                    depth -= 1
                    if depth == outer { return }
                default: throw fault(isObject ? "expected a comma or }" : "expected a comma or ]")
                }
            }
        }
    }

    private mutating func scalar() throws(JSONFault) -> JSONExtent {
        switch next {
        case UInt8(ascii: "t"): try literal("true", .yes)
        case UInt8(ascii: "f"): try literal("false", .no)
        case UInt8(ascii: "n"): try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw fault("expected a value")
        }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONKind) throws(JSONFault) -> JSONExtent {
        let count = word.utf8CodeUnitCount
        guard position + count <= end else { throw fault("expected a value") }
        for index in 0..<count where base[position + index] != word.utf8Start[index] {
            throw fault("expected a value")
        }
        return extent(from: position, count: count, kind)
    }

    private mutating func number() throws(JSONFault) -> JSONExtent {
        let start = position
        var kind = JSONKind.integer
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
            if Self.isDigit(next) { throw fault("a number with a leading zero") }
        } else {
            try digits()
        }
        if next == UInt8(ascii: ".") {
            kind = .decimal
            position += 1
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            kind = .exponent
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return extent(from: start, count: position - start, kind)
    }

    private mutating func digits() throws(JSONFault) {
        guard Self.isDigit(next) else { throw fault("expected a digit") }
        repeat { position += 1 } while Self.isDigit(next)
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func extent(from start: Int, count: Int, _ kind: JSONKind) -> JSONExtent {
        position = start + count
        return JSONExtent(
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: position),
            kind: kind
        )
    }
}
