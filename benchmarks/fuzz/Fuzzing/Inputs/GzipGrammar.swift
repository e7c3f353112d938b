import Foundation
import Synthesis

/// Streams of gzip members, made without zlib, and a few that zlib made.
enum GzipGrammar {
    /// Compressed by Python's zlib, with dynamic codes: 60 lines as ``lines`` makes them.
    private static let dynamicMember = bytes(
        "H4sIAAAAAAACA33US3bDIAwF0HlX4QW8QQIon+X4k9R2T5t+ktMuvxIQ2xhhzZAmfrrgHXDvL9XXY2jfqub79vtRXW9/1fh4"
            + "//x52aNBcWjQtigNLbquQ2HocOGCPiRcpaAOD3j1BW14BJTuCQPy7hnjiDzvDnVdI2vzHriwbssGuLBq++wSP207IDlzUCzP"
            + "kg2L8xF932M+cxAuTGeJMEqKyOG/XT6/7Gn22PDkOEVPI6FKnsaDFjxNANU9TQRVPY3fgCxBG56gsBpeSs5qZTWZqvWqa1Qb"
            + "UFemNpqmpDZcZI6edAlLV8sRF6xWQs2q1qtOqDagPk1dNN0gdeFuNhsP1RkUXR0HKz5TiVdQdV5VR3UBVTV10VQjdeGGD9p7"
            + "dWfkrsTryVhJFrJWJa+6QqWAmppSNE1IKf6UkgdLByxciYPNrCRRJlXyqk/UfwEoxHpyBQAA"
    )
    /// Compressed by Python's zlib: no byte at all.
    private static let emptyMember = bytes("H4sIAAAAAAACAwMAAAAAAAAAAAA=")

    private static let lines: [UInt8] = {
        var text = ""
        let letters = Array("abcdefghij")
        let fox = "the quick brown fox jumps"
        for index in 0..<60 {
            text +=
                "\(index),\(String(repeating: letters[index % 10], count: index % 7)),\(fox.dropFirst(index % 20))\n"
        }
        return Array(text.utf8)
    }()

    private static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map { Array($0) } ?? [] }

    /// A stream and what it holds.
    static func stream(_ random: inout SeededRandom) -> (bytes: [UInt8], plain: [UInt8]) {
        if random.once(in: 10) {
            let plain = Array(TextGrammar.words(0...30, &random).utf8)
            return (plain, plain)
        }
        var all: (bytes: [UInt8], plain: [UInt8]) = ([], [])
        for _ in 0...random.below(3) {
            switch random.below(4) {
            case 0: all.bytes += emptyMember
            case 1:
                all.bytes += dynamicMember
                all.plain += lines
            default:
                let plain = Array(TextGrammar.scalars(0...200, &random).utf8)
                all.bytes += member(plain, &random)
                all.plain += plain
            }
        }
        if random.once(in: 4) { all.bytes += [UInt8](repeating: 0, count: 1 + random.below(600)) }
        return all
    }

    /// RFC 1952: a header with some of its optional fields, blocks, checksum and length.
    private static func member(_ plain: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        let flags = UInt8(random.below(2) == 0 ? 0 : random.below(8) << 2)
        var bytes: [UInt8] = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3]
        if flags & 4 != 0 { bytes += [3, 0, 0x61, 0x62, 0x63] }
        if flags & 8 != 0 { bytes += Array("name\0".utf8) }
        if flags & 16 != 0 { bytes += Array("comment\0".utf8) }
        bytes += random.below(2) == 0 ? stored(plain, &random) : fixed(plain)
        for word in [crc(plain), UInt32(truncatingIfNeeded: plain.count)] {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
            }
        }
        return bytes
    }

    /// RFC 1951, stored blocks.
    private static func stored(_ plain: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = plain[...]
        repeat {
            let block = rest.prefix(1 + random.below(200))
            rest = rest.dropFirst(block.count)
            let count = UInt16(block.count)
            bytes += [
                rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), ~UInt8(count & 255), ~UInt8(count >> 8),
            ]
            bytes += block
        } while !rest.isEmpty
        return bytes
    }

    /// RFC 1951, one block of literals in the fixed code.
    private static func fixed(_ plain: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var held: UInt32 = 0b011
        var count = 3
        func put(_ code: UInt32, _ length: Int) {
            // Codes go in from their highest bit on.
            for bit in (0..<length).reversed() {
                held |= (code >> UInt32(bit) & 1) << UInt32(count)
                count += 1
                if count == 8 {
                    bytes.append(UInt8(truncatingIfNeeded: held))
                    held = 0
                    count = 0
                }
            }
        }
        for byte in plain {
            if byte < 144 { put(0x30 + UInt32(byte), 8) } else { put(0x190 + UInt32(byte) - 144, 9) }
        }
        put(0, 7)
        if count > 0 { bytes.append(UInt8(truncatingIfNeeded: held)) }
        return bytes
    }

    private static let table: [UInt32] = (0..<256 as Range<UInt32>).map { index in
        (0..<8).reduce(index) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { value, byte in table[Int((value ^ UInt32(byte)) & 255)] ^ value >> 8 }
    }
}
