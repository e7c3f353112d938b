/// What a generated stream is like. Shares are of a million.
///
/// Every value has a default, so that `StreamParameters(seed: 1, count: 1_000)` is a whole description: the same
/// parameters give the same bytes on every machine and with every build of this version of the generator.
public struct StreamParameters: Sendable, Equatable {
    /// The seed that all else follows from.
    public var seed: UInt64
    /// How many records to make, bad ones and re-deliveries included; up to 3,000,000,000.
    public var count: Int

    /// How many brands there are, 1–20,000; drawn by Zipf with ``brandExponentEighths``.
    public var brands = 50
    /// Zipf's exponent for brands, in eighths: 8 is 1.
    public var brandExponentEighths = 8
    /// How many authors there are, 1–16,000,000; 8 bytes of memory each.
    public var authors = 1_000_000
    /// Zipf's exponent for authors, in eighths.
    public var authorExponentEighths = 8
    /// Mandelbrot's shift for authors: how far the head is flattened, so that nobody writes a tenth of everything.
    public var authorShift = 50

    /// The nominal time of the first record. A constant and not today, so that output never depends on the clock.
    public var startMilliseconds: Int64 = 1_767_571_200_000
    /// The time that the whole stream covers, in milliseconds; 7 days.
    public var spanMilliseconds: Int64 = 604_800_000
    /// How far `published_at` may lie from the nominal time, in milliseconds either way.
    public var jitterMilliseconds: Int64 = 2_000

    /// Share of records that repeat an earlier record byte for byte.
    public var redeliveries = 50_000
    /// Share of records that bring a new version of an earlier mention.
    public var revisions = 20_000
    /// Share of records that no reader can accept.
    public var badRecords = 5_000
    /// Of the bad records, the share that is bad by being over 1 MiB; kept small for what it costs to carry.
    public var oversizedOfBad = 5_000

    /// Of the new mentions, the share that answers another, where the window holds one on the same source.
    public var replies = 220_000
    /// Of the new mentions on sources with a repost button (about 72 %), the share that passes another on.
    public var reposts = 180_000
    /// Of the new mentions, the share that copies another's text: half the same but for case, space, handles and
    /// links, half with a small edit.
    public var copies = 40_000
    /// Of the new mentions, the share that planted authors write.
    public var planted = 30_000
    /// Of the new mentions, the share that a brand's own account writes.
    public var ownAccounts = 15_000
    /// Authors planted for each brand who praise it in 95 % of what they write.
    public var advocatesPerBrand = 3
    /// Authors planted for each brand who run it down in 95 % of what they write.
    public var criticsPerBrand = 2

    /// Authors planted to see whether a score tells them from the others; none by default. They come beside the shares
    /// above, at times of their own.
    public var plants = PlantParameters()

    /// Of the new texts, the share whose event names its brand in a field.
    public var namedBrand = 200_000
    /// Of the new texts, the share that mentions a brand in the text alone. What is left mentions none.
    public var brandInText = 650_000
    /// Of the texts that mention a brand, the share that mentions a second one too.
    public var secondBrand = 30_000

    /// Share of authors on sources with snowflake ids (Twitter, Mastodon): numbers that grow with time.
    public var snowflakeIDs = 600_000
    /// Share of authors on sources with random ids (Bluesky's record keys, UUIDs, Message-IDs). What is left has
    /// short ids that grow (Reddit, reviews).
    public var randomIDs = 250_000
    /// Share of texts of over 2,000 bytes.
    public var longTexts = 20_000

    /// How many of the latest mentions replies, reposts, copies, revisions and re-deliveries reach back to; 1–65,536.
    /// Each holds its text and some 150 bytes.
    public var window = 4_096
    /// Whether to compute each record's content sketch; costs about as much as making the record.
    public var sketches = true

    /// The defaults for a seed and a number of records.
    public init(seed: UInt64, count: Int) {
        self.seed = seed
        self.count = count
    }

