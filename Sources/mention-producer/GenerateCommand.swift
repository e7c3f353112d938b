import ArgumentParser
import Foundation
import Logging
import MentionModel
import Runtime
import Synthesis

/// Publishes a seeded, deterministic stream.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Publishes a deterministic stream of mentions that is like the real thing.",
        discussion: """
            The same seed and parameters give the same bytes on every machine. Shares are from 0 to 1.

            Examples:
              mention-producer generate --count 100000 --kafka-bootstrap-servers localhost:9092
              mention-producer generate --seed 7 --count 1000000 --manifest truth.json --brands-out brands.ndjson
              mention-producer generate --count 20 --to-stdout
              mention-producer generate --count 400000 --authors 50000 --span 42d --plant-advocates 200 \\
                  --plant-bots 200 --bots mentions-a-day=48,texts=recombined --manifest truth.json

            \(PlantOptions.explanation)
            """
    )

    @Option(help: "The seed that all follows from.") var seed: UInt64 = 1
    @Option(help: "How many records, bad ones and re-deliveries included.") var count = 100_000
    @Option(help: "How many brands.") var brands = 50
    @Option(help: "How many authors.") var authors = 1_000_000
    @Option(help: ArgumentHelp("Nominal time of the first record.", valueName: "rfc3339"))
    var startAt = "2026-01-05T00:00:00Z"
    @Option(help: ArgumentHelp("The time that the stream covers, e.g. 7d or 12h.", valueName: "duration"))
    var span = "7d"
    @Option(help: ArgumentHelp("Share of records that repeat an earlier one.", valueName: "share"))
    var redeliveries = 0.05
    @Option(help: ArgumentHelp("Share of records that revise an earlier mention.", valueName: "share"))
    var revisions = 0.02
    @Option(help: ArgumentHelp("Share of records to be refused.", valueName: "share")) var badRecords = 0.005
    @Option(help: ArgumentHelp("Of the bad records, the share of over 1 MiB.", valueName: "share"))
    var oversized = 0.005
    @Option(help: ArgumentHelp("Of new mentions, the share of replies.", valueName: "share")) var replies = 0.22
    @Option(help: ArgumentHelp("Of new mentions where there are reposts, their share.", valueName: "share"))
    var reposts = 0.18
    @Option(help: ArgumentHelp("Of new mentions, the share of copies.", valueName: "share")) var copies = 0.04
    @Option(help: ArgumentHelp("Of new mentions, the share of planted authors.", valueName: "share"))
    var planted = 0.03
    @Option(help: ArgumentHelp("Of new texts, the share whose event names its brand.", valueName: "share"))
    var namedBrand = 0.2
    @Option(help: ArgumentHelp("Of new texts, the share with a brand in the text alone.", valueName: "share"))
    var brandInText = 0.65
    @Option(help: ArgumentHelp("Share of ids that are snowflakes.", valueName: "share")) var snowflakeIds = 0.6
    @Option(help: ArgumentHelp("Share of ids that are random.", valueName: "share")) var randomIds = 0.25
    @Option(help: ArgumentHelp("Share of texts over 2,000 bytes.", valueName: "share")) var longTexts = 0.02
    @Option(help: "How many latest mentions replies, copies and the like reach back to.") var window = 4_096

    @Flag(help: "Write NDJSON to standard output and publish nothing; tombstones are left out.")
    var toStdout = false
    @Option(
        help: ArgumentHelp(
            "Publish in the order that this seed shuffles; up to 1,000,000 records, held in memory.",
            valueName: "seed"
        )
    )
    var shuffle: UInt64?
    @Option(help: ArgumentHelp("Write the truth as one JSON object to this file.", valueName: "file"))
    var manifest: String?
    @Option(
        help: ArgumentHelp("Write the truth of each record to this file, one JSON object a line.", valueName: "file")
    )
    var manifestRecords: String?
    @Option(
        help: ArgumentHelp("Write the brands to this file, for mention-admin brands import.", valueName: "file")
    )
    var brandsOut: String?

    @OptionGroup(title: "Planted authors") var plants: PlantOptions
    @OptionGroup(title: "Publishing") var publishing: PublishingOptions
    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup(title: "Common") var common: CommonOptions

    /// The most records that can be shuffled, and the most bytes of them.
    static let shuffleLimit = 1_000_000
    static let shuffleBytes = 1 << 30

    func validate() throws {
        if shuffle != nil, count > Self.shuffleLimit {
            throw ValidationError(
                "--shuffle holds all records in memory: --count must be at most \(Self.shuffleLimit)."
            )
        }
        let shares = [
            redeliveries, revisions, badRecords, oversized, replies, reposts, copies, planted, namedBrand, brandInText,
            snowflakeIds, randomIds, longTexts,
        ]
        guard shares.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { throw ValidationError("Shares must be from 0 to 1.") }
        _ = try parameters()
    }

    private func parameters() throws -> StreamParameters {
        guard let start = Timestamp.parse(rfc3339: startAt) else {
            throw ValidationError("--start-at must be an RFC 3339 date, such as 2026-01-05T00:00:00Z.")
        }
        guard let span = Settings.parseDuration(span) else {
            throw ValidationError("--span must be a length of time, such as 7d or 12h.")
        }
        func share(_ value: Double) -> Int { Int((value * 1_000_000).rounded()) }
        var parameters = StreamParameters(seed: seed, count: count)
        parameters.brands = brands
        parameters.authors = authors
        parameters.startMilliseconds = start.microseconds / 1_000
        parameters.spanMilliseconds = Int64(clamping: span.components.seconds) &* 1_000
        parameters.redeliveries = share(redeliveries)
        parameters.revisions = share(revisions)
        parameters.badRecords = share(badRecords)
        parameters.oversizedOfBad = share(oversized)
        parameters.replies = share(replies)
        parameters.reposts = share(reposts)
        parameters.copies = share(copies)
        parameters.planted = share(planted)
        parameters.namedBrand = share(namedBrand)
        parameters.brandInText = share(brandInText)
        parameters.snowflakeIDs = share(snowflakeIds)
        parameters.randomIDs = share(randomIds)
        parameters.longTexts = share(longTexts)
        parameters.window = window
        // Their names follow from their number alone; a number out of range is told below.
        let names = (1...20_000).contains(brands) ? StreamParameters.brandNames(brands) : []
        parameters.plants = try plants.parameters(brands: names)
        do throws(StreamParameterError) {
            try parameters.validate()
        } catch {
            throw ValidationError("\(error).")
        }
        return parameters
    }

    func run() async throws {
        let settings = try await common.settings(kafka, publishing)
        let logger = Logger(label: "mention-producer")
        let how = try PublishingSettings(settings)
        var parameters = try parameters()
        parameters.sketches = how.key == .sketch && !toStdout
        let stream = try MentionStream(parameters)
        if let brandsOut {
            var lines: [UInt8] = []
            for brand in stream.brands {
                brand.appendJSON(to: &lines)
                lines.append(0x0A)
            }
            _ = try await OutputFile(brandsOut).write(lines)
        }
        let truth = try manifestRecords.map { try OutputFile($0) }
        // Opened now, so that a wrong path is known before anything is published.
        let manifestFile = try manifest.map { try OutputFile($0) }
        var run = GeneratorRun(stream: stream, truth: truth, key: how.key, shuffle: shuffle)
        if toStdout {
            try await run.write(to: try OutputFile("-"), logger: logger)
            if let manifestFile { _ = try await manifestFile.write(run.stream.manifestJSON() + [0x0A]) }
            return
        }
        let publisher = try await Publisher(try settings.kafka(), how, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await publisher.watch() }
            defer { tasks.cancelAll() }
            try await run.publish(with: publisher, total: count, manifest: manifestFile)
        }
    }
}

