public import MentionModel

/// How the bytes of a feed are laid out.
public enum FeedFormat: String, Sendable, CaseIterable {
    /// Mention events of the contract, one JSON object a line; passed on byte for byte.
    case canonical
    /// Twitter v1.1 statuses: one a line, an array of them, or a search answer with a `statuses` array.
    case twitter
    /// RFC 4180 with a header row, by a ``ColumnMapping``.
    case csv
}

/// Where in a file something stands; all numbers count from 1.
public enum FeedPlace: Sendable, Equatable, CustomStringConvertible {
    /// A line of NDJSON.
    case line(Int)
    /// An element of a JSON document's array.
    case element(Int)
    /// A CSV row, by its first line.
    case row(line: Int)

    /// One line for a person.
    public var description: String {
        switch self {
        case .line(let number): "line \(number)"
        case .element(let number): "element \(number)"
        case .row(let line): "line \(line)"
        }
    }
}

/// Why a piece of a feed was not read.
public enum FeedFault: Sendable, Equatable, Hashable {
    /// It is, or makes, no mention by the rules of the contract.
    case rule(ReasonCode)
    /// It is longer than the bound; it was skipped without being held.
    case tooLong
    /// The row is no CSV: a quote is not closed, or the number of fields is not that of the header.
    case badCSV

    /// A code for counts and logs: the contract's where there is one, else `too_long` or `bad_csv`.
    public var code: String {
        switch self {
        case .rule(let reason): reason.rawValue
        case .tooLong: "too_long"
        case .badCSV: "bad_csv"
        }
    }
}

/// A piece of a feed that was not read. Holds none of its text.
public struct FeedRejection: Sendable, Equatable {
    /// Where it stands.
    public var place: FeedPlace
    /// Why.
    public var fault: FeedFault
    /// One line for a person: the field and the rule.
    public var detail: String

    init(_ place: FeedPlace, _ fault: FeedFault, _ detail: String) {
        self.place = place
        self.fault = fault
        self.detail = detail
    }

    init(_ place: FeedPlace, _ rejection: Rejection) {
        self.init(place, .rule(rejection.reason), rejection.detail)
    }
}

/// A mention that was read and is acceptable.
public struct FeedMention: Sendable, Equatable {
    /// Where it stands.
    public var place: FeedPlace
    /// Its event as JSON: a range of ``FeedBatch/payloads``.
    public var payload: Range<Int>
    /// The decoded event; its strings lie in ``FeedBatch/arena``.
    public var event: MentionEvent
}

/// What a reader made of a piece of input.
public struct FeedBatch: Sendable {
    /// The payloads of all mentions, one behind the other.
    public var payloads: [UInt8] = []
    /// The strings of the decoded events.
    public var arena = ByteArena()
    /// The mentions, in the order of the feed.
    public var mentions: [FeedMention] = []
    /// What could not be read, in the order of the feed.
    public var rejections: [FeedRejection] = []

    /// An empty batch.
    public init() {}

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        payloads.removeAll(keepingCapacity: true)
        arena.truncate(to: 0)
        mentions.removeAll(keepingCapacity: true)
        rejections.removeAll(keepingCapacity: true)
    }
}

/// A mistake in how a feed is to be read: the user can correct it, and nothing was read from there on.
public enum FeedError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A mapping names a column that the header does not have.
    case unknownColumn(String, available: [String])
    /// The header has a column twice, and the mapping uses it.
    case ambiguousColumn(String)
    /// A mapping can't be understood; says where and why.
    case badMapping(String)
    /// Nothing gives a field that every mention needs.
    case unmappedField(String, available: [String])
    /// The CSV input has no header.
    case noHeader

    /// One line for a person.
    public var description: String {
        switch self {
        case .unknownColumn(let name, let available):
            "the mapping uses the column \"\(name)\", which is not there: the columns are \(available.joined(separator: ", "))"
        case .ambiguousColumn(let name):
            "the mapping uses the column \"\(name)\", of which there are several: rename one of them"
        case .badMapping(let problem):
            "the mapping can't be read: \(problem)"
        case .unmappedField(let field, let available):
            "nothing gives the field \(field): add --map \(field)=…, where the columns are "
                + available.joined(separator: ", ")
        case .noHeader:
            "the CSV input has no header row: the first row must name the columns"
        }
    }
}
