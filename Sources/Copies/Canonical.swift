public import MentionModel

/// What decides which mention of a cluster is the canonical one: the least by time, source and id.
public struct Canonical: Sendable, Hashable, Comparable {
    /// When the mention was published.
    public var publishedAt: Timestamp
    /// The name of its source.
    public var source: String
    /// Its id there.
    public var nativeID: String
    /// Its number.
    public var mention: Int64

    /// Makes the key of a mention.
    public init(publishedAt: Timestamp, source: String, nativeID: String, mention: Int64) {
        self.publishedAt = publishedAt
        self.source = source
        self.nativeID = nativeID
        self.mention = mention
    }

    /// Strings compare by their bytes, as PostgreSQL's collation "C" does, and not by Unicode's equivalence.
    public static func < (left: Canonical, right: Canonical) -> Bool {
        if left.publishedAt != right.publishedAt { return left.publishedAt < right.publishedAt }
        if !left.source.utf8.elementsEqual(right.source.utf8) {
            return left.source.utf8.lexicographicallyPrecedes(right.source.utf8)
        }
        if !left.nativeID.utf8.elementsEqual(right.nativeID.utf8) {
            return left.nativeID.utf8.lexicographicallyPrecedes(right.nativeID.utf8)
        }
        return left.mention < right.mention
    }
}
