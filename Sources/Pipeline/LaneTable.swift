import DequeModule

/// The last record that was read of a partition before it changed hands, read again to see that the topic is still
/// the same one.
public struct Probe: Sendable, Equatable {
    /// Offset of that record.
    public var offset: Int64
    /// Its Kafka timestamp in milliseconds.
    public var timestamp: Int64
    /// Its hash.
    public var hash: UInt64

    /// Makes a probe.
    public init(offset: Int64, timestamp: Int64, hash: UInt64) {
        self.offset = offset
        self.timestamp = timestamp
        self.hash = hash
    }
}

/// What a claim said of a partition.
public struct Holding: Sendable, Equatable {
    /// The partition.
    public var partition: Int32
    /// The fencing epoch.
    public var epoch: Int64
    /// The incarnation, raised by a reset.
    public var incarnation: Int32
    /// Where to go on.
    public var nextOffset: Int64
    /// What to read again first; nil where nothing was read before.
    public var probe: Probe?
    /// Below this offset an operator has accepted dead letters in any number.
    public var acceptBelow: Int64

    /// Makes a holding.
    public init(
        partition: Int32,
        epoch: Int64,
        incarnation: Int32,
        nextOffset: Int64,
        probe: Probe? = nil,
        acceptBelow: Int64 = 0
    ) {
        self.partition = partition
        self.epoch = epoch
        self.incarnation = incarnation
        self.nextOffset = nextOffset
        self.probe = probe
        self.acceptBelow = acceptBelow
    }

    /// The offset to read from: that of the probe where there is one.
    public var readFrom: Int64 { probe?.offset ?? nextOffset }
}

/// Identifies a chunk between its arrival and its preparation. A ticket of an epoch that has ended is ignored.
public struct Ticket: Sendable, Hashable {
    /// The partition.
    public let partition: Int32
    /// The epoch it came under.
    public let epoch: Int64
    /// Its number within the lane.
    let serial: UInt64
}

/// The lanes of the partitions that this worker holds: what was received, what is prepared, what is durable.
///
/// A pure state machine. It bounds what is held in records and bytes, keeps each partition's records in order, cuts
/// batches from what is ready, and forgets a partition at once when it is lost. Work in flight is keyed by partition
/// and epoch, so that what belongs to a holding that has ended can't come back.
public struct LaneTable: Sendable {
    /// What became of received records.
    public enum Admission: Sendable, Equatable {
        /// Prepare the records from this index on, then call ``prepared(_:_:)``.
        case admitted(Ticket, from: Int)
        /// Nothing new for this partition: not held, stale, or only the probe.
        case nothing
        /// The record read again is not the one that was read: the topic has been replaced or cut.
        case mismatch(offset: Int64)
    }

    private struct Slot {
        var serial: UInt64
        var chunk: PreparedChunk?
        var records: Int
        var bytes: Int
        var end: Int64
        var timestamp: Int64?
    }

    private struct Lane {
        var holding: Holding
        var probe: Probe?
        var nextRead: Int64
        var nextCut: Int64
        var nextDurable: Int64
        var endReached: Int64?
        var slots = Deque<Slot>()
        var nextSerial: UInt64 = 0
        var inFlightRecords = 0
        var inFlightBytes = 0
        /// The Kafka timestamp of the first record under way.
        var inFlightTimestamp: Int64?
        var isFaulty = false
        var isDraining = false
        /// Where the consumer must be moved to before anything is taken in.
        var seekTo: Int64?
        var breaker: Breaker
        /// Set once too many records were dead letters: what came before is still written.
        var trip: Breaker.Trip?
        var takesMore: Bool { !isFaulty && !isDraining && seekTo == nil && trip == nil }
    }

    private var lanes: [Int32: Lane] = [:]
    /// Bound of what is held, in records.
    public let maximumRecords: Int
    /// Bound of what is held, in payload bytes.
    public let maximumBytes: Int
    /// When a partition is stopped for its dead letters.
    public let breaker: Breaker.Limits
    /// Records received and not yet durable.
    public private(set) var heldRecords = 0
    /// Payload bytes of those records.
    public private(set) var heldBytes = 0
    /// Records prepared and not yet in a batch.
    public private(set) var readyRecords = 0

