/// Where near copies of a text are to be looked for.
public struct CopySketch: Sendable {
    /// A hash per band of the scheme; the rest is 0.
    var bands: InlineArray<16, UInt32> = .init(repeating: 0)
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
    private var hashes: [UInt64] = []
    private var bins: [UInt32]
    private var sample: [UInt32] = []
    /// Of the text that was folded last, repeated shingles counted.
    private var shingleCount = 0

    /// A sketcher without memory of its own yet.
    public init(scheme: CopyScheme = CopyScheme()) {
        self.scheme = scheme
        bins = [UInt32](repeating: .max, count: scheme.bands * scheme.rows)
    }

    /// Sketches a text as ``Fingerprinter`` normalises it, and appends its signature to `signature`: nothing for a text
    /// that stops at T1, else at most 1,093 bytes. Linear in the text up to 64 KiB, constant beyond.
    public mutating func sketch(_ normalised: Span<UInt8>, signature: inout [UInt8]) -> CopySketch {
        let count = ShingleText.fold(normalised, into: &folded)
        return sketch(foldedCount: count, signature: &signature)
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
            return sketchFolded(count)
        case .packed:
            return sketchFolded(min(TextPacking.unpack(text, into: &folded), CopySignature.mostText))
        case .sampled:
            guard signature[1] == scheme.shingle, signature[2] == scheme.bands, signature[3] == scheme.rows else {
                return CopySketch()
            }
            var sketch = CopySketch()
            for band in 0..<scheme.bands {
                let start = CopySignature.sampleHead + 4 * band
                for byte in 0..<4 { sketch.bands[band] |= UInt32(signature[start + byte]) << UInt32(8 * byte) }
            }
            sketch.isComparable = true
            return sketch
        }
    }

    private mutating func sketch(foldedCount count: Int, signature: inout [UInt8]) -> CopySketch {
        let sketch = sketchFolded(count)
        guard sketch.isComparable else { return sketch }
        if count > CopySignature.mostText {
            appendSample(sketch, to: &signature)
            return sketch
        }
        let text = folded.span.extracting(first: count)
        signature.append(CopySignature.version | CopySignature.Kind.packed.rawValue)
        if !TextPacking.pack(text, into: &signature) {
            signature[signature.count - 1] = CopySignature.version | CopySignature.Kind.raw.rawValue
            text.withUnsafeBufferPointer { signature.append(contentsOf: $0) }
        }
        return sketch
    }

    private mutating func sketchFolded(_ count: Int) -> CopySketch {
        var sketch = CopySketch()
        if hashes.count < count { hashes.append(contentsOf: repeatElement(0, count: count - hashes.count)) }
        var written = 0
        var all: [UInt64] = []
        var own: [UInt32] = []
        swap(&all, &hashes)
        swap(&own, &bins)
        do {
            var output = all.mutableSpan
            var bins = own.mutableSpan
            let width = UInt64(bins.count)
            for bin in bins.indices { bins[bin] = .max }
            let text = folded.span.extracting(first: count)
            var reader = ShingleReader(length: scheme.shingle)
            while let hash = reader.next(text) {
                output[written] = hash
                written += 1
                let bin = Int(truncatingIfNeeded: ((hash >> 32) &* width) >> 32)
                // Without a branch, which could not be predicted.
                bins[bin] = min(bins[bin], UInt32(truncatingIfNeeded: hash) >> 1)
            }
            Self.fillEmpty(&bins, written)
        }
        swap(&all, &hashes)
        swap(&own, &bins)
        shingleCount = written
        guard written >= scheme.leastShingles else { return sketch }
        for band in 0..<scheme.bands {
            var key = UInt64(band + 1) &* 0x9E37_79B9_7F4A_7C15
            for row in 0..<scheme.rows {
                key = (key ^ UInt64(bins[band * scheme.rows + row])) &* 0xC2B2_AE3D_27D4_EB4F
                key ^= key >> 29
            }
            sketch.bands[band] = UInt32(truncatingIfNeeded: key >> 32)
        }
        sketch.isComparable = true
        return sketch
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

    private mutating func appendSample(_ sketch: CopySketch, to signature: inout [UInt8]) {
        var level = 0
        for start in 0..<40 {
            level = start
            let count = hashes[..<shingleCount].count { $0.leadingZeroBitCount >= start }
            // So many are sorted quickly, and leave enough of a text that repeats itself.
            if count <= 2 * CopySignature.mostSamples { break }
        }
        sample.removeAll(keepingCapacity: true)
        for index in 0..<shingleCount where hashes[index].leadingZeroBitCount >= level {
            sample.append(UInt32(truncatingIfNeeded: (hashes[index] << UInt64(level)) >> 32))
        }
        sample.sort()
        dropRepeated()
        // The next level is those that begin with another zero bit: the front of what is sorted.
        while sample.count > CopySignature.mostSamples, level < 47 {
            level += 1
            sample.removeLast(sample.count - (sample.firstIndex { $0 >> 31 == 1 } ?? sample.count))
            for index in sample.indices { sample[index] <<= 1 }
        }
        signature.append(CopySignature.version | CopySignature.Kind.sampled.rawValue)
        signature.append(UInt8(scheme.shingle))
        signature.append(UInt8(scheme.bands))
        signature.append(UInt8(scheme.rows))
        signature.append(UInt8(level))
        for band in 0..<scheme.bands {
            for byte in 0..<4 {
                signature.append(UInt8(truncatingIfNeeded: sketch.bands[band] >> UInt32(8 * byte)))
            }
        }
        for value in sample.prefix(CopySignature.mostSamples) {
            signature.append(UInt8(truncatingIfNeeded: value >> 16))
            signature.append(UInt8(truncatingIfNeeded: value >> 24))
        }
    }

    /// Drops what equals the one before by its high half, which is what is stored.
    private mutating func dropRepeated() {
        var kept = 0
        for index in sample.indices where index == 0 || sample[index] >> 16 != sample[kept - 1] >> 16 {
            sample[kept] = sample[index]
            kept += 1
        }
        sample.removeLast(sample.count - kept)
    }
}
