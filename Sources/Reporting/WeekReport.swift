/// A brand's week: all that the page says, however it is shown. As JSON, it is the report for machines.
public struct WeekReport: Sendable, Equatable, Encodable {
    /// Counts of mentions by sentiment.
    public struct Totals: Sendable, Equatable, Encodable {
        /// All.
        public var mentions: Int64
        /// Those for the brand.
        public var positive: Int64
        /// Those neither for nor against it.
        public var neutral: Int64
        /// Those against it.
        public var negative: Int64
        /// Those that the model can't read.
        public var unknown: Int64

        /// Makes counts.
        public init(
            mentions: Int64 = 0,
            positive: Int64 = 0,
            neutral: Int64 = 0,
            negative: Int64 = 0,
            unknown: Int64 = 0
        ) {
            self.mentions = mentions
            self.positive = positive
            self.neutral = neutral
            self.negative = negative
            self.unknown = unknown
        }

        /// Part by part.
        public static func + (left: Totals, right: Totals) -> Totals {
            Totals(
                mentions: left.mentions + right.mentions,
                positive: left.positive + right.positive,
                neutral: left.neutral + right.neutral,
                negative: left.negative + right.negative,
                unknown: left.unknown + right.unknown
            )
        }

        /// Share of the positive among those that the model can read; nil of none.
        var positiveShare: Double? { Self.share(positive, positive + neutral + negative) }
        /// Share of the negative.
        var negativeShare: Double? { Self.share(negative, positive + neutral + negative) }
        /// Positive less negative share, −100…100.
        var net: Double? {
            guard let positiveShare, let negativeShare else { return nil }
            return (positiveShare - negativeShare) * 100
        }

        static func share(_ part: Int64, _ whole: Int64) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
    }

    /// Something that is counted, with the week before.
    public struct Count: Sendable, Equatable, Encodable {
        /// A source, label or brand.
        public var name: String
        /// This week.
        public var totals: Totals
        /// The week before.
        public var before: Totals

        /// Makes a count.
        public init(name: String, totals: Totals, before: Totals) {
            self.name = name
            self.totals = totals
            self.before = before
        }
    }

    /// An hour that stood out.
    public struct Signal: Sendable, Equatable, Encodable {
        /// Its beginning.
        public var windowStart: ReportTime
        /// Negative mentions in it.
        public var value: Int64
        /// What is usual.
        public var baseline: Double
        /// How far it is above that.
        public var z: Double

        /// Makes a signal.
        public init(windowStart: ReportTime, value: Int64, baseline: Double, z: Double) {
            self.windowStart = windowStart
            self.value = value
            self.baseline = baseline
            self.z = z
        }
    }

    /// A text that stands for several: a group of copies, or a wish.
    public struct Group: Sendable, Equatable, Encodable {
        /// Public id of the cluster.
        public var clusterID: String
        /// Text of the canonical mention.
        public var text: String
        /// Source of it.
        public var source: String
        /// Its id on the source.
        public var nativeID: String
        /// Mentions of the week.
        public var mentions: Int64
        /// Their authors.
        public var authors: Int64
        /// Followers of these, each once; nil where it is not counted.
        public var reach: Int64?

        /// Makes a group.
        public init(
            clusterID: String,
            text: String,
            source: String,
            nativeID: String,
            mentions: Int64,
            authors: Int64,
            reach: Int64?
        ) {
            self.clusterID = clusterID
            self.text = text
            self.source = source
            self.nativeID = nativeID
            self.mentions = mentions
            self.authors = authors
            self.reach = reach
        }
    }

    /// Somebody who speaks for the brand, or against it.
    public struct Person: Sendable, Equatable, Encodable {
        /// The handle, else the id on the source.
        public var name: String
        /// The source.
        public var source: String
        /// 0…100.
        public var score: Double
        /// All mentions of the brand, of all time, as the next two.
        public var mentions: Int64
        /// For it.
        public var positive: Int64
        /// Against it.
        public var negative: Int64
        /// Where known.
        public var followers: Int64?

        /// Makes a person.
        public init(
            name: String,
            source: String,
            score: Double,
            mentions: Int64,
            positive: Int64,
            negative: Int64,
            followers: Int64?
        ) {
            self.name = name
            self.source = source
            self.score = score
            self.mentions = mentions
            self.positive = positive
            self.negative = negative
            self.followers = followers
        }
    }

