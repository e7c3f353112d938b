import ArgumentParser
import Feeds
import Fingerprinting
import Foundation
import Logging
import MentionModel
import Runtime

/// The formats that can be asked for.
enum FormatChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, canonical, twitter, csv

    var format: FeedFormat? { FeedFormat(rawValue: rawValue) }
}

/// What becomes of the original that is embedded in a repost.
enum OriginalsChoice: String, ExpressibleByArgument, CaseIterable {
    case publish, skip
}

/// Publishes mentions from files or standard input.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publishes mentions from files or standard input, plain or gzip.",
        discussion: """
            Formats: canonical (one mention event a line), twitter (v1.1 statuses, one a line, an array, or a search \
            answer with statuses), csv (with a header row and --map).

            The original that is embedded in a Twitter repost is published as a mention of its own, before the repost.

            Mapping of CSV columns: --map field=expression,… where an expression is a column, a 'text', \
            hash(a,b), concat(a,b), first(a,b), integer(a) or date(a,'dd-MM-yyyy HH.mm'). A field that is not mapped \
            is taken from the column of its name. Fields: id, source, text, author_id, author_handle, author_name, \
            followers, verified, published_at, edited_at, brand, lang, url, title, in_reply_to, repost_of, \
            conversation, likes, reposts, replies.

            Examples:
              mention-producer mentions.ndjson.gz --kafka-bootstrap-servers localhost:9092
              zcat statuses.gz | mention-producer --format twitter
              mention-producer export.csv --source review \\
                --map "id=hash(name,created,text),author_handle=name" \\
                --map "published_at=date(created,'dd-MM-yyyy HH.mm'),brand=product"
            """
    )

    @Argument(help: "Files; - or none for standard input.")
    var files: [String] = []

    @Option(help: ArgumentHelp("auto, canonical, twitter or csv.", valueName: "format"))
    var format = FormatChoice.auto

    @Option(
        help: ArgumentHelp("For CSV: how fields are made from columns; repeatable.", valueName: "field=expression,…")
    )
    var map: [String] = []

    @Option(help: ArgumentHelp("For CSV: the source of rows whose mapping gives none.", valueName: "name"))
    var source: String?

    @Option(help: ArgumentHelp("publish or skip the originals inside Twitter reposts.", valueName: "choice"))
    var originals = OriginalsChoice.publish

    @OptionGroup(title: "Publishing") var publishing: PublishingOptions
    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup(title: "Common") var common: CommonOptions

    func run() async throws {
        let settings = try await common.settings(kafka, publishing)
        let logger = Logger(label: "mention-producer")
        let mapping: ColumnMapping
        do throws(FeedError) {
            mapping = try ColumnMapping(map)
        } catch {
            throw ProgramFailure(.usage, "--map: \(error)")
        }
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        var options = FeedOptions(
            // A mapping has no use but for CSV.
            format: format.format ?? (map.isEmpty ? nil : .csv),
            mapping: mapping,
            defaultSource: source,
            recordedAt: now
        )
        options.readsOriginals = originals == .publish
        var inputs: [InputFile] = []
        // All are opened first, so that a wrong path is known before anything is published.
        for path in files.isEmpty ? ["-"] : files { inputs.append(try InputFile(path, options)) }
        let how = try PublishingSettings(settings)
        let publisher = try await Publisher(try settings.kafka(), how, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await publisher.watch() }
            defer { tasks.cancelAll() }
            var run = FeedRun(publisher: publisher, key: how.key, logger: logger)
            try await run.publish(inputs)
        }
    }
}

/// Publishing the mentions of several inputs, one after the other.
private struct FeedRun {
    var publisher: Publisher
    let key: KeyKind
    let logger: Logger
    private var fingerprinter = Fingerprinter()
    private var audit = RepeatAudit()
    private var rejections: RejectionLog
    private var summary = RunSummary()

    init(publisher: Publisher, key: KeyKind, logger: Logger) {
        self.publisher = publisher
        self.key = key
        self.logger = logger
        rejections = RejectionLog(logger: logger)
    }

    mutating func publish(_ inputs: [InputFile]) async throws {
        do {
            for input in inputs where !Shutdown.process.isRequested { try await publish(input) }
        } catch {
            rejections.finish()
            return try await publisher.finish(summary, after: error)
        }
        publisher.clearProgress()
        rejections.finish()
        if audit.isSuspicious {
            logger.warning(
                "over 1 % of the ids come again with another text: are they mangled? build them from other columns, as --map id=hash(…)",
                metadata: ["ids": "\(audit.distinctIDs)", "repeating_with_other_text": "\(audit.repeatingIDs)"]
            )
        }
        try await publisher.finish(summary)
    }

    private mutating func publish(_ input: InputFile) async throws {
        var batch = FeedBatch()
        while !Shutdown.process.isRequested, let next = try await input.next(batch) {
            batch = next
            if !batch.rejections.isEmpty { publisher.clearProgress() }
            for rejection in batch.rejections { rejections.log(rejection, file: input.name) }
            for mention in batch.mentions {
                audit.see(mention.event, in: batch.arena)
                try await publisher.publish(
                    key: keyBytes(mention.event, batch.arena),
                    hasKey: key != .none,
                    value: batch.payloads[mention.payload],
                    timestampMilliseconds: nil
                )
            }
            summary.read += batch.mentions.count + batch.rejections.count
            summary.rejected += batch.rejections.count
            publisher.show(read: summary.read, rejected: summary.rejected)
        }
        let originals = await input.originals
        if originals > 0 {
            logger.info(
                "originals inside reposts were published too",
                metadata: ["file": "\(input.name)", "originals": "\(originals)"]
            )
        }
    }

    private mutating func keyBytes(_ event: MentionEvent, _ arena: ByteArena) -> [UInt8] {
        switch key {
        case .none: []
        case .sketch:
            RecordKey.sketch(fingerprinter.sketchKey(arena.bytes.span.extracting(event.text.indices)))
        case .id:
            Array(arena.bytes[event.source.indices]) + [0x3A] + arena.bytes[event.id.indices]
        }
    }
}

/// How keys are written.
enum RecordKey {
    /// A sketch in 16 hexadecimal digits.
    static func sketch(_ sketch: UInt64) -> [UInt8] {
        (0..<16).map { position in
            let nibble = UInt8(truncatingIfNeeded: sketch >> UInt64(60 - 4 * position)) & 15
            return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
        }
    }
}

/// Logs what could not be read: the first few one by one, all of it by reason in the end. Never with its text.
private struct RejectionLog {
    private static let shown = 20
    let logger: Logger
    private var count = 0
    private var byReason: [String: Int] = [:]

    init(logger: Logger) { self.logger = logger }

    mutating func log(_ rejection: FeedRejection, file: String) {
        count += 1
        byReason[rejection.fault.code, default: 0] += 1
        guard count <= Self.shown else { return }
        logger.warning(
            "not read: \(rejection.detail)",
            metadata: ["file": "\(file)", "at": "\(rejection.place)", "reason": "\(rejection.fault.code)"]
        )
    }

    func finish() {
        guard count > 0 else { return }
        let reasons = byReason.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        logger.warning("records that were not read", metadata: ["records": "\(count)", "reasons": "\(reasons)"])
    }
}
