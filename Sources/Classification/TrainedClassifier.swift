public import MentionModel

/// A trained model with the grammar of phrases and the guess of the language around it.
///
/// - **Language.** A tag other than `en` makes a text unreadable; `en`, no tag and `und` leave it to the text. More
///   letters of another script than Latin ones, or, without a tag of English, words of another language
///   (``LanguageGuess``), make it unreadable too.
/// - **Emotion** is said where its best label reaches ``IntentThresholds/emotion`` and sentiment is not against it: no
///   joy where the text is negative, no anger or sadness where it is positive, none where it is neutral.
/// - **Intents**, all compared as integers:
///   complaint: the head reaches ``IntentThresholds/complaint``, and the text is not positive, or not spam;
///   question, request: the speech act reaches its threshold, or, for a request, phrases of asking sum to 900 and the
///   head is no surer than that of a statement;
///   suggestion: the head (the grammar's sum, see ``SuggestionScale``) reaches ``IntentThresholds/suggestion``;
///   praise: irony below 8,800, and phrases of praise sum to 700 in a positive text, to 1,000 in a neutral one; or the
///   probability of positive reaches ``IntentThresholds/praise`` with joy as the best emotion;
///   purchase: phrases of buying sum to 900, and the text is not spam;
///   threat: phrases of leaving or suing sum to 900, and the text is not positive.
public struct TrainedClassifier: Classifier {
    /// The model.
    public let model: Model
    private let grammar = PhraseGrammar.shared

    /// A classifier that uses `model`.
    public init(model: Model) { self.model = model }

    /// ``Model/name``.
    public var modelVersion: String { model.name }

    /// One pass over the text, then some arithmetic; no allocation once `scratch` is warm.
    public func classify(_ text: Span<UInt8>, language: Span<UInt8>?, scratch: inout ClassifierScratch) -> Verdict {
        var tagged: Bool?
        if let language { tagged = LanguageGuess.isEnglish(tag: language) }
        if tagged == false { return .unreadable }
        let reading = read(text, scratch: &scratch)
        if LanguageGuess.isOtherScript(scratch.text.counts) { return .unreadable }
        if tagged == nil, LanguageGuess.isForeign(scratch.text, known: scratch.knownWords) { return .unreadable }
        return verdict(reading.reading, reading.phrases)
    }

    /// The reading of a text with the suggestion head filled in, and the sums of its phrases.
    func read(_ text: Span<UInt8>, scratch: inout ClassifierScratch) -> (reading: Reading, phrases: PhraseSums) {
        var reading = model.sums(of: text, scratch: &scratch)
        let phrases = grammar.sums(scratch.text)
        let lane = Head.suggestion.lanes.lowerBound
        reading.logits[lane] &+= SuggestionScale.logit(ofSum: phrases[.suggestion], tokens: scratch.text.tokenCount)
        model.calibration.apply(to: &reading)
        return (reading, phrases)
    }

    /// What every head says of a text, readable or not: for evaluation.
    public func reading(of text: Span<UInt8>, scratch: inout ClassifierScratch) -> Reading {
        read(text, scratch: &scratch).reading
    }

    private func verdict(_ reading: Reading, _ phrases: PhraseSums) -> Verdict {
        let sentiment = Sentiment(rawValue: Int8(reading.label(.sentiment)) - 1) ?? .neutral
        let positive = reading.probability(.sentiment, 2)
        let negative = reading.probability(.sentiment, 0)
        return Verdict(
            sentiment: sentiment,
            sentimentScore: positive - negative,
            intents: intents(reading, phrases, sentiment),
            emotion: emotion(reading, sentiment),
            irony: reading.probability(.irony, 1),
            offensive: reading.probability(.offensive, 1),
            spam: reading.probability(.spam, 1)
        )
    }

    private func emotion(_ reading: Reading, _ sentiment: Sentiment) -> Emotion? {
        let label = reading.label(.emotion)
        guard reading.probability(.emotion, label) >= model.thresholds.emotion else { return nil }
        guard let emotion = Emotion(rawValue: Int8(label)) else { return nil }
        return switch (emotion, sentiment) {
        case (.joy, .positive), (.optimism, .positive), (.anger, .negative), (.sadness, .negative): emotion
        default: nil
        }
    }

    private func intents(_ reading: Reading, _ phrases: PhraseSums, _ sentiment: Sentiment) -> Intents {
        let thresholds = model.thresholds
        var intents: Intents = []
        let isSpam = reading.label(.spam) == 1
        if reading.probability(.complaint, 1) >= thresholds.complaint, sentiment != .positive, !isSpam {
            intents.insert(.complaint)
        }
        if reading.probability(.speechAct, 0) >= thresholds.question { intents.insert(.question) }
        let request = reading.probability(.speechAct, 2)
        let statement = reading.probability(.speechAct, 5)
        if request >= thresholds.request || (phrases[.request] >= 900 && request >= statement) {
            intents.insert(.request)
        }
        if reading.probability(.suggestion, 1) >= thresholds.suggestion, !isSpam { intents.insert(.suggestion) }
        // Praise and mockery use the same words: only a text that is almost surely ironic is not taken at its word.
        if sentiment != .negative, !isSpam, reading.probability(.irony, 1) < 8_800 {
            let isPositive = sentiment == .positive
            let isJoyful = isPositive && reading.label(.emotion) == 1
            if phrases[.praise] >= (isPositive ? 700 : 1_000) {
                intents.insert(.praise)
            } else if isJoyful, reading.probability(.sentiment, 2) >= thresholds.praise {
                intents.insert(.praise)
            }
        }
        if phrases[.purchase] >= 900, !isSpam { intents.insert(.purchase) }
        if phrases[.threat] >= 900, sentiment != .positive, !isSpam { intents.insert(.threat) }
        return intents
    }
}

/// How the sum of a text's phrases of suggestion becomes the suggestion head's logit.
enum SuggestionScale {
    /// The sum at which a text is as likely a suggestion as not.
    static let middle: Int32 = 1_700
    /// Thousandths of a sum that a logit of 1 takes.
    static let unit: Int32 = 450

    /// The logit, in units of 1/4096.
    static func logit(ofSum sum: Int32, tokens: Int) -> Int32 {
        (min(sum, 6_000) - middle) * FixedPoint.logitOne / unit
    }
}
