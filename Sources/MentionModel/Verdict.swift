/// The sign of a mention's feeling. Raw values are stored.
public enum Sentiment: Int8, Sendable, CaseIterable {
    /// Against.
    case negative = -1
    /// Neither.
    case neutral = 0
    /// For.
    case positive = 1
}

/// What a mention wants, as a bit set; bits are stored, so they never change their meaning.
public struct Intents: OptionSet, Sendable, Hashable {
    /// The stored bits.
    public let rawValue: Int16

    /// Makes a set from stored bits.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Something is wrong and the author says so.
    public static let complaint = Intents(rawValue: 1)
    /// The author proposes a change.
    public static let suggestion = Intents(rawValue: 2)
    /// The author asks something.
    public static let question = Intents(rawValue: 4)
    /// The author asks for an act.
    public static let request = Intents(rawValue: 8)
    /// The author praises.
    public static let praise = Intents(rawValue: 16)
    /// The author means to buy.
    public static let purchase = Intents(rawValue: 32)
    /// The author threatens (to leave, to sue).
    public static let threat = Intents(rawValue: 64)
}

/// What the classifier says of one text. Probabilities are ten-thousandths, so that they compare as integers and are
/// the same on every machine.
public struct Verdict: Sendable, Equatable {
    /// The sentiment; nil where the model can't read the language.
    public var sentiment: Sentiment?
    /// −10,000 … 10,000; 0 where ``sentiment`` is nil.
    public var sentimentScore: Int16
    /// Intents; empty where no model says.
    public var intents: Intents

    /// Makes a verdict.
    public init(sentiment: Sentiment?, sentimentScore: Int16, intents: Intents = []) {
        self.sentiment = sentiment
        self.sentimentScore = sentimentScore
        self.intents = intents
    }

    /// The verdict on a text that the model can't read.
    public static let unreadable = Verdict(sentiment: nil, sentimentScore: 0)
}
