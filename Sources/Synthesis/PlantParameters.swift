/// A kind of author that is planted in a stream, to see whether a score tells it from the others.
public enum PlantKind: Int, Sendable, CaseIterable {
    /// Praises a brand in words of its own, defends it, and is answered and passed on by others.
    case advocate
    /// The mirror of an advocate.
    case critic
    /// Praises the brand many times a day, in templates, and nobody minds.
    case bot
    /// Praises the brand to sell itself: links, codes, bought followers, a monologue.
    case selfPromoter
    /// One of a ring of accounts that one person runs: they copy, answer and pass on each other.
    case sockPuppet

    /// Its name in the manifest.
    public var name: String {
        switch self {
        case .advocate: "advocate"
        case .critic: "critic"
        case .bot: "bot"
        case .selfPromoter: "self_promoter"
        case .sockPuppet: "sock_puppet"
        }
    }
}

/// Where the texts of a planted author come from.
public enum PlantTexts: String, Sendable, CaseIterable {
    /// Each anew.
    case own
    /// Two or three sentences out of eight that the ring has (an author alone is a ring of one).
    case recombined
    /// Always the ring's one text.
    case identical
    /// One of three texts that the ring has, most of them with a word more or another number.
    case templates
    /// A text of the ring's first author with a word more; a new one for every two mentions.
    case varied
    /// A text of the ring's first author, the same but for case, handles and links; a new one for every two mentions.
    case copied
}

/// When a planted author writes, in UTC.
public enum PlantHours: String, Sendable, CaseIterable {
    /// From 7 to 23.
    case day
    /// From 1 to 5.
    case night
    /// Around the clock.
    case all
}

/// How the planted authors of one kind go about it.
public struct PlantProfile: Sendable, Equatable {
    /// How many mentions each writes on a day on which it is active, in thousandths: 1–1,000,000. An author differs
    /// from another by up to half, either way.
    public var mentionsADay = 500
    /// For how many days each is active, 1–3,650; no longer than the stream.
    public var days = 28
    /// Share of the mentions with the kind's feeling, of a million. A quarter of the others has the opposite one.
    public var praise = 900_000
    /// Where the texts come from.
    public var texts = PlantTexts.own
    /// How many authors are run by one person, 1–10,000; they are on one source and active on the same days.
    public var ring = 1
    /// Share of the mentions that answer somebody who spoke of the brand, of a million; most answer the opposite
    /// feeling, as far as the window holds such mentions.
    public var answers = 0
    /// Share of the mentions that answer or pass on the latest one of another of the ring, of a million.
    public var mates = 0
    /// Share of the posts with a link and a code of the author's own, of a million.
    public var links = 0
    /// Median number of followers, 0–1,000,000,000, on sources that tell it; from an eighth to eight times as many.
    public var followers = 400
    /// Mean number of likes that the events claim, 0–1,000,000, with a seventh as many reposts and an eleventh as
    /// many replies. In a ring the first author's; the others' events claim a tenth.
    public var likes = 6
    /// Mean number of answers and reposts that each mention gets from other authors of the stream, in thousandths:
    /// 0–20,000.
    public var engagement = 0
    /// When they write.
    public var hours = PlantHours.day

    /// What is usual for a kind.
    public init(_ kind: PlantKind) {
        switch kind {
        case .advocate, .critic:
            // As many as other authors' events claim, on the mean.
            likes = 20
            answers = 400_000
            engagement = 1_200
        case .bot:
            mentionsADay = 12_000
            days = 14
            praise = 1_000_000
            texts = .templates
            followers = 60
            likes = 0
            engagement = 50
            hours = .all
        case .selfPromoter:
            mentionsADay = 3_000
            praise = 980_000
            answers = 20_000
            links = 800_000
            followers = 40_000
            likes = 3
            engagement = 100
        case .sockPuppet:
            mentionsADay = 2_500
            days = 4
            praise = 1_000_000
            texts = .varied
            ring = 10
            mates = 600_000
            followers = 30
            likes = 150
            engagement = 50
        }
    }

