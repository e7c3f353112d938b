internal import Fingerprinting

/// The shingles of a folded text: every run of so many scalars, as a hash.
enum Shingles {
    /// Calls `body` with the hash of each shingle in order, repeated ones too. A text shorter than a shingle is one.
    ///
    /// The scalars of a shingle are packed into one word, 64 / length bits each: with five these are twelve, which hold
    /// the scalars of Latin, Cyrillic, Greek, Arabic and the scripts of India as they are, and a hash of the others.
    @inline(__always)
    static func forEach(_ text: Span<UInt8>, length: Int, _ body: (UInt64) -> Void) {
        let bits = UInt64(64 / length)
        let limit = UInt32(truncatingIfNeeded: UInt64(1) &<< bits)
        let mask = UInt64.max >> (64 - bits * UInt64(length))
        var key: UInt64 = 0
        var missing = length
        var index = 0
        let count = text.count
        while index < count {
            let byte = text[index]
            var code = UInt32(byte)
            if byte < 0x80 {
                index += 1
            } else {
                let decoded = ScalarDecoder.decode(text, at: index)
                index += decoded.length
                code = decoded.value < limit ? decoded.value : (decoded.value &* 0x9E37_79B1) >> (32 - UInt32(bits))
            }
            key = (key << bits | UInt64(code)) & mask
            if missing > 1 {
                missing -= 1
            } else {
                body(mix(key))
            }
        }
        // Such a key has zeros where the others have scalars, and no text holds U+0000 in a word.
        if missing > 1, missing < length { body(mix(key)) }
    }

    /// Scatters the bits: the finalizer of SplitMix64 without its last step.
    @inline(__always)
    static func mix(_ key: UInt64) -> UInt64 {
        var mixed = (key ^ key >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
