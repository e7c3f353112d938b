import MentionModel
import Synthesis

/// Mention events as bytes.
enum EventGrammar {
    /// Words of the format, for the mutator.
    static let dictionary: [[UInt8]] = [
        "\"id\"", "\"source\"", "\"text\"", "\"author\"", "\"handle\"", "\"name\"", "\"followers\"", "\"verified\"",
        "\"published_at\"", "\"edited_at\"", "\"brand\"", "\"lang\"", "\"url\"", "\"title\"", "\"in_reply_to\"",
        "\"repost_of\"", "\"conversation\"", "\"counts\"", "\"likes\"", "\"reposts\"", "\"replies\"", ":", ",", "{",
        "}", "[", "]", "\"", "\\", "\\u", "\\u0061", "null", "true", "\"2024-02-29T23:59:60Z\"",
        "\"9999-12-31T23:59:59.999999999-23:59\"", "\"1989-12-31T23:59:59Z\"", "\"de-CH\"", "\"author\":{\"id\":1}",
        "\"text\":\"x\"", "\"id\":\"\",", "\"counts\":{\"likes\":-1},",
    ].map { Array($0.utf8) }

    /// A record in the form that decoding gives back.
    static func record(_ random: inout SeededRandom) -> MentionRecord {
        let base: Int64 = 631_152_000_000_000
        let span: Int64 = 3_471_292_800_000_000
        let published = base + Int64(truncatingIfNeeded: random.next() >> 1) % span
        // Whole seconds, milliseconds, or all there is.
        let unit: Int64 = random.pick([1_000_000, 1000, 1])
        let handle = random.maybe { TextGrammar.scalars(1...12, &$0) }
        let key = handle.flatMap { random.below(3) == 0 ? $0 : nil } ?? TextGrammar.scalars(1...12, &random)
        var brands: [String] = []
        for _ in 0..<random.below(random.once(in: 20) ? 40 : 3) {
            let brand = TextGrammar.scalars(1...12, &random)
            // By bytes: Swift's equality of strings is canonical.
            if !brands.contains(where: { $0.utf8.elementsEqual(brand.utf8) }) { brands.append(brand) }
        }
        return MentionRecord(
            id: random.below(2) == 0
                ? "\(random.magnitude())" : atEdge(256, TextGrammar.scalars(1...20, &random), &random),
            source: random.pick(["twitter", "a.b-c_9", "x", String(repeating: "s", count: 64)]),
            text: text(&random),
            authorID: key,
            authorHandle: handle,
            authorName: random.maybe { TextGrammar.scalars(0...12, &$0) },
            followers: random.maybe { $0.magnitude() },
            verified: random.maybe { $0.below(2) == 0 },
            publishedAt: Timestamp(microseconds: max(base, published / unit * unit)),
            editedAt: random.maybe { Timestamp(microseconds: base + $0.magnitude() % span) },
            brands: brands,
            language: random.maybe { $0.pick(["en", "de-CH", "zh_Hant-TW", "x-abcdefgh"]) },
            url: random.maybe { TextGrammar.scalars(0...20, &$0) },
            title: random.maybe { TextGrammar.scalars(0...20, &$0) },
            inReplyTo: random.maybe { TextGrammar.scalars(1...20, &$0) },
            repostOf: random.maybe { TextGrammar.scalars(1...20, &$0) },
            conversation: random.maybe { TextGrammar.scalars(1...20, &$0) },
            likes: random.below(2) == 0 ? 0 : random.magnitude(),
            reposts: random.below(2) == 0 ? 0 : random.magnitude(),
            replies: random.below(2) == 0 ? 0 : random.magnitude()
        )
    }

    /// Trimmed, so that it comes back as it is.
    private static func text(_ random: inout SeededRandom) -> String {
        let text = random.below(3) > 0 ? TextGrammar.words(1...20, &random) : TextGrammar.scalars(0...80, &random)
        return atEdge(65_536, "<\(text)>", &random)
    }

    /// Now and then filled up to the longest that is allowed.
    private static func atEdge(_ longest: Int, _ text: String, _ random: inout SeededRandom) -> String {
        guard random.once(in: longest < 1000 ? 20 : 2000), text.utf8.count < longest else { return text }
        return String(repeating: "x", count: longest - text.utf8.count) + text
    }

