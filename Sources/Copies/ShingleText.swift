internal import Fingerprinting

/// Folds a normalised text to what near copies are compared by: its words, with one space between them.
///
/// Punctuation, symbols and emoji become a space; apostrophes go, so that "don't" and "don’t" are one word. Bytes that
/// are not UTF-8 count as symbols.
enum ShingleText {
    /// Writes the folded text to the front of `buffer`, which grows to `text.count` at most once per size, and returns
    /// its length and whether it is ASCII: at most ``CopyScheme/mostBytes``, cut between scalars.
    static func fold(_ text: Span<UInt8>, into buffer: inout [UInt8]) -> (count: Int, isASCII: Bool) {
        let size = min(text.count, CopyScheme.mostBytes)
        if buffer.count < size {
            buffer.append(contentsOf: repeatElement(0, count: size - buffer.count))
        }
        let table = ascii.span
        var output = buffer.mutableSpan
        var read = 0
        var write = 0
        // As after a space, no space is written at the start.
        var previous: UInt8 = 0x20
        let count = text.count
        var isASCII = true
        var slow = 0
        while read < count {
            if slow == 0 {
                // Eight bytes that are what they fold to go at once: most do.
                guard count - read >= 8, size - write >= 8 else {
                    slow = .max
                    continue
                }
                let word = UInt64(littleEndian: text.bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt64.self))
                guard isFolded(word, afterSpace: previous == 0x20) else {
                    slow = 8
                    continue
                }
                var room = output.mutableBytes
                room.storeBytes(of: word.littleEndian, toByteOffset: write, as: UInt64.self)
                read &+= 8
                write &+= 8
                previous = UInt8(truncatingIfNeeded: word >> 56)
                continue
            }
            slow &-= 1
            let byte = text[read]
            if byte < 0x80 {
                read &+= 1
                let folded = table[Int(byte)]
                if folded == 0 { continue }
                if write == size { break }
                output[write] = folded
                write &+= (folded ^ 0x20) | (previous ^ 0x20) == 0 ? 0 : 1
                previous = folded
                continue
            }
            let decoded = ScalarDecoder.decode(text, at: read)
            let kind = ScalarClass.of(decoded.value)
            if kind == .word || kind == .unsegmented {
                if write + decoded.length > size { break }
                for offset in 0..<decoded.length { output[write + offset] = text[read + offset] }
                write += decoded.length
                previous = byte
                isASCII = false
            } else if kind != .ignorable, decoded.value != 0x2019, previous != 0x20, write < size {
                output[write] = 0x20
                write += 1
                previous = 0x20
            }
            read += decoded.length
        }
        if write > 0, previous == 0x20 { write -= 1 }
        return (write, isASCII)
    }

    /// Whether eight bytes are small letters, digits and single spaces.
    @inline(__always)
    private static func isFolded(_ word: UInt64, afterSpace: Bool) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        guard word & high == 0 else { return false }
        // The high bit of each byte says it: no sum carries over, since no byte is above 0x7F.
        let letters = (word &+ ones &* 0x1F) & ~(word &+ ones &* 0x05)
        let digits = (word &+ ones &* 0x50) & ~(word &+ ones &* 0x46)
        let spaces = ~((word ^ ones &* 0x20) &+ ones &* 0x7F) & high
        guard (letters | digits | spaces) & high == high else { return false }
        return spaces & (spaces << 8 | (afterSpace ? 0x80 : 0)) == 0
    }

    /// For each ASCII byte the letter or digit that it folds to, a space, or 0 for an apostrophe.
    private static let ascii: [UInt8] = (0..<128).map { (byte: UInt8) in
        switch byte {
        case 0x30...0x39, 0x5F, 0x61...0x7A: byte
        case 0x41...0x5A: byte | 0x20
        case 0x27: 0
        default: 0x20
        }
    }
}
