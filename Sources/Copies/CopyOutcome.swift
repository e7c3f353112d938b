public import MentionModel

/// A mention as the index takes it.
public struct CopyMention: Sendable, Equatable {
    /// The hash of the normalised text: see `Fingerprinter.textHash`.
    public var textHash: UInt64
    /// What the caller knows the mention by, such as its offset; unique within the index.
    public var reference: Int64
    /// When it was published.
    public var publishedAt: Timestamp

    /// Makes a mention.
    public init(textHash: UInt64, reference: Int64, publishedAt: Timestamp) {
        self.textHash = textHash
        self.reference = reference
        self.publishedAt = publishedAt
    }
}

/// One link from the mention at hand to an earlier one.
public struct CopyLink: Sendable, Equatable {
    /// What the earlier mention is known by. Of mentions with one text it is the one that the index met first.
    public var reference: Int64
    /// The hash of its text.
    public var textHash: UInt64
    /// The Jaccard similarity in ten-thousandths, rounded down; 10,000 for the same text (T1).
    public var jaccard: Int32

    /// Makes a link.
    public init(reference: Int64, textHash: UInt64, jaccard: Int32) {
        self.reference = reference
        self.textHash = textHash
        self.jaccard = jaccard
    }
}

/// What the index found for a mention.
public enum CopyOutcome: Sendable, Equatable {
    /// No copy of anything that the index holds.
    case alone
    /// Tier T1: the same normalised text.
    case sameText(CopyLink)
    /// Tier T2: a near copy; of several the most similar one.
    case near(CopyLink)
}

/// How many mentions an index has taken, by what they were.
public struct CopyCounts: Sendable, Equatable {
    /// Mentions that are copies of nothing the index held.
    public var alone = 0
    /// Mentions of tier T1.
    public var sameText = 0
    /// Mentions of tier T2.
    public var near = 0
    /// Of all mentions, those too short for T2.
    public var short = 0
    /// Pairs of texts of which the similarity was computed.
    public var comparisons = 0

    /// Nothing taken.
    public init() {}

    /// All mentions taken.
    public var mentions: Int { alone + sameText + near }

    /// The sum of two indexes.
    public static func + (left: CopyCounts, right: CopyCounts) -> CopyCounts {
        var sum = left
        sum.alone += right.alone
        sum.sameText += right.sameText
        sum.near += right.near
        sum.short += right.short
        sum.comparisons += right.comparisons
        return sum
    }
}

/// What an index may have missed, by cause: the background step has to fold what follows from it.
public struct CopyEscapes: Sendable, Equatable {
    /// Texts given up for want of memory while mentions within the window could still have linked to them.
    public var evicted = 0
    /// Places of texts in one band that were given to newer texts of the same bucket. A text has a place in each band,
    /// so few of these cost a link.
    public var crowded = 0
    /// Mentions for which more texts shared a band than one mention may be compared with.
    public var uncompared = 0
    /// Rows that a rebuild did not take, because its time or memory was used up.
    public var notRebuilt = 0

    /// Nothing missed.
    public init() {}

    /// The causes by name, as they are stored.
    public var byCause: [(cause: String, texts: Int)] {
        [("evicted", evicted), ("crowded", crowded), ("uncompared", uncompared), ("not_rebuilt", notRebuilt)]
    }

    /// What has come since.
    public static func - (left: CopyEscapes, right: CopyEscapes) -> CopyEscapes {
        var rest = left
        rest.evicted -= right.evicted
        rest.crowded -= right.crowded
        rest.uncompared -= right.uncompared
        rest.notRebuilt -= right.notRebuilt
        return rest
    }

    /// The sum of two indexes.
    public static func + (left: CopyEscapes, right: CopyEscapes) -> CopyEscapes {
        var sum = left
        sum.evicted += right.evicted
        sum.crowded += right.crowded
        sum.uncompared += right.uncompared
        sum.notRebuilt += right.notRebuilt
        return sum
    }
}
