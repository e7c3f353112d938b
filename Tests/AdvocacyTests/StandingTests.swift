import Advocacy
import Testing

/// Steele, Lea and Flood's SplitMix64: the same numbers everywhere for one seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

private let setting = ScoreSetting()
private let weights = DayWeights(halfLifeDays: setting.halfLifeDays)

private func standing(_ days: [StandingDay], _ other: ScoreSetting = setting) -> Standing? {
    Standing(days, setting: other, weights: DayWeights(halfLifeDays: other.halfLifeDays))
}

private func day(_ number: Int32, positive: Int64 = 0, neutral: Int64 = 0, negative: Int64 = 0) -> StandingDay {
    var day = StandingDay(day: number)
    (day.positive, day.neutral, day.negative) = (positive, neutral, negative)
    day.firstAt = Int64(number) * 86_400_000_000 + 5
    day.lastAt = day.firstAt + 3_600_000_000
    return day
}

private func randomDay(_ number: Int32, _ random: inout SplitMix64) -> StandingDay {
    func few(_ most: Int64 = 3) -> Int64 { Int64.random(in: 0...most, using: &random) }
    var day = day(number, positive: few(6), neutral: few(), negative: few())
    day.unknown = few(1)
    day.answers = few(day.mentions)
    day.copies = few(min(2, day.mentions))
    day.copiesPositive = min(day.copies, day.positive)
    day.setAside = few(1)
    (day.reposts, day.replies) = (few(40), few(40))
    (day.dialogues, day.defences) = (few(2), few(1))
    (day.repliesGot, day.repostsGot) = (few(5), few(5))
    if Bool.random(using: &random) { (day.followersKnown, day.followersSum) = (1, few(1_000_000)) }
    if day.mentions == 0 { (day.firstAt, day.lastAt) = (0, 0) }
    return day
}

private func randomDays(_ random: inout SplitMix64, most: Int = 30) -> [StandingDay] {
    var days: [Int32: StandingDay] = [:]
    for _ in 0..<Int.random(in: 1...most, using: &random) {
        let number = Int32.random(in: 20_000...20_090, using: &random)
        days[number] = randomDay(number, &random)
    }
    return days.values.filter { !$0.isNothing }
}

@Suite struct StandingTests {
    @Test func bytesHoldTheDays() throws {
        var random = SplitMix64(state: 1)
        for _ in 0..<200 {
            let days = randomDays(&random)
            let bytes = StandingCode.encode(days.shuffled(using: &random))
            #expect(try StandingCode.decode(bytes) == days.sorted { $0.day > $1.day })
            #expect(StandingCode.encode(days.shuffled(using: &random)) == bytes)
        }
        #expect(try StandingCode.decode(StandingCode.encode([day(-40, positive: 1), day(3, negative: 2)])).count == 2)
        let one = StandingCode.encode([day(20_000, positive: 1)])
        #expect(one.count < 20)
        for length in 1..<one.count {
            #expect(throws: StandingCode.Malformed.self) { try StandingCode.decode(Array(one.prefix(length))) }
        }
        #expect(throws: StandingCode.Malformed.self) { try StandingCode.decode([UInt8](repeating: 0xFF, count: 12)) }
        let numbers: [Int64] = [3, 4, 900, 1 << 40]
        #expect(try StandingCode.decode(numbers: StandingCode.encode(numbers: numbers)) == numbers)
    }

    @Test func orderOfDaysDoesNotMatter() {
        var random = SplitMix64(state: 2)
        for _ in 0..<200 {
            let days = randomDays(&random)
            #expect(standing(days) == standing(days.shuffled(using: &random)))
        }
        #expect(standing([]) == nil)
        var threads = StandingDay(day: 5)
        threads.repliesGot = 3
        #expect(standing([threads]) == nil)
    }

    /// Half as much after each half-life, whatever is decayed; nobody stands out after ten.
    @Test func timeHalvesAndForgets() {
        var random = SplitMix64(state: 3)
        for _ in 0..<300 {
            guard let one = standing(randomDays(&random)) else { continue }
            let today = one.lastDay + Int32.random(in: 0...200, using: &random)
            let now = AdvocateScore(one, on: today, setting: setting)
            let later = AdvocateScore(one, on: today + 30, setting: setting)
            #expect(abs(later.mentions - now.mentions / 2) <= 1e-12 * now.mentions)
            #expect(abs(later.engagement - now.engagement / 2) <= 1e-12 * now.engagement)
            #expect(abs(later.factor - now.factor / 2) <= 1e-12 * now.factor)
            #expect(AdvocateScore(one, on: one.lastDay + 300, setting: setting).band == .neutral)
        }
        // As much as one can say in a lifetime.
        let loud = (Int32(0)..<5_000).map { day($0, positive: 10_000) }
        let hostile = (Int32(0)..<5_000).map { day($0, negative: 10_000) }
        for (days, band) in [(loud, AdvocateScore.Band.advocate), (hostile, .critic)] {
            guard let one = standing(days) else {
                Issue.record("no standing")
                continue
            }
            #expect(AdvocateScore(one, on: 4_999, setting: setting).band == band)
            #expect(AdvocateScore(one, on: 4_999 + 300, setting: setting).band == .neutral)
        }
    }

