public import MentionModel

/// A stretch of time in which mentions of one text follow each other within the window.
public struct TextSpan: Sendable, Equatable {
    /// The hash of the normalised text.
    public var textHash: UInt64
    /// Tells the spans of one text apart; 0 but for texts that come again after more than the window.
    public var slot: Int16
    /// A mention that has the text.
    public var mention: Int64
    /// The cluster that its mentions belong to, standing or not; nil where ``mention`` is its only one, and alone.
    public var cluster: Int64?
    /// The earliest `published_at`.
    public var first: Timestamp
    /// The latest.
    public var last: Timestamp

    /// Makes a span.
    public init(
        textHash: UInt64,
        slot: Int16,
        mention: Int64,
        cluster: Int64?,
        first: Timestamp,
        last: Timestamp
    ) {
        self.textHash = textHash
        self.slot = slot
        self.mention = mention
        self.cluster = cluster
        self.first = first
        self.last = last
    }
}

/// A cluster that stands.
public struct Cluster: Sendable, Equatable {
    /// Its number.
    public var number: Int64
    /// Its canonical mention.
    public var canonical: Canonical
    /// How many mentions it has.
    public var size: Int64
    /// The latest `published_at` of its mentions.
    public var lastAt: Timestamp

    /// Makes a cluster.
    public init(number: Int64, canonical: Canonical, size: Int64, lastAt: Timestamp) {
        self.number = number
        self.canonical = canonical
        self.size = size
        self.lastAt = lastAt
    }
}

/// A mention that is to be counted: it is new, or has left the place where it was.
public struct CopyArrival: Sendable, Equatable {
    /// The hash of its normalised text.
    public var textHash: UInt64
    /// Its number, and when, where and as what it was published.
    public var key: Canonical

    /// Makes an arrival.
    public init(textHash: UInt64, key: Canonical) {
        self.textHash = textHash
        self.key = key
    }
}

/// What a fold has to know before it can settle.
public struct CopyFoldNeeds: Sendable, Equatable {
    /// Mentions that were alone and become part of a cluster: their keys. Ascending.
    public var lone: [Int64] = []
    /// How many new clusters there are: a number for each.
    public var newClusters = 0
}

/// What a batch comes to, netted. All lists ascend: the order in which rows are written.
public struct CopySettlement: Sendable, Equatable {
    /// Spans as they are now, of those that are new or have changed.
    public var spans: [TextSpan] = []
    /// Spans that have become part of others: text and slot.
    public var goneSpans: [TextSpan] = []
    /// Standing clusters that are new or have changed.
    public var clusters: [Cluster] = []
    /// Clusters that do not stand any more, with those that they are part of now.
    public var merges: [Merge] = []
    /// Mentions that are part of a cluster from now on.
    public var members: [Member] = []
    /// Mentions of ``members`` that are copies.
    public var copies: [Int64] = []
    /// Mentions that were canonical and are copies now: at most one for each cluster that stood before.
    public var demoted: [Int64] = []

    /// A cluster that has become part of another one.
    public struct Merge: Sendable, Equatable {
        /// The number that stood before.
        public var child: Int64
        /// The standing cluster.
        public var parent: Int64
    }

    /// A mention and its cluster.
    public struct Member: Sendable, Equatable {
        /// The mention's number.
        public var mention: Int64
        /// The standing cluster.
        public var cluster: Int64
    }

    /// A settlement of nothing.
    public init() {}
}
