import Copies
import MentionModel
@testable import Persistence
import Pipeline

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed on every machine.
struct WritingRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// One record of the log that the tests write.
struct WritingRecord: Sendable {
    var partition: Int32 = 0
    var offset: Int64 = 0
    /// Nil for a tombstone.
    var payload: [UInt8]?

    /// Kafka's own timestamp of every record: 2026-07-01T00:00:00Z.
    static let timestamp: Int64 = 1_782_864_000_000
}

extension MentionRecord {
    var json: [UInt8] {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return bytes
    }

    /// A mention with what tests seldom care about filled in; `second` counts from 2026-01-01.
    static func writing(
        _ id: String,
        source: String = "twitter",
        text: String = "text",
        author: String = "author",
        second: Int64 = 0,
        edited: Int64? = nil,
        brands: [String] = ["acme"],
        likes: Int64? = nil
    ) -> MentionRecord {
        MentionRecord(
            id: id,
            source: source,
            text: text,
            authorID: author,
            publishedAt: .writing(second),
            editedAt: edited.map(Timestamp.writing),
            brands: brands,
            likes: likes
        )
    }
}

extension Timestamp {
    /// So many seconds after 2026-01-01T00:00:00Z.
    static func writing(_ second: Int64) -> Timestamp { Timestamp(microseconds: (1_767_225_600 + second) * 1_000_000) }
}

/// A log with everything in it: new mentions, re-deliveries, revisions of every kind, and records that are none.
enum WritingStream {
    static let partitions: Int32 = 6
    private static let sources = ["twitter", "reddit", "blog"]
    private static let brands = ["acme", "globex", "caf\u{E9}", "cafe\u{301}", "initech"]

    /// The records, in no order yet. Contents depend on the seed alone.
    static func records(seed: UInt64, mentions: Int) -> [[UInt8]?] {
        var random = WritingRandom(seed: seed)
        var payloads: [[UInt8]?] = []
        for index in 0..<mentions {
            let original = mention(index, &random)
            payloads.append(original.json)
            if random.chance(15) { payloads.append(original.json) }
            guard random.chance(50) else { continue }
            for turn in 0..<Int.random(in: 1...4, using: &random) {
                let revised = revision(of: original, turn, &random)
                payloads.append(revised.json)
                if random.chance(25) { payloads.append(revised.json) }
            }
        }
        for index in 0..<max(1, mentions / 12) { payloads.append(bad(index)) }
        return payloads
    }

    /// The log: records shuffled and dealt to partitions, with gaps between offsets.
    static func log(_ payloads: [[UInt8]?], order seed: UInt64) -> [WritingRecord] {
        var random = WritingRandom(seed: seed)
        var next = [Int64](repeating: 0, count: Int(partitions))
        return payloads.shuffled(using: &random).map { payload in
            let partition = Int32.random(in: 0..<partitions, using: &random)
            if random.chance(5) { next[Int(partition)] += 3 }
            defer { next[Int(partition)] += 1 }
            return WritingRecord(partition: partition, offset: next[Int(partition)], payload: payload)
        }
    }

    private static func mention(_ index: Int, _ random: inout WritingRandom) -> MentionRecord {
        let author = Int.random(in: 0..<9, using: &random)
        var record = MentionRecord.writing(
            "id-\(index / 3)-\(index % 3 == 0 ? "a" : "\u{1F600}\(index)")",
            source: sources.randomElement(using: &random) ?? "blog",
            text: "text \(index) \(Int.random(in: 0..<40, using: &random))",
            // Two spellings of one name that differ in bytes are two authors.
            author: author == 7 ? "Jos\u{E9}" : author == 8 ? "Jose\u{301}" : "author-\(author)",
            second: Int64.random(in: 0..<4 * 86_400, using: &random),
            brands: brands.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)).map { $0 },
            likes: random.chance(60) ? Int64.random(in: 0..<100, using: &random) : nil
        )
        profile(&record, &random)
        record.reposts = random.chance(50) ? Int64.random(in: 0..<20, using: &random) : nil
        record.replies = random.chance(30) ? Int64.random(in: 0..<5, using: &random) : nil
        record.language = random.chance(50) ? "en" : nil
        record.title = random.chance(30) ? "title \(index)" : nil
        record.url = random.chance(30) ? "https://example.org/\(index)" : nil
        record.inReplyTo = random.chance(20) ? "id-0-a" : nil
        record.repostOf = random.chance(10) ? "id-1-a" : nil
        record.conversation = random.chance(20) ? "thread" : nil
        return record
    }

    private static func profile(_ record: inout MentionRecord, _ random: inout WritingRandom) {
        record.authorHandle = random.chance(70) ? "@h\(Int.random(in: 0..<3, using: &random))" : nil
        record.authorName = random.chance(50) ? "Name \(Int.random(in: 0..<3, using: &random))" : nil
        record.followers = random.chance(60) ? Int64.random(in: 0..<10_000, using: &random) : nil
        record.verified = random.chance(50) ? random.chance(50) : nil
    }

    private static func revision(
        of original: MentionRecord,
        _ turn: Int,
        _ random: inout WritingRandom
    ) -> MentionRecord {
        var record = original
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            // Counts alone, up or down, at the same time: the hash decides which body stands.
            record.likes = Int64.random(in: 0..<200, using: &random)
            record.reposts = Int64.random(in: 0..<200, using: &random)
        case 1:
            // The same time, another text.
            record.text += " again \(turn)"
        case 2:
            // Older than the original.
            record.editedAt = Timestamp(microseconds: original.publishedAt.microseconds - 1_000_000)
            record.text += " earlier \(turn)"
        case 3:
            // Another day, another author.
            record.editedAt = Timestamp(microseconds: original.publishedAt.microseconds + Int64(turn + 1) * 60_000_000)
            record.publishedAt = .writing(Int64.random(in: 0..<4 * 86_400, using: &random))
            record.authorID = "author-\(Int.random(in: 0..<4, using: &random))"
        case 4:
            // Other brands.
            record.editedAt = Timestamp(microseconds: original.publishedAt.microseconds + Int64(turn + 1) * 90_000_000)
            record.brands = brands.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)).map { $0 }
        default:
            record.editedAt = Timestamp(microseconds: original.publishedAt.microseconds + Int64(turn + 1) * 30_000_000)
            record.text += " later \(turn)"
            record.inReplyTo = random.chance(50) ? nil : "id-2-a"
            profile(&record, &random)
        }
        return record
    }

    private static func bad(_ index: Int) -> [UInt8]? {
        switch index % 5 {
        case 0: return nil
        case 1: return Array("{\"id\":\"x\"".utf8)
        case 2: return [0x7B, 0xFF, 0x7D]
        case 3: return Array("{\"id\":\"\(index)\",\"source\":\"blog\",\"text\":\"t\"}".utf8)
        default:
            var late = MentionRecord.writing("late-\(index)")
            late.publishedAt = .writing(10 * 365 * 86_400)
            return late.json
        }
    }
}

