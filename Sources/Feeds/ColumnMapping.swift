import MentionModel

/// How the fields of a mention are made from the columns of a CSV file.
///
/// Written as `field=expression`, separated by commas. A field is `id`, `source`, `text`, `author_id`, `author_handle`,
/// `author_name`, `followers`, `verified`, `published_at`, `edited_at`, `brand`, `lang`, `url`, `title`, `in_reply_to`,
/// `repost_of`, `conversation`, `likes`, `reposts` or `replies`. An expression is
/// - the name of a column, in double quotes if it has a comma, a parenthesis or a quotation mark,
/// - a text in single quotes,
/// - `hash(a,b,…)`: 16 hexadecimal digits of XXH64 over the values, each after its length; for ids that a file lost,
/// - `concat(a,b,…)`: the values joined; `first(a,b,…)`: the first that is not empty,
/// - `integer(a)`: `3.0`, as spreadsheets write it, becomes `3`,
/// - `date(a,'dd-MM-yyyy HH.mm')`: a date of that pattern, UTC unless the pattern has `Z`. Dates in RFC 3339 or in
///   the form of Twitter need no function.
///
/// A field that no expression gives is taken from the column of its name, if there is one. An empty value means that
/// the mention does not have the field.
public struct ColumnMapping: Sendable, Equatable {
    private(set) var fields: [MentionField: MappingExpression<String>] = [:]

    /// A mapping by names of columns alone.
    public init() {}

    /// Reads assignments; a later one of the same field wins.
    ///
    /// - Throws: ``FeedError/badMapping(_:)``.
    public init(_ assignments: [String]) throws(FeedError) {
        for text in assignments {
            var parser = MappingParser(text)
            for (name, expression) in try parser.assignments() {
                guard let field = MentionField(written: name) else {
                    let known = MentionField.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .badMapping("there is no field \"\(name)\": the fields are \(known)")
                }
                fields[field] = expression
            }
        }
    }

    /// The mapping for a header: columns become indexes, fields without an expression their column.
    ///
    /// `defaultSource` is the source of rows that have none.
    func bound(to header: [String], defaultSource: String?) throws(FeedError) -> BoundMapping {
        func index(_ name: String) throws(FeedError) -> Int {
            let found = header.indices.filter { header[$0] == name }
            guard let first = found.first else { throw .unknownColumn(name, available: header) }
            guard found.count == 1 else { throw .ambiguousColumn(name) }
            return first
        }
        var bound: [MentionField: MappingExpression<Int>] = [:]
        for field in MentionField.allCases {
            if let expression = fields[field] {
                bound[field] = try expression.mapColumns(index)
            } else if header.contains(field.rawValue) {
                bound[field] = .column(try index(field.rawValue))
            }
        }
        if bound[.source] == nil, let defaultSource { bound[.source] = .literal(defaultSource) }
        for field in [MentionField.id, .source, .text, .publishedAt] where bound[field] == nil {
            throw .unmappedField(field.rawValue, available: header)
        }
        if bound[.authorID] == nil, bound[.authorHandle] == nil {
            throw .unmappedField(MentionField.authorHandle.rawValue, available: header)
        }
        return BoundMapping(fields: bound)
    }
}

/// A field of a mention that a mapping can give; the raw value is its name.
enum MentionField: String, Sendable, CaseIterable {
    case id, source, text
    case authorID = "author_id"
    case authorHandle = "author_handle"
    case authorName = "author_name"
    case followers, verified
    case publishedAt = "published_at"
    case editedAt = "edited_at"
    case brand
    case language = "lang"
    case url, title
    case inReplyTo = "in_reply_to"
    case repostOf = "repost_of"
    case conversation, likes, reposts, replies

    /// By its name, or as the event writes it (`author.id`, `counts.likes`).
    init?(written name: String) {
        let plain = name.hasPrefix("counts.") ? String(name.dropFirst(7)) : name.replacing(".", with: "_")
        let inAuthor = ["author_followers": "followers", "author_verified": "verified"]
        self.init(rawValue: inAuthor[plain] ?? plain)
    }
}

/// A mapping for one header.
struct BoundMapping: Sendable {
    fileprivate let fields: [MentionField: MappingExpression<Int>]

    /// Makes the record of a row. Whether it obeys the contract is for the decoder to say.
    ///
    /// - Throws: ``Rejection`` for a value that can't be made.
    func record(_ row: CSVRow) throws(Rejection) -> MentionRecord {
        func value(_ field: MentionField) throws(Rejection) -> String? {
            guard let expression = fields[field] else { return nil }
            do throws(Rejection) {
                let text = try expression.evaluate(row)
                return text.isEmpty ? nil : text
            } catch {
                throw Rejection(error.reason, "\(field.rawValue): \(error.detail)")
            }
        }
        func required(_ field: MentionField) throws(Rejection) -> String {
            guard let text = try value(field) else { throw Rejection(.missingField, "\(field.rawValue) is empty") }
            return text
        }
        func date(_ field: MentionField) throws(Rejection) -> Timestamp? {
            guard let text = try value(field) else { return nil }
            if let instant = Timestamp.parse(rfc3339: text) ?? DatePattern.twitter.parse(text) { return instant }
            throw Rejection(.badDate, "\(field.rawValue) is neither RFC 3339 nor in the form of Twitter: use date()")
        }
        func integer(_ field: MentionField) throws(Rejection) -> Int64? {
            guard let text = try value(field) else { return nil }
            guard let number = Int64(text) else { throw Rejection(.badField, "\(field.rawValue) is not an integer") }
            return number
        }
        func bool(_ field: MentionField) throws(Rejection) -> Bool? {
            switch try value(field)?.lowercased() {
            case nil: return nil
            case "true", "1", "yes": return true
            case "false", "0", "no": return false
            default: throw Rejection(.badField, "\(field.rawValue) is neither true nor false")
            }
        }
        guard let publishedAt = try date(.publishedAt) else {
            throw Rejection(.missingField, "published_at is empty")
        }
        return MentionRecord(
            id: try required(.id),
            source: try required(.source),
            text: try required(.text),
            authorID: try value(.authorID),
            authorHandle: try value(.authorHandle),
            authorName: try value(.authorName),
            followers: try integer(.followers),
            verified: try bool(.verified),
            publishedAt: publishedAt,
            editedAt: try date(.editedAt),
            brands: try value(.brand).map { [$0] } ?? [],
            language: try value(.language),
            url: try value(.url),
            title: try value(.title),
            inReplyTo: try value(.inReplyTo),
            repostOf: try value(.repostOf),
            conversation: try value(.conversation),
            likes: try integer(.likes),
            reposts: try integer(.reposts),
            replies: try integer(.replies)
        )
    }
}
