internal import Fingerprinting

/// Reads the shingles of a folded text: every run of so many scalars, as a hash. Repeated ones come again, and a text
/// shorter than a shingle is one.
///
/// The scalars of a shingle are packed into one word, 64 / length bits each: with five these are twelve, which hold the
/// scalars of Latin, Cyrillic, Greek, Arabic and the scripts of India as they are, and a hash of the others.
struct ShingleReader {
    private let bits: UInt64
    private let limit: UInt32
    private let mask: UInt64
    private let length: Int
    private var key: UInt64 = 0
    private var missing: Int
    private var index = 0

    init(length: Int) {
        self.length = length
        bits = UInt64(64 / length)
        limit = UInt32(1) << UInt32(bits)
        mask = UInt64.max >> (64 - bits * UInt64(length))
        missing = length
    }

    /// The hash of the next shingle of the text, which must be the same each time; nil at its end.
    @inline(__always)
    mutating func next(_ text: Span<UInt8>) -> UInt64? {
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                index += 1
                key = (key << bits | UInt64(byte)) & mask
            } else {
                takeLong(text)
            }
            if missing <= 1 { return Self.mix(key) }
            missing -= 1
        }
        // Of a text that is too short. Its key has zeros where others have scalars, and no word holds U+0000.
        guard missing > 1, missing < length else { return nil }
        missing = 0
        return Self.mix(key)
    }

    /// Takes the scalars before the last one of the first shingle, all ASCII: then ``next(ascii:)`` gives each shingle.
    @inline(__always)
    mutating func begin(_ text: Span<UInt8>) {
        for place in 0..<length - 1 { key = key << bits | UInt64(text[place]) }
    }

    /// The hash of the shingle that ends with an ASCII byte.
    @inline(__always)
    mutating func next(ascii byte: UInt8) -> UInt64 {
        key = (key << bits | UInt64(byte)) & mask
        return Self.mix(key)
    }

    @inline(never)
    private mutating func takeLong(_ text: Span<UInt8>) {
        let decoded = ScalarDecoder.decode(text, at: index)
        index += decoded.length
        let code = decoded.value < limit ? decoded.value : (decoded.value &* 0x9E37_79B1) >> (32 - UInt32(bits))
        key = (key << bits | UInt64(code)) & mask
    }

    /// Scatters the bits: both halves of two wide products, one bit of the key reaching all of the result.
    @inline(__always)
    private static func mix(_ key: UInt64) -> UInt64 {
        let product = (key ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        let mixed = (product.low ^ product.high) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }
}
