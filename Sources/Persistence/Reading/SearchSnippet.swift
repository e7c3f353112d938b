/// The part of a text that shows why it was found: pieces, of which some are hits.
public struct SearchSnippet: Sendable, Equatable {
    /// A piece of the text.
    public struct Piece: Sendable, Equatable {
        /// As it stands in the text.
        public var text: String
        /// Whether it is one of the words that were searched for.
        public var isHit: Bool

        /// A piece.
        public init(_ text: String, isHit: Bool = false) {
            self.text = text
            self.isHit = isHit
        }
    }

    /// In order. An ellipsis stands where the text goes on.
    public let pieces: [Piece]

    /// Cuts at most `width` characters out of a text, with the first hit in them.
    ///
    /// What counts as a word is simpler here than in the search itself: letters and digits. It only decides what is shown.
    /// - Parameter words: as they are searched for; those with a minus are no hits. O(length of the text).
    public init(_ text: String, words: String?, width: Int) {
        let wanted = Self.words(words ?? "")
        let characters = Array(text)
        var hits: [Range<Int>] = []
        var start: Int?
        for index in 0...characters.count {
            let isLetter = index < characters.count && (characters[index].isLetter || characters[index].isNumber)
            if isLetter {
                start = start ?? index
            } else if let begin = start {
                if wanted.contains(String(characters[begin..<index]).lowercased()) { hits.append(begin..<index) }
                start = nil
            }
        }
        let width = max(8, width)
        var from = 0
        if characters.count > width {
            // A third of what is shown stands before the first hit.
            from = min(max(0, (hits.first?.lowerBound ?? 0) - width / 3), characters.count - width)
        }
        let to = min(characters.count, from + width)
        var pieces: [Piece] = from > 0 ? [Piece("…")] : []
        var place = from
        for hit in hits where hit.lowerBound >= from && hit.upperBound <= to {
            if hit.lowerBound > place { pieces.append(Piece(String(characters[place..<hit.lowerBound]))) }
            pieces.append(Piece(String(characters[hit]), isHit: true))
            place = hit.upperBound
        }
        if place < to { pieces.append(Piece(String(characters[place..<to]))) }
        if to < characters.count { pieces.append(Piece("…")) }
        self.pieces = pieces
    }

    /// The words of a search that a hit may be, in lower case.
    static func words(_ query: String) -> Set<String> {
        var words: Set<String> = []
        for part in query.lowercased().split(whereSeparator: \.isWhitespace) where !part.hasPrefix("-") && part != "or"
        {
            for word in part.split(whereSeparator: { !($0.isLetter || $0.isNumber) }) { words.insert(String(word)) }
        }
        return words
    }
}
