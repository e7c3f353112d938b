/// Probabilities, in ten-thousandths, from which on an intent or an emotion is said. Part of the model file, so that a
/// model brings the thresholds that were chosen for it.
public struct IntentThresholds: Sendable, Equatable {
    /// Of the complaint head.
    public var complaint: Int16
    /// Of the suggestion head.
    public var suggestion: Int16
    /// Of the speech-act head's question.
    public var question: Int16
    /// Of the speech-act head's request.
    public var request: Int16
    /// Of positive sentiment, for praise without a phrase of praise.
    public var praise: Int16
    /// Of the emotion head's best label.
    public var emotion: Int16

    /// Makes thresholds.
    public init(
        complaint: Int16 = 6_000,
        suggestion: Int16 = 5_500,
        question: Int16 = 5_000,
        request: Int16 = 4_500,
        praise: Int16 = 7_500,
        emotion: Int16 = 5_000
    ) {
        self.complaint = complaint
        self.suggestion = suggestion
        self.question = question
        self.request = request
        self.praise = praise
        self.emotion = emotion
    }

    /// As they stand in a file.
    var values: [Int16] {
        get { [complaint, suggestion, question, request, praise, emotion] }
        set {
            guard newValue.count == 6 else { return }
            complaint = newValue[0]
            suggestion = newValue[1]
            question = newValue[2]
            request = newValue[3]
            praise = newValue[4]
            emotion = newValue[5]
        }
    }
}
