#if canImport(Glibc)
    internal import Glibc
#endif

/// What an author is worth to a brand, free of time: the fold of the author's days, each weighed by its distance from the
/// last one. Whole numbers throughout, so it depends on the days alone and not on how they came to be.
///
/// From here on time only takes away: see ``AdvocateScore``.
public struct Standing: Sendable, Equatable {
    /// The last of the days, since 1970-01-01.
    public var lastDay: Int32
    /// The weeks (from Monday) with a mention that counts: bit 0 is the week of ``lastDay``, bit 7 seven weeks before.
    public var weeks: Int16 = 0
    /// Mentions of each sentiment, all of them.
    public var positive: Int32 = 0
    /// See ``positive``.
    public var neutral: Int32 = 0
    /// See ``positive``.
    public var negative: Int32 = 0
    /// Mentions that the classifier can't read.
    public var unknown: Int32 = 0
    /// Copies, but for those that are set aside.
    public var copies: Int32 = 0
    /// Mentions that are set aside.
    public var setAside: Int32 = 0
    /// The mean of the latest day that tells followers.
    public var followers: Int64?
    /// Σw over the opinions that count, in thousandths.
    public var weight: Int32 = 0
    /// (Σw)² / Σw² over them, in thousandths: what the sample would be worth were it not fading.
    public var worth: Int32 = 0
    /// Σw over the mentions that count, in thousandths.
    public var present: Int32 = 0
    /// Weighted reposts and replies that others gave, in thousandths.
    public var amplified: Int32 = 0
    /// Share of positive opinions by weight, a neutral one counting half; in ten-thousandths, as all that follow.
    public var positivity: Int16 = 5_000
    /// log(1 + followers), 10,000 at the setting's ``ScoreSetting/reachFull``.
    public var reach: Int16 = 0
    /// Twice the share of answers to others; an answer of which it is not known to whom counts half. At most 10,000.
    public var dialogue: Int16 = 0
    /// Four times the share of defences, at most 10,000.
    public var defence: Int16 = 0
    /// Share of the mentions that count.
    public var originality: Int16 = 0
    /// Share of the mentions that are within each day's cap.
    public var moderation: Int16 = 0
    /// Earliest and latest `published_at`, microseconds since the Unix epoch.
    public var firstAt: Int64 = .max
    /// See ``firstAt``.
    public var lastAt: Int64 = .min

    /// All mentions.
    public var mentions: Int64 { Int64(positive) + Int64(neutral) + Int64(negative) + Int64(unknown) }

    /// The number of the week of a day, from Monday.
    static func week(_ day: Int32) -> Int32 {
        // 1970-01-01 was a Thursday.
        let shifted = Int64(day) + 3
        return Int32(truncatingIfNeeded: shifted >= 0 ? shifted / 7 : (shifted - 6) / 7)
    }

    /// Folds days, whatever their order; nil where none of them has a mention. O(n).
    public init?(_ days: [StandingDay], setting: ScoreSetting, weights: DayWeights) {
        guard let last = days.lazy.filter({ !$0.isNothing }).map(\.day).max() else { return nil }
        lastDay = last
        let sums = Sums(days, last: last, setting, weights)
        totals(days)
        weight = Self.thousandths(sums.weight)
        present = Self.thousandths(sums.counted)
        if sums.weight > 0 {
            positivity = Self.share(sums.good, of: 2 * sums.weight)
            let weight = Double(sums.weight)
            worth = Int32(min(weight * weight / Double(max(1, sums.squares)) / 1e6, 2e9))
        }
        if sums.mentions > 0 {
            originality = Self.share(sums.counted1, of: sums.mentions)
            moderation = Self.share(sums.within, of: sums.mentions)
            dialogue = Self.share(sums.answers, of: sums.mentions)
            defence = Self.share(4 * sums.defences, of: sums.mentions)
        }
        amplified = Self.thousandths(sums.amplified(cap: Int64(setting.engagementCap)))
        if let followers {
            let full = log10(1 + Double(setting.reachFull))
            reach = Int16(min(10_000, 10_000 * log10(1 + Double(max(0, followers))) / full))
        }
    }

