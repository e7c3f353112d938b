import ArgumentParser
import Classification
import FarmMetrics
import Foundation
import Ingestion
import KafkaClient
import Logging
import MentionModel
import MetricsServing
import ModelChoice
import Pipeline
import Runtime

/// The program `mention-worker`.
struct MentionWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-worker",
        abstract: "Takes mentions from Kafka, classifies, folds and scores them, and writes them to PostgreSQL.",
        discussion: """
            Any number of workers, on any number of machines, share a topic's partitions through their consumer group. \
            Every record has exactly one lasting effect, whatever is killed when.

            Examples:
              mention-worker --kafka-bootstrap-servers broker1:9092,broker2:9092 \\
                  --database-url postgresql://farm@db/mentions
              DATABASE_URL_FILE=/run/secrets/db KAFKA_BOOTSTRAP_SERVERS=broker:9093 mention-worker \\
                  --kafka-property security.protocol=SSL
              mention-worker --until-caught-up     # drain what is there now, print a summary, exit
              mention-worker --model new.mfm       # another model than the one that comes with the program
              mention-worker config check          # what is in effect, from where, and what is wrong
              mention-worker --metrics-address 0.0.0.0:9464    # metrics and health for other machines too

            Each option can also be set in the environment (MENTIONS_BATCH_RECORDS=8000) or in the file of --config.
            Exit codes: 0 done, 64 usage, 69 a service stayed away, 70 internal error, 75 a partition is paused for a
            fault, 78 configuration. SIGTERM or SIGINT drains and exits 0; a second one stops at once.
            """,
        subcommands: [ConfigCommand.self]
    )

    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup(title: "PostgreSQL") var database: DatabaseOptions
    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: SettingKey.untilCaughtUp.help)
    var untilCaughtUp = false

    @Option(help: SettingKey.start.help)
    var start: String?

    @Option(help: SettingKey.giveUpAfter.help)
    var giveUpAfter: String?

    @Option(help: SettingKey.batchRecords.help)
    var batchRecords: Int?

    @Option(help: SettingKey.batchBytes.help)
    var batchBytes: Int?

    @Option(help: SettingKey.batchLinger.help)
    var batchLinger: String?

    @Option(help: SettingKey.heldRecords.help)
    var heldRecords: Int?

    @Option(help: SettingKey.heldBytes.help)
    var heldBytes: Int?

    @Option(help: SettingKey.actionsTopic.help)
    var actionsTopic: String?

    @Option(help: SettingKey.copyMemory.help)
    var copyMemory: Int?

    @Option(help: SettingKey.width.help)
    var width: Int?

    @Option(help: SettingKey.breakerShare.help)
    var breakerShare: Int?

    @Option(help: SettingKey.breakerWindow.help)
    var breakerWindow: Int?

    @Option(help: SettingKey.sessionTimeout.help)
    var sessionTimeout: String?

    @Option(help: SettingKey.instanceID.help)
    var instanceId: String?

    @Flag(help: SettingKey.synchronousCommit.help)
    var synchronousCommit = false

    @Option(help: SettingKey.metricsAddress.help)
    var metricsAddress: String?

    @Flag(help: ArgumentHelp("Print docs/metrics.md.", visibility: .hidden))
    var metricsReference = false

    @OptionGroup(title: "General") var common: CommonOptions

    var ownFlags: Flags {
        [
            "until-caught-up": untilCaughtUp, "start": start, "give-up-after": giveUpAfter,
            "batch-records": batchRecords, "batch-bytes": batchBytes, "batch-linger": batchLinger,
            "held-records": heldRecords, "actions-topic": actionsTopic,
            "held-bytes": heldBytes, "copy-memory": copyMemory, "width": width, "session-timeout": sessionTimeout,
            "instance-id": instanceId,
            "synchronous-commit": synchronousCommit, "breaker-share": breakerShare, "breaker-window": breakerWindow,
            "metrics-address": metricsAddress,
        ]
    }

    /// What the command line, the environment and the file say.
    func settings() async throws -> Settings {
        try await common.settings(kafka, database, model, ownFlags)
    }

    func run() async throws {
        if metricsReference {
            StandardStream.output.write(MetricsReference.page())
            return
        }
        let settings = try await settings()
        let logger = Logger(label: "mention-worker")
        let address = try MetricsAddress(settings)
        var workerSettings = try Self.workerSettings(settings, logger: logger)
        let registry = MetricsRegistry()
        let observation = WorkerObservation(
            address == .off ? nil : registry,
            topic: workerSettings.topic,
            now: Self.now
        )
        workerSettings.observation = observation
        logger.info("model read", metadata: ["model_version": "\(workerSettings.classifier.modelVersion)"])
        let worker = FarmWorker(workerSettings, logger: logger, now: Self.now)
        let process = ProcessMetrics(registry)
        let server = MetricsServer(
            address,
            pages: MetricsPages(
                metrics: {
                    process.refresh()
                    await observation.refresh()
                    return registry.page()
                },
                health: { Self.verdict(await observation.liveness()) },
                readiness: { Self.verdict(await observation.readiness()) }
            ),
            logger: logger
        )
        let summary: WorkerSummary
        do {
            summary = try await server.serve { try await worker.run { await Shutdown.process.wait() } }
        } catch let failure as WorkerFailure {
            throw Self.programFailure(failure)
        }
        let rate = String(format: "%.1f", summary.recordsPerSecond)
        let seconds = String(format: "%.3f", summary.seconds)
        StandardStream.output.write(
            """
            {"records":\(summary.records),"new":\(summary.new),"redelivered":\(summary.redelivered),\
            "revisions":\(summary.revisions),"dead_letters":\(summary.deadLetters),\
            "near_pairs":\(summary.nearPairs),"actions":\(summary.actions),\
            "partitions":\(summary.partitions),"seconds":\(seconds),"records_per_second":\(rate)}

            """
        )
    }

    private static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    private static func verdict(_ report: HealthBook.Report) -> MetricsPages.Verdict {
        MetricsPages.Verdict(isWell: report.isWell, text: report.lines.joined(separator: "\n") + "\n")
    }

    static func workerSettings(_ settings: Settings, logger: Logger) throws -> WorkerSettings {
        let classifier = try settings.classifier()
        let kafka = try settings.kafka()
        var consumer = ConsumerOptions()
        consumer.sessionTimeout = try settings.duration(.sessionTimeout)
        consumer.instanceID = try settings.string(.instanceID)
        let host = ProcessInfo.processInfo.hostName
        let process = ProcessInfo.processInfo.processIdentifier
        let instant = Int64(Date().timeIntervalSince1970)
        var worker = WorkerSettings(
            kafka: kafka.configuration(clientID: "mention-worker", logger: logger),
            consumer: consumer,
            database: try settings.database().target,
            topic: kafka.topic,
            group: kafka.group,
            owner: "\(consumer.instanceID ?? host)/\(process)@\(instant)",
            seed: UInt64.random(in: 0 ... .max),
            classifier: classifier
        )
        worker.untilCaughtUp = try settings.bool(.untilCaughtUp)
        worker.giveUpAfter = try settings.optionalDuration(.giveUpAfter) ?? (worker.untilCaughtUp ? .seconds(60) : nil)
        worker.batchRecords = try settings.int(.batchRecords)
        worker.batchBytes = try settings.int(.batchBytes)
        worker.batchLinger = try settings.duration(.batchLinger)
        worker.heldRecords = try settings.int(.heldRecords)
        worker.heldBytes = try settings.int(.heldBytes)
        worker.copyMemory = try settings.int(.copyMemory)
        worker.actionsTopic = try settings.actionsTopic()
        worker.width = try settings.int(
            "width",
            default: min(8, ProcessInfo.processInfo.activeProcessorCount),
            in: 1...64
        )
        worker.breaker = Breaker.Limits(
            window: try settings.int(.breakerWindow),
            share: try settings.int(.breakerShare)
        )
        worker.synchronousCommit = try settings.bool(.synchronousCommit)
        worker.start = try start(settings)
        return worker
    }

    private static func start(_ settings: Settings) throws(ConfigurationError) -> StartPosition {
        switch try settings.string(.start) ?? "earliest" {
        case "earliest": return .earliest
        case "latest": return .latest
        case let text:
            guard let time = Timestamp.parse(rfc3339: text) else {
                throw ConfigurationError(
                    setting: "start",
                    place: try settings.place(of: "start"),
                    problem: "is no place to start",
                    remedy: "give earliest, latest or an RFC 3339 time such as 2026-01-31T00:00:00Z"
                )
            }
            return .time(milliseconds: time.microseconds / 1_000)
        }
    }

    private static func programFailure(_ failure: WorkerFailure) -> ProgramFailure {
        switch failure {
        case .refused(let sentence): return ProgramFailure(.configuration, sentence)
        case .unavailable(let sentence): return ProgramFailure(.unavailable, sentence)
        case .inconsistent(let sentence): return ProgramFailure(.internalError, sentence)
        case .paused(let partitions):
            let list = partitions.sorted { $0.key < $1.key }.map { "partition \($0.key): \($0.value)" }
            return ProgramFailure(.pausedForFault, "paused for a fault: " + list.joined(separator: "; "))
        }
    }
}
