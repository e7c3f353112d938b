import ArgumentParser
import Classification
import Foundation
import Ingestion
import KafkaClient
import Logging
import MentionModel
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

            Each option can also be set in the environment (MENTIONS_BATCH_RECORDS=8000) or in the file of --config.
            Exit codes: 0 done, 64 usage, 69 a service stayed away, 70 internal error, 75 a partition is paused for a
            fault, 78 configuration. SIGTERM or SIGINT drains and exits 0; a second one stops at once.
            """
    )

    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup(title: "PostgreSQL") var database: DatabaseOptions
    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: "End when all that is in the topic now is durable, whoever wrote it (gives up after 60s).")
    var untilCaughtUp = false

    @Option(
        help: ArgumentHelp("Where to start without progress: earliest, latest or an RFC 3339 time.", valueName: "place")
    )
    var start: String?

    @Option(
        help: ArgumentHelp("End when a service stays away for so long, e.g. 5m (default: never).", valueName: "time")
    )
    var giveUpAfter: String?

    @Option(help: ArgumentHelp("Most records of one transaction (default: 4000).", valueName: "n"))
    var batchRecords: Int?

    @Option(help: ArgumentHelp("Most payload bytes of one transaction (default: 8 MiB).", valueName: "bytes"))
    var batchBytes: Int?

    @Option(help: ArgumentHelp("How long a small batch waits for more (default: 15ms).", valueName: "time"))
    var batchLinger: String?

    @Option(help: ArgumentHelp("Most records held in memory (default: 24000).", valueName: "n"))
    var heldRecords: Int?

    @Option(help: ArgumentHelp("Most payload bytes held in memory (default: 64 MiB).", valueName: "bytes"))
    var heldBytes: Int?

    @Option(
        help: ArgumentHelp(
            "The topic of decisions and signals (MENTION_ACTIONS_TOPIC; default: mention-actions; \"\": publish nothing).",
            valueName: "name"
        )
    )
    var actionsTopic: String?

    @Option(
        help: ArgumentHelp(
            "Memory for finding near copies, half for what arrives, half for the background step (default: 128 MiB; 0: only the same words are found).",
            valueName: "bytes"
        )
    )
    var copyMemory: Int?

    @Option(
        help: ArgumentHelp("Chunks prepared side by side (default: the number of cores, at most 8).", valueName: "n")
    )
    var width: Int?

    @Option(
        help: ArgumentHelp(
            "Pause a partition when more than this percent of its last records are dead letters (default: 50; 100: never).",
            valueName: "percent"
        )
    )
    var breakerShare: Int?

    @Option(help: ArgumentHelp("How many of the last records the breaker looks at (default: 400).", valueName: "n"))
    var breakerWindow: Int?

    @Option(help: ArgumentHelp("Group session timeout (default: 10s; brokers take 6s or more).", valueName: "time"))
    var sessionTimeout: String?

    @Option(
        help: ArgumentHelp(
            "Static membership: keeps the partitions through a restart, but also until the session timeout after a stop.",
            valueName: "id"
        )
    )
    var instanceId: String?

    @Flag(help: "Have PostgreSQL flush its log at each commit. Not needed for exactly once: what it loses is replayed.")
    var synchronousCommit = false

    @OptionGroup(title: "General") var common: CommonOptions

    private var ownFlags: Flags {
        [
            "until-caught-up": untilCaughtUp, "start": start, "give-up-after": giveUpAfter,
            "batch-records": batchRecords, "batch-bytes": batchBytes, "batch-linger": batchLinger,
            "held-records": heldRecords, "actions-topic": actionsTopic,
            "held-bytes": heldBytes, "copy-memory": copyMemory, "width": width, "session-timeout": sessionTimeout,
            "instance-id": instanceId,
            "synchronous-commit": synchronousCommit, "breaker-share": breakerShare, "breaker-window": breakerWindow,
        ]
    }

    func run() async throws {
        let settings = try await common.settings(kafka, database, model, ownFlags)
        let logger = Logger(label: "mention-worker")
        let workerSettings = try Self.workerSettings(settings, logger: logger)
        logger.info("model read", metadata: ["model_version": "\(workerSettings.classifier.modelVersion)"])
        let worker = FarmWorker(workerSettings, logger: logger) {
            Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        }
        let summary: WorkerSummary
        do {
            summary = try await worker.run { await Shutdown.process.wait() }
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

    private static func workerSettings(_ settings: Settings, logger: Logger) throws -> WorkerSettings {
        let classifier = try settings.classifier()
        let kafka = try settings.kafka()
        var consumer = ConsumerOptions()
        consumer.sessionTimeout = try settings.duration(
            "session-timeout",
            default: .seconds(10),
            in: .seconds(1) ... .seconds(1_800)
        )
        consumer.instanceID = try settings.string("instance-id")
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
        worker.untilCaughtUp = try settings.bool("until-caught-up")
        worker.giveUpAfter = try settings.duration("give-up-after") ?? (worker.untilCaughtUp ? .seconds(60) : nil)
        worker.batchRecords = try settings.int("batch-records", default: worker.batchRecords, in: 1...100_000)
        worker.batchBytes = try settings.int("batch-bytes", default: worker.batchBytes, in: 65_536...1_073_741_824)
        worker.batchLinger = try settings.duration(
            "batch-linger",
            default: worker.batchLinger,
            in: .zero ... .seconds(10)
        )
        worker.heldRecords = try settings.int("held-records", default: worker.heldRecords, in: 1...10_000_000)
        worker.heldBytes = try settings.int("held-bytes", default: worker.heldBytes, in: 1_048_576...8_589_934_592)
        worker.copyMemory = try settings.int("copy-memory", default: worker.copyMemory, in: 0...8_589_934_592)
        worker.actionsTopic = try settings.actionsTopic()
        worker.width = try settings.int(
            "width",
            default: min(8, ProcessInfo.processInfo.activeProcessorCount),
            in: 1...64
        )
        worker.breaker = Breaker.Limits(
            window: try settings.int("breaker-window", default: worker.breaker.window, in: 1...1_000_000),
            share: try settings.int("breaker-share", default: worker.breaker.share, in: 1...100)
        )
        worker.synchronousCommit = try settings.bool("synchronous-commit")
        worker.start = try start(settings)
        return worker
    }

    private static func start(_ settings: Settings) throws(ConfigurationError) -> StartPosition {
        switch try settings.string("start", default: "earliest") {
        case "earliest": return .earliest
        case "latest": return .latest
        case let text:
            guard let time = Timestamp.parse(rfc3339: text) else {
                throw ConfigurationError(
                    setting: "start",
                    place: .nowhere,
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
