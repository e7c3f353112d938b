/// What a token of a text is.
@frozen
public enum TokenKind: UInt8, Sendable {
    /// A word: letters, with digits and apostrophes inside.
    case word
    /// A number; its digits are zeros.
    case number
    /// A handle; always spelt `@user`.
    case handle
    /// A link; always spelt `<url>`.
    case link
    /// A hashtag with its `#`; the words in it follow as words.
    case hashtag
    /// An emoticon such as `:)`.
    case emoticon
    /// An emoji or another symbol.
    case symbol
    /// A punctuation mark, or a run of one.
    case mark
}

/// A normalised piece of a text.
@frozen
public struct Token: Sendable, Equatable {
    /// 64 well-mixed bits of the normalised spelling.
    public var key: UInt64
    /// Where the normalised spelling begins in ``TextScratch/spelling``.
    public var start: Int32
    /// Its length in bytes.
    public var length: Int32
    /// What it is.
    public var kind: TokenKind
    /// Whether it ends the reach of a negation: a mark, or "but".
    public var endsClause: Bool
    /// Whether it negates what follows.
    public var negates: Bool
    /// Whether a sentence begins after it: a full stop, `!`, `?`, a handle, a colon, a link.
    public var startsSentence: Bool
    /// Where the phrases that begin with it stand in ``PhraseGrammar``; -1 where none does.
    var phrases: Int16
}

/// What a text holds besides its tokens.
@frozen
public struct TextCounts: Sendable, Equatable {
    /// Words of at least two letters, all capital.
    public var shouted: Int32 = 0
    /// Words with a letter three times or more in a row.
    public var stretched: Int32 = 0
    /// Words.
    public var words: Int32 = 0
    /// Exclamation marks.
    public var exclamations: Int32 = 0
    /// Question marks.
    public var questions: Int32 = 0
    /// Hashtags.
    public var hashtags: Int32 = 0
    /// Numbers.
    public var numbers: Int32 = 0
    /// Numbers of five digits or more.
    public var longNumbers: Int32 = 0
    /// Links.
    public var links: Int32 = 0
    /// Handles.
    public var handles: Int32 = 0
    /// Letters of the Latin script.
    public var latinLetters: Int32 = 0
    /// Letters of other scripts.
    public var otherLetters: Int32 = 0
    /// Letters that English does not use, such as ñ and ß.
    public var foreignLetters: Int32 = 0

    /// Nothing counted yet.
    public init() {}
}

/// Memory that a classifier works in: it grows to the longest text seen and is used again, so that a text costs no
/// allocation once it is warm. Use one per task; no result depends on what was classified before.
public struct TextScratch: Sendable {
    /// The tokens of the last text, copied.
    public var tokens: [Token] { Array(slots[..<tokenCount]) }
    /// The tokens of the last text; what follows the last is left from longer texts.
    var slots: [Token] = []
    /// How many of ``slots`` are of this text.
    var tokenCount = 0
    /// How many of its words are small words of English, and in the upper half how many of other languages.
    var sides: UInt64 = 0
    /// Their normalised spellings, one after the other; what follows the last is left from longer texts.
    public internal(set) var spelling: [UInt8] = []
    /// How many bytes of ``spelling`` are of this text.
    var written = 0
    /// What else the last text holds.
    public internal(set) var counts = TextCounts()
    /// The text with its entities and escapes resolved; used by texts that have any.
    var resolved: [UInt8] = []

    /// A scratch without memory yet.
    public init() {}

    /// Adds a token.
    @inline(__always)
    mutating func append(_ token: Token) {
        if tokenCount == slots.count { reserve(tokens: tokenCount + 64) }
        slots[tokenCount] = token
        tokenCount &+= 1
    }

    /// Makes place for so many tokens in all.
    @inline(never)
    mutating func reserve(tokens: Int) {
        let empty = Token(
            key: 0,
            start: 0,
            length: 0,
            kind: .word,
            endsClause: false,
            negates: false,
            startsSentence: false,
            phrases: -1
        )
        slots += [Token](repeating: empty, count: max(0, tokens * 2 - slots.count))
    }

    /// The normalised spelling of a token of the last text.
    public func spelling(of token: Token) -> String {
        String(decoding: spelling[Int(token.start)..<Int(token.start + token.length)], as: UTF8.self)
    }
}
