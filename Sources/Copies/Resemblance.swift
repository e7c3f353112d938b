/// Computes the Jaccard similarity of the shingle sets of two signatures: exact where both hold their text.
///
/// One signature is compared with many: its set is made once.
struct Resemblance: Sendable {
    private let shingle: Int
    private var left = StampSet(most: CopySignature.mostText)
    private var right = StampSet(most: CopySignature.mostText)
    private var unpacked = TextBuffer(room: CopySignature.mostText)
    /// The level and width that the left set was made for; nil before it is made.
    private var leftGrain: Grain?

    init(shingle: Int) {
        self.shingle = shingle
    }

    /// Bytes of the scratch memory.
    var bytes: Int { left.bytes + right.bytes + unpacked.bytes.count }

    /// Another left signature will come.
    mutating func begin() {
        leftGrain = nil
    }

    /// The similarity of `one` and what lies in a range of `bytes`, in ten-thousandths, rounded down; nil where it is
    /// below `threshold` (then it isn't computed to the end) or a signature can't be read. At most two passes over 1,024 shingles.
    mutating func compare(_ one: Span<UInt8>, _ bytes: [UInt8], _ range: Range<Int>, threshold: Int) -> Int? {
        let other = bytes.span.extracting(range)
        // A span of a member would keep the others from being changed.
        var text = TextBuffer()
        swap(&text, &unpacked)
        defer { swap(&text, &unpacked) }
        guard let oneKind = CopySignature.kind(of: one), let otherKind = CopySignature.kind(of: other),
            let grain = Self.grain(one, oneKind, other, otherKind)
        else { return nil }
        if leftGrain != grain {
            left.clear(for: Self.most(one, oneKind))
            if oneKind == .sampled {
                left.fill(one, EvidenceReader(sampled: one, grain, shingle))
            } else {
                Self.unpack(one, oneKind, into: &text)
                let bytes = text.bytes.span.extracting(first: text.count)
                if grain == .text {
                    left.fill(bytes, TextShingles(shingle))
                } else {
                    left.fill(bytes, EvidenceReader(text: grain, shingle))
                }
            }
            leftGrain = grain
        }
        let size = left.count
        guard size > 0 else { return nil }
        if otherKind != .sampled { Self.unpack(other, otherKind, into: &text) }
        // The right set has at most so many shingles: a scalar has a byte or more.
        let most =
            otherKind == .sampled
            ? max(other.count - CopySignature.sampleStart(of: other), 0) / 2
            : max(text.count - shingle + 1, 1)
        // c in common and m missing on the left make c / (size + m), and c + m is at most `most`.
        let spare = 10_000 * most - threshold * size
        if spare < 0 { return nil }
        let allowed = spare / (10_000 + threshold)
        right.clear(for: Self.most(other, otherKind))
        let common: Int
        let missing: Int
        if otherKind == .sampled {
            let reader = EvidenceReader(sampled: other, grain, shingle)
            (common, missing) = left.count(other, reader, others: &right, allowed: allowed)
        } else {
            let bytes = text.bytes.span.extracting(first: text.count)
            if grain == .text {
                (common, missing) = left.count(bytes, TextShingles(shingle), others: &right, allowed: allowed)
            } else {
                let reader = EvidenceReader(text: grain, shingle)
                (common, missing) = left.count(bytes, reader, others: &right, allowed: allowed)
            }
        }
        // Compared as fractions: rounding must not decide.
        guard missing <= allowed, common * 10_000 >= threshold * (size + missing) else { return nil }
        return common * 10_000 / (size + missing)
    }

