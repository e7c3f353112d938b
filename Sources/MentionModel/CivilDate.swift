/// A day of the proleptic Gregorian calendar.
///
/// The arithmetic is that of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms"
/// (`days_from_civil`, `civil_from_days`): years are counted from 1 March, so that the leap day comes last.
public struct CivilDate: Sendable, Hashable {
    /// Astronomical year: 0 is 1 BC.
    public var year: Int
    /// 1–12.
    public var month: Int
    /// 1–31.
    public var day: Int

    /// Makes a date; nil when the month has no such day or the year is beyond ±300,000 (what ``Timestamp`` can hold).
    public init?(year: Int, month: Int, day: Int) {
        guard abs(year) <= 300_000, 1...12 ~= month, day >= 1, day <= Self.length(ofMonth: month, year: year) else {
            return nil
        }
        self.init(uncheckedYear: year, month, day)
    }

    private init(uncheckedYear year: Int, _ month: Int, _ day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date of a day that is counted from 1970-01-01. O(1).
    public init(daysSinceEpoch: Int32) {
        let days = Int(daysSinceEpoch) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        self.init(
            uncheckedYear: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month,
            dayOfYear - (153 * shifted + 2) / 5 + 1
        )
    }

    /// Days since 1970-01-01. O(1).
    public var daysSinceEpoch: Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Timestamp {
    /// An instant from the parts that a calendar date has; for readers of other date forms than RFC 3339.
    ///
    /// `offset` is that of the local time to UTC in seconds, east positive, within a day. Nil when a part is out of
    /// its range. A second of 60 (a leap second) is the second after it, and accepted only where leap seconds are
    /// put: at the end of a UTC month.
    public init?(
        year: Int,
        month: Int,
        day: Int,
        hour: Int = 0,
        minute: Int = 0,
        second: Int = 0,
        microsecond: Int = 0,
        offset: Int = 0
    ) {
        guard let date = CivilDate(year: year, month: month, day: day), year > -290_000, year < 290_000,
            0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second, 0...999_999 ~= microsecond, -86_399...86_399 ~= offset
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second - offset
        if second == 60 {
            let next = Timestamp(microseconds: Int64(seconds) * 1_000_000)
            guard seconds % 86_400 == 0, CivilDate(daysSinceEpoch: next.day).day == 1 else { return nil }
        }
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
    }
}
