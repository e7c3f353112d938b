/// One step of ``ScalarDecoder``.
@frozen
public struct DecodedScalar: Sendable, Equatable {
    /// The Unicode scalar, or ``ScalarDecoder/invalid`` for a byte that starts no well-formed sequence.
    public let value: UInt32
    /// How many bytes it takes, 1–4; 1 for an invalid byte.
    public let length: Int

    @inlinable
    init(value: UInt32, length: Int) {
        self.value = value
        self.length = length
    }
}

/// A UTF-8 decoder that accepts any bytes: what is not well-formed comes out as single invalid bytes.
///
/// The texts that reach us were checked when they were decoded, so this costs nothing in practice; it is here so that
/// no byte string whatever can trap or loop.
public enum ScalarDecoder {
    /// Stands for a byte that belongs to no well-formed sequence. Not a Unicode scalar.
    public static let invalid = UInt32.max

    /// Decodes the scalar that begins at `index`, which must be below `text.count`.
    public static func decode(_ text: Span<UInt8>, at index: Int) -> DecodedScalar {
        let lead = UInt32(text[index])
        if lead < 0x80 { return DecodedScalar(value: lead, length: 1) }
        let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard length > 0, length <= text.count - index else { return DecodedScalar(value: invalid, length: 1) }
        var value = lead & (0x7F >> UInt32(length))
        var offset = 1
        while offset < length {
            let byte = UInt32(text[index + offset])
            guard byte & 0xC0 == 0x80 else { return DecodedScalar(value: invalid, length: 1) }
            value = value << 6 | byte & 0x3F
            offset += 1
        }
        // Overlong forms, surrogates and what lies beyond the last plane are not well-formed.
        let wellFormed: Bool
        switch length {
        case 3: wellFormed = value >= 0x800 && !(0xD800...0xDFFF).contains(value)
        case 4: wellFormed = value >= 0x10000 && value <= 0x10FFFF
        default: wellFormed = true
        }
        return wellFormed ? DecodedScalar(value: value, length: length) : DecodedScalar(value: invalid, length: 1)
    }
}
