import Advocacy

/// Folds days to scores, again and again with the same setting and on the same day.
struct ScoreFold {
    let setting: ScoreSetting
    let today: Int32
    let isOwn: Bool
    private let weights: DayWeights

    init(setting: ScoreSetting, today: Int32, isOwn: Bool) {
        self.setting = setting
        self.today = today
        self.isOwn = isOwn
        weights = DayWeights(halfLifeDays: setting.halfLifeDays)
    }

    func standing(_ days: [StandingDay]) -> Standing? { Standing(days, setting: setting, weights: weights) }

    func score(_ standing: Standing) -> AdvocateScore {
        AdvocateScore(standing, on: today, setting: setting, isOwn: isOwn)
    }

    /// What a mention of a day weighs today, 0…1.
    func weight(of day: Int32) -> Double { Double(weights[Int64(today) - Int64(day)]) / Double(DayWeights.one) }

    /// The days by week, the latest first.
    func weeks(_ days: [StandingDay]) -> [AuthorExplanation.Week] {
        var weeks: [Int32: AuthorExplanation.Week] = [:]
        for day in days.sorted(by: { $0.day > $1.day }) {
            // 1970-01-05 was a Monday.
            let since = (Int64(day.day) - 4) % 7
            let monday = Int32(clamping: Int64(day.day) - (since < 0 ? since + 7 : since))
            var week =
                weeks[monday]
                ?? AuthorExplanation.Week(
                    monday: monday,
                    sums: StandingDay(day: monday),
                    counted: 0,
                    weight: weight(of: day.day)
                )
            week.sums.add(day)
            week.counted += day.counted
            weeks[monday] = week
        }
        return weeks.values.sorted { $0.monday > $1.monday }
    }
}

/// What a mention adds to its author's day.
struct MentionPlace {
    var day: Int32
    var sentiment: Int16?
    var isCopy: Bool
    var isSetAside: Bool
    var isAnswer: Bool
    var followers: Int64?
    var reposts: Int64
    var replies: Int64

    var engagement: Double { Double(reposts) + Double(replies) }

    /// The days as they would be without it. What threads tell of the day stays: it is not known by mention.
    func takenFrom(_ days: [StandingDay]) -> [StandingDay] {
        var days = days
        guard let index = days.firstIndex(where: { $0.day == day }) else { return days }
        days[index].take(self)
        return days
    }
}

extension StandingDay {
    fileprivate mutating func take(_ mention: MentionPlace) {
        switch mention.sentiment {
        case 1: positive -= 1
        case 0: neutral -= 1
        case -1: negative -= 1
        default: unknown -= 1
        }
        if mention.isAnswer { answers -= 1 }
        if let followers = mention.followers {
            followersKnown -= 1
            followersSum -= min(followers, Contribution.largestAddend)
        }
        reposts -= min(mention.reposts, Contribution.largestAddend)
        replies -= min(mention.replies, Contribution.largestAddend)
        if mention.isSetAside {
            setAside -= 1
            if mention.sentiment == 1 { setAsidePositive -= 1 }
            if mention.sentiment == -1 { setAsideNegative -= 1 }
        } else if mention.isCopy {
            copies -= 1
            if mention.sentiment == 1 { copiesPositive -= 1 }
            if mention.sentiment == -1 { copiesNegative -= 1 }
        }
    }
}
