/// One row of the ledger: what one author said of one brand on one UTC day.
///
/// Ordered by brand, author and day: the order in which rows are locked, so that writers never wait in a circle.
public struct LedgerKey: Hashable, Comparable, Sendable {
    /// The brand's number.
    public var brand: Int32
    /// The author's number.
    public var author: Int64
    /// Days of `published_at` since 1970-01-01.
    public var day: Int32

    /// Makes a key.
    public init(brand: Int32, author: Int64, day: Int32) {
        self.brand = brand
        self.author = author
        self.day = day
    }

    /// Whether the left key comes first in the lock order.
    public static func < (left: LedgerKey, right: LedgerKey) -> Bool {
        (left.brand, left.author, left.day) < (right.brand, right.author, right.day)
    }
}

/// Integer counts and sums of one brand × author × day.
///
/// They form a group: sums may be added in any order and grouping, and subtracting undoes adding exactly, which is
/// why the ledger comes out the same whatever way the mentions took. The arithmetic wraps instead of trapping, which
/// keeps both laws even past the ends of the types; ``Contribution`` bounds the addends so that it is not reached by
/// one batch (10¹⁵ a mention and 9,223 mentions of a row), and the database refuses a total beyond them.
public struct LedgerSums: Sendable, Equatable, AdditiveArithmetic {
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
    /// Mentions that answer another.
    public var answers: Int32 = 0
    /// Mentions that pass another on.
    public var passedOn: Int32 = 0
    /// Mentions that tell the author's followers.
    public var followersKnown: Int32 = 0
    /// Mentions that count for nothing in a score: spam and abuse, see ``Contribution/setsAside(spam:offensive:)``.
    public var setAside: Int32 = 0
    /// Of these, the positive ones.
    public var setAsidePositive: Int32 = 0
    /// Of these, the negative ones.
    public var setAsideNegative: Int32 = 0
    /// Sum of sentiment scores, in ten-thousandths.
    public var scoreSum: Int64 = 0
    /// Sum of likes.
    public var likes: Int64 = 0
    /// Sum of reposts that the mentions got.
    public var reposts: Int64 = 0
    /// Sum of replies that the mentions got.
    public var replies: Int64 = 0
    /// Sum of the author's followers over the mentions that tell them.
    public var followersSum: Int64 = 0

    /// Nothing.
    public static let zero = LedgerSums()

    /// All zero.
    public init() {}

    /// Member by member, wrapping.
    public static func + (left: LedgerSums, right: LedgerSums) -> LedgerSums {
        combined(left, right, narrow: &+, wide: &+)
    }

    /// Member by member, wrapping.
    public static func - (left: LedgerSums, right: LedgerSums) -> LedgerSums {
        combined(left, right, narrow: &-, wide: &-)
    }

    /// The one list of the members, so that no operation can forget one.
    @inline(__always)
    private static func combined(
        _ left: LedgerSums,
        _ right: LedgerSums,
        narrow: (Int32, Int32) -> Int32,
        wide: (Int64, Int64) -> Int64
    ) -> LedgerSums {
        var sums = LedgerSums()
        sums.mentions = narrow(left.mentions, right.mentions)
        sums.positive = narrow(left.positive, right.positive)
        sums.neutral = narrow(left.neutral, right.neutral)
        sums.negative = narrow(left.negative, right.negative)
        sums.unknown = narrow(left.unknown, right.unknown)
        sums.answers = narrow(left.answers, right.answers)
        sums.passedOn = narrow(left.passedOn, right.passedOn)
        sums.followersKnown = narrow(left.followersKnown, right.followersKnown)
        sums.setAside = narrow(left.setAside, right.setAside)
        sums.setAsidePositive = narrow(left.setAsidePositive, right.setAsidePositive)
        sums.setAsideNegative = narrow(left.setAsideNegative, right.setAsideNegative)
        sums.scoreSum = wide(left.scoreSum, right.scoreSum)
        sums.likes = wide(left.likes, right.likes)
        sums.reposts = wide(left.reposts, right.reposts)
        sums.replies = wide(left.replies, right.replies)
        sums.followersSum = wide(left.followersSum, right.followersSum)
        return sums
    }
}
