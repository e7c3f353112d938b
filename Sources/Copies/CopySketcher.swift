/// Where near copies of a text are to be looked for.
public struct CopySketch: Sendable {
    /// A hash per band of the scheme; the rest is 0.
    var bands: InlineArray<16, UInt32> = .init(repeating: 0)
    /// By which texts that share a band by chance are refused.
    var pattern = SketchPattern()
    /// Whether the text can have near copies: it is not too short, and its signature could be read.
    public internal(set) var isComparable = false

    /// The sketch of a text that stops at T1.
    public init() {}
}

/// Makes sketches and signatures of texts.
///
/// The sketch is a min-hash of bands × rows values by one permutation with optimal densification (Shrivastava, "Optimal
/// Densification for Fast and Accurate Minwise Hashing", ICML 2017): each shingle is hashed once into one of the bins,
/// which keep their least value, and a bin that stays empty takes the value of a full one that a fixed sequence chooses.
/// That is one pass over the text, whatever the number of bins.
///
/// Holds buffers that grow to the longest text (64 KiB are looked at) and are used again. Use one per task. The results
/// never depend on what was sketched before.
public struct CopySketcher: Sendable {
    /// The scheme that it sketches for.
    public let scheme: CopyScheme
    private var folded: [UInt8] = []
    private var packed: [UInt8] = []
    private var bins: [UInt32]
    private var sample = ShingleSample()
    /// The hashes of a long text that may belong to its sample.
    private var found: [UInt64] = []
    private var foundCount = 0

    /// A sketcher without memory of its own yet.
    public init(scheme: CopyScheme = CopyScheme()) {
        self.scheme = scheme
        bins = [UInt32](repeating: .max, count: scheme.bands * scheme.rows)
    }

    /// Sketches a text as ``Fingerprinter`` normalises it, and appends its signature to `signature`: nothing for a text
    /// that stops at T1, else at most 1,101 bytes. Linear in the text up to 64 KiB, constant beyond.
    public mutating func sketch(_ normalised: Span<UInt8>, signature: inout [UInt8]) -> CopySketch {
        sketch(normalised, signature: &signature) { _ in }
    }

    /// The same. `isKnown` is called in between, when the sketch of a comparable text is known and its signature is not.
    @inline(__always)
    mutating func sketch(
        _ normalised: Span<UInt8>,
        signature: inout [UInt8],
        isKnown: (borrowing CopySketch) -> Void
    ) -> CopySketch {
        let text = ShingleText.fold(normalised, into: &folded)
        let sketch = sketchFolded(text.count, isASCII: text.isASCII)
        guard sketch.isComparable else { return sketch }
        isKnown(sketch)
        if text.count > CopySignature.mostText {
            appendSample(text.count, isASCII: text.isASCII, sketch, to: &signature)
            return sketch
        }
        if text.isASCII {
            signature.append(CopySignature.version | CopySignature.Kind.packed.rawValue)
            TextPacking.pack(folded, text.count, &packed, into: &signature)
        } else {
            signature.append(CopySignature.version | CopySignature.Kind.raw.rawValue)
            signature.append(contentsOf: folded[..<text.count])
        }
        return sketch
    }

    /// The sketch that belongs to a stored signature. One that is empty, damaged, of another version, or of a long text
    /// under another scheme gives a sketch that is not comparable.
    public mutating func sketch(of signature: Span<UInt8>) -> CopySketch {
        guard let kind = CopySignature.kind(of: signature) else { return CopySketch() }
        let text = signature.extracting(droppingFirst: 1)
        if folded.count < CopySignature.mostText {
            folded.append(contentsOf: repeatElement(0, count: CopySignature.mostText - folded.count))
        }
        switch kind {
        case .raw:
            let count = min(text.count, CopySignature.mostText)
            for index in 0..<count { folded[index] = text[index] }
            return sketchFolded(count, isASCII: false)
        case .packed:
            let count = min(TextPacking.unpack(text, into: &folded), CopySignature.mostText)
            return sketchFolded(count, isASCII: false)
        case .sampled:
            guard signature[1] == scheme.shingle, signature[2] == scheme.bands, signature[3] == scheme.rows else {
                return CopySketch()
            }
            var sketch = CopySketch()
            for band in 0..<scheme.bands {
                let start = CopySignature.sampleHead + 4 * band
                for byte in 0..<4 { sketch.bands[band] |= UInt32(signature[start + byte]) << UInt32(8 * byte) }
            }
            let start = CopySignature.sampleStart(of: signature) - 8
            for byte in 0..<8 { sketch.pattern.bits |= UInt64(signature[start + byte]) << UInt64(8 * byte) }
            sketch.isComparable = true
            return sketch
        }
    }

    private mutating func sketchFolded(_ count: Int, isASCII: Bool) -> CopySketch {
        var sketch = CopySketch()
        let shingles: Int
        if count > CopySignature.mostText {
            if found.count < count { found.append(contentsOf: repeatElement(0, count: count - found.count)) }
            (shingles, foundCount) = Self.fill(&bins, &found, folded, count, scheme.shingle, isASCII)
        } else {
            shingles = Self.fill(&bins, folded, count, scheme.shingle, isASCII: isASCII)
        }
        guard shingles >= scheme.leastShingles else { return sketch }
        let (bands, rows) = (scheme.bands, scheme.rows)
        let bins = bins.span
        for band in 0..<bands {
            var key = UInt64(band + 1) &* 0x9E37_79B9_7F4A_7C15
            for row in 0..<rows {
                key = (key ^ UInt64(bins[band * rows + row])) &* 0xC2B2_AE3D_27D4_EB4F
                key ^= key >> 29
            }
            sketch.bands[band] = UInt32(truncatingIfNeeded: key >> 32)
        }
        var pattern: UInt64 = 0
        for index in 0..<min(bins.count, SketchPattern.mostFields) {
            pattern = pattern << 2 | UInt64(bins[index] & 3)
        }
        sketch.pattern = SketchPattern(bits: pattern)
        sketch.isComparable = true
        return sketch
    }

