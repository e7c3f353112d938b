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

/// The feeling that a text shows most. Raw values are stored, so they never change their meaning.
public enum Emotion: Int8, Sendable, CaseIterable {
    /// Anger, annoyance, disgust.
    case anger = 0
    /// Joy, amusement, love.
    case joy = 1
    /// Hope, confidence, encouragement.
    case optimism = 2
    /// Sadness, grief, worry.
    case sadness = 3
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
    /// The emotion; nil where none stands out, or no model says.
    public var emotion: Emotion?
    /// Probability that the text means the opposite of what it says, 0 … 10,000; nil where no model says.
    public var irony: Int16?
    /// Probability that the text is abusive, 0 … 10,000; nil where no model says.
    public var offensive: Int16?
    /// Probability that the text is spam, 0 … 10,000; nil where no model says.
    public var spam: Int16?

    /// Makes a verdict.
    public init(
        sentiment: Sentiment?,
        sentimentScore: Int16,
        intents: Intents = [],
        emotion: Emotion? = nil,
        irony: Int16? = nil,
        offensive: Int16? = nil,
        spam: Int16? = nil
    ) {
        self.sentiment = sentiment
        self.sentimentScore = sentimentScore
        self.intents = intents
        self.emotion = emotion
        self.irony = irony
        self.offensive = offensive
        self.spam = spam
    }

    /// The verdict on a text that the model can't read.
    public static let unreadable = Verdict(sentiment: nil, sentimentScore: 0)
}
