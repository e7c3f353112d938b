public import MentionModel

/// A piece of a chunk: some of its records, in order.
public struct ChunkSlice: Sendable {
    /// The chunk.
    public var chunk: PreparedChunk
    /// Which of its records.
    public var range: Range<Int>
    /// Set when the database refused the (single) record of this slice: it is written as a dead letter instead.
    public var refusal: Rejection?

    /// Makes a slice.
    public init(chunk: PreparedChunk, range: Range<Int>, refusal: Rejection? = nil) {
        self.chunk = chunk
        self.range = range
        self.refusal = refusal
    }
}

/// One partition's share of a batch: its step from one offset to the next, and the records between.
public struct PartitionStep: Sendable {
    /// The partition.
    public var partition: Int32
    /// The epoch under which the partition is held.
    public var epoch: Int64
    /// The incarnation of the partition, part of every offset key.
    public var incarnation: Int32
    /// `next_offset` before the batch: what the guard compares.
    public var from: Int64
    /// `next_offset` after it. Offsets between that have no record were compacted away or were markers.
    public var to: Int64
    /// The records, in order.
    public var slices: [ChunkSlice]

    /// Makes a step.
    public init(partition: Int32, epoch: Int64, incarnation: Int32, from: Int64, to: Int64, slices: [ChunkSlice]) {
        self.partition = partition
        self.epoch = epoch
        self.incarnation = incarnation
        self.from = from
        self.to = to
        self.slices = slices
    }

    /// How many records the step holds.
    public var count: Int { slices.reduce(0) { $0 + $1.range.count } }
}

/// What one transaction writes: a step of each of some partitions, sorted by partition (the lock order).
public struct Batch: Sendable {
    /// The steps, one a partition, ascending.
    public var steps: [PartitionStep]

    /// Makes a batch; sorts the steps.
    public init(steps: [PartitionStep]) {
        self.steps = steps.sorted { $0.partition < $1.partition }
    }

    /// How many records the batch holds.
    public var count: Int { steps.reduce(0) { $0 + $1.count } }

    /// The partitions, ascending.
    public var partitions: [Int32] { steps.map(\.partition) }

    /// The batch cut in two of about equal numbers of records; each partition's records stay in order, the first
    /// batch holding the earlier ones. Nil when there is no more than one record.
    public func halves() -> (Batch, Batch)? {
        let total = count
        guard total > 1 else { return nil }
        var left: [PartitionStep] = []
        var right: [PartitionStep] = []
        var room = total / 2
        for step in steps {
            let count = step.count
            if count <= room {
                left.append(step)
                room -= count
            } else if room == 0 {
                right.append(step)
            } else {
                let (early, late) = step.split(after: room)
                left.append(early)
                right.append(late)
                room = 0
            }
        }
        return (Batch(steps: left), Batch(steps: right))
    }

    /// The batch of one record, with that record refused.
    public func refusing(_ refusal: Rejection) -> Batch {
        var refused = self
        for step in refused.steps.indices {
            for slice in refused.steps[step].slices.indices where !refused.steps[step].slices[slice].range.isEmpty {
                refused.steps[step].slices[slice].refusal = refusal
            }
        }
        return refused
    }
}

extension PartitionStep {
    /// The step's first `wanted` records and the rest. `wanted` lies strictly between 0 and ``count``.
    func split(after wanted: Int) -> (PartitionStep, PartitionStep) {
        var early = self
        var late = self
        early.slices = []
        late.slices = []
        var room = wanted
        for slice in slices {
            if slice.range.count <= room {
                early.slices.append(slice)
                room -= slice.range.count
            } else if room == 0 {
                late.slices.append(slice)
            } else {
                let middle = slice.range.lowerBound + room
                early.slices.append(ChunkSlice(chunk: slice.chunk, range: slice.range.lowerBound..<middle))
                late.slices.append(ChunkSlice(chunk: slice.chunk, range: middle..<slice.range.upperBound))
                room = 0
            }
        }
        let lastEarly = early.slices.last.map { $0.chunk.records[$0.range.upperBound - 1].offset }
        early.to = (lastEarly ?? from - 1) + 1
        late.from = early.to
        return (early, late)
    }
}