    /// The keys that ``set(_:to:)`` knows, with what they take.
    public static let keys = [
        ("mentions-a-day", "0.001-1000"), ("days", "1-3650"), ("praise", "0-1"),
        ("texts", PlantTexts.allCases.map(\.rawValue).joined(separator: "|")), ("ring", "1-10000"), ("answers", "0-1"),
        ("mates", "0-1"), ("links", "0-1"), ("followers", "0-1000000000"), ("likes", "0-1000000"),
        ("engagement", "0-20"), ("hours", PlantHours.allCases.map(\.rawValue).joined(separator: "|")),
    ]

    /// Sets what a key of ``keys`` names; shares are from 0 to 1, other numbers in whole units. False where the key is
    /// unknown or the value out of its range, and then nothing has changed.
    public mutating func set(_ key: String, to value: String) -> Bool {
        func scaled(_ factor: Double, _ range: ClosedRange<Int>) -> Int? {
            guard let number = Double(value), number.isFinite, abs(number) <= 1e12 else { return nil }
            let whole = Int((number * factor).rounded())
            return range.contains(whole) ? whole : nil
        }
        func assign<Value>(_ path: WritableKeyPath<PlantProfile, Value>, _ new: Value?) -> Bool {
            guard let new else { return false }
            self[keyPath: path] = new
            return true
        }
        return switch key {
        case "mentions-a-day": assign(\.mentionsADay, scaled(1_000, 1...1_000_000))
        case "days": assign(\.days, scaled(1, 1...3_650))
        case "praise": assign(\.praise, scaled(1_000_000, 0...1_000_000))
        case "texts": assign(\.texts, PlantTexts(rawValue: value))
        case "ring": assign(\.ring, scaled(1, 1...10_000))
        case "answers": assign(\.answers, scaled(1_000_000, 0...1_000_000))
        case "mates": assign(\.mates, scaled(1_000_000, 0...1_000_000))
        case "links": assign(\.links, scaled(1_000_000, 0...1_000_000))
        case "followers": assign(\.followers, scaled(1, 0...1_000_000_000))
        case "likes": assign(\.likes, scaled(1, 0...1_000_000))
        case "engagement": assign(\.engagement, scaled(1_000, 0...20_000))
        case "hours": assign(\.hours, PlantHours(rawValue: value))
        default: false
        }
    }
}

/// Which authors are planted in a stream. None by default, and then the stream is the one without this.
///
/// They write English, on Twitter, Mastodon, Bluesky, Reddit and a forum, whatever the shares of ids say.
public struct PlantParameters: Sendable, Equatable {
    /// Index of the brand that they speak of; nil plants the same numbers for each brand.
    public var brand: Int? = 0
    private var numbers = [Int](repeating: 0, count: PlantKind.allCases.count)
    private var profiles = PlantKind.allCases.map { PlantProfile($0) }

    /// None.
    public init() {}

    /// How many of a kind are planted for a brand: 0–1,000,000, all together too.
    public subscript(number kind: PlantKind) -> Int {
        get { numbers[kind.rawValue] }
        set { numbers[kind.rawValue] = newValue }
    }

    /// How those of a kind go about it.
    public subscript(kind: PlantKind) -> PlantProfile {
        get { profiles[kind.rawValue] }
        set { profiles[kind.rawValue] = newValue }
    }

    /// How many mentions the plants bring into a stream of so many days and brands: their own and the answers and
    /// reposts of others that they get. A mean; a stream may differ by some per cent.
    func plannedMentions(brands: Int, spanMilliseconds: Int64) -> Double {
        var sum = 0.0
        for kind in PlantKind.allCases {
            let profile = self[kind]
            let days = min(Double(profile.days), Double(spanMilliseconds) / 86_400_000)
            let own = max(1, Double(profile.mentionsADay) / 1_000 * days)
            sum += Double(self[number: kind]) * own * (1 + Double(profile.engagement) / 1_000)
        }
        return sum * Double(brand == nil ? brands : 1)
    }
}
