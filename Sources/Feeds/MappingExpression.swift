import MentionModel

/// How a field's value is made from a row. `Column` is a name as it was written, or an index once a header is known.
indirect enum MappingExpression<Column: Sendable & Equatable>: Sendable, Equatable {
    case column(Column)
    case literal(String)
    case hash([MappingExpression])
    case concatenation([MappingExpression])
    case first([MappingExpression])
    case integer(MappingExpression)
    case date(MappingExpression, DatePattern)

    /// The same with other columns.
    func mapColumns<Other>(
        _ transform: (Column) throws(FeedError) -> Other
    ) throws(FeedError) -> MappingExpression<Other> {
        func mapAll(_ list: [Self]) throws(FeedError) -> [MappingExpression<Other>] {
            var mapped: [MappingExpression<Other>] = []
            for expression in list { mapped.append(try expression.mapColumns(transform)) }
            return mapped
        }
        switch self {
        case .column(let column): return .column(try transform(column))
        case .literal(let text): return .literal(text)
        case .hash(let list): return .hash(try mapAll(list))
        case .concatenation(let list): return .concatenation(try mapAll(list))
        case .first(let list): return .first(try mapAll(list))
        case .integer(let inner): return .integer(try inner.mapColumns(transform))
        case .date(let inner, let pattern): return .date(try inner.mapColumns(transform), pattern)
        }
    }
}

extension MappingExpression where Column == Int {
    /// The value for a row; an empty text means that there is none.
    ///
    /// - Throws: ``Rejection``: `not_utf8`, `bad_date`, or `bad_field` for what is no integer.
    func evaluate(_ row: CSVRow) throws(Rejection) -> String {
        switch self {
        case .column(let index):
            guard let text = String(validating: row.field(index), as: UTF8.self) else {
                throw Rejection(.notUTF8, "column \(index + 1) is not UTF-8")
            }
            return text
        case .literal(let text):
            return text
        case .concatenation(let list):
            var joined = ""
            for expression in list { joined += try expression.evaluate(row) }
            return joined
        case .first(let list):
            for expression in list {
                let text = try expression.evaluate(row)
                if !text.isEmpty { return text }
            }
            return ""
        case .hash(let list):
            // Each value after its length, so that "ab","c" and "a","bc" differ.
            var bytes: [UInt8] = []
            for expression in list {
                let value = Array(try expression.evaluate(row).utf8)
                withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: value)
            }
            let digits = String(XXH64.hash(bytes.span), radix: 16)
            return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
        case .integer(let inner):
            return try Self.integer(try inner.evaluate(row))
        case .date(let inner, let pattern):
            let text = try inner.evaluate(row)
            if text.isEmpty { return "" }
            guard let instant = pattern.parse(text) else {
                throw Rejection(.badDate, "a date does not fit the pattern of the mapping")
            }
            return instant.rfc3339
        }
    }

    /// `3.0`, as spreadsheets write it, is 3. What has lost digits (`5.7E+17`) is refused and not guessed.
    private static func integer(_ text: String) throws(Rejection) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if text.isEmpty { return "" }
        if parts.count <= 2, let value = Int64(parts[0]), parts.count == 1 || parts[1].allSatisfy({ $0 == "0" }) {
            return String(value)
        }
        throw Rejection(.badField, "a value that integer() was given is no integer")
    }
}

/// Reads expressions as the user writes them.
struct MappingParser {
    typealias Expression = MappingExpression<String>

    /// How many functions may stand in each other: what reads them recurses.
    static let maximumDepth = 32

    private let characters: [Character]
    private var position = 0
    private var depth = 0

    init(_ text: String) { characters = Array(text) }

    /// Reads `field=expression,field=expression,…`.
    mutating func assignments() throws(FeedError) -> [(field: String, expression: Expression)] {
        var list: [(String, Expression)] = []
        while true {
            let field = word()
            skipSpace()
            guard !field.isEmpty, take("=") else {
                throw .badMapping(
                    "\"\(String(characters))\" must have the form field=expression at character \(position + 1)"
                )
            }
            list.append((field, try expression()))
            skipSpace()
            if position == characters.count { return list }
            guard take(",") else {
                throw .badMapping("\"\(String(characters))\": a comma is expected at character \(position + 1)")
            }
        }
    }

    private mutating func expression() throws(FeedError) -> Expression {
        skipSpace()
        if position < characters.count, characters[position] == "'" { return .literal(try quoted()) }
        if position < characters.count, characters[position] == "\"" { return .column(try quoted()) }
        let name = word()
        skipSpace()
        guard take("(") else {
            guard !name.isEmpty else {
                throw .badMapping("\"\(String(characters))\": a value is expected at character \(position + 1)")
            }
            return .column(name)
        }
        guard depth < Self.maximumDepth else {
            throw .badMapping("more than \(Self.maximumDepth) functions in each other at character \(position)")
        }
        depth += 1
        defer { depth -= 1 }
        var arguments: [Expression] = []
        repeat { arguments.append(try expression()) } while take(",", orSpaceBefore: true)
        guard take(")", orSpaceBefore: true) else {
            throw .badMapping("\"\(String(characters))\": a closing parenthesis is missing after \(name)(")
        }
        return try call(name, arguments)
    }

    private func call(_ name: String, _ arguments: [Expression]) throws(FeedError) -> Expression {
        switch (name, arguments.count) {
        case ("hash", 1...): return .hash(arguments)
        case ("concat", 1...): return .concatenation(arguments)
        case ("first", 1...): return .first(arguments)
        case ("integer", 1): return .integer(arguments[0])
        case ("date", 2):
            guard case .literal(let pattern) = arguments[1] else {
                throw .badMapping("date() needs its pattern in single quotes, as date(created,'dd-MM-yyyy HH.mm')")
            }
            return .date(arguments[0], try DatePattern(pattern))
        case ("hash", _), ("concat", _), ("first", _), ("integer", _), ("date", _):
            throw .badMapping("\(name)() does not take \(arguments.count) arguments")
        default:
            throw .badMapping(
                "there is no function \(name)(): there are hash, concat, first, integer and date; "
                    + "a column of that name must be written in double quotes"
            )
        }
    }

    private mutating func quoted() throws(FeedError) -> String {
        let quote = characters[position]
        position += 1
        var text = ""
        while position < characters.count {
            let character = characters[position]
            position += 1
            if character != quote {
                text.append(character)
            } else if position < characters.count, characters[position] == quote {
                text.append(quote)
                position += 1
            } else {
                return text
            }
        }
        throw .badMapping("\"\(String(characters))\": a quotation mark is not closed")
    }

    private mutating func word() -> String {
        skipSpace()
        let start = position
        while position < characters.count, !"=,()'\"".contains(characters[position]) { position += 1 }
        var end = position
        while end > start, characters[end - 1].isWhitespace { end -= 1 }
        return String(characters[start..<end])
    }

    private mutating func skipSpace() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private mutating func take(_ character: Character, orSpaceBefore: Bool = false) -> Bool {
        if orSpaceBefore { skipSpace() }
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        return true
    }
}
