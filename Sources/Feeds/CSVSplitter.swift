/// One row of CSV.
struct CSVRow: Sendable, Equatable {
    /// What keeps a row from being used.
    enum Problem: Sendable, Equatable {
        case tooLong
        case unclosedQuote
        case textAfterQuote
    }

    /// The line on which it begins, from 1.
    var line: Int
    /// All fields' bytes, one behind the other, quotes resolved.
    var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    var ends: [Int] = []
    var problem: Problem?

    /// The bytes of a field; empty where there is none.
    func field(_ index: Int) -> ArraySlice<UInt8> {
        guard ends.indices.contains(index) else { return [] }
        return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }
}

/// Cuts bytes into rows by RFC 4180: quotes, doubled quotes, line ends in quoted fields, LF and CRLF; a byte order mark
/// in front is skipped, blank lines are left out, and a quote inside an unquoted field stands for itself.
///
/// Memory: one row up to the bound. A longer row (a quote that is never closed makes one) is given up, and reading
/// goes on behind the next line end, so that one stray quote costs at most the bound and not the rest of the file.
struct CSVSplitter: Sendable {
    private enum State { case start, unquoted, quoted, quoteInQuoted, skipping }

    private let maximum: Int
    private var state = State.start
    private var row = CSVRow(line: 1)
    private var line = 1
    /// How many bytes of a byte order mark in front have been seen; 3 once that is decided.
    private var matchedMark = 0
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let maximumFields = 65_536
    private var isAfterCR = false
    /// Whether the row holds anything, be it only a comma.
    private var hasContent = false

    init(maximum: Int) { self.maximum = maximum }

    /// Takes the next bytes and appends the rows that they complete.
    mutating func consume(_ chunk: [UInt8], into rows: inout [CSVRow]) {
        for byte in chunk {
            if matchedMark < 3 {
                if byte == Self.mark[matchedMark] {
                    matchedMark += 1
                    continue
                }
                // What looked like a mark was the beginning of a character.
                for missed in Self.mark[..<matchedMark] { take(missed, into: &rows) }
                matchedMark = 3
            }
            take(byte, into: &rows)
        }
    }

    /// Gives the last row, which needs no line end.
    mutating func finish(into rows: inout [CSVRow]) {
        if state == .quoted { row.problem = row.problem ?? .unclosedQuote }
        if hasContent || row.problem != nil { endRow(into: &rows) }
    }

    private mutating func take(_ byte: UInt8, into rows: inout [CSVRow]) {
        if byte == 0x0A { line += 1 }
        let wasAfterCR = isAfterCR
        isAfterCR = false
        switch (state, byte) {
        case (.skipping, 0x0A): endRow(into: &rows)
        case (.skipping, _): break
        case (.quoted, 0x22): state = .quoteInQuoted
        case (.quoted, _): append(byte)
        case (.quoteInQuoted, 0x22):
            state = .quoted
            append(byte)
        case (_, 0x0A):
            if wasAfterCR, state != .quoteInQuoted { row.bytes.removeLast() }
            // A blank line leaves no row.
            if wasAfterCR, row.ends.isEmpty, row.bytes.isEmpty, state == .unquoted { hasContent = false }
            if hasContent { endRow(into: &rows) } else { restart() }
        case (_, 0x2C):
            hasContent = true
            guard row.ends.count < Self.maximumFields else { return giveUp() }
            row.ends.append(row.bytes.count)
            state = .start
        case (.start, 0x22):
            state = .quoted
            hasContent = true
        case (.quoteInQuoted, 0x0D):
            isAfterCR = true
        case (.quoteInQuoted, _):
            row.problem = row.problem ?? .textAfterQuote
            state = .unquoted
            append(byte)
        case (_, _):
            isAfterCR = byte == 0x0D
            hasContent = true
            state = .unquoted
            append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) {
        if row.bytes.count < maximum { row.bytes.append(byte) } else { giveUp() }
    }

    private mutating func giveUp() {
        row.problem = .tooLong
        row.bytes = []
        row.ends = []
        state = .skipping
    }

    private mutating func endRow(into rows: inout [CSVRow]) {
        if row.problem == nil { row.ends.append(row.bytes.count) }
        rows.append(row)
        restart()
    }

    private mutating func restart() {
        row = CSVRow(line: line)
        hasContent = false
        state = .start
    }
}
