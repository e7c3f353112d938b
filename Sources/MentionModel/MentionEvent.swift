/// One decoded mention event. Strings are ranges into the arena that the decoder was given.
public struct MentionEvent: Sendable, Equatable {
    /// The source's own id, 1–256 bytes.
    public var id = ByteRange.absent
    /// The source, 1–64 bytes of `[a-z0-9._-]`.
    public var source = ByteRange.absent
    /// The text, trimmed, 1–65,536 bytes.
    public var text = ByteRange.absent
    /// What identifies the author on the source: `author.id`, or `author.handle` where there is no id.
    public var authorKey = ByteRange.absent
    /// `author.handle`.
    public var authorHandle = ByteRange.absent
    /// `author.name`.
    public var authorName = ByteRange.absent
    /// `author.followers`; nil when unknown.
    public var followers: Int64?
    /// `author.verified`; nil when unknown.
    public var verified: Bool?
    /// When the mention was published.
    public var publishedAt = Timestamp(microseconds: 0)
    /// When it was last edited; nil when it was not.
    public var editedAt: Timestamp?
    /// The brands that the event names, without repeats; nil when it names none and the matcher decides. An empty
    /// array in the event counts as absent.
    public var brands: [ByteRange]?
    /// `lang`, BCP 47.
    public var language = ByteRange.absent
    /// `url`.
    public var url = ByteRange.absent
    /// `title`.
    public var title = ByteRange.absent
    /// `in_reply_to`: the id of the mention that this one answers.
    public var inReplyTo = ByteRange.absent
    /// `repost_of`: the id of the mention that this one passes on.
    public var repostOf = ByteRange.absent
    /// `conversation`: the root of the thread.
    public var conversation = ByteRange.absent
    /// `counts.likes`, 0 when absent.
    public var likes: Int64 = 0
    /// `counts.reposts`, 0 when absent.
    public var reposts: Int64 = 0
    /// `counts.replies`, 0 when absent.
    public var replies: Int64 = 0
    /// Hash of all decoded fields (not of the raw bytes: neither the order of keys, white space nor unknown fields
    /// matter), seed 0. Two events with one hash are the same body.
    public var bodyHash: UInt64 = 0

    /// An event without fields.
    public init() {}

    /// The instant that orders versions: `edited_at`, else `published_at`. Ties go to the greater ``bodyHash``.
    public var versionAt: Timestamp { editedAt ?? publishedAt }
}