    /// A date with some offset and as many digits as it needs, or more.
    private static func date(_ instant: Timestamp, _ random: inout SeededRandom) -> String {
        let minutes = random.below(3) > 0 ? 0 : random.below(2 * 1439 + 1) - 1439
        var text = Timestamp(microseconds: instant.microseconds + Int64(minutes) * 60_000_000).rfc3339
        text.removeLast()
        if random.once(in: 6) {
            if !text.contains(".") { text += "." }
            let fraction = text.count - 20
            text += String(repeating: "0", count: max(0, 6 - fraction)) + "999"
        }
        if random.once(in: 10) { text = text.replacing("T", with: random.pick(["t", " "])) }
        guard minutes != 0 else { return text + random.pick(["Z", "z", "+00:00", "-00:00"]) }
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        return text + (minutes < 0 ? "-" : "+") + two(abs(minutes) / 60) + ":" + two(abs(minutes) % 60)
    }

    private typealias Member = (key: String, value: (inout LooseJSON, inout SeededRandom) -> Void)

    /// A record as JSON in one of the many forms that the contract takes for the same; `spoiled`, one or two members
    /// have values that they may not have, or only just.
    static func json(_ record: MentionRecord, spoiled: Bool = false, _ random: inout SeededRandom) -> [UInt8] {
        var json = LooseJSON(isLoose: random.below(3) > 0)
        func text(_ key: String, _ value: String?) -> [Member] {
            guard let value else {
                return random.once(in: 8) ? [(key, { json, _ in json.raw("null") })] : []
            }
            let isNumber =
                value.utf8.count < 19 && value.utf8.first != 0x30 && value.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            if isNumber, !value.isEmpty, random.below(2) == 0 { return [(key, { json, _ in json.raw(value) })] }
            return [(key, { json, random in json.string(value, &random) })]
        }
        func number(_ key: String, _ value: Int64?) -> [Member] {
            value.map { value in [(key, { json, random in json.count(value, &random) })] } ?? []
        }
        var author: [Member] = text("handle", record.authorHandle) + text("name", record.authorName)
        if record.authorID != record.authorHandle || random.below(2) == 0 { author += text("id", record.authorID) }
        author += number("followers", record.followers)
        if let verified = record.verified { author.append(("verified", { json, _ in json.raw("\(verified)") })) }
        var counts: [Member] = []
        for (key, value) in [("likes", record.likes), ("reposts", record.reposts), ("replies", record.replies)] {
            if value != 0 || random.once(in: 3) { counts += number(key, value) }
        }
        if spoiled, random.once(in: 4) { spoil(&author, &random) }
        if spoiled, random.once(in: 8) { spoil(&counts, &random) }
        var members: [Member] = text("id", record.id) + text("source", record.source)
        let padding = random.pick(["", "", "", " ", "\n\t", "\u{a0}", "\u{2003}\u{3000}"])
        members += text("text", padding + record.text + padding)
        members.append(("author", { json, random in json.object(author, &random) }))
        if !counts.isEmpty || random.once(in: 4) {
            members.append(("counts", { json, random in json.object(counts, &random) }))
        }
        members += text("published_at", date(record.publishedAt, &random))
        members += text("edited_at", record.editedAt.map { date($0, &random) })
        members += brands(record.brands)
        members += text("lang", record.language) + text("url", record.url) + text("title", record.title)
        members += text("in_reply_to", record.inReplyTo) + text("repost_of", record.repostOf)
        members += text("conversation", record.conversation)
        if spoiled { spoil(&members, &random) }
        if json.isLoose {
            for index in members.indices.reversed() { members.swapAt(index, random.below(index + 1)) }
            for _ in 0..<random.below(3) {
                // Keys that mean nothing, and keys that are replaced by what comes behind them.
                let key = random.pick(["unknown", "", "Id", "text ", "user", "id", "text", "author", "counts", "brand"])
                let isKnown = members.contains { $0.key == key }
                if !isKnown, ["id", "text", "author", "counts", "brand"].contains(key) { continue }
                let place = isKnown ? 0 : random.below(members.count + 1)
                members.insert((key, { json, random in json.anything(&random) }), at: place)
            }
        }
        json.space(&random)
        json.object(members, &random)
        json.space(&random)
        return (random.once(in: 30) ? [0xEF, 0xBB, 0xBF] : []) + json.bytes
    }

