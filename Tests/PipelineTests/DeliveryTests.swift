@testable import Pipeline
import Testing

/// The rows of "Kinds of failure", each as a transcript.
@Suite struct DeliveryTests {
    private static let two = Batch(steps: [.over(0, [[0, 1]]), .over(1, [[5]])])

    private static func standings(_ of: [Int32: (Int64, Int64?)]) -> [Int32: Standing] {
        of.mapValues { Standing(epoch: $0.0, nextOffset: $0.1) }
    }

    @Test func aBatchThatIsConfirmedIsDurable() {
        var run = Transcript(Self.two)
        run.expect("write 0:0-2 1:5-6")
        run.written(.committed)
        run.expect("finished", "committed 0:0-2", "committed 1:5-6")
    }

    @Test func aLostAnswerOfACommitThatWasDone() {
        var run = Transcript(Self.two)
        run.written(.unknown)
        run.expect("wait and read [0, 1]")
        run.read(Self.standings([0: (1, 2), 1: (1, 6)]))
        run.expect("finished", "committed 0:0-2", "committed 1:5-6")
    }

    @Test func aLostAnswerOfACommitThatWasNotDone() {
        var run = Transcript(Self.two)
        run.written(.unknown)
        run.read(Self.standings([0: (1, 0), 1: (1, 5)]))
        run.expect("write 0:0-2 1:5-6")
        run.written(.committed)
        run.expect("finished", "committed 0:0-2", "committed 1:5-6")
    }

    @Test func aFailureThatPassesIsTriedForEver() {
        var run = Transcript(Self.two)
        for _ in 0..<50 {
            run.written(.transient)
            run.expect("wait and read [0, 1]")
            run.read(Self.standings([0: (1, 0), 1: (1, 5)]))
            run.expect("write 0:0-2 1:5-6")
        }
    }

    @Test func fencedFromOneOfSeveral() {
        var run = Transcript(Self.two)
        run.written(.fenced)
        run.expect("read [0, 1]")
        run.read(Self.standings([0: (2, 0), 1: (1, 5)]))
        run.expect("write 1:5-6", "fenced 0:0-2")
        run.written(.committed)
        run.expect("finished", "committed 1:5-6")
    }

    @Test func aPartitionWithoutARowOrAPlaceIsNotOurs() {
        var run = Transcript(Self.two)
        run.written(.fenced)
        run.read(Self.standings([0: (1, nil)]))
        run.expect("finished", "fenced 0:0-2", "fenced 1:5-6")
    }

    @Test func theDatabaseFellBack() {
        var run = Transcript(Batch(steps: [.over(0, [[7, 8]]), .over(1, [[5]])]))
        run.written(.fenced)
        run.read(Self.standings([0: (1, 3), 1: (1, 5)]))
        run.expect("write 1:5-6", "rewound 0:7-9 to 3")
        run.written(.committed)
        run.expect("finished", "committed 1:5-6")
    }

    @Test func numbersRanPastThePartitionsOfTheTable() {
        var run = Transcript(Self.two)
        run.written(.rollOverNeeded)
        run.expect("roll over")
        run.rolledOver(.committed)
        run.expect("write 0:0-2 1:5-6")
        run.written(.rollOverNeeded)
        run.rolledOver(.transient)
        run.expect("wait and read [0, 1]")
        run.read(Self.standings([0: (1, 0), 1: (1, 5)]))
        run.expect("write 0:0-2 1:5-6")
    }

    @Test func aRefusalForGoodEndsTheWorker() {
        var run = Transcript(Self.two)
        run.written(.refused)
        run.expect("give up")
        run = Transcript(Self.two)
        run.written(.rollOverNeeded)
        run.rolledOver(.refused)
        run.expect("give up")
    }

    @Test func oneRecordIsPoisonOnlyWhenItFailsTwiceAlone() {
        var run = Transcript(Batch(steps: [.over(0, [[3]])]))
        run.written(.poison(sqlState: "22P02"))
        run.expect("write 0:3-4")
        run.written(.committed)
        run.expect("finished", "committed 0:3-4")

        run = Transcript(Batch(steps: [.over(0, [[3]])]))
        run.written(.poison(sqlState: "22P02"))
        run.written(.poison(sqlState: "23514"))
        run.expect("write 0:3-4 refused 23514", "refused 0 23514")
        run.written(.committed)
        run.expect("finished", "committed 0:3-4")
    }

