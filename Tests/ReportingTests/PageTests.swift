@testable import Reporting
import Testing

@Suite struct ISOWeekTests {
    /// Dates from the calendar: years whose first days belong to the year before, years of 53 weeks.
    @Test func weeksAreThoseOfISO8601() throws {
        for (name, days) in [
            ("2026-W47", 20_773), ("2020-W53", 18_624), ("2026-W53", 20_815), ("2021-W01", 18_631),
            ("2026-W01", 20_451), ("1990-W01", 7_305),
        ] {
            let week = try #require(ISOWeek(name))
            #expect(Int(week.firstHour) == days * 24, "\(name)")
            #expect(week.name == name)
            #expect(ISOWeek(containing: week.firstHour + 167) == week)
            #expect(ISOWeek(containing: week.firstHour - 1) == week.advanced(by: -1))
        }
        for wrong in ["2026-W54", "2025-W53", "2026-W00", "2026W47", "2026-47", "26-W47", "2026-W4", "", "2026-W-1"] {
            #expect(ISOWeek(wrong) == nil, "\(wrong)")
        }
        #expect(ISOWeek("2026-w47")?.dates == "16 to 22 November 2026")
        #expect(ISOWeek("2026-W01")?.dates == "29 December 2025 to 4 January 2026")
        #expect(ISOWeek("2026-W05")?.dates == "26 January to 1 February 2026")
    }

    @Test func everyWeekOfACenturyComesBack() {
        var week = ISOWeek(containing: 0)
        for _ in 0..<5_218 {
            if week.firstHour > 175_320 { #expect(ISOWeek(week.name) == week) }
            week = week.advanced(by: 1)
        }
        #expect(week.name.hasPrefix("2070"))
    }

    @Test func timesAreRFC3339() {
        #expect(ReportTime(microseconds: 1_795_680_000_999_999).text == "2026-11-26T08:00:00Z")
        #expect(ReportTime(microseconds: -1).text == "1969-12-31T23:59:59Z")
        #expect(ReportTime(microseconds: .max).text == "9999-12-31T23:59:59Z")
        #expect(ReportTime(microseconds: .min).text == "0001-01-01T00:00:00Z")
    }
}

@Suite struct TerminalPageTests {
    private func lines(_ page: TerminalPage) -> [String] {
        page.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func theSampleReadsLikeThis() {
        let lines = lines(TerminalPage(.sample))
        for line in [
            "Acme <Tools> · week 2026-W47", "16 to 22 November 2026, Monday to Sunday, UTC",
            "  • 4,159 mentions by 2,841 authors, 19 % more than the week before (3,500).",
            "  • Share of voice 37 % among 3 brands, up 3.8 points.", "  • 64 different wishes.",
            "  • 44 mentions wait for an answer, 7 of them overdue.",
            "  Thu 19 ████████░░░░░░░░░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒       921   45%    net -25",
            "                              ▂█▆▄▁",
            "  Mon 16  Tue 17  Wed 18  Thu 19  Fri 20  Sat 21  Sun 22",
            "  twitter       ██████████░░░░░░░░░░░░░░░░░▒▒▒▒▒▒▒▒▒     2,590    +19%  25% neg.",
            "▶ Acme <Tools>      ██████████████████████████               4,159   37%    +19%",
            "  Thu 19 Nov 14:00       125 in the hour, 4 usual (z 30.5)",
            "  toolfan            twitter    81.3  61 for, 0 against of 64, 12,004 followers",
            "  support             41  7 overdue",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func nothingOfAStrangerReachesTheTerminalAsItIs() {
        for page in [TerminalPage(.sample), TerminalPage(.sample, isUnicode: false)] {
            let text = page.text
            #expect(text.contains("\\u{1b}[31m") && text.contains("\\u{202e}txet"))
            #expect(
                !text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{202C}" || $0 == "\r" }
            )
        }
        let coloured = TerminalPage(.sample, hasColour: true).text
        #expect(coloured.contains("\u{1B}[31m") && coloured.contains("\\u{1b}[31m caught"))
    }

    @Test(arguments: [60, 72, 80, 100, 120])
    func linesKeepToTheWidth(_ width: Int) {
        for isUnicode in [true, false] {
            for line in lines(TerminalPage(.sample, width: width, isUnicode: isUnicode)) {
                #expect(SafeText.columns(line) <= width, "\(line)")
                if !isUnicode, !line.contains("工") { #expect(line.allSatisfy { $0.isASCII || $0 == "👍" }, "\(line)") }
            }
        }
    }

    @Test func aQuietWeekIsAPageToo() throws {
        var report = WeekReport(
            brand: "Quiet",
            week: try #require(ISOWeek("2026-W47")),
            madeAt: ReportTime(microseconds: 0)
        )
        report.before.mentions = 12
        let text = TerminalPage(report).text
        #expect(text.contains("Nobody spoke of Quiet this week (12 the week before)."))
        #expect(!text.contains("DAY BY DAY") && text.contains("HOW THIS WAS MADE"))
        #expect(HTMLPage(report).text.contains("Nobody spoke of Quiet"))
    }

    @Test func numbersInWords() {
        #expect(Wording.number(1_234_567) == "1,234,567" && Wording.number(-1_000) == "-1,000")
        #expect(Wording.number(.min) == "-9,223,372,036,854,775,808")
        #expect(Wording.count(1, "mention") == "1 mention")
        #expect(Wording.percent(0.004) == "under 1 %" && Wording.percent(0) == "0 %" && Wording.percent(nil) == "none")
        #expect(Wording.change(5, 0) == "none the week before" && Wording.change(5, 5) == "as many as the week before")
        #expect(Wording.change(30, 10) == "3.0 times as many as the week before (10)")
        #expect(Wording.change(5, 10) == "50 % fewer than the week before (10)")
        #expect(
            Wording.shortChange(0, 0).isEmpty && Wording.shortChange(1, 0) == "new"
                && Wording.shortChange(9, 10) == "-10%"
        )
        #expect(
            Wording.decimal(.infinity) == "?" && Wording.decimal(-0.04) == "0.0" && Wording.decimal(-2.55) == "-2.6"
        )
        #expect(Wording.points(0.01) == "unchanged" && Wording.points(-3) == "down 3.0 points")
    }
}

@Suite struct HTMLPageTests {
    private let page = HTMLPage(.sample).text