    private static func spoil(_ members: inout [Member], _ random: inout SeededRandom) {
        guard !members.isEmpty else { return }
        let index = random.below(members.count)
        if random.once(in: 6) {
            members[index].value = members[random.below(members.count)].value
            return
        }
        if random.once(in: 6) {
            members.remove(at: index)
            return
        }
        members[index].value = { json, random in hostileValue(&json, &random) }
    }

    /// Values at the edges of what a field may hold, and of other types than its own.
    private static func hostileValue(_ json: inout LooseJSON, _ random: inout SeededRandom) {
        let lengths = [0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 4095, 65_534, 65_535, 65_536, 65_537, 1_048_570]
        switch random.below(10) {
        case 0...1:
            let unit = random.pick(["x", "\u{e9}", "\u{1f600}", " ", "\u{3000}"])
            let length = lengths[random.below(random.once(in: 30) ? lengths.count : 12)]
            json.raw("\"" + String(repeating: unit, count: length / unit.utf8.count) + "\"")
        case 2...3:
            json.raw(
                random.pick([
                    "\"\\u0000\"", "\"a\\ud800\"", "\"\\udc00\\ud800b\"", "\"\\ud83d\\u0041\"", "\"\\u00e9\"",
                    "\" \\n\"",
                    "\"\\u2003\"", "\"A.B\"", "\"en-\"", "\"toolongsubtag\"", "\"-\"", "\"\\ufeff\"", "\"x\\u00a0\"",
                ])
            )
        case 4:
            json.raw(
                random.pick([
                    "0", "-0", "-1", "1.5", "1e3", "-0.0", "9223372036854775807", "9223372036854775808", "1e18", "1e19",
                    "92233720368547758070e-1", "1e-9999999999", "0e9999999999", "1E999999999999999999999", "12.0",
                    "1.2e1",
                    "00", "01", "1.", "+1", "0x1", String(repeating: "9", count: 400),
                    "0.\(String(repeating: "0", count: 300))",
                ])
            )
        case 5...6:
            json.raw(
                random.pick([
                    "\"1989-12-31T23:59:59.999999Z\"", "\"1990-01-01T00:00:00Z\"", "\"2100-01-01T00:00:00.000001Z\"",
                    "\"0000-01-01T00:00:00+23:59\"", "\"9999-12-31T23:59:59-23:59\"", "\"2024-02-30T00:00:00Z\"",
                    "\"2024-02-29T23:59:60Z\"", "\"2016-12-31T23:59:60Z\"", "\"2024-01-01T24:00:00Z\"",
                    "\"2024-01-01T00:00:00\"", "\"2024-01-01T00:00:00+24:00\"", "\"2024-01-01T00:00:00.Z\"",
                    "\"2024-01-01 00:00:00z\"", "\"2024-1-1T0:0:0Z\"", "\"\"", "1704067200",
                    "\"2024-01-01T00:00:00Z \"",
                ])
            )
        case 7:
            json.raw(
                random.pick(["null", "true", "false", "{}", "[]", "[null]", "[[]]", "[\"a\",\"a\"]", "[1,2]", "[\"\"]"])
            )
        case 8:
            let depth = random.pick([1, 5, 61, 62, 63, 64, 65])
            json.raw(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        default: json.anything(&random)
        }
    }

    private static func brands(_ brands: [String]) -> [Member] {
        guard let first = brands.first else { return [] }
        return [
            (
                "brand",
                { json, random in
                    if brands.count == 1, random.below(2) == 0 { return json.string(first, &random) }
                    json.raw("[")
                    for (index, brand) in brands.enumerated() {
                        if index > 0 { json.raw(",") }
                        json.space(&random)
                        json.string(brand, &random)
                        // A repeat changes nothing.
                        if random.once(in: 20) {
                            json.raw(",")
                            json.string(brand, &random)
                        }
                    }
                    json.raw("]")
                }
            )
        ]
    }
}
