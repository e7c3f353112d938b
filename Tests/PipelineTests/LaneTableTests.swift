@testable import Pipeline
import Testing

@Suite struct LaneTableTests {
    // MARK: Order and bounds

    @Test func batchesComeInOrderWhateverTheOrderOfPreparation() throws {
        let table = Table.holding(0)
        let first = try #require(table.receive(0, [0, 1]).ticket)
        let second = try #require(table.receive(0, [2]).ticket)
        table.prepared(second, chunk([2]))
        #expect(!table.hasWork)
        #expect(table.cut(maximum: 10) == nil)
        table.prepared(first, chunk([0, 1]))
        #expect(table.readyRecords == 3)
        #expect(table.cut(maximum: 10)?.shape == ["0:0-3@1 [0, 1, 2]"])
        #expect(table.readyRecords == 0)
        #expect(table.heldRecords == 3)
    }

    @Test func aLaneWithABatchUnderWayGivesNoOther() throws {
        let table = Table.holding(0, 1)
        table.fill(0, [0])
        let batch = try #require(table.cut(maximum: 10))
        table.fill(0, [1])
        table.fill(1, [0])
        #expect(table.isInFlight(0) && !table.isInFlight(1))
        #expect(table.cut(maximum: 10)?.partitions == [1])
        table.commit(batch)
        #expect(table.cut(maximum: 10)?.shape == ["0:1-2@1 [1]"])
    }

    @Test func aBatchIsBoundedInBytesButHasOneChunkAtLeast() throws {
        let table = Table.holding(0, 1, 2)
        table.fill(0, [0], bytes: 60)
        table.fill(1, [0], bytes: 50)
        table.fill(2, [0], bytes: 500)
        table.fill(2, [1], bytes: 1)
        // Nothing that is smaller overtakes what did not fit.
        #expect(table.cut(maximum: 10, bytes: 100)?.partitions == [0])
        #expect(table.cut(maximum: 10, bytes: 100, after: 0)?.partitions == [1])
        #expect(table.cut(maximum: 10, bytes: 100, after: 1)?.shape == ["2:0-1@1 [0]"])
    }

    @Test func roomShrinksAndComesBackWithTheCommit() throws {
        let table = Table(maximumRecords: 3, maximumBytes: 25)
        table.hold(.at(0, 0))
        table.fill(0, [0, 1], bytes: 20)
        #expect(table.room == (records: 1, bytes: 5))
        table.fill(0, [2, 3], bytes: 20)
        #expect(table.room == (records: 0, bytes: 0))
        let batch = try #require(table.cut(maximum: 10))
        #expect(table.room == (records: 0, bytes: 0))
        table.commit(batch)
        #expect(table.room == (records: 3, bytes: 25))
    }

    @Test func halvesOfABatchFreeTheRoomWhenBothAreDurable() throws {
        let table = Table.holding(0)
        table.fill(0, [0, 1, 2, 3])
        let batch = try #require(table.cut(maximum: 10))
        let (early, late) = try #require(batch.halves())
        table.commit(early)
        #expect(table.durableOffsets == [0: 2] && table.heldRecords == 4 && table.isInFlight(0))
        table.commit(late)
        #expect(table.durableOffsets == [0: 4] && table.heldRecords == 0 && table.heldBytes == 0)
        #expect(table.isDrained([0]))
    }

    @Test func whatWasReadBeforeIsNotTakenTwice() {
        let table = Table.holding(0, next: 5)
        #expect(table.receive(0, [2, 3, 4]) == .nothing)
        #expect(table.heldRecords == 0 && table.heldBytes == 0)
        guard case .admitted(_, from: 2) = table.receive(0, [3, 4, 5, 6]) else {
            Issue.record("the records from 5 on are new")
            return
        }
        #expect(table.heldRecords == 2)
        #expect(table.receive(0, [5, 6]) == .nothing)
        #expect(table.receive(9, [0]) == .nothing, "not held")
        #expect(table.receive(0, []) == .nothing)
    }

    // MARK: Epochs and tickets

    @Test func aTicketOfAnEndedEpochIsIgnored() throws {
        let table = Table.holding(0)
        let stale = try #require(table.receive(0, [0]).ticket)
        table.hold(.at(0, 0, epoch: 2))
        #expect(table.heldRecords == 0 && table.epoch(of: 0) == 2)
        let fresh = try #require(table.receive(0, [0]).ticket)
        table.prepared(stale, chunk([0]))
        #expect(table.readyRecords == 0 && !table.hasWork)
        table.prepared(fresh, chunk([0]))
        #expect(table.cut(maximum: 10)?.shape == ["0:0-1@2 [0]"])
    }

    @Test func aCommitOfAnEndedEpochIsIgnored() throws {
        let table = Table.holding(0)
        table.fill(0, [0, 1])
        let batch = try #require(table.cut(maximum: 10))
        table.hold(.at(0, 0, epoch: 2))
        table.fill(0, [0])
        table.commit(batch)
        #expect(table.durableOffsets == [0: 0] && table.heldRecords == 1)
        table.release([0])
        table.commit(batch)
        #expect(table.durableOffsets.isEmpty && table.heldRecords == 0)
    }

