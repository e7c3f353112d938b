/// Writers of numbers and times as ASCII, without strings on the way.
extension [UInt8] {
    /// Appends a number in decimal.
    mutating func append(decimal value: Int64) {
        if value < 0 { append(0x2D) }
        append(decimal: value.magnitude)
    }

    /// Appends a number in decimal.
    mutating func append(decimal value: UInt64) {
        var divisor: UInt64 = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            divisor &*= 10
        }
        rest = value
        while divisor > 0 {
            append(0x30 &+ UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    /// Appends the last `digits` decimal digits of a number, with zeros in front.
    mutating func append(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<Swift.max(1, digits) { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends the `digits` lowest hexadecimal digits of a number.
    mutating func append(hexadecimal value: UInt64, digits: Int) {
        var shift = digits * 4
        while shift > 0 {
            shift -= 4
            let nibble = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
        }
    }

    /// Appends a number in base 36.
    mutating func append(base36 value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 36 { divisor &*= 36 }
        var rest = value
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: rest / divisor)
            append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
            rest %= divisor
            divisor /= 36
        }
    }

    /// Appends all 64 bits as 13 characters of `a`–`z` and `2`–`7`.
    mutating func append(base32 value: UInt64) {
        for position in 0..<13 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(5 * position)) & 31
            append(digit < 26 ? 0x61 + digit : 0x18 + digit)
        }
    }

    /// Appends the bytes of a string that is known when the program is built.
    @inline(__always)
    mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { append(contentsOf: $0) }
    }
}

/// Writes instants as RFC 3339; remembers the last day, since neighbours in a stream share it.
struct DateWriter: Sendable {
    private var day = Int64.min
    private var date: [UInt8] = []

    /// Appends an instant, `offsetMinutes` east of UTC, with milliseconds or cut to the second.
    mutating func append(milliseconds: Int64, offsetMinutes: Int, fraction: Bool, to bytes: inout [UInt8]) {
        let local = milliseconds + Int64(offsetMinutes) * 60_000
        let newDay = local >= 0 ? local / 86_400_000 : (local - 86_399_999) / 86_400_000
        if newDay != day { write(day: newDay) }
        bytes.append(contentsOf: date)
        let inDay = Int(local - newDay * 86_400_000)
        bytes.append(inDay / 3_600_000, digits: 2)
        bytes.append(0x3A)
        bytes.append(inDay / 60_000 % 60, digits: 2)
        bytes.append(0x3A)
        bytes.append(inDay / 1_000 % 60, digits: 2)
        if fraction {
            bytes.append(0x2E)
            bytes.append(inDay % 1_000, digits: 3)
        }
        if offsetMinutes == 0 { return bytes.append(0x5A) }
        bytes.append(offsetMinutes < 0 ? 0x2D : 0x2B)
        bytes.append(abs(offsetMinutes) / 60, digits: 2)
        bytes.append(0x3A)
        bytes.append(abs(offsetMinutes) % 60, digits: 2)
    }

    /// Civil date from days since 1970, proleptic Gregorian. Source: H. Hinnant, "chrono-compatible low-level date
    /// algorithms".
    private mutating func write(day: Int64) {
        self.day = day
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        date.removeAll(keepingCapacity: true)
        date.append(Int(year), digits: 4)
        date.append(0x2D)
        date.append(Int(month), digits: 2)
        date.append(0x2D)
        date.append(Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), digits: 2)
        date.append(0x54)
    }
}
