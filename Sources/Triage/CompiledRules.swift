public import MentionModel

/// What rules look at: a mention, about one brand. No text: what they ask of it is among the traits.
public struct TriageSubject: Sendable {
    /// What the mention wants.
    public var intents: Intents = []
    /// See ``RuleConditions/sentimentBit(_:)``.
    public var sentiment: UInt8 = 8
    /// See ``RuleConditions/emotionBit(_:)``.
    public var emotion: UInt8 = 16
    /// Sentiment score in ten-thousandths.
    public var score: Int32 = 0
    /// Ten-thousandths; 0 where no model says, as the two that follow.
    public var irony: Int32 = 0
    /// Probability of abuse.
    public var offensive: Int32 = 0
    /// Probability of spam.
    public var spam: Int32 = 0
    /// Followers of the author; 0 where unknown.
    public var followers: Int64 = 0
    /// Likes.
    public var likes: Int64 = 0
    /// Reposts.
    public var reposts: Int64 = 0
    /// Replies.
    public var replies: Int64 = 0
    /// Number of the source.
    public var source: Int32 = 0
    /// Number of the brand.
    public var brand: Int32 = 0
    /// See ``LanguageTag``; 0 where unknown.
    public var language: UInt64 = 0
    /// Yes-or-no properties.
    public var traits: MentionTraits = []

    /// A mention of which nothing is known.
    public init() {}
}

/// The primary subtag of a language tag as a number: its letters in lower case, up to eight.
public enum LanguageTag {
    /// The number of a tag's bytes, such as `en-GB`; 0 for an empty one. O(1).
    public static func number(_ tag: some Sequence<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        var count = 0
        for byte in tag {
            guard byte != UInt8(ascii: "-"), byte != UInt8(ascii: "_"), count < 8 else { break }
            let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            number = number << 8 | UInt64(isCapital ? byte | 0x20 : byte)
            count += 1
        }
        return number
    }
}

/// Rules made ready to be applied: integers that are compared, no strings. A decision takes some tens of nanoseconds.
public struct CompiledRules: Sendable {
    private struct Names: Sendable {
        var sources: [Int32]?
        var brands: [Int32]?
        var languages: [UInt64]?

        var isEmpty: Bool { sources == nil && brands == nil && languages == nil }
    }

    /// The conditions that are numbers, side by side: nothing in it is counted by reference.
    private struct Rule: Sendable {
        var intentsAll: Int16
        var intentsAny: Int16
        var intentsNone: Int16
        var sentiments: UInt8
        var emotions: UInt8
        var required: UInt8
        var forbidden: UInt8
        var score: ClosedRange<Int32>
        var irony: ClosedRange<Int32>
        var offensive: ClosedRange<Int32>
        var spam: ClosedRange<Int32>
        var followers: Int64
        var likes: Int64
        var reposts: Int64
        var replies: Int64
        /// Index into ``names``; -1: none are asked for.
        var named: Int32 = -1
        /// Index into ``reaches``; -1: none is asked for.
        var reach: Int32 = -1

        init(_ conditions: RuleConditions) {
            intentsAll = conditions.intentsAll.rawValue
            intentsAny = conditions.intentsAny.rawValue
            intentsNone = conditions.intentsNone.rawValue
            sentiments = conditions.sentiments
            emotions = conditions.emotions
            required = conditions.required.rawValue
            forbidden = conditions.forbidden.rawValue
            score = conditions.score
            irony = conditions.irony
            offensive = conditions.offensive
            spam = conditions.spam
            followers = conditions.followers
            likes = conditions.likes
            reposts = conditions.reposts
            replies = conditions.replies
        }

        func matches(_ subject: TriageSubject) -> Bool {
            let intents = subject.intents.rawValue
            let traits = subject.traits.rawValue
            return intents & intentsAll == intentsAll && (intentsAny == 0 || intents & intentsAny != 0)
                && intents & intentsNone == 0 && subject.sentiment & sentiments != 0
                && subject.emotion & emotions != 0 && traits & required == required && traits & forbidden == 0
                && score.contains(subject.score) && irony.contains(subject.irony)
                && offensive.contains(subject.offensive) && spam.contains(subject.spam)
                && subject.followers >= followers && subject.likes >= likes && subject.reposts >= reposts
                && subject.replies >= replies
        }
    }

