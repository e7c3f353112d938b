/// How a signature is stored: one byte of version and kind, then the evidence that near copies are compared by.
///
/// | kind | evidence |
/// |---|---|
/// | 1, 2 | the folded text, up to ``mostText`` bytes: raw, or packed where it is ASCII. The similarity of two such texts is exact |
/// | 3 | of a longer text: shingle length, bands, rows, level, the bands (4 bytes each, little-endian), the pattern (8 bytes, little-endian), and a sample of its shingles, at most ``mostSamples`` times 2 bytes |
///
/// A sample of level s holds the distinct shingles whose hash begins with s zero bits, each by the 16 bits behind them:
/// the same shingles of both texts, so that the share in common is an unbiased estimate of the Jaccard similarity. Its
/// standard deviation at 0.8 is two hundredths.
///
/// A text that stops at T1 has the empty signature.
enum CopySignature {
    /// The version in the high half of the first byte.
    static let version: UInt8 = 0x30
    /// Up to so many folded bytes the text itself is kept.
    static let mostText = 1_024
    /// Greatest number of shingles in a sample.
    static let mostSamples = 512
    /// The bytes of a sampled signature before its bands.
    static let sampleHead = 5
    /// No signature is longer.
    static let mostBytes = sampleHead + 4 * CopyScheme.mostBands + 8 + 2 * mostSamples

    enum Kind: UInt8 {
        case raw = 1
        case packed = 2
        case sampled = 3
    }

    /// The kind of a signature; nil for an empty one, one of another version, or one that is damaged.
    static func kind(of signature: Span<UInt8>) -> Kind? {
        guard signature.count > 1, signature.count <= mostBytes, signature[0] & 0xF0 == version,
            let kind = Kind(rawValue: signature[0] & 0x0F)
        else { return nil }
        guard kind == .sampled else { return kind }
        guard signature.count >= sampleHead, signature[4] < 48 else { return nil }
        return signature.count >= sampleStart(of: signature) ? kind : nil
    }

    /// The level of a sampled signature: how many zero bits its shingles' hashes begin with.
    static func level(of signature: Span<UInt8>) -> Int { Int(signature[4]) }

    /// Where the samples begin.
    static func sampleStart(of signature: Span<UInt8>) -> Int {
        sampleHead + 4 * min(Int(signature[2]), CopyScheme.mostBands) + 8
    }
}
