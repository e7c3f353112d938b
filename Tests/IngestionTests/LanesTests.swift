@testable import Ingestion
import KafkaClient
import MentionModel
import Persistence
import Pipeline
import Testing

@Suite struct LanesTests {
    private static func holding(_ partition: Int32 = 3, epoch: Int64 = 1, next: Int64 = 0, probe: Probe? = nil)
        -> Holding
    {
        Holding(partition: partition, epoch: epoch, incarnation: 0, nextOffset: next, probe: probe)
    }

    private static func lanes(_ holdings: Holding...) async -> Lanes {
        let lanes = Lanes(maximumRecords: 100, maximumBytes: 10_000, breaker: Breaker.Limits())
        await lanes.hold(holdings)
        return lanes
    }

    private static func chunk(_ job: PreparationJob) -> PreparedChunk {
        PreparedChunk(
            records: job.batch.records[job.start...].map {
                PreparedRecord(
                    offset: $0.offset,
                    timestamp: $0.timestampMilliseconds,
                    payload: $0.value,
                    outcome: .rejected(Rejection(.tombstone, "test"))
                )
            },
            mentions: [],
            arena: ByteArena(),
            payloads: job.batch.bytes
        )
    }

    private static func step(epoch: Int64, partition: Int32 = 3) -> PartitionStep {
        PartitionStep(partition: partition, epoch: epoch, incarnation: 0, from: 0, to: 1, slices: [])
    }

    /// Prepares all that waits.
    private static func prepareAll(_ lanes: Lanes, at now: ContinuousClock.Instant = .now) async {
        let results = await lanes.takeJobs(100).map { ($0.ticket, chunk($0)) }
        await lanes.prepared(results, at: now)
    }

    @Test func recordsGoRoundAndRingTheBells() async throws {
        let lanes = await Self.lanes(Self.holding())
        let batch = recordBatch([[1], [2], nil])
        #expect(await lanes.receive(batch) == nil)
        #expect(await lanes.preparation.wait())
        #expect(await lanes.freeRoom.records == 97)
        #expect(await lanes.freeRoom.bytes == 10_000 - batch.bytes.count)
        await Self.prepareAll(lanes)
        #expect(await lanes.takeJobs(1).isEmpty)
        #expect(await lanes.writing.wait())
        let cut = try #require(await lanes.cut(10, bytes: .max))
        #expect(cut.steps.map(\.to) == [5])
        #expect(await lanes.cut(10, bytes: .max) == nil)
        #expect(await lanes.isDrained([3]) == false)
        for step in cut.steps { _ = await lanes.committed(step) }
        #expect(await lanes.room.wait())
        #expect(await lanes.progress.wait())
        #expect(await lanes.freeRoom == (100, 10_000))
        #expect(await lanes.isDrained([3]))
        #expect(await lanes.durableOffsets == [3: 5])
    }

    @Test func whatIsNotHeldIsNotQueued() async {
        let lanes = await Self.lanes(Self.holding(next: 4))
        #expect(await lanes.receive(recordBatch([[1]], partition: 8)) == nil)
        #expect(await lanes.receive(recordBatch([[1], [2]])) == nil)
        #expect(await lanes.takeJobs(10).isEmpty)
        #expect(await lanes.receive(recordBatch([[1], [2], [3], [4]])) == nil)
        #expect(await lanes.takeJobs(10).map(\.start) == [2])
    }

    @Test func jobsAreTakenInOrderAndInPieces() async {
        let lanes = await Self.lanes(Self.holding())
        for index in 0..<5 as Range<Int64> { _ = await lanes.receive(recordBatch([[1]], offset: index)) }
        #expect(await lanes.takeJobs(2).flatMap { $0.batch.records.map(\.offset) } == [0, 1])
        #expect(await lanes.takeJobs(9).flatMap { $0.batch.records.map(\.offset) } == [2, 3, 4])
    }

    @Test func aReleaseDropsItsJobsAndNoOthers() async {
        let lanes = await Self.lanes(Self.holding(), Self.holding(4))
        _ = await lanes.receive(recordBatch([[1]]))
        _ = await lanes.receive(recordBatch([[1]], partition: 4))
        await lanes.release([3])
        #expect(await lanes.takeJobs(9).map(\.ticket.partition) == [4])
        #expect(await lanes.partitions == [4])
        #expect(await lanes.freeRoom.records == 99)
        #expect(await lanes.room.wait())
    }

