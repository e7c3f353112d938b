#if canImport(Glibc)
    internal import Glibc
#endif

/// The score of a standing on a day, with all its terms. The view `advocate` computes the same in SQL.
///
/// No term rises as days pass without a new mention, for all that fades does so by one factor f = 2^(−age / half-life):
/// Wilson's lower bound falls with n, M / (M + k/f) and A / (A + 2M + k/f) fall with f, weeks drop out of the last eight,
/// and the shares stay what they are. So the score on the standing's last day is an upper bound for ever: ``ScoreFactors/bound``.
public struct AdvocateScore: Sendable, Equatable {
    /// Who an author is to a brand.
    public enum Band: String, Sendable, CaseIterable, Codable {
        /// Speaks for it, beyond doubt.
        case advocate
        /// Speaks for it, by all appearance.
        case supporter
        /// Neither, or too little is known or too old.
        case neutral
        /// Speaks against it.
        case critic
    }

    /// Days since the standing's last one.
    public var age: Int32
    /// What a weight of the last day is worth today: 2^(−age / half-life).
    public var factor: Double
    /// Opinions that the weighted sample is worth.
    public var trials: Double
    /// Share of positive opinions, a neutral one counting half.
    public var positivity: Double
    /// Wilson's lower bound of it.
    public var lower: Double
    /// And the upper.
    public var upper: Double
    /// Weighted mentions that count.
    public var mentions: Double
    /// M / (M + presence_half).
    public var presence: Double
    /// Active weeks of the last eight, / 8.
    public var constancy: Double
    /// Weighted reposts and replies from others.
    public var engagement: Double
    /// A / (A + 2M + amplification_half).
    public var amplification: Double
    /// Followers, logarithmically, 0…1.
    public var reach: Double
    /// Answers to others, 0…1.
    public var dialogue: Double
    /// Defences of the brand, 0…1.
    public var defence: Double
    /// Share of the mentions that count.
    public var originality: Double
    /// Share of the mentions within the days' caps.
    public var moderation: Double
    /// √(presence × constancy).
    public var there: Double
    /// What others make of it, 0…1.
    public var heard: Double
    /// 0…100.
    public var score: Double
    /// From the bounds.
    public var band: Band

    /// The score of a standing on a day (since 1970-01-01). A brand's own account has none, and is neutral.
    public init(_ standing: Standing, on today: Int32, setting: ScoreSetting, isOwn: Bool = false) {
        age = max(0, today - standing.lastDay)
        // Beyond a hundred half-lives all is nothing; a greater power would overflow.
        let growth = pow(2, min(100, Double(age) / Double(setting.halfLifeDays)))
        factor = 1 / growth
        positivity = Double(standing.positivity) / 10_000
        trials = min(factor * Double(standing.weight), Double(standing.worth)) / 1_000
        (lower, upper) = (0, 1)
        if standing.weight > 0, standing.worth > 0 {
            let doubt =
                Wilson.z * Wilson.z * max(1_000 * growth / Double(standing.weight), 1_000 / Double(standing.worth))
            (lower, upper) = Wilson.bounds(share: positivity, doubt: doubt)
        }
        let present = Double(standing.present) / 1_000
        let amplified = Double(standing.amplified) / 1_000
        mentions = present * factor
        engagement = amplified * factor
        presence = present / (present + setting.presenceHalf * growth)
        amplification = amplified / (amplified + 2 * present + setting.amplificationHalf * growth)
        let passed = min(8, max(0, Standing.week(today) - Standing.week(standing.lastDay)))
        constancy = Double(((Int32(standing.weeks) << passed) & 0xFF).nonzeroBitCount) / 8
        reach = Double(standing.reach) / 10_000
        dialogue = Double(standing.dialogue) / 10_000
        defence = Double(standing.defence) / 10_000
        originality = Double(standing.originality) / 10_000
        moderation = Double(standing.moderation) / 10_000
        there = (presence * constancy).squareRoot()
        heard =
            (setting.amplificationWeight + setting.reachWeight * reach) * amplification
            + setting.dialogueWeight * dialogue + setting.defenceWeight * defence
        // Roots keep volume from buying what others don't give: what counts twice as much is heard.
        let standing = lower * there * originality * originality * originality * moderation
        score = isOwn ? 0 : 100 * standing.squareRoot() * heard
        band =
            isOwn
            ? .neutral
            : lower >= setting.advocateFrom
                ? .advocate
                : lower >= setting.supporterFrom ? .supporter : upper <= setting.criticUpTo ? .critic : .neutral
    }
}
