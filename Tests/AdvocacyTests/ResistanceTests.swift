import Advocacy
import Testing

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

/// Ledgers of a whole population, as a stream with planted authors would leave them: who comes out on top?
@Suite struct ResistanceTests {
    /// How authors of a kind behave. Shares are 0…1; counts are per mention or per day as they say.
    struct Kind: Sendable {
        var name: String
        var authors: Int
        var perDay: Double
        var days: Int
        var praise: Double
        /// Of the rest, how many are neutral; the others are against.
        var neutral = 0.75
        var answers = 0.0
        var defences = 0.0
        var copies = 0.0
        var spam = 0.0
        /// Reposts and replies that events claim, and that others really gave, per mention.
        var claimed = 0.0
        var got = 0.0
        var followers: Int64 = 400
    }

    private static let advocates = Kind(
        name: "advocate",
        authors: 250,
        perDay: 0.5,
        days: 28,
        praise: 0.9,
        answers: 0.4,
        defences: 0.5,
        claimed: 0.6,
        got: 1.2
    )

    /// Everybody else: few mentions, mixed feelings, now and then a post that goes round.
    private static let crowd = [
        Kind(
            name: "crowd",
            authors: 9_000,
            perDay: 0.05,
            days: 56,
            praise: 0.35,
            neutral: 0.6,
            answers: 0.2,
            defences: 0.05,
            copies: 0.1,
            claimed: 3,
            got: 0.3
        ),
        Kind(
            name: "talkers",
            authors: 500,
            perDay: 1,
            days: 56,
            praise: 0.35,
            neutral: 0.6,
            answers: 0.2,
            defences: 0.05,
            copies: 0.1,
            claimed: 3,
            got: 0.3
        ),
    ]

    private static let critics = Kind(
        name: "critic",
        authors: 250,
        perDay: 0.5,
        days: 28,
        praise: 0.03,
        neutral: 0.1,
        answers: 0.4,
        claimed: 0.6,
        got: 1.2
    )

    static let attacks: [[Kind]] = [
        // As they come.
        [
            Kind(name: "bot", authors: 250, perDay: 12, days: 14, praise: 1, copies: 0.9, got: 0.01, followers: 60),
            Kind(
                name: "promoter",
                authors: 250,
                perDay: 3,
                days: 28,
                praise: 0.98,
                answers: 0.02,
                spam: 0.2,
                got: 0.06,
                followers: 40_000
            ),
            Kind(
                name: "puppet",
                authors: 250,
                perDay: 2.5,
                days: 4,
                praise: 1,
                answers: 0.3,
                copies: 0.5,
                claimed: 3,
                got: 1,
                followers: 30
            ),
        ],
        // Hundreds a day without a copy; promoters that no classifier sees, with bought followers and likes; puppets that
        // go on for a month.
        [
            Kind(name: "bot", authors: 250, perDay: 300, days: 56, praise: 1, followers: 1_000_000),
            Kind(
                name: "promoter",
                authors: 250,
                perDay: 5,
                days: 56,
                praise: 1,
                claimed: 30,
                got: 0.05,
                followers: 1_000_000
            ),
            Kind(
                name: "puppet",
                authors: 250,
                perDay: 1,
                days: 28,
                praise: 1,
                answers: 0.3,
                copies: 0.7,
                claimed: 20,
                got: 2,
                followers: 10_000
            ),
        ],
        // One post that all the world passes on; bots that write as much as people do.
        [
            Kind(name: "bot", authors: 250, perDay: 1, days: 56, praise: 1, followers: 100),
            Kind(
                name: "promoter",
                authors: 250,
                perDay: 1,
                days: 28,
                praise: 1,
                spam: 0.5,
                got: 0.1,
                followers: 100_000
            ),
            Kind(
                name: "puppet",
                authors: 250,
                perDay: 2,
                days: 1,
                praise: 1,
                answers: 0.5,
                defences: 0.5,
                claimed: 900,
                got: 300,
                followers: 5
            ),
        ],
    ]

    private static let today: Int32 = 20_500
    private static let setting = ScoreSetting()

    private func days(_ kind: Kind, _ random: inout SplitMix64) -> [StandingDay] {
        // One differs from another by up to half.
        let rate = kind.perDay * Double.random(in: 0.5...1.5, using: &random)
        let last = Self.today - Int32.random(in: 0...3, using: &random)
        var days: [StandingDay] = []
        for back in 0..<kind.days {
            var number = Int(rate)
            if Double.random(in: 0..<1, using: &random) < rate - Double(number) { number += 1 }
            guard number > 0 else { continue }
            var day = StandingDay(day: last - Int32(back))
            func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
            for _ in 0..<number {
                let isPositive = chance(kind.praise)
                if isPositive {
                    day.positive += 1
                } else if chance(kind.neutral) {
                    day.neutral += 1
                } else {
                    day.negative += 1
                }
                if chance(kind.spam) {
                    day.setAside += 1
                    if isPositive { day.setAsidePositive += 1 }
                } else if chance(kind.copies) {
                    day.copies += 1
                    if isPositive { day.copiesPositive += 1 }
                }
                if chance(kind.answers) {
                    day.answers += 1
                    day.dialogues += 1
                    if chance(kind.defences) { day.defences += 1 }
                }
                day.reposts += Int64((2 * kind.claimed * Double.random(in: 0..<1, using: &random)).rounded())
                if chance(kind.got - kind.got.rounded(.down)) { day.repliesGot += 1 }
                day.repostsGot += Int64(kind.got)
                (day.followersKnown, day.followersSum) = (day.followersKnown + 1, day.followersSum + kind.followers)
            }
            days.append(day)
        }
        return days
    }

    @Test(arguments: attacks.indices, [UInt64(1)])
    func thePlantedAdvocatesWin(_ attack: Int, seed: UInt64) {
        var random = SplitMix64(state: seed)
        let weights = DayWeights(halfLifeDays: Self.setting.halfLifeDays)
        var ranked: [(score: Double, name: String)] = []
        for kind in [Self.advocates, Self.critics] + Self.crowd + Self.attacks[attack] {
            for _ in 0..<kind.authors {
                let days = days(kind, &random)
                guard let standing = Standing(days, setting: Self.setting, weights: weights) else { continue }
                ranked.append((AdvocateScore(standing, on: Self.today, setting: Self.setting).score, kind.name))
            }
        }
        ranked.sort { $0.score > $1.score }
        let best = ranked.prefix(100).count { $0.name == "advocate" }
        #expect(best >= 95, "precision at 100: \(best)")
        let attackers = Set(Self.attacks[attack].map(\.name) + ["critic"])
        let intruders = ranked.prefix(200).filter { attackers.contains($0.name) }
        #expect(intruders.isEmpty, "\(intruders.prefix(5)), the 200th has \(ranked[199].score)")
    }
}