    @Test func aFenceOfAnEpochThatIsOverDropsNothing() async {
        let lanes = await Self.lanes(Self.holding(epoch: 2))
        await lanes.fenced(Self.step(epoch: 1))
        #expect(await lanes.epochs(of: [3, 9]) == [3: 2])
        await lanes.fenced(Self.step(epoch: 2))
        #expect(await lanes.partitions.isEmpty)
        #expect(await lanes.progress.wait())
    }

    @Test func aRewindReadsAgainOnceTheConsumerHasSought() async throws {
        let lanes = await Self.lanes(Self.holding(next: 10))
        _ = await lanes.receive(recordBatch([[1]], offset: 10))
        #expect(await lanes.rewind(Self.step(epoch: 1), to: 4))
        #expect(await lanes.takeJobs(9).isEmpty)
        #expect(await lanes.freeRoom.records == 100)
        #expect(await lanes.pendingSeeks == [3: 4])
        // What was fetched before the seek must not be taken for what follows offset 4.
        #expect(await lanes.receive(recordBatch([[1]], offset: 12)) == nil)
        #expect(await lanes.endReached(3, offset: 14) == nil)
        #expect(await lanes.takeJobs(9).isEmpty)
        #expect(await lanes.cut(10, bytes: .max) == nil)
        await lanes.sought(3, to: 4)
        #expect(await lanes.pendingSeeks.isEmpty)
        _ = await lanes.receive(recordBatch([[1], [2]], offset: 4))
        await Self.prepareAll(lanes)
        let batch = try #require(await lanes.cut(10, bytes: .max))
        #expect(batch.steps.map(\.from) == [4] && batch.steps.map(\.to) == [7])
        #expect(await lanes.rewind(Self.step(epoch: 9), to: 0) == false)
    }

    @Test func anEndBehindMarkersIsWork() async throws {
        let lanes = await Self.lanes(Self.holding())
        #expect(await lanes.endReached(3, offset: 6) == nil)
        #expect(await lanes.writing.wait())
        #expect(try #require(await lanes.cut(10, bytes: .max)).steps.map(\.to) == [6])
    }

    @Test func readySaysSinceWhen() async throws {
        let lanes = await Self.lanes(Self.holding())
        let early = ContinuousClock.now
        #expect(await lanes.ready.since == nil)
        _ = await lanes.receive(recordBatch([[1]]))
        #expect(await lanes.ready.since == nil, "received is not prepared")
        await Self.prepareAll(lanes, at: early)
        _ = await lanes.receive(recordBatch([[1]], offset: 2))
        await Self.prepareAll(lanes, at: early + .seconds(5))
        #expect(await lanes.ready.since == early)
        #expect(await lanes.ready.records == 2)
        _ = await lanes.cut(10, bytes: .max)
        #expect(await lanes.ready.records == 0)
    }

    /// What the writer stores of the last record is what a later holder compares.
    @Test(arguments: [[1, 2, 3], [], nil] as [[UInt8]?])
    func theStoredHashIsThatOfTheRecord(payload: [UInt8]?) async throws {
        let batch = recordBatch([payload, [9]], offset: 20)
        let job = PreparationJob(ticket: try await Self.ticket(), batch: batch, start: 0)
        let chunk = Self.chunk(job)
        let hash = PayloadHash.of(chunk.records[0], in: chunk)
        let probe = Probe(offset: 20, timestamp: 1_782_864_000_000, hash: UInt64(bitPattern: hash))

        let same = await Self.lanes(Self.holding(next: 21, probe: probe))
        #expect(await same.receive(batch) == nil)
        #expect(await same.takeJobs(9).map(\.start) == [1])

        let others: [[UInt8]?] = [[1, 2, 4], [], nil]
        for other in others where other != payload {
            let lanes = await Self.lanes(Self.holding(next: 21, probe: probe))
            guard case .replaced(offset: 20) = await lanes.receive(recordBatch([other, [9]], offset: 20)) else {
                Issue.record("another record was taken for the same one")
                continue
            }
            #expect(await lanes.takeJobs(9).isEmpty)
        }
        let cut = await Self.lanes(Self.holding(next: 21, probe: probe))
        guard case .cut(offset: 19) = await cut.endReached(3, offset: 19) else {
            Issue.record("the topic ends before the place that was reached")
            return
        }
    }

    private static func ticket() async throws -> Ticket {
        let lanes = await lanes(holding())
        _ = await lanes.receive(recordBatch([[1]]))
        return try #require(await lanes.takeJobs(1).first).ticket
    }
}
