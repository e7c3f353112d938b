import MentionModel
import Synthesis

/// Twitter v1.1 statuses as bytes, and the documents that hold them.
enum StatusGrammar {
    /// Words of the format, for the mutator.
    static let dictionary: [[UInt8]] = [
        "\"id_str\"", "\"id\"", "\"text\"", "\"full_text\"", "\"extended_tweet\"", "\"created_at\"", "\"user\"",
        "\"screen_name\"", "\"followers_count\"", "\"verified\"", "\"favorite_count\"", "\"retweet_count\"",
        "\"reply_count\"", "\"in_reply_to_status_id_str\"", "\"lang\"", "\"retweeted_status\":{", "\"statuses\":[",
        "\"Wed Oct 10 20:19:24 +0000 2018\"", "\"Thu Feb 30 24:60:61 +9999 0000\"", "RT @", "\u{2026}", "&amp;lt;",
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", "\r\n", "null", "false", "und",
    ].map { Array($0.utf8) }

    private typealias Member = (key: String, value: (inout LooseJSON, inout SeededRandom) -> Void)

    /// A document: statuses a line, an array of them, or the answer to a search; and how many statuses it holds.
    static func document(_ random: inout SeededRandom) -> (bytes: [UInt8], statuses: Int) {
        let count = 1 + random.below(3)
        var statuses: [[UInt8]] = []
        for _ in 0..<count {
            var json = LooseJSON(isLoose: false)
            status(&json, &random, depth: 0)
            statuses.append(json.bytes)
        }
        let end: [UInt8] = random.below(2) == 0 ? [0x0A] : [0x0D, 0x0A]
        switch random.below(4) {
        case 0: return ([0x5B] + statuses.joined(separator: [0x2C]) + [0x5D], count)
        case 1:
            let head = Array("{\"search_metadata\":{\"count\":\(count)},\"statuses\":[".utf8)
            return (head + statuses.joined(separator: [0x2C, 0x0A]) + [0x5D, 0x7D], count)
        default: return (Array(statuses.joined(separator: end)) + (random.below(2) == 0 ? end : []), count)
        }
    }

    private static func status(_ json: inout LooseJSON, _ random: inout SeededRandom, depth: Int) {
        let id = 1 + random.magnitude()
        var text = TextGrammar.words(1...12, &random)
        let isRepost = random.once(in: depth == 0 ? 3 : 8)
        if isRepost { text = "RT @a: " + text + (random.below(2) == 0 ? "\u{2026}" : "") }
        var members: [Member] = [
            ("created_at", { json, random in json.string(date(&random), &random) }),
            ("id", { json, _ in json.raw("\(id)") }),
            ("text", { json, random in json.string(text, &random) }),
            ("user", { json, random in user(&json, &random) }),
            ("favorite_count", { json, random in json.raw("\(random.magnitude())") }),
            ("retweet_count", { json, random in json.raw("\(random.below(9))") }),
            ("lang", { json, random in json.string(random.pick(["en", "und", "de"]), &random) }),
            ("in_reply_to_status_id_str", { json, random in json.raw(random.below(2) == 0 ? "null" : "\"1\"") }),
        ]
        if random.below(2) == 0 { members.append(("id_str", { json, random in json.string("\(id)", &random) })) }
        if random.once(in: 3) {
            members.append(
                (
                    "extended_tweet",
                    { json, random in
                        let text: [Member] = [
                            (
                                "full_text",
                                { json, random in
                                    json.string("x" + TextGrammar.scalars(1...300, &random) + "x", &random)
                                }
                            )
                        ]
                        json.object(text, &random)
                    }
                )
            )
        }
        if random.once(in: 4) { members.append(("entities", { json, random in json.anything(&random) })) }
        if isRepost, depth < 20 {
            members.append(("retweeted_status", { json, random in status(&json, &random, depth: depth + 1) }))
        }
        json.object(members, &random)
    }

    private static func user(_ json: inout LooseJSON, _ random: inout SeededRandom) {
        json.object(
            [
                ("id_str", { json, random in json.string("\(random.magnitude())", &random) }),
                ("screen_name", { json, random in json.string(TextGrammar.name(1...15, &random), &random) }),
                ("name", { json, random in json.string(TextGrammar.scalars(0...20, &random), &random) }),
                ("followers_count", { json, random in json.raw("\(random.magnitude())") }),
                ("verified", { json, random in json.raw(random.below(2) == 0 ? "true" : "false") }),
            ],
            &random
        )
    }

    private static func date(_ random: inout SeededRandom) -> String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let month = random.pick(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
        let time = "\(two(random.below(24))):\(two(random.below(60))):\(two(random.below(60)))"
        return
            "\(random.pick(["Mon", "Tue", "Sun"])) \(month) \(two(1 + random.below(28))) \(time) +0000 \(2006 + random.below(18))"
    }
}
