internal import Fingerprinting
public import MentionModel

/// A plain sum of word valences: what stands until a trained model does, and the baseline for it.
///
/// - Each word and emoji of the lexicon adds its valence (−4…4). A booster ("very") among the two words before it
///   makes that 4/3, a dampener ("slightly") 2/3.
/// - A negator ("not", "never", "no", anything in "n't") among the three words before it, in the same clause, turns a
///   good word into −3/4 and a bad one into +1/2 of itself.
/// - "but" halves what stood before it. Each of up to three exclamation marks adds 1/3 in the sum's direction.
/// - The score is 10,000 · s / (|s| + 5) of the sum s; from 2,000 it is positive, to −2,000 negative, so that one
///   word of valence 1 stays neutral and one of 2 does not.
///
/// It counts in twelfths, in integers only: the same text has the same score on every machine.
///
/// It reads English. A language tag other than `en`, or more letters of other scripts than Latin ones, gives
/// ``MentionModel/Verdict/unreadable``. Handles and links are not looked at. Intents stay empty.
public struct LexiconClassifier: Classifier {
    /// The score at which a text counts as positive, and (negated) as negative.
    public static let threshold = 2000

    private let lexicon = Lexicon.english

    /// The one lexicon; the first call in a process reads it (well under a millisecond).
    public init() {}

    /// `lexicon-1`.
    public var modelVersion: String { "lexicon-1" }

    /// One pass over the text, without allocation.
    public func classify(_ text: Span<UInt8>, language: Span<UInt8>?, scratch: inout ClassifierScratch) -> Verdict {
        if let language, !Self.isEnglish(language) { return .unreadable }
        var sum = FeelingSum()
        var reader = FeelingReader()
        reader.read(text, lexicon: lexicon, into: &sum)
        if reader.otherLetters > reader.latinLetters { return .unreadable }
        let score = sum.score
        let sentiment: Sentiment =
            score >= Self.threshold ? .positive : score <= -Self.threshold ? .negative : .neutral
        return Verdict(sentiment: sentiment, sentimentScore: Int16(clamping: score))
    }

    /// Whether the primary subtag is `en`; true for an empty tag.
    private static func isEnglish(_ tag: Span<UInt8>) -> Bool {
        if tag.isEmpty { return true }
        guard tag.count >= 2, tag[0] | 0x20 == 0x65, tag[1] | 0x20 == 0x6E else { return false }
        return tag.count == 2 || tag[2] == 0x2D || tag[2] == 0x5F
    }
}
