public import MentionModel

/// One row of the hourly sums: a brand, a UTC hour and a source. Ordered by these: the lock order.
public struct HourKey: Hashable, Comparable, Sendable {
    /// The brand's number.
    public var brand: Int32
    /// Hours of `published_at` since 1970-01-01T00Z.
    public var hour: Int32
    /// The source's number.
    public var source: Int32

    /// Makes a key.
    public init(brand: Int32, hour: Int32, source: Int32) {
        self.brand = brand
        self.hour = hour
        self.source = source
    }

    /// Whether the left key comes first in the lock order.
    public static func < (left: HourKey, right: HourKey) -> Bool {
        (left.brand, left.hour, left.source) < (right.brand, right.hour, right.source)
    }
}

/// What a model says of a mention beyond its sentiment, as far as the hours count it.
public struct HourLabels: Sendable, Equatable {
    /// From what probability on, in ten-thousandths, a mention counts as ironic, offensive or spam: more likely than
    /// not. Stored sums depend on it: a change needs a new fold over all mentions.
    public static let threshold: Int16 = 5_000

    /// The emotion; nil where none stands out.
    public var emotion: Emotion?
    /// The intents.
    public var intents: Intents
    /// Probability of irony in ten-thousandths; nil where no model says, as the next two.
    public var irony: Int16?
    /// Probability of abuse.
    public var offensive: Int16?
    /// Probability of spam.
    public var spam: Int16?

    /// Makes labels.
    public init(
        emotion: Emotion? = nil,
        intents: Intents = [],
        irony: Int16? = nil,
        offensive: Int16? = nil,
        spam: Int16? = nil
    ) {
        self.emotion = emotion
        self.intents = intents
        self.irony = irony
        self.offensive = offensive
        self.spam = spam
    }

    /// The labels of a verdict.
    public init(_ verdict: Verdict) {
        self.init(
            emotion: verdict.emotion,
            intents: verdict.intents,
            irony: verdict.irony,
            offensive: verdict.offensive,
            spam: verdict.spam
        )
    }
}

/// Integer counts of one brand × hour × source, with the laws of ``LedgerSums``.
public struct HourSums: Sendable, Equatable, AdditiveArithmetic {
    /// Mentions.
    public var mentions: Int32 = 0
    /// Mentions with positive sentiment.
    public var positive: Int32 = 0
    /// Mentions with neutral sentiment.
    public var neutral: Int32 = 0
    /// Mentions with negative sentiment.
    public var negative: Int32 = 0
    /// Mentions that the classifier can't read.
    public var unknown: Int32 = 0
    /// Mentions that show anger most.
    public var anger: Int32 = 0
    /// Mentions that show joy most.
    public var joy: Int32 = 0
    /// Mentions that show optimism most.
    public var optimism: Int32 = 0
    /// Mentions that show sadness most.
    public var sadness: Int32 = 0
    /// Mentions with the intent to complain.
    public var complaint: Int32 = 0
    /// Mentions with the intent to suggest.
    public var suggestion: Int32 = 0
    /// Mentions with the intent to ask.
    public var question: Int32 = 0
    /// Mentions with the intent to request.
    public var request: Int32 = 0
    /// Mentions with the intent to praise.
    public var praise: Int32 = 0
    /// Mentions with the intent to buy.
    public var purchase: Int32 = 0
    /// Mentions with the intent to threaten.
    public var threat: Int32 = 0
    /// Mentions whose irony reaches ``HourLabels/threshold``.
    public var ironic: Int32 = 0
    /// Mentions whose abuse reaches ``HourLabels/threshold``.
    public var offensive: Int32 = 0
    /// Mentions whose spam reaches ``HourLabels/threshold``.
    public var spam: Int32 = 0

    /// Nothing.
    public static let zero = HourSums()

    /// All zero.
    public init() {}

    /// What one mention counts as.
    public init(sentiment: Sentiment?, labels: HourLabels) {
        mentions = 1
        switch sentiment {
        case .positive: positive = 1
        case .neutral: neutral = 1
        case .negative: negative = 1
        case nil: unknown = 1
        }
        switch labels.emotion {
        case .anger: anger = 1
        case .joy: joy = 1
        case .optimism: optimism = 1
        case .sadness: sadness = 1
        case nil: break
        }
        let intents = labels.intents
        if !intents.isEmpty {
            complaint = intents.contains(.complaint) ? 1 : 0
            suggestion = intents.contains(.suggestion) ? 1 : 0
            question = intents.contains(.question) ? 1 : 0
            request = intents.contains(.request) ? 1 : 0
            praise = intents.contains(.praise) ? 1 : 0
            purchase = intents.contains(.purchase) ? 1 : 0
            threat = intents.contains(.threat) ? 1 : 0
        }
        ironic = Self.reaches(labels.irony)
        offensive = Self.reaches(labels.offensive)
        spam = Self.reaches(labels.spam)
    }

    private static func reaches(_ probability: Int16?) -> Int32 {
        probability.map { $0 >= HourLabels.threshold ? 1 : 0 } ?? 0
    }

    /// Member by member, wrapping.
    public static func + (left: HourSums, right: HourSums) -> HourSums {
        combined(left, right, &+)
    }

    /// Member by member, wrapping.
    public static func - (left: HourSums, right: HourSums) -> HourSums {
        combined(left, right, &-)
    }

    @inline(__always)
    private static func combined(_ left: HourSums, _ right: HourSums, _ each: (Int32, Int32) -> Int32) -> HourSums {
        var sums = HourSums()
        sums.mentions = each(left.mentions, right.mentions)
        sums.positive = each(left.positive, right.positive)
        sums.neutral = each(left.neutral, right.neutral)
        sums.negative = each(left.negative, right.negative)
        sums.unknown = each(left.unknown, right.unknown)
        sums.anger = each(left.anger, right.anger)
        sums.joy = each(left.joy, right.joy)
        sums.optimism = each(left.optimism, right.optimism)
        sums.sadness = each(left.sadness, right.sadness)
        sums.complaint = each(left.complaint, right.complaint)
        sums.suggestion = each(left.suggestion, right.suggestion)
        sums.question = each(left.question, right.question)
        sums.request = each(left.request, right.request)
        sums.praise = each(left.praise, right.praise)
        sums.purchase = each(left.purchase, right.purchase)
        sums.threat = each(left.threat, right.threat)
        sums.ironic = each(left.ironic, right.ironic)
        sums.offensive = each(left.offensive, right.offensive)
        sums.spam = each(left.spam, right.spam)
        return sums
    }
}

/// One wish: a mention with the intent to suggest, for one of its brands. Ordered by brand, hour and mention.
public struct WishKey: Hashable, Comparable, Sendable {
    /// The brand's number.
    public var brand: Int32
    /// Hours of `published_at` since 1970-01-01T00Z.
    public var hour: Int32
    /// The mention's number.
    public var mention: Int64

    /// Makes a key.
    public init(brand: Int32, hour: Int32, mention: Int64) {
        self.brand = brand
        self.hour = hour
        self.mention = mention
    }

    /// Whether the left key comes first in the lock order.
    public static func < (left: WishKey, right: WishKey) -> Bool {
        (left.brand, left.hour, left.mention) < (right.brand, right.hour, right.mention)
    }
}
