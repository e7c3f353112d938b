public import MentionModel

/// Watches for ids that come again with another text: the sign of ids that a spreadsheet or an export has mangled.
///
/// Remembers a 64-bit hash of each (source, id) and of its first text, for the first ``maximumIDs`` distinct ids
/// (about 50 MB); ids that are new after that are not watched.
public struct RepeatAudit: Sendable {
    /// How many ids are watched.
    public static let maximumIDs = 1_000_000
    /// Under so many mentions nothing is said.
    public static let minimumMentions = 100

    private var firstTexts: [UInt64: UInt64] = [:]
    private var repeating: Set<UInt64> = []

    /// Mentions seen.
    public private(set) var mentions = 0
    /// Distinct ids seen and watched.
    public var distinctIDs: Int { firstTexts.count }
    /// Of these, how many came again with another text.
    public var repeatingIDs: Int { repeating.count }
    /// Mentions that repeat a watched id, with the same text or another.
    public private(set) var repeats = 0

    /// An audit that has seen nothing.
    public init() {}

    /// Sees one mention.
    public mutating func see(_ event: MentionEvent, in arena: ByteArena) {
        mentions += 1
        let bytes = arena.bytes.span
        let source = XXH64.hash(bytes.extracting(event.source.indices))
        let id = XXH64.hash(bytes.extracting(event.id.indices), seed: source)
        let text = XXH64.hash(bytes.extracting(event.text.indices))
        if let first = firstTexts[id] {
            repeats += 1
            if first != text { repeating.insert(id) }
        } else if firstTexts.count < Self.maximumIDs {
            firstTexts[id] = text
        }
    }

    /// Whether more than 1 % of the ids came again with another text.
    public var isSuspicious: Bool {
        mentions >= Self.minimumMentions && repeating.count * 100 > firstTexts.count
    }
}