    /// The score never rises without a new mention, and its bound is one.
    @Test func theBoundHoldsForEver() {
        var random = SplitMix64(state: 4)
        for _ in 0..<300 {
            guard let one = standing(randomDays(&random)) else { continue }
            let bound = Double(ScoreFactors(one, setting: setting).bound)
            var before = Double.infinity
            for age in [-3, 0, 1, 2, 6, 7, 8, 30, 60, 61, 300, 3_000, 100_000] as [Int32] {
                let score = AdvocateScore(one, on: one.lastDay + age, setting: setting).score
                #expect((0...100).contains(score) && score <= bound && score <= before + 1e-12)
                before = score
            }
        }
    }

    /// What is stored gives the score that the terms give.
    @Test func factorsGiveTheScore() {
        var random = SplitMix64(state: 5)
        for _ in 0..<300 {
            guard let one = standing(randomDays(&random)) else { continue }
            let today = one.lastDay + Int32.random(in: 0...70, using: &random)
            let score = AdvocateScore(one, on: today, setting: setting)
            let factors = ScoreFactors(one, setting: setting)
            let growth = 1 / score.factor
            let doubt = max(factors.fading * growth, factors.settled)
            let p = score.positivity
            let root = (doubt * (4 * p * (1 - p) + doubt)).squareRoot()
            #expect(abs(2 * p * p / (2 * p + doubt + root) - score.lower) < 1e-9)
            let weeks = (Int64(factors.active) >> Int64(4 * min(8, (today + 3) / 7 - (one.lastDay + 3) / 7))) & 15
            #expect(Double(weeks) / 8 == score.constancy)
        }
    }

    /// Takes back what was added: the state before, bit for bit.
    @Test func removingRestores() {
        var random = SplitMix64(state: 6)
        for _ in 0..<100 {
            let days = randomDays(&random)
            let more = (0..<5).map { _ in day(Int32.random(in: 20_100...20_120, using: &random), positive: 2) }
            let numbers = Set(more.map(\.day))
            let all = days + numbers.map { number in day(number, positive: 2) }
            #expect(standing(all) != standing(days))
            #expect(standing(all.filter { !numbers.contains($0.day) }) == standing(days))
        }
    }

    @Test func onlyWhatCountsCounts() {
        let fair = standing((Int32(0)..<10).map { day(20_000 + $0 * 5, positive: 1) })
        // A day of a thousand is a day of eight.
        let eight = standing([day(20_000, positive: 8)])
        let thousand = standing([day(20_000, positive: 1_000)])
        #expect(eight?.weight == thousand?.weight && eight?.present == thousand?.present)
        #expect(thousand?.moderation == 80)
        #expect(eight?.moderation == 10_000)
        var copies = (Int32(0)..<10).map { day(20_000 + $0 * 5, positive: 20) }
        for index in copies.indices { (copies[index].copies, copies[index].copiesPositive) = (19, 19) }
        #expect(standing(copies)?.weight == fair?.weight)
        #expect(standing(copies)?.originality == 500)
        var spam = day(20_000, positive: 5)
        (spam.setAside, spam.setAsidePositive) = (5, 5)
        (spam.reposts, spam.replies) = (1_000, 1_000)
        let set = standing([spam])
        #expect(set?.weight == 0 && set?.amplified == 0 && set?.originality == 0)
        #expect(set.map { AdvocateScore($0, on: 20_000, setting: setting).score } == 0)
    }

    @Test func ownAccountsHaveNoScore() {
        guard let one = standing((Int32(0)..<50).map { day(20_000 + $0, positive: 3) }) else { return }
        let own = AdvocateScore(one, on: 20_049, setting: setting, isOwn: true)
        #expect(own.score == 0 && own.band == .neutral)
    }

    /// Wilson score intervals without continuity correction, as published: Newcombe, Statistics in Medicine 17 (1998),
    /// table I (81/263, 15/148, 0/20, 1/29); Brown, Cai, DasGupta (2001) give the same formula.
    @Test(arguments: [
        (81.0, 263.0, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    ])
    func wilsonIsAsPublished(_ case: (positive: Double, trials: Double, lower: Double, upper: Double)) {
        let bounds = Wilson.bounds(share: `case`.positive / `case`.trials, trials: `case`.trials)
        #expect(abs(bounds.lower - `case`.lower) < 5e-5)
        #expect(abs(bounds.upper - `case`.upper) < 5e-5)
        let none = Wilson.bounds(share: 0.5, trials: 0)
        #expect(none.lower == 0 && none.upper == 1)
    }

    @Test func settingsAreChecked() {
        #expect(ScoreSetting().problems.isEmpty)
        var bad = ScoreSetting()
        (bad.halfLifeDays, bad.dayCap) = (0, 5_000)
        #expect(bad.problems.count == 2)
        bad = ScoreSetting()
        bad.dialogueWeight = 0.5
        #expect(bad.problems.count == 1 && bad.problems[0].contains("dialogue_weight"))
        bad = ScoreSetting()
        (bad.halfLifeDays, bad.dayCap) = (365, 20)
        #expect(bad.problems.first?.contains("ten half-lives") == true)
        var bands = ScoreSetting()
        bands.advocateFrom = 0.7
        #expect(bands.foldsAs(ScoreSetting()))
        bands.dayCap = 9
        #expect(!bands.foldsAs(ScoreSetting()))
    }
}
