/// What a scalar is to a reader of words. By ranges of blocks rather than by the standard library's properties: those
/// change with the Unicode version of the tool chain, and stored hashes must not.
@frozen
public enum ScalarClass: UInt8, Sendable {
    /// White space.
    case space
    /// A letter, digit, mark or underscore of a script that puts spaces between words.
    case word
    /// A letter of a script that is written without spaces, or (Hangul) whose particles stick to the word before
    /// them: Han, kana, Hangul, Yi, Thai, Lao, Khmer, Myanmar. Each scalar counts as a word of its own.
    case unsegmented
    /// Invisible: zero-width characters, soft hyphen, direction marks, variation selectors.
    case ignorable
    /// Punctuation, symbols, emoji, controls, and bytes that are not UTF-8.
    case other

    /// The class of a scalar.
    public static func of(_ scalar: UInt32) -> ScalarClass {
        switch scalar {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: .word
        case 0x20, 0x09...0x0D: .space
        case 0..<0x80: .other
        case 0x80..<0x2000: below2000(scalar)
        case 0x2000..<0x3000: below3000(scalar)
        case 0x3000..<0x10000: below10000(scalar)
        case 0x1F000...0x1FAFF: .other
        case 0x10000..<0x20000: .word
        case 0x20000..<0x40000: .unsegmented
        case 0xE0100...0xE01EF: .ignorable
        default: .other
        }
    }

    /// Whether a scalar is a letter of the Latin script.
    public static func isLatin(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x41...0x5A, 0x61...0x7A, 0xAA, 0xBA: true
        case 0xD7, 0xF7: false
        case 0xC0...0x2AF, 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA720...0xA7FF, 0xFB00...0xFB06: true
        case 0xFF21...0xFF3A, 0xFF41...0xFF5A: true
        default: false
        }
    }

    private static func below2000(_ scalar: UInt32) -> ScalarClass {
        switch scalar {
        case 0x85, 0xA0, 0x1680: .space
        case 0xAD, 0x180B...0x180F, 0x61C: .ignorable
        case 0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA: .word
        case 0x80...0xBF, 0xD7, 0xF7: .other
        case 0x2C2...0x2C5, 0x2D2...0x2DF: .other
        case 0x37E, 0x387, 0x55A...0x55F, 0x589...0x58F, 0x5BE, 0x5C0, 0x5C3, 0x5C6, 0x5F3...0x5F4: .other
        case 0x600...0x60F, 0x61B...0x61F, 0x66A...0x66D, 0x6D4, 0x6DD, 0x6DE, 0x6E9, 0x700...0x70F: .other
        case 0x964, 0x965, 0x970: .other
        case 0xE3F, 0xE4F, 0xE5A, 0xE5B, 0x104A...0x104F, 0x17D4...0x17DB: .other
        case 0xE00...0xEFF, 0x1000...0x109F, 0x1780...0x17FF: .unsegmented
        case 0x10FB, 0x1360...0x1368, 0x1400, 0x166D, 0x166E, 0x169B, 0x169C, 0x16EB...0x16ED, 0x1735, 0x1736: .other
        case 0x1800...0x180A: .other
        case 0x1100...0x11FF: .unsegmented
        default: .word
        }
    }

    private static func below3000(_ scalar: UInt32) -> ScalarClass {
        switch scalar {
        case 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F: .space
        case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F: .ignorable
        case 0x203F, 0x2040, 0x2071, 0x207F, 0x2090...0x209C: .word
        case 0x20D0...0x20FF: .ignorable  // Marks around symbols: the key cap of an emoji digit.
        case 0x2C00...0x2DFF: .word
        case 0x2E80...0x2FEF: .unsegmented
        default: .other
        }
    }

    private static func below10000(_ scalar: UInt32) -> ScalarClass {
        switch scalar {
        case 0x3000: .space
        case 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x3035, 0x303B, 0x303C: .unsegmented
        case 0x3000...0x303F, 0x30A0, 0x30FB, 0x3200...0x33FF, 0x4DC0...0x4DFF: .other
        case 0x3040...0xA4CF: .unsegmented
        case 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF: .unsegmented
        case 0xD800...0xF8FF: .other
        case 0xFE00...0xFE0F, 0xFEFF: .ignorable
        case 0xFD3E, 0xFD3F, 0xFE10...0xFE1F, 0xFE30...0xFE6F: .other
        case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF3F, 0xFF41...0xFF5A: .word
        case 0xFF66...0xFFDC: .unsegmented
        case 0xFF00...0xFFFF: .other
        default: .word
        }
    }
}
