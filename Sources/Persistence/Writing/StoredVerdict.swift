import Advocacy
import MentionModel
import PostgresClient

/// A verdict as the columns of `mention` hold it: all that a model says of a mention.
struct StoredVerdict: Equatable, Sendable {
    /// −1, 0, 1; nil where the model can't read the language.
    var sentiment: Int16?
    /// Ten-thousandths, as all that follow but ``intents`` and ``emotion``.
    var score: Int16
    /// Bits, see `Intents`.
    var intents: Int16
    /// Raw value of `Emotion`; nil where none stands out.
    var emotion: Int16?
    var irony: Int16?
    var offensive: Int16?
    var spam: Int16?

    /// Whether it counts for nothing in a score.
    var isSetAside: Bool { Contribution.setsAside(spam: spam, offensive: offensive) }

    /// The sentiment by its name.
    var feeling: Sentiment? { sentiment.flatMap { Sentiment(rawValue: Int8(clamping: $0)) } }

    /// What the hours count of it.
    var labels: HourLabels {
        HourLabels(
            emotion: emotion.flatMap { Emotion(rawValue: Int8(clamping: $0)) },
            intents: Intents(rawValue: intents),
            irony: irony,
            offensive: offensive,
            spam: spam
        )
    }
}

extension StoredVerdict {
    init(_ verdict: Verdict) {
        self.init(
            sentiment: verdict.sentiment.map { Int16($0.rawValue) },
            score: verdict.sentimentScore,
            intents: verdict.intents.rawValue,
            emotion: verdict.emotion.map { Int16($0.rawValue) },
            irony: verdict.irony,
            offensive: verdict.offensive,
            spam: verdict.spam
        )
    }

    /// The columns sentiment, sentiment_score, intents, emotion, irony, offensive, spam of a row, from column `first`
    /// on; nil when they can't be read.
    init?(_ rows: PostgresResult, _ row: Int, first: Int) {
        guard let score = rows.int2(row, first + 1), let intents = rows.int2(row, first + 2) else { return nil }
        self.init(
            sentiment: rows.int2(row, first),
            score: score,
            intents: intents,
            emotion: rows.int2(row, first + 3),
            irony: rows.int2(row, first + 4),
            offensive: rows.int2(row, first + 5),
            spam: rows.int2(row, first + 6)
        )
    }
}

extension HourLabels {
    /// The columns emotion, intents, irony, offensive, spam of a row, from column `first` on.
    init(_ rows: PostgresResult, _ row: Int, first: Int) {
        self.init(
            emotion: rows.int2(row, first).flatMap { Emotion(rawValue: Int8(clamping: $0)) },
            intents: Intents(rawValue: rows.int2(row, first + 1) ?? 0),
            irony: rows.int2(row, first + 2),
            offensive: rows.int2(row, first + 3),
            spam: rows.int2(row, first + 4)
        )
    }
}
