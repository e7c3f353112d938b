public import MentionModel

/// What a ``FeedReader`` must know about its input.
public struct FeedOptions: Sendable {
    /// The format; nil to find it out from the beginning of the input.
    public var format: FeedFormat?
    /// For CSV.
    public var mapping: ColumnMapping
    /// For CSV rows whose mapping gives no source.
    public var defaultSource: String?
    /// The timestamp that the records will get: a mention must not be more than a day after it.
    public var recordedAt: Timestamp
    /// Whether the original that is embedded in a Twitter repost is read as a mention too; see ``FeedReader``.
    public var readsOriginals = true
    /// The longest line, or element of a document, in bytes.
    public var maximumPieceBytes = 16 << 20
    /// The longest CSV row, in bytes.
    public var maximumRowBytes = 1 << 20

    /// Options with the defaults above.
    public init(
        format: FeedFormat? = nil,
        mapping: ColumnMapping = ColumnMapping(),
        defaultSource: String? = nil,
        recordedAt: Timestamp
    ) {
        self.format = format
        self.mapping = mapping
        self.defaultSource = defaultSource
        self.recordedAt = recordedAt
    }
}

/// Reads mentions from the bytes of one file, piece by piece.
///
/// Give it the bytes with ``read(_:into:)`` in pieces of any size, then call ``finish(into:)``. What can't be read is
/// reported with its place and reading goes on. Every mention that it gives has been decoded by the rules of the
/// contract, so that a worker will accept it.
///
/// A Twitter repost holds the status that it passes on. That original is given as a mention of its own, before the
/// repost: it is what the repost is about, the answer to a search often holds it nowhere else, and its counts are
/// newer than those it had when it was read itself. An original that is in many reposts therefore comes many times:
/// with the same counts it is a re-delivery, with others a revision, and the rules for versions (the greatest of each
/// count stands) make both harmless. ``FeedOptions/readsOriginals`` turns it off.
///
/// Memory: the piece that was given, one record up to its bound, and what the batch holds.
public struct FeedReader: Sendable {
    private let options: FeedOptions
    private var decoder = MentionDecoder()
    private var held: [UInt8] = []
    private var layout: FeedSniffer.Layout?
    private var lines: LineSplitter
    private var document: DocumentSplitter
    private var rows: CSVSplitter
    private var mapping: BoundMapping?
    private var columns = 0
    private var json: [UInt8] = []
    private var isEndReported = false

    /// The format, once it is known.
    public private(set) var format: FeedFormat?

    /// Embedded originals among the mentions so far.
    public private(set) var originals = 0

    /// A reader at the beginning of a file.
    public init(_ options: FeedOptions) {
        self.options = options
        format = options.format
        lines = LineSplitter(maximum: options.maximumPieceBytes)
        document = DocumentSplitter(maximum: options.maximumPieceBytes)
        rows = CSVSplitter(maximum: options.maximumRowBytes)
    }

    /// Reads the next bytes and appends to the batch what they complete.
    ///
    /// - Throws: ``FeedError`` when the mapping does not fit the header.
    public mutating func read(_ chunk: [UInt8], into batch: inout FeedBatch) throws(FeedError) {
        if layout != nil { return try consume(chunk, into: &batch) }
        held.append(contentsOf: chunk)
        try decide(isWhole: false, into: &batch)
    }

    /// Reads what is left.
    ///
    /// - Throws: ``FeedError`` when the mapping does not fit the header, or CSV input has none.
    public mutating func finish(into batch: inout FeedBatch) throws(FeedError) {
        if layout == nil { try decide(isWhole: true, into: &batch) }
        switch layout {
        case .lines:
            var pieces: [FeedPiece] = []
            lines.finish(into: &pieces)
            for piece in pieces { read(piece, at: .line(piece.number), into: &batch) }
        case .document:
            reportBrokenDocument(into: &batch)
            if !document.isComplete, !isEndReported {
                isEndReported = true
                let place = FeedPlace.element(document.elements + 1)
                batch.rejections.append(FeedRejection(place, .rule(.badJSON), "the document ends inside"))
            }
        case .rows:
            var complete: [CSVRow] = []
            rows.finish(into: &complete)
            for row in complete { try read(row, into: &batch) }
            guard mapping != nil else { throw .noHeader }
        case nil: break
        }
    }

    private mutating func decide(isWhole: Bool, into batch: inout FeedBatch) throws(FeedError) {
        let sniffer = FeedSniffer(held, isWhole: isWhole)
        guard let layout = sniffer.layout(given: options.format) else { return }
        guard let format = format ?? (layout == .rows ? .csv : sniffer.jsonFormat()) else { return }
        self.format = format
        self.layout = layout
        let bytes = held
        held = []
        try consume(bytes, into: &batch)
    }

    private mutating func consume(_ chunk: [UInt8], into batch: inout FeedBatch) throws(FeedError) {
        switch layout {
        case .lines:
            var pieces: [FeedPiece] = []
            lines.consume(chunk, into: &pieces)
            for piece in pieces { read(piece, at: .line(piece.number), into: &batch) }
        case .document:
            var pieces: [FeedPiece] = []
            document.consume(chunk, into: &pieces)
            for piece in pieces { read(piece, at: .element(piece.number), into: &batch) }
            reportBrokenDocument(into: &batch)
        case .rows:
            var complete: [CSVRow] = []
            rows.consume(chunk, into: &complete)
            for row in complete { try read(row, into: &batch) }
        case nil: break
        }
    }

