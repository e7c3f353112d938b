public import MentionModel

/// Yes-or-no properties of a mention that rules ask for.
public struct MentionTraits: OptionSet, Sendable, Hashable {
    /// The bits; never stored.
    public let rawValue: UInt8

    /// Makes a set from bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It answers another mention.
    public static let answer = MentionTraits(rawValue: 1)
    /// It passes another mention on.
    public static let repost = MentionTraits(rawValue: 2)
    /// Its text holds a question mark.
    public static let questionMark = MentionTraits(rawValue: 4)
    /// Its author is one of the brand's own accounts.
    public static let ownAccount = MentionTraits(rawValue: 8)
}

/// Ways to have reach, of which one is enough. Nil: that way does not count.
public struct ReachThresholds: Sendable, Hashable {
    /// Followers of the author, at least.
    public var followers: Int64?
    /// Likes of the mention, at least.
    public var likes: Int64?
    /// Reposts of the mention, at least.
    public var reposts: Int64?

    /// Makes thresholds.
    public init(followers: Int64? = nil, likes: Int64? = nil, reposts: Int64? = nil) {
        self.followers = followers
        self.likes = likes
        self.reposts = reposts
    }
}

/// What must hold of a mention and a brand for a rule to match: all of it. The defaults ask for nothing.
///
/// Scores and probabilities are ten-thousandths, as they are stored. A probability that no model gave counts as 0,
/// as do followers that no event told.
public struct RuleConditions: Sendable, Hashable {
    /// All of these intents.
    public var intentsAll: Intents = []
    /// One of these at least; empty: no condition.
    public var intentsAny: Intents = []
    /// None of these.
    public var intentsNone: Intents = []
    /// Bits of the sentiments that will do, see ``sentimentBit(_:)``.
    public var sentiments: UInt8 = RuleConditions.anySentiment
    /// Bits of the emotions that will do, see ``emotionBit(_:)``.
    public var emotions: UInt8 = RuleConditions.anyEmotion
    /// Sentiment score.
    public var score: ClosedRange<Int32> = -10_000...10_000
    /// Probability of irony.
    public var irony: ClosedRange<Int32> = 0...10_000
    /// Probability of abuse.
    public var offensive: ClosedRange<Int32> = 0...10_000
    /// Probability of spam.
    public var spam: ClosedRange<Int32> = 0...10_000
    /// Followers of the author, at least.
    public var followers: Int64 = 0
    /// Likes, at least.
    public var likes: Int64 = 0
    /// Reposts, at least.
    public var reposts: Int64 = 0
    /// Replies, at least.
    public var replies: Int64 = 0
    /// One of these ways to have reach.
    public var reach: ReachThresholds?
    /// Names of sources; nil: all.
    public var sources: Set<String>?
    /// Names of brands; nil: all.
    public var brands: Set<String>?
    /// Primary subtags of languages, lower case; nil: all, also unknown ones.
    public var languages: Set<String>?
    /// Traits that it must have.
    public var required: MentionTraits = []
    /// Traits that it must not have.
    public var forbidden: MentionTraits = []

    /// Asks for nothing.
    public init() {}

    /// All sentiments, and that there is none.
    public static let anySentiment: UInt8 = 0b1111
    /// All emotions, and that there is none.
    public static let anyEmotion: UInt8 = 0b1_1111

    /// The bit of a sentiment; nil is "the model can't read it".
    public static func sentimentBit(_ sentiment: Sentiment?) -> UInt8 {
        guard let sentiment else { return 8 }
        return 1 << UInt8(bitPattern: sentiment.rawValue &+ 1)
    }

    /// The bit of an emotion; nil is "none stands out".
    public static func emotionBit(_ emotion: Emotion?) -> UInt8 {
        guard let emotion else { return 16 }
        return 1 << UInt8(bitPattern: emotion.rawValue)
    }
}

extension RuleConditions {
    /// Whether whatever meets `other` also meets these conditions, as far as that can be told field by field.
    func cover(_ other: RuleConditions) -> Bool {
        coverIntents(of: other) && other.sentiments & ~sentiments == 0 && other.emotions & ~emotions == 0
            && score.contains(other.score) && irony.contains(other.irony) && offensive.contains(other.offensive)
            && spam.contains(other.spam) && followers <= other.followers && likes <= other.likes
            && reposts <= other.reposts && replies <= other.replies && coverReach(of: other)
            && Self.cover(sources, other.sources) && Self.cover(brands, other.brands)
            && Self.cover(languages, other.languages) && required.isSubset(of: other.required)
            && forbidden.isSubset(of: other.forbidden)
    }

    private func coverIntents(of other: RuleConditions) -> Bool {
        let any =
            intentsAny.isEmpty || !intentsAny.isDisjoint(with: other.intentsAll)
            || !other.intentsAny.isEmpty && other.intentsAny.isSubset(of: intentsAny)
        return any && intentsAll.isSubset(of: other.intentsAll) && intentsNone.isSubset(of: other.intentsNone)
    }

    private func coverReach(of other: RuleConditions) -> Bool {
        guard let reach else { return true }
        func meets(_ given: Int64, _ asked: Int64?) -> Bool { asked.map { given >= $0 } ?? false }
        if meets(other.followers, reach.followers) || meets(other.likes, reach.likes)
            || meets(other.reposts, reach.reposts)
        {
            return true
        }
        guard let theirs = other.reach else { return false }
        return (theirs.followers.map { meets($0, reach.followers) } ?? true)
            && (theirs.likes.map { meets($0, reach.likes) } ?? true)
            && (theirs.reposts.map { meets($0, reach.reposts) } ?? true)
    }

    private static func cover(_ mine: Set<String>?, _ theirs: Set<String>?) -> Bool {
        guard let mine else { return true }
        return theirs.map { $0.isSubset(of: mine) } ?? false
    }
}

extension ClosedRange where Bound == Int32 {
    fileprivate func contains(_ other: ClosedRange<Int32>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}

/// One rule: what must hold, and what is then decided.
public struct TriageRule: Sendable, Hashable {
    /// What must hold.
    public var conditions: RuleConditions
    /// What is decided; its reason is the rule's name.
    public var outcome: TriageOutcome
    /// What the rule is for, for people.
    public var text: String?

    /// Makes a rule.
    public init(conditions: RuleConditions, outcome: TriageOutcome, text: String? = nil) {
        self.conditions = conditions
        self.outcome = outcome
        self.text = text
    }
}
