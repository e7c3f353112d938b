/// What one author said of one brand on one day, and got for it: a row of the ledger and one of the threads' ledger.
public struct StandingDay: Sendable, Equatable {
    /// Days since 1970-01-01, UTC.
    public var day: Int32
    /// Mentions with positive sentiment; copies and what is set aside included, as in all sums of the ledger.
    public var positive: Int64 = 0
    /// Mentions with neutral sentiment.
    public var neutral: Int64 = 0
    /// Mentions with negative sentiment.
    public var negative: Int64 = 0
    /// Mentions that the classifier can't read.
    public var unknown: Int64 = 0
    /// Mentions that answer another.
    public var answers: Int64 = 0
    /// Mentions that tell the author's followers.
    public var followersKnown: Int64 = 0
    /// Sum of the followers over those.
    public var followersSum: Int64 = 0
    /// Copies that are not set aside.
    public var copies: Int64 = 0
    /// Of these, the positive ones.
    public var copiesPositive: Int64 = 0
    /// Of these, the negative ones.
    public var copiesNegative: Int64 = 0
    /// Mentions that are spam or abuse.
    public var setAside: Int64 = 0
    /// Of these, the positive ones.
    public var setAsidePositive: Int64 = 0
    /// Of these, the negative ones.
    public var setAsideNegative: Int64 = 0
    /// Reposts that the mentions got, as their events tell it.
    public var reposts: Int64 = 0
    /// Replies that the mentions got, as their events tell it.
    public var replies: Int64 = 0
    /// Answers to others that were found in threads.
    public var dialogues: Int64 = 0
    /// Of these, the positive ones under another's negative mention of the brand.
    public var defences: Int64 = 0
    /// Answers of others that were found in threads.
    public var repliesGot: Int64 = 0
    /// Reposts of others that were found in threads.
    public var repostsGot: Int64 = 0
    /// Earliest `published_at`, microseconds since the Unix epoch; counts only where there are ``mentions``.
    public var firstAt: Int64 = 0
    /// Latest `published_at`.
    public var lastAt: Int64 = 0

    /// A day of nothing.
    public init(day: Int32) { self.day = day }

    /// All mentions.
    public var mentions: Int64 { positive &+ neutral &+ negative &+ unknown }

    /// Whether it holds nothing that a standing could be made of: what others gave is of a day with a mention, and answers
    /// count among the mentions of their day.
    public var isNothing: Bool { mentions <= 0 }

    /// Mentions that count: neither copies nor set aside.
    public var counted: Int64 { max(0, mentions - max(0, copies) - max(0, setAside)) }

    /// Positive opinions that count.
    public var countedPositive: Int64 { max(0, positive - copiesPositive - setAsidePositive) }

    /// Negative opinions that count.
    public var countedNegative: Int64 { max(0, negative - copiesNegative - setAsideNegative) }

    /// Neutral opinions that count. Copies and what is set aside may be unreadable instead: then it is a few too low.
    public var countedNeutral: Int64 {
        let away = copies - copiesPositive - copiesNegative + setAside - setAsidePositive - setAsideNegative
        return max(0, neutral - max(0, away))
    }

    /// Adds what another account of the same person said on that day, or the same account on another.
    public mutating func add(_ other: StandingDay) {
        if mentions > 0, other.mentions > 0 {
            firstAt = min(firstAt, other.firstAt)
            lastAt = max(lastAt, other.lastAt)
        } else if other.mentions > 0 {
            (firstAt, lastAt) = (other.firstAt, other.lastAt)
        }
        positive &+= other.positive
        neutral &+= other.neutral
        negative &+= other.negative
        unknown &+= other.unknown
        answers &+= other.answers
        followersKnown &+= other.followersKnown
        followersSum &+= other.followersSum
        copies &+= other.copies
        copiesPositive &+= other.copiesPositive
        copiesNegative &+= other.copiesNegative
        setAside &+= other.setAside
        setAsidePositive &+= other.setAsidePositive
        setAsideNegative &+= other.setAsideNegative
        reposts &+= other.reposts
        replies &+= other.replies
        dialogues &+= other.dialogues
        defences &+= other.defences
        repliesGot &+= other.repliesGot
        repostsGot &+= other.repostsGot
    }
}
