import ArgumentParser
import Classification
import Foundation
import MentionModel
import ModelChoice
import Persistence
import PostgresClient
import Runtime

struct ReclassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclassify",
        abstract: "Gives stored mentions the verdict of another model; scores and sums follow.",
        discussion: """
            Only mentions that another model has judged are looked at. Each batch is one transaction with the ledger and \
            the hourly sums; what copies add to scores follows in the background. Workers may run meanwhile; give them \
            the model first, else the last lines say how many mentions they wrote without it. After an interruption, \
            kill -9 included, the same command goes on where it ended; one run at a time.

            Examples:
              mention-admin reclassify --dry-run                     # the shipped model, on a sample of 10000
              mention-admin reclassify                               # after an upgrade that brought a new model
              mention-admin reclassify --model new.mfm --brand Acme --since 2026-01-01
              mention-admin reclassify --model new.mfm --limit 100000 --batch 500

            The last line is one JSON object: {"examined":…,"changed":…,"others":…,"model_version":…,"seconds":…}; \
            others is null where the run was stopped before its end. SIGTERM ends it after the batch at hand.
            Exit codes: 0 done or stopped, 64 usage, 69 PostgreSQL went away or another run is at work, 78 a model that \
            can't be used.
            """
    )

    @OptionGroup(title: "Model") var model: ModelOptions
    @Flag(help: "Say what would change, from a sample, and change nothing.") var dryRun = false
    @Option(help: ArgumentHelp("Mentions that --dry-run looks at, 1…100000 (default: 10000).", valueName: "n"))
    var sample: Int?
    @Option(help: ArgumentHelp("Only mentions of this brand.", valueName: "name"))
    var brand: String?
    @Option(help: ArgumentHelp("Only mentions published since this day or time, UTC.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("End after so many mentions; the next run goes on there.", valueName: "n"))
    var limit: Int64?
    @Option(help: ArgumentHelp("Mentions of one transaction, 1…20000 (default: 2000).", valueName: "n"))
    var batch: Int?
    @OptionGroup var options: AdminOptions

    /// Connections that are lost one after the other without a batch in between.
    private static let patience = 5

    func validate() throws {
        if let sample, !(1...100_000).contains(sample) {
            throw ValidationError("--sample is a number from 1 to 100000.")
        }
        if sample != nil, !dryRun { throw ValidationError("--sample goes with --dry-run.") }
        if dryRun, limit != nil || batch != nil { throw ValidationError("--dry-run takes --sample for a limit.") }
        if let limit, limit < 1 { throw ValidationError("--limit is a number of at least 1.") }
        if let batch, !(1...20_000).contains(batch) { throw ValidationError("--batch is a number from 1 to 20000.") }
        if let since { _ = try PointInTime.microseconds(since, option: "--since") }
    }

    func run() async throws {
        let choice = Reclassify.Choice(
            brand: brand,
            since: try since.map { try PointInTime.microseconds($0, option: "--since") }
        )
        try await options.withDatabase(model) { connection, settings in
            let classifier = try settings.classifier()
            let begin = ContinuousClock.now
            if dryRun {
                let rehearsal = try await ReclassifyRehearsal.run(
                    classifier,
                    choice: choice,
                    sample: sample ?? 10_000,
                    on: connection
                )
                show(rehearsal, classifier, since: begin)
                return
            }
            let reclassify = Reclassify(
                classifier: classifier,
                choice: choice,
                batch: batch ?? 2_000,
                limit: limit ?? .max
            )
            try await work(reclassify, classifier, settings, first: connection, since: begin)
        }
    }

    /// Runs to the end, over fresh connections where one is lost.
    private func work(
        _ reclassify: Reclassify,
        _ classifier: any Classifier,
        _ settings: Settings,
        first: PostgresConnection,
        since begin: ContinuousClock.Instant
    ) async throws {
        var progress = Reclassify.Progress()
        var line = ProgressLine()
        var connection = first
        var lost = 0
        while true {
            let before = progress
            do {
                let end = try await reclassify.run(&progress, on: connection) { progress in
                    line.show(at: .now) { Self.words(progress, since: begin) }
                    return !Shutdown.process.isRequested
                }
                line.clear()
                let others = end == .stopped ? nil : try await reclassify.others(on: connection)
                finish(end, progress, others, classifier, since: begin)
                break
            } catch let error as PostgresError where error.failureClass == .transient && error.kind != .cancelled {
                line.clear()
                lost = progress == before ? lost + 1 : 1
                let isUsable = await connection.isUsable
                guard !isUsable, lost < Self.patience, !Shutdown.process.isRequested else { throw error }
                StandardStream.error.write("mention-admin: the connection to PostgreSQL was lost; going on\n")
                await connection.close()
                connection = try await AdminOptions.connect(
                    try settings.database(),
                    patience: try options.patience(settings)
                )
            }
        }
        await connection.close()
    }

    private static func words(_ progress: Reclassify.Progress, since begin: ContinuousClock.Instant) -> String {
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        let rate = Int(Double(progress.examined) / max(seconds, 0.001))
        let share = progress.goal > 0 ? 100 * progress.reached / progress.goal : 100
        return "\(share) %, \(progress.examined) mentions examined, \(progress.changed) changed, \(rate)/s"
    }

    private func finish(
        _ end: Reclassify.End,
        _ progress: Reclassify.Progress,
        _ others: [(version: String, count: Int64)]?,
        _ classifier: any Classifier,
        since begin: ContinuousClock.Instant
    ) {
        let count = others?.reduce(0) { $0 + $1.count }
        if end == .stopped {
            StandardStream.error.write("mention-admin: stopped after a batch; run it again for the rest\n")
        } else if let others, let count, count > 0 {
            let list = others.map { "\($0.count) by \(Visible.text($0.version))" }.joined(separator: ", ")
            let advice =
                end == .limit
                ? "run it again for them"
                : "written meanwhile by workers with another model: give them this one, then run it again"
            StandardStream.error.write(
                "mention-admin: \(count) mentions have the verdict of another model (\(list)): \(advice)\n"
            )
        }
        let seconds = String(format: "%.3f", (ContinuousClock.now - begin) / .seconds(1))
        StandardStream.output.write(
            """
            {"examined":\(progress.examined),"changed":\(progress.changed),"others":\(count.map { "\($0)" } ?? "null"),\
            "model_version":\(Self.quoted(classifier.modelVersion)),"seconds":\(seconds)}

            """
        )
    }

    private func show(
        _ rehearsal: ReclassifyRehearsal,
        _ classifier: any Classifier,
        since begin: ContinuousClock.Instant
    ) {
        let feelings: [(String, Sentiment?)] = [
            ("negative", .negative), ("neutral", .neutral), ("positive", .positive), ("unreadable", nil),
        ]
        var report = Report("before", "negative", "neutral", "positive", "unreadable")
        for (name, before) in feelings {
            func count(_ after: Sentiment?) -> Cell {
                .integer(rehearsal.moves[.init(before: before, after: after)] ?? 0)
            }
            report.add(.text(name), count(.negative), count(.neutral), count(.positive), count(nil))
        }
        report.write(json: options.json, whenEmpty: "")
        if !options.json {
            StandardStream.output.write(
                """

                A row is what is stored, a column what the model says. Of \(rehearsal.chosen) mentions that other \
                models have judged, \(rehearsal.examined) were looked at: \(rehearsal.changed) would change, \
                \(rehearsal.felt) of them in sentiment.

                """
            )
        }
        let seconds = String(format: "%.3f", (ContinuousClock.now - begin) / .seconds(1))
        StandardStream.output.write(
            """
            {"dry_run":true,"chosen":\(rehearsal.chosen),"examined":\(rehearsal.examined),\
            "would_change":\(rehearsal.changed),"would_change_sentiment":\(rehearsal.felt),\
            "model_version":\(Self.quoted(classifier.modelVersion)),"seconds":\(seconds)}

            """
        )
    }

    /// A JSON string: a model's name may hold anything.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string can always be encoded.
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
