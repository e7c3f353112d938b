import MentionModel

/// A Twitter v1.1 status, as far as a mention has use for it.
///
/// Facts about the form: `extended_tweet.full_text` and `full_text` hold what `text` cuts at 140; `text` has `&`, `<`
/// and `>` as HTML entities; `lang` is `und` where Twitter could not tell.
struct TwitterStatus {
    var id: String?
    var text: String?
    var fullText: String?
    var extendedText: String?
    var createdAt: String?
    var language: String?
    var inReplyTo: String?
    var userID: String?
    var handle: String?
    var name: String?
    var followers: Int64?
    var verified: Bool?
    var likes: Int64?
    var reposts: Int64?
    var replies: Int64?
    /// The status that this one passes on: none or one.
    var original: [TwitterStatus] = []

    /// Reads a status at the cursor.
    init(_ cursor: inout JSONCursor) throws(Rejection) {
        var id: String?
        var plainID: String?
        try cursor.members { (key, cursor) throws(Rejection) in
            switch key {
            case "id_str": id = try cursor.text("id_str")
            case "id": plainID = try cursor.text("id")
            case "text": text = try cursor.text("text")
            case "full_text": fullText = try cursor.text("full_text")
            case "created_at": createdAt = try cursor.text("created_at")
            case "lang": language = try cursor.text("lang")
            case "in_reply_to_status_id_str": inReplyTo = try cursor.text("in_reply_to_status_id_str")
            case "favorite_count": likes = try cursor.integer("favorite_count")
            case "retweet_count": reposts = try cursor.integer("retweet_count")
            case "reply_count": replies = try cursor.integer("reply_count")
            case "user": try readUser(&cursor)
            case "extended_tweet":
                guard try cursor.kind() == .object else { return try cursor.skip() }
                try cursor.members { (key, cursor) throws(Rejection) in
                    if key == "full_text" { extendedText = try cursor.text(key) } else { try cursor.skip() }
                }
            case "retweeted_status":
                if try cursor.kind() == .object { original = [try TwitterStatus(&cursor)] } else { try cursor.skip() }
            default: try cursor.skip()
            }
        }
        self.id = id ?? plainID
    }

    private mutating func readUser(_ cursor: inout JSONCursor) throws(Rejection) {
        guard try cursor.kind() == .object else { return try cursor.skip() }
        var plainID: String?
        try cursor.members { (key, cursor) throws(Rejection) in
            switch key {
            case "id_str": userID = try cursor.text("user.id_str")
            case "id": plainID = try cursor.text("user.id")
            case "screen_name": handle = try cursor.text("user.screen_name")
            case "name": name = try cursor.text("user.name")
            case "followers_count": followers = try cursor.integer("user.followers_count")
            case "verified": verified = try cursor.bool("user.verified")
            default: try cursor.skip()
            }
        }
        userID = userID ?? plainID
    }

    /// The mention that the status is.
    ///
    /// - Throws: ``Rejection`` for a required field that is missing or a date that can't be read.
    func record() throws(Rejection) -> MentionRecord {
        guard let id, !id.isEmpty else { throw Rejection(.missingField, "id_str is missing") }
        guard let text = wholeText else { throw Rejection(.missingField, "text is missing") }
        guard let createdAt else { throw Rejection(.missingField, "created_at is missing") }
        guard let publishedAt = DatePattern.twitter.parse(createdAt) ?? Timestamp.parse(rfc3339: createdAt) else {
            throw Rejection(.badDate, "created_at is not in the form of Twitter")
        }
        return MentionRecord(
            id: id,
            source: "twitter",
            text: Self.unescaped(text),
            authorID: Self.present(userID),
            authorHandle: Self.present(handle),
            authorName: Self.present(name),
            followers: followers,
            verified: verified,
            publishedAt: publishedAt,
            language: language == "und" ? nil : Self.present(language),
            url: "https://twitter.com/i/status/\(id)",
            inReplyTo: Self.present(inReplyTo),
            repostOf: original.first?.id,
            likes: likes,
            // What Twitter gives for a repost is the original's number, which the original brings itself.
            reposts: original.isEmpty ? reposts : nil,
            replies: replies
        )
    }

    /// The longest form of the text there is. A repost's own text is "RT @handle: " and the original's, cut at 140
    /// characters with an ellipsis; where it was cut, the original's is put in its place.
    private var wholeText: String? {
        let own = extendedText ?? fullText ?? text
        guard let own, own.hasSuffix("\u{2026}"), own.hasPrefix("RT @"), let original = original.first,
            let handle = original.handle, let text = original.wholeText
        else { return own }
        return "RT @\(handle): \(text)"
    }

    private static func present(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }

    /// Resolves the three entities that Twitter writes; `&amp;` last, so that `&amp;lt;` becomes `&lt;`.
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