/// Taking a generated stream to where it goes.
private struct GeneratorRun {
    var stream: MentionStream
    let truth: OutputFile?
    let key: KeyKind
    let shuffle: UInt64?
    /// Milliseconds since the Unix epoch.
    private let startedAt = Int64(Date().timeIntervalSince1970 * 1_000)
    private var truthLines: [UInt8] = []
    private var payload: [UInt8] = []

    init(stream: MentionStream, truth: OutputFile?, key: KeyKind, shuffle: UInt64?) {
        self.stream = stream
        self.truth = truth
        self.key = key
        self.shuffle = shuffle
    }

    /// The timestamp of the Kafka record: that of the event, but not before today. A topic with a retention of a week
    /// would otherwise delete last month's records at once. Every event of the stream is accepted or refused the same
    /// with both: what is refused for its date is so with any timestamp.
    private func timestamp(of record: SyntheticRecord) -> Int64 {
        max(record.timestamp.microseconds / 1_000, startedAt)
    }

    /// One record, held for later.
    private struct HeldRecord {
        var key: Range<Int>
        var value: Range<Int>?
        var timestamp: Int64
    }

    mutating func publish(with publisher: consuming Publisher, total: Int, manifest: OutputFile?) async throws {
        var publisher = publisher
        var summary = RunSummary()
        var failure: (any Error)?
        do {
            if let shuffle {
                try await publishShuffled(with: &publisher, seed: shuffle, total: total, &summary)
            } else {
                while !Shutdown.process.isRequested, let record = try await next() {
                    summary.read += 1
                    try await publisher.publish(
                        key: keyBytes(record),
                        hasKey: key != .none,
                        value: record.hasPayload ? payload[...] : nil,
                        timestampMilliseconds: timestamp(of: record)
                    )
                    if summary.read & 0xFF == 0 { publisher.show(read: summary.read, rejected: 0, total: total) }
                }
            }
            if !truthLines.isEmpty { _ = try await truth?.write(truthLines) }
            if let manifest { _ = try await manifest.write(stream.manifestJSON() + [0x0A]) }
        } catch {
            failure = error
        }
        try await publisher.finish(summary, after: failure)
    }

