/// Charts of characters.
struct TerminalChart {
    enum Tone { case good, plain, bad, accent }

    let isUnicode: Bool
    let hasColour: Bool

    /// A bar of parts, padded to `room` columns. The length of the whole is to `most` as to the room; a part that is not
    /// nothing may still be too small to be seen, the whole is seen.
    func stacked(_ parts: [(Int64, Tone)], most: Int64, room: Int) -> String {
        let whole = parts.reduce(0) { $0 + max(0, $1.0) }
        guard most > 0, whole > 0, room > 0 else { return String(repeating: " ", count: max(0, room)) }
        let length = max(1, Int((Double(whole) / Double(most) * Double(room)).rounded()))
        var bar = ""
        var begun: Int64 = 0
        var drawn = 0
        for (count, tone) in parts where count > 0 {
            begun += count
            let end = Int((Double(begun) / Double(whole) * Double(length)).rounded())
            if end > drawn { bar += paint(String(repeating: sign(tone), count: end - drawn), tone) }
            drawn = max(drawn, end)
        }
        return bar + String(repeating: " ", count: max(0, room - drawn))
    }

    /// Columns of one character: one row of eighths, or in ASCII four rows of signs.
    func columns(_ values: [Int64], most: Int64) -> [String] {
        guard most > 0 else { return [] }
        if isUnicode {
            // Two rows of eight steps each.
            let steps = values.map { $0 <= 0 ? 0 : max(1, Int((Double($0) / Double(most) * 16).rounded())) }
            let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
            let upper = String(steps.map { blocks[max(0, min(8, $0 - 8))] })
            let lower = String(steps.map { blocks[min(8, $0)] })
            return [paint(upper, .bad), paint(lower, .bad)]
        }
        return (1...4).reversed().map { row in
            String(
                values.map { value -> Character in
                    let height = value <= 0 ? 0 : max(1, Int((Double(value) / Double(most) * 4).rounded()))
                    return height >= row ? "#" : " "
                }
            )
        }
    }

    func legend(_ parts: [(String, Tone)]) -> String {
        parts.map { paint(String(repeating: sign($0.1), count: 2), $0.1) + " " + $0.0 }.joined(separator: "   ")
    }

    func bold(_ text: String) -> String { hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    private func sign(_ tone: Tone) -> Character {
        switch tone {
        case .good: isUnicode ? "█" : "+"
        case .plain: isUnicode ? "░" : "."
        case .bad: isUnicode ? "▒" : "-"
        case .accent: isUnicode ? "█" : "#"
        }
    }

    private func paint(_ text: String, _ tone: Tone) -> String {
        guard hasColour else { return text }
        let code =
            switch tone {
            case .good: "32"
            case .plain: "2"
            case .bad: "31"
            case .accent: "36"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
