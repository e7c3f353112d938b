import MentionModel
@testable import Pipeline

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// A chunk of which the records at some offsets are dead letters, and the others mentions.
func chunk(_ offsets: Range<Int64>, bad: (Int64) -> Bool) -> PreparedChunk {
    var mentions: [PreparedMention] = []
    let records = offsets.map { offset in
        var outcome = PreparedRecord.Outcome.rejected(Rejection(.badJSON, "test"))
        if !bad(offset) {
            outcome = .mention(mentions.count)
            mentions.append(
                PreparedMention(
                    event: MentionEvent(),
                    textHash: 0,
                    verdict: Verdict(sentiment: nil, sentimentScore: 0),
                    matchedBrands: []
                )
            )
        }
        return PreparedRecord(offset: offset, timestamp: 0, payload: nil, outcome: outcome)
    }
    return PreparedChunk(records: records, mentions: mentions, arena: ByteArena(), payloads: [])
}

/// A chunk whose records are nothing but offsets.
func chunk(_ offsets: [Int64]) -> PreparedChunk {
    PreparedChunk(
        records: offsets.map {
            PreparedRecord(offset: $0, timestamp: 0, payload: nil, outcome: .rejected(Rejection(.tombstone, "test")))
        },
        mentions: [],
        arena: ByteArena(),
        payloads: []
    )
}

extension PartitionStep {
    /// The offsets of its records, in order.
    var offsets: [Int64] {
        slices.flatMap { slice in slice.chunk.records[slice.range].map(\.offset) }
    }

    /// A step over chunks of the given offsets.
    static func over(
        _ partition: Int32,
        _ chunks: [[Int64]],
        epoch: Int64 = 1,
        from: Int64? = nil,
        to: Int64? = nil
    ) -> PartitionStep {
        PartitionStep(
            partition: partition,
            epoch: epoch,
            incarnation: 0,
            from: from ?? chunks.first?.first ?? 0,
            to: to ?? (chunks.last?.last ?? -1) + 1,
            slices: chunks.map { ChunkSlice(chunk: chunk($0), range: 0..<$0.count) }
        )
    }
}

extension Batch {
    /// Partition, offset and bounds of every step.
    var shape: [String] { steps.map { "\($0.partition):\($0.from)-\($0.to)@\($0.epoch) \($0.offsets)" } }
}

extension LaneTable {
    /// Records without a probe in play.
    mutating func receive(_ partition: Int32, _ offsets: [Int64], bytes: Int = 10) -> Admission {
        received(partition, offsets: offsets, bytes: bytes, firstTimestamp: 0) { 0 }
    }

    /// Reports every step of a batch as durable.
    mutating func commit(_ batch: Batch) {
        for step in batch.steps { committed(step) }
    }
}

/// A table behind a reference: an expectation can't hold a call that changes a value.
final class Table {
    private var table: LaneTable

    /// The chunks of these tests hold nothing but dead letters: without limits given, the breaker is off.
    init(
        maximumRecords: Int = 1_000,
        maximumBytes: Int = 10_000,
        breaker: Breaker.Limits = Breaker.Limits(share: 100)
    ) {
        table = LaneTable(maximumRecords: maximumRecords, maximumBytes: maximumBytes, breaker: breaker)
    }

    static func holding(_ partitions: Int32..., next: Int64 = 0) -> Table {
        let table = Table()
        for partition in partitions { table.hold(.at(partition, next)) }
        return table
    }

    var heldRecords: Int { table.heldRecords }
    var heldBytes: Int { table.heldBytes }
    var readyRecords: Int { table.readyRecords }
    var room: (records: Int, bytes: Int) { table.room }
    var partitions: [Int32] { table.partitions }
    var hasWork: Bool { table.hasWork }
    var durableOffsets: [Int32: Int64] { table.durableOffsets }
    func epoch(of partition: Int32) -> Int64? { table.epoch(of: partition) }
    func isInFlight(_ partition: Int32) -> Bool { table.isInFlight(partition) }
    func isDrained(_ partitions: [Int32]) -> Bool { table.isDrained(partitions) }
    func isProbing(_ partition: Int32) -> Bool { table.isProbing(partition) }

    func hold(_ holding: Holding) { table.hold(holding) }
    func release(_ partitions: [Int32]) { table.release(partitions) }
    func rewind(_ partition: Int32, to offset: Int64) { table.rewind(partition, to: offset) }
    func sought(_ partition: Int32, to offset: Int64) { table.sought(partition, to: offset) }
    func drain(_ partitions: [Int32]) { table.drain(partitions) }
    func markFaulty(_ partition: Int32) { table.markFaulty(partition) }
    func abandonProbe(_ partition: Int32) -> Int64? { table.abandonProbe(partition) }
    func endReached(_ partition: Int32, offset: Int64) -> Bool { table.endReached(partition, offset: offset) }
    func prepared(_ ticket: Ticket, _ chunk: PreparedChunk) { table.prepared(ticket, chunk) }
    func cut(maximum: Int, bytes: Int = .max, after: Int32 = -1) -> Batch? {
        table.cut(maximum: maximum, bytes: bytes, after: after)
    }
    func commit(_ batch: Batch) { table.commit(batch) }
    func takeTrip(_ partition: Int32) -> Breaker.Trip? { table.takeTrip(partition) }
    func refused(_ partition: Int32) { table.refused(partition) }
    var soundPartitions: [Int32] { table.soundPartitions }

    func receive(_ partition: Int32, _ offsets: [Int64], bytes: Int = 10) -> LaneTable.Admission {
        table.receive(partition, offsets, bytes: bytes)
    }

    /// Receives records whose first has this timestamp and hash.
    func probe(_ offsets: [Int64], _ timestamp: Int64, _ hash: UInt64) -> LaneTable.Admission {
        table.received(0, offsets: offsets, bytes: 1, firstTimestamp: timestamp) { hash }
    }

    /// Receives and prepares at once; false when nothing was admitted.
    @discardableResult
    func fill(_ partition: Int32, _ offsets: [Int64], bytes: Int = 10) -> Bool {
        guard case .admitted(let ticket, let start) = receive(partition, offsets, bytes: bytes) else { return false }
        prepared(ticket, chunk(Array(offsets[start...])))
        return true
    }
}

extension LaneTable.Admission {
    /// The ticket; nil when nothing was admitted.
    var ticket: Ticket? {
        if case .admitted(let ticket, _) = self { ticket } else { nil }
    }
}

extension Holding {
    static func at(_ partition: Int32, _ next: Int64, epoch: Int64 = 1, probe: Probe? = nil) -> Holding {
        Holding(partition: partition, epoch: epoch, incarnation: 0, nextOffset: next, probe: probe)
    }
}