    private mutating func reportBrokenDocument(into batch: inout FeedBatch) {
        guard document.isBroken, !isEndReported else { return }
        isEndReported = true
        let place = FeedPlace.element(document.elements + 1)
        batch.rejections.append(
            FeedRejection(place, .rule(.badJSON), "from here on the document is no JSON; the rest of it was not read")
        )
    }

    private mutating func read(_ piece: FeedPiece, at place: FeedPlace, into batch: inout FeedBatch) {
        guard !piece.isTooLong else {
            let detail = "longer than \(options.maximumPieceBytes) bytes"
            return batch.rejections.append(FeedRejection(place, .tooLong, detail))
        }
        guard format == .twitter else { return accept(piece.bytes, at: place, into: &batch) }
        // A search answer on one line.
        var answer = DocumentSplitter(maximum: options.maximumPieceBytes)
        if layout == .lines, piece.bytes.first == UInt8(ascii: "{"), Self.namesStatuses(piece.bytes) {
            var statuses: [FeedPiece] = []
            answer.consume(piece.bytes, into: &statuses)
            for status in statuses { readStatus(status.bytes, at: place, into: &batch) }
            if answer.isBroken || !answer.isComplete {
                batch.rejections.append(FeedRejection(place, .rule(.badJSON), "the line is no JSON to its end"))
            }
        } else {
            readStatus(piece.bytes, at: place, into: &batch)
        }
    }

    private static let statusesKey = Array("\"statuses\"".utf8)

    private static func namesStatuses(_ bytes: [UInt8]) -> Bool {
        guard bytes[...].firstIndex(of: statusesKey) != nil else { return false }
        var cursor = JSONCursor(bytes)
        var isAnswer = false
        // A line that is no JSON at all is refused where it is read as a status.
        do throws(Rejection) {
            try cursor.members { (key, cursor) throws(Rejection) in
                if key == "statuses", try cursor.kind() == .array { isAnswer = true }
                try cursor.skip()
            }
        } catch {
            return isAnswer
        }
        return isAnswer
    }

    private mutating func readStatus(_ bytes: [UInt8], at place: FeedPlace, into batch: inout FeedBatch) {
        do throws(Rejection) {
            var cursor = JSONCursor(bytes)
            guard try cursor.kind() == .object else { throw Rejection(.badJSON, "a status is an object") }
            let status = try TwitterStatus(&cursor)
            try cursor.end()
            if options.readsOriginals, let original = status.original.first {
                do throws(Rejection) {
                    let record = try original.record()
                    let before = batch.mentions.count
                    accept(record, at: place, into: &batch)
                    originals += batch.mentions.count - before
                } catch {
                    let detail = "the embedded original: \(error.detail)"
                    batch.rejections.append(FeedRejection(place, .rule(error.reason), detail))
                }
            }
            accept(try status.record(), at: place, into: &batch)
        } catch {
            batch.rejections.append(FeedRejection(place, error))
        }
    }

    private mutating func read(_ row: CSVRow, into batch: inout FeedBatch) throws(FeedError) {
        let place = FeedPlace.row(line: row.line)
        guard let mapping else {
            var header: [String] = []
            for index in row.ends.indices { header.append(String(decoding: row.field(index), as: UTF8.self)) }
            guard row.problem == nil else { throw .noHeader }
            self.mapping = try options.mapping.bound(to: header, defaultSource: options.defaultSource)
            columns = header.count
            return
        }
        switch row.problem {
        case .tooLong:
            let detail = "longer than \(options.maximumRowBytes) bytes; is a quotation mark not closed?"
            return batch.rejections.append(FeedRejection(place, .tooLong, detail))
        case .unclosedQuote:
            let detail = "a quotation mark is not closed; everything from this line on was not read"
            return batch.rejections.append(FeedRejection(place, .badCSV, detail))
        case .textAfterQuote:
            let detail = "text follows a closing quotation mark"
            return batch.rejections.append(FeedRejection(place, .badCSV, detail))
        case nil: break
        }
        guard row.ends.count == columns else {
            let detail = "\(row.ends.count) fields where the header has \(columns)"
            return batch.rejections.append(FeedRejection(place, .badCSV, detail))
        }
        do throws(Rejection) {
            accept(try mapping.record(row), at: place, into: &batch)
        } catch {
            batch.rejections.append(FeedRejection(place, error))
        }
    }

    private mutating func accept(_ record: MentionRecord, at place: FeedPlace, into batch: inout FeedBatch) {
        // Taken out and put back, so that its memory is used again.
        var bytes: [UInt8] = []
        swap(&bytes, &json)
        bytes.removeAll(keepingCapacity: true)
        record.appendJSON(to: &bytes)
        accept(bytes, at: place, into: &batch)
        swap(&bytes, &json)
    }

    private mutating func accept(_ bytes: [UInt8], at place: FeedPlace, into batch: inout FeedBatch) {
        do throws(Rejection) {
            let event = try decoder.decode(bytes.span, recordTimestamp: options.recordedAt, into: &batch.arena)
            let start = batch.payloads.count
            batch.payloads.append(contentsOf: bytes)
            batch.mentions.append(
                FeedMention(place: place, payload: start..<batch.payloads.count, event: event)
            )
        } catch {
            batch.rejections.append(FeedRejection(place, error))
        }
    }
}
