/// Finds out from its beginning how a feed is laid out.
struct FeedSniffer {
    /// How pieces follow each other.
    enum Layout: Sendable, Equatable { case lines, document, rows }

    /// At most so many bytes are looked at.
    static let limit = 65_536

    private let start: ArraySlice<UInt8>
    private let isWhole: Bool

    /// `isWhole`: the input ends behind these bytes.
    init(_ bytes: [UInt8], isWhole: Bool) {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        start = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        self.isWhole = isWhole || bytes.count >= Self.limit
    }

    /// The layout; nil when more bytes are needed to tell.
    func layout(given format: FeedFormat?) -> Layout? {
        if format == .csv { return .rows }
        guard let first = start.first else { return isWhole ? .lines : nil }
        if first == UInt8(ascii: "[") { return .document }
        let lineEnd = start.firstIndex(of: 0x0A)
        guard lineEnd != nil || isWhole else { return nil }
        let line = start[..<(lineEnd ?? start.endIndex)]
        if first == UInt8(ascii: "{") {
            let last = line.last { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }
            if lineEnd != nil { return last == UInt8(ascii: "}") ? .lines : .document }
            // One line of which the end is not in sight: a search answer can be long, a status or mention is not.
            return contains("\"statuses\"") ? .document : .lines
        }
        if format != nil { return .lines }
        // Perhaps NDJSON whose first line is damaged.
        var rest = start[line.endIndex...].dropFirst()
        while !rest.isEmpty {
            if rest.first == UInt8(ascii: "{") { return .lines }
            guard let end = rest.firstIndex(of: 0x0A) else { break }
            rest = rest[(end + 1)...]
        }
        return .rows
    }

    /// Whether JSON holds statuses of Twitter or mention events: which of the fields that only one of them has comes
    /// first. Nil when more bytes are needed; events where neither comes: their decoder says best what is missing.
    func jsonFormat() -> FeedFormat? {
        let hints: [(String, FeedFormat)] = [
            ("\"id_str\"", .twitter), ("\"created_at\"", .twitter), ("\"statuses\"", .twitter),
            ("\"published_at\"", .canonical),
        ]
        let found = hints.compactMap { hint in first(of: hint.0).map { ($0, hint.1) } }
        return found.min { $0.0 < $1.0 }?.1 ?? (isWhole ? .canonical : nil)
    }

    private func contains(_ text: String) -> Bool { first(of: text) != nil }

    private func first(of text: String) -> Int? { start.firstIndex(of: Array(text.utf8)) }
}

extension ArraySlice<UInt8> {
    /// Where a pattern occurs first. O(n · m) at worst, O(n) for text.
    func firstIndex(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        for index in startIndex...(endIndex - pattern.count) where self[index] == first {
            if self[index..<index + pattern.count].elementsEqual(pattern) { return index }
        }
        return nil
    }
}
