/// The values of JSON strings and numbers that ``JSONScanner`` has found well-formed.
enum JSONString {
    /// The number of four hexadecimal digits; nil when they are none. Reads 4 bytes.
    static func hexadecimal(_ digits: UnsafePointer<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<4 {
            let byte = digits[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte &- UInt8(ascii: "A") &+ 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Writes the value of a string with escapes and returns its length, at most `count`: every escape is longer than
    /// what it stands for. A lone surrogate becomes U+FFFD. `target` must have room for `count` bytes.
    static func unescape(_ source: UnsafePointer<UInt8>, count: Int, into target: UnsafeMutablePointer<UInt8>) -> Int {
        var read = 0
        var written = 0
        while read < count {
            let byte = source[read]
            guard byte == UInt8(ascii: "\\"), read + 1 < count else {
                target[written] = byte
                read += 1
                written += 1
                continue
            }
            let letter = source[read + 1]
            guard letter == UInt8(ascii: "u") else {
                target[written] = plain(letter)
                read += 2
                written += 1
                continue
            }
            guard read + 6 <= count, var scalar = hexadecimal(source + read + 2) else { return written }
            read += 6
            if 0xD800...0xDFFF ~= scalar {
                var pair: UInt32?
                if scalar < 0xDC00, read + 6 <= count, source[read] == UInt8(ascii: "\\"),
                    source[read + 1] == UInt8(ascii: "u"), let low = hexadecimal(source + read + 2),
                    0xDC00...0xDFFF ~= low
                {
                    pair = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    read += 6
                }
                scalar = pair ?? 0xFFFD
            }
            written += encode(scalar, at: target + written)
        }
        return written
    }

    private static func plain(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func encode(_ scalar: UInt32, at target: UnsafeMutablePointer<UInt8>) -> Int {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80) }
        switch scalar {
        case ..<0x80:
            target[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        case ..<0x800:
            target[0] = UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0)
            target[1] = tail(0)
            return 2
        case ..<0x10000:
            target[0] = UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0)
            target[1] = tail(6)
            target[2] = tail(0)
            return 3
        default:
            target[0] = UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0)
            target[1] = tail(12)
            target[2] = tail(6)
            target[3] = tail(0)
            return 4
        }
    }
}

/// Numbers that count something.
enum JSONNumber {
    /// The value of a well-formed JSON number if it is an integer in 0…Int64.max, however it is written (`12`, `12.0`,
    /// `1.2e1`, `-0`); nil otherwise. Exact: no floating point. O(n).
    static func count(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var index = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        let mantissa = index
        var digits = 0
        var point: Int?
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: ".") {
                point = digits
            } else if JSONScanner.isDigit(bytes[index]) {
                digits += 1
            } else {
                break
            }
            index += 1
        }
        let mantissaEnd = index
        // Digits before this place are the integer; those after it must be zeros.
        let integerDigits = (point ?? digits) + exponent(bytes, at: index)
        var value: Int64 = 0
        var seen = 0
        for position in mantissa..<mantissaEnd where bytes[position] != UInt8(ascii: ".") {
            let digit = Int64(bytes[position] &- UInt8(ascii: "0"))
            if seen < integerDigits {
                guard let next = appending(digit, to: value) else { return nil }
                value = next
            } else if digit != 0 {
                return nil
            }
            seen += 1
        }
        while seen < integerDigits, value != 0 {
            guard let next = appending(0, to: value) else { return nil }
            value = next
            seen += 1
        }
        return isNegative && value != 0 ? nil : value
    }

    private static func appending(_ digit: Int64, to value: Int64) -> Int64? {
        let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
        let (sum, sumOverflows) = product.addingReportingOverflow(digit)
        return productOverflows || sumOverflows ? nil : sum
    }

    /// The exponent, cut to ±10,000,000: ten times the digits that a record has room for.
    private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int {
        guard start + 1 < bytes.count else { return 0 }
        var index = start + 1
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }
        var value = 0
        while index < bytes.count {
            value = min(value * 10 + Int(bytes[index] &- UInt8(ascii: "0")), 10_000_000)
            index += 1
        }
        return isNegative ? -value : value
    }
}
