import DequeModule
import KafkaClient
import MentionModel
import Persistence
import Pipeline

/// A received batch of records that waits for its preparation.
struct PreparationJob: Sendable {
    var ticket: Ticket
    var batch: RecordBatch
    var start: Int
}

/// How all lanes stand.
struct LanesGauge: Sendable {
    var lanes: [LaneGauge]
    var heldRecords: Int
    var heldBytes: Int
    var readyRecords: Int
    var unpreparedRecords: Int
}

/// What a partition's arrival or end gave rise to.
enum LaneFault: Sendable {
    /// The record read again is another one than before.
    case replaced(offset: Int64)
    /// The topic ends before the place that had been reached.
    case cut(offset: Int64)
    /// Too many of the latest records are dead letters.
    case poisoned(Breaker.Trip)
}

/// The worker's lanes, shared by its tasks: a ``LaneTable`` with bells. Bounded by the table's bounds; the queue of
/// preparation holds only what the table has admitted.
actor Lanes {
    private var table: LaneTable
    private var jobs = Deque<PreparationJob>()
    private var lastTurn: Int32 = -1
    private var oldestReady: ContinuousClock.Instant?

    /// Rings when there is something to prepare.
    nonisolated let preparation = Doorbell()
    /// Rings when there may be something to write.
    nonisolated let writing = Doorbell()
    /// Rings when there is room again.
    nonisolated let room = Doorbell()
    /// Rings when something became durable or was dropped.
    nonisolated let progress = Doorbell()

    init(maximumRecords: Int, maximumBytes: Int, breaker: Breaker.Limits) {
        table = LaneTable(maximumRecords: maximumRecords, maximumBytes: maximumBytes, breaker: breaker)
    }

    var freeRoom: (records: Int, bytes: Int) { table.room }
    var partitions: [Int32] { table.partitions }
    /// Those that are not stopped for a fault.
    var soundPartitions: [Int32] { table.soundPartitions }
    /// Whether records come faster than they are written.
    var isBusy: Bool { table.heldRecords * 2 > table.maximumRecords || table.heldBytes * 2 > table.maximumBytes }
    var durableOffsets: [Int32: Int64] { table.durableOffsets }

    /// How the lanes stand, each and together.
    var gauges: LanesGauge {
        let lanes = table.gauges
        let inFlight = lanes.reduce(0) { $0 + $1.inFlightRecords }
        return LanesGauge(
            lanes: lanes,
            heldRecords: table.heldRecords,
            heldBytes: table.heldBytes,
            readyRecords: table.readyRecords,
            unpreparedRecords: max(0, table.heldRecords - table.readyRecords - inFlight)
        )
    }

    /// Epochs of these partitions, of those that are held.
    func epochs(of partitions: [Int32]) -> [Int32: Int64] {
        var epochs: [Int32: Int64] = [:]
        for partition in partitions { epochs[partition] = table.epoch(of: partition) }
        return epochs
    }

    func hold(_ holdings: [Holding]) {
        for holding in holdings { table.hold(holding) }
    }

    func drain(_ partitions: [Int32]) {
        table.drain(partitions)
        writing.ring()
    }

    func isDrained(_ partitions: [Int32]) -> Bool { table.isDrained(partitions) }

    func release(_ partitions: [Int32]) {
        table.release(partitions)
        jobs.removeAll { table.epoch(of: $0.ticket.partition) != $0.ticket.epoch }
        room.ring()
        progress.ring()
    }

    /// Takes in a batch of records.
    func receive(_ batch: RecordBatch) -> LaneFault? {
        let partition = batch.partition.partition
        guard let first = batch.records.first else { return nil }
        let admission = table.received(
            partition,
            offsets: batch.records.map(\.offset),
            bytes: batch.bytes.count,
            firstTimestamp: first.timestampMilliseconds
        ) {
            UInt64(
                bitPattern: batch.bytes.withUnsafeBufferPointer { bytes in
                    PayloadHash.of(first.value.map { UnsafeBufferPointer(rebasing: bytes[$0]) })
                }
            )
        }
        switch admission {
        case .admitted(let ticket, from: let start):
            jobs.append(PreparationJob(ticket: ticket, batch: batch, start: start))
            preparation.ring()
            return nil
        case .nothing:
            return nil
        case .mismatch(let offset):
            return .replaced(offset: offset)
        }
    }

    func endReached(_ partition: Int32, offset: Int64) -> LaneFault? {
        if table.endReached(partition, offset: offset) { return .cut(offset: offset) }
        writing.ring()
        return nil
    }

    /// Where to read on without the probe; nil when none is out.
    func abandonProbe(_ partition: Int32) -> Int64? { table.abandonProbe(partition) }

    func markFaulty(_ partition: Int32) {
        table.markFaulty(partition)
        progress.ring()
    }

    func takeJobs(_ most: Int) -> [PreparationJob] {
        let taken = Array(jobs.prefix(most))
        jobs.removeFirst(taken.count)
        return taken
    }

    func prepared(_ results: [(Ticket, PreparedChunk)], at now: ContinuousClock.Instant) {
        for (ticket, chunk) in results { table.prepared(ticket, chunk) }
        if oldestReady == nil { oldestReady = now }
        writing.ring()
    }

    /// How much is ready, and since when something is.
    var ready: (records: Int, since: ContinuousClock.Instant?) {
        (table.readyRecords, table.hasWork ? oldestReady : nil)
    }

    func cut(_ most: Int, bytes: Int) -> Batch? {
        guard let batch = table.cut(maximum: most, bytes: bytes, after: lastTurn) else { return nil }
        lastTurn = batch.steps.last?.partition ?? -1
        oldestReady = nil
        return batch
    }

    /// Returns what stops the partition from here on, if anything does.
    func committed(_ step: PartitionStep) -> LaneFault? {
        table.committed(step)
        room.ring()
        progress.ring()
        guard table.epoch(of: step.partition) == step.epoch else { return nil }
        return table.takeTrip(step.partition).map(LaneFault.poisoned)
    }

    /// The database refused a record.
    func refused(_ partition: Int32) { table.refused(partition) }

    /// Drops a partition that another worker holds now. Nothing happens when it was claimed again meanwhile.
    func fenced(_ step: PartitionStep) {
        if table.epoch(of: step.partition) == step.epoch { release([step.partition]) }
        progress.ring()
    }

    /// Reads a partition again from `offset`. False when it is not held under that epoch any more.
    func rewind(_ step: PartitionStep, to offset: Int64) -> Bool {
        guard table.epoch(of: step.partition) == step.epoch else { return false }
        table.rewind(step.partition, to: offset)
        jobs.removeAll { $0.ticket.partition == step.partition }
        room.ring()
        return true
    }

    /// Where each partition that is held stands: its epoch, and what is durable as far as this worker knows.
    var standings: [Int32: Standing] {
        var standings: [Int32: Standing] = [:]
        for (partition, offset) in table.durableOffsets {
            guard let epoch = table.epoch(of: partition) else { continue }
            standings[partition] = Standing(epoch: epoch, nextOffset: offset)
        }
        return standings
    }

    /// Reads a partition again from `offset`, which is before what was durable. False when it is not held under that
    /// epoch any more, stands there already, or has a batch under way, which will find out by itself.
    func rewind(_ partition: Int32, epoch: Int64, to offset: Int64) -> Bool {
        guard table.epoch(of: partition) == epoch, !table.isInFlight(partition),
            let durable = table.durableOffsets[partition], offset < durable
        else { return false }
        table.rewind(partition, to: offset)
        jobs.removeAll { $0.ticket.partition == partition }
        room.ring()
        return true
    }

    /// Where the consumer is to be moved to before rewound partitions take anything in again.
    var pendingSeeks: [Int32: Int64] { table.pendingSeeks }

    /// The consumer was moved, and nothing that it had fetched before is on its way.
    func sought(_ partition: Int32, to offset: Int64) { table.sought(partition, to: offset) }

    nonisolated func close() {
        preparation.close()
        writing.close()
        room.close()
    }
}
