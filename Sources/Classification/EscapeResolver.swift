/// Resolves HTML entities and the escapes that feeds leave in texts.
enum EscapeResolver {
    /// Whether a text has anything that may need it.
    static func isNeeded(for text: Span<UInt8>) -> Bool {
        // To the end, without a branch a byte: most texts have none.
        text.withUnsafeBufferPointer { bytes in
            var found: UInt8 = 0
            for byte in bytes { found |= (byte == 0x26 ? 1 : 0) | (byte == 0x5C ? 1 : 0) }
            return found != 0
        }
    }

    /// Replaces `output` by the text with `&amp;` and the like, `&#N;`, `&#xH;`, `\n`, `\r`, `\t`, `\"`, `\/` and
    /// `\u` with four hex digits resolved, once: `&amp;lt;` gives `&lt;`. What is none of these stays as it is. Never longer than the
    /// text.
    static func resolve(_ text: Span<UInt8>, into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        text.withUnsafeBufferPointer { bytes in
            // What stands as it is, is copied from there on at the next that does not.
            var copied = 0
            for index in bytes.indices where bytes[index] == 0x26 || bytes[index] == 0x5C {
                // Within what was resolved.
                guard index >= copied else { continue }
                let found = bytes[index] == 0x26 ? entity(text, at: index) : escape(text, at: index)
                guard found.length > 0, let scalar = Unicode.Scalar(found.scalar), let encoded = UTF8.encode(scalar)
                else { continue }
                output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<index]))
                for byte in encoded { output.append(byte) }
                copied = index + found.length
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
        }
    }

    private static let names: [(name: StaticString, scalar: UInt32)] = [
        ("amp;", 0x26), ("lt;", 0x3C), ("gt;", 0x3E), ("quot;", 0x22), ("apos;", 0x27), ("nbsp;", 0x20),
    ]

    private static func entity(_ text: Span<UInt8>, at start: Int) -> (scalar: UInt32, length: Int) {
        guard start + 3 < text.count else { return (0, 0) }
        guard text[start + 1] == 0x23 else {
            for entry in names where matches(entry.name, text, at: start + 1) {
                return (entry.scalar, entry.name.utf8CodeUnitCount + 1)
            }
            return (0, 0)
        }
        let hexadecimal = text[start + 2] | 0x20 == 0x78
        var index = start + (hexadecimal ? 3 : 2)
        var value: UInt32 = 0
        let first = index
        while index < text.count, index - first < 7, let digit = digit(text[index]), hexadecimal || digit < 10 {
            value = value * (hexadecimal ? 16 : 10) + digit
            index += 1
        }
        guard index > first, index < text.count, text[index] == 0x3B, value > 0 else { return (0, 0) }
        return (value, index + 1 - start)
    }

    private static func escape(_ text: Span<UInt8>, at start: Int) -> (scalar: UInt32, length: Int) {
        guard start + 1 < text.count else { return (0, 0) }
        switch text[start + 1] {
        // Not before a letter that would be a folder's name in "C:\new": that is rarer than a feed's line end.
        case 0x6E, 0x72, 0x74: return (0x20, 2)
        case 0x22: return (0x22, 2)
        case 0x2F: return (0x2F, 2)
        case 0x75:
            guard start + 5 < text.count else { return (0, 0) }
            var value: UInt32 = 0
            for offset in 2..<6 {
                guard let digit = digit(text[start + offset]) else { return (0, 0) }
                value = value << 4 | digit
            }
            return value == 0 ? (0, 0) : (value, 6)
        default: return (0, 0)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x37
        case 0x61...0x66: UInt32(byte) - 0x57
        default: nil
        }
    }

    private static func matches(_ word: StaticString, _ text: Span<UInt8>, at index: Int) -> Bool {
        guard word.utf8CodeUnitCount <= text.count - index else { return false }
        return word.withUTF8Buffer { bytes in
            for offset in bytes.indices where text[index + offset] != bytes[offset] { return false }
            return true
        }
    }
}
