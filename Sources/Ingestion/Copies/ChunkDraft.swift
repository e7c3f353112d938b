import Copies
import MentionModel
import Pipeline

/// The normalised texts of a chunk's mentions, one behind the other, kept from their hashing until near copies have
/// been looked for.
struct NormalisedTexts: Sendable {
    struct Entry: Sendable {
        var hash: UInt64
        var offset: Int64
        var publishedAt: Timestamp
        var end: Int
    }

    let partition: Int32
    private(set) var entries: [Entry] = []
    private(set) var bytes: [UInt8] = []

    /// Texts of so many mentions at most, and of about so many bytes.
    init(partition: Int32, count: Int = 0, bytes size: Int = 0) {
        self.partition = partition
        entries.reserveCapacity(count)
        bytes.reserveCapacity(size)
    }

    mutating func append(_ text: [UInt8], hash: UInt64, offset: Int64, publishedAt: Timestamp) {
        bytes += text
        entries.append(Entry(hash: hash, offset: offset, publishedAt: publishedAt, end: bytes.count))
    }
}

/// A chunk of which all is prepared but the near copies of its texts.
struct ChunkDraft: Sendable {
    let records: [PreparedRecord]
    private(set) var mentions: [PreparedMention]
    let arena: ByteArena
    let payloads: [UInt8]
    /// The text of each mention, where they were kept.
    let texts: NormalisedTexts

    init(
        records: [PreparedRecord],
        mentions: [PreparedMention],
        arena: ByteArena,
        payloads: [UInt8],
        texts: NormalisedTexts
    ) {
        self.records = records
        self.mentions = mentions
        self.arena = arena
        self.payloads = payloads
        self.texts = texts
    }

    /// The chunk, with the near texts of the mentions that have any; their indices ascend. The draft's mentions are gone
    /// then: they go on without a copy.
    mutating func finish(_ near: [(mention: Int, texts: [NearTexts])] = []) -> PreparedChunk {
        var finished: [PreparedMention] = []
        swap(&finished, &mentions)
        for (mention, texts) in near where finished.indices.contains(mention) { finished[mention].nearTexts = texts }
        return PreparedChunk(records: records, mentions: finished, arena: arena, payloads: payloads)
    }
}
