/// The words that the reader, the grammar of phrases or the guess of the language know by heart, in one table, so that
/// a token is looked up once for all of them.
struct WordList: Sendable {
    static let shared = WordList(phrases: PhraseGrammar.shared)

    /// What is known of one word.
    struct Entry: Sendable {
        var key: UInt64 = 0
        /// Where the phrases that begin with it stand in ``PhraseGrammar``; -1 where none does.
        var phrases: Int16 = -1
        /// What it does to the words after it.
        var role = WordRole.none
        /// Which language's small word it is; none of either is 0.
        var side = WordSide.none
    }

    /// By slot; a power of two.
    private(set) var entries: [Entry]
    /// A byte of each slot's key, 0 where it is empty: most words are not there, and this fits into the fastest cache.
    private(set) var tags: [UInt8]

    /// As many as a signed number of 16 bits counts.
    private static let size = 4096

    init(phrases: PhraseGrammar) {
        entries = [Entry](repeating: Entry(), count: Self.size)
        tags = [UInt8](repeating: 0, count: Self.size)
        for (key, range) in phrases.heads {
            let slot = slot(for: key)
            entries[slot].phrases = Int16(range.lowerBound)
        }
        for (word, role) in WordRole.words { entries[slot(for: TokenHash.of(word.utf8))].role = role }
        for (word, side) in LanguageGuess.words {
            let slot = slot(for: TokenHash.of(word.utf8))
            // A word of both is of the first.
            if entries[slot].side == .none { entries[slot].side = side }
        }
    }

    /// The slot of a word, which is made where there is none.
    private mutating func slot(for key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: key) & (Self.size - 1)
        while tags[slot] != 0, entries[slot].key != key { slot = (slot + 1) & (Self.size - 1) }
        tags[slot] = Self.tag(of: key)
        entries[slot].key = key
        return slot
    }

    @inline(__always)
    private static func tag(of key: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: key >> 56) | 1 }

    /// The slot of a word, or -1. The list is never full, so the search ends.
    @inline(__always)
    static func find(_ key: UInt64, _ tags: UnsafeBufferPointer<UInt8>, _ entries: UnsafeBufferPointer<Entry>) -> Int16
    {
        // No slot is beyond: there are `size` of both.
        var slot = Int(truncatingIfNeeded: key) & (size - 1)
        let wanted = tag(of: key)
        while true {
            let tag = tags[slot]
            if tag == 0 { return -1 }
            if tag == wanted, entries[slot].key == key { return Int16(truncatingIfNeeded: slot) }
            slot = (slot &+ 1) & (size - 1)
        }
    }

    /// The slot of a word, or -1.
    @inline(__always)
    func find(_ key: UInt64) -> Int16 {
        tags.withUnsafeBufferPointer { tags in
            entries.withUnsafeBufferPointer { Self.find(key, tags, $0) }
        }
    }
}

/// Whose small word a word is.
enum WordSide: UInt8 {
    case none = 0
    case english = 1
    case foreign = 16

    /// What is added to a sum of sides that has 32 bits for each.
    @inline(__always)
    var share: UInt64 { UInt64(rawValue & 1) | UInt64(rawValue >> 4) << 32 }
}

/// Words that work on the words after them.
enum WordRole: UInt8 {
    case none, negator, contrast

    /// All words with a role.
    static var words: [(Substring, WordRole)] {
        let negators = """
            not no never none nobody nothing neither nor cannot without hardly barely scarcely rarely seldom lacks lack \
            cant dont wont didnt doesnt isnt wasnt wouldnt couldnt shouldnt havent hasnt hadnt arent werent aint nope
            """
        let contrasts = "but however although though except"
        return negators.split(separator: " ").map { ($0, .negator) }
            + contrasts.split(separator: " ").map { ($0, .contrast) }
    }
}