    @Test func poisonIsFoundByHalving() {
        var run = Transcript(Self.two)
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:0-1")
        run.written(.committed)
        run.expect("write 0:1-2 1:5-6", "committed 0:0-1")
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:1-2")
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:1-2")
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:1-2 refused 22003", "refused 0 22003")
        run.written(.committed)
        run.expect("write 1:5-6", "committed 0:1-2")
        run.written(.committed)
        run.expect("finished", "committed 1:5-6")
    }

    @Test func theFirstHalfsFenceTakesTheOtherHalfWithIt() {
        var run = Transcript(Batch(steps: [.over(0, [[0, 1, 2, 3]])]))
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:0-2")
        run.written(.fenced)
        run.read(Self.standings([0: (9, 0)]))
        run.expect("finished", "fenced 0:0-2")
    }

    @Test func aRefusedRecordKeepsItsRefusalThroughALostAnswer() {
        var run = Transcript(Batch(steps: [.over(0, [[3]])]))
        run.written(.poison(sqlState: "22003"))
        run.written(.poison(sqlState: "22003"))
        run.expect("write 0:3-4 refused 22003", "refused 0 22003")
        run.written(.unknown)
        run.read(Self.standings([0: (1, 3)]))
        run.expect("write 0:3-4 refused 22003")
    }

    @Test func aDeadLetterThatIsRefusedTooIsNoMatterOfData() {
        var run = Transcript(Batch(steps: [.over(0, [[3]])]))
        for _ in 0..<3 { run.written(.poison(sqlState: "22003")) }
        run.expect("write 0:3-4 refused 22003", "refused 0 22003")
        run.written(.poison(sqlState: "22003"))
        run.expect("wait and read [0]")
    }

    @Test func aStepWithoutRecordsIsNobodysFault() {
        var run = Transcript(Batch(steps: [.over(0, [], from: 1, to: 4)]))
        run.written(.poison(sqlState: "23505"))
        run.expect("write 0:1-4")
        run.written(.poison(sqlState: "23505"))
        run.expect("wait and read [0]")
    }

    @Test func anEmptyBatchIsDoneAtOnce() {
        var run = Transcript(Batch(steps: []))
        run.expect("finished")
        run.written(.committed)
        run.expect("finished")
    }
}

/// A delivery with its last action and its outcomes as text.
private struct Transcript {
    private var delivery: Delivery
    private var action: Delivery.Action
    private var outcomes: [String] = []

    init(_ batch: Batch) {
        delivery = Delivery(batch)
        action = delivery.start()
    }

    mutating func written(_ result: WriteResult) { action = delivery.written(result) }

    mutating func rolledOver(_ result: WriteResult) { action = delivery.rolledOver(result) }

    mutating func read(_ standings: [Int32: Standing]) { action = delivery.read(standings) }

    mutating func expect(_ expected: String, _ outcomes: String..., location: SourceLocation = #_sourceLocation) {
        #expect(text(action) == expected, sourceLocation: location)
        let taken = delivery.takeOutcomes().map(text)
        #expect(taken == outcomes, sourceLocation: location)
    }

    private func text(_ action: Delivery.Action) -> String {
        switch action {
        case .write(let batch):
            let refusals = batch.steps.flatMap(\.slices).compactMap { slice in
                slice.refusal.map { String($0.detail.suffix(5)) }
            }
            return "write " + batch.steps.map(text).joined(separator: " ")
                + refusals.map { " refused \($0)" }.joined()
        case .rollOver: return "roll over"
        case .waitAndRead(let partitions): return "wait and read \(partitions)"
        case .read(let partitions): return "read \(partitions)"
        case .finished: return "finished"
        case .giveUp: return "give up"
        }
    }

    private func text(_ step: PartitionStep) -> String { "\(step.partition):\(step.from)-\(step.to)" }

    private func text(_ outcome: Delivery.Outcome) -> String {
        switch outcome {
        case .committed(let step): "committed \(text(step))"
        case .fenced(let step): "fenced \(text(step))"
        case .rewound(let step, let offset): "rewound \(text(step)) to \(offset)"
        case .refused(let partition, let sqlState): "refused \(partition) \(sqlState)"
        }
    }
}
