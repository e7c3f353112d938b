public import Copies

/// What a worker's live index of near copies holds, and what it has done since the worker started.
public struct CopyGauge: Sendable, Equatable {
    /// Texts held.
    public var texts = 0
    /// Texts that can be held, if they aren't longer than tweets.
    public var capacity = 0
    /// Bytes of memory taken, whether in use or not.
    public var bytes = 0
    /// From the oldest text held, by arrival, to the newest `published_at` seen: what is covered of the window.
    public var coveredSeconds: Int64 = 0
    /// Mentions taken, by tier.
    public var counts = CopyCounts()
    /// What may have been missed, by cause.
    public var escapes = CopyEscapes()
    /// Pairs of near texts found, whether or not the batch that carries them was written.
    public var pairs = 0
    /// Rebuilds after claims.
    public var rebuilds = 0
    /// Rebuilds that ended for want of time or because the database failed.
    public var cutRebuilds = 0
    /// Mentions that rebuilds took in.
    public var restored = 0

    /// Nothing held or done.
    public init() {}
}