    @Test func hostileTextsAreTextsAndNothingElse() {
        for harm in ["<script", "<img", "onerror=alert(1)>", "javascript:", "\u{202E}", "\u{1B}", "<Tools>"] {
            #expect(!page.contains(harm), "\(harm)")
        }
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("Acme &lt;Tools&gt;"))
        #expect(page.contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"))
        #expect(page.contains("\\u{202e}txet desrever"))
    }

    @Test func nothingComesFromElsewhere() {
        #expect(page.contains("default-src 'none'"))
        for way in ["src=\"", "url(", "@import", "<link", "<iframe"] { #expect(!page.contains(way), "\(way)") }
        // The one address is one that the reader may click.
        #expect(page.components(separated: "href=\"") == 2)
        #expect(page.contains("href=\"https://example.org/a?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\""))
    }

    @Test func elementsAreClosed() {
        var open: [Substring] = []
        for tag in page.split(separator: "<").dropFirst() {
            let name = tag.prefix { $0.isLetter || $0.isNumber || $0 == "/" }
            let inside = tag.prefix { $0 != ">" }
            if name.isEmpty || ["meta", "rect", "line"].contains(name) || inside.hasSuffix("/") { continue }
            if name.first == "/" {
                #expect(open.popLast() == name.dropFirst(), "\(name)")
            } else {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
    }

    @Test func onlyPlainAddressesAreLinks() {
        #expect(SafeText.link("HTTPS://example.org/x") != nil)
        for address in [
            "javascript:alert(1)", "data:text/html,x", "//example.org", "https://a b", "https://a\"b", "https://ä",
        ] {
            #expect(SafeText.link(address) == nil, "\(address)")
        }
        #expect(SafeText.link(nil) == nil && SafeText.link("https://" + String(repeating: "a", count: 2_000)) == nil)
    }

    @Test func longWordsAreCutAndWrapped() {
        let long = String(repeating: "x", count: 95)
        #expect(SafeText.wrapped(long, width: 40, lines: 3, ellipsis: "…").map(\.count) == [40, 40, 15])
        #expect(SafeText.wrapped("a " + long, width: 40, lines: 2, ellipsis: "…").last?.last == "…")
        #expect(SafeText.wrapped("", width: 40, lines: 2, ellipsis: "…").isEmpty)
        #expect(SafeText.cut("工具工具", to: 5, ellipsis: "…") == "工具…")
        #expect(SafeText.columns("e\u{301}👍工") == 5)
    }
}

extension String {
    /// How many parts a separator makes.
    fileprivate func components(separated by: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: by) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
