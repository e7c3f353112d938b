import ArgumentParser
import Foundation
import KafkaClient
import Persistence
import PostgresClient
import Runtime

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the schema, the workers, the totals, rates and lag, and whether more workers would help.",
        discussion: """
            Workers are told by the partitions that they hold. The third table says what counts as a copy, when the farm
            last looked for copies that had escaped its indexes, and from when to when mentions were published for which
            it still has to (nothing: it has looked); then what escaped, by cause, since the beginning. The last two
            compare two looks, --interval apart: rates, lag and its trend (where Kafka's brokers are set), and what would
            help: workers, partitions, PostgreSQL. --watch shows them again and again until Ctrl-C.

            Examples:
              mention-admin status
              mention-admin status --watch --interval 10s
              mention-admin status --json --interval 0s     # one look, no rates
            """
    )

    @Flag(help: "Show workers, rates, lag and advice again and again.")
    var watch = false
    @Option(help: ArgumentHelp("Time between two looks (default: 1s; with --watch 5s).", valueName: "time"))
    var interval: String?
    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup var options: AdminOptions

    private func pause() throws -> Duration {
        guard let interval else { return watch ? .seconds(5) : .seconds(1) }
        guard let pause = Settings.parseDuration(interval), pause <= .seconds(3_600),
            pause >= (watch ? .milliseconds(200) : .zero)
        else { throw ValidationError("--interval is a time such as 5s, from \(watch ? "200ms" : "0s") to 1h.") }
        return pause
    }

    func validate() throws { _ = try pause() }

    /// Rates, lag and advice, once or for ever.
    private func showLoads(_ connection: PostgresConnection, _ settings: Settings) async throws {
        let pause = try pause()
        var view = try FarmView(connection, settings)
        do {
            repeat {
                let loads = try await view.loads(over: pause)
                if watch, Shutdown.process.isRequested { break }
                if watch { try await showHead(connection) }
                FarmView.show(loads, json: options.json)
            } while watch && !Shutdown.process.isRequested
        } catch {
            await view.close()
            throw error
        }
        await view.close()
    }

    /// The time and the workers, on a fresh screen where there is one.
    private func showHead(_ connection: PostgresConnection) async throws {
        let members = try await StatusReading.members(connection)
        if !options.json {
            let clears = Terminal(.output).isTerminal
            StandardStream.output.write((clears ? "\u{1B}[H\u{1B}[2J" : "\n") + "\(Date.now.ISO8601Format())\n\n")
        }
        show(members)
        if !options.json { StandardStream.output.write("\n") }
    }

    private func show(_ members: [FarmMember]) {
        var workers = Report("group", "worker", "partitions", "paused", "seconds_since_advance")
        for member in members {
            workers.add(
                .text(member.group),
                .text(member.owner),
                .integer(member.partitions),
                .integer(member.paused),
                .real(member.secondsSinceAdvance, digits: 1)
            )
        }
        workers.write(json: options.json, whenEmpty: "No worker holds a partition.")
    }

    func run() async throws {
        try await options.withDatabase(kafka) { connection, settings in
            if watch { return try await showLoads(connection, settings) }
            let totals = try await StatusReading.totals(connection)
            let members = try await StatusReading.members(connection)
            let progress = try await StatusReading.progress(connection)
            let paused = progress.filter { $0.paused != nil }
            var summary = Report(
                "schema",
                "records",
                "mentions",
                "redelivered",
                "revisions",
                "dead_letters",
                "clusters",
                "clustered",
                "brands",
                "partitions",
                "paused",
                "megabytes"
            )
            summary.add(
                .integer(Int64(Schema.version)),
                .integer(totals.records),
                .integer(totals.newMentions),
                .integer(totals.redeliveries),
                .integer(totals.revisions),
                .integer(totals.deadLetters),
                .integer(totals.clusters),
                .integer(totals.clusteredMentions),
                .integer(totals.brands),
                .integer(Int64(progress.count)),
                .integer(Int64(paused.count)),
                .integer(totals.bytes / 1_048_576)
            )
            summary.write(json: options.json, whenEmpty: "")
            if !options.json { StandardStream.output.write("\n") }
            show(members)
            if let standing = try await CopyReading.standing(connection) { show(standing) }
            if let depth = try await Outbox.depth(connection) { show(depth) }
            if !paused.isEmpty {
                if !options.json { StandardStream.output.write("\n") }
                var faults = Report("group", "topic", "partition", "paused")
                for row in paused {
                    faults.add(.text(row.group), .text(row.topic), .integer(Int64(row.partition)), .text(row.paused))
                }
                faults.write(json: options.json, whenEmpty: "")
            }
            if !options.json, !progress.isEmpty { StandardStream.output.write("\n") }
            try await showLoads(connection, settings)
        }
    }
}

extension Status {
    private func show(_ depth: OutboxDepth) {
        if !options.json { StandardStream.output.write("\n") }
        var outbox = Report("outbox", "oldest_seconds")
        outbox.add(.integer(depth.rows), .real(depth.oldest, digits: 1))
        outbox.write(json: options.json, whenEmpty: "")
    }