    private static func grain(
        _ one: Span<UInt8>,
        _ oneKind: CopySignature.Kind,
        _ other: Span<UInt8>,
        _ otherKind: CopySignature.Kind
    ) -> Grain? {
        let levels = (
            oneKind == .sampled ? CopySignature.level(of: one) : -1,
            otherKind == .sampled ? CopySignature.level(of: other) : -1
        )
        switch levels {
        case (-1, -1): return .text
        case (-1, let level), (let level, -1): return Grain(level: level, width: 16)
        default:
            // The finer sample knows the coarser one's level but fewer bits behind it. Texts so different in length
            // are no copies.
            let difference = abs(levels.0 - levels.1)
            return difference > 4 ? nil : Grain(level: max(levels.0, levels.1), width: 16 - difference)
        }
    }

    private static func most(_ signature: Span<UInt8>, _ kind: CopySignature.Kind) -> Int {
        switch kind {
        case .raw: signature.count
        case .packed: min(signature.count * 4 / 3, CopySignature.mostText)
        case .sampled: CopySignature.mostSamples
        }
    }

    private static func unpack(
        _ signature: Span<UInt8>,
        _ kind: CopySignature.Kind,
        into buffer: inout TextBuffer
    ) {
        let text = signature.extracting(droppingFirst: 1)
        if kind == .packed {
            buffer.count = TextPacking.unpack(text, into: &buffer.bytes)
            return
        }
        buffer.count = min(text.count, buffer.bytes.count)
        for index in 0..<buffer.count { buffer.bytes[index] = text[index] }
    }
}

/// A folded text at the front of a buffer; the empty one allocates nothing.
private struct TextBuffer: Sendable {
    var bytes: [UInt8] = []
    var count = 0

    init() {}

    init(room: Int) {
        bytes = [UInt8](repeating: 0, count: room)
    }
}

/// How finely shingles are told apart: those whose hash begins with `level` zero bits, by the `width` bits behind.
struct Grain: Sendable, Equatable {
    /// That of two texts.
    static let text = Grain(level: 0, width: 32)

    var level: Int
    var width: Int

    @inline(__always)
    func value(_ hash: UInt64) -> UInt32? {
        guard hash.leadingZeroBitCount >= level else { return nil }
        return UInt32(truncatingIfNeeded: (hash << UInt64(level)) >> UInt64(64 - width))
    }
}

/// What gives the shingles of some bytes one by one.
protocol ShingleSource {
    /// The next shingle; nil at the end. The bytes must be the same each time.
    mutating func next(_ bytes: Span<UInt8>) -> UInt32?
}

/// The shingles of a folded text, as the grain of texts tells them apart: what nearly all comparisons are of.
struct TextShingles: ShingleSource {
    private var text: ShingleReader

    init(_ shingle: Int) { text = ShingleReader(length: shingle) }

    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>) -> UInt32? {
        guard let hash = text.next(bytes) else { return nil }
        return UInt32(truncatingIfNeeded: hash >> 32)
    }
}

/// Reads the shingles of a folded text or of a sampled signature, as a grain tells them apart.
struct EvidenceReader: ShingleSource {
    private var text: ShingleReader
    private let grain: Grain
    /// Where the next sample lies; nil for a text.
    private var place: Int?
    private let level: UInt64

    init(text grain: Grain, _ shingle: Int) {
        text = ShingleReader(length: shingle)
        self.grain = grain
        level = 0
    }

    init(sampled signature: Span<UInt8>, _ grain: Grain, _ shingle: Int) {
        text = ShingleReader(length: shingle)
        self.grain = grain
        place = CopySignature.sampleStart(of: signature)
        level = UInt64(CopySignature.level(of: signature))
    }

    /// The next shingle; nil at the end. The bytes must be those of the text or signature each time.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>) -> UInt32? {
        guard place != nil else {
            while let hash = text.next(bytes) {
                if let value = grain.value(hash) { return value }
            }
            return nil
        }
        return nextSample(bytes)
    }

    @inline(never)
    private mutating func nextSample(_ bytes: Span<UInt8>) -> UInt32? {
        while let index = place, index + 1 < bytes.count {
            place = index + 2
            let value = UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
            // This is the hash, as far as it is known.
            if let value = grain.value((UInt64(value) << 48) >> level) { return value }
        }
        return nil
    }
}
