import MentionModel
@testable import Persistence
import Pipeline

/// What a log must leave behind, worked out with nothing but dictionaries, without a thought of batches or order.
struct WritingReference {
    private struct Seen {
        var event: MentionEvent
        var record: MentionRecord
        var partition: Int32
        var offset: Int64

        var version: (Int64, Int64) { (event.versionAt.microseconds, Int64(bitPattern: event.bodyHash)) }
        var place: (Int32, Int64) { (partition, offset) }
    }

    private struct Sums {
        var values = [Int64](repeating: 0, count: 13)
        var first = Int64.max
        var last = Int64.min
    }

    private var versions: [[String]: [Seen]] = [:]
    private var profiles: [[String]: AuthorProfile] = [:]
    private(set) var tables = WritingTables()

    private let turn: Int

    /// `turn` says which model judges.
    init(_ log: [WritingRecord], turn: Int = 0) {
        self.turn = turn
        for record in log { take(record) }
        tables.totals = [Int64(log.count), 0, 0, 0, Int64(tables.deadLetters.count)]
        tables.counts = [Int64(versions.count), 0]
        tables.authors = profiles.map { key, profile in
            let fields: [String?] = [
                key[0], key[1], "\(profile.day)", profile.verified.map { "\($0)" }, profile.handle, profile.name,
            ]
            return WritingTables.line(fields)
        }
        var ledger: [[String]: Sums] = [:]
        var hours: [[String]: [Int64]] = [:]
        for (_, seen) in versions { fold(seen, &ledger, &hours) }
        tables.ledger = ledger.map { key, sums in
            WritingTables.line(key + sums.values.map { "\($0)" } + ["0", "\(sums.first)", "\(sums.last)"])
        }
        tables.hours += hours.map { key, sums in WritingTables.line(key + sums.map { "\($0)" }) }
        tables.mentions.sort()
        tables.authors.sort()
        tables.ledger.sort()
        tables.hours.sort()
        tables.deadLetters.sort()
    }

    /// Strings that name the same bytes and nothing else.
    private static func exact(_ text: String) -> String { WritingTables.line([text]) }

    private mutating func take(_ record: WritingRecord) {
        var decoder = MentionDecoder()
        var arena = ByteArena()
        do throws(Rejection) {
            let event = try decoder.decode(
                record.payload?.span,
                recordTimestamp: Timestamp(milliseconds: WritingRecord.timestamp),
                into: &arena
            )
            let mention = MentionRecord(event, in: arena)
            versions[[mention.source, Self.exact(mention.id)], default: []].append(
                Seen(event: event, record: mention, partition: record.partition, offset: record.offset)
            )
            takeProfile(event, arena, mention)
        } catch {
            let hex = record.payload.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
            tables.deadLetters.append(
                WritingTables.line([
                    "\(record.partition)", "\(record.offset)", error.reason.rawValue, hex,
                    "\(record.payload?.count ?? 0)", "\(WritingRecord.timestamp)", "open",
                ])
            )
        }
    }

    private mutating func takeProfile(_ event: MentionEvent, _ arena: ByteArena, _ mention: MentionRecord) {
        // A book of one event: the hash that orders profiles of one day is the writer's own.
        var book = AuthorBook()
        var cache = BoundedCache<AuthorKey, KnownAuthor>(capacity: 1)
        let key = book.add(event, arena: arena, source: 1, cache: &cache)
        guard let profile = book.profile(of: key) else { return }
        let name = [mention.source, Self.exact(mention.authorID ?? "")]
        if let standing = profiles[name], (standing.day, standing.hash) >= (profile.day, profile.hash) { return }
        profiles[name] = profile
    }

