import Persistence
import Testing

/// What is advised about the number of workers.
@Suite struct ScalingAdviceTests {
    /// Two of eight partitions' workers at work, far behind and falling further behind.
    private func behind(_ change: (inout FarmLoad) -> Void = { _ in }) -> FarmLoad {
        var load = FarmLoad(group: "g", topic: "t")
        load.partitions = 8
        load.held = 8
        load.workers = 2
        load.recordsPerSecond = 10_000
        load.lag = 1_000_000
        load.lagPerSecond = 5_000
        load.largestShare = 0.13
        change(&load)
        return load
    }

    private func kinds(_ load: FarmLoad) -> [ScalingAdvice.Kind] { ScalingAdvice.advice(for: load).map(\.kind) }

    @Test func behindWithPartitionsLeftAsksForWorkers() {
        let advice = ScalingAdvice.advice(for: behind())
        #expect(advice.map(\.kind) == [.moreWorkers])
        #expect(advice.first?.text.contains("up to 6 more") == true)
        #expect(behind().trend == "rising")
        // A lag that stays is no better.
        #expect(kinds(behind { $0.lagPerSecond = 0 }) == [.moreWorkers])
    }

    @Test func keepingUpAsksForNothing() {
        #expect(
            kinds(
                behind {
                    $0.lag = 0; $0.lagPerSecond = 0
                }
            ) == [.enough]
        )
        #expect(kinds(behind { $0.lag = 20_000 }) == [.enough])
        let falling = ScalingAdvice.advice(for: behind { $0.lagPerSecond = -10_000 })
        #expect(falling.map(\.kind) == [.enough] && falling.first?.text.contains("100 s") == true)
        #expect(behind { $0.lagPerSecond = -10_000 }.trend == "falling")
        #expect(behind { $0.lagPerSecond = 100 }.trend == "steady")
    }

    @Test func asManyWorkersAsPartitionsAsksForPartitions() {
        #expect(kinds(behind { $0.workers = 8 }) == [.morePartitions])
        #expect(
            kinds(
                behind {
                    $0.workers = 8; $0.idleWorkers = 2
                }
            ) == [.fewerWorkers, .morePartitions]
        )
        // Nobody is idle for good while partitions are free.
        #expect(
            kinds(
                behind {
                    $0.held = 6; $0.idleWorkers = 1
                }
            ) == [.moreWorkers]
        )
    }

    @Test func theDatabaseIsNamedWithWhatWouldHelp() {
        func bound(_ onDisk: Int, _ onLocks: Int, active: Int = 80) -> [ScalingAdvice] {
            ScalingAdvice.advice(
                for: behind {
                    $0.workers = 8
                    $0.writers.looks = 100
                    $0.writers.active = active
                    $0.writers.onDisk = onDisk
                    $0.writers.onLocks = onLocks
                }
            )
        }
        // Before partitions: they would not help either.
        #expect(bound(0, 0).map(\.kind) == [.database])
        #expect(bound(0, 0).first?.text.contains("cores") == true)
        #expect(bound(50, 0).first?.text.contains("disk") == true)
        #expect(bound(0, 50).first?.text.contains("locks") == true)
        #expect(bound(0, 0, active: 69).map(\.kind) == [.morePartitions])
    }

    @Test func oneBusyPartitionIsNoMatterOfWorkers() {
        #expect(kinds(behind { $0.largestShare = 0.9 }) == [.oneBusyPartition])
        // Of two partitions one always has half.
        #expect(
            kinds(
                behind {
                    $0.partitions = 2; $0.workers = 1; $0.largestShare = 0.9
                }
            ) == [.moreWorkers]
        )
    }

    @Test func whatIsNotKnownIsSaid() {
        #expect(kinds(behind { $0.lag = nil }) == [.unknown])
        #expect(kinds(behind { $0.lagPerSecond = nil }) == [.unknown])
        #expect(kinds(behind { $0.recordsPerSecond = nil }) == [.unknown])
    }

    @Test func standingStillComesFirst() {
        #expect(kinds(behind { $0.paused = 1 }) == [.resume, .moreWorkers])
        #expect(
            kinds(
                behind {
                    $0.workers = 0; $0.held = 0
                }
            ) == [.startWorkers]
        )
        let joining = ScalingAdvice.advice(
            for: behind {
                $0.workers = 0; $0.held = 0; $0.idleWorkers = 3
            }
        )
        #expect(joining.map(\.kind) == [.startWorkers] && joining.first?.text.contains("rebalance") == true)
    }

    /// Whatever the figures, there is an answer, and it never asks for more workers than partitions.
    @Test func thereIsAlwaysAnAnswer() {
        for partitions in [0, 1, 5] {
            for workers in 0...6 {
                for idle in 0...2 {
                    for lag in [nil, 0, 5_000, Int64.max] as [Int64?] {
                        for change in [nil, -1e9, 0, 1e9] as [Double?] {
                            var load = FarmLoad(group: "g", topic: "t")
                            load.partitions = partitions
                            load.held = min(workers, 1) * partitions
                            load.workers = min(workers, partitions)
                            load.idleWorkers = idle
                            load.lag = lag
                            load.lagPerSecond = change
                            load.recordsPerSecond = 1
                            let kinds = kinds(load)
                            #expect(!kinds.isEmpty)
                            #expect(load.workers + idle < partitions || !kinds.contains(.moreWorkers))
                        }
                    }
                }
            }
        }
    }
}
