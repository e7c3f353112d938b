internal import Fingerprinting

/// Words with what they do to a sum of feelings, in one open-addressing hash table.
struct Lexicon: Sendable {
    /// What a word does.
    struct Entry: Sendable {
        enum Role: UInt8 {
            case none
            /// Has a valence.
            case feeling
            /// Turns the feelings within the next words.
            case negator
            /// Strengthens the feeling that follows.
            case booster
            /// Weakens the feeling that follows.
            case dampener
            /// What stood before it counts less.
            case contrast
        }

        var role: Role
        /// −4 … 4; 0 unless `role` is `feeling`.
        var valence: Int8
    }

    private struct Slot: Sendable {
        var key = WordKey()
        var entry = Entry(role: .none, valence: 0)
    }

    private var slots: [Slot]
    private var mask: Int
    /// How many words it holds.
    private(set) var count = 0

    /// Reads lines of `head word word …`, where the head is a valence or `not`, `very`, `slightly`, `but`. Other
    /// lines and empty ones count for nothing. The first mention of a word stands.
    init(_ source: String) {
        slots = [Slot](repeating: Slot(), count: 4096)
        mask = slots.count - 1
        for line in source.split(separator: "\n") {
            var words = line.split(separator: " ")[...]
            guard let head = words.popFirst(), let role = Self.entry(head) else { continue }
            for word in words { insert(Self.key(word), role) }
        }
    }

    /// The entry of a folded word or an emoji; nil for any other word.
    func entry(for key: WordKey) -> Entry? {
        var index = Int(truncatingIfNeeded: key.mixed()) & mask
        while slots[index].entry.role != .none {
            if slots[index].key == key { return slots[index].entry }
            index = (index + 1) & mask
        }
        return nil
    }

    private static func entry(_ head: Substring) -> Entry? {
        switch head {
        case "not": Entry(role: .negator, valence: 0)
        case "very": Entry(role: .booster, valence: 0)
        case "slightly": Entry(role: .dampener, valence: 0)
        case "but": Entry(role: .contrast, valence: 0)
        default: Int8(head).map { Entry(role: .feeling, valence: max(-4, min(4, $0))) }
        }
    }

    /// An emoji counts by its first scalar: skin tones and variation selectors make no difference.
    private static func key(_ word: Substring) -> WordKey {
        var key = WordKey()
        for scalar in word.unicodeScalars {
            key.append(scalar: scalar.value)
            if scalar.value >= 0x2000 { break }
        }
        key.finish()
        return key
    }

    private mutating func insert(_ key: WordKey, _ entry: Entry) {
        // Half full at most, so that a search always ends at an empty slot.
        guard self.entry(for: key) == nil, count * 2 < slots.count else { return }
        var index = Int(truncatingIfNeeded: key.mixed()) & mask
        while slots[index].entry.role != .none { index = (index + 1) & mask }
        slots[index] = Slot(key: key, entry: entry)
        count += 1
    }
}
