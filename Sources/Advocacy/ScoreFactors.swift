/// What is stored of a standing so that a score takes few steps: the scores of 200,000 authors are computed when a brand's
/// best are asked for. With g = 2^(age / half-life), u = max(``fading`` · g, ``settled``), p the positivity, M and A the
/// mentions and the engagement, and c the active weeks of the last eight, a score is
///
///     purity · √(√(M / (M + k·g) · c / 8) / (2p + u + √(u (4p(1 − p) + u)))) · ((weight + reach) · A / (A + 2M + l·g) + rest)
///
/// for Wilson's lower bound is 2p² over what is in the brackets behind c.
public struct ScoreFactors: Sendable, Equatable {
    /// Where there are no opinions: so much doubt that every share is possible.
    private static let hopeless = 1e30

    /// z² over the weight of the opinions on the last day.
    public var fading: Double
    /// z² over what the sample would be worth if it did not fade.
    public var settled: Double
    /// 100 · p · √(2 · originality³ · moderation).
    public var purity: Double
    /// What dialogue and defence add to what others make of it.
    public var rest: Double
    /// The active weeks of eight, once n weeks have passed since that of the last day: four bits each.
    public var active: Int32
    /// A whole number that the score never exceeds, on whatever day.
    public var bound: Int16

    /// The factors of a standing.
    public init(_ standing: Standing, setting: ScoreSetting) {
        let score = AdvocateScore(standing, on: standing.lastDay, setting: setting)
        let doubt = 1_000 * Wilson.z * Wilson.z
        fading = standing.weight > 0 ? doubt / Double(standing.weight) : Self.hopeless
        settled = standing.worth > 0 ? doubt / Double(standing.worth) : Self.hopeless
        let clean = score.originality * score.originality * score.originality * score.moderation
        purity = 100 * score.positivity * (2 * clean).squareRoot()
        rest = setting.dialogueWeight * score.dialogue + setting.defenceWeight * score.defence
        active = 0
        for passed in Int32(0)..<8 {
            active |= Int32(((Int32(standing.weeks) << passed) & 0xFF).nonzeroBitCount) << (4 * passed)
        }
        bound = Int16(min(100, (score.score * (1 + 1e-9)).rounded(.up)))
    }
}
