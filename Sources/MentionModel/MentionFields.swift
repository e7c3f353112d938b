/// The fields of a mention event that have a meaning, in the order in which broken rules are reported.
enum MentionField: Int {
    case id, source, text, author, authorID, authorHandle, authorName, authorFollowers, authorVerified
    case publishedAt, editedAt, brand, language, url, title, inReplyTo, repostOf, conversation
    case counts, likes, reposts, replies

    /// As a person would write it.
    var name: StaticString {
        switch self {
        case .id: "id"
        case .source: "source"
        case .text: "text"
        case .author: "author"
        case .authorID: "author.id"
        case .authorHandle: "author.handle"
        case .authorName: "author.name"
        case .authorFollowers: "author.followers"
        case .authorVerified: "author.verified"
        case .publishedAt: "published_at"
        case .editedAt: "edited_at"
        case .brand: "brand"
        case .language: "lang"
        case .url: "url"
        case .title: "title"
        case .inReplyTo: "in_reply_to"
        case .repostOf: "repost_of"
        case .conversation: "conversation"
        case .counts: "counts"
        case .likes: "counts.likes"
        case .reposts: "counts.reposts"
        case .replies: "counts.replies"
        }
    }

    /// The field of a key of the event, of `author` or of `counts`; nil for keys that mean nothing. Looks at the
    /// length first, so that most unknown keys cost one jump.
    static func named(_ key: UnsafeBufferPointer<UInt8>, in parent: MentionField?) -> MentionField? {
        func `is`(_ name: StaticString) -> Bool {
            // `name` has the length of `key` in every case below.
            for index in 0..<key.count where key[index] != name.utf8Start[index] { return false }
            return true
        }
        switch parent {
        case .author:
            switch key.count {
            case 2: return `is`("id") ? .authorID : nil
            case 4: return `is`("name") ? .authorName : nil
            case 6: return `is`("handle") ? .authorHandle : nil
            case 8: return `is`("verified") ? .authorVerified : nil
            case 9: return `is`("followers") ? .authorFollowers : nil
            default: return nil
            }
        case .counts:
            switch key.count {
            case 5: return `is`("likes") ? .likes : nil
            case 7: return `is`("reposts") ? .reposts : `is`("replies") ? .replies : nil
            default: return nil
            }
        default:
            switch key.count {
            case 2: return `is`("id") ? .id : nil
            case 3: return `is`("url") ? .url : nil
            case 4: return `is`("text") ? .text : `is`("lang") ? .language : nil
            case 5: return `is`("brand") ? .brand : `is`("title") ? .title : nil
            case 6: return `is`("source") ? .source : `is`("author") ? .author : `is`("counts") ? .counts : nil
            case 9: return `is`("edited_at") ? .editedAt : `is`("repost_of") ? .repostOf : nil
            case 11: return `is`("in_reply_to") ? .inReplyTo : nil
            case 12: return `is`("published_at") ? .publishedAt : `is`("conversation") ? .conversation : nil
            default: return nil
            }
        }
    }
}

/// Where the fields of one event lie: the result of walking over it once. Nothing is copied yet, so the last of
/// repeated keys wins for free.
struct MentionFields {
    /// How many fields there are.
    static let count = 22

    /// One per field, by raw value. In memory of the caller's: as a member, 260 bytes would be copied at every call.
    private let extents: UnsafeMutableBufferPointer<JSONExtent>
    /// Where the first escape for U+0000 lies, −1 when there is none.
    private(set) var nulOffset = -1

    subscript(field: MentionField) -> JSONExtent {
        @inline(__always) get { extents[field.rawValue] }
        @inline(__always) nonmutating set { extents[field.rawValue] = newValue }
    }

    /// Walks over a whole payload: one object, with white space around it and perhaps a byte order mark before it.
    /// `extents` has ``count`` elements and outlives this.
    init(
        scanning base: UnsafePointer<UInt8>,
        count: Int,
        extents: UnsafeMutableBufferPointer<JSONExtent>
    ) throws(JSONFault) {
        self.extents = extents
        extents.update(repeating: JSONExtent())
        var scanner = JSONScanner(base, count: count)
        if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF { scanner.position = 3 }
        scanner.skipWhitespace()
        let start = scanner.position
        if scanner.next == UInt8(ascii: "{") {
            try members(of: nil, depth: 0, &scanner)
        } else {
            // Looked at to its end, so that a fault inside is named before the fault that it is.
            _ = try scanner.value(depth: 0)
        }
        scanner.skipWhitespace()
        guard scanner.position == count else { throw scanner.fault("more after the end of the value") }
        guard base[start] == UInt8(ascii: "{") else {
            throw JSONFault(reason: .badJSON, rule: "not an object", offset: start)
        }
        nulOffset = scanner.nulOffset
    }

    /// Takes the object that is next: the event (`parent` is nil), or its `author` or `counts`.
    private func members(
        of parent: MentionField?,
        depth outer: Int,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) {
        let depth = try scanner.deeper(outer)
        scanner.position += 1
        scanner.skipWhitespace()
        if scanner.next == UInt8(ascii: "}") {
            scanner.position += 1
            return
        }
        while true {
            let field = Self.field(try scanner.key(), of: parent, scanner)
            if field == .author { forget(.authorID, through: .authorVerified) }
            if field == .counts { forget(.likes, through: .replies) }
            if let field, field == .author || field == .counts, scanner.next == UInt8(ascii: "{") {
                var extent = JSONExtent(start: UInt32(truncatingIfNeeded: scanner.position), kind: .object)
                try members(of: field, depth: depth, &scanner)
                extent.end = UInt32(truncatingIfNeeded: scanner.position)
                self[field] = extent
            } else {
                let extent = try scanner.value(depth: depth)
                if let field { self[field] = extent }
            }
            scanner.skipWhitespace()
            let next = scanner.next
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else {
                throw scanner.fault("expected a comma or }")
            }
            scanner.position += 1
            if next == UInt8(ascii: "}") { return }
            scanner.skipWhitespace()
        }
    }

    private func forget(_ first: MentionField, through last: MentionField) {
        for index in first.rawValue...last.rawValue { extents[index] = JSONExtent() }
    }

    private static func field(
        _ key: JSONExtent,
        of parent: MentionField?,
        _ scanner: JSONScanner
    ) -> MentionField? {
        let bytes = UnsafeBufferPointer(start: scanner.base + Int(key.start), count: key.count)
        guard key.isEscaped else { return .named(bytes, in: parent) }
        // Six bytes of an escape are at least one byte of value: a longer key can't be one of ours.
        guard key.count <= 12 * 6, let source = bytes.baseAddress else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: key.count) { target in
            guard let start = target.baseAddress else { return nil }
            let count = JSONString.unescape(source, count: key.count, into: start)
            return .named(UnsafeBufferPointer(start: start, count: count), in: parent)
        }
    }
}
