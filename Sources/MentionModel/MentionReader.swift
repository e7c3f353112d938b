/// Checks the fields of one scanned event and copies them into an arena.
///
/// The pointers are those of one call of ``MentionDecoder``: `base` has every byte that `fields` names, `scratch` has
/// room for as many bytes as the payload.
struct MentionReader {
    let base: UnsafePointer<UInt8>
    let fields: MentionFields
    let scratch: UnsafeMutablePointer<UInt8>

    /// The event; throws the first broken rule in the order of ``MentionDecoder``.
    func event(latest: Timestamp, into arena: inout ByteArena) throws(Rejection) -> MentionEvent {
        try require(.id)
        try require(.source)
        try require(.text)
        try require(.author)
        try require(.publishedAt)
        let author = fields[.author]
        if author.kind == .object, isAbsent(.authorID), isAbsent(.authorHandle) {
            throw Rejection(.missingField, "\"author.id\" is missing, and so is \"author.handle\"\(place(author))")
        }

        var event = MentionEvent()
        event.id = try string(.id, 1...256, &arena)
        event.source = try source(&arena)
        event.text = try text(&arena)
        guard author.kind == .object else { throw broken(.author, "is not an object") }
        event.authorKey = try string(.authorID, 1...256, &arena)
        event.authorHandle = try string(.authorHandle, 1...256, &arena)
        if event.authorKey.isAbsent { event.authorKey = event.authorHandle }
        event.authorName = try string(.authorName, 0...Int.max, &arena)
        event.followers = try count(.authorFollowers)
        event.verified = try flag(.authorVerified)
        event.brands = try brands(&arena)
        event.language = try language(&arena)
        event.url = try string(.url, 0...Int.max, &arena)
        event.title = try string(.title, 0...Int.max, &arena)
        event.inReplyTo = try named(.inReplyTo, 256, &arena)
        event.repostOf = try named(.repostOf, 256, &arena)
        event.conversation = try named(.conversation, Int.max, &arena)
        if !isAbsent(.counts), fields[.counts].kind != .object { throw broken(.counts, "is not an object") }
        event.likes = try count(.likes) ?? 0
        event.reposts = try count(.reposts) ?? 0
        event.replies = try count(.replies) ?? 0

        event.publishedAt = try date(.publishedAt, latest)
        if !isAbsent(.editedAt) { event.editedAt = try date(.editedAt, latest) }
        if fields.nulOffset >= 0 {
            throw Rejection(.nulCharacter, "U+0000 in a string (byte \(fields.nulOffset))")
        }
        event.bodyHash = arena.bytes.withUnsafeBufferPointer { event.hashOfBody(in: $0) }
        return event
    }

    // MARK: Rules

    @inline(__always)
    private func isAbsent(_ field: MentionField) -> Bool {
        let kind = fields[field].kind
        return kind == .absent || kind == .null
    }

    private func require(_ field: MentionField) throws(Rejection) {
        let extent = fields[field]
        guard isAbsent(field) else { return }
        throw Rejection(
            .missingField,
            "\"\(field.name)\" is \(extent.kind == .null ? "null" : "missing")\(place(extent))"
        )
    }

    private func broken(_ field: MentionField, _ rule: String) -> Rejection {
        Rejection(.badField, "\"\(field.name)\" \(rule)\(place(fields[field]))")
    }

    /// Where a field lies, for a detail; nothing for one that lies nowhere.
    private func place(_ extent: JSONExtent) -> String {
        extent.kind == .absent ? "" : " (byte \(extent.place))"
    }

    // MARK: Values

    /// The bytes of a string, or of a number that stands for one; nil for other kinds. They are in the payload or, if
    /// they have escapes, in `scratch` until the next call.
    private func bytes(_ extent: JSONExtent) -> UnsafeBufferPointer<UInt8>? {
        switch extent.kind {
        case .string, .integer, .decimal:
            let start = base + Int(extent.start)
            guard extent.isEscaped else { return UnsafeBufferPointer(start: start, count: extent.count) }
            let count = JSONString.unescape(start, count: extent.count, into: scratch)
            return UnsafeBufferPointer(start: scratch, count: count)
        default: return nil
        }
    }

    /// A present field's bytes, whose number must be in `lengths`.
    private func checked(
        _ field: MentionField,
        _ lengths: ClosedRange<Int>
    ) throws(Rejection) -> UnsafeBufferPointer<UInt8> {
        guard let bytes = bytes(fields[field]) else { throw broken(field, "is not a string") }
        guard lengths.contains(bytes.count) else {
            throw broken(
                field,
                bytes.isEmpty ? "is empty" : "has \(bytes.count) bytes, more than \(lengths.upperBound)"
            )
        }
        return bytes
    }

    private func copy(_ bytes: UnsafeBufferPointer<UInt8>, _ arena: inout ByteArena) -> ByteRange {
        let range = ByteRange(
            offset: UInt32(truncatingIfNeeded: arena.count),
            count: UInt32(truncatingIfNeeded: bytes.count)
        )
        arena.append(raw: bytes)
        return range
    }

    private func string(
        _ field: MentionField,
        _ lengths: ClosedRange<Int>,
        _ arena: inout ByteArena
    ) throws(Rejection) -> ByteRange {
        guard !isAbsent(field) else { return .absent }
        return copy(try checked(field, lengths), &arena)
    }

    /// A string that names something, so that an empty one is none.
    private func named(_ field: MentionField, _ longest: Int, _ arena: inout ByteArena) throws(Rejection) -> ByteRange {
        guard !isAbsent(field) else { return .absent }
        let bytes = try checked(field, 0...longest)
        return bytes.isEmpty ? .absent : copy(bytes, &arena)
    }

