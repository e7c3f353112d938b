import Reporting

extension WeekReport {
    private static func totals(_ positive: Int64, _ neutral: Int64, _ negative: Int64, _ unknown: Int64 = 0) -> Totals {
        Totals(
            mentions: positive + neutral + negative + unknown,
            positive: positive,
            neutral: neutral,
            negative: negative,
            unknown: unknown
        )
    }

    /// A week with something of everything, and with texts that mean harm.
    static var sample: WeekReport {
        var report = WeekReport(
            brand: "Acme <Tools>",
            week: ISOWeek("2026-W47") ?? ISOWeek(containing: 0),
            madeAt: ReportTime(microseconds: 1_795_680_000_000_000)
        )
        report.days = [
            totals(210, 330, 60, 12), totals(190, 340, 70, 9), totals(220, 310, 55, 14), totals(180, 320, 410, 11),
            totals(150, 300, 260, 8), totals(120, 180, 50, 4), totals(130, 170, 40, 6),
        ]
        report.totals = report.days.reduce(Totals()) { $0 + $1 }
        report.before = totals(1_300, 1_800, 330, 70)
        report.authors = 2_841
        report.authorsBefore = 2_600
        report.negativeByHour = (0..<168).map { hour in
            let daily: Int64 = (8...22).contains(hour % 24) ? 3 : 1
            return daily + Int64(hour * 7 % 3)
                + (hour == 86 ? 120 : hour > 86 && hour < 110 ? Int64(110 - hour) * 3 : 0)
        }
        report.sources = [
            Count(name: "twitter", totals: totals(700, 1_200, 650, 40), before: totals(800, 1_100, 220, 50)),
            Count(name: "reddit", totals: totals(300, 500, 220, 20), before: totals(400, 500, 90, 20)),
            Count(name: "review", totals: totals(200, 250, 75, 4), before: totals(100, 200, 20)),
        ]
        report.labels = [
            Count(name: "complaint", totals: Totals(mentions: 812), before: Totals(mentions: 301)),
            Count(name: "question", totals: Totals(mentions: 520), before: Totals(mentions: 540)),
            Count(name: "anger", totals: Totals(mentions: 498), before: Totals(mentions: 160)),
            Count(name: "praise", totals: Totals(mentions: 470), before: Totals(mentions: 470)),
            Count(name: "suggestion", totals: Totals(mentions: 96), before: Totals(mentions: 0)),
        ]
        report.voices = [
            Count(name: "Borealis", totals: totals(2_000, 3_000, 700), before: totals(2_100, 2_900, 650)),
            Count(name: "Acme <Tools>", totals: report.totals, before: report.before),
            Count(name: "Cirrus", totals: totals(500, 700, 90), before: totals(520, 690, 95)),
        ]
        report.signals = [
            Signal(
                windowStart: ReportTime(microseconds: report.from.microseconds + 86 * 3_600_000_000),
                value: 125,
                baseline: 4,
                z: 30.5
            )
        ]
        report.clusters = [
            Group(
                clusterID: "41d0c9b2f06c1f0e",
                text: "RT the new Acme drill\u{1B}[31m caught fire in my garage, do NOT buy",
                source: "twitter",
                nativeID: "1",
                mentions: 214,
                authors: 198,
                reach: nil
            )
        ]
        report.wishes = [
            Group(
                clusterID: "0f1e2d3c4b5a6978",
                text: "Please add a battery indicator you can read from the side,\nnot only from the top",
                source: "reddit",
                nativeID: "2",
                mentions: 31,
                authors: 29,
                reach: 48_210
            ),
            Group(
                clusterID: "1111222233334444",
                text: "Acme should sell spare chucks <script>alert(1)</script>",
                source: "review",
                nativeID: "3",
                mentions: 1,
                authors: 1,
                reach: 0
            ),
        ]
        report.wishCount = 64
        report.advocates = [
            Person(
                name: "toolfan",
                source: "twitter",
                score: 81.26,
                mentions: 64,
                positive: 61,
                negative: 0,
                followers: 12_004
            )
        ]
        report.critics = [
            Person(
                name: "\u{202E}evil",
                source: "reddit",
                score: 4,
                mentions: 9,
                positive: 0,
                negative: 9,
                followers: nil
            )
        ]
        report.waiting = [
            Waiting(team: "support", count: 41, overdue: 7), Waiting(team: "product", count: 3, overdue: 0),
        ]
        report.praised = [
            Example(
                source: "twitter",
                nativeID: "4",
                author: "maker_anna",
                text: "Three years in, my Acme still outlives every other drill in the shop. 工具 👍",
                url: "https://example.org/a?b=1&c=2",
                publishedAt: ReportTime(microseconds: report.from.microseconds + 3_600_000_000),
                likes: 1_204,
                reposts: 88
            )
        ]
        report.blamed = [
            Example(
                source: "twitter",
                nativeID: "5",
                author: "\"><img src=x onerror=alert(1)>",
                text: "Never again. \u{202E}txet desrever\u{202C} & </blockquote><script>alert('x')</script>",
                url: "javascript:alert(1)",
                publishedAt: ReportTime(microseconds: report.from.microseconds + 86 * 3_600_000_000),
                likes: 940,
                reposts: 310
            )
        ]
        report.unjudgedFrom = ReportTime(microseconds: report.to.microseconds - 3_600_000_000)
        report.models = ["en-3+0a1b2c3d"]
        return report
    }
}
