import Foundation
import Runtime

/// A value of a report.
enum Cell {
    case text(String?)
    case integer(Int64?)
    case real(Double?, digits: Int = 2)
    /// Microseconds since the Unix epoch.
    case time(Int64?)
    case list([String])
    case flag(Bool)

    /// For a table. Control characters are escaped: much of this was written by strangers.
    var shown: String {
        switch self {
        case .text(let value): value.map { Visible.text($0) } ?? "–"
        case .integer(let value): value.map { String($0) } ?? "–"
        case .real(let value, let digits): value.map { String(format: "%.\(digits)f", $0) } ?? "–"
        case .time(let value): value.map(Self.date) ?? "–"
        case .list(let values): Visible.text(values.joined(separator: ", "))
        case .flag(let value): value ? "yes" : "no"
        }
    }

    /// For a spreadsheet.
    fileprivate var spread: String {
        switch self {
        case .text(let value):
            guard let value, let first = value.first else { return "" }
            return "=+-@\t\r".contains(first) ? "'" + value : value
        case .integer(nil), .real(nil, _), .time(nil): return ""
        case .real(let value?, _): return "\(value)"
        case .integer, .time, .list, .flag: return shown
        }
    }

    var isNumber: Bool {
        switch self {
        case .integer, .real: true
        case .text, .time, .list, .flag: false
        }
    }

    /// RFC 3339, to the second.
    static func date(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).ISO8601Format()
    }
}

extension Cell: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .real(let value, _): try container.encode(value)
        case .time(let value): try container.encode(value.map(Self.date))
        case .list(let values): try container.encode(values)
        case .flag(let value): try container.encode(value)
        }
    }
}

/// Rows for a person or a machine.
struct Report {
    private let columns: [String]
    private var rows: [[Cell]] = []

    /// Column names are those of the JSON; tables show them with spaces.
    init(_ columns: [String]) {
        self.columns = columns
    }

    init(_ columns: String...) { self.init(columns) }

    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    mutating func add(_ cells: Cell...) { add(cells) }

    /// One JSON object a line.
    var jsonLines: String { rows.map { Self.line(zip(columns, $0)) + "\n" }.joined() }

    /// Comma-separated values as in RFC 4180, a line of names first. A text that a spreadsheet would take for a formula
    /// gets an apostrophe before it: much of this was written by strangers.
    var csv: String {
        func field(_ text: String) -> String {
            let isPlain = !text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
            return isPlain ? text : "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }
        let lines = [columns.map(field)] + rows.map { $0.map { field($0.spread) } }
        return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    /// Writes to standard output: one JSON object a line, or a table.
    func write(json: Bool, whenEmpty: String) {
        if json {
            StandardStream.output.write(jsonLines)
        } else if rows.isEmpty {
            StandardStream.output.write(whenEmpty + "\n")
        } else {
            StandardStream.output.write(table())
        }
    }

    private static func line(_ pairs: Zip2Sequence<[String], [Cell]>) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object = Dictionary(Array(pairs), uniquingKeysWith: { $1 })
        // A double that is no number is the one thing that JSON can't hold; no column has one.
        guard let data = try? encoder.encode(object) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    func table() -> String {
        let titles = columns.map { $0.replacingOccurrences(of: "_", with: " ").uppercased() }
        let shown = rows.map { $0.map(\.shown) }
        let widths = columns.indices.map { column in
            (shown.map { $0[column].count } + [titles[column].count]).max() ?? 0
        }
        func line(_ cells: [String], numeric: [Bool]) -> String {
            let padded = cells.indices.map { column -> String in
                let space = String(repeating: " ", count: max(0, widths[column] - cells[column].count))
                if numeric[column] { return space + cells[column] }
                return column == cells.count - 1 ? cells[column] : cells[column] + space
            }
            return padded.joined(separator: "  ") + "\n"
        }
        let numeric = columns.indices.map { column in rows.allSatisfy { $0[column].isNumber } }
        let body = shown.map { line($0, numeric: numeric) }
        return line(titles, numeric: numeric) + body.joined()
    }
}
