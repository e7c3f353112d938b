import Feeds
import MentionModel
import Synthesis

/// Canonical NDJSON: `FeedReader` and its splitters.
struct LinesTarget: FuzzTarget {
    static let name = "feed-lines"
    static let share = 80
    let dictionary = EventGrammar.dictionary + [[0x0A], [0x0D, 0x0A], [0x0A, 0x0A]]
    private var lines = 0

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        lines = 1 + random.below(4)
        var bytes: [UInt8] = []
        for _ in 0..<lines {
            bytes += EventGrammar.record(&random).json
            bytes += random.pick([[0x0A], [0x0D, 0x0A], [0x0A, 0x20, 0x0A]])
        }
        return bytes
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        var options = FeedOptions(format: .canonical, recordedAt: FeedRules.recordedAt)
        if random.once(in: 3) { options.format = nil }
        if input.mutations > 0, random.once(in: 4) { options.maximumPieceBytes = 10 + random.below(500) }
        let reading = try FeedRules.read(input.bytes, options, &random)
        if input.mutations == 0 {
            try FuzzFinding.unless(reading.batch.mentions.count == lines, "a valid line was not read")
        }
        return reading.outcome
    }
}

/// Twitter v1.1 statuses.
struct StatusTarget: FuzzTarget {
    static let name = "feed-statuses"
    static let share = 120
    let dictionary = StatusGrammar.dictionary
    private var statuses = 0

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        let document = StatusGrammar.document(&random)
        statuses = document.statuses
        return document.bytes
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        var options = FeedOptions(format: .twitter, recordedAt: FeedRules.recordedAt)
        if random.once(in: 3) { options.format = nil }
        options.readsOriginals = random.below(2) == 0
        if input.mutations > 0, random.once(in: 4) { options.maximumPieceBytes = 10 + random.below(500) }
        let reading = try FeedRules.read(input.bytes, options, &random)
        if input.mutations == 0 {
            let read = reading.batch.mentions.count - reading.originals
            try FuzzFinding.unless(read == statuses, "\(read) of \(statuses) valid statuses were read")
        }
        return reading.outcome
    }
}

/// CSV by a mapping that fits.
struct RowsTarget: FuzzTarget {
    static let name = "feed-rows"
    static let share = 120
    let dictionary = RowGrammar.dictionary
    private var rows = 0
    private var date = (pattern: "", text: "")

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        rows = 1 + random.below(5)
        date = RowGrammar.date(&random)
        return RowGrammar.file(rows: rows, date: date.text, &random)
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let assignments = RowGrammar.mapping(pattern: date.pattern, &random)
        var options = FeedOptions(format: .csv, defaultSource: "review", recordedAt: FeedRules.recordedAt)
        do throws(FeedError) {
            options.mapping = try ColumnMapping([assignments])
        } catch {
            throw FuzzFinding("a valid mapping was refused")
        }
        if input.mutations > 0, random.once(in: 4) { options.maximumRowBytes = 1 + random.below(200) }
        let reading = try FeedRules.read(input.bytes, options, &random)
        if input.mutations == 0 {
            let read = reading.batch.mentions.count
            try FuzzFinding.unless(read == rows, "\(read) of \(rows) valid rows were read")
        }
        return reading.outcome
    }
}

/// The text of a mapping, with its expressions and patterns of dates; and a file that is read by it.
struct MappingTarget: FuzzTarget {
    static let name = "mapping"
    static let share = 60
    let dictionary = RowGrammar.mappingDictionary
    private var date = (pattern: "", text: "")

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        date = RowGrammar.date(&random)
        return Array(RowGrammar.mapping(pattern: date.pattern, &random).utf8)
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let mapping: ColumnMapping
        do throws(FeedError) {
            mapping = try ColumnMapping([String(decoding: input.bytes, as: UTF8.self)])
        } catch {
            try FuzzFinding.unless(input.mutations > 0, "a valid mapping was refused")
            guard case .badMapping = error else { throw FuzzFinding("a mapping by itself is refused with \(error)") }
            return "bad_mapping"
        }
        // An expression may name a column as often as it likes: a short file, so that only the reader is tried.
        let file = RowGrammar.file(rows: 2, date: date.text, &random)
        let options = FeedOptions(format: .csv, mapping: mapping, recordedAt: FeedRules.recordedAt)
        return try FeedRules.read(file, options, &random).outcome
    }
}
