/// Texts of strangers, for a terminal or a page.
public enum SafeText {
    /// The text with control characters, line breaks among them, and marks that turn the writing direction as `\u{…}`:
    /// nothing in it can move the cursor or pass for another line.
    public static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A text on one line: white space of any kind is one space, the rest is ``visible(_:)``.
    static func line(_ text: String) -> String {
        visible(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    /// For the content of an HTML element, or an attribute in quotes.
    static func html(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in visible(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// An address that a page may link to; nil for any but plain http and https.
    static func link(_ address: String?) -> String? {
        guard let address, address.utf8.count <= 2_000 else { return nil }
        let lower = address.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else { return nil }
        let isPlain = address.unicodeScalars.allSatisfy {
            $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "\\"
        }
        return isPlain ? address : nil
    }

    /// Columns that a terminal takes for a text: two for East Asian wide characters and emoji, none for marks that are
    /// put on others. Near enough: what is counted wrong only makes a line look ragged.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    private static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.value {
        case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default: return character.unicodeScalars.contains { $0.value == 0xFE0F } ? 2 : 1
        }
    }

    /// As much of a text as fits, with an ellipsis where it was cut.
    static func cut(_ text: String, to width: Int, ellipsis: String) -> String {
        guard columns(text) > width else { return text }
        var left = width - columns(ellipsis)
        var kept = ""
        for character in text {
            left -= columns(of: character)
            if left < 0 { break }
            kept.append(character)
        }
        while kept.last == " " { kept.removeLast() }
        return kept + ellipsis
    }

    /// A text in lines of a width, broken at spaces where there are any; of more than `lines` the last is cut.
    static func wrapped(_ text: String, width: Int, lines: Int, ellipsis: String) -> [String] {
        var done: [String] = []
        var current = ""
        var words = text.split(separator: " ")[...]
        while let word = words.first {
            let joined = current.isEmpty ? String(word) : current + " " + word
            if columns(joined) <= width {
                current = joined
                words = words.dropFirst()
                continue
            }
            if done.count == lines - 1 {
                done.append(
                    cut(([current] + words.map(String.init)).joined(separator: " "), to: width, ellipsis: ellipsis)
                )
                return done.map { $0.hasPrefix(" ") ? String($0.dropFirst()) : $0 }
            }
            if current.isEmpty {
                // One word that is too long by itself.
                var head = ""
                for character in word {
                    if columns(head) + columns(of: character) > width { break }
                    head.append(character)
                }
                guard !head.isEmpty else { return done }
                done.append(head)
                words[words.startIndex] = word.dropFirst(head.count)
            } else {
                done.append(current)
                current = ""
            }
        }
        if !current.isEmpty { done.append(current) }
        return done
    }
}
