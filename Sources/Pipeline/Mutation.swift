/// A worker with one of its protections taken out, to prove that the checks of a farm can fail.
///
/// Only tests set ``current``; no program of the farm has a way to. The guard of each batch compares epoch and offset,
/// and alone makes most of these harmless: so each mutation also takes out what the guard would notice it by.
package enum Mutation: String, Sendable, CaseIterable {
    /// Guard, progress and re-read don't compare the epoch.
    case epochDropped = "drop-epoch-predicate"
    /// Kafka is told an offset before the database has it, and a claim begins where Kafka says.
    case kafkaFirst = "commit-to-kafka-first"
    /// After a lost answer the batch is sent again without looking, and the guard doesn't compare the offset.
    case blindResend = "skip-re-read"
    /// Work of a partition that was given back is written all the same, under whatever epoch and offset stand.
    case keptWork = "keep-work-across-revoke"

    /// The mutation of the workers that this task makes; nil outside of tests.
    @TaskLocal package static var current: Mutation?

    /// Whether the guard takes the epoch that stands for ours.
    package var ignoresEpoch: Bool { self == .epochDropped || self == .keptWork }
    /// Whether the guard takes the offset that stands for ours.
    package var ignoresOffset: Bool { self == .blindResend || self == .keptWork }
}
