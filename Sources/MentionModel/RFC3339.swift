extension Timestamp {
    /// Reads an RFC 3339 date-time: `2024-02-29T23:59:59.999Z`, with any offset and any number of fraction digits.
    ///
    /// As the RFC allows, `t`, `z` and a space for the `T` are read too. Digits beyond microseconds are cut, not
    /// rounded. A leap second (`:60`, at the end of a UTC month only) is read as the second after it, as PostgreSQL
    /// does. Years 0000–9999. Nil for all else, `24:00:00` included. O(n), no allocation.
    public static func parse(rfc3339 bytes: Span<UInt8>) -> Timestamp? {
        bytes.withUnsafeBufferPointer { parse(rfc3339: $0) }
    }

    /// The same of a string.
    public static func parse(rfc3339 text: some StringProtocol) -> Timestamp? {
        var text = String(text)
        return text.withUTF8 { parse(rfc3339: $0) }
    }

    static func parse(rfc3339 bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        // The shortest form has 20 bytes, so the fixed positions below exist.
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " ")
        else { return nil }
        let century = twoDigits(bytes, 0)
        let years = twoDigits(bytes, 2)
        let month = twoDigits(bytes, 5)
        let day = twoDigits(bytes, 8)
        let hour = twoDigits(bytes, 11)
        let minute = twoDigits(bytes, 14)
        let second = twoDigits(bytes, 17)
        guard century | years | month | day | hour | minute | second >= 0 else { return nil }

        var position = 19
        var microsecond = 0
        if bytes[19] == UInt8(ascii: ".") {
            position = 20
            var unit = 100_000
            while position < bytes.count, let digit = digit(bytes[position]) {
                microsecond += digit * unit
                unit /= 10
                position += 1
            }
            guard position > 20 else { return nil }
        }
        guard let offset = offset(bytes, at: position) else { return nil }
        return Timestamp(
            year: century * 100 + years,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second,
            microsecond: microsecond,
            offset: offset
        )
    }

    /// The zone that must fill the bytes from `position`, in seconds east of UTC.
    private static func offset(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
        guard position < bytes.count else { return nil }
        let sign = bytes[position]
        if sign | 0x20 == UInt8(ascii: "z") { return position + 1 == bytes.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), position + 6 == bytes.count,
            bytes[position + 3] == UInt8(ascii: ":")
        else { return nil }
        let hours = twoDigits(bytes, position + 1)
        let minutes = twoDigits(bytes, position + 4)
        guard 0...23 ~= hours, 0...59 ~= minutes else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }

    /// The number of two digits, −1 when they are none.
    @inline(__always)
    private static func twoDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        guard let tens = digit(bytes[index]), let ones = digit(bytes[index + 1]) else { return -1 }
        return tens * 10 + ones
    }

    /// The instant in UTC as RFC 3339: `2024-02-29T23:59:59Z`, with a fraction (no trailing zeros) only when it is
    /// not zero. Years outside 0000–9999, which the RFC can't write, get a sign and at least four digits.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``rfc3339``.
    public func appendRFC3339(to bytes: inout [UInt8]) {
        let date = CivilDate(daysSinceEpoch: day)
        let withinDay = Int(microseconds &- Int64(day) &* 86_400_000_000)
        let second = withinDay / 1_000_000
        if !(0...9999 ~= date.year) { bytes.append(UInt8(ascii: date.year < 0 ? "-" : "+")) }
        Self.append(abs(date.year), width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.month, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.day, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        Self.append(second / 3600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(second / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(second % 60, width: 2, to: &bytes)
        let fraction = withinDay % 1_000_000
        if fraction > 0 {
            bytes.append(UInt8(ascii: "."))
            Self.append(fraction, width: 6, to: &bytes)
            while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Appends a number that is not negative, with zeros in front up to `width`.
    private static func append(_ number: Int, width: Int, to bytes: inout [UInt8]) {
        var unit = 1
        var digits = 1
        while digits < width || number / unit >= 10 {
            unit *= 10
            digits += 1
        }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
    }
}