    /// An empty table with its bounds.
    public init(maximumRecords: Int, maximumBytes: Int, breaker: Breaker.Limits = Breaker.Limits()) {
        self.maximumRecords = maximumRecords
        self.maximumBytes = maximumBytes
        self.breaker = breaker
    }

    /// How many more records and bytes there is room for; never negative.
    public var room: (records: Int, bytes: Int) {
        (max(0, maximumRecords - heldRecords), max(0, maximumBytes - heldBytes))
    }

    /// The partitions held, ascending.
    public var partitions: [Int32] { lanes.keys.sorted() }

    /// The epoch under which a partition is held; nil when it is not.
    public func epoch(of partition: Int32) -> Int64? { lanes[partition]?.holding.epoch }

    /// Whether a batch with the partition's records is under way.
    public func isInFlight(_ partition: Int32) -> Bool {
        guard let lane = lanes[partition] else { return false }
        return lane.nextCut != lane.nextDurable
    }

    /// Whether nothing of these partitions is received but not durable. A faulty lane counts as drained once nothing of it
    /// is under way.
    public func isDrained(_ partitions: [Int32]) -> Bool {
        partitions.allSatisfy { partition in
            guard let lane = lanes[partition] else { return true }
            return (lane.slots.isEmpty || lane.isFaulty) && lane.nextCut == lane.nextDurable
        }
    }

    /// Begins a holding. A former one of the same partition is forgotten.
    public mutating func hold(_ holding: Holding) {
        release([holding.partition])
        lanes[holding.partition] = Lane(
            holding: holding,
            probe: holding.probe,
            nextRead: holding.nextOffset,
            nextCut: holding.nextOffset,
            nextDurable: holding.nextOffset,
            breaker: Breaker(breaker, countsFrom: holding.acceptBelow)
        )
    }

    /// Ends holdings and forgets all that belongs to them.
    public mutating func release(_ partitions: [Int32]) {
        for partition in partitions {
            guard let lane = lanes.removeValue(forKey: partition) else { continue }
            forget(lane)
        }
    }

    /// Forgets what a lane holds and reads on from `offset`, after the database turned out to be there.
    ///
    /// What the consumer had fetched before it is moved there would look like what follows `offset`, and step over all
    /// between: so the lane takes nothing in until ``sought(_:to:)``.
    public mutating func rewind(_ partition: Int32, to offset: Int64) {
        guard let lane = lanes[partition] else { return }
        var holding = lane.holding
        holding.nextOffset = offset
        holding.probe = nil
        hold(holding)
        // Chunks from before the rewind may still be in preparation under the same epoch.
        lanes[partition]?.nextSerial = lane.nextSerial
        // It is still the same holding: a fault or a drain does not end with it.
        lanes[partition]?.isFaulty = lane.isFaulty
        lanes[partition]?.isDraining = lane.isDraining
        lanes[partition]?.seekTo = offset
    }

    /// Where the consumer is to be moved to, for partitions that were rewound.
    public var pendingSeeks: [Int32: Int64] { lanes.compactMapValues(\.seekTo) }

    /// The consumer was moved, and nothing that it had fetched before is on its way any more.
    public mutating func sought(_ partition: Int32, to offset: Int64) {
        if lanes[partition]?.seekTo == offset { lanes[partition]?.seekTo = nil }
    }

    /// The partition's probe could not be read (compacted away or expired): go on without it.
    public mutating func abandonProbe(_ partition: Int32) -> Int64? {
        guard lanes[partition]?.probe != nil else { return nil }
        lanes[partition]?.probe = nil
        return lanes[partition]?.nextRead
    }

    /// Whether the partition still waits for its probe.
    public func isProbing(_ partition: Int32) -> Bool { lanes[partition]?.probe != nil }

    /// A fault: the lane takes nothing more until it is held again.
    public mutating func markFaulty(_ partition: Int32) {
        lanes[partition]?.isFaulty = true
    }

