/// Why a record became a dead letter. The raw values are the codes of the contract, stored and shown as they are.
public enum ReasonCode: String, Sendable, CaseIterable {
    /// The record has no payload.
    case tombstone
    /// The payload is over 1 MiB.
    case tooLarge = "too_large"
    /// The payload is not UTF-8.
    case notUTF8 = "not_utf8"
    /// The payload is not one JSON object.
    case badJSON = "bad_json"
    /// Objects and arrays are nested deeper than ``MentionDecoder/maximumDepth``.
    case tooDeep = "too_deep"
    /// A required field is absent or null.
    case missingField = "missing_field"
    /// A field has the wrong type, length or form.
    case badField = "bad_field"
    /// A date can't be read or lies outside the range.
    case badDate = "bad_date"
    /// A string contains U+0000, which PostgreSQL can't hold.
    case nulCharacter = "nul_character"
    /// The database refused this one record twice.
    case rejectedByDatabase = "rejected_by_database"
}

/// A record that can't become a mention: the code, and a detail that names the field and the rule, never the text.
public struct Rejection: Error, Sendable, Equatable {
    /// The contract's code.
    public var reason: ReasonCode
    /// One line for a person: the field, the place (byte offset) and the rule that was broken. Holds none of the
    /// record's own text, which is personal data.
    public var detail: String

    /// Makes a rejection.
    public init(_ reason: ReasonCode, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
