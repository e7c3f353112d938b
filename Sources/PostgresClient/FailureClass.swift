/// What a failure asks of the caller.
public enum FailureClass: Sendable, Hashable {
    /// The data can't be stored, now or later: SQLSTATE classes 22 (data exception) and 23 (integrity constraint).
    case poison
    /// Nothing changes until somebody changes the set-up: SQLSTATE classes 28, 3D, 3F and 42, and a URL that can't be
    /// read.
    case configuration
    /// The guard of a batch said that this writer has lost its claim: the private SQLSTATE class MF.
    case fenced
    /// Everything else: wait and try again. Includes class 40 (serialization failure, deadlock) and lost connections.
    case transient

    /// The class of a server error, by the first two characters of its SQLSTATE.
    public init(sqlState: String) {
        switch sqlState.prefix(2) {
        case "22", "23": self = .poison
        case "28", "3D", "3F", "42": self = .configuration
        case "MF": self = .fenced
        default: self = .transient
        }
    }
}

/// What may be said about a server error without showing data.
///
/// Source of the codes: PostgreSQL 15 documentation, appendix A.
enum SQLState {
    /// Classes whose primary message names objects and settings, never the content of a row.
    ///
    /// Not in it: 22 and 23 (they quote values), P0 (RAISE, whose text is free), and what we don't know.
    private static let classesWithoutData: Set<Substring> = [
        "08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "MF", "XX",
    ]

    /// Whether the server's primary message may be logged.
    static func messageHoldsNoData(_ code: String) -> Bool {
        classesWithoutData.contains(code.prefix(2))
    }

    /// The name of a condition that is often met, else of its class.
    static func name(_ code: String) -> String {
        names[code] ?? names[String(code.prefix(2))] ?? "error"
    }

    private static let names: [String: String] = [
        "08": "connection exception",
        "0A": "feature not supported",
        "21": "cardinality violation",
        "22": "data exception",
        "22001": "string data right truncation",
        "22003": "numeric value out of range",
        "22007": "invalid datetime format",
        "22008": "datetime field overflow",
        "22012": "division by zero",
        "22021": "character not in repertoire",
        "22023": "invalid parameter value",
        "22P02": "invalid text representation",
        "22P03": "invalid binary representation",
        "22P04": "bad COPY file format",
        "22P05": "untranslatable character",
        "23": "integrity constraint violation",
        "23502": "not null violation",
        "23503": "foreign key violation",
        "23505": "unique violation",
        "23514": "check violation",
        "23P01": "exclusion violation",
        "25": "invalid transaction state",
        "28": "invalid authorization",
        "3D": "unknown database",
        "3F": "unknown schema",
        "40": "transaction rollback",
        "42": "syntax error or access rule violation",
        "53": "insufficient resources",
        "54": "program limit exceeded",
        "55": "object not in prerequisite state",
        "57": "operator intervention",
        "58": "system error",
        "MF": "fenced",
        "P0": "raised exception",
        "XX": "internal error",
    ]
}
