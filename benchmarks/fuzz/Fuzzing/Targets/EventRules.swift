import MentionModel

extension MentionRecord {
    /// The canonical JSON.
    var json: [UInt8] {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return bytes
    }
}

/// What the contract says of every decoded event and of every refusal, checked from the outside.
enum EventRules {
    /// The decoder's answer as a value.
    static func decode(
        _ bytes: [UInt8],
        _ recordTimestamp: Timestamp?,
        _ decoder: inout MentionDecoder,
        _ arena: inout ByteArena
    ) -> Result<MentionEvent, Rejection> {
        do throws(Rejection) {
            return .success(try decoder.decode(bytes.span, recordTimestamp: recordTimestamp, into: &arena))
        } catch {
            return .failure(error)
        }
    }

    /// An accepted event: every bound, UTF-8 without U+0000, dates in their range.
    static func check(
        _ event: MentionEvent,
        in arena: borrowing ByteArena,
        recordTimestamp: Timestamp?
    ) throws(FuzzFinding) {
        try string("id", event.id, 1...256, arena)
        try string("source", event.source, 1...64, arena)
        try string("text", event.text, 1...65_536, arena)
        try string("author", event.authorKey, 1...256, arena)
        if !event.authorHandle.isAbsent { try string("handle", event.authorHandle, 1...256, arena) }
        if let brands = event.brands {
            try FuzzFinding.unless(!brands.isEmpty, "brands is empty and not absent")
            for brand in brands { try string("brand", brand, 1...128, arena) }
        }
        for (name, range) in [("in_reply_to", event.inReplyTo), ("repost_of", event.repostOf)] where !range.isAbsent {
            try string(name, range, 1...256, arena)
        }
        let rest = [
            ("name", event.authorName), ("lang", event.language), ("url", event.url), ("title", event.title),
            ("conversation", event.conversation),
        ]
        for (name, range) in rest { try string(name, range, 0...MentionDecoder.maximumRecordBytes, arena) }
        let source = arena.bytes[event.source.indices]
        try FuzzFinding.unless(
            source.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || [0x2E, 0x5F, 0x2D].contains($0) },
            "a character that a source can't have"
        )
        let ends = [arena.bytes[event.text.indices].first, arena.bytes[event.text.indices].last]
        try FuzzFinding.unless(ends.allSatisfy { $0.map { $0 != 0x20 && !(9...13 ~= $0) } ?? false }, "text untrimmed")
        try FuzzFinding.unless(
            event.likes >= 0 && event.reposts >= 0 && event.replies >= 0 && event.followers ?? 0 >= 0,
            "a negative count"
        )
        for date in [event.publishedAt, event.editedAt ?? event.publishedAt] {
            try FuzzFinding.unless(date >= MentionDecoder.earliest, "a date before 1990")
            guard let recordTimestamp, recordTimestamp.microseconds >= 0 else {
                try FuzzFinding.unless(date <= MentionDecoder.latestWithoutRecordTimestamp, "a date after 2100")
                continue
            }
            let (distance, overflows) = date.microseconds.subtractingReportingOverflow(recordTimestamp.microseconds)
            try FuzzFinding.unless(overflows || distance <= 86_400_000_000, "a date over a day after its record")
        }
    }

    private static func string(
        _ name: String,
        _ range: ByteRange,
        _ lengths: ClosedRange<Int>,
        _ arena: borrowing ByteArena
    ) throws(FuzzFinding) {
        let indices = range.indices
        try FuzzFinding.unless(indices.upperBound <= arena.count, "\(name) lies outside of the arena")
        try FuzzFinding.unless(lengths.contains(indices.count), "\(name) has \(indices.count) bytes")
        let bytes = arena.bytes[indices]
        try FuzzFinding.unless(!bytes.contains(0), "U+0000 in \(name)")
        try FuzzFinding.unless(String(validating: bytes, as: UTF8.self) != nil, "\(name) is not UTF-8")
    }

    /// A refusal: a reason that decoding may give, and a detail that holds nothing of the input.
    static func check(_ rejection: Rejection, of bytes: [UInt8]) throws(FuzzFinding) {
        try check(rejection)
        let isTooLarge = bytes.count > MentionDecoder.maximumRecordBytes
        try FuzzFinding.unless(
            (rejection.reason == .tooLarge) == isTooLarge,
            "\(rejection.reason.rawValue) for \(bytes.count) bytes"
        )
        if isTooLarge { return }
        let isText = String(validating: bytes, as: UTF8.self) != nil
        try FuzzFinding.unless(
            isText || rejection.reason == .notUTF8,
            "what is no UTF-8 is \(rejection.reason.rawValue)"
        )
        try FuzzFinding.unless(!isText || rejection.reason != .notUTF8, "UTF-8 is called not_utf8")
    }

    /// The same where the bytes are not at hand.
    static func check(_ rejection: Rejection) throws(FuzzFinding) {
        let isOurs = rejection.reason != .tombstone && rejection.reason != .rejectedByDatabase
        try FuzzFinding.unless(isOurs, "the reason \(rejection.reason.rawValue)")
        let detail = rejection.detail.utf8
        try FuzzFinding.unless(!detail.isEmpty && detail.count < 200, "a detail of \(detail.count) bytes")
        try FuzzFinding.unless(detail.allSatisfy { 0x20...0x7E ~= $0 }, "a detail that is not plain")
    }
}