    private func source(_ arena: inout ByteArena) throws(Rejection) -> ByteRange {
        let bytes = try checked(.source, 1...64)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: throw broken(.source, "has a character other than a-z, 0-9, '.', '_' and '-'")
            }
        }
        return copy(bytes, &arena)
    }

    private func text(_ arena: inout ByteArena) throws(Rejection) -> ByteRange {
        let trimmed = WhiteSpace.trimmed(try checked(.text, 0...Int.max))
        guard !trimmed.isEmpty else { throw broken(.text, "is empty after trimming") }
        guard trimmed.count <= MentionDecoder.maximumTextBytes else {
            throw broken(.text, "has \(trimmed.count) bytes, more than \(MentionDecoder.maximumTextBytes)")
        }
        return copy(trimmed, &arena)
    }

    private func language(_ arena: inout ByteArena) throws(Rejection) -> ByteRange {
        guard !isAbsent(.language) else { return .absent }
        let bytes = try checked(.language, 0...64)
        guard !bytes.isEmpty else { return .absent }
        var subtag = 0
        var isFirst = true
        for byte in bytes {
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
            if isLetter || !isFirst && JSONScanner.isDigit(byte), subtag < 8 {
                subtag += 1
            } else if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_"), subtag > 0 {
                subtag = 0
                isFirst = false
            } else {
                throw broken(.language, "has not the form of a BCP 47 tag")
            }
        }
        guard subtag > 0 else { throw broken(.language, "has not the form of a BCP 47 tag") }
        return copy(bytes, &arena)
    }

    private func count(_ field: MentionField) throws(Rejection) -> Int64? {
        let extent = fields[field]
        switch extent.kind {
        case .absent, .null: return nil
        case .integer, .decimal, .exponent:
            let bytes = UnsafeBufferPointer(start: base + Int(extent.start), count: extent.count)
            guard let value = JSONNumber.count(bytes) else {
                throw broken(field, "is not an integer from 0 to \(Int64.max)")
            }
            return value
        default: throw broken(field, "is not an integer")
        }
    }

    private func flag(_ field: MentionField) throws(Rejection) -> Bool? {
        switch fields[field].kind {
        case .absent, .null: return nil
        case .yes: return true
        case .no: return false
        default: throw broken(field, "is neither true nor false")
        }
    }

    private func date(_ field: MentionField, _ latest: Timestamp) throws(Rejection) -> Timestamp {
        let rule: String
        if let bytes = bytes(fields[field]), let date = Timestamp.parse(rfc3339: bytes) {
            if date >= MentionDecoder.earliest, date <= latest { return date }
            rule = date > latest ? "is over a day after the record's timestamp" : "is before 1990"
        } else {
            rule = "is not an RFC 3339 date"
        }
        throw Rejection(.badDate, "\"\(field.name)\" \(rule)\(place(fields[field]))")
    }

    // MARK: Brands

    private func brands(_ arena: inout ByteArena) throws(Rejection) -> [ByteRange]? {
        let extent = fields[.brand]
        switch extent.kind {
        case .absent, .null: return nil
        case .array: break
        default: return [try string(.brand, 1...128, &arena)]
        }
        var brands: [ByteRange] = []
        // Few brands are compared with each other; a hostile number of them needs a set to stay linear.
        var many: Set<[UInt8]> = []
        var scanner = JSONScanner(base, count: Int(extent.end))
        scanner.position = Int(extent.start) + 1
        while true {
            // The array has been found well-formed: between values there is white space and one comma.
            scanner.skipWhitespace()
            if scanner.next == UInt8(ascii: ",") {
                scanner.position += 1
                scanner.skipWhitespace()
            }
            guard scanner.next != UInt8(ascii: "]"), let element = try? scanner.value(depth: 0) else { break }
            guard let bytes = bytes(element) else { throw broken(.brand, "has an element that is not a string") }
            guard 1...128 ~= bytes.count else { throw broken(.brand, "has an element that is not of 1 to 128 bytes") }
            let range = copy(bytes, &arena)
            if brands.count >= 16 {
                if many.isEmpty { many = Set(brands.map { Array(arena.bytes[$0.indices]) }) }
                guard many.insert(Array(bytes)).inserted else { continue }
            } else if brands.contains(where: { equal($0, range, arena) }) {
                continue
            }
            brands.append(range)
        }
        return brands.isEmpty ? nil : brands
    }

    private func equal(_ left: ByteRange, _ right: ByteRange, _ arena: borrowing ByteArena) -> Bool {
        guard left.count == right.count else { return false }
        return arena.bytes.withUnsafeBufferPointer { bytes in
            for (one, other) in zip(left.indices, right.indices) where bytes[one] != bytes[other] { return false }
            return true
        }
    }
}

/// Unicode's property White_Space (PropList.txt), in UTF-8.
enum WhiteSpace {
    /// The bytes without white space at both ends. `bytes` must be UTF-8. O(n) in what is cut.
    static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = bytes.count
        while start < end {
            let length = length(bytes, at: start, before: end)
            if length == 0 { break }
            start += length
        }
        trailing: while end > start {
            for back in 1...3 where end - back >= start && length(bytes, at: end - back, before: end) == back {
                end -= back
                continue trailing
            }
            break
        }
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }

    /// How many bytes the white space at `index` has; 0 when there is another character.
    private static func length(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int, before end: Int) -> Int {
        switch bytes[index] {
        case 0x09...0x0D, 0x20: return 1
        case 0xC2 where index + 1 < end:
            return bytes[index + 1] == 0x85 || bytes[index + 1] == 0xA0 ? 2 : 0
        case 0xE1...0xE3 where index + 2 < end:
            switch (bytes[index], bytes[index + 1], bytes[index + 2]) {
            case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9),
                (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
                return 3
            default: return 0
            }
        default: return 0
        }
    }
}
