import MentionModel

/// Steele, Lea and Flood's SplitMix64: the same numbers everywhere for one seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// What became of one payload.
struct Outcome: Equatable {
    var record: MentionRecord?
    var hash: UInt64 = 0
    var reason: ReasonCode?
    var detail = ""
}

func outcome(_ json: String, at time: Timestamp? = nil) -> Outcome {
    outcome(Array(json.utf8), at: time)
}

func outcome(_ payload: [UInt8], at time: Timestamp? = nil) -> Outcome {
    var decoder = MentionDecoder()
    var arena = ByteArena()
    // Something stands in the arena before, which a failure must not touch.
    _ = arena.append("before")
    do throws(Rejection) {
        let event = try decoder.decode(payload.span, recordTimestamp: time, into: &arena)
        return Outcome(record: MentionRecord(event, in: arena), hash: event.bodyHash)
    } catch {
        return Outcome(
            reason: arena.bytes == Array("before".utf8) ? error.reason : nil,
            detail: arena.bytes == Array("before".utf8) ? error.detail : "the arena has changed"
        )
    }
}

/// A valid event as JSON with some members replaced (by key) or added; an empty value leaves the member out.
func event(_ changes: KeyValuePairs<String, String> = [:]) -> String {
    var members: [(String, String)] = [
        ("id", "\"1\""), ("source", "\"blog\""), ("text", "\"good\""), ("author", "{\"id\":\"a\"}"),
        ("published_at", "\"2024-05-06T07:08:09Z\""),
    ]
    for (key, value) in changes {
        members.removeAll { $0.0 == key }
        if !value.isEmpty { members.append((key, value)) }
    }
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
}

func json(_ record: MentionRecord) -> [UInt8] {
    var bytes: [UInt8] = []
    record.appendJSON(to: &bytes)
    return bytes
}

/// A random valid record in the form that decoding gives back.
func randomRecord(_ random: inout SplitMix64) -> MentionRecord {
    func string(_ length: ClosedRange<Int>) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "7", " ", "\"", "\\", "/", "\n", "\u{1}", "\u{1f}", "\u{7f}", "\u{e9}", "\u{7ff}", "\u{800}",
            "\u{feff}", "\u{ffff}", "\u{1f600}", "\u{10ffff}", "-", "_",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: length, using: &random) { scalars.append(alphabet[random.below(alphabet.count)]) }
        return String(scalars)
    }
    func maybe<Value>(_ value: Value) -> Value? { random.chance(50) ? value : nil }
    let id = string(1...60)
    let published = Timestamp(
        microseconds: Int64.random(in: 631_152_000_000_000..<4_102_444_800_000_000, using: &random)
    )
    var brands: [String] = []
    for _ in 0..<random.below(random.chance(5) ? 60 : 4) {
        let brand = string(1...20)
        // Compared by bytes: Swift's equality of strings is canonical.
        if !brands.contains(where: { $0.utf8.elementsEqual(brand.utf8) }) { brands.append(brand) }
    }
    return MentionRecord(
        id: id,
        source: ["twitter", "a.b-c_9", "x"][random.below(3)],
        text: "<" + string(0...400) + ">",
        authorID: string(1...20),
        authorHandle: maybe(string(1...20)),
        authorName: maybe(string(0...20)),
        followers: maybe(Int64.random(in: 0...Int64.max, using: &random)),
        verified: maybe(random.chance(50)),
        publishedAt: published,
        editedAt: maybe(Timestamp(microseconds: published.microseconds / 1_000_000 * 1_000_000)),
        brands: brands,
        language: maybe(["en", "de-CH", "zh_Hant-TW"][random.below(3)]),
        url: maybe(string(0...30)),
        title: maybe(string(0...30)),
        inReplyTo: maybe(string(1...30)),
        repostOf: maybe(string(1...30)),
        conversation: maybe(string(1...300)),
        likes: Int64.random(in: 0...9, using: &random),
        reposts: Int64.random(in: 0...Int64.max, using: &random),
        replies: 0
    )
}
