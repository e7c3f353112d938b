/// What one partition's step of a batch came to.
public struct StepCounts: Sendable, Equatable {
    /// Records of the step.
    public var records: Int64 = 0
    /// Mentions that were not there before.
    public var newMentions: Int64 = 0
    /// Bodies that had been seen before.
    public var redeliveries: Int64 = 0
    /// New bodies of mentions that were there.
    public var revisions: Int64 = 0
    /// Records that could not become a mention.
    public var deadLetters: Int64 = 0
    /// Pairs of near texts that came with them.
    public var nearPairs: Int64 = 0

    /// All zero.
    public init() {}

    /// The sum of two.
    public static func + (left: StepCounts, right: StepCounts) -> StepCounts {
        var sum = left
        sum.records += right.records
        sum.newMentions += right.newMentions
        sum.redeliveries += right.redeliveries
        sum.revisions += right.revisions
        sum.deadLetters += right.deadLetters
        sum.nearPairs += right.nearPairs
        return sum
    }
}

/// What a committed batch came to.
public struct WriteReport: Sendable {
    /// Counts by partition.
    public var steps: [Int32: StepCounts] = [:]

    /// An empty report.
    public init() {}

    /// The sum over the partitions.
    public var total: StepCounts { steps.values.reduce(StepCounts(), +) }
}