    /// The partitions are about to be given back: they take in nothing more, and what is held is still written.
    public mutating func drain(_ partitions: [Int32]) {
        for partition in partitions { lanes[partition]?.isDraining = true }
    }

    /// Takes in records that arrived, with their offsets ascending. `bytes` is the size of what holds them; timestamp
    /// and hash (of the payload) of the first are compared with the probe where one is out.
    public mutating func received(
        _ partition: Int32,
        offsets: [Int64],
        bytes: Int,
        firstTimestamp: Int64,
        firstHash: () -> UInt64
    ) -> Admission {
        guard var lane = lanes[partition], lane.takesMore, let first = offsets.first, let last = offsets.last else {
            return .nothing
        }
        if let probe = lane.probe {
            if first < probe.offset { return .nothing }
            if first == probe.offset, firstTimestamp != probe.timestamp || firstHash() != probe.hash {
                lanes[partition]?.isFaulty = true
                return .mismatch(offset: probe.offset)
            }
            lane.probe = nil
        }
        guard let start = offsets.firstIndex(where: { $0 >= lane.nextRead }) else {
            lanes[partition] = lane
            return .nothing
        }
        let count = offsets.count - start
        let ticket = Ticket(partition: partition, epoch: lane.holding.epoch, serial: lane.nextSerial)
        lane.nextSerial &+= 1
        lane.nextRead = last + 1
        lane.slots.append(
            Slot(
                serial: ticket.serial,
                chunk: nil,
                records: count,
                bytes: bytes,
                end: last + 1,
                timestamp: firstTimestamp < 0 ? nil : firstTimestamp
            )
        )
        heldRecords += count
        heldBytes += bytes
        lanes[partition] = lane
        return .admitted(ticket, from: start)
    }

    /// The chunk of a ticket is ready.
    public mutating func prepared(_ ticket: Ticket, _ chunk: PreparedChunk) {
        guard lanes[ticket.partition]?.holding.epoch == ticket.epoch,
            let slot = lanes[ticket.partition]?.slots.firstIndex(where: { $0.serial == ticket.serial })
        else { return }
        lanes[ticket.partition]?.slots[slot].chunk = chunk
        readyRecords += chunk.records.count
    }

    /// Kafka said that nothing more is there below `offset`: once all before it is durable, progress may step to it,
    /// past markers and what compaction removed. While a probe is out, an end at or before it is a mismatch: returns
    /// whether that is so.
    public mutating func endReached(_ partition: Int32, offset: Int64) -> Bool {
        guard let lane = lanes[partition], lane.takesMore else { return false }
        if lane.probe != nil {
            if offset < lane.nextRead {
                lanes[partition]?.isFaulty = true
                return true
            }
            lanes[partition]?.probe = nil
        }
        if offset > lane.nextRead {
            lanes[partition]?.endReached = offset
            lanes[partition]?.nextRead = offset
        }
        return false
    }

    /// Whether there is anything to write.
    public var hasWork: Bool {
        lanes.values.contains { $0.slots.first?.chunk != nil || ($0.slots.isEmpty && $0.endReached != nil) }
    }

