/// Charts as SVG, for ``HTMLPage``. Colours are classes of its style sheet; there is no text of strangers in them.
enum HTMLChart {
    static let legend = """
        <p class="legend"><i class="good"></i> positive <i class="plain"></i> neither <i class="bad"></i> negative</p>
        """

    /// A bar of parts, `whole` wide where it is the most.
    static func bar(_ parts: [(Int64, String)], _ most: Int64) -> String {
        guard most > 0 else { return "" }
        var x = 0.0
        var rects = ""
        for (count, tone) in parts where count > 0 {
            let width = Double(count) / Double(most) * 200
            rects += "<rect class=\"\(tone)\" x=\"\(point(x))\" y=\"0\" width=\"\(point(width))\" height=\"12\"/>"
            x += width
        }
        return "<svg viewBox=\"0 0 200 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\(rects)</svg>"
    }

    /// A column for each day.
    static func days(_ report: WeekReport) -> String {
        let most = max(1, report.days.map(\.mentions).max() ?? 1)
        let first = Int(report.isoWeek.firstHour / 24)
        var body = ""
        for (place, day) in report.days.enumerated() {
            let x = Double(place) * 64 + 10
            var y = 170.0
            let title =
                "\(DayName.day(first + place)): \(Wording.count(day.mentions, "mention")), "
                + "\(Wording.number(day.positive)) positive, \(Wording.number(day.negative)) negative"
            body += "<g><title>\(title)</title>"
            for (count, tone) in [(day.negative, "bad"), (day.neutral + day.unknown, "plain"), (day.positive, "good")]
            where count > 0 {
                let height = Double(count) / Double(most) * 145
                y -= height
                body +=
                    "<rect class=\"\(tone)\" x=\"\(point(x))\" y=\"\(point(y))\" width=\"44\" height=\"\(point(height))\"/>"
            }
            body +=
                "<text x=\"\(point(x + 22))\" y=\"\(point(y - 5))\">\(short(day.mentions))</text>"
                + "<text x=\"\(point(x + 22))\" y=\"188\">\(DayName.day(first + place))</text></g>"
        }
        return svg(460, 196, "Mentions of each day by sentiment", body)
    }

    /// Negative mentions of each hour, with a mark where a wave begins.
    static func hours(_ report: WeekReport) -> String {
        let values = report.negativeByHour
        let most = max(1, values.max() ?? 1)
        let step = 900.0 / Double(max(1, values.count))
        let first = Int(report.isoWeek.firstHour / 24)
        var body = ""
        for day in 0..<7 {
            let x = Double(day) * 24 * step + 40
            body +=
                "<line class=\"rule\" x1=\"\(point(x))\" y1=\"20\" x2=\"\(point(x))\" y2=\"150\"/>"
                + "<text class=\"start\" x=\"\(point(x + 4))\" y=\"166\">\(DayName.day(first + day))</text>"
        }
        body +=
            "<line class=\"rule\" x1=\"40\" y1=\"150\" x2=\"940\" y2=\"150\"/>"
            + "<text class=\"end\" x=\"34\" y=\"28\">\(short(most))</text><text class=\"end\" x=\"34\" y=\"153\">0</text>"
        for (hour, value) in values.enumerated() where value > 0 {
            let height = Double(value) / Double(most) * 126
            body +=
                "<rect class=\"bad\" x=\"\(point(40 + Double(hour) * step))\" y=\"\(point(150 - height))\" "
                + "width=\"\(point(step * 0.85))\" height=\"\(point(height))\"/>"
        }
        for signal in report.signals {
            let hour = (signal.windowStart.microseconds - report.from.microseconds) / 3_600_000_000
            guard hour >= 0, hour < Int64(values.count) else { continue }
            let x = 40 + (Double(hour) + 0.4) * step
            let y = 150 - Double(values[Int(hour)]) / Double(most) * 126 - 4
            body +=
                "<path class=\"mark\" d=\"M\(point(x)) \(point(y)) l-5 -9 h10 z\"><title>A wave begins: "
                + "\(DayName.hour(signal.windowStart)), \(Wording.number(signal.value))</title></path>"
        }
        return svg(960, 172, "Negative mentions of each hour", body)
    }

    private static func svg(_ width: Int, _ height: Int, _ label: String, _ body: String) -> String {
        "<svg class=\"chart\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(label)\">\(body)</svg>"
    }

    /// As `12k`.
    private static func short(_ value: Int64) -> String {
        switch value {
        case ..<10_000: Wording.number(value)
        case ..<1_000_000: "\(value / 1_000)k"
        default: "\(Wording.decimal(Double(value) / 1_000_000))M"
        }
    }

    /// A length with two decimals, without a locale.
    private static func point(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let digits = hundredths.magnitude % 100
        return "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100).\(digits < 10 ? "0" : "")\(digits)"
    }
}
