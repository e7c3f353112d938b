/// Text as a terminal shows it: in columns, not in characters.
enum TextShape {
    /// Columns that a character takes: 2 for East Asian wide forms and emoji, 0 for what joins the one before.
    ///
    /// Ranges after Unicode's EastAsianWidth.txt, joined where blocks touch.
    static func width(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            switch scalar.value {
            case 0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615,
                0x2648...0x2653, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x2705, 0x270A...0x270B, 0x2728,
                0x274C, 0x274E, 0x2753...0x2757, 0x2795...0x2797, 0x27B0, 0x27BF, 0x2B1B...0x2B1C, 0x2B50, 0x2B55,
                0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
                0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
                0x1F004, 0x1F0CF, 0x1F18E, 0x1F191...0x1F19A, 0x1F1E6...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F265,
                0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7F0, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
                return 2
            // The selector of the emoji form makes the one before it wide.
            case 0xFE0F: return 2
            case 0x200B...0x200F, 0xFE00...0xFE0E: continue
            default:
                let category = scalar.properties.generalCategory
                if category != .nonspacingMark, category != .enclosingMark { width = 1 }
            }
        }
        return width
    }

    /// Columns that a text takes.
    static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    /// The text in exactly `columns` columns: cut with an ellipsis or filled with spaces.
    static func fit(_ text: String, _ columns: Int, right: Bool = false) -> String {
        guard columns > 0 else { return "" }
        let whole = width(text)
        if whole <= columns {
            let space = String(repeating: " ", count: columns - whole)
            return right ? space + text : text + space
        }
        var result = ""
        var used = 0
        for character in text {
            let next = width(character)
            if used + next > columns - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…" + String(repeating: " ", count: columns - used - 1)
    }

    /// One line without anything that could move the cursor or colour the screen: control and format characters
    /// become spaces, runs of white space one.
    static func plain(_ text: String) -> String {
        var result = ""
        var wasSpace = true
        for character in text {
            let isSpace =
                character.isWhitespace
                || character.unicodeScalars.contains {
                    switch $0.properties.generalCategory {
                    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
                    // Marks that turn the direction of the line; the joiner within an emoji stays.
                    case .format: $0.value != 0x200D
                    default: false
                    }
                }
            if !isSpace { result.append(character) } else if !wasSpace { result.append(" ") }
            wasSpace = isSpace
        }
        return wasSpace ? String(result.dropLast()) : result
    }

    /// A line of eighths for the last `columns` values, the greatest at full height.
    static func sparkline(_ values: [Double], _ columns: Int) -> String {
        let shown = values.suffix(max(0, columns))
        let marks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let greatest = shown.max() ?? 0
        let line = shown.map { value -> Character in
            guard greatest > 0, value > 0 else { return " " }
            return marks[min(7, max(0, Int(value / greatest * 7.999)))]
        }
        return String(repeating: " ", count: max(0, columns - line.count)) + String(line)
    }

    /// Shares of `columns` that add up to it exactly (largest remainder); all 0 where the counts are.
    static func shares(_ counts: [Int64], of columns: Int) -> [Int] {
        let total = counts.reduce(0.0) { $0 + Double(max(0, $1)) }
        guard total > 0, columns > 0 else { return counts.map { _ in 0 } }
        let exact = counts.map { Double(max(0, $0)) / total * Double(columns) }
        var result = exact.map { Int($0) }
        let missing = columns - result.reduce(0, +)
        let order = exact.indices.sorted {
            (exact[$0] - Double(result[$0]), -$0) > (exact[$1] - Double(result[$1]), -$1)
        }
        for index in order.prefix(max(0, missing)) { result[index] += 1 }
        return result
    }

    /// 1234567 as `1,234,567`.
    static func grouped(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return number < 0 ? "-" + result : result
    }

    /// Minutes and seconds, with hours where there are any.
    static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return seconds < 3_600 ? rest : "\(seconds / 3_600):\(rest)"
    }
}
