import MentionModel
@testable import Pipeline
import Testing

@Suite struct BatchTests {
    @Test func stepsAreSortedByPartition() {
        let batch = Batch(steps: [.over(3, [[0]]), .over(1, [[0]]), .over(2, [[0]])])
        #expect(batch.partitions == [1, 2, 3])
        #expect(batch.count == 3)
    }

    @Test func oneRecordHasNoHalves() {
        #expect(Batch(steps: [.over(0, [[4]], from: 2, to: 9)]).halves() == nil)
        #expect(Batch(steps: []).halves() == nil)
        #expect(Batch(steps: [.over(0, [], from: 0, to: 5), .over(1, [[0]])]).halves() == nil)
    }

    @Test func aPartitionIsCutBehindItsRecordsAndKeepsItsGaps() throws {
        let batch = Batch(steps: [.over(0, [[2, 5], [7, 9, 11]], from: 0, to: 20), .over(1, [[0]])])
        let (left, right) = try #require(batch.halves())
        #expect(left.shape == ["0:0-8@1 [2, 5, 7]"])
        #expect(right.shape == ["0:8-20@1 [9, 11]", "1:0-1@1 [0]"])
    }

    @Test func refusingMarksTheRecord() {
        let refused = Batch(steps: [.over(0, [], from: 0, to: 3), .over(1, [[5]])])
            .refusing(Delivery.refusal(sqlState: "22P02"))
        #expect(refused.steps[1].slices.map(\.refusal?.reason) == [.rejectedByDatabase])
        #expect(refused.steps[1].slices[0].refusal?.detail.contains("22P02") == true)
    }

    /// Halved down to single records: every record once, in order, and the steps of a partition chained.
    @Test func halvesLoseNothing() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let batch = Batch(steps: (0..<Int32.random(in: 1...5, using: &random)).map { Self.step($0, &random) })
            var parts: [Batch] = []
            var work = [batch]
            while let next = work.popLast() {
                guard let (left, right) = next.halves() else {
                    parts.append(next)
                    continue
                }
                #expect(left.count == next.count / 2 && left.count + right.count == next.count)
                #expect(left.steps.count + right.steps.count <= next.steps.count + 1)
                work += [right, left]
            }
            #expect(parts.allSatisfy { $0.count <= 1 })
            for whole in batch.steps {
                let steps = parts.flatMap(\.steps).filter { $0.partition == whole.partition }
                #expect(steps.flatMap(\.offsets) == whole.offsets)
                #expect(steps.first?.from == whole.from && steps.last?.to == whole.to)
                for (early, late) in zip(steps, steps.dropFirst()) { #expect(early.to == late.from) }
                #expect(
                    steps.allSatisfy { step in
                        step.from < step.to && step.offsets.allSatisfy { $0 >= step.from && $0 < step.to }
                            && step.epoch == whole.epoch && step.incarnation == whole.incarnation
                    }
                )
            }
        }
    }

    private static func step(_ partition: Int32, _ random: inout SeededRandom) -> PartitionStep {
        let from = Int64.random(in: 0...20, using: &random)
        var offset = from
        var chunks: [[Int64]] = []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            chunks.append(
                (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    offset += Int64.random(in: 0...2, using: &random)
                    defer { offset += 1 }
                    return offset
                }
            )
        }
        let to = max(from + 1, offset + Int64.random(in: 0...3, using: &random))
        return .over(partition, chunks, epoch: Int64(partition) + 5, from: from, to: to)
    }
}
