import PostgresClient
import Synthesis

/// The accessors of a result, on whatever bytes a server puts into a value: `PostgresResult`, `BinaryReader`.
struct ResultTarget: FuzzTarget {
    static let name = "result"
    static let share = 150
    static let isText = false
    let dictionary: [[UInt8]] = [
        [0, 0, 0, 1], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 25], [0, 0, 0, 20], [0x7F, 0xFF, 0xFF, 0xFF],
        [0x80, 0, 0, 0], [0x40, 0], [0xC0, 0], [0xD0, 0], [0xF0, 0], [0x27, 0x10], [0x27, 0x0F], [0, 0, 0, 2], [1],
    ]
    private var cell = Cell(oid: 0, bytes: [], meaning: .none)

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        cell = Cell.random(&random)
        return cell.bytes
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let columns = [cell.oid, random.pick(Cell.types), random.pick(Cell.types)]
        let row: [[UInt8]?] = [input.bytes, input.bytes, random.once(in: 8) ? nil : input.bytes]
        guard let result = PostgresResult(columns: columns, rows: [row]) else { throw FuzzFinding("no result") }
        if input.mutations == 0 { try checkMeaning(result) }
        var read: Set<String> = []
        for column in -1...columns.count {
            if let kind = try Self.readAll(result, column, input.bytes) { read.insert(kind) }
        }
        try FuzzFinding.unless(result.int8(1, 0) == nil && result.bytes(-1, 0) == nil, "a row that is not there")
        return read.sorted().joined(separator: "+")
    }

    /// Calls every accessor; the most telling kind of value that one gave.
    private static func readAll(_ result: PostgresResult, _ column: Int, _ sent: [UInt8]) throws(FuzzFinding) -> String?
    {
        let isThere = 0...2 ~= column && !result.isNull(0, column)
        try FuzzFinding.unless(
            (result.bytes(0, column) != nil) == isThere,
            "bytes of a value that is not there, or none"
        )
        try FuzzFinding.unless(!isThere || result.bytes(0, column) == sent, "other bytes than were sent")
        try FuzzFinding.unless(
            result.withBytes(0, column) { $0.count } == (isThere ? sent.count : nil),
            "other bytes lent"
        )
        var counts: [Int] = []
        if let array = result.int2Array(0, column) { counts.append(array.count) }
        if let array = result.int4Array(0, column) { counts.append(array.count) }
        if let array = result.int8Array(0, column) { counts.append(array.count) }
        if let array = result.boolArray(0, column) { counts.append(array.count) }
        if let array = result.doubleArray(0, column) { counts.append(array.count) }
        if let array = result.timestamptzArray(0, column) { counts.append(array.count) }
        if let array = result.byteaArray(0, column) { counts.append(array.count) }
        if let array = result.textArray(0, column) {
            counts.append(array.count)
            try FuzzFinding.unless(
                array.allSatisfy { $0.map { $0.utf8.count <= sent.count } ?? true },
                "a long element"
            )
        }
        try FuzzFinding.unless(counts.allSatisfy { $0 * 4 <= sent.count }, "more elements than were sent")
        var isNumber = false
        if let wide = result.int8(0, column) {
            isNumber = true
            try FuzzFinding.unless(result.int4(0, column) == Int32(exactly: wide), "int4 differs from int8")
            try FuzzFinding.unless(result.int2(0, column) == Int16(exactly: wide), "int2 differs from int8")
        }
        if result.double(0, column) != nil || result.timestamptz(0, column) != nil || result.bool(0, column) != nil {
            isNumber = true
        }
        if let text = result.string(0, column) {
            let bytes = Array(text.utf8)
            try FuzzFinding.unless(bytes == sent || bytes == Array(sent.dropFirst()), "another text than was sent")
            return counts.isEmpty ? "text" : "array"
        }
        return counts.isEmpty ? isNumber ? "number" : nil : "array"
    }

    private func checkMeaning(_ result: PostgresResult) throws(FuzzFinding) {
        let isRight =
            switch cell.meaning {
            case .integer(let value): result.int8(0, 0) == value
            case .number(let value): result.double(0, 0) == value
            case .flag(let value): result.bool(0, 0) == value
            case .text(let value): result.string(0, 0).map { $0.utf8.elementsEqual(value.utf8) } ?? false
            case .bytes(let value): result.bytes(0, 0) == value
            case .instant(let value): result.timestamptz(0, 0) == value
            case .integers(let value): result.int8Array(0, 0) == value
            case .texts(let value): result.textArray(0, 0) == value
            case .none: result.int8(0, 0) == nil
            }
        try FuzzFinding.unless(isRight, "a value of type \(cell.oid) reads as something else")
    }
}
