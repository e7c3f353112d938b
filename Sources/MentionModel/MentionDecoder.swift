/// Reads mention events from the payloads of Kafka records, by the rules of the contract.
///
/// One walk over the bytes checks the JSON (strictly RFC 8259) and notes where the known fields lie; then each is
/// checked and copied once into the arena. O(n) in the payload, with no allocation per field. A decoder may be used
/// again and again, which keeps its scratch memory (as much as the largest record, so 1 MiB at most); it holds nothing else between calls.
///
/// Exactly one reason is given for a record that breaks several rules: the first that applies of `tombstone`,
/// `too_large`, `not_utf8`, `bad_json` and `too_deep` (whichever fault comes first in the bytes), `missing_field`,
/// `bad_field`, `bad_date`, `nul_character`.
///
/// What the contract leaves open is decided so:
/// - A byte order mark at the start is skipped. A lone surrogate in an escape (`\ud800`) becomes U+FFFD.
/// - A raw byte 0 in a string is a control character and so `bad_json`; the escape `\u0000` is `nul_character`,
///   also in a key, in an unknown field and in a value that a repeated key replaces.
/// - Lengths are bytes of the value, after escapes; `text` is trimmed of Unicode White_Space first (not of U+FEFF).
/// - A number for a string is taken as it is written; with an exponent it is a `bad_field`.
/// - Counts are integers in value: `12`, `12.0` and `1.2e1` are one; beyond Int64, or a string, is a `bad_field`.
/// - `author.handle` is held to 1–256 bytes also where there is an `author.id`, and `in_reply_to` and `repost_of`,
///   being ids, to 256. An empty `lang`, `in_reply_to`, `repost_of` or `conversation` names nothing: it is absent.
/// - `lang` has the form of a BCP 47 tag (subtags of 1–8 letters or digits, 64 bytes in all, letters first), with `_`
///   allowed for `-`; whether it is registered is not looked at.
/// - A date of any type that can't be read is a `bad_date`. `edited_at` has the range of `published_at`, and may lie
///   before it. Whatever the record's timestamp, no date may lie after the year 9999 of UTC.
public struct MentionDecoder: Sendable {
    /// The longest payload that is read, in bytes.
    public static let maximumRecordBytes = 1_048_576
    /// The longest text, in bytes after trimming.
    public static let maximumTextBytes = 65_536
    /// How many objects and arrays may be open at once, the event itself included. At most 64 (see ``JSONScanner``).
    public static let maximumDepth = 64
    /// The earliest `published_at`: 1990-01-01T00:00:00Z.
    public static let earliest = Timestamp(microseconds: 631_152_000_000_000)
    /// The latest `published_at` of a record that has no timestamp of its own: 2100-01-01T00:00:00Z.
    public static let latestWithoutRecordTimestamp = Timestamp(microseconds: 4_102_444_800_000_000)

    /// 9999-12-31T23:59:59.999999Z: RFC 3339 can't write a later instant in UTC, though it can with an offset.
    private static let lastWritable: Int64 = 253_402_300_799_999_999

    private var scratch: [UInt8] = []
    private var extents = [JSONExtent](repeating: JSONExtent(), count: MentionFields.count)

    /// A decoder without scratch memory.
    public init() {}

    /// Decodes one record's payload (`nil` for a tombstone) and appends the strings to the arena.
    ///
    /// `recordTimestamp` is the Kafka record's own, by which dates are judged; negative (Kafka's "none") or nil means
    /// that it has none. On failure the arena is as before. The arena must have room: see ``ByteArena``.
    ///
    /// `maximumBytes` is lifted where a person asks for one record: the limit protects workers. All else is judged as
    /// ever.
    public mutating func decode(
        _ payload: Span<UInt8>?,
        recordTimestamp: Timestamp?,
        into arena: inout ByteArena,
        maximumBytes: Int = MentionDecoder.maximumRecordBytes
    ) throws(Rejection) -> MentionEvent {
        guard let payload else { throw Rejection(.tombstone, "the record has no payload") }
        guard payload.count <= maximumBytes else {
            throw Rejection(.tooLarge, "the record has \(payload.count) bytes, more than \(maximumBytes)")
        }
        let mark = arena.count
        do throws(Rejection) {
            return try payload.withUnsafeBufferPointer { (bytes) throws(Rejection) in
                if scratch.count < bytes.count {
                    scratch = [UInt8](repeating: 0, count: max(4096, bytes.count))
                }
                return try extents.withUnsafeMutableBufferPointer { (extents) throws(Rejection) in
                    try scratch.withUnsafeMutableBufferPointer { (scratch) throws(Rejection) in
                        guard let base = bytes.baseAddress, let room = scratch.baseAddress else {
                            throw Rejection(.badJSON, "the record is empty")
                        }
                        let fields = try Self.scan(base, bytes.count, extents)
                        let reader = MentionReader(base: base, fields: fields, scratch: room)
                        return try reader.event(latest: Self.latest(recordTimestamp), into: &arena)
                    }
                }
            }
        } catch {
            arena.truncate(to: mark)
            throw error
        }
    }

    /// Walks over the payload; a fault of syntax gives way to one of UTF-8 anywhere.
    private static func scan(
        _ base: UnsafePointer<UInt8>,
        _ count: Int,
        _ extents: UnsafeMutableBufferPointer<JSONExtent>
    ) throws(Rejection) -> MentionFields {
        do throws(JSONFault) {
            return try MentionFields(scanning: base, count: count, extents: extents)
        } catch {
            if let offset = UTF8Check.firstFault(base, from: 0, to: count) {
                throw Rejection(.notUTF8, "not UTF-8 (byte \(offset))")
            }
            throw Rejection(error.reason, "\(error.rule) (byte \(error.offset))")
        }
    }

    private static func latest(_ recordTimestamp: Timestamp?) -> Timestamp {
        guard let recordTimestamp, recordTimestamp.microseconds >= 0 else { return latestWithoutRecordTimestamp }
        let (sum, overflows) = recordTimestamp.microseconds.addingReportingOverflow(86_400_000_000)
        return Timestamp(microseconds: overflows ? lastWritable : min(sum, lastWritable))
    }
}