/// What a preparer does, without a classifier: verdicts and brands depend on the text alone.
enum WritingPreparation {
    /// The brand that is found where an event names none and its text has an even length; its number is 1, as the
    /// first brand of the database.
    static let matchedBrand = "matched"

    /// `turn` makes it another model.
    static func verdict(_ text: String, turn: Int = 0) -> Verdict {
        let bytes = text.utf8.count + turn
        let odds = Int16(bytes % 97) * 100
        switch bytes % 4 {
        case 0:
            return Verdict(
                sentiment: .negative,
                sentimentScore: -Int16(bytes % 100),
                intents: bytes % 8 == 0 ? [.complaint, .suggestion] : .complaint,
                emotion: .anger,
                irony: odds,
                offensive: 10_000 - odds,
                spam: 0
            )
        case 1:
            return Verdict(
                sentiment: .neutral,
                sentimentScore: Int16(bytes % 7),
                irony: 0,
                offensive: odds,
                spam: 10_000
            )
        case 2:
            return Verdict(
                sentiment: .positive,
                sentimentScore: Int16(bytes % 90),
                intents: [.praise, .request],
                emotion: bytes % 8 == 2 ? .joy : .optimism,
                irony: odds,
                offensive: nil,
                spam: odds
            )
        default: return .unreadable
        }
    }

    static func isMatched(_ text: String) -> Bool { text.utf8.count % 2 == 0 }

    static func textHash(_ text: String) -> UInt64 { XXH64.hash(Array(text.utf8).span) }

    /// What the worker has found near to a text: something for a quarter of all.
    static func nearTexts(_ text: String) -> [NearTexts] {
        let hash = textHash(text)
        guard hash % 4 == 0 else { return [] }
        return (0...hash / 4 % 2).map { NearTexts(text: hash, other: ~hash &+ $0, jaccard: 8_000 + Int32($0)) }
    }

    /// Consecutive records of one partition.
    static func chunk(_ log: [WritingRecord], turn: Int = 0) -> PreparedChunk {
        var decoder = MentionDecoder()
        var arena = ByteArena()
        var records: [PreparedRecord] = []
        var mentions: [PreparedMention] = []
        var payloads: [UInt8] = []
        for record in log {
            let range = record.payload.map { payloads.count..<payloads.count + $0.count }
            payloads += record.payload ?? []
            let outcome: PreparedRecord.Outcome
            do throws(Rejection) {
                let event = try decoder.decode(
                    record.payload?.span,
                    recordTimestamp: Timestamp(milliseconds: WritingRecord.timestamp),
                    into: &arena
                )
                let text = arena.string(event.text) ?? ""
                outcome = .mention(mentions.count)
                mentions.append(
                    PreparedMention(
                        event: event,
                        textHash: textHash(text),
                        verdict: verdict(text, turn: turn),
                        matchedBrands: event.brands == nil && isMatched(text) ? [1] : [],
                        nearTexts: nearTexts(text)
                    )
                )
            } catch {
                outcome = .rejected(error)
            }
            records.append(
                PreparedRecord(
                    offset: record.offset,
                    timestamp: WritingRecord.timestamp,
                    payload: range,
                    outcome: outcome
                )
            )
        }
        return PreparedChunk(records: records, mentions: mentions, arena: arena, payloads: payloads)
    }

    /// A step over records of one partition.
    static func step(_ log: [WritingRecord], epoch: Int64 = 1, from: Int64? = nil) -> PartitionStep {
        let chunk = chunk(log)
        return PartitionStep(
            partition: log.first?.partition ?? 0,
            epoch: epoch,
            incarnation: 0,
            from: from ?? log.first?.offset ?? 0,
            to: (log.last?.offset ?? -1) + 1,
            slices: [ChunkSlice(chunk: chunk, range: 0..<chunk.records.count)]
        )
    }
}