    /// What waits for a team.
    public struct Waiting: Sendable, Equatable, Encodable {
        /// The team.
        public var team: String
        /// Open or claimed.
        public var count: Int64
        /// Of these, those that are overdue.
        public var overdue: Int64

        /// Makes a count.
        public init(team: String, count: Int64, overdue: Int64) {
            self.team = team
            self.count = count
            self.overdue = overdue
        }
    }

    /// A mention as an example.
    public struct Example: Sendable, Equatable, Encodable {
        /// Its source.
        public var source: String
        /// Its id on the source.
        public var nativeID: String
        /// The author's handle, else the id.
        public var author: String
        /// Its text.
        public var text: String
        /// Where it stands.
        public var url: String?
        /// When.
        public var publishedAt: ReportTime
        /// Likes it got.
        public var likes: Int64
        /// Reposts it got.
        public var reposts: Int64

        /// Makes an example.
        public init(
            source: String,
            nativeID: String,
            author: String,
            text: String,
            url: String?,
            publishedAt: ReportTime,
            likes: Int64,
            reposts: Int64
        ) {
            self.source = source
            self.nativeID = nativeID
            self.author = author
            self.text = text
            self.url = url
            self.publishedAt = publishedAt
            self.likes = likes
            self.reposts = reposts
        }
    }

    /// The brand's name.
    public var brand: String
    /// ISO 8601, such as 2026-W47.
    public var week: String
    /// Its first instant.
    public var from: ReportTime
    /// The first instant after it.
    public var to: ReportTime
    /// When the report was made.
    public var madeAt: ReportTime
    /// The week.
    public var totals: Totals
    /// The week before.
    public var before: Totals
    /// Different authors of the week.
    public var authors: Int64 = 0
    /// Different authors of the week before.
    public var authorsBefore: Int64 = 0
    /// The seven days, Monday first.
    public var days: [Totals] = []
    /// Negative mentions of the 168 hours.
    public var negativeByHour: [Int64] = []
    /// By source, the most first.
    public var sources: [Count] = []
    /// Emotions, intents and the rest, the most first; `mentions` alone is counted.
    public var labels: [Count] = []
    /// The registered brands with mentions in either week, the most first; empty where this one is not registered.
    public var voices: [Count] = []
    /// Waves of negative mentions, in order.
    public var signals: [Signal] = []
    /// The largest groups of copies.
    public var clusters: [Group] = []
    /// Who speaks for the brand, as of now.
    public var advocates: [Person] = []
    /// Who speaks against it, as of now.
    public var critics: [Person] = []
    /// What people wish for, by mentions and reach.
    public var wishes: [Group] = []
    /// How many wishes there are in all.
    public var wishCount: Int64 = 0
    /// What waits for an answer, as of now.
    public var waiting: [Waiting] = []
    /// Positive mentions that were liked and passed on.
    public var praised: [Example] = []
    /// Negative ones.
    public var blamed: [Example] = []
    /// From when on hours of this week are still to be judged for waves; nil where all are.
    public var unjudgedFrom: ReportTime?
    /// Whether all mentions are related: else some copies and wishes are not folded yet.
    public var isRelated = true
    /// The models that judged, their versions.
    public var models: [String] = []

    /// A report of nothing yet.
    public init(brand: String, week: ISOWeek, madeAt: ReportTime) {
        self.brand = brand
        self.week = week.name
        from = ReportTime(hour: week.firstHour)
        to = ReportTime(hour: week.endHour)
        self.madeAt = madeAt
        totals = Totals()
        before = Totals()
        days = [Totals](repeating: Totals(), count: 7)
        negativeByHour = [Int64](repeating: 0, count: Int(ISOWeek.hours))
    }

    /// The week.
    var isoWeek: ISOWeek { ISOWeek(containing: Int32(clamping: from.microseconds / 3_600_000_000)) }

    /// Share of all mentions of the registered brands, in this week and the one before; nil where it is not compared.
    var shares: (now: Double?, before: Double?) {
        guard let own = voices.first(where: { $0.name == brand }) else { return (nil, nil) }
        return (
            Totals.share(own.totals.mentions, voices.reduce(0) { $0 + $1.totals.mentions }),
            Totals.share(own.before.mentions, voices.reduce(0) { $0 + $1.before.mentions })
        )
    }
}
