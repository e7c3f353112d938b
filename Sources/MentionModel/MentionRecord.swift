/// A mention event with strings of its own: easy to build, for importers, the generator and tests.
///
/// Nothing is checked here: a record that breaks a rule gives an event that the decoder rejects.
public struct MentionRecord: Sendable, Equatable {
    /// `id`.
    public var id: String
    /// `source`.
    public var source: String
    /// `text`.
    public var text: String
    /// `author.id`.
    public var authorID: String?
    /// `author.handle`.
    public var authorHandle: String?
    /// `author.name`.
    public var authorName: String?
    /// `author.followers`.
    public var followers: Int64?
    /// `author.verified`.
    public var verified: Bool?
    /// `published_at`.
    public var publishedAt: Timestamp
    /// `edited_at`.
    public var editedAt: Timestamp?
    /// `brand`: left out when there is none, a string when there is one.
    public var brands: [String]
    /// `lang`.
    public var language: String?
    /// `url`.
    public var url: String?
    /// `title`.
    public var title: String?
    /// `in_reply_to`.
    public var inReplyTo: String?
    /// `repost_of`.
    public var repostOf: String?
    /// `conversation`.
    public var conversation: String?
    /// `counts.likes`.
    public var likes: Int64?
    /// `counts.reposts`.
    public var reposts: Int64?
    /// `counts.replies`.
    public var replies: Int64?

    /// Makes a record.
    public init(
        id: String,
        source: String,
        text: String,
        authorID: String? = nil,
        authorHandle: String? = nil,
        authorName: String? = nil,
        followers: Int64? = nil,
        verified: Bool? = nil,
        publishedAt: Timestamp,
        editedAt: Timestamp? = nil,
        brands: [String] = [],
        language: String? = nil,
        url: String? = nil,
        title: String? = nil,
        inReplyTo: String? = nil,
        repostOf: String? = nil,
        conversation: String? = nil,
        likes: Int64? = nil,
        reposts: Int64? = nil,
        replies: Int64? = nil
    ) {
        self.id = id
        self.source = source
        self.text = text
        self.authorID = authorID
        self.authorHandle = authorHandle
        self.authorName = authorName
        self.followers = followers
        self.verified = verified
        self.publishedAt = publishedAt
        self.editedAt = editedAt
        self.brands = brands
        self.language = language
        self.url = url
        self.title = title
        self.inReplyTo = inReplyTo
        self.repostOf = repostOf
        self.conversation = conversation
        self.likes = likes
        self.reposts = reposts
        self.replies = replies
    }

    /// The record of a decoded event: the form in which two events are compared by a person. The author's key is given
    /// as `authorID`, also where it was the handle; counts that were absent are 0.
    public init(_ event: MentionEvent, in arena: ByteArena) {
        self.init(
            id: arena.string(event.id) ?? "",
            source: arena.string(event.source) ?? "",
            text: arena.string(event.text) ?? "",
            authorID: arena.string(event.authorKey),
            authorHandle: arena.string(event.authorHandle),
            authorName: arena.string(event.authorName),
            followers: event.followers,
            verified: event.verified,
            publishedAt: event.publishedAt,
            editedAt: event.editedAt,
            brands: (event.brands ?? []).compactMap { arena.string($0) },
            language: arena.string(event.language),
            url: arena.string(event.url),
            title: arena.string(event.title),
            inReplyTo: arena.string(event.inReplyTo),
            repostOf: arena.string(event.repostOf),
            conversation: arena.string(event.conversation),
            likes: event.likes,
            reposts: event.reposts,
            replies: event.replies
        )
    }

    /// Appends the event as canonical JSON: the contract's fields in its order, no white space, nothing for absent
    /// fields, escapes only where JSON asks for them. Equal records give equal bytes.
    public func appendJSON(to bytes: inout [UInt8]) {
        var json = JSONObjectWriter(opening: &bytes)
        json.string("id", id, &bytes)
        json.string("source", source, &bytes)
        json.string("text", text, &bytes)
        json.key("author", &bytes)
        var author = JSONObjectWriter(opening: &bytes)
        author.string("id", authorID, &bytes)
        author.string("handle", authorHandle, &bytes)
        author.string("name", authorName, &bytes)
        author.integer("followers", followers, &bytes)
        if let verified {
            author.key("verified", &bytes)
            bytes.append(contentsOf: (verified ? "true" : "false").utf8)
        }
        author.close(&bytes)
        json.date("published_at", publishedAt, &bytes)
        json.date("edited_at", editedAt, &bytes)
        if let first = brands.first {
            json.key("brand", &bytes)
            if brands.count == 1 {
                JSONObjectWriter.append(first, &bytes)
            } else {
                for (index, brand) in brands.enumerated() {
                    bytes.append(UInt8(ascii: index == 0 ? "[" : ","))
                    JSONObjectWriter.append(brand, &bytes)
                }
                bytes.append(UInt8(ascii: "]"))
            }
        }
        json.string("lang", language, &bytes)
        json.string("url", url, &bytes)
        json.string("title", title, &bytes)
        json.string("in_reply_to", inReplyTo, &bytes)
        json.string("repost_of", repostOf, &bytes)
        json.string("conversation", conversation, &bytes)
        if likes != nil || reposts != nil || replies != nil {
            json.key("counts", &bytes)
            var counts = JSONObjectWriter(opening: &bytes)
            counts.integer("likes", likes, &bytes)
            counts.integer("reposts", reposts, &bytes)
            counts.integer("replies", replies, &bytes)
            counts.close(&bytes)
        }
        json.close(&bytes)
    }
}

/// Writes one JSON object, member by member.
private struct JSONObjectWriter {
    private var isEmpty = true

    init(opening bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
    }

    func close(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func key(_ key: String, _ bytes: inout [UInt8]) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        Self.append(key, &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func string(_ key: String, _ value: String?, _ bytes: inout [UInt8]) {
        guard let value else { return }
        self.key(key, &bytes)
        Self.append(value, &bytes)
    }

    mutating func integer(_ key: String, _ value: Int64?, _ bytes: inout [UInt8]) {
        guard let value else { return }
        self.key(key, &bytes)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func date(_ key: String, _ value: Timestamp?, _ bytes: inout [UInt8]) {
        guard let value else { return }
        self.key(key, &bytes)
        bytes.append(UInt8(ascii: "\""))
        value.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a string in quotes. Runs without escapes are copied whole.
    static func append(_ string: String, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { text in
            var copied = 0
            for index in text.indices {
                let byte = text[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<index]))
                appendEscape(of: byte, &bytes)
                copied = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            bytes.append(byte & 15 < 10 ? UInt8(ascii: "0") + (byte & 15) : UInt8(ascii: "a") + (byte & 15) - 10)
        default: bytes.append(byte)
        }
    }
}
