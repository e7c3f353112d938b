/// Packs folded texts by half-bytes: a space and the twelve most frequent letters of English in one, the other letters
/// and digits in two, anything else in three. English tweets shrink to 0.59 of their bytes.
///
/// Stored signatures depend on it: it must never change.
enum TextPacking {
    /// The bytes of one half-byte, then those after half-byte 13, then those after 14; 15 comes before a raw byte.
    private static let alphabet = Array(" etaoinsrhldu".utf8) + Array("cmwygfpbvk012345".utf8) + Array("jxqz6789_".utf8)

    /// For each byte its code, low half-byte last, and how many half-bytes it has, in the high byte.
    private static let codes: [UInt16] = {
        var codes = (0..<256).map { (byte: UInt16) in 3 << 12 | 15 << 8 | byte }
        for (index, byte) in alphabet.enumerated() {
            codes[Int(byte)] =
                switch index {
                case 0..<13: 1 << 12 | UInt16(index)
                case 13..<29: 2 << 12 | 13 << 4 | UInt16(index - 13)
                default: 2 << 12 | 14 << 4 | UInt16(index - 29)
                }
        }
        return codes
    }()

    /// Appends the packed front of `text`; returns false, with `output` as it was, where that is not shorter. `room` is
    /// written over, and grows to the longest text.
    static func pack(_ text: [UInt8], _ count: Int, _ room: inout [UInt8], into output: inout [UInt8]) -> Bool {
        // Up to three half-bytes a byte, which are then given up.
        let most = count + count / 2 + 2
        if room.count < most { room.append(contentsOf: repeatElement(0, count: most - room.count)) }
        let packed = pack(text.span.extracting(first: count), to: &room)
        if packed >= count { return false }
        output.append(contentsOf: room[..<packed])
        return true
    }

    /// Returns how many bytes were written.
    private static func pack(_ text: Span<UInt8>, to output: inout [UInt8]) -> Int {
        let table = codes.span
        var out = output.mutableSpan
        var write = 0
        var word: UInt32 = 0
        var held: UInt32 = 0
        for index in text.indices {
            let entry = UInt32(table[Int(text[index])])
            let size = entry >> 12
            word = word << (size &* 4) | entry & 0xFFF
            held &+= size
            if held > 3 {
                out[write] = UInt8(truncatingIfNeeded: word >> 8)
                write &+= 1
                held &-= 2
            }
            // Without a branch, which could not be predicted: what is written too early is written again.
            out[write] = UInt8(truncatingIfNeeded: word >> ((held & 1) &* 4))
            write &+= Int(held >> 1)
            held &= 1
        }
        if held == 1 {
            // A half-byte too many is 15, which no raw byte follows.
            out[write] = UInt8(truncatingIfNeeded: word << 4 | 15)
            write += 1
        }
        return write
    }

    /// Replaces the front of `output` by the text that was packed, and returns its length, at most `output.count`.
    /// Any bytes whatever unpack to something.
    static func unpack(_ packed: Span<UInt8>, into output: inout [UInt8]) -> Int {
        let letters = alphabet.span
        var out = output.mutableSpan
        let room = out.count
        var write = 0
        var index = 0
        let count = packed.count * 2
        while index < count, write < room {
            var half = Int(nibble(packed, index))
            index += 1
            if half < 13 {
                out[write] = letters[half]
                write += 1
                continue
            }
            guard index < count else { break }
            if half == 15 {
                guard index + 1 < count else { break }
                out[write] = nibble(packed, index) << 4 | nibble(packed, index + 1)
                index += 2
            } else {
                half = (half == 13 ? 13 : 29) + Int(nibble(packed, index))
                index += 1
                guard half < letters.count else { break }
                out[write] = letters[half]
            }
            write += 1
        }
        return write
    }

    @inline(__always)
    private static func nibble(_ bytes: Span<UInt8>, _ index: Int) -> UInt8 {
        let byte = bytes[index >> 1]
        return index & 1 == 0 ? byte >> 4 : byte & 15
    }
}
