import Copies
import Fingerprinting
import MentionModel

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// So many words of three to nine letters, some of other scripts.
    mutating func words(_ count: Int) -> [String] {
        let letters = Array("etaoinsrhldcumwfgypbvkjxqz0189éж東😀")
        return (0..<count).map { _ in
            let length = Int.random(in: 3...9, using: &self)
            return String(
                (0..<length).map { _ in
                    letters[Int.random(in: 0..<(Int.random(in: 0..<9, using: &self) == 0 ? 33 : 20), using: &self)]
                }
            )
        }
    }
}

/// An index with what a worker does before it.
final class Station {
    var index: CopyIndex
    var links: [CopyLink] = []
    private var preparation: Preparation

    func hash(_ text: String) -> UInt64 { preparation.prepare(text, 0).mention.textHash }

    init(_ scheme: CopyScheme = CopyScheme(), bytes: Int = 1 << 20) {
        index = CopyIndex(scheme: scheme, bytes: bytes)
        preparation = Preparation(scheme)
    }

    @discardableResult
    func take(_ text: String, _ reference: Int, day: Double = 0) -> CopyOutcome {
        let prepared = preparation.prepare(text, reference, day: day)
        return index.take(prepared.mention, text: prepared.text.span, links: &links)
    }
}

/// Makes of a text what an index takes.
struct Preparation {
    struct Prepared {
        var mention: CopyMention
        var text: [UInt8]
        var signature: [UInt8]
        var sketch: CopySketch
    }

    private var fingerprinter = Fingerprinter()
    private var sketcher: CopySketcher

    init(_ scheme: CopyScheme = CopyScheme()) { sketcher = CopySketcher(scheme: scheme) }

    mutating func prepare(_ text: String, _ reference: Int, day: Double = 0) -> Prepared {
        let bytes = Array(text.utf8)
        var normalised: [UInt8] = []
        var signature: [UInt8] = []
        fingerprinter.normalise(bytes.span, into: &normalised)
        let sketch = sketcher.sketch(normalised.span, signature: &signature)
        let mention = CopyMention(
            textHash: fingerprinter.textHash(bytes.span),
            reference: Int64(reference),
            publishedAt: Timestamp(microseconds: Int64(day * 86_400_000_000))
        )
        return Prepared(mention: mention, text: normalised, signature: signature, sketch: sketch)
    }
}

/// Shingles as a person would count them.
func jaccard(_ one: String, _ other: String, length: Int = 5) -> Double {
    func shingles(_ text: String) -> Set<[UInt32]> {
        var fingerprinter = Fingerprinter()
        var normalised: [UInt8] = []
        fingerprinter.normalise(Array(text.utf8).span, into: &normalised)
        var scalars: [UInt32] = []
        for scalar in String(decoding: normalised, as: UTF8.self).unicodeScalars {
            switch ScalarClass.of(scalar.value) {
            case .word, .unsegmented: scalars.append(scalar.value)
            case .ignorable: continue
            default: if scalar != "'", scalar != "’", scalars.last != 32, !scalars.isEmpty { scalars.append(32) }
            }
        }
        if scalars.last == 32 { scalars.removeLast() }
        guard scalars.count > length else { return [scalars] }
        return Set((0...scalars.count - length).map { Array(scalars[$0..<$0 + length]) })
    }
    let (left, right) = (shingles(one), shingles(other))
    return Double(left.intersection(right).count) / Double(left.union(right).count)
}

/// Connected components, the slow way: for each element the least one that it is connected to.
func components(_ count: Int, _ links: [(Int, Int)]) -> [Int] {
    var label = Array(0..<count)
    var hasChanged = true
    while hasChanged {
        hasChanged = false
        for (one, other) in links where label[one] != label[other] {
            let least = min(label[one], label[other])
            label[one] = least
            label[other] = least
            hasChanged = true
        }
    }
    return label
}