    /// Puts the shingles of a folded text into the bins, and returns how many it has, repeated ones counted.
    private static func fill(
        _ all: inout [UInt32],
        _ folded: [UInt8],
        _ count: Int,
        _ length: Int,
        isASCII: Bool
    ) -> Int {
        var bins = all.mutableSpan
        let width = UInt64(bins.count)
        for bin in bins.indices { bins[bin] = .max }
        let text = folded.span.extracting(first: count)
        var reader = ShingleReader(length: length)
        var shingles = 0
        if isASCII, count >= length {
            reader.begin(text)
            for index in length - 1..<count {
                let hash = reader.next(ascii: text[index])
                let bin = Int(truncatingIfNeeded: ((hash >> 32) &* width) >> 32)
                // Without a branch, which could not be predicted.
                bins[bin] = min(bins[bin], UInt32(truncatingIfNeeded: hash) >> 1)
            }
            shingles = count - length + 1
        } else {
            while let hash = reader.next(text) {
                shingles += 1
                let bin = Int(truncatingIfNeeded: ((hash >> 32) &* width) >> 32)
                bins[bin] = min(bins[bin], UInt32(truncatingIfNeeded: hash) >> 1)
            }
        }
        fillEmpty(&bins, shingles)
        return shingles
    }

    /// The same for a long text, whose hashes that may belong to its sample are put to the front of `found`: there
    /// is room for all. Returns how many these are too.
    private static func fill(
        _ all: inout [UInt32],
        _ found: inout [UInt64],
        _ folded: [UInt8],
        _ count: Int,
        _ length: Int,
        _ isASCII: Bool
    ) -> (shingles: Int, found: Int) {
        var bins = all.mutableSpan
        var room = found.mutableSpan
        let width = UInt64(bins.count)
        let most = UInt64.max >> UInt64(ShingleSample.start(count))
        for bin in bins.indices { bins[bin] = .max }
        let text = folded.span.extracting(first: count)
        var reader = ShingleReader(length: length)
        var chosen = 0
        var shingles = 0
        if isASCII {
            reader.begin(text)
            for index in length - 1..<count {
                let hash = reader.next(ascii: text[index])
                let bin = Int(truncatingIfNeeded: ((hash >> 32) &* width) >> 32)
                bins[bin] = min(bins[bin], UInt32(truncatingIfNeeded: hash) >> 1)
                // Without a branch, which could not be predicted either: what does not belong is written over.
                room[chosen] = hash
                chosen += hash <= most ? 1 : 0
            }
            shingles = count - length + 1
        } else {
            while let hash = reader.next(text) {
                shingles += 1
                let bin = Int(truncatingIfNeeded: ((hash >> 32) &* width) >> 32)
                bins[bin] = min(bins[bin], UInt32(truncatingIfNeeded: hash) >> 1)
                room[chosen] = hash
                chosen += hash <= most ? 1 : 0
            }
        }
        fillEmpty(&bins, shingles)
        return (shingles, chosen)
    }

    /// Gives each empty bin the value of a full one, which a fixed sequence for each bin chooses.
    private static func fillEmpty(_ bins: inout MutableSpan<UInt32>, _ shingles: Int) {
        guard shingles > 0 else { return }
        let width = UInt64(bins.count)
        // Taken values must not be taken again: the high bit marks them until all are filled.
        let taken: UInt32 = 1 << 31
        for bin in bins.indices where bins[bin] == .max {
            var state = UInt64(bin + 1) &* 0x9E37_79B9_7F4A_7C15
            var tries = 0
            while true {
                state = (state ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9 &+ 0x94D0_49BB_1331_11EB
                tries += 1
                // The sequence comes to a full one soon; that it must is shown by going through all in the end.
                let place = tries < 256 ? Int(truncatingIfNeeded: ((state >> 32) &* width) >> 32) : tries % bins.count
                let donor = bins[place]
                if donor & taken == 0 {
                    bins[bin] = donor | taken
                    break
                }
            }
        }
    }

    private mutating func appendSample(
        _ count: Int,
        isASCII: Bool,
        _ sketch: CopySketch,
        to signature: inout [UInt8]
    ) {
        let text = folded
        let bytes = text.span.extracting(first: count)
        sample.take(bytes, shingle: scheme.shingle, isASCII: isASCII, found: &found, foundCount)
        signature.append(CopySignature.version | CopySignature.Kind.sampled.rawValue)
        signature.append(UInt8(scheme.shingle))
        signature.append(UInt8(scheme.bands))
        signature.append(UInt8(scheme.rows))
        signature.append(UInt8(sample.level))
        for band in 0..<scheme.bands {
            for byte in 0..<4 {
                signature.append(UInt8(truncatingIfNeeded: sketch.bands[band] >> UInt32(8 * byte)))
            }
        }
        for byte in 0..<8 {
            signature.append(UInt8(truncatingIfNeeded: sketch.pattern.bits >> UInt64(8 * byte)))
        }
        let shift = UInt64(48 - sample.level)
        for hash in sample.hashes.prefix(CopySignature.mostSamples) {
            signature.append(UInt8(truncatingIfNeeded: hash >> shift))
            signature.append(UInt8(truncatingIfNeeded: hash >> (shift + 8)))
        }
    }
}
