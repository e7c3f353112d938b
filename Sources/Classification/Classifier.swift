public import MentionModel

/// Says what a text feels and wants. Pure: one text always gets one verdict from one model.
public protocol Classifier: Sendable {
    /// Names the model and its version; stored with each mention, so that a new model's verdicts can be told apart.
    var modelVersion: String { get }

    /// The verdict on a text in UTF-8. `language` is the event's BCP 47 tag, nil or empty where it has none. A text
    /// that the model can't read gets ``MentionModel/Verdict/unreadable``, never a guess.
    ///
    /// `scratch` is memory to work in; the verdict does not depend on what is in it. Keep one a task, and a text costs
    /// no allocation.
    func classify(_ text: Span<UInt8>, language: Span<UInt8>?, scratch: inout ClassifierScratch) -> Verdict
}

extension Classifier {
    /// The verdict on a text, in memory of its own.
    public func classify(_ text: Span<UInt8>, language: Span<UInt8>?) -> Verdict {
        var scratch = ClassifierScratch()
        return classify(text, language: language, scratch: &scratch)
    }
}