    /// Cuts a batch of at most `maximum` records and `bytes` (but at least one chunk) from what is ready, of partitions
    /// that have none under way. Nil when there is nothing. Partitions take turns in the order of their numbers, starting
    /// after `after`, so that none starves.
    public mutating func cut(maximum: Int, bytes: Int = .max, after: Int32 = -1) -> Batch? {
        let order = partitions
        let turn = order.firstIndex { $0 > after } ?? 0
        var steps: [PartitionStep] = []
        var count = 0
        var size = 0
        turns: for position in order.indices {
            let partition = order[(turn + position) % order.count]
            guard count < maximum, size < bytes, var lane = lanes[partition], lane.nextCut == lane.nextDurable,
                !lane.isFaulty
            else { continue }
            var slices: [ChunkSlice] = []
            var end = lane.nextCut
            while let slot = lane.slots.first, let chunk = slot.chunk {
                if count > 0, count + slot.records > maximum || size + slot.bytes > bytes {
                    // A lane whose first chunk is too large must come first in the next batch: it would wait for ever
                    // if smaller ones behind it had their turn now.
                    if slices.isEmpty { break turns }
                    break
                }
                lane.slots.removeFirst()
                let tripped = lane.breaker.observe(chunk)
                let taken = tripped.map { $0.index + 1 } ?? chunk.records.count
                slices.append(ChunkSlice(chunk: chunk, range: 0..<taken))
                if lane.inFlightRecords == 0 { lane.inFlightTimestamp = slot.timestamp }
                lane.inFlightRecords += slot.records
                lane.inFlightBytes += slot.bytes
                readyRecords -= slot.records
                count += slot.records
                size += slot.bytes
                end = slot.end
                if let tripped {
                    end = tripped.trip.offset + 1
                    lane.trip = tripped.trip
                    lane.endReached = nil
                    forget(lane.slots)
                    lane.slots.removeAll()
                }
            }
            if lane.slots.isEmpty, let reached = lane.endReached {
                end = max(end, reached)
                lane.endReached = nil
            }
            guard end > lane.nextCut else { continue }
            steps.append(
                PartitionStep(
                    partition: partition,
                    epoch: lane.holding.epoch,
                    incarnation: lane.holding.incarnation,
                    from: lane.nextCut,
                    to: end,
                    slices: slices
                )
            )
            lane.nextCut = end
            lanes[partition] = lane
        }
        return steps.isEmpty ? nil : Batch(steps: steps)
    }

    /// A step is durable. Ignored when the holding has ended meanwhile.
    public mutating func committed(_ step: PartitionStep) {
        guard var lane = lanes[step.partition], lane.holding.epoch == step.epoch else { return }
        lane.nextDurable = max(lane.nextDurable, step.to)
        if lane.nextDurable == lane.nextCut {
            heldRecords -= lane.inFlightRecords
            heldBytes -= lane.inFlightBytes
            lane.inFlightRecords = 0
            lane.inFlightBytes = 0
            lane.inFlightTimestamp = nil
        }
        lanes[step.partition] = lane
    }

    /// What stopped the partition, once all that came before is durable; told once.
    public mutating func takeTrip(_ partition: Int32) -> Breaker.Trip? {
        guard let lane = lanes[partition], let trip = lane.trip, !lane.isFaulty, lane.nextCut == lane.nextDurable
        else { return nil }
        lanes[partition]?.isFaulty = true
        return trip
    }

    /// The database refused a record of this partition: one dead letter more.
    public mutating func refused(_ partition: Int32) {
        lanes[partition]?.breaker.refused()
    }

    /// The partitions that are not stopped for a fault, ascending.
    public var soundPartitions: [Int32] { partitions.filter { lanes[$0]?.isFaulty == false } }

    /// Durable positions of all lanes: what is told to Kafka for the benefit of lag tools.
    public var durableOffsets: [Int32: Int64] { lanes.mapValues(\.nextDurable) }

    /// How each lane stands, for whoever watches; in order of the partitions. O(partitions).
    public var gauges: [LaneGauge] {
        partitions.compactMap { partition in
            guard let lane = lanes[partition] else { return nil }
            var gauge = LaneGauge(partition: partition, durable: lane.nextDurable, isFaulty: lane.isFaulty)
            gauge.received = lane.nextRead
            gauge.inFlightRecords = lane.inFlightRecords
            gauge.oldestTimestamp =
                lane.inFlightRecords > 0 ? lane.inFlightTimestamp : lane.slots.first.flatMap(\.timestamp)
            return gauge
        }
    }

    private mutating func forget(_ lane: Lane) {
        heldRecords -= lane.inFlightRecords
        heldBytes -= lane.inFlightBytes
        forget(lane.slots)
    }

    private mutating func forget(_ slots: Deque<Slot>) {
        for slot in slots {
            heldRecords -= slot.records
            heldBytes -= slot.bytes
            if slot.chunk != nil { readyRecords -= slot.records }
        }
    }
}
