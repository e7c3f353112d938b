/// Numbers and sentences, the same on a terminal and on a page. English; no locale, so that a report is the same
/// everywhere.
enum Wording {
    /// As `12,345`.
    static func number(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// As `12,345 mentions`; one is one.
    static func count(_ value: Int64, _ noun: String) -> String { "\(number(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// With one decimal, which is left out where the number is great.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        if abs(value) >= 100 { return number(Int64(value.rounded())) }
        let tenths = Int64((abs(value) * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }

    /// A usual number: whole where it is.
    static func usual(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? number(Int64(value)) : decimal(value)
    }

    /// A share of 0…1 as whole per cent.
    static func percent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return "none" }
        let value = share * 100
        if value > 0, value < 1 { return "under 1 %" }
        return "\(Int64(value.rounded())) %"
    }

    /// The same, short, for columns.
    static func shortPercent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return "" }
        return "\(Int64((share * 100).rounded()))%"
    }

    /// How a number has changed, for a sentence.
    static func change(_ now: Int64, _ before: Int64) -> String {
        if before == 0 { return now == 0 ? "as the week before" : "none the week before" }
        if now == before { return "as many as the week before" }
        let ratio = Double(now) / Double(before)
        let much = abs(ratio - 1)
        let word = now > before ? "more" : "fewer"
        let by = ratio >= 3 ? "\(decimal(ratio)) times as many as" : "\(percent(much)) \(word) than"
        return "\(by) the week before (\(number(before)))"
    }

    /// How a number has changed, for a column: `+12%`, `-3%`, `new`.
    static func shortChange(_ now: Int64, _ before: Int64) -> String {
        if before == 0 { return now == 0 ? "" : "new" }
        let change = (Double(now) / Double(before) - 1) * 100
        if change >= 1_000 { return "x\(decimal(Double(now) / Double(before)))" }
        let whole = Int64(change.rounded())
        return whole == 0 ? "=" : whole > 0 ? "+\(whole)%" : "\(whole)%"
    }

    /// A difference of points.
    static func points(_ difference: Double) -> String {
        let text = decimal(abs(difference))
        if text == "0.0" { return "unchanged" }
        return "\(difference > 0 ? "up" : "down") \(text) points"
    }

    static func signed(_ value: Double) -> String {
        let whole = Int64(value.rounded())
        return whole > 0 ? "+\(whole)" : "\(whole)"
    }

    // MARK: - Sentences

    /// What a reader in a hurry should know. Names of brands are as they are: whoever shows it makes them safe.
    static func summary(_ report: WeekReport) -> [String] {
        let totals = report.totals
        guard totals.mentions > 0 else {
            return ["Nobody spoke of \(report.brand) this week (\(number(report.before.mentions)) the week before)."]
        }
        var lines = [
            "\(count(totals.mentions, "mention")) by \(count(report.authors, "author")), "
                + change(totals.mentions, report.before.mentions) + "."
        ]
        if let positive = totals.positiveShare, let negative = totals.negativeShare {
            var line = "\(percent(positive)) of what can be read is positive, \(percent(negative)) negative"
            if let was = report.before.positiveShare, let wasNegative = report.before.negativeShare {
                line += " (\(percent(was)) and \(percent(wasNegative)) the week before)"
            }
            lines.append(line + ".")
        }
        if let share = report.shares.now, report.voices.count > 1 {
            var line = "Share of voice \(percent(share)) among \(number(Int64(report.voices.count))) brands"
            if let before = report.shares.before { line += ", \(points((share - before) * 100))" }
            lines.append(line + ".")
        }
        if let worst = report.signals.max(by: { $0.z < $1.z }) {
            let waves = Int64(report.signals.count)
            lines.append(
                "\(count(waves, "wave")) of negative mentions; "
                    + "\(waves == 1 ? "it" : "the steepest") began on \(DayName.hour(worst.windowStart)) with "
                    + "\(number(worst.value)) in an hour where \(usual(worst.baseline)) "
                    + (worst.baseline == 1 ? "is usual." : "are usual.")
            )
        }
        if report.wishCount > 0 {
            lines.append(report.wishCount == 1 ? "One wish." : "\(number(report.wishCount)) different wishes.")
        }
        let waiting = report.waiting.reduce(0) { $0 + $1.count }
        if waiting > 0 {
            let overdue = report.waiting.reduce(0) { $0 + $1.overdue }
            let late = overdue > 0 ? ", \(number(overdue)) of them overdue" : ""
            lines.append("\(count(waiting, "mention")) \(waiting == 1 ? "waits" : "wait") for an answer\(late).")
        }
        return lines
    }

    /// How it was computed.
    static func footer(_ report: WeekReport) -> [String] {
        var lines = [
            "Week \(report.week): \(report.from.text) to \(report.to.text), by published_at. Made at \(report.madeAt.text).",
            "A mention of two brands counts for both; copies and reposts count as mentions. Shares of sentiment leave out "
                + "what the model can't read. Sentiment, intents and emotions are a model's verdicts"
                + (report.models.isEmpty ? "." : " (\(report.models.joined(separator: ", "))).")
                + " Share of voice compares the registered brands.",
            "A wave is an hour whose negative mentions are far above the median of like hours before it, by median absolute "
                + "deviation. Wishes and copies are texts with the same words, folded. Advocates, critics and what waits "
                + "are as of now, the rest as of the week. Reach counts each author's followers once.",
        ]
        if let from = report.unjudgedFrom {
            lines.append("Hours from \(from.text) on are still to be looked through for waves.")
        }
        if !report.isRelated {
            lines.append("Some mentions are still to be compared with others: copies of them stand alone.")
        }
        return lines
    }
}
