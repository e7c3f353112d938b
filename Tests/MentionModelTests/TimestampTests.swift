import Foundation
import MentionModel
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.5Z", -500_000),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000_000),
            ("2024-05-06t07:08:09z", 1_714_979_289_000_000), ("2024-05-06 07:08:09Z", 1_714_979_289_000_000),
            ("2024-05-06T07:08:09.123456789Z", 1_714_979_289_123_456),
            ("2024-05-06T07:08:09.9999999Z", 1_714_979_289_999_999),
            ("2024-05-06T07:08:09+00:00", 1_714_979_289_000_000), ("2024-05-06T07:08:09-00:00", 1_714_979_289_000_000),
            ("2024-05-06T12:38:09+05:30", 1_714_979_289_000_000), ("2024-05-05T07:09:09-23:59", 1_714_979_289_000_000),
            // Leap seconds: the real one of 2016, the same in another zone, and in no other place.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("2017-01-01T00:59:60.25+01:00", 1_483_228_800_250_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)]
    )
    func reads(text: String, microseconds: Int64) {
        #expect(Timestamp.parse(rfc3339: text) == Timestamp(microseconds: microseconds))
        #expect(Timestamp.parse(rfc3339: Array(text.utf8).span) == Timestamp(microseconds: microseconds))
    }

    @Test(arguments: [
        "", "2024", "2024-05-06", "2024-05-06T07:08:09", "2024-05-06T07:08Z", "2024-05-06T07:08:09.Z",
        "2024-05-06T07:08:09,5Z", "2024-05-06T24:00:00Z", "2024-05-06T07:60:00Z", "2024-05-06T07:08:61Z",
        "2024-05-06T07:08:60Z", "2016-12-30T23:59:60Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2024-04-31T00:00:00Z", "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z",
        "2024-05-06T07:08:09+24:00", "2024-05-06T07:08:09+01:60", "2024-05-06T07:08:09+0100", "2024-05-06T07:08:09+01",
        "2024-05-06T07:08:09Z ", " 2024-05-06T07:08:09Z", "2024-05-06T07:08:09ZZ", "2024-05-06T07:08:09+01:00Z",
        "+2024-05-06T07:08:09Z", "20240506T070809Z0000", "2024/05/06T07:08:09Z", "2024-05-06X07:08:09Z",
        "2o24-05-06T07:08:09Z", "2024-05-06T07:08:09.5", "2024-05-06T07:08:09.5+1:00", "-024-05-06T07:08:09Z",
        "2024-05-06T07:08:0\u{e9}Z",
    ])
    func refuses(text: String) {
        #expect(Timestamp.parse(rfc3339: text) == nil)
    }

    @Test func writesAndReadsBack() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<20_000 {
            let range: Range<Int64> = -62_167_219_200_000_000..<253_402_300_800_000_000
            var microseconds = Int64.random(in: range, using: &random)
            if random.chance(30) { microseconds = microseconds / 1_000_000 * 1_000_000 }
            let time = Timestamp(microseconds: microseconds)
            #expect(Timestamp.parse(rfc3339: time.rfc3339) == time)
        }
        #expect(Timestamp(microseconds: 1_500_000).rfc3339 == "1970-01-01T00:00:01.5Z")
        #expect(Timestamp(microseconds: -1).rfc3339 == "1969-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: 0).rfc3339 == "1970-01-01T00:00:00Z")
        // The ends of the type, which RFC 3339 can't write: no trap.
        #expect(Timestamp(microseconds: .max).rfc3339 == "+294247-01-10T04:00:54.775807Z")
        #expect(Timestamp(microseconds: .min).rfc3339 == "-290308-12-21T19:59:05.224192Z")
    }

    @Test func agreesWithFoundationsCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var random = SplitMix64(seed: 3)
        for round in 0..<3000 {
            // From 1600 on: before 1582 Foundation's calendar is the Julian one.
            var seconds = Int64.random(in: -11_676_096_000..<32_503_680_000, using: &random)
            if round < 400 {
                // Around the end of February of each year of four centuries.
                let days = try #require(CivilDate(year: 1700 + round, month: 2, day: 28)).daysSinceEpoch
                seconds = Int64(days + random.below(3)) * 86_400
            }
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds))
            )
            let time = Timestamp(
                year: try #require(parts.year),
                month: try #require(parts.month),
                day: try #require(parts.day),
                hour: try #require(parts.hour),
                minute: try #require(parts.minute),
                second: try #require(parts.second)
            )
            #expect(time == Timestamp(microseconds: seconds * 1_000_000))
            let date = CivilDate(daysSinceEpoch: Timestamp(microseconds: seconds * 1_000_000).day)
            #expect(date == CivilDate(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0))
        }
    }

    @Test func daysAndDatesAreInverse() throws {
        for days in stride(from: Int32(-106_751_991), through: 106_751_991, by: 9973) {
            let date = CivilDate(daysSinceEpoch: days)
            #expect(date.daysSinceEpoch == Int(days))
            #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
        }
        #expect(CivilDate(year: 2023, month: 2, day: 29) == nil)
        #expect(CivilDate(year: .max, month: 1, day: 1) == nil)
        #expect(CivilDate(year: .min + 1, month: 1, day: 1) == nil)
        #expect(Timestamp(year: 2024, month: 1, day: 1, microsecond: 1_000_000) == nil)
        #expect(Timestamp(year: 295_000, month: 1, day: 1) == nil)
    }
}
