import Foundation
import KafkaClient
import Persistence
import PostgresClient
import Runtime

/// Two looks at a farm, some time apart, and what follows from them.
struct FarmView {
    /// One look.
    private struct Look {
        var at: ContinuousClock.Instant
        var progress: [PartitionProgress]
        /// Lag by partition, of the topic that Kafka was asked for.
        var lags: [Int32: Int64]?
    }

    private let connection: PostgresConnection
    private let kafka: KafkaSettings?
    private let inspector: KafkaInspector?
    private var last: Look?
    private var isKafkaSaid = false

    /// Asks Kafka too where its brokers are set.
    init(_ connection: PostgresConnection, _ settings: Settings) throws {
        self.connection = connection
        guard try settings.string("kafka-bootstrap-servers") != nil else {
            kafka = nil
            inspector = nil
            return
        }
        let kafka = try settings.kafka()
        self.kafka = kafka
        inspector = try KafkaInspector(kafka.configuration(clientID: "mention-admin"))
    }

    func close() async { await inspector?.close() }

    /// Looks, waits for `interval` (or until the program is to end), looks again. The second look is the first one of
    /// the next call.
    mutating func loads(over interval: Duration) async throws -> [FarmLoad] {
        let before: Look
        if let last { before = last } else { before = try await look() }
        var sessions = try await WorkerSessions.look(connection)
        let end = before.at + interval
        while .now < end, !Shutdown.process.isRequested {
            try await Task.sleep(for: min(.milliseconds(100), end - .now))
            let seen = try await WorkerSessions.look(connection)
            sessions.writers.add(seen.writers)
            sessions.workers = seen.workers
        }
        let after = interval > .zero ? try await look() : before
        last = after
        return Self.loads(before, after, sessions, topic: kafka?.topic)
    }

    private mutating func look() async throws -> Look {
        let progress = try await StatusReading.progress(connection)
        var look = Look(at: .now, progress: progress)
        guard let kafka, let inspector else { return look }
        do throws(KafkaError) {
            let count = try await inspector.partitionCount(topic: kafka.topic, timeout: .seconds(3))
            let partitions = (0..<count).map { TopicPartition(kafka.topic, $0) }
            let marks = try await inspector.watermarks(partitions, timeout: .seconds(3))
            let places = Dictionary(
                progress.filter { $0.group == kafka.group && $0.topic == kafka.topic }.map { ($0.partition, $0) },
                uniquingKeysWith: { $1 }
            )
            var lags: [Int32: Int64] = [:]
            for (partition, mark) in marks {
                let next = places[partition.partition]?.nextOffset ?? mark.low
                lags[partition.partition] = max(0, mark.high - next)
            }
            look.lags = lags
        } catch {
            if !isKafkaSaid {
                isKafkaSaid = true
                StandardStream.error.write("mention-admin: the lag is not known: \(error.programFailure.message)\n")
            }
        }
        return look
    }

    private static func loads(_ before: Look, _ after: Look, _ sessions: WorkerSessions, topic: String?) -> [FarmLoad] {
        let seconds = (after.at - before.at) / .seconds(1)
        func key(_ row: PartitionProgress) -> [String] { [row.group, row.topic] }
        let earlier = Dictionary(grouping: before.progress, by: key)
        let owners = Set(after.progress.compactMap { $0.owner?.split(separator: "/").last.map(String.init) })
        let idle = sessions.workers.subtracting(owners).count
        let groups = Dictionary(grouping: after.progress, by: key).sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return groups.map { names, rows in
            var load = FarmLoad(group: names[0], topic: names[1])
            load.partitions = rows.count
            load.held = rows.filter { $0.owner != nil }.count
            load.paused = rows.filter { $0.paused != nil }.count
            load.workers = Set(rows.compactMap(\.owner)).count
            // Which group a worker without a partition belongs to is not to be seen.
            load.idleWorkers = groups.count == 1 ? idle : 0
            load.writers = sessions.writers
            if seconds > 0 {
                let records = rows.reduce(0) { $0 + $1.records }
                let former = (earlier[names] ?? []).reduce(0) { $0 + $1.records }
                load.recordsPerSecond = Double(max(0, records - former)) / seconds
            }
            guard names[1] == topic, let lags = after.lags else { return load }
            load.partitions = max(load.partitions, lags.count)
            let lag = lags.values.reduce(0, +)
            load.lag = lag
            if lag > 0 { load.largestShare = Double(lags.values.max() ?? 0) / Double(lag) }
            if seconds > 0, let former = before.lags {
                load.lagPerSecond = Double(lag - former.values.reduce(0, +)) / seconds
            }
            return load
        }
    }

    /// Two tables: how groups stand, and what is advised.
    static func show(_ loads: [FarmLoad], json: Bool) {
        guard !loads.isEmpty else { return }
        var rates = Report(
            "group",
            "topic",
            "partitions",
            "held",
            "workers",
            "idle_workers",
            "records_per_second",
            "lag",
            "lag_per_second",
            "trend"
        )
        var advice = Report("group", "topic", "advice", "text")
        for load in loads {
            rates.add(
                .text(load.group),
                .text(load.topic),
                .integer(Int64(load.partitions)),
                .integer(Int64(load.held)),
                .integer(Int64(load.workers)),
                .integer(Int64(load.idleWorkers)),
                .real(load.recordsPerSecond, digits: 0),
                .integer(load.lag),
                .real(load.lagPerSecond, digits: 0),
                .text(load.trend)
            )
            for piece in ScalingAdvice.advice(for: load) {
                advice.add(.text(load.group), .text(load.topic), .text(piece.kind.rawValue), .text(piece.text))
            }
        }
        rates.write(json: json, whenEmpty: "")
        if !json { StandardStream.output.write("\n") }
        advice.write(json: json, whenEmpty: "")
    }
}