    /// The names of the first so many brands, most frequent first; the same in every stream. At most 20,000.
    public static func brandNames(_ count: Int) -> [String] {
        BrandCatalogue(count: count).names.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Checks the ranges that are stated above.
    ///
    /// - Throws: ``StreamParameterError`` naming the first parameter that is out of range.
    public func validate() throws(StreamParameterError) {
        func check(_ name: String, _ value: Int64, _ range: ClosedRange<Int64>) throws(StreamParameterError) {
            guard range.contains(value) else { throw StreamParameterError(parameter: name, range: range) }
        }
        try check("count", Int64(count), 0...3_000_000_000)
        try check("brands", Int64(brands), 1...20_000)
        try check("authors", Int64(authors), 1...16_000_000)
        try check("brandExponentEighths", Int64(brandExponentEighths), 0...32)
        try check("authorExponentEighths", Int64(authorExponentEighths), 0...32)
        try check("authorShift", Int64(authorShift), 0...1_000_000)
        // From 2011 to 2100: snowflake ids count from 2010, and dates have four digits.
        try check("startMilliseconds", startMilliseconds, 1_293_840_000_000...4_102_444_800_000)
        // At least a millisecond for 10,000 records, so that no two of them can get one snowflake id.
        try check("spanMilliseconds", spanMilliseconds, (Int64(count) / 10_000 + 1)...315_360_000_000)
        try check("jitterMilliseconds", jitterMilliseconds, 0...43_200_000)
        try check("advocatesPerBrand", Int64(advocatesPerBrand), 0...100)
        try check("criticsPerBrand", Int64(criticsPerBrand), 0...100)
        try checkPlants()
        try check("window", Int64(window), 1...65_536)
        let shares = [
            ("redeliveries", redeliveries), ("revisions", revisions), ("badRecords", badRecords),
            ("oversizedOfBad", oversizedOfBad), ("replies", replies), ("reposts", reposts), ("copies", copies),
            ("planted", planted), ("ownAccounts", ownAccounts), ("namedBrand", namedBrand),
            ("brandInText", brandInText), ("secondBrand", secondBrand), ("snowflakeIDs", snowflakeIDs),
            ("randomIDs", randomIDs), ("longTexts", longTexts),
        ]
        for (name, share) in shares { try check(name, Int64(share), 0...1_000_000) }
        try check("redeliveries + revisions + badRecords", Int64(redeliveries + revisions + badRecords), 0...1_000_000)
        try check(
            "replies + reposts + copies + planted + ownAccounts",
            Int64(replies + reposts + copies + planted + ownAccounts),
            0...1_000_000
        )
        try check("namedBrand + brandInText", Int64(namedBrand + brandInText), 0...1_000_000)
        try check("snowflakeIDs + randomIDs", Int64(snowflakeIDs + randomIDs), 0...1_000_000)
        // Else they could not all be written in time.
        let others = redeliveries + revisions + badRecords
        let limit = Double(count) * Double(1_000_000 - others) / 1_000_000 * 0.6
        let planned = plants.plannedMentions(brands: brands, spanMilliseconds: spanMilliseconds)
        let name = "mentions of planted authors and answers to them (raise count, or plant fewer or less busy ones)"
        try check(name, Int64(min(planned, 9e15)), 0...Int64(limit))
    }

    private func checkPlants() throws(StreamParameterError) {
        if let brand = plants.brand, !(0..<brands).contains(brand) {
            throw StreamParameterError(parameter: "index of the plants' brand", range: 0...Int64(brands - 1))
        }
        var total = 0
        for kind in PlantKind.allCases {
            let number = plants[number: kind]
            guard (0...1_000_000).contains(number) else {
                throw StreamParameterError(parameter: "number of planted \(kind.name)s", range: 0...1_000_000)
            }
            total += number * (plants.brand == nil ? brands : 1)
        }
        guard total <= 1_000_000 else {
            throw StreamParameterError(parameter: "planted authors of all kinds and brands", range: 0...1_000_000)
        }
    }
}

/// A parameter that is out of its range.
public struct StreamParameterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the parameter.
    public var parameter: String
    /// What it may be.
    public var range: ClosedRange<Int64>

    /// One line for a person.
    public var description: String {
        "\(parameter) must be from \(range.lowerBound) to \(range.upperBound)"
    }
}