    private mutating func totals(_ days: [StandingDay]) {
        var told = Int32.min
        for day in days where day.mentions > 0 {
            positive = positive.adding(day.positive)
            neutral = neutral.adding(day.neutral)
            negative = negative.adding(day.negative)
            unknown = unknown.adding(day.unknown)
            copies = copies.adding(day.copies)
            setAside = setAside.adding(day.setAside)
            firstAt = min(firstAt, day.firstAt)
            lastAt = max(lastAt, day.lastAt)
            if day.followersKnown > 0, day.day > told {
                told = day.day
                followers = day.followersSum / day.followersKnown
            }
            let back = Self.week(lastDay) - Self.week(day.day)
            if day.counted > 0, (0..<8).contains(back) { weeks |= 1 << Int16(back) }
        }
    }

    /// From millionths of thousandths.
    private static func thousandths(_ sum: Int64) -> Int32 { Int32(clamping: sum / DayWeights.one) }

    private static func share(_ part: Int64, of whole: Int64) -> Int16 {
        // Both are less than 2^53: the quotient is the same everywhere.
        Int16(min(10_000, max(0, (10_000 * (Double(part) / Double(whole))).rounded())))
    }
}

extension Int32 {
    fileprivate func adding(_ other: Int64) -> Int32 { Int32(clamping: Int64(self) + other) }
}

/// Weighted sums over days. Those of counts are in millionths; `weight`, `good`, `squares`, `counted` and what others gave
/// in thousandths of that, because a day over the cap is scaled.
private struct Sums {
    var weight: Int64 = 0
    var good: Int64 = 0
    var squares: Int64 = 0
    var counted: Int64 = 0
    var claimed: Int64 = 0
    var got: Int64 = 0
    var mentions: Int64 = 0
    var counted1: Int64 = 0
    var within: Int64 = 0
    var answers: Int64 = 0
    var defences: Int64 = 0

    init(_ days: [StandingDay], last: Int32, _ setting: ScoreSetting, _ weights: DayWeights) {
        let cap = Int64(setting.dayCap)
        let believed = Int64(setting.engagementCap)
        // No day has more, so that no sum can overflow: weights come to 530 days at most.
        let most: Int64 = 1_000_000
        for day in days {
            let w = weights[Int64(last) - Int64(day.day)]
            guard w > 0 else { continue }
            let mentions = min(most, day.mentions)
            guard mentions > 0 else { continue }
            got += w * 1_000 * min(most, max(0, day.repliesGot) + max(0, day.repostsGot))
            let counted = min(mentions, day.counted)
            let answers = min(mentions, max(0, day.answers))
            let dialogues = min(answers, max(0, day.dialogues))
            self.mentions += w * mentions
            counted1 += w * counted
            within += w * min(mentions, cap)
            self.answers += w * (answers + dialogues)
            defences += w * min(dialogues, max(0, day.defences))
            guard counted > 0 else { continue }
            // In thousandths, scaled down to the cap.
            func scaled(_ count: Int64) -> Int64 { min(count, most) * 1_000 * min(counted, cap) / counted }
            let opinions = scaled(day.countedPositive + day.countedNegative + day.countedNeutral)
            let good = scaled(2 * day.countedPositive + day.countedNeutral)
            weight += w * opinions
            self.good += w * good
            squares += w * w / DayWeights.one * (opinions * min(counted, cap) / counted)
            self.counted += w * scaled(counted)
            // The engagement of a day is that of all its mentions; to those that count belongs their share.
            let told = min(most, max(0, day.reposts)) + min(most, max(0, day.replies))
            let ofCounted = told * 1_000 * counted / mentions
            claimed += w * min(ofCounted, believed * 1_000 * min(counted, cap))
        }
    }

    /// What others gave: what was seen of it, and what events tell as far as that bears it out, or as a quarter of the
    /// mentions might have got unseen.
    func amplified(cap: Int64) -> Int64 {
        let seen = min(got, cap * counted)
        return seen + min(claimed, seen + counted / 4)
    }
}
