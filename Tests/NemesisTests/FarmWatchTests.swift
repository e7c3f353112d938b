import Testing

@testable import mention_nemesis

@Suite struct FarmWatchTests {
    private static func sample(
        _ at: Double,
        _ standings: (epoch: Int64, next: Int64, owner: String, advanced: Double)...,
        ends: Int64 = 1_000
    ) -> FarmWatch.Sample {
        var partitions: [Int32: FarmWatch.Standing] = [:]
        for (index, standing) in standings.enumerated() {
            partitions[Int32(index)] = FarmWatch.Standing(
                epoch: standing.epoch,
                next: standing.next,
                owner: standing.owner,
                advanced: standing.advanced
            )
        }
        return FarmWatch.Sample(at: at, partitions: partitions, ends: partitions.mapValues { _ in ends })
    }

    /// Claimed is not enough: the new holder must have read on.
    @Test func aTakeoverEndsWhenAllItsPartitionsMove() {
        var watch = FarmWatch()
        _ = watch.take(Self.sample(1, (1, 10, "h/5@0", 1), (1, 10, "h/5@0", 1), (1, 10, "h/6@0", 1)))
        watch.lost(process: 5, fault: 3, at: 2)
        #expect(watch.take(Self.sample(3, (1, 20, "h/5@0", 2), (1, 10, "h/5@0", 1), (1, 30, "h/6@0", 3))) == [])
        #expect(watch.take(Self.sample(4, (2, 20, "h/6@0", 2), (2, 10, "h/6@0", 1), (2, 30, "h/6@0", 3))) == [])
        #expect(watch.take(Self.sample(5, (2, 21, "h/6@0", 5), (2, 10, "h/6@0", 1), (2, 30, "h/6@0", 3))) == [])
        let done = watch.take(Self.sample(6, (2, 21, "h/6@0", 5), (2, 11, "h/6@0", 6), (2, 30, "h/6@0", 3)))
        #expect(done == [FarmWatch.Recovery(fault: 3, isTakeover: true, seconds: 4)])
    }

    @Test func aPartitionWithNothingToReadIsTakenOverByItsClaim() {
        var watch = FarmWatch()
        _ = watch.take(Self.sample(1, (1, 10, "h/5@0", 1), ends: 10))
        watch.lost(process: 5, fault: 1, at: 1)
        let done = watch.take(Self.sample(3, (2, 10, "h/6@0", 1), ends: 10))
        #expect(done == [FarmWatch.Recovery(fault: 1, isTakeover: true, seconds: 2)])
    }

    @Test func theDatabaseIsBackWithTheFirstCommit() {
        var watch = FarmWatch()
        _ = watch.take(Self.sample(1, (1, 10, "h/5@0", 0.5)))
        watch.databaseIsBack(fault: 2, at: 4)
        #expect(watch.take(Self.sample(5, (1, 8, "h/5@0", 0.4))) == [])
        let done = watch.take(Self.sample(6, (1, 12, "h/5@0", 5.5)))
        #expect(done == [FarmWatch.Recovery(fault: 2, isTakeover: false, seconds: 1.5)])
    }

    @Test func aStallIsTimeWithoutACommitWhileThereIsWork() {
        var watch = FarmWatch()
        watch.startStalls(at: 0)
        _ = watch.take(Self.sample(1, (1, 10, "h/5@0", 1)))
        // Seen late, because the server was away.
        _ = watch.take(Self.sample(9, (1, 11, "h/5@0", 8)))
        #expect(watch.longestStall == 7)
        _ = watch.take(Self.sample(20, (1, 11, "h/5@0", 8)))
        #expect(watch.longestStall == 12)
        // Nothing to do is no stall.
        _ = watch.take(Self.sample(21, (1, 20, "h/5@0", 20.5), ends: 20))
        _ = watch.take(Self.sample(90, (1, 20, "h/5@0", 20.5), ends: 20))
        _ = watch.take(Self.sample(91, (1, 21, "h/5@0", 91), ends: 21))
        #expect(watch.longestStall == 12.5)
    }
}
