@testable import Pipeline
import Testing

/// Deliveries to a database that fails in every way there is.
@Suite struct DeliveryProperties {
    @Test func everyRecordHasExactlyOneEffect() throws {
        for seed in 0..<3_000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let batch = Batch(steps: (0..<Int32.random(in: 1...4, using: &random)).map { Self.step($0, &random) })
            var database = Database(batch, random: random)
            let seen = try deliver(batch, &database, seed: seed)
            check(batch, database, seen, seed: seed)
        }
    }

    private static func step(_ partition: Int32, _ random: inout SeededRandom) -> PartitionStep {
        let from = Int64.random(in: 3...9, using: &random)
        let offsets = (from..<from + Int64.random(in: 1...9, using: &random)).filter { _ in random.chance(80) }
        let cut = Int.random(in: 0...offsets.count, using: &random)
        let chunks = [Array(offsets[..<cut]), Array(offsets[cut...])].filter { !$0.isEmpty }
        let to = max(from, (offsets.last ?? from - 1)) + Int64.random(in: 1...3, using: &random)
        return .over(partition, chunks, epoch: Int64(partition) + 1, from: from, to: to)
    }

    /// What the delivery said.
    private struct Seen {
        var committed: [Int32: [PartitionStep]] = [:]
        var gone: Set<Int32> = []
        var refused: [Int32: Int] = [:]
    }

    private func deliver(_ batch: Batch, _ database: inout Database, seed: UInt64) throws -> Seen {
        var seen = Seen()
        var delivery = Delivery(batch)
        var action = delivery.start()
        for turn in 0..<5_000 {
            if turn == 200 { database.calmDown() }
            for outcome in delivery.takeOutcomes() {
                switch outcome {
                case .committed(let step):
                    #expect(!seen.gone.contains(step.partition), "seed \(seed)")
                    seen.committed[step.partition, default: []].append(step)
                case .fenced(let step), .rewound(let step, _):
                    #expect(seen.gone.insert(step.partition).inserted, "seed \(seed): said twice")
                case .refused(let partition, let sqlState):
                    #expect(sqlState == "22003")
                    seen.refused[partition, default: 0] += 1
                }
            }
            switch action {
            case .write(let part): action = delivery.written(database.write(part))
            case .rollOver: action = delivery.rolledOver(database.rollOver())
            case .read(let partitions), .waitAndRead(let partitions): action = delivery.read(database.read(partitions))
            case .finished: return seen
            case .giveUp: throw Unexpected()
            }
        }
        Issue.record("seed \(seed): the delivery does not end")
        throw Unexpected()
    }

    private func check(_ batch: Batch, _ database: Database, _ seen: Seen, seed: UInt64) {
        for step in batch.steps {
            let partition = step.partition
            let next = database.next[partition] ?? 0
            let steps = seen.committed[partition] ?? []
            if !database.fellBack.contains(partition) {
                for (early, late) in zip(steps, steps.dropFirst()) { #expect(early.to == late.from, "seed \(seed)") }
                if let first = steps.first { #expect(first.from == step.from, "seed \(seed)") }
            }
            if !database.touched.contains(partition) {
                let poison = step.offsets.filter { database.poison.contains(.init(partition: partition, offset: $0)) }
                #expect(seen.refused[partition, default: 0] == poison.count, "seed \(seed)")
            }
            if database.fellBack.contains(partition) {
                // It may have fallen back after all was said of it: the next batch finds that out.
            } else if !seen.gone.contains(partition) {
                #expect(next == step.to && steps.last?.to == step.to, "seed \(seed): neither written nor given up")
            } else {
                #expect(database.touched.contains(partition), "seed \(seed): dropped without a reason")
            }
            for offset in step.offsets {
                let effect = database.effects[Database.Place(partition: partition, offset: offset)]
                let isPoison = database.poison.contains(Database.Place(partition: partition, offset: offset))
                #expect(effect == (offset < next ? (isPoison ? .deadLetter : .stored) : nil), "seed \(seed)")
            }
        }
        #expect(database.doubled == 0, "seed \(seed)")
    }
}

private struct Unexpected: Error {}

/// A database that applies batches as a whole behind a guard, and is attacked all the time.
private struct Database {
    struct Place: Hashable {
        var partition: Int32
        var offset: Int64
    }

    enum Effect: Equatable { case stored, deadLetter }

    private var random: SeededRandom
    private var isCalm = false
    private var epochs: [Int32: Int64] = [:]
    private(set) var next: [Int32: Int64] = [:]
    private(set) var effects: [Place: Effect] = [:]
    private(set) var poison: Set<Place> = []
    /// Partitions that somebody else claimed or that fell back.
    private(set) var touched: Set<Int32> = []
    private(set) var fellBack: Set<Int32> = []
    private(set) var doubled = 0

    init(_ batch: Batch, random: SeededRandom) {
        self.random = random
        let percent = [0, 10, 40, 100].randomElement(using: &self.random) ?? 0
        for step in batch.steps {
            epochs[step.partition] = step.epoch
            next[step.partition] = step.from
            for offset in step.offsets where self.random.chance(percent) {
                poison.insert(Place(partition: step.partition, offset: offset))
            }
        }
    }

    /// From now on nothing fails but poison.
    mutating func calmDown() { isCalm = true }

    private mutating func happens(_ percent: Int) -> Bool { !isCalm && random.chance(percent) }

    private mutating func attack() {
        guard let partition = epochs.keys.sorted().randomElement(using: &random) else { return }
        if happens(3) {
            epochs[partition, default: 0] += 1
            touched.insert(partition)
        }
        if happens(3), let stands = next[partition], stands > 0 {
            // A fail-over: what was committed last is gone, data and progress together.
            let back = Int64.random(in: max(0, stands - 4)..<stands, using: &random)
            next[partition] = back
            effects = effects.filter { $0.key.partition != partition || $0.key.offset < back }
            touched.insert(partition)
            fellBack.insert(partition)
        }
    }

    mutating func write(_ batch: Batch) -> WriteResult {
        attack()
        if happens(5) { return .transient }
        if happens(5) { return .unknown }
        guard batch.steps.allSatisfy({ epochs[$0.partition] == $0.epoch && next[$0.partition] == $0.from }) else {
            return .fenced
        }
        if happens(5) { return .rollOverNeeded }
        for step in batch.steps {
            for slice in step.slices where slice.refusal == nil {
                for record in slice.chunk.records[slice.range]
                where poison.contains(Place(partition: step.partition, offset: record.offset)) {
                    return .poison(sqlState: "22003")
                }
            }
        }
        for step in batch.steps {
            for slice in step.slices {
                for record in slice.chunk.records[slice.range] {
                    let place = Place(partition: step.partition, offset: record.offset)
                    if effects[place] != nil { doubled += 1 }
                    effects[place] = slice.refusal == nil ? .stored : .deadLetter
                }
            }
            next[step.partition] = step.to
        }
        return happens(20) ? .unknown : .committed
    }

    mutating func rollOver() -> WriteResult { happens(30) ? .transient : .committed }

    mutating func read(_ partitions: [Int32]) -> [Int32: Standing] {
        attack()
        var standings: [Int32: Standing] = [:]
        for partition in partitions {
            standings[partition] = Standing(epoch: epochs[partition] ?? 0, nextOffset: next[partition])
        }
        return standings
    }
}
