import PostgresClient
import Synthesis

/// A value as PostgreSQL's binary formats have it.
struct Cell {
    /// What reading it must give.
    enum Meaning {
        case integer(Int64)
        case number(Double)
        case flag(Bool)
        case text(String)
        case bytes([UInt8])
        case instant(Int64)
        case integers([Int64?])
        case texts([String?])
        /// More than 64 bits hold, or no whole number.
        case none
    }

    var oid: UInt32
    var bytes: [UInt8]
    var meaning: Meaning

    /// Types that the client has no name for.
    static let numeric: UInt32 = 1700
    static let jsonb: UInt32 = 3802

    /// All types that the accessors tell apart, and some that they don't.
    static let types: [UInt32] = [
        TypeOID.bool, TypeOID.bytea, TypeOID.int8, TypeOID.int2, TypeOID.int4, TypeOID.text, TypeOID.double,
        TypeOID.timestamptz, 26, 700, 1082, 1114, numeric, 2950, jsonb, 0, 705, 1000, 1005, 1007, 1009, 1016,
        0xFFFF_FFFF,
    ]

    /// A random value.
    static func random(_ random: inout SeededRandom) -> Cell {
        let number = random.below(2) == 0 ? random.magnitude() : -random.magnitude()
        func cell(_ parameter: PostgresParameter, _ meaning: Meaning) -> Cell {
            Cell(oid: parameter.oid, bytes: parameter.bytes ?? [], meaning: meaning)
        }
        switch random.below(12) {
        case 0: return cell(.int8(number), .integer(number))
        case 1:
            return cell(.int4(Int32(truncatingIfNeeded: number)), .integer(Int64(Int32(truncatingIfNeeded: number))))
        case 2:
            return cell(.int2(Int16(truncatingIfNeeded: number)), .integer(Int64(Int16(truncatingIfNeeded: number))))
        case 3: return cell(.bool(number > 0), .flag(number > 0))
        case 4: return cell(.double(Double(number) / 8), .number(Double(number) / 8))
        case 5: return cell(.timestamptz(number / 4), .instant(number / 4))
        case 6:
            let text = TextGrammar.scalars(0...60, &random)
            return cell(.text(text), .text(text))
        case 7:
            let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            return cell(.bytea(bytes), .bytes(bytes))
        case 8:
            let texts = (0..<random.below(6)).map { _ in random.maybe { TextGrammar.scalars(0...9, &$0) } }
            return cell(.textArray(texts), .texts(texts))
        case 9:
            let values = (0..<random.below(6)).map { _ in random.maybe { $0.magnitude() } }
            return cell(.int8Array(values), .integers(values))
        case 10:
            let text = "{\"a\": \(number)}"
            return Cell(oid: jsonb, bytes: [1] + Array(text.utf8), meaning: .text(text))
        default: return wholeNumber(number, &random)
        }
    }

    /// A `numeric` as `numeric_send` writes it: digits to base 10,000, without zeros at either end.
    private static func wholeNumber(_ value: Int64, _ random: inout SeededRandom) -> Cell {
        var digits: [UInt16] = []
        var rest = value.magnitude
        while rest > 0 {
            digits.insert(UInt16(rest % 10_000), at: 0)
            rest /= 10_000
        }
        let weight = max(0, digits.count - 1)
        while digits.last == 0 { digits.removeLast() }
        var meaning = Meaning.integer(value)
        if random.once(in: 8) {
            // A fraction behind it.
            digits += [UInt16](repeating: 0, count: max(0, weight + 1 - digits.count)) + [5000]
            meaning = .none
        }
        let head = [UInt16(digits.count), UInt16(weight), value < 0 ? 0x4000 : 0, 0]
        let bytes = (head + digits).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        return Cell(oid: numeric, bytes: bytes, meaning: meaning)
    }
}
