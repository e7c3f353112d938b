import EmbeddedServices
import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

/// A writer with its partitions claimed, for tests that write batch by batch.
struct WritingDesk: Sendable {
    let claims = PartitionClaims(group: WritingShell.group, topic: WritingShell.topic, owner: "desk")
    let topic: Int32
    let writer: BatchWriter
    let connection: PostgresConnection

    /// Claims partitions 0…`count`-1 for `connection`, under epoch 1, at offset 0.
    init(_ connection: PostgresConnection, partitions count: Int32 = 3, synchronous: Bool = false) async throws {
        self.connection = connection
        try await connection.execute(script: ConnectionSetup.writer(synchronousCommit: synchronous))
        topic = try await claims.topicNumber(on: connection)
        let model = try await claims.modelNumber(WritingShell.model, on: connection)
        writer = BatchWriter(.init(group: WritingShell.group, topic: topic, model: model, slot: 0))
        let found = try await claims.claim(
            Array(0..<count),
            topic: topic,
            writer: connection.backendPID,
            on: connection
        )
        try await claims.start(
            found.map { (holding: $0.holding, at: 0) },
            cluster: nil,
            topic: topic,
            on: connection
        )
    }

    @discardableResult
    func write(_ batch: Batch) async throws(PostgresError) -> WriteReport {
        try await writer.write(batch, on: connection, now: .writing(0))
    }

    /// Writes one record of partition 0.
    func write(_ record: MentionRecord, at offset: Int64) async throws {
        try await write(.of(0, offset, [record.json]))
    }

    func standings(on connection: PostgresConnection) async throws -> [Int32: Standing] {
        try await claims.standings([0, 1, 2], topic: topic, on: connection)
    }
}

extension Batch {
    /// Records of one partition from `offset` on.
    static func of(_ partition: Int32, _ offset: Int64, epoch: Int64 = 1, _ payloads: [[UInt8]?]) -> Batch {
        Batch(steps: [
            WritingPreparation.step(
                payloads.enumerated().map {
                    WritingRecord(partition: partition, offset: offset + Int64($0.offset), payload: $0.element)
                },
                epoch: epoch
            )
        ])
    }
}

/// The error that a body throws.
private func failure(_ body: () async throws(PostgresError) -> some Sendable) async throws -> PostgresError {
    do throws(PostgresError) {
        _ = try await body()
    } catch {
        return error
    }
    throw WritingFailure(text: "nothing was thrown")
}

extension DatabaseTests {
    @Suite struct WritingFenceTests {
        static let records = (0..<4).map { MentionRecord.writing("id \($0)", text: "text \($0)").json }