    private mutating func fold(_ seen: [Seen], _ ledger: inout [[String]: Sums], _ hours: inout [[String]: [Int64]]) {
        guard let standing = seen.max(by: { $0.version < $1.version }) else { return }
        let bodies = Int64(Set(seen.map(\.event.bodyHash)).count)
        tables.totals[1] += 1
        tables.totals[2] += Int64(seen.count) - bodies
        tables.totals[3] += bodies - 1
        tables.counts[1] += bodies - 1
        let places = seen.filter { $0.version == standing.version }.map(\.place)
        let place = places.min { $0 < $1 } ?? standing.place
        let mention = standing.record
        let counts: [Int64] = [
            seen.map(\.event.likes).max() ?? 0, seen.map(\.event.reposts).max() ?? 0,
            seen.map(\.event.replies).max() ?? 0,
        ]
        let verdict = WritingPreparation.verdict(mention.text, turn: turn)
        let isMatched = mention.brands.isEmpty
        let brands =
            isMatched
            ? (WritingPreparation.isMatched(mention.text) ? [WritingPreparation.matchedBrand] : []) : mention.brands
        tables.mentions.append(line(standing, place, counts, verdict, brands, isMatched))

        let at = mention.publishedAt
        let feeling: [Int64] = [
            verdict.sentiment == .positive ? 1 : 0, verdict.sentiment == .neutral ? 1 : 0,
            verdict.sentiment == .negative ? 1 : 0, verdict.sentiment == nil ? 1 : 0,
        ]
        for brand in brands {
            let key = [Self.exact(brand), "\(at.day)", mention.source, Self.exact(mention.authorID ?? "")]
            var sums = ledger[key] ?? Sums()
            var added: [Int64] = [1] + feeling
            added.append(mention.inReplyTo == nil ? 0 : 1)
            added.append(mention.repostOf == nil ? 0 : 1)
            added.append(mention.followers == nil ? 0 : 1)
            added.append(verdict.sentiment == nil ? 0 : Int64(verdict.sentimentScore))
            added += counts
            added.append(mention.followers ?? 0)
            for index in added.indices { sums.values[index] += added[index] }
            sums.first = min(sums.first, at.microseconds)
            sums.last = max(sums.last, at.microseconds)
            ledger[key] = sums
            let hour = [Self.exact(brand), "\(at.hour)", mention.source]
            let one: [Int64] = [1] + feeling + Self.labels(verdict)
            let before: [Int64] = hours[hour] ?? one.map { _ in 0 }
            hours[hour] = zip(before, one).map { $0 + $1 }
            if verdict.intents.contains(.suggestion) {
                tables.hours.append(WritingTables.line(["wish", brand, "\(at.hour)", mention.source, mention.id]))
            }
        }
    }

    /// Emotions, intents, and what is more likely than not.
    private static func labels(_ verdict: Verdict) -> [Int64] {
        let emotions = Emotion.allCases.map { verdict.emotion == $0 ? Int64(1) : 0 }
        let intents = (0..<7).map { Int64(verdict.intents.rawValue >> $0 & 1) }
        let odds = [verdict.irony, verdict.offensive, verdict.spam].map { ($0 ?? 0) >= 5_000 ? Int64(1) : 0 }
        return emotions + intents + odds
    }

    private func line(
        _ standing: Seen,
        _ place: (Int32, Int64),
        _ counts: [Int64],
        _ verdict: Verdict,
        _ brands: [String],
        _ isMatched: Bool
    ) -> String {
        let mention = standing.record
        let profile = profiles[[mention.source, Self.exact(mention.authorID ?? "")]]
        let names = ["complaint", "suggestion", "question", "request", "praise", "purchase", "threat"]
        let intents = names.indices.filter { verdict.intents.rawValue & (1 << $0) != 0 }.map { names[$0] }
        let sentiment: String? =
            switch verdict.sentiment {
            case .negative: "negative"
            case .neutral: "neutral"
            case .positive: "positive"
            case nil: nil
            }
        let sorted = brands.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",")
        var fields: [String?] = [mention.source, mention.id, sorted, mention.authorID, profile?.handle, profile?.name]
        fields += ["\(mention.publishedAt.microseconds)", mention.title, mention.text]
        fields += [mention.language ?? (verdict.sentiment == nil ? "und" : "en"), mention.url]
        fields += [mention.inReplyTo, mention.repostOf, mention.conversation]
        for count in counts { fields.append("\(count)") }
        let emotions = ["anger", "joy", "optimism", "sadness"]
        fields += [sentiment, "\(verdict.sentimentScore)", verdict.emotion.map { emotions[Int($0.rawValue)] }]
        fields.append(intents.joined(separator: ","))
        for odds in [verdict.irony, verdict.offensive, verdict.spam] { fields.append(odds.map { "\($0)" }) }
        fields += ["true", "false", WritingShell.model(turn), WritingShell.topic, "\(place.0)", "\(place.1)", "0"]
        fields.append(mention.followers.map { "\($0)" })
        fields.append("\(standing.event.versionAt.microseconds)")
        fields.append("\(Int64(bitPattern: standing.event.bodyHash))")
        fields.append("\(Int64(bitPattern: WritingPreparation.textHash(mention.text)))")
        fields.append("\(isMatched)")
        return WritingTables.line(fields)
    }
}
