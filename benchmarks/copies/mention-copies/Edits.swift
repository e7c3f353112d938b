import Synthesis

/// An edit as people and programs make them when they pass a text on.
enum Edit: String, CaseIterable {
    case linkChanged, handleAdded, wordDropped, wordReplaced, emojiAdded, truncated, quoted, caseChanged, hashtagAdded
    case commented

    /// The text after the edit.
    func apply(to text: String, _ random: inout SeededRandom) -> String {
        var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let place = random.below(max(1, words.count))
        switch self {
        case .linkChanged:
            let link = "https://t.co/\(String(random.next() % 2_000_000_000, radix: 36))"
            if let old = words.lastIndex(where: { $0.hasPrefix("http") }) {
                words[old] = link
            } else {
                words.append(link)
            }
        case .handleAdded:
            words.insert(
                "@" + ["delta_fan", "news24", "bob", "TechWatch"][random.below(4)],
                at: random.below(2) == 0 ? 0 : words.count
            )
        case .wordDropped:
            if words.count > 1 { words.remove(at: place) }
        case .wordReplaced:
            if !words.isEmpty { words[place] = Self.vocabulary[random.below(Self.vocabulary.count)] }
        case .emojiAdded:
            words.append(["😂", "🔥🔥", "😡", "👏👏👏", "❤️"][random.below(5)])
        case .truncated:
            let scalars = Array(text.unicodeScalars)
            let kept = max(1, scalars.count - 1 - random.below(max(1, scalars.count * 3 / 10)))
            var cut = ""
            cut.unicodeScalars.append(contentsOf: scalars[..<kept])
            return cut + "…"
        case .quoted:
            return ["“\(text)”", "\"\(text)\" - so true", "RT @someone: \(text)", "> \(text)", "This: \(text)"][
                random.below(5)
            ]
        case .caseChanged:
            return random.below(2) == 0 ? text.uppercased() : text.lowercased()
        case .hashtagAdded:
            words.append("#" + Self.vocabulary[random.below(Self.vocabulary.count)])
        case .commented:
            let comment = (0...random.below(4)).map { _ in Self.vocabulary[random.below(Self.vocabulary.count)] }
            words.insert(comment.joined(separator: " ") + " -", at: 0)
        }
        return words.joined(separator: " ")
    }

    private static let vocabulary = """
        wow yes agreed seriously again today delayed service battery update customers support never great terrible \
        waiting phone flight refund app crash love breaking watch read thread please help news official release price
        """.split(separator: " ").map(String.init)
}
