import Persistence

/// Draws a ``Board`` as the lines of a screen. Pure: the same board and size give the same lines.
struct LiveView: Sendable {
    var columns: Int
    var rows: Int
    var hasColour: Bool

    private enum Colour: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case greyBar = "90"
    }

    /// Exactly `rows` lines of at most `columns` columns.
    func lines(_ board: Board) -> [String] {
        var lines = head(board)
        // The rest is for the three lists, with a title each, and the last line.
        let room = max(0, rows - lines.count - 1)
        let wanted = [board.moods.count, board.advocates.count, board.newest.count]
        let heights = Self.divide(max(0, room - 6), among: wanted)
        let legend = paint("positive", .green) + " " + paint("neutral", .greyBar) + " " + paint("negative", .red)
        lines += section("SENTIMENT BY BRAND", legend, board.moods.prefix(heights[0]).map { mood($0, of: board) })
        lines += section("TOP ADVOCATES", "", board.advocates.prefix(heights[1]).map(advocate))
        lines += section("NEWEST MENTIONS", "", board.newest.prefix(heights[2]).map(newest))
        lines = Array(lines.prefix(max(0, rows - 1)))
        while lines.count < rows - 1 { lines.append("") }
        lines.append(paint(TextShape.fit(board.stage, columns - 1), .dim))
        return lines
    }

    /// One line for a pipe.
    static func summary(_ board: Board) -> String {
        let counts = board.counts
        let number = TextShape.grouped
        return
            "\(TextShape.clock(board.elapsed)) \(number(counts.newMentions)) mentions, \(number(Int64(board.rate)))/s, "
            + "lag \(board.lag.map(number) ?? "?"), \(board.workersAlive) workers hold \(board.held) of "
            + "\(board.partitionsWanted) partitions, \(number(counts.redeliveries)) re-deliveries, "
            + "\(number(counts.revisions)) revisions, \(number(counts.deadLetters)) dead letters, "
            + "\(number(board.copies.folded)) copies folded"
    }

    /// Gives each list rows in turn until it has what it wants or no row is left.
    static func divide(_ rows: Int, among wanted: [Int]) -> [Int] {
        var given = wanted.map { _ in 0 }
        var left = rows
        while left > 0, let next = given.indices.filter({ given[$0] < wanted[$0] }).min(by: { given[$0] < given[$1] }) {
            given[next] += 1
            left -= 1
        }
        return given
    }

    private func head(_ board: Board) -> [String] {
        let number = TextShape.grouped
        let counts = board.counts
        let clock = TextShape.clock(board.elapsed)
        let rate = "\(number(Int64(board.rate)))/s"
        let fixed = TextShape.width(" mention-farm    \(clock)  ") + 12
        let spark = TextShape.sparkline(board.rates, max(0, min(120, columns - fixed - 1)))
        let held = board.held.map(String.init).joined(separator: "+")
        let partitions = held.isEmpty ? "none held" : "\(held) of \(board.partitionsWanted)"
        let isShort = board.workersAlive < board.workersWanted || board.paused > 0
        var second =
            " \(number(counts.newMentions)) mentions   lag \(board.lag.map(number) ?? "?")   workers "
            + "\(board.workersAlive)/\(board.workersWanted)   partitions \(partitions)"
        if board.paused > 0 { second += "   PAUSED \(board.paused)" }
        let third =
            " \(number(counts.redeliveries)) re-deliveries   \(number(counts.revisions)) revisions   "
            + "\(number(board.copies.folded)) copies folded into \(number(board.copies.clusters)) clusters"
        let reasons = board.deadLetters.map { "\($0.reason) \(number($0.count))" }.joined(separator: "  ")
        let fourth = " \(number(counts.deadLetters)) dead letters" + (reasons.isEmpty ? "" : ":  \(reasons)")
        return [
            paint(" mention-farm", .bold) + "  \(clock)  " + paint(TextShape.fit(rate, 12, right: true), .bold) + " "
                + paint(spark, .cyan),
            paint(fitted(second), isShort ? .yellow : nil),
            fitted(third),
            fitted(fourth),
        ]
    }

    private func section(_ title: String, _ legend: String, _ lines: [String]) -> [String] {
        ["", paint(" " + title, .dim) + (legend.isEmpty ? "" : "   " + legend)] + lines
    }

    private func mood(_ mood: FarmOverview.Mood, of board: Board) -> String {
        let nameWidth = min(24, max(10, columns / 5))
        let greatest = board.moods.first?.mentions ?? 0
        let number = TextShape.fit(TextShape.grouped(mood.mentions), 10, right: true)
        let share =
            mood.positive + mood.negative > 0
            ? Int((Double(mood.positive) / Double(mood.positive + mood.negative) * 100).rounded()) : 0
        let barWidth = max(4, columns - nameWidth - 10 - 5 - 6)
        let length = greatest > 0 ? max(1, Int(Double(mood.mentions) / Double(greatest) * Double(barWidth))) : 0
        let unread = max(0, mood.mentions - mood.positive - mood.neutral - mood.negative)
        let parts = TextShape.shares([mood.positive, mood.neutral + unread, mood.negative], of: length)
        let marks: [(Character, Colour)] =
            hasColour
            ? [("█", .green), ("█", .greyBar), ("█", .red)] : [("+", .green), ("·", .greyBar), ("-", .red)]
        let bar = zip(parts, marks).map { paint(String(repeating: $1.0, count: $0), $1.1) }.joined()
        return " " + TextShape.fit(TextShape.plain(mood.brand), nameWidth) + number + " "
            + TextShape.fit("\(share)%", 4, right: true) + "  " + bar
    }

    private func advocate(_ advocate: FarmOverview.Advocate) -> String {
        let score = String(Int(advocate.score.rounded(.down)))
        let nameWidth = max(10, (columns - 40) / 2)
        let colour: Colour? =
            switch advocate.band {
            case "advocate": .green
            case "supporter": .cyan
            case "critic": .red
            default: nil
            }
        return " " + TextShape.fit(score, 4, right: true) + "  "
            + TextShape.fit(TextShape.plain(advocate.author), nameWidth) + " "
            + TextShape.fit(TextShape.plain(advocate.brand), nameWidth) + " "
            + paint(TextShape.fit(advocate.band, 10), colour)
            + TextShape.fit("\(TextShape.grouped(advocate.mentions)) mentions", 16, right: true)
    }

    private func newest(_ mention: FarmOverview.Newest) -> String {
        let (mark, colour): (String, Colour) =
            switch mention.sentiment {
            case "positive": ("+", .green)
            case "negative": ("-", .red)
            case "neutral": ("·", .greyBar)
            default: ("?", .greyBar)
            }
        let source = TextShape.fit(TextShape.plain(mention.source), 9)
        let author = TextShape.fit(TextShape.plain(mention.author), 16)
        let width = min(max(10, columns - 32), 160)
        return " " + paint(mark, colour) + " " + paint(source, .dim) + " " + paint(author, .cyan) + " "
            + TextShape.fit(TextShape.plain(mention.text), width)
    }

    private func fitted(_ text: String) -> String { TextShape.fit(text, max(1, columns - 1)) }

    private func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour, !text.isEmpty else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
