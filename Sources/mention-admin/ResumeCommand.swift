import ArgumentParser
import Foundation
import KafkaClient
import Persistence
import Runtime

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets paused partitions go on.",
        discussion: """
            The breaker pauses a partition when most of its latest records are dead letters; then what has been read is \
            in the dead letters, and the rest waits in Kafka. Put right what feeds the topic, or the worker, and \
            resume: the breaker counts anew. Or take the rest as it comes, with --accept; what can't be read becomes \
            dead letters then, to be redriven later. To leave records out, use reset. A worker goes on within seconds; \
            it is written down in resume_audit.

            A partition that is paused because the topic was replaced or cut needs reset: resumed, it pauses again.

            Examples:
              mention-admin resume mentions                       # all that are paused
              mention-admin resume mentions 3 7 --accept all      # dead letters up to the end that stands now
              mention-admin resume mentions 3 --accept 1000 --reason "old format, known"
            """
    )

    @Argument(help: "The topic.") var resumedTopic: String
    @Argument(help: "The partitions (default: all that are paused).") var partitions: [Int32] = []
    @Option(
        help: ArgumentHelp("Dead letters to take as they come: within so many offsets, or all.", valueName: "n|all")
    )
    var accept: String?
    @Option(help: "Why, for the audit.") var reason: String?
    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup var options: AdminOptions

    func validate() throws {
        guard partitions.allSatisfy({ $0 >= 0 }) else { throw ValidationError("A partition is 0 or more.") }
        if let accept, accept != "all", (Int64(accept) ?? 0) <= 0 {
            throw ValidationError("--accept is a number of offsets from 1 on, or all.")
        }
    }

    func run() async throws {
        try await options.withDatabase(kafka, ["topic": resumedTopic] as Flags) { connection, settings in
            let group = try settings.string("group", default: "mention-farm")
            let progress = try await StatusReading.progress(connection, group: group, topic: resumedTopic)
            let paused = progress.filter { $0.paused != nil }
            let wanted = paused.filter { partitions.isEmpty || partitions.contains($0.partition) }
            if let missing = partitions.first(where: { number in !wanted.contains { $0.partition == number } }) {
                throw ProgramFailure(
                    .configuration,
                    "partition \(missing) of \(resumedTopic) is not paused for group \(group): `mention-admin status` lists "
                        + "those that are; check --group (MENTIONS_GROUP)"
                )
            }
            var ends: [TopicPartition: Watermarks] = [:]
            if accept == "all", !wanted.isEmpty {
                let inspector = try KafkaInspector(settings.kafka().configuration(clientID: "mention-admin"))
                ends = try await inspector.watermarks(
                    wanted.map { TopicPartition(resumedTopic, $0.partition) },
                    timeout: try options.patience(settings)
                )
                await inspector.close()
            }
            let accepted = wanted.map { row -> (partition: Int32, acceptBelow: Int64?) in
                let most = accept.flatMap(Int64.init).map { (row.nextOffset ?? 0).addingReportingOverflow($0) }
                let below = most.map { $0.overflow ? .max : $0.partialValue }
                return (row.partition, below ?? ends[TopicPartition(resumedTopic, row.partition)]?.high)
            }
            let outcomes = try await PartitionResume(
                group: group,
                topic: resumedTopic,
                partitions: accepted,
                by: "\(ProcessInfo.processInfo.userName)@\(ProcessInfo.processInfo.hostName)",
                reason: reason
            ).apply(on: connection)
            var report = Report("partition", "next", "accept_below", "was_paused")
            for outcome in outcomes {
                report.add(
                    .integer(Int64(outcome.partition)),
                    .integer(outcome.nextOffset),
                    .integer(outcome.acceptBelow),
                    .text(outcome.wasPaused)
                )
            }
            report.write(json: options.json, whenEmpty: "No partition of \(resumedTopic) is paused.")
        }
    }
}
