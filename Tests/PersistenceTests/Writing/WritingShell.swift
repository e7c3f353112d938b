import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

/// A worker's database side without Kafka: lanes, deliveries, a writer, and a connection that is made again.
actor WritingShell {
    static let topic = "writing"
    static let group = "writing-group"
    static let model = model(0)
    static let applicationName = "writing shell"

    /// The name of the model that ``WritingPreparation/verdict(_:turn:)`` is at a turn.
    static func model(_ turn: Int) -> String { "writing-\(turn + 1)" }

    private let turn: Int
    private let triage: TriagePolicy?
    private let database: TestDatabase
    private let claims: PartitionClaims
    private let topicNumber: Int32
    private let writer: BatchWriter
    private var lanes = LaneTable(maximumRecords: .max, maximumBytes: .max)
    private var connection: PostgresConnection?
    private var lastTurn: Int32 = -1
    /// Records that the database refused, by SQLSTATE.
    private(set) var refused: [String: Int] = [:]
    /// Attempts that did not end with a confirmed commit.
    private(set) var failures: [WriteResult] = []
    /// Counts of the batches that were confirmed or found committed.
    private(set) var counted = StepCounts()

    /// Registers what the log expects of the database, once.
    static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            script: "INSERT INTO brand (name, registered) VALUES ('\(WritingPreparation.matchedBrand)', true)"
        )
    }

    init(
        _ database: TestDatabase,
        _ control: PostgresConnection,
        slot: Int16 = 0,
        turn: Int = 0,
        triage: TriagePolicy? = nil
    ) async throws {
        self.triage = triage
        self.turn = turn
        self.database = database
        claims = PartitionClaims(group: Self.group, topic: Self.topic, owner: "shell \(slot)")
        topicNumber = try await claims.topicNumber(on: control)
        let model = try await claims.modelNumber(Self.model(turn), on: control)
        writer = BatchWriter(.init(group: Self.group, topic: topicNumber, model: model, slot: slot))
    }

    /// Claims the partitions of a log, and takes in its records as chunks of at most `most`.
    func take(_ log: [WritingRecord], most: Int, on control: PostgresConnection) async throws {
        let parts = Dictionary(grouping: log, by: \.partition)
        let pid = try await current().backendPID
        let found = try await claims.claim(parts.keys.sorted(), topic: topicNumber, writer: pid, on: control)
        try await claims.start(
            found.filter { !$0.isStarted }.map { (holding: $0.holding, at: 0) },
            cluster: nil,
            topic: topicNumber,
            on: control
        )
        for claim in found {
            lanes.hold(claim.holding)
            let partition = claim.holding.partition
            let records = (parts[partition] ?? []).sorted { $0.offset < $1.offset }
            var start = 0
            var size = 1
            while start < records.count {
                let chunk = Array(records[start..<min(records.count, start + size)])
                feed(chunk, partition)
                start += chunk.count
                size = size % most + 1
            }
            // Two markers behind the last record.
            _ = lanes.endReached(partition, offset: (records.last?.offset ?? -1) + 3)
        }
    }

    private func feed(_ records: [WritingRecord], _ partition: Int32) {
        let admission = lanes.received(
            partition,
            offsets: records.map(\.offset),
            bytes: 1,
            firstTimestamp: WritingRecord.timestamp
        ) { 0 }
        guard case .admitted(let ticket, let from) = admission else { return }
        lanes.prepared(ticket, WritingPreparation.chunk(Array(records[from...]), turn: turn))
    }

    /// Writes all that was taken, in batches of at most `most`.
    func run(most: Int) async throws {
        while let batch = lanes.cut(maximum: most, after: lastTurn) {
            lastTurn = batch.steps.last?.partition ?? -1
            try await deliver(batch)
        }
        #expect(lanes.heldRecords == 0 && lanes.readyRecords == 0)
        await connection?.close()
        connection = nil
    }

    private func deliver(_ batch: Batch) async throws {
        var delivery = Delivery(batch)
        var action = delivery.start()
        for _ in 0..<10_000 {
            switch action {
            case .write(let part): action = delivery.written(await write(part))
            case .rollOver: action = delivery.rolledOver(await rollOver())
            case .read(let partitions), .waitAndRead(let partitions):
                action = delivery.read(try await standings(partitions))
            case .finished: return
            case .giveUp: throw WritingFailure(text: "the database refuses us: \(failures)")
            }
            for outcome in delivery.takeOutcomes() {
                switch outcome {
                case .committed(let step):
                    counted = counted + (await writer.pendingReport.steps[step.partition] ?? StepCounts())
                    lanes.committed(step)
                case .fenced(let step): lanes.release([step.partition])
                case .rewound: throw WritingFailure(text: "rewound, though nothing fell back")
                case .refused(_, let sqlState): refused[sqlState, default: 0] += 1
                }
            }
        }
        throw WritingFailure(text: "the delivery does not end: \(failures.suffix(5))")
    }

    private func write(_ batch: Batch) async -> WriteResult {
        let result: WriteResult
        do throws(PostgresError) {
            _ = try await writer.write(batch, on: try await current(), triage: triage, now: .writing(0))
            return .committed
        } catch {
            switch error.failureClass {
            case .poison: result = .poison(sqlState: error.sqlState ?? "")
            case .configuration: result = .refused
            case .fenced: result = error.sqlState == "MF002" ? .rollOverNeeded : .fenced
            case .transient: result = error.sqlState == nil ? .unknown : .transient
            }
        }
        failures.append(result)
        return result
    }

    private func rollOver() async -> WriteResult {
        do throws(PostgresError) {
            try await claims.rollOver(on: try await current(), width: 1_024, ahead: 1_024)
            return .committed
        } catch {
            return .transient
        }
    }

    private func standings(_ partitions: [Int32]) async throws -> [Int32: Standing] {
        for _ in 0..<100 {
            do throws(PostgresError) {
                return try await claims.standings(partitions, topic: topicNumber, on: try await current())
            } catch {
                failures.append(.unknown)
            }
        }
        throw WritingFailure(text: "the standing can't be read")
    }

    private func current() async throws(PostgresError) -> PostgresConnection {
        if let connection, await connection.isUsable { return connection }
        let fresh = try await PostgresConnection.connect(
            database.target,
            applicationName: Self.applicationName,
            timeout: .seconds(20)
        )
        try await fresh.execute(script: ConnectionSetup.writer(synchronousCommit: false))
        connection = fresh
        return fresh
    }
}

struct WritingFailure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}