        @Test(arguments: [(2, 0), (0, 0), (1, 1)] as [(Int64, Int64)])
        func anotherEpochOrOffsetWritesNothing(epoch: Int64, offset: Int64) async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                let good = WritingPreparation.step([WritingRecord(partition: 1, offset: 0, payload: Self.records[0])])
                let bad = try #require(Batch.of(0, offset, epoch: epoch, Self.records + [nil]).steps.first)
                let before = try await WritingTables.read(connection)
                let error = try await failure { () async throws(PostgresError) in
                    try await desk.write(Batch(steps: [good, bad]))
                }
                #expect(error.sqlState == "MF001" && error.failureClass == .fenced)
                #expect(await !connection.isInTransaction)
                #expect(try await WritingTables.read(connection) == before)
                #expect(try await connection.number("SELECT count(*) FROM author") == 0)
                try await desk.write(Batch(steps: [good]))
                #expect(try await connection.number("SELECT count(*) FROM mention") == 1)
            }
        }

        @Test func aBlindResendIsRefused() async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                let batch = Batch.of(0, 0, Self.records + Self.records + [nil])
                let report = try await desk.write(batch)
                #expect(report.total.records == 9 && report.total.newMentions == 4 && report.total.deadLetters == 1)
                let before = try await WritingTables.read(connection)
                let error = try await failure { () async throws(PostgresError) in try await desk.write(batch) }
                #expect(error.sqlState == "MF001")
                #expect(try await WritingTables.read(connection) == before)
                #expect(
                    await desk.writer.pendingReport.total == report.total,
                    "should the first answer have been lost, this is what it counted"
                )
            }
        }

        /// The server waits for a standby that does not exist: the commit is done, and its answer never comes.
        @Test func aCommitWhoseAnswerIsLostIsFoundDone() async throws {
            let server = try await EmbeddedPostgres.start(
                settings: ["synchronous_standby_names": "nobody", "synchronous_commit": "local"]
            )
            do {
                let target = PostgresTarget(url: server.url)
                let observer = try await Schema.connect(target, applicationName: "observer", timeout: .seconds(20))
                try await Migrator.migrate(observer)
                let connection = try await Schema.connect(target, applicationName: "writer", timeout: .seconds(20))
                let desk = try await Self.localDesk(connection)
                // The names are known before it counts: only the batch's own commit is to wait.
                _ = try await connection.run("SET synchronous_commit = local")
                try await desk.write(Batch.of(0, 0, [Self.records[0]]))
                _ = try await connection.run("SET synchronous_commit = on")
                let batch = Batch.of(0, 1, Array(Self.records.dropFirst()))
                var delivery = Delivery(batch)
                guard case .write(let first) = delivery.start() else { throw WritingFailure(text: "no write") }
                async let attempt = failure { () async throws(PostgresError) in try await desk.write(first) }
                try await observer.waits(
                    for: "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                )
                _ = try await observer.run("SELECT pg_terminate_backend(\(connection.backendPID))")
                let error = try await attempt
                #expect(error.failureClass == .transient)
                #expect(await !connection.isUsable)
                guard case .waitAndRead = delivery.written(error.sqlState == nil ? .unknown : .transient),
                    case .finished = delivery.read(try await desk.standings(on: observer))
                else { throw WritingFailure(text: "the batch is written twice") }
                let outcomes = delivery.takeOutcomes()
                guard outcomes.count == 1, case .committed = outcomes[0] else {
                    throw WritingFailure(text: "not committed")
                }
                #expect(await desk.writer.pendingReport.total.newMentions == 3)
                #expect(try await observer.number("SELECT count(*) FROM mention") == 4)
                await observer.close()
            } catch {
                await server.stop(mode: .immediate)
                throw error
            }
            await server.stop(mode: .immediate)
        }

        /// Claims with a commit that does not wait, then lets the writer's commits wait.
        private static func localDesk(_ connection: PostgresConnection) async throws -> WritingDesk {
            let control = try await connection.run("SELECT current_setting('synchronous_commit')")
            #expect(control.string(0, 0) == "local")
            let number = try await connection.run(
                "INSERT INTO topic (name) VALUES ($1) RETURNING topic_no",
                [.text(WritingShell.topic)]
            )
            #expect(number.int4(0, 0) == 1)
            _ = try await connection.run("SELECT claim($1, 1, ARRAY[0], 'desk', 0)", [.text(WritingShell.group)])
            _ = try await connection.run("UPDATE partition_progress SET next_offset = 0")
            return try await WritingDesk(claimed: connection)
        }

        /// The backend ends inside COMMIT, before it is done.
        @Test func aCommitThatWasCutOffIsFoundUndone() async throws {
            try await TestDatabase.with { database, connection in
                let writing = try await database.connect()
                let desk = try await WritingDesk(writing)
                try await connection.execute(
                    script: """
                        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON mention_identity DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION die();
                        """
                )
                let error = try await failure { () async throws(PostgresError) in
                    try await desk.write(.of(0, 0, Self.records))
                }
                #expect(error.failureClass == .transient)
                #expect(try await desk.standings(on: connection)[0] == Standing(epoch: 1, nextOffset: 0))
                #expect(try await connection.number("SELECT count(*) FROM mention") == 0)
                await writing.close()
            }
        }

        @Test func aClaimEndsAWriterThatWasStoppedInMidBatch() async throws {
            try await TestDatabase.with { database, connection in
                let stopped = try await database.connect()
                let desk = try await WritingDesk(stopped)
                try await desk.write(.of(0, 0, [Self.records[0]]))
                _ = try await stopped.run("BEGIN")
                _ = try await stopped.run(
                    "SELECT guard($1, $2, ARRAY[0], ARRAY[1::bigint], ARRAY[1::bigint])",
                    [.text(WritingShell.group), .int4(desk.topic)]
                )
                let claims = PartitionClaims(group: WritingShell.group, topic: WritingShell.topic, owner: "other")
                #expect(try await claims.evict([1, 2], topic: desk.topic, on: connection) == 0, "nobody is in the way")
                _ = try await connection.run("SET lock_timeout = '20ms'")
                let error = try await failure { () async throws(PostgresError) in
                    try await claims.claim([0, 1], topic: desk.topic, writer: 0, on: connection)
                }
                #expect(error.sqlState == "55P03")
                #expect(await !connection.isInTransaction)
                #expect(try await claims.evict([0, 1], topic: desk.topic, on: connection) == 1)
                _ = try await connection.run("SET lock_timeout = '20s'")
                let claimed = try await claims.claim([0, 1], topic: desk.topic, writer: 0, on: connection)
                #expect(claimed.map(\.holding.epoch) == [2, 2])
                #expect(claimed.first { $0.holding.partition == 0 }?.holding.nextOffset == 1)
                #expect(claimed.first { $0.holding.partition == 0 }?.holding.probe?.offset == 0)
                let late = try await failure { () async throws(PostgresError) in
                    try await desk.write(.of(0, 1, [Self.records[1]]))
                }
                #expect(late.failureClass == .transient, "its connection is gone")
                #expect(try await connection.number("SELECT count(*) FROM mention") == 1)
                await stopped.close()
            }
        }
    }
}

extension WritingDesk {
    /// A desk whose partition 0 was claimed by other means, on a connection whose commits wait to be flushed.
    fileprivate init(claimed connection: PostgresConnection) async throws {
        self.connection = connection
        topic = try await claims.topicNumber(on: connection)
        let model = try await claims.modelNumber(WritingShell.model, on: connection)
        writer = BatchWriter(.init(group: WritingShell.group, topic: topic, model: model, slot: 0))
        try await connection.execute(script: ConnectionSetup.writer(synchronousCommit: true))
    }
}