    /// What each rule decides, in the order of the rules.
    public let outcomes: [TriageOutcome]
    /// Whether any rule asks for a question mark: else the text need not be looked at.
    public let asksForQuestionMark: Bool
    /// Whether any rule asks for own accounts.
    public let asksForOwnAccount: Bool
    /// Whether any rule asks for a language.
    public let asksForLanguage: Bool
    /// Whether any rule asks for likes, reposts or replies, which grow.
    public var asksForCounts: Bool { !(likes.isEmpty && reposts.isEmpty && replies.isEmpty) }
    private let rules: [Rule]
    private let names: [Names]
    private let reaches: [ReachThresholds]
    private let likes: [Int64]
    private let reposts: [Int64]
    private let replies: [Int64]

    /// Compiles rules. A name without a number matches nothing.
    public init(_ rules: TriageRules, source: (String) -> Int32?, brand: (String) -> Int32?) {
        var compiled: [Rule] = []
        var names: [Names] = []
        var reaches: [ReachThresholds] = []
        var traits: MentionTraits = []
        var asksForLanguage = false
        for rule in rules.rules {
            var entry = Rule(rule.conditions)
            let named = Names(
                sources: rule.conditions.sources.map { $0.compactMap(source) },
                brands: rule.conditions.brands.map { $0.compactMap(brand) },
                languages: rule.conditions.languages.map { $0.map { LanguageTag.number($0.utf8) } }
            )
            if !named.isEmpty {
                entry.named = Int32(names.count)
                names.append(named)
            }
            if let reach = rule.conditions.reach {
                entry.reach = Int32(reaches.count)
                reaches.append(reach)
            }
            traits.formUnion(rule.conditions.required)
            traits.formUnion(rule.conditions.forbidden)
            asksForLanguage = asksForLanguage || named.languages != nil
            compiled.append(entry)
        }
        self.rules = compiled
        self.names = names
        self.reaches = reaches
        self.asksForLanguage = asksForLanguage
        asksForQuestionMark = traits.contains(.questionMark)
        asksForOwnAccount = traits.contains(.ownAccount)
        outcomes = rules.rules.map(\.outcome)
        let all = rules.rules.map(\.conditions)
        likes = Self.thresholds(all.map(\.likes) + reaches.compactMap(\.likes))
        reposts = Self.thresholds(all.map(\.reposts) + reaches.compactMap(\.reposts))
        replies = Self.thresholds(all.map(\.replies))
    }

    /// Index of the rule that decides; nil where none matches. O(rules).
    public func rule(for subject: TriageSubject) -> Int? {
        for index in rules.indices where rules[index].matches(subject) {
            let reach = Int(rules[index].reach)
            if reach >= 0, !Self.reaches(subject, reaches[reach]) { continue }
            let named = Int(rules[index].named)
            if named >= 0, !Self.isNamed(subject, names[named]) { continue }
            return index
        }
        return nil
    }

    /// What is decided. O(rules).
    public func decide(_ subject: TriageSubject) -> TriageOutcome {
        rule(for: subject).map { outcomes[$0] } ?? .unmatched
    }

    /// Whether counts that grew may lead to another decision.
    public func isCrossed(
        likes: (before: Int64, after: Int64),
        reposts: (before: Int64, after: Int64),
        replies: (before: Int64, after: Int64)
    ) -> Bool {
        func crosses(_ thresholds: [Int64], _ counts: (before: Int64, after: Int64)) -> Bool {
            thresholds.contains { counts.before < $0 && $0 <= counts.after }
        }
        return crosses(self.likes, likes) || crosses(self.reposts, reposts) || crosses(self.replies, replies)
    }

    private static func thresholds(_ values: [Int64]) -> [Int64] { Set(values.filter { $0 > 0 }).sorted() }

    private static func reaches(_ subject: TriageSubject, _ wanted: ReachThresholds) -> Bool {
        wanted.followers.map { subject.followers >= $0 } ?? false || wanted.likes.map { subject.likes >= $0 } ?? false
            || wanted.reposts.map { subject.reposts >= $0 } ?? false
    }

    private static func isNamed(_ subject: TriageSubject, _ names: Names) -> Bool {
        if let sources = names.sources, !sources.contains(subject.source) { return false }
        if let brands = names.brands, !brands.contains(subject.brand) { return false }
        if let languages = names.languages, !languages.contains(subject.language) { return false }
        return true
    }
}