    private mutating func publishShuffled(
        with publisher: inout Publisher,
        seed: UInt64,
        total: Int,
        _ summary: inout RunSummary
    ) async throws {
        var bytes: [UInt8] = []
        var held: [HeldRecord] = []
        while !Shutdown.process.isRequested, let record = try await next() {
            let keyStart = bytes.count
            bytes.append(contentsOf: keyBytes(record))
            let valueStart = bytes.count
            bytes.append(contentsOf: payload)
            held.append(
                HeldRecord(
                    key: keyStart..<valueStart,
                    value: record.hasPayload ? valueStart..<bytes.count : nil,
                    timestamp: timestamp(of: record)
                )
            )
            guard bytes.count <= GenerateCommand.shuffleBytes else {
                throw ProgramFailure(.usage, "--shuffle can hold 1 GiB, and that is not enough: lower --count")
            }
        }
        // Fisher and Yates, from the end.
        var random = SeededRandom(seed: seed)
        for index in held.indices.reversed() { held.swapAt(index, random.below(index + 1)) }
        for record in held {
            if Shutdown.process.isRequested { return }
            summary.read += 1
            try await publisher.publish(
                key: bytes[record.key],
                hasKey: key != .none,
                value: record.value.map { bytes[$0] },
                timestampMilliseconds: record.timestamp
            )
            if summary.read & 0xFF == 0 { publisher.show(read: summary.read, rejected: 0, total: total) }
        }
    }

    /// Writes NDJSON in pieces of 256 KiB.
    mutating func write(to output: OutputFile, logger: Logger) async throws {
        var lines: [UInt8] = []
        var tombstones = 0
        var notUTF8 = 0
        while !Shutdown.process.isRequested, let record = try await next() {
            if !record.hasPayload { tombstones += 1 }
            if record.kind == .refused(.notUTF8) { notUTF8 += 1 }
            guard record.hasPayload else { continue }
            lines.append(contentsOf: payload)
            lines.append(0x0A)
            guard lines.count >= 262_144 else { continue }
            // The reader of a pipe has gone: it has seen enough.
            guard try await output.write(lines) else { return }
            lines.removeAll(keepingCapacity: true)
        }
        _ = try await output.write(lines)
        if !truthLines.isEmpty { _ = try await truth?.write(truthLines) }
        if tombstones + notUTF8 > 0 {
            logger.notice(
                "standard output leaves tombstones out and holds records that are not UTF-8",
                metadata: ["tombstones": "\(tombstones)", "not_utf8": "\(notUTF8)"]
            )
        }
    }

    private mutating func next() async throws -> SyntheticRecord? {
        guard let record = stream.next(into: &payload) else { return nil }
        if let truth {
            stream.appendTruth(to: &truthLines)
            truthLines.append(0x0A)
            if truthLines.count >= 262_144 {
                _ = try await truth.write(truthLines)
                truthLines.removeAll(keepingCapacity: true)
            }
        }
        return record
    }

    private func keyBytes(_ record: SyntheticRecord) -> [UInt8] {
        switch key {
        case .none: return []
        case .sketch: return RecordKey.sketch(record.sketch)
        case .id:
            var bytes: [UInt8] = []
            stream.appendLastID(to: &bytes)
            return bytes
        }
    }
}
