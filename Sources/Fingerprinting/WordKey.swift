/// A word's bytes as 128 bits, for tables of words that are looked up without a string, a copy or an allocation.
///
/// Up to 16 bytes the key holds the bytes themselves, so that equal keys are equal words; a longer word is hashed into
/// it and marked by a byte that no UTF-8 holds, so that it never equals a short one, and another long one by accident
/// once in 2^120. Words hold no U+0000.
@frozen
public struct WordKey: Sendable, Equatable {
    /// The last eight bytes.
    @usableFromInline var low: UInt64 = 0
    /// The eight before them.
    @usableFromInline var high: UInt64 = 0
    /// How many bytes were appended; says nothing that the bytes don't, so it takes no part in comparing.
    @usableFromInline var count = 0

    /// The key of the empty word.
    @inlinable
    public init() {}

    /// The key of a string's UTF-8, as it is.
    public init(_ string: String) {
        for byte in string.utf8 { append(byte) }
        finish()
    }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        if count >= 16 {
            spill(byte)
        } else {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        count &+= 1
    }

    /// Appends the low `size` bytes of a word, 1…8, the highest of them first.
    @inlinable
    public mutating func append(_ bytes: UInt64, size: Int) {
        guard count &+ size <= 16 else {
            for place in 0..<size { append(UInt8(truncatingIfNeeded: bytes >> UInt64(8 * (size - 1 - place)))) }
            return
        }
        if size == 8 {
            high = low
            low = bytes
        } else {
            let bits = UInt64(truncatingIfNeeded: size) &* 8
            high = high &<< bits | low &>> (64 &- bits)
            low = low &<< bits | bytes
        }
        count &+= size
    }

    /// Appends a scalar as UTF-8; an invalid one as its low byte.
    public mutating func append(scalar: UInt32) {
        switch scalar {
        case 0..<0x80:
            append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        case 0x10000...0x10FFFF:
            append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        default:
            append(UInt8(truncatingIfNeeded: scalar))
        }
    }

    /// Ends the word: marks a long one. Must be called once, before keys are compared.
    @inlinable
    public mutating func finish() {
        if count > 16 { high |= 0xFF << 56 }
    }

    /// Whether two finished keys stand for the same word.
    @inlinable
    public static func == (left: WordKey, right: WordKey) -> Bool {
        left.low == right.low && left.high == right.high
    }

    /// 64 well-mixed bits, the same for ever (partition keys depend on them). `salt` tells apart equal words in
    /// different places.
    @inlinable
    public func mixed(salt: UInt64 = 0) -> UInt64 {
        // Multiply and rotate with the primes of xxHash (Collet), then its final avalanche.
        var hash = (low ^ salt) &* 0x9E37_79B1_85EB_CA87
        hash = (hash << 31 | hash >> 33) &+ high
        hash = hash &* 0xC2B2_AE3D_27D4_EB4F
        hash ^= hash >> 33
        hash = hash &* 0x1656_67B1_9E37_79F9
        return hash ^ hash >> 32
    }

    @usableFromInline
    mutating func spill(_ byte: UInt8) {
        low = (low ^ UInt64(byte)) &* 0x9E37_79B1_85EB_CA87
        low = low << 27 | low >> 37
        high = (high &+ low) &* 0xC2B2_AE3D_27D4_EB4F
        high ^= high >> 29
    }
}
