import ArgumentParser
import Classification
import Foundation
import Ingestion
import KafkaClient
import MentionModel
import ModelChoice
import Persistence
import PostgresClient
import Runtime

struct DeadLettersRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Tries dead letters again, in place, and says what became of each.",
        discussion: """
            The stored payload is decoded and written as a worker would have written it, and the counters follow: the \
            record becomes a new mention, a re-delivery or a revision, and stays where it was in Kafka. Nothing is \
            published. Workers may run meanwhile. What still can't be read stays open, with its reason.
            Where only the head of a record was kept (it was over 1 MiB), it is read again from Kafka: give \
            --kafka-bootstrap-servers. A tombstone has nothing to try again: give a payload with --edit.

            Examples:
              mention-admin dead-letters redrive --reason rejected_by_database --dry-run
              mention-admin dead-letters redrive --all --since 2026-01-31 --as ada
              mention-admin dead-letters redrive 17 --edit corrected.json
              mention-admin dead-letters export 17 | jq -r .payload | base64 -d | sed s/31.1./2026-01-31/ |
                  mention-admin dead-letters redrive 17 --edit -

            Exit codes: 0 when all that were chosen were tried, also where some stay open: the last line counts them
            (with --json as "still_open"). 64 for an id that does not exist; then nothing was tried. 69 when \
            PostgreSQL went away: what was shown is done, run it again for the rest.
            """
    )

    @OptionGroup var change: LetterChangeOptions
    @Flag(help: "Say what would come of it, and change nothing.") var dryRun = false
    @Option(
        help: ArgumentHelp(
            "Take this file's content for the payload of the one dead letter that is named (- for standard input).",
            valueName: "file"
        )
    )
    var edit: String?
    @OptionGroup(title: "Kafka") var kafka: KafkaAddressOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if edit != nil, change.letters.ids.count != 1 {
            throw ValidationError("--edit goes with the id of one dead letter.")
        }
    }

    func run() async throws {
        let edited = try edit.map { [UInt8](try InputData.read($0)) }
        try await options.withDatabase(kafka, model) { connection, settings in
            try await change.letters.checkIDs(on: connection)
            let classifier = try settings.classifier()
            let originals = try originals(settings)
            let preparation = LetterPreparation(classifier: classifier, originals: originals)
            let redrive = DeadLetterRedrive(
                by: change.who,
                modelVersion: classifier.modelVersion,
                edit: edited,
                isRehearsal: dryRun
            ) {
                Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
            }
            let outcome: Result<DeadLetterRedrive.Totals, any Error>
            do {
                let totals = try await redrive.run(
                    try change.letters.selection(),
                    limit: change.limit ?? .max,
                    on: connection
                ) { letters in
                    try await preparation.prepare(letters, on: connection)
                } report: { results in
                    Self.report(results).write(json: options.json, whenEmpty: "")
                    guard Shutdown.process.isRequested else { return true }
                    StandardStream.error.write("mention-admin: stopped; run it again for the rest\n")
                    return false
                }
                outcome = .success(totals)
            } catch {
                outcome = .failure(error)
            }
            await originals?.close()
            show(try outcome.get())
        }
    }

    /// Where records are read again that were not kept whole; nil where no Kafka is named.
    private func originals(_ settings: Settings) throws -> OriginalRecords? {
        guard try settings.string("kafka-bootstrap-servers") != nil else { return nil }
        let kafka = try settings.kafka()
        return OriginalRecords(
            kafka.configuration(clientID: "mention-admin"),
            group: kafka.group,
            timeout: try options.patience(settings)
        )
    }

    private static func report(_ results: [DeadLetterRedrive.Result]) -> Report {
        var report = Report("id", "kafka_topic", "kafka_partition", "kafka_offset", "reason", "result", "detail")
        for result in results {
            let (word, detail) = words(result.became)
            report.add(
                .integer(result.row.id),
                .text(result.row.topic),
                .integer(Int64(result.row.partition)),
                .integer(result.row.offset),
                .text(result.row.reason),
                .text(word),
                .text(detail)
            )
        }
        return report
    }

    /// What became of a letter, and why.
    private static func words(_ became: DeadLetterRedrive.Became) -> (String, String?) {
        switch became {
        case .redriven(let outcome): (outcome.rawValue, nil)
        case .rejected(let rejection) where rejection.reason == .tombstone:
            (rejection.reason.rawValue, "\(rejection.detail): give one with --edit FILE")
        case .rejected(let rejection): (rejection.reason.rawValue, rejection.detail)
        case .unavailable(let why): ("unavailable", why)
        case .resolved(let status): ("already_\(status)", nil)
        }
    }

    private func show(_ totals: DeadLetterRedrive.Totals) {
        if options.json {
            var report = Report(
                "chosen",
                "new",
                "redelivered",
                "revisions",
                "still_open",
                "resolved_before",
                "dry_run"
            )
            report.add(
                .integer(totals.chosen),
                .integer(totals.new),
                .integer(totals.redelivered),
                .integer(totals.revisions),
                .integer(totals.stillOpen),
                .integer(totals.resolvedBefore),
                .flag(dryRun)
            )
            report.write(json: true, whenEmpty: "")
            return
        }
        guard totals.chosen > 0 else {
            StandardStream.output.write("There are no such dead letters open.\n")
            return
        }
        StandardStream.output.write(
            """

            \(dryRun ? "Would become" : "Became"): \(totals.new) new, \(totals.redelivered) redelivered, \
            \(totals.revisions) revisions. \(totals.stillOpen) still open, \(totals.resolvedBefore) resolved before; \
            \(totals.chosen) in all.

            """
        )
    }
}
