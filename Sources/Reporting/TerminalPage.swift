/// A week's report for a terminal, a mail or a file: plain lines of a width, with small charts of characters.
public struct TerminalPage: Sendable {
    /// Columns, 60…120.
    public let width: Int
    /// Whether block characters and typographic signs may be used; else ASCII alone, but for the texts of mentions.
    public let isUnicode: Bool
    /// Whether to colour the bars.
    public let hasColour: Bool

    private let report: WeekReport
    private let chart: TerminalChart

    /// Makes a page.
    public init(_ report: WeekReport, width: Int = 80, isUnicode: Bool = true, hasColour: Bool = false) {
        self.report = report
        self.width = min(max(width, 60), 120)
        self.isUnicode = isUnicode
        self.hasColour = hasColour
        chart = TerminalChart(isUnicode: isUnicode, hasColour: hasColour)
    }

    /// The page, each line ended.
    public var text: String {
        var lines = head
        section(&lines, "In short", Wording.summary(report).flatMap { paragraph($0, mark: isUnicode ? "• " : "* ") })
        if report.totals.mentions > 0 {
            section(&lines, "Day by day", days)
            section(&lines, "Negative mentions, three hours a column", hours)
            section(&lines, "Where it was said", counts(report.sources.prefix(8).map { $0 }))
        }
        section(&lines, "What kind it was", labels)
        if report.voices.count > 1 { section(&lines, "Share of voice", voices) }
        section(&lines, "Waves of negative mentions", signals)
        section(&lines, "What was copied most", report.clusters.flatMap { group($0, "mention") })
        section(&lines, "What people wish for", report.wishes.prefix(5).flatMap { group($0, "mention") })
        section(&lines, "Said for it, and heard", report.praised.flatMap(example))
        section(&lines, "Said against it, and heard", report.blamed.flatMap(example))
        section(&lines, "Advocates, as of now", report.advocates.map { person($0) })
        section(&lines, "Critics, as of now", report.critics.map { person($0) })
        section(&lines, "What waits, as of now", report.waiting.map(waiting))
        section(&lines, "How this was made", Wording.footer(report).flatMap { paragraph($0, mark: "") })
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Parts

    private var head: [String] {
        let dash = isUnicode ? "·" : "-"
        let name = SafeText.cut(SafeText.line(report.brand), to: width - 16, ellipsis: ellipsis)
        return [
            "\(name) \(dash) week \(report.week)", report.isoWeek.dates + ", Monday to Sunday, UTC",
            String(repeating: isUnicode ? "━" : "=", count: width),
        ]
    }

    private var ellipsis: String { isUnicode ? "…" : "..." }

    private func section(_ lines: inout [String], _ title: String, _ body: [String]) {
        guard !body.isEmpty else { return }
        lines += ["", chart.bold(title.uppercased())] + body
    }

    private func paragraph(_ text: String, mark: String) -> [String] {
        SafeText.wrapped(SafeText.line(text), width: width - 2 - mark.count, lines: 12, ellipsis: ellipsis).enumerated()
            .map { "  " + ($0 == 0 ? mark : String(repeating: " ", count: mark.count)) + $1 }
    }

    private var days: [String] {
        let most = report.days.map(\.mentions).max() ?? 0
        let room = width - 2 - 7 - 10 - 18
        let first = Int(report.isoWeek.firstHour / 24)
        let rows = report.days.enumerated().map { place, day in
            let bar = chart.stacked(
                [(day.positive, .good), (day.neutral + day.unknown, .plain), (day.negative, .bad)],
                most: most,
                room: room
            )
            let net = day.net.map { "net \(Wording.signed($0))" } ?? ""
            return "  " + pad(DayName.day(first + place), 7) + bar + left(Wording.number(day.mentions), 10)
                + left(Wording.shortPercent(day.negativeShare), 6) + left(net, 11)
        }
        let legend = "  " + chart.legend([("positive", .good), ("neither", .plain), ("negative", .bad)])
        let title =
            "  " + String(repeating: " ", count: 7 + room) + left("mentions", 10) + left("neg.", 6) + left("mood", 11)
        return [title] + rows + [legend]
    }

    private var hours: [String] {
        let values = stride(from: 0, to: report.negativeByHour.count, by: 3).map { start in
            report.negativeByHour[start..<min(start + 3, report.negativeByHour.count)].reduce(0, +)
        }
        guard let most = values.max(), most > 0 else { return [] }
        var marks = [Character](repeating: " ", count: values.count)
        for signal in report.signals {
            let hour = (signal.windowStart.microseconds - report.from.microseconds) / 3_600_000_000
            if hour >= 0, Int(hour) / 3 < marks.count { marks[Int(hour) / 3] = isUnicode ? "▼" : "v" }
        }
        var lines: [String] = []
        if !report.signals.isEmpty {
            lines.append("  " + String(marks).trimmingTrailingSpaces())
        }
        lines += chart.columns(values, most: most).map { "  " + $0.trimmingTrailingSpaces() }
        let first = Int(report.isoWeek.firstHour / 24)
        lines.append("  " + (0..<7).map { pad(DayName.day(first + $0), 8) }.joined().trimmingTrailingSpaces())
        lines.append(
            "  at most \(Wording.number(most)) in three hours"
                + (report.signals.isEmpty ? "" : "; \(isUnicode ? "▼" : "v") a wave begins")
        )
        return lines
    }

    private func counts(_ counts: [WeekReport.Count]) -> [String] {
        let most = counts.map(\.totals.mentions).max() ?? 0
        let room = width - 2 - 14 - 10 - 8 - 10
        return counts.map { one in
            "  " + pad(name(one.name, 13), 14)
                + chart.stacked(
                    [
                        (one.totals.positive, .good), (one.totals.neutral + one.totals.unknown, .plain),
                        (one.totals.negative, .bad),
                    ],
                    most: most,
                    room: room
                ) + left(Wording.number(one.totals.mentions), 10)
                + left(Wording.shortChange(one.totals.mentions, one.before.mentions), 8)
                + left(Wording.shortPercent(one.totals.negativeShare) + " neg.", 10)
        }
    }

    private var labels: [String] {
        let shown = report.labels.filter { $0.totals.mentions > 0 }.prefix(10).map { $0 }
        let most = shown.map(\.totals.mentions).max() ?? 0
        let room = width - 2 - 14 - 10 - 8
        return shown.map { one in
            "  " + pad(name(one.name, 13), 14) + chart.stacked([(one.totals.mentions, .plain)], most: most, room: room)
                + left(Wording.number(one.totals.mentions), 10)
                + left(Wording.shortChange(one.totals.mentions, one.before.mentions), 8)
        }
    }

    private var voices: [String] {
        let all = report.voices.reduce(0) { $0 + $1.totals.mentions }
        var shown = Array(report.voices.prefix(6))
        if !shown.contains(where: { $0.name == report.brand }),
            let own = report.voices.first(where: { $0.name == report.brand })
        {
            shown.append(own)
        }
        let most = shown.map(\.totals.mentions).max() ?? 0
        let room = width - 4 - 16 - 10 - 6 - 8
        return shown.map { one in
            let isOwn = one.name == report.brand
            return (isOwn ? (isUnicode ? "▶ " : "> ") : "  ") + pad(name(one.name, 17), 18)
                + chart.stacked([(one.totals.mentions, isOwn ? .accent : .plain)], most: most, room: room)
                + left(Wording.number(one.totals.mentions), 10)
                + left(Wording.shortPercent(WeekReport.Totals.share(one.totals.mentions, all)), 6)
                + left(Wording.shortChange(one.totals.mentions, one.before.mentions), 8)
        }
    }

    private var signals: [String] {
        report.signals.map { one in
            "  \(pad(DayName.hour(one.windowStart), 19))\(left(Wording.number(one.value), 7)) in the hour, "
                + "\(Wording.usual(one.baseline)) usual (z \(Wording.decimal(one.z)))"
        }
    }

    private func group(_ one: WeekReport.Group, _ noun: String) -> [String] {
        var facts = "\(Wording.count(one.mentions, noun)), \(Wording.count(one.authors, "author"))"
        if let reach = one.reach, reach > 0 { facts += ", reach \(Wording.number(reach))" }
        return quoted(one.text, facts: facts + source(one.source, one.clusterID))
    }

    private func example(_ one: WeekReport.Example) -> [String] {
        let facts =
            "\(name(one.author, 30)) on \(name(one.source, 20)), \(DayName.hour(one.publishedAt)), "
            + "\(Wording.count(one.likes, "like")), \(Wording.count(one.reposts, "repost"))"
        return quoted(one.text, facts: facts)
    }

    private func source(_ source: String, _ cluster: String) -> String {
        "; first on \(name(source, 20)), \(name(cluster, 16))"
    }

    private func quoted(_ text: String, facts: String) -> [String] {
        let quotes = isUnicode ? ("“", "”") : ("\"", "\"")
        let lines = SafeText.wrapped(
            quotes.0 + SafeText.line(text) + quotes.1,
            width: width - 4,
            lines: 2,
            ellipsis: ellipsis + quotes.1
        )
        return lines.map { "  " + $0 } + ["    " + SafeText.cut(facts, to: width - 4, ellipsis: ellipsis)]
    }

    private func person(_ one: WeekReport.Person) -> String {
        let followers = one.followers.map { ", \(Wording.count($0, "follower"))" } ?? ""
        let facts =
            "\(Wording.number(one.positive)) for, \(Wording.number(one.negative)) against of "
            + "\(Wording.number(one.mentions))\(followers)"
        return "  " + pad(name(one.name, 18), 19) + pad(name(one.source, 9), 10) + left(Wording.decimal(one.score), 5)
            + "  " + SafeText.cut(facts, to: width - 38, ellipsis: ellipsis)
    }

    private func waiting(_ one: WeekReport.Waiting) -> String {
        "  " + pad(name(one.team, 13), 14) + left(Wording.number(one.count), 8)
            + (one.overdue > 0 ? "  \(Wording.number(one.overdue)) overdue" : "")
    }

    // MARK: - Columns

    private func name(_ text: String, _ width: Int) -> String {
        SafeText.cut(SafeText.line(text), to: width, ellipsis: ellipsis)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - SafeText.columns(text)))
    }

    private func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - SafeText.columns(text))) + text
    }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
