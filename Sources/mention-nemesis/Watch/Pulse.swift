import Foundation
import KafkaClient
import Persistence
import PostgresClient

/// Looks at the farm several times a second, over connections of its own that no fault is aimed at.
actor Pulse {
    /// What was seen last.
    struct View: Sendable {
        var partitions: [PartitionPulse] = []
        var ends: [Int32: Int64] = [:]
        /// Partitions of which the broker has dropped records.
        var cut: Set<Int32> = []
        var rate = 0.0
        var at = 0.0

        var records: Int64 { partitions.reduce(0) { $0 + $1.records } }
        var held: Int { partitions.count { $0.owner != nil } }
        /// Records that wait.
        var lag: Int64 {
            let next = Dictionary(uniqueKeysWithValues: partitions.map { ($0.partition, $0.nextOffset ?? 0) })
            return ends.reduce(0) { $0 + max(0, $1.value - (next[$1.key] ?? 0)) }
        }
        /// Whether everything that is known to be there has been read.
        var isThrough: Bool { !ends.isEmpty && lag == 0 }
    }

    private static let interval = Duration.milliseconds(250)

    private let target: PostgresTarget
    private let inspector: KafkaInspector
    private let topic: String
    private let group: String
    private let partitions: Int
    private let chronicle: Chronicle
    private var watch = FarmWatch()
    private var alone: Set<Int> = []
    private var connection: PostgresConnection?
    private(set) var view = View()
    private var turns = 0
    private var lastEntry: (at: Double, records: Int64)?

    init(
        database: String,
        kafka: KafkaConfiguration,
        topic: String,
        group: String,
        partitions: Int,
        chronicle: Chronicle
    ) throws {
        target = PostgresTarget(url: database)
        inspector = try KafkaInspector(kafka)
        self.topic = topic
        self.group = group
        self.partitions = partitions
        self.chronicle = chronicle
    }

    /// Which faults are measured undisturbed.
    func setAlone(_ numbers: Set<Int>) { alone = numbers }

    /// Looks until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            if turns % 4 == 0 { await lookAtEnds() }
            turns += 1
            await look()
            try? await Task.sleep(for: Self.interval)
        }
        await connection?.close()
        await inspector.close()
    }

    /// A worker no longer serves its partitions.
    func lost(process: Int32, fault: Int, at time: Double) { watch.lost(process: process, fault: fault, at: time) }

    /// PostgreSQL takes connections again.
    func databaseIsBack(fault: Int, at time: Double) { watch.databaseIsBack(fault: fault, at: time) }

    /// The first record is about to come.
    func startStalls() { watch.startStalls(at: chronicle.now) }

    /// The longest time in which nothing moved.
    var longestStall: Double { watch.longestStall }

    /// Waits until a view fulfils a condition; false when it did not within the limit.
    func waits(within limit: Duration, for condition: @Sendable (View) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while !condition(view) {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return true
    }

    /// How the partitions stand at this instant; nil when the server is away.
    func standings() async -> [PartitionPulse]? {
        do throws(PostgresError) {
            return try await FarmPulse.read(
                group: group,
                topic: topic,
                on: try await connected(),
                timeout: .seconds(3)
            )
        } catch {
            // The next look makes the connection again.
            return nil
        }
    }

    private func lookAtEnds() async {
        let all = (0..<Int32(partitions)).map { TopicPartition(topic, $0) }
        // The broker may be down: what was known of it stays.
        guard let marks = try? await inspector.watermarks(all, timeout: .seconds(1)) else { return }
        for (partition, mark) in marks {
            view.ends[partition.partition] = mark.high
            if mark.low > 0 { view.cut.insert(partition.partition) }
        }
    }

    private func look() async {
        do throws(PostgresError) {
            let connection = try await connected()
            let rows = try await FarmPulse.read(group: group, topic: topic, on: connection, timeout: .seconds(3))
            take(rows)
        } catch {
            // The server is away: the next look tries again.
            await connection?.close()
            connection = nil
        }
    }

    private func connected() async throws(PostgresError) -> PostgresConnection {
        if let connection, await connection.isUsable { return connection }
        await connection?.close()
        connection = nil
        let fresh = try await PostgresConnection.connect(
            target,
            applicationName: "mention-nemesis pulse",
            timeout: .seconds(2)
        )
        connection = fresh
        return fresh
    }

    private func take(_ rows: [PartitionPulse]) {
        let now = chronicle.now
        // The server's clock is this machine's.
        let shift = now - Date().timeIntervalSince1970
        view.partitions = rows
        view.at = now
        var standings: [Int32: FarmWatch.Standing] = [:]
        for row in rows {
            standings[row.partition] = FarmWatch.Standing(
                epoch: row.epoch,
                next: row.nextOffset ?? 0,
                owner: row.owner,
                advanced: row.advancedAt.map { Double($0) / 1_000_000 + shift }
            )
        }
        for recovery in watch.take(FarmWatch.Sample(at: now, partitions: standings, ends: view.ends)) {
            chronicle.add(
                Chronicle.RecoveryEntry(
                    kind: recovery.isTakeover ? .takeover : .database,
                    fault: recovery.fault,
                    seconds: recovery.seconds,
                    isAlone: alone.contains(recovery.fault)
                )
            )
        }
        let records = view.records
        let last = lastEntry ?? (now, records)
        guard lastEntry == nil || now - last.at >= 0.5 else { return }
        lastEntry = (now, records)
        view.rate = now > last.at ? Double(records - last.records) / (now - last.at) : 0
        chronicle.add(
            Chronicle.SampleEntry(at: now, records: records, rate: view.rate, lag: view.lag, held: view.held)
        )
    }
}
