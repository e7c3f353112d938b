@testable import Pipeline
import Testing

/// A worker's lanes under random events, against a model that remembers everything.
@Suite struct LaneTableProperties {
    @Test func nothingIsLostDoubledOrKept() throws {
        for seed in 0..<150 as Range<UInt64> {
            var run = Run(seed: seed)
            for _ in 0..<120 { try run.step() }
            try run.finish()
        }
    }
}

/// One partition as Kafka and the model see it.
private struct ModelLane {
    struct Held {
        var ticket: Ticket
        var offsets: [Int64]
        var bytes: Int
        var isPrepared = false
    }

    let log: [Int64]
    let end: Int64
    var epoch: Int64 = 0
    var isHeld = false
    var takesMore = false
    var isFaulty = false
    /// Where Kafka's reader stands.
    var position: Int64 = 0
    /// Where the database stands.
    var durable: Int64 = 0
    var received: [Held] = []
    var inFlight: PartitionStep?
    var inFlightBytes = 0
}

private struct Run {
    private var random: SeededRandom
    private var table = LaneTable(maximumRecords: 60, maximumBytes: 600, breaker: Breaker.Limits(share: 100))
    private var lanes: [ModelLane] = []
    private var stale: [(Ticket, PreparedChunk)] = []
    private var last: Int32 = -1

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        for _ in 0..<4 {
            var offset: Int64 = 0
            var log: [Int64] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                offset += random.chance(20) ? Int64.random(in: 1...4, using: &random) : 0
                log.append(offset)
                offset += 1
            }
            lanes.append(ModelLane(log: log, end: offset + (random.chance(50) ? 2 : 0)))
        }
    }

    mutating func step() throws {
        let index = Int.random(in: 0..<lanes.count, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: hold(index)
        case 10..<40: receive(index)
        case 40..<65: prepare(index)
        case 65..<80: try cut()
        case 80..<90: settle(index)
        case 90..<92: release(index)
        case 92..<94: rewind(index)
        case 94..<96:
            table.drain([Int32(index)])
            lanes[index].takesMore = false
        case 96..<97:
            table.markFaulty(Int32(index))
            if lanes[index].isHeld { lanes[index].isFaulty = true }
            lanes[index].takesMore = false
        default:
            if let (ticket, chunk) = stale.popLast() { table.prepared(ticket, chunk) }
        }
        check()
    }

    /// Lets everything come to rest: all that Kafka holds becomes durable, and nothing stays behind.
    mutating func finish() throws {
        for index in lanes.indices { hold(index, always: true) }
        for _ in 0..<400 {
            for index in lanes.indices {
                receive(index)
                prepare(index)
                settle(index)
            }
            try cut()
            check()
        }
        for lane in lanes { #expect(lane.durable == max(lane.end, lane.durable)) }
        #expect(table.heldRecords == 0 && table.heldBytes == 0 && table.readyRecords == 0)
        #expect(table.isDrained(table.partitions))
        for index in lanes.indices { release(index) }
        check()
    }

    private mutating func forget(_ index: Int) {
        for held in lanes[index].received where !held.isPrepared { stale.append((held.ticket, chunk(held.offsets))) }
        lanes[index].received = []
        lanes[index].inFlight = nil
        lanes[index].inFlightBytes = 0
        lanes[index].position = lanes[index].durable
    }

    private mutating func hold(_ index: Int, always: Bool = false) {
        guard always || !lanes[index].isHeld || random.chance(20) else { return }
        lanes[index].epoch += 1
        table.hold(.at(Int32(index), lanes[index].durable, epoch: lanes[index].epoch))
        forget(index)
        lanes[index].isHeld = true
        lanes[index].takesMore = true
        lanes[index].isFaulty = false
    }

    private mutating func release(_ index: Int) {
        table.release([Int32(index)])
        forget(index)
        lanes[index].isHeld = false
        lanes[index].takesMore = false
    }

    private mutating func rewind(_ index: Int) {
        guard lanes[index].isHeld else { return }
        lanes[index].durable = Int64.random(in: 0...lanes[index].durable, using: &random)
        let stale = lanes[index].log.filter { $0 >= lanes[index].position }
        table.rewind(Int32(index), to: lanes[index].durable)
        forget(index)
        #expect(table.pendingSeeks == [Int32(index): lanes[index].durable])
        // What was fetched before the consumer moved.
        let admission = table.receive(Int32(index), stale)
        #expect(admission == .nothing)
        table.sought(Int32(index), to: lanes[index].durable)
    }

    private mutating func receive(_ index: Int) {
        let lane = lanes[index]
        // Kafka may deliver again what was read.
        let from = max(0, lane.position - (random.chance(20) ? 2 : 0))
        let offsets = Array(lane.log.lazy.filter { $0 >= from }.prefix(Int.random(in: 1...6, using: &random)))
        if lane.log.last ?? -1 < lane.position {
            let isFault = table.endReached(Int32(index), offset: lane.end)
            #expect(!isFault)
            if lane.takesMore, lane.end > lane.position {
                lanes[index].position = lane.end
            }
            return
        }
        let admission = table.receive(Int32(index), offsets, bytes: offsets.count * 3)
        let fresh = offsets.filter { $0 >= lane.position }
        guard lane.takesMore, !fresh.isEmpty else {
            #expect(admission == .nothing)
            return
        }
        guard case .admitted(let ticket, let start) = admission else {
            Issue.record("not admitted")
            return
        }
        #expect(Array(offsets[start...]) == fresh)
        lanes[index].received.append(.init(ticket: ticket, offsets: fresh, bytes: offsets.count * 3))
        lanes[index].position = (fresh.last ?? 0) + 1
    }

    private mutating func prepare(_ index: Int) {
        let waiting = lanes[index].received.indices.filter { !lanes[index].received[$0].isPrepared }
        guard let place = waiting.randomElement(using: &random) else { return }
        lanes[index].received[place].isPrepared = true
        table.prepared(lanes[index].received[place].ticket, chunk(lanes[index].received[place].offsets))
    }

    private mutating func cut() throws {
        guard let batch = table.cut(maximum: Int.random(in: 1...20, using: &random), after: last) else { return }
        last = try #require(batch.steps.last).partition
        #expect(batch.partitions == batch.partitions.sorted() && Set(batch.partitions).count == batch.partitions.count)
        for step in batch.steps {
            let index = Int(step.partition)
            #expect(lanes[index].isHeld && lanes[index].inFlight == nil && !lanes[index].isFaulty)
            #expect(step.epoch == lanes[index].epoch && step.from == lanes[index].durable && step.to > step.from)
            #expect(
                step.offsets == lanes[index].log.filter { $0 >= step.from && $0 < step.to },
                "all of them, in order"
            )
            lanes[index].inFlight = step
            var left = step.count
            while left > 0, let held = lanes[index].received.first {
                #expect(held.isPrepared)
                left -= held.offsets.count
                lanes[index].inFlightBytes += held.bytes
                lanes[index].received.removeFirst()
            }
            #expect(left == 0)
        }
    }

    private mutating func settle(_ index: Int) {
        guard let step = lanes[index].inFlight else { return }
        if random.chance(30), let (early, late) = Batch(steps: [step]).halves() {
            table.commit(early)
            lanes[index].durable = early.steps.last?.to ?? lanes[index].durable
            lanes[index].inFlight = late.steps.first
            return
        }
        table.committed(step)
        lanes[index].durable = step.to
        lanes[index].inFlight = nil
        lanes[index].inFlightBytes = 0
    }

    private func check() {
        #expect(table.partitions == lanes.indices.filter { lanes[$0].isHeld }.map { Int32($0) })
        var bytes = 0
        var waiting = 0
        var ready = 0
        for (index, lane) in lanes.enumerated() where lane.isHeld {
            bytes += lane.inFlightBytes + lane.received.reduce(0) { $0 + $1.bytes }
            waiting += lane.received.reduce(0) { $0 + $1.offsets.count }
            ready += lane.received.reduce(0) { $0 + ($1.isPrepared ? $1.offsets.count : 0) }
            #expect(table.isInFlight(Int32(index)) == (lane.inFlight != nil))
            #expect(table.durableOffsets[Int32(index)] == lane.durable)
        }
        #expect(table.heldBytes == bytes)
        #expect(table.readyRecords == ready)
        #expect(table.heldRecords >= waiting)
        #expect(table.room.records >= 0 && table.room.bytes >= 0)
    }
}