    @Test func releaseForgetsAtOnce() throws {
        let table = Table.holding(0, 1)
        table.fill(0, [0])
        _ = table.cut(maximum: 10)
        table.fill(0, [1])
        let ticket = try #require(table.receive(0, [2]).ticket)
        table.fill(1, [0])
        table.release([0, 7])
        #expect(table.partitions == [1] && table.epoch(of: 0) == nil && !table.isInFlight(0))
        #expect(table.heldRecords == 1 && table.heldBytes == 10 && table.readyRecords == 1)
        table.prepared(ticket, chunk([2]))
        #expect(table.readyRecords == 1)
        #expect(table.isDrained([0]))
    }

    // MARK: Drain and rewind

    @Test func aDrainTakesNothingMoreAndWritesWhatIsHeld() throws {
        let table = Table.holding(0)
        table.fill(0, [0])
        table.drain([0])
        #expect(table.receive(0, [1]) == .nothing)
        #expect(table.endReached(0, offset: 9) == false)
        #expect(!table.isDrained([0]))
        let batch = try #require(table.cut(maximum: 10))
        #expect(batch.shape == ["0:0-1@1 [0]"])
        #expect(!table.isDrained([0]))
        table.commit(batch)
        #expect(table.isDrained([0]) && table.cut(maximum: 10) == nil)
    }

    @Test func aRewindDropsAllThatIsHeldAndReadsAgain() throws {
        let table = Table.holding(0, next: 10)
        table.fill(0, [10, 11])
        _ = table.cut(maximum: 10)
        let stale = try #require(table.receive(0, [12]).ticket)
        table.rewind(0, to: 7)
        #expect(table.heldRecords == 0 && table.heldBytes == 0 && table.readyRecords == 0)
        #expect(table.epoch(of: 0) == 1 && table.durableOffsets == [0: 7])
        // What the consumer had fetched before it moved would step over 7…12.
        #expect(table.receive(0, [13, 14]) == .nothing)
        #expect(table.endReached(0, offset: 15) == false && !table.hasWork)
        table.sought(0, to: 3)
        #expect(table.receive(0, [13, 14]) == .nothing, "that was another seek")
        table.sought(0, to: 7)
        let fresh = try #require(table.receive(0, [7, 8]).ticket)
        table.prepared(stale, chunk([12]))
        #expect(table.readyRecords == 0, "a chunk from before the rewind has the same epoch")
        table.prepared(fresh, chunk([7, 8]))
        #expect(table.cut(maximum: 10)?.shape == ["0:7-9@1 [7, 8]"])
        table.rewind(5, to: 0)
        #expect(table.partitions == [0])
    }

    @Test func aRewindEndsNeitherADrainNorAFault() {
        let table = Table.holding(0, 1)
        table.drain([0])
        table.markFaulty(1)
        table.rewind(0, to: 0)
        table.rewind(1, to: 0)
        table.sought(0, to: 0)
        table.sought(1, to: 0)
        #expect(table.receive(0, [0]) == .nothing)
        #expect(table.receive(1, [0]) == .nothing)
    }

    @Test func aFaultyLaneGivesNothingMoreUntilItIsHeldAgain() throws {
        let table = Table.holding(0)
        table.fill(0, [0])
        let batch = try #require(table.cut(maximum: 10))
        table.fill(0, [1])
        table.markFaulty(0)
        #expect(table.receive(0, [2]) == .nothing)
        #expect(!table.isDrained([0]), "a batch is under way")
        table.commit(batch)
        #expect(table.cut(maximum: 10) == nil)
        #expect(table.isDrained([0]))
        table.hold(.at(0, 1, epoch: 2))
        #expect(table.heldRecords == 0)
        #expect(table.fill(0, [1]))
        #expect(table.cut(maximum: 10)?.shape == ["0:1-2@2 [1]"])
    }

    // MARK: Probe

    private static let probe = Probe(offset: 4, timestamp: 70, hash: 99)

    private static func probing() -> Table {
        let table = Table(maximumRecords: 100, maximumBytes: 100)
        table.hold(.at(0, 6, probe: probe))
        return table
    }

    @Test func readingBeginsAtTheProbe() {
        #expect(Holding.at(0, 6, probe: Self.probe).readFrom == 4)
        #expect(Holding.at(0, 6).readFrom == 6)
    }

    @Test func theSameRecordAgainIsPassedOver() {
        let table = Self.probing()
        #expect(table.isProbing(0))
        guard case .admitted(_, from: 1) = table.probe([4, 6], 70, 99) else {
            Issue.record("the record behind the probe is new")
            return
        }
        #expect(!table.isProbing(0) && table.heldRecords == 1)
    }

