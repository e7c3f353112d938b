/// Two texts that are near each other: a fact about the texts, whatever mentions have them, and when.
public struct NearTexts: Sendable, Hashable {
    /// The hash of one normalised text.
    public var text: UInt64
    /// The hash of the other.
    public var other: UInt64
    /// Jaccard similarity of their shingles in ten-thousandths, rounded down.
    public var jaccard: Int32

    /// Makes a pair.
    public init(text: UInt64, other: UInt64, jaccard: Int32) {
        self.text = text
        self.other = other
        self.jaccard = jaccard
    }
}
