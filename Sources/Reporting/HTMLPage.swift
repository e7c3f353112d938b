/// A week's report as one HTML file: no script, nothing from elsewhere, charts as SVG in it, light and dark, printable.
///
/// All that strangers wrote is escaped (``SafeText``), and stands in elements that isolate its writing direction. A
/// content security policy in the page forbids scripts besides.
public struct HTMLPage: Sendable {
    private let report: WeekReport

    /// Makes a page.
    public init(_ report: WeekReport) { self.report = report }

    /// The file.
    public var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">
        <meta name="color-scheme" content="light dark">
        <title>\(html(report.brand)) · \(report.week)</title>
        <style>\(HTMLStyle.sheet)</style>
        </head>
        <body>
        <header>
        <h1><bdi>\(html(report.brand))</bdi></h1>
        <p class="dates">Week \(report.week) · \(report.isoWeek.dates), UTC</p>
        </header>
        <main>
        \(sections.joined(separator: "\n"))
        </main>
        <footer>
        \(Wording.footer(report).map { "<p>\(html($0))</p>" }.joined(separator: "\n"))
        </footer>
        </body>
        </html>

        """
    }

    private func html(_ text: String) -> String { SafeText.html(text) }

    /// A text of a stranger on one line.
    private func said(_ text: String, most: Int = 400) -> String {
        html(SafeText.cut(SafeText.line(text), to: most, ellipsis: "…"))
    }

    private var sections: [String] {
        var parts = [tiles, summary]
        if report.totals.mentions > 0 {
            parts.append(
                pair(
                    figure("Day by day", HTMLChart.days(report), HTMLChart.legend),
                    figure("Where it was said", counts(Array(report.sources.prefix(8))))
                )
            )
            if report.negativeByHour.contains(where: { $0 > 0 }) {
                parts.append(figure("Negative mentions by hour", HTMLChart.hours(report), waves))
            }
        }
        let voices = report.voices.count > 1 ? figure("Share of voice", self.voices) : ""
        let labels = report.labels.contains { $0.totals.mentions > 0 } ? figure("What kind it was", kinds) : ""
        parts.append(pair(voices, labels))
        parts.append(
            pair(
                list("Said for it, and heard", report.praised.map(example), "good"),
                list("Said against it, and heard", report.blamed.map(example), "bad")
            )
        )
        parts.append(
            pair(
                list("What people wish for", report.wishes.prefix(5).map(group), "wish"),
                list("What was copied most", report.clusters.map(group), "")
            )
        )
        parts.append(
            pair(people("Advocates, as of now", report.advocates), people("Critics, as of now", report.critics))
        )
        if !report.waiting.isEmpty { parts.append(figure("What waits, as of now", waiting)) }
        return parts.filter { !$0.isEmpty }
    }

    // MARK: - Frames

    private func figure(_ title: String, _ body: String, _ below: String = "") -> String {
        "<section><h2>\(title)</h2>\n\(body)\n\(below)</section>"
    }

    private func list(_ title: String, _ items: [String], _ kind: String) -> String {
        guard !items.isEmpty else { return "" }
        return
            "<section><h2>\(title)</h2>\n<ul class=\"said \(kind)\">\n\(items.joined(separator: "\n"))\n</ul></section>"
    }

    private func pair(_ one: String, _ other: String) -> String {
        if one.isEmpty || other.isEmpty { return one + other }
        return "<div class=\"pair\">\n\(one)\n\(other)\n</div>"
    }

    // MARK: - Parts

    private var tiles: String {
        let totals = report.totals
        let before = report.before
        var tiles = [
            tile(
                "Mentions",
                Wording.number(totals.mentions),
                Wording.shortChange(totals.mentions, before.mentions),
                isGood: nil
            )
        ]
        if let positive = totals.positiveShare {
            let change = before.positiveShare.map { (positive - $0) * 100 }
            tiles.append(tile("Positive", Wording.percent(positive), points(change), isGood: change.map { $0 >= 0 }))
        }
        if let negative = totals.negativeShare {
            let change = before.negativeShare.map { (negative - $0) * 100 }
            tiles.append(tile("Negative", Wording.percent(negative), points(change), isGood: change.map { $0 <= 0 }))
        }
        if let share = report.shares.now, report.voices.count > 1 {
            let change = report.shares.before.map { (share - $0) * 100 }
            tiles.append(tile("Share of voice", Wording.percent(share), points(change), isGood: change.map { $0 >= 0 }))
        } else {
            tiles.append(
                tile(
                    "Authors",
                    Wording.number(report.authors),
                    Wording.shortChange(report.authors, report.authorsBefore),
                    isGood: nil
                )
            )
        }
        return "<div class=\"tiles\">\n\(tiles.joined(separator: "\n"))\n</div>"
    }

    private func points(_ change: Double?) -> String { change.map { Wording.points($0) } ?? "" }

    private func tile(_ name: String, _ value: String, _ change: String, isGood: Bool?) -> String {
        let tone =
            change.isEmpty || change == "=" || change == "unchanged" ? "" : isGood.map { $0 ? " up" : " down" } ?? ""
        let shown = change == "=" ? "unchanged" : change
        let than = change.isEmpty || change == "new" || isGood != nil ? shown : shown + " on the week before"
        return """
            <div class="tile"><span class="name">\(name)</span><span class="value">\(value)</span>\
            <span class="change\(tone)">\(than)</span></div>
            """
    }

    private var summary: String {
        "<section class=\"short\"><h2>In short</h2><ul>"
            + Wording.summary(report).map { "<li>\(html($0))</li>" }.joined() + "</ul></section>"
    }

    private func counts(_ counts: [WeekReport.Count]) -> String {
        let most = counts.map(\.totals.mentions).max() ?? 0
        let rows = counts.map { one in
            let totals = one.totals
            return row(
                one.name,
                HTMLChart.bar(
                    [(totals.positive, "good"), (totals.neutral + totals.unknown, "plain"), (totals.negative, "bad")],
                    most
                ),
                totals.mentions,
                one.before.mentions,
                Wording.shortPercent(totals.negativeShare)
            )
        }
        return table(["", "", "mentions", "", "negative"], rows)
    }

    private var kinds: String {
        let shown = report.labels.filter { $0.totals.mentions > 0 }.prefix(10)
        let most = shown.map(\.totals.mentions).max() ?? 0
        let rows = shown.map { one in
            row(
                one.name,
                HTMLChart.bar([(one.totals.mentions, "accent")], most),
                one.totals.mentions,
                one.before.mentions,
                Wording.shortPercent(WeekReport.Totals.share(one.totals.mentions, report.totals.mentions))
            )
        }
        return table(["", "", "mentions", "", "of all"], rows)
    }

    private var voices: String {
        let all = report.voices.reduce(0) { $0 + $1.totals.mentions }
        var shown = Array(report.voices.prefix(8))
        if !shown.contains(where: { $0.name == report.brand }),
            let own = report.voices.first(where: { $0.name == report.brand })
        {
            shown.append(own)
        }
        let most = shown.map(\.totals.mentions).max() ?? 0
        let rows = shown.map { one in
            row(
                one.name,
                HTMLChart.bar([(one.totals.mentions, one.name == report.brand ? "accent" : "plain")], most),
                one.totals.mentions,
                one.before.mentions,
                Wording.shortPercent(WeekReport.Totals.share(one.totals.mentions, all)),
                isOwn: one.name == report.brand
            )
        }
        return table(["", "", "mentions", "", "share"], rows)
    }

    private func row(
        _ name: String,
        _ bar: String,
        _ count: Int64,
        _ before: Int64,
        _ last: String,
        isOwn: Bool = false
    ) -> String {
        """
        <tr\(isOwn ? " class=\"own\"" : "")><th scope="row"><bdi>\(said(name, most: 40))</bdi></th><td class="bar">\(bar)</td>\
        <td>\(Wording.number(count))</td><td class="quiet">\(Wording.shortChange(count, before))</td><td>\(last)</td></tr>
        """
    }

    private func table(_ heads: [String], _ rows: [String]) -> String {
        "<table><thead><tr>" + heads.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table>"
    }

    private var waves: String {
        guard !report.signals.isEmpty else { return "<p class=\"quiet\">No hour stood out.</p>" }
        let items = report.signals.map { one in
            "<li><strong>\(DayName.hour(one.windowStart))</strong>: \(Wording.number(one.value)) in the hour, "
                + "\(Wording.usual(one.baseline)) usual <span class=\"quiet\">(z \(Wording.decimal(one.z)))</span></li>"
        }
        return "<ul class=\"waves\">" + items.joined() + "</ul>"
    }

    private func group(_ one: WeekReport.Group) -> String {
        var facts = "\(Wording.count(one.mentions, "mention")) · \(Wording.count(one.authors, "author"))"
        if let reach = one.reach, reach > 0 { facts += " · reach \(Wording.number(reach))" }
        return """
            <li><blockquote dir="auto">\(said(one.text, most: 280))</blockquote>\
            <p class="facts">\(facts) · first on <bdi>\(said(one.source, most: 40))</bdi> · <code>\(said(one.clusterID, most: 20))</code></p></li>
            """
    }

    private func example(_ one: WeekReport.Example) -> String {
        let when = DayName.hour(one.publishedAt)
        let place =
            SafeText.link(one.url).map { "<a href=\"\(html($0))\" rel=\"noopener noreferrer nofollow\">\(when)</a>" }
            ?? when
        return """
            <li><blockquote dir="auto">\(said(one.text))</blockquote>\
            <p class="facts"><bdi>\(said(one.author, most: 60))</bdi> on <bdi>\(said(one.source, most: 40))</bdi> · \(place) · \
            \(Wording.count(one.likes, "like")) · \(Wording.count(one.reposts, "repost"))</p></li>
            """
    }

    private func people(_ title: String, _ people: [WeekReport.Person]) -> String {
        guard !people.isEmpty else { return "" }
        let rows = people.map { one in
            """
            <tr><th scope="row"><bdi>\(said(one.name, most: 40))</bdi> <span class="quiet"><bdi>\(said(one.source, most: 24))</bdi>\
            </span></th><td>\(Wording.decimal(one.score))</td><td>\(Wording.number(one.mentions))</td>\
            <td>\(Wording.number(one.positive))</td><td>\(Wording.number(one.negative))</td>\
            <td>\(one.followers.map { Wording.number($0) } ?? "–")</td></tr>
            """
        }
        return "<section><h2>\(title)</h2>\n" + table(["", "score", "mentions", "for", "against", "followers"], rows)
            + "</section>"
    }

    private var waiting: String {
        let rows = report.waiting.map { one in
            "<tr><th scope=\"row\">\(said(one.team, most: 40))</th><td>\(Wording.number(one.count))</td>"
                + "<td>\(Wording.number(one.overdue))</td></tr>"
        }
        return table(["team", "waiting", "overdue"], rows)
    }
}
