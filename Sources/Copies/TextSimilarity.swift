internal import Fingerprinting

/// How similar two texts are, as an index compares them; for people who look at a cluster.
public enum TextSimilarity {
    /// The Jaccard similarity of the shingles of two texts, normalised here, in ten-thousandths, rounded down. Nil where
    /// one of them is too short for near copies, or has nothing in common with the other. Linear in the texts, of which
    /// 64 KiB are looked at; that of long texts is an estimate, the same that decides.
    public static func jaccard(_ one: String, _ other: String, scheme: CopyScheme = CopyScheme()) -> Int? {
        let (left, right) = (signature(one, scheme), signature(other, scheme))
        guard let left, let right else { return nil }
        var resemblance = Resemblance(shingle: scheme.shingle)
        resemblance.begin()
        return resemblance.compare(left.span, right, right.indices, threshold: 1)
    }

    private static func signature(_ text: String, _ scheme: CopyScheme) -> [UInt8]? {
        var fingerprinter = Fingerprinter()
        var normalised: [UInt8] = []
        let bytes = Array(text.utf8)
        fingerprinter.normalise(bytes.span, into: &normalised)
        var sketcher = CopySketcher(scheme: scheme)
        var signature: [UInt8] = []
        let sketch = sketcher.sketch(normalised.span, signature: &signature)
        return sketch.isComparable ? signature : nil
    }
}