    private func show(_ standing: CopyStanding) {
        if !options.json { StandardStream.output.write("\n") }
        var copies = Report(
            "copy_threshold",
            "copy_window_days",
            "reconciled_at",
            "pairs_found",
            "copy_debt_from",
            "copy_debt_to"
        )
        copies.add(
            .real(Double(standing.setting.threshold) / 10_000, digits: 4),
            .real(Double(standing.setting.window) / 86_400),
            .time(standing.reconciledAt),
            .integer(standing.pairsFound),
            .time(standing.debtFrom),
            .time(standing.debtTo)
        )
        copies.write(json: options.json, whenEmpty: "")
        guard !standing.escapes.isEmpty else { return }
        if !options.json { StandardStream.output.write("\n") }
        var escapes = Report("copy_escape", "texts")
        for escape in standing.escapes { escapes.add(.text(escape.cause), .integer(escape.texts)) }
        escapes.write(json: options.json, whenEmpty: "")
    }
}

struct Lag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how far each partition is behind.",
        discussion: """
            The place is that of PostgreSQL, which is the true one; the ends come from Kafka.

            Examples:
              mention-admin lag --kafka-bootstrap-servers broker:9092
              mention-admin lag --topic mentions --group mention-farm --json
            """
    )

    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase(kafka) { connection, settings in
            let kafka = try settings.kafka()
            let progress = try await StatusReading.progress(connection, group: kafka.group, topic: kafka.topic)
            let places = Dictionary(progress.map { ($0.partition, $0) }, uniquingKeysWith: { $1 })
            let inspector = try KafkaInspector(kafka.configuration(clientID: "mention-admin"))
            let patience = try options.patience(settings)
            let count = try await inspector.partitionCount(topic: kafka.topic, timeout: patience)
            let partitions = (0..<count).map { TopicPartition(kafka.topic, $0) }
            let marks = try await inspector.watermarks(partitions, timeout: patience)
            await inspector.close()
            var report = Report("partition", "next", "low", "high", "lag", "owner", "advanced_at", "paused")
            var total: Int64 = 0
            for partition in partitions {
                let place = places[partition.partition]
                let low = marks[partition]?.low ?? 0
                let high = marks[partition]?.high ?? 0
                let lag = max(0, high - (place?.nextOffset ?? low))
                total += lag
                report.add(
                    .integer(Int64(partition.partition)),
                    .integer(place?.nextOffset),
                    .integer(low),
                    .integer(high),
                    .integer(lag),
                    .text(place?.owner),
                    .time(place?.advancedAt),
                    .text(place?.paused)
                )
            }
            report.write(json: options.json, whenEmpty: "The topic has no partitions.")
            if !options.json { StandardStream.output.write("\nTotal lag: \(total)\n") }
        }
    }
}

struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves a group's place in a partition, after a loss in Kafka.",
        discussion: """
            For a partition that is paused because Kafka no longer holds what was to be read next, or holds other \
            records than before. It is written down in reset_audit; a worker goes on within seconds.

            Examples:
              mention-admin reset mentions 7 --to-earliest --reason "topic was made again"
              mention-admin reset mentions 7 --to-offset 120000
            """
    )

    @Argument(help: "The topic.") var resetTopic: String
    @Argument(help: "The partition.") var partition: Int32
    @Option(help: "To this offset.") var toOffset: Int64?
    @Flag(help: "To the first record that Kafka holds.") var toEarliest = false
    @Flag(help: "To the end: what is there now is left out.") var toLatest = false
    @Option(help: "Why, for the audit.") var reason: String?
    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup var options: AdminOptions

    func validate() throws {
        let places = [toOffset != nil, toEarliest, toLatest].filter { $0 }.count
        guard places == 1 else { throw ValidationError("Give one of --to-offset, --to-earliest and --to-latest.") }
        if let toOffset, toOffset < 0 { throw ValidationError("--to-offset is 0 or more.") }
        guard partition >= 0 else { throw ValidationError("A partition is 0 or more.") }
    }

    func run() async throws {
        try await options.withDatabase(kafka, ["topic": resetTopic] as Flags) { connection, settings in
            let group = try settings.string("group", default: "mention-farm")
            let offset: Int64
            if let toOffset {
                offset = toOffset
            } else {
                let kafka = try settings.kafka()
                let inspector = try KafkaInspector(kafka.configuration(clientID: "mention-admin"))
                let place = TopicPartition(resetTopic, partition)
                let marks = try await inspector.watermarks([place], timeout: try options.patience(settings))
                await inspector.close()
                offset = (toEarliest ? marks[place]?.low : marks[place]?.high) ?? 0
            }
            let reset = OffsetReset(
                group: group,
                topic: resetTopic,
                partition: partition,
                offset: offset,
                by: Operator.name,
                reason: reason
            )
            guard let outcome = try await reset.apply(on: connection) else {
                throw ProgramFailure(
                    .configuration,
                    "group \(group) has no progress in \(resetTopic)/\(partition): check the names; where there is none, "
                        + "the worker's --start decides"
                )
            }
            var report = Report("old_offset", "new_offset", "incarnation")
            report.add(.integer(outcome.oldOffset), .integer(outcome.newOffset), .integer(Int64(outcome.incarnation)))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}
