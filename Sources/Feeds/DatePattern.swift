import MentionModel

/// A pattern of a date, in a subset of the letters of Unicode TR 35.
///
/// `yyyy`; `MM` or `M`; `MMM` (Jan … Dec); `dd` or `d`; `EEE` (a day's name, not checked); `HH` or `H` (0–23); `mm`;
/// `ss`; `SSS` (a fraction of any length); `Z` (`+0200`, `+02:00` or `Z`). Numbers may have fewer digits than the
/// pattern says, except years. Text stands for itself, also in single quotes. Without `Z` a time is UTC.
struct DatePattern: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case year, month, monthName, day, dayName, hour, minute, second, fraction, offset
        case literal([UInt8])
    }

    private var parts: [Part] = []

    /// The dates of Twitter v1.1: "Wed Oct 10 20:19:24 +0000 2018".
    static let twitter = DatePattern([
        .dayName, .literal([0x20]), .monthName, .literal([0x20]), .day, .literal([0x20]), .hour, .literal([0x3A]),
        .minute, .literal([0x3A]), .second, .literal([0x20]), .offset, .literal([0x20]), .year,
    ])

    private init(_ parts: [Part]) { self.parts = parts }

    /// Reads a pattern.
    ///
    /// - Throws: ``FeedError/badMapping(_:)`` for letters with no meaning and for a pattern without a day.
    init(_ pattern: String) throws(FeedError) {
        let characters = Array(pattern)
        var index = 0
        var isQuoted = false
        while index < characters.count {
            let letter = characters[index]
            if letter == "'" {
                isQuoted.toggle()
                index += 1
                continue
            }
            if isQuoted {
                append(literal: letter)
                index += 1
                continue
            }
            guard letter.isASCII, letter.isLetter else {
                append(literal: letter)
                index += 1
                continue
            }
            let run = characters[index...].prefix { $0 == letter }.count
            index += run
            switch (letter, run) {
            case ("y", 4): parts.append(.year)
            case ("M", 1...2): parts.append(.month)
            case ("M", 3): parts.append(.monthName)
            case ("d", 1...2): parts.append(.day)
            case ("E", 1...3): parts.append(.dayName)
            case ("H", 1...2): parts.append(.hour)
            case ("m", 1...2): parts.append(.minute)
            case ("s", 1...2): parts.append(.second)
            case ("S", _): parts.append(.fraction)
            case ("Z", 1), ("X", 1...3): parts.append(.offset)
            case ("T", 1): append(literal: "T")
            default:
                throw .badMapping(
                    "\"\(String(repeating: letter, count: run))\" in the date pattern \"\(pattern)\" has no meaning: "
                        + "use yyyy MM MMM dd HH mm ss SSS Z EEE (MM is months, mm minutes, HH hours 0–23)"
                )
            }
        }
        guard parts.contains(.year), parts.contains(.day), parts.contains(.month) || parts.contains(.monthName) else {
            throw .badMapping("the date pattern \"\(pattern)\" needs a year (yyyy), a month (MM) and a day (dd)")
        }
    }

    private mutating func append(literal character: Character) {
        if case .literal(let text) = parts.last {
            parts[parts.count - 1] = .literal(text + Array(character.utf8))
        } else {
            parts.append(.literal(Array(character.utf8)))
        }
    }

    /// The instant that a text means; nil where it does not fit the pattern or there is no such date.
    func parse(_ text: String) -> Timestamp? {
        var input = Array(text.utf8)[...]
        var year = 0
        var month = 0
        var day = 0
        var hour = 0
        var minute = 0
        var second = 0
        var microsecond = 0
        var offset = 0
        for part in parts {
            switch part {
            case .literal(let expected):
                guard input.starts(with: expected) else { return nil }
                input = input.dropFirst(expected.count)
            case .year: guard let value = Self.number(&input, 4...4) else { return nil }; year = value
            case .month: guard let value = Self.number(&input, 1...2) else { return nil }; month = value
            case .day: guard let value = Self.number(&input, 1...2) else { return nil }; day = value
            case .hour: guard let value = Self.number(&input, 1...2) else { return nil }; hour = value
            case .minute: guard let value = Self.number(&input, 1...2) else { return nil }; minute = value
            case .second: guard let value = Self.number(&input, 1...2) else { return nil }; second = value
            case .monthName:
                let name = input.prefix(3).map { $0 | 0x20 }
                guard let index = Self.months.firstIndex(of: name) else { return nil }
                month = index + 1
                input = input.dropFirst(3)
            case .dayName:
                let letters = input.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
                guard letters.count >= 2 else { return nil }
                input = input.dropFirst(letters.count)
            case .fraction:
                let digits = input.prefix { $0 >= 0x30 && $0 <= 0x39 }
                guard !digits.isEmpty else { return nil }
                for position in 0..<6 {
                    let index = digits.startIndex + position
                    microsecond = microsecond * 10 + (index < digits.endIndex ? Int(digits[index] - 0x30) : 0)
                }
                input = input.dropFirst(digits.count)
            case .offset:
                guard let value = Self.offset(&input) else { return nil }
                offset = value
            }
        }
        guard input.isEmpty else { return nil }
        return Timestamp(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second,
            microsecond: microsecond,
            offset: offset
        )
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        .map { Array($0.utf8) }

    private static func number(_ input: inout ArraySlice<UInt8>, _ digits: ClosedRange<Int>) -> Int? {
        let found = input.prefix(digits.upperBound).prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard digits.contains(found.count) else { return nil }
        input = input.dropFirst(found.count)
        return found.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func offset(_ input: inout ArraySlice<UInt8>) -> Int? {
        guard let sign = input.popFirst() else { return nil }
        if sign == UInt8(ascii: "Z") { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        guard let hours = number(&input, 2...2) else { return nil }
        if input.first == 0x3A { input = input.dropFirst() }
        guard let minutes = number(&input, 2...2), hours < 24, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }
}
