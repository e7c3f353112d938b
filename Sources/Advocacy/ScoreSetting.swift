#if canImport(Glibc)
    internal import Glibc
#endif

/// What a score is made with. Stored with a version; see docs/scores.md for what each does.
public struct ScoreSetting: Sendable, Equatable, Codable {
    /// After how many days a mention weighs half, 1–365.
    public var halfLifeDays = 30
    /// Mentions of a day that count in full, 1–1,000: more are scaled down to so many.
    public var dayCap = 8
    /// Reposts and replies that a mention is believed to have got, 0–1,000.
    public var engagementCap = 2
    /// Weighted mentions at which presence is a half, 0.1–1,000.
    public var presenceHalf = 3.0
    /// Weighted reposts and replies that a single mention would need for an amplification of a half, 0.1–1,000.
    public var amplificationHalf = 5.0
    /// Followers at which reach is 1, 10–1,000,000,000.
    public var reachFull = 1_000_000
    /// Weights of what others make of it: of being passed on and answered.
    public var amplificationWeight = 0.56
    /// Of reach, as far as there is amplification.
    public var reachWeight = 0.14
    /// Of answering others.
    public var dialogueWeight = 0.1
    /// Of standing up for the brand. The four sum up to 1.
    public var defenceWeight = 0.2
    /// Lower bound of the share of positive opinions from which on an author is an advocate, 0–1.
    public var advocateFrom = 0.65
    /// The same for a supporter.
    public var supporterFrom = 0.5
    /// Upper bound of the share up to which an author is a critic, 0–1.
    public var criticUpTo = 0.5

    /// As it is in a new database.
    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case halfLifeDays = "half_life_days"
        case dayCap = "day_cap"
        case engagementCap = "engagement_cap"
        case presenceHalf = "presence_half"
        case amplificationHalf = "amplification_half"
        case reachFull = "reach_full"
        case amplificationWeight = "amplification_weight"
        case reachWeight = "reach_weight"
        case dialogueWeight = "dialogue_weight"
        case defenceWeight = "defence_weight"
        case advocateFrom = "advocate_from"
        case supporterFrom = "supporter_from"
        case criticUpTo = "critic_up_to"
    }

    /// The names of all settings, as in JSON.
    public static var names: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// Reads an object; what it leaves out keeps its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            if let given = try values.decodeIfPresent(Value.self, forKey: key) { value = given }
        }
        try read(.halfLifeDays, &halfLifeDays)
        try read(.dayCap, &dayCap)
        try read(.engagementCap, &engagementCap)
        try read(.presenceHalf, &presenceHalf)
        try read(.amplificationHalf, &amplificationHalf)
        try read(.reachFull, &reachFull)
        try read(.amplificationWeight, &amplificationWeight)
        try read(.reachWeight, &reachWeight)
        try read(.dialogueWeight, &dialogueWeight)
        try read(.defenceWeight, &defenceWeight)
        try read(.advocateFrom, &advocateFrom)
        try read(.supporterFrom, &supporterFrom)
        try read(.criticUpTo, &criticUpTo)
    }

    /// What speaks against it, a line each, with the setting's name; empty where nothing does.
    public var problems: [String] {
        var problems: [String] = []
        func demand(_ holds: Bool, _ problem: String) { if !holds { problems.append(problem) } }
        demand((1...365).contains(halfLifeDays), "half_life_days is a whole number of days from 1 to 365")
        demand((1...1_000).contains(dayCap), "day_cap is a whole number from 1 to 1000")
        demand((0...1_000).contains(engagementCap), "engagement_cap is a whole number from 0 to 1000")
        demand((0.1...1_000).contains(presenceHalf), "presence_half is a number from 0.1 to 1000")
        demand((0.1...1_000).contains(amplificationHalf), "amplification_half is a number from 0.1 to 1000")
        demand((10...1_000_000_000).contains(reachFull), "reach_full is a whole number from 10 to 1000000000")
        let weights = [amplificationWeight, reachWeight, dialogueWeight, defenceWeight]
        demand(
            weights.allSatisfy { (0...1).contains($0) } && abs(weights.reduce(0, +) - 1) < 1e-6,
            "amplification_weight, reach_weight, dialogue_weight and defence_weight are from 0 to 1 and sum up to 1"
        )
        demand(
            (0...1).contains(supporterFrom) && (0...1).contains(advocateFrom) && supporterFrom <= advocateFrom,
            "supporter_from and advocate_from are from 0 to 1, the first not above the second"
        )
        demand((0...1).contains(criticUpTo), "critic_up_to is from 0 to 1")
        guard problems.isEmpty else { return problems }
        // All that can be said in one's life, ten half-lives later, must not be enough for a band.
        let most = Double(dayCap) / (1 - pow(2, -1 / Double(halfLifeDays))) / 1_024
        let doubt = Wilson.z * Wilson.z
        demand(
            most / (most + doubt) < supporterFrom && doubt / (most + doubt) > criticUpTo,
            "half_life_days and day_cap are so great, or the bands so wide, that ten half-lives of silence would not make"
                + " everybody neutral: lower day_cap or half_life_days, raise supporter_from or lower critic_up_to"
        )
        return problems
    }

    /// Whether what is stored of an author is another one under the other setting.
    public func foldsAs(_ other: ScoreSetting) -> Bool {
        var alike = other
        (alike.advocateFrom, alike.supporterFrom) = (advocateFrom, supporterFrom)
        alike.criticUpTo = criticUpTo
        return alike == self
    }
}

/// What a day weighs, by its age: 2^(−age / half-life), in whole millionths, so that sums are integers.
///
/// Forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009.
public struct DayWeights: Sendable {
    /// The weight of today.
    public static let one: Int64 = 1_000_000

    private let weights: [Int64]

    /// The weights for a half-life in days.
    public init(halfLifeDays: Int) {
        let days = max(1, halfLifeDays)
        weights = (0..<days &* 22).map { Int64((1e6 * pow(2, -Double($0) / Double(days))).rounded()) }
    }

    /// The weight of a day so many days old; 0 from 21 half-lives on. What lies ahead weighs 1.
    public subscript(age: Int64) -> Int64 {
        age <= 0 ? Self.one : age < Int64(weights.count) ? weights[Int(age)] : 0
    }
}
