public import Copies
public import MentionModel

/// A mention that is ready to be written: decoded, classified, fingerprinted, its brands matched.
public struct PreparedMention: Sendable {
    /// The decoded event; its strings are in the chunk's arena.
    public var event: MentionEvent
    /// Hash of the normalised text (tier T1 of the copies).
    public var textHash: UInt64
    /// What the classifier says.
    public var verdict: Verdict
    /// Numbers of the brands that the matcher found, ascending; used only when the event names none.
    public var matchedBrands: [Int32]
    /// Texts that the worker has seen and that its text is near to; empty for nearly all. Whatever becomes of the
    /// mention, they are written with the batch that its record is in.
    public var nearTexts: [NearTexts]

    /// Makes a prepared mention.
    public init(
        event: MentionEvent,
        textHash: UInt64,
        verdict: Verdict,
        matchedBrands: [Int32],
        nearTexts: [NearTexts] = []
    ) {
        self.event = event
        self.textHash = textHash
        self.verdict = verdict
        self.matchedBrands = matchedBrands
        self.nearTexts = nearTexts
    }
}

/// One Kafka record after preparation.
public struct PreparedRecord: Sendable {
    /// What the record has become.
    public enum Outcome: Sendable {
        /// A mention: index into ``PreparedChunk/mentions``.
        case mention(Int)
        /// A dead letter.
        case rejected(Rejection)
    }

    /// Kafka offset.
    public var offset: Int64
    /// Kafka timestamp in milliseconds, −1 when the record has none.
    public var timestamp: Int64
    /// The payload in ``PreparedChunk/payloads``; nil for a tombstone.
    public var payload: Range<Int>?
    /// What it has become.
    public var outcome: Outcome

    /// Makes a prepared record.
    public init(offset: Int64, timestamp: Int64, payload: Range<Int>?, outcome: Outcome) {
        self.offset = offset
        self.timestamp = timestamp
        self.payload = payload
        self.outcome = outcome
    }
}

/// Consecutive records of one partition after preparation. Immutable and shared, so that a batch can be split and
/// retried without copying.
public final class PreparedChunk: Sendable {
    /// The records, offsets ascending.
    public let records: [PreparedRecord]
    /// The mentions among them.
    public let mentions: [PreparedMention]
    /// The strings of the mentions.
    public let arena: ByteArena
    /// The raw payloads, kept until the records are durable: a dead letter stores them.
    public let payloads: [UInt8]

    /// Makes a chunk.
    public init(records: [PreparedRecord], mentions: [PreparedMention], arena: ByteArena, payloads: [UInt8]) {
        self.records = records
        self.mentions = mentions
        self.arena = arena
        self.payloads = payloads
    }
}
