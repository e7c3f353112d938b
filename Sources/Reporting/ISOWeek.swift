/// A day of the Gregorian calendar, UTC.
///
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
struct CivilDay: Equatable {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// From days since 1970-01-01.
    init(days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * part + 2) / 5 + 1
        month = part < 10 ? part + 3 : part - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    var days: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A week of ISO 8601, Monday to Sunday, UTC.
public struct ISOWeek: Sendable, Equatable {
    /// Hours from 1970-01-01T00Z to its Monday, 00Z.
    public let firstHour: Int32

    /// How many hours a week has.
    public static let hours: Int32 = 168

    /// The hour after its last.
    public var endHour: Int32 { firstHour + Self.hours }

    /// The week that an hour is in. Hours since 1970-01-01T00Z, a Thursday.
    public init(containing hour: Int32) {
        let shifted = hour + 72
        let week = (shifted >= 0 ? shifted : shifted - 167) / 168
        firstHour = week * 168 - 72
    }

    /// From `2026-W47`; nil for anything else, and for a week that its year doesn't have. Years 1990 to 9999.
    public init?(_ text: String) {
        let parts = text.uppercased().split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 4, parts[1].count == 3, parts[1].first == "W",
            let year = Int(parts[0]), let number = Int(parts[1].dropFirst()), (1990...9_999).contains(year), number >= 1
        else { return nil }
        // January 4th is always in the first week.
        let first = ISOWeek(containing: Int32(CivilDay(year: year, month: 1, day: 4).days * 24))
        let week = ISOWeek(containing: first.firstHour + Int32(number - 1) * Self.hours)
        guard week.year == year else { return nil }
        self = week
    }

    /// The week so many weeks later.
    public func advanced(by weeks: Int32) -> ISOWeek { ISOWeek(containing: firstHour + weeks * Self.hours) }

    /// As `2026-W47`.
    public var name: String {
        let first = ISOWeek(containing: Int32(CivilDay(year: year, month: 1, day: 4).days * 24))
        let number = (firstHour - first.firstHour) / Self.hours + 1
        return "\(year)-W\(number < 10 ? "0" : "")\(number)"
    }

    /// As `16 to 22 November 2026`.
    public var dates: String {
        let from = CivilDay(days: Int(firstHour / 24))
        let to = CivilDay(days: Int(firstHour / 24) + 6)
        let tail = "\(to.day) \(DayName.month(to.month)) \(to.year)"
        if from.year != to.year { return "\(from.day) \(DayName.month(from.month)) \(from.year) to \(tail)" }
        if from.month != to.month { return "\(from.day) \(DayName.month(from.month)) to \(tail)" }
        return "\(from.day) to \(tail)"
    }

    /// Its Thursday decides to which year a week belongs.
    private var year: Int { CivilDay(days: Int(firstHour / 24) + 3).year }
}

/// Days and times in words. English, and the same on every machine.
enum DayName {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    static func month(_ month: Int) -> String { (1...12).contains(month) ? months[month - 1] : "" }

    /// Of days since 1970-01-01.
    static func weekday(_ days: Int) -> String { weekdays[((days + 3) % 7 + 7) % 7] }

    /// As `Thu 19`.
    static func day(_ days: Int) -> String { "\(weekday(days)) \(CivilDay(days: days).day)" }

    /// As `Thu 19 Nov 14:00`.
    static func hour(_ time: ReportTime) -> String {
        let (days, hours, minutes, _) = time.parts
        let day = CivilDay(days: days)
        return "\(weekday(days)) \(day.day) \(month(day.month).prefix(3)) \(two(hours)):\(two(minutes))"
    }

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// An instant of a report; in JSON it is RFC 3339, to the second.
public struct ReportTime: Sendable, Equatable, Encodable {
    /// Microseconds since the Unix epoch.
    public var microseconds: Int64

    /// Makes an instant.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The beginning of an hour since 1970-01-01T00Z.
    public init(hour: Int32) { microseconds = Int64(hour) * 3_600_000_000 }

    /// Days since 1970-01-01, hours, minutes, seconds.
    var parts: (days: Int, hours: Int, minutes: Int, seconds: Int) {
        // A time that is no date at all is shown as the nearest one that is.
        let held = min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_000_000)
        let seconds = Int((held >= 0 ? held : held - 999_999) / 1_000_000)
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        return (days, rest / 3_600, rest / 60 % 60, rest % 60)
    }

    /// As `2026-11-19T14:00:00Z`.
    public var text: String {
        let (days, hours, minutes, seconds) = parts
        let day = CivilDay(days: days)
        let year = String(repeating: "0", count: max(0, 4 - String(day.year).count)) + String(day.year)
        return "\(year)-\(DayName.two(day.month))-\(DayName.two(day.day))"
            + "T\(DayName.two(hours)):\(DayName.two(minutes)):\(DayName.two(seconds))Z"
    }

    /// Writes ``text``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
