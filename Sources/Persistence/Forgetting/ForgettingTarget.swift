import PostgresClient

/// What is to be forgotten, as the database numbers it.
struct ForgettingTarget: Sendable {
    let subject: Forgetting.Subject
    /// Of the mention.
    var mention: Int64?
    /// Of the author.
    var author: Int64?
    /// The author's handle, by which dead letters may know them.
    var handle: String?
    /// Of the brand.
    var brand: Int32?

    /// Whether there may be mentions.
    var isKnown: Bool { mention != nil || author != nil || brand != nil }

    static func find(
        _ subject: Forgetting.Subject,
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> ForgettingTarget {
        var target = ForgettingTarget(subject: subject)
        let key: [PostgresParameter] = [.text(subject.source), .text(subject.id)]
        switch subject {
        case .mention:
            target.mention = try await connection.query(
                PostgresStatement(
                    "find mention",
                    """
                    SELECT i.mention_no FROM source s JOIN mention_identity i USING (source_no)
                    WHERE s.name = $1 AND i.native_id = $2
                    """,
                    key
                ),
                timeout: timeout
            ).int8(0, 0)
        case .author:
            let rows = try await connection.query(
                PostgresStatement(
                    "find author",
                    """
                    SELECT a.author_no, a.handle FROM source s JOIN author a USING (source_no)
                    WHERE s.name = $1 AND a.author_key = $2
                    """,
                    key
                ),
                timeout: timeout
            )
            target.author = rows.int8(0, 0)
            target.handle = rows.string(0, 1)
        case .brand(let name):
            target.brand = try await connection.query(
                PostgresStatement("find brand", "SELECT brand_no FROM brand WHERE name = $1", [.text(name)]),
                timeout: timeout
            ).int4(0, 0)
        }
        return target
    }

    /// What of a mention `m` makes it one to be forgotten. Numbers of this database, no text of anybody's.
    var condition: String {
        if let mention { return "m.mention_no = \(mention)" }
        if let author { return "m.author_no = \(author)" }
        if let brand { return "m.brands @> ARRAY[\(brand)]" }
        return "false"
    }

    /// Reads and locks mentions that are still to be forgotten, in the order of their number.
    func lock(_ numbers: [Int64]) -> PostgresStatement {
        PostgresStatement(
            "lock mentions to forget",
            """
            SELECT m.mention_no, m.published_at, m.author_no, m.brands, m.sentiment, m.sentiment_score, m.likes,
                   m.reposts, m.replies, m.followers, m.in_reply_to IS NOT NULL, m.repost_of IS NOT NULL,
                   m.source_no, m.emotion, m.intents, m.irony, m.offensive, m.spam
            FROM mention m WHERE m.mention_no = ANY ($1) AND \(condition) ORDER BY m.mention_no FOR UPDATE
            """,
            [.int8Array(numbers)]
        )
    }

    /// Bytes by which a payload is known to hold it: the id or handle as a JSON string, plain and with escapes, or bare
    /// where it is a number.
    var needles: [[UInt8]] {
        var needles: Set<[UInt8]> = []
        for name in [subject.id, handle].compactMap(\.self) where !name.isEmpty {
            if name.utf8.allSatisfy({ (48...57).contains($0) }) {
                needles.insert(Array(name.utf8))
                continue
            }
            needles.insert(Array("\"\(name)\"".utf8))
            for isUpper in [false, true] { needles.insert(Array("\"\(Self.escaped(name, isUpper))\"".utf8)) }
        }
        return needles.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// With everything beyond ASCII as `\u…`, and what JSON demands.
    private static func escaped(_ name: String, _ isUpper: Bool) -> String {
        var text = ""
        for unit in name.utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16, uppercase: isUpper)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }
}
