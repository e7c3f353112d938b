public import MentionModel

/// What a stream has held so far: the truth that tests and benchmarks count against. All totals are exact.
public struct StreamManifest: Sendable, Equatable {
    /// The seed.
    public var seed: UInt64
    /// Records of every kind.
    public var records = 0
    /// Distinct (source, id) of acceptable records: the mentions that must stand in the end.
    public var mentions = 0
    /// Acceptable records whose very body came before.
    public var redeliveries = 0
    /// Distinct bodies beyond the first of each mention.
    public var revisions = 0
    /// Records to be refused, by reason.
    public var deadLetters: [ReasonCode: Int] = [:]
    /// Mentions that answer another.
    public var replies = 0
    /// Mentions that pass another on.
    public var reposts = 0
    /// Mentions whose text equals another's but for case, space, handles and links.
    public var exactCopies = 0
    /// Mentions whose text equals another's but for one word.
    public var nearCopies = 0
    /// Mentions about no brand.
    public var withoutBrand = 0
    /// Mentions about each brand, by its index; a mention about two counts for both.
    public var mentionsByBrand: [Int]
    /// Mentions on each source, by name.
    public var mentionsBySource: [String: Int] = [:]
    /// Bytes of all payloads.
    public var payloadBytes = 0

    /// Appends the whole as one JSON object without a line end, keys in fixed order. `brands` gives the names,
    /// `planted` lists the planted authors.
    func appendJSON(brands: [SyntheticBrand], planted: [PlantedAuthor], to bytes: inout [UInt8]) {
        bytes.append("{\"seed\":")
        bytes.append(decimal: seed)
        let counts: [(StaticString, Int)] = [
            ("records", records), ("mentions", mentions), ("redeliveries", redeliveries), ("revisions", revisions),
            ("dead_letters", deadLetters.values.reduce(0, +)), ("replies", replies), ("reposts", reposts),
            ("exact_copies", exactCopies), ("near_copies", nearCopies), ("without_brand", withoutBrand),
            ("payload_bytes", payloadBytes),
        ]
        for (name, count) in counts {
            bytes.append(",\"")
            bytes.append(name)
            bytes.append("\":")
            bytes.append(decimal: Int64(count))
        }
        appendObject("dead_letters_by_reason", deadLetters.map { ($0.key.rawValue, $0.value) }, to: &bytes)
        appendObject("mentions_by_source", mentionsBySource.map { ($0.key, $0.value) }, to: &bytes)
        appendObject("mentions_by_brand", zip(brands, mentionsByBrand).map { ($0.0.name, $0.1) }, to: &bytes)
        bytes.append(",\"planted\":[")
        for (index, author) in planted.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            bytes.append("{\"brand\":\"")
            bytes.append(contentsOf: author.brand.utf8)
            bytes.append("\",\"source\":\"")
            bytes.append(contentsOf: author.source.utf8)
            bytes.append("\",\"author\":")
            bytes.append(contentsOf: author.object)
            bytes.append(author.isAdvocate ? ",\"kind\":\"advocate\"}" : ",\"kind\":\"critic\"}")
        }
        bytes.append("]}")
    }

    private func appendObject(_ name: StaticString, _ members: [(String, Int)], to bytes: inout [UInt8]) {
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":{")
        for (index, member) in members.sorted(by: { $0.0 < $1.0 }).enumerated() {
            if index > 0 { bytes.append(0x2C) }
            bytes.append(0x22)
            bytes.append(contentsOf: member.0.utf8)
            bytes.append("\":")
            bytes.append(decimal: Int64(member.1))
        }
        bytes.append("}")
    }
}

/// An author who was planted to praise a brand or to run it down.
struct PlantedAuthor: Sendable {
    var brand: String
    var source: String
    var isAdvocate: Bool
    /// The `author` object of the author's events.
    var object: [UInt8]
}
