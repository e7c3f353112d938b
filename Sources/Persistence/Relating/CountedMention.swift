import Copies
import MentionModel
import PostgresClient

/// What the background step knows of a mention: its state as it is counted.
struct CountedMention: Sendable, Equatable {
    var number: Int64
    var sourceNumber: Int32
    var source: String
    var nativeID: String
    var publishedAt: Timestamp
    var author: Int64
    var textHash: UInt64
    var sentiment: Int16?
    var brands: [Int32]
    /// Whether it is spam or abuse: no copy that a score should know of.
    var isSetAside: Bool

    /// The columns of a state, as ``init(_:_:first:)`` reads them. `setAside`: where they are those of `mention`, which
    /// has no such column.
    static func columns(_ table: String, setAside: String? = nil) -> String {
        let names = "mention_no source_no native_id published_at author_no text_hash sentiment brands"
        let setAside = setAside ?? "\(table).set_aside"
        return names.split(separator: " ").map { "\(table).\($0)" }.joined(separator: ", ") + ", s.name, \(setAside)"
    }
    static let columnCount = 10

    /// Reads a state from ten columns; nil where there is none.
    init?(_ rows: PostgresResult, _ row: Int, first: Int = 0) {
        guard let number = rows.int8(row, first), let sourceNumber = rows.int4(row, first + 1),
            let nativeID = rows.string(row, first + 2), let at = rows.timestamptz(row, first + 3),
            let author = rows.int8(row, first + 4), let hash = rows.int8(row, first + 5),
            let brands = rows.int4Array(row, first + 7), let source = rows.string(row, first + 8)
        else { return nil }
        self.number = number
        self.sourceNumber = sourceNumber
        self.source = source
        self.nativeID = nativeID
        publishedAt = Timestamp(microseconds: at)
        self.author = author
        textHash = UInt64(bitPattern: hash)
        sentiment = rows.int2(row, first + 6)
        self.brands = brands.compactMap { $0 }
        isSetAside = rows.bool(row, first + 9) == true
    }

    /// The state of a mention that is gone. Who it was does not matter any more.
    init(gone number: Int64, at: Int64, author: Int64, textHash: Int64, sentiment: Int16?, brands: [Int32]) {
        self.number = number
        sourceNumber = 0
        source = ""
        nativeID = ""
        publishedAt = Timestamp(microseconds: at)
        self.author = author
        self.textHash = UInt64(bitPattern: textHash)
        self.sentiment = sentiment
        self.brands = brands
        isSetAside = false
    }

    var key: Canonical {
        Canonical(publishedAt: publishedAt, source: source, nativeID: nativeID, mention: number)
    }

    var arrival: CopyArrival { CopyArrival(textHash: textHash, key: key) }
}

/// A mention whose place among the copies is decided in a step.
struct RelatedChange: Sendable {
    /// What was counted of it; nil for one that is new.
    var old: CountedMention?
    /// Whether it was a copy.
    var wasCopy = false
    /// What is counted of it from now on.
    var new: CountedMention
    /// Whether it is placed anew: it is new, has changed its text or time, or its cluster was taken apart.
    var moves: Bool
    /// Its text, where it is placed anew and the text stands.
    var text: [UInt8]?
}

/// A mention that is gone and was counted.
struct DepartedMention: Sendable {
    /// What was counted of it.
    var state: CountedMention
    /// Whether it was a copy.
    var wasCopy: Bool
}
