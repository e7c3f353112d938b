public import MentionModel

/// What one standing version of a mention adds to the ledger and the hourly sums.
///
/// The same value is used to add (a new mention), to subtract (the version that a revision replaces, a mention that
/// is deleted) and to verify (the fold over all mentions), so that the three can't differ.
public struct Contribution: Sendable, Equatable {
    /// The greatest number that one mention adds to one sum. Counts come from outside, up to Int64.max: this keeps a
    /// few hostile mentions from overflowing a sum. Stored: a change needs a new fold over all mentions.
    public static let largestAddend: Int64 = 1_000_000_000_000

    /// The probability of spam or of abuse, in ten-thousandths, from which on a mention is set aside: it is counted, and
    /// adds nothing to a score. Fixed, since what it decides is stored: a change needs a new fold over all mentions, and
    /// a migration that changes `is_set_aside` with it.
    public static let setAsideFrom: Int16 = 8_000

    /// Whether a mention of these probabilities (ten-thousandths; nil where no model says) is set aside.
    public static func setsAside(spam: Int16?, offensive: Int16?) -> Bool {
        max(spam ?? 0, offensive ?? 0) >= setAsideFrom
    }

    /// The mention's number.
    public let mention: Int64
    /// The source's number.
    public let source: Int32
    /// The author's number.
    public let author: Int64
    /// When the mention was published: decides day and hour.
    public let publishedAt: Timestamp
    /// The brands' numbers, ascending, each once. The mention counts in full for each.
    public let brands: [Int32]
    /// What it adds to each brand's ledger row.
    public let sums: LedgerSums
    /// What it adds to each brand's hour.
    public let hourSums: HourSums

    /// Whether it is counted among the wishes: it has the intent to suggest.
    public var isWish: Bool { hourSums.suggestion == 1 }

    /// Makes the contribution of a mention.
    ///
    /// `score` is in ten-thousandths, held to −10,000…10,000, and counts only where there is a `sentiment`. Counts
    /// and followers are held to 0…``largestAddend``. Repeated brands count once.
    public init(
        mention: Int64,
        source: Int32,
        author: Int64,
        publishedAt: Timestamp,
        brands: [Int32],
        sentiment: Sentiment?,
        score: Int16,
        labels: HourLabels,
        likes: Int64 = 0,
        reposts: Int64 = 0,
        replies: Int64 = 0,
        isAnswer: Bool = false,
        isRepost: Bool = false,
        followers: Int64? = nil,
        isSetAside: Bool = false
    ) {
        self.mention = mention
        self.source = source
        self.author = author
        self.publishedAt = publishedAt
        self.brands = Self.ascendingOnce(brands)

        let hour = HourSums(sentiment: sentiment, labels: labels)
        hourSums = hour

        var sums = LedgerSums()
        sums.mentions = 1
        sums.positive = hour.positive
        sums.neutral = hour.neutral
        sums.negative = hour.negative
        sums.unknown = hour.unknown
        sums.scoreSum = sentiment == nil ? 0 : Int64(min(max(score, -10_000), 10_000))
        sums.likes = Self.held(likes)
        sums.reposts = Self.held(reposts)
        sums.replies = Self.held(replies)
        sums.answers = isAnswer ? 1 : 0
        sums.passedOn = isRepost ? 1 : 0
        if isSetAside {
            sums.setAside = 1
            sums.setAsidePositive = hour.positive
            sums.setAsideNegative = hour.negative
        }
        if let followers {
            sums.followersKnown = 1
            sums.followersSum = Self.held(followers)
        }
        self.sums = sums
    }

    /// The ledger row of one of its brands.
    public func ledgerKey(brand: Int32) -> LedgerKey {
        LedgerKey(brand: brand, author: author, day: publishedAt.day)
    }

    /// The hourly row of one of its brands.
    public func hourKey(brand: Int32) -> HourKey {
        HourKey(brand: brand, hour: publishedAt.hour, source: source)
    }

    /// The wish that it is for one of its brands.
    public func wishKey(brand: Int32) -> WishKey {
        WishKey(brand: brand, hour: publishedAt.hour, mention: mention)
    }

    private static func held(_ count: Int64) -> Int64 { min(max(count, 0), largestAddend) }

    private static func ascendingOnce(_ brands: [Int32]) -> [Int32] {
        // Nearly all mentions have one brand or none.
        guard brands.count > 1 else { return brands }
        var kept: [Int32] = []
        for brand in brands.sorted() where brand != kept.last { kept.append(brand) }
        return kept
    }
}