    @Test func theProbeAloneBringsNothing() {
        let table = Self.probing()
        #expect(table.probe([4], 70, 99) == .nothing)
        #expect(!table.isProbing(0) && table.heldRecords == 0)
        #expect(table.fill(0, [6]))
    }

    @Test(arguments: [(71, 99), (70, 98)] as [(Int64, UInt64)])
    func anotherRecordIsAFault(timestamp: Int64, hash: UInt64) {
        let table = Self.probing()
        let admission = table.probe([4, 6], timestamp, hash)
        #expect(admission == .mismatch(offset: 4))
        #expect(table.heldRecords == 0)
        #expect(table.receive(0, [6]) == .nothing, "faulty until held again")
    }

    @Test func recordsFromBeforeTheProbeSayNothing() {
        let table = Self.probing()
        #expect(table.receive(0, [2]) == .nothing)
        #expect(table.isProbing(0))
    }

    @Test func aProbeThatWasCompactedAwayIsLetGo() {
        let table = Self.probing()
        guard case .admitted(_, from: 1) = table.receive(0, [5, 7]) else {
            Issue.record("what is behind the place is new")
            return
        }
        #expect(!table.isProbing(0))
    }

    @Test func anEndBeforeThePlaceIsAFault() {
        let table = Self.probing()
        let isCut = table.endReached(0, offset: 5)
        #expect(isCut)
        #expect(table.receive(0, [6]) == .nothing)
        let other = Self.probing()
        let isFault = other.endReached(0, offset: 6)
        #expect(!isFault, "the probe was compacted away, and nothing is behind it")
        #expect(!other.isProbing(0))
        #expect(other.fill(0, [6]))
    }

    @Test func aProbeOutOfRangeIsAbandoned() {
        let table = Self.probing()
        #expect(table.abandonProbe(0) == 6)
        #expect(table.abandonProbe(0) == nil)
        #expect(table.abandonProbe(3) == nil)
        #expect(table.fill(0, [6]))
    }

    // MARK: Gaps

    @Test func theEndOfThePartitionMayLieBeyondTheLastRecord() throws {
        let table = Table.holding(0)
        let ticket = try #require(table.receive(0, [0, 3]).ticket)
        _ = table.endReached(0, offset: 9)
        #expect(!table.hasWork, "what is before the end must be prepared first")
        table.prepared(ticket, chunk([0, 3]))
        #expect(table.cut(maximum: 10)?.shape == ["0:0-9@1 [0, 3]"])
    }

    @Test func aPartitionOfMarkersAloneStepsToItsEnd() throws {
        let table = Table.holding(0, next: 2)
        _ = table.endReached(0, offset: 2)
        #expect(!table.hasWork)
        _ = table.endReached(0, offset: 5)
        #expect(table.hasWork)
        let batch = try #require(table.cut(maximum: 10))
        #expect(batch.shape == ["0:2-5@1 []"])
        table.commit(batch)
        #expect(table.durableOffsets == [0: 5] && table.cut(maximum: 10) == nil)
        #expect(table.fill(0, [5]))
    }

    @Test func recordsBehindAnEndFollowIt() {
        let table = Table.holding(0)
        _ = table.endReached(0, offset: 4)
        table.fill(0, [6])
        #expect(table.cut(maximum: 10)?.shape == ["0:0-7@1 [6]"])
    }

    // MARK: Fairness

    @Test func aBatchHoldsItsMaximumOrOneChunk() throws {
        let table = Table.holding(0)
        table.fill(0, [0, 1, 2, 3, 4])
        table.fill(0, [5, 6])
        let batch = try #require(table.cut(maximum: 3))
        #expect(batch.shape == ["0:0-5@1 [0, 1, 2, 3, 4]"])
    }

    @Test func partitionsTakeTurns() {
        let table = Table.holding(0, 1, 2)
        for partition in 0...2 as ClosedRange<Int32> { table.fill(partition, [0, 1]) }
        #expect(table.cut(maximum: 2)?.partitions == [0])
        #expect(table.cut(maximum: 2, after: 0)?.partitions == [1])
        #expect(table.cut(maximum: 2, after: 1)?.partitions == [2])
    }

    /// A busy lane with small chunks before, and one after it: the lane with large chunks has its turn all the same.
    @Test func aLargeChunkDoesNotStarve() throws {
        let table = Table.holding(0, 1, 2)
        var next: [Int64] = [0, 0, 0]
        var last: Int32 = -1
        var served: Set<Int32> = []
        table.fill(1, Array(0..<9))
        for _ in 0..<6 {
            for partition in [0, 2] where table.durableOffsets[Int32(partition)] == next[partition] {
                table.fill(Int32(partition), [next[partition], next[partition] + 1])
                next[partition] += 2
            }
            let batch = try #require(table.cut(maximum: 10, after: last))
            #expect(batch.count <= 10)
            served.formUnion(batch.partitions)
            last = try #require(batch.steps.last).partition
            table.commit(batch)
        }
        #expect(served == [0, 1, 2])
    }
}
