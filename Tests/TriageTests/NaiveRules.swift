import Foundation
import MentionModel
import Triage

/// Rules as the documentation says them, read and applied by other code: dictionaries, strings and doubles.
struct NaiveRules {
    private let rules: [[String: Any]]

    init(_ document: String) throws {
        let whole = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: Any]
        rules = whole?["rules"] as? [[String: Any]] ?? []
    }

    /// Name of the rule that decides; nil where none does.
    func decide(_ mention: NaiveMention) -> String? {
        rules.first { rule in
            (rule["when"] as? [String: Any] ?? [:]).allSatisfy { field, value in holds(field, value, mention) }
        }?["name"] as? String
    }

    private func holds(_ field: String, _ value: Any, _ mention: NaiveMention) -> Bool {
        let words = Set((value as? [String]) ?? [(value as? String) ?? ""])
        let number = (value as? NSNumber)?.doubleValue ?? 0
        let flag = (value as? NSNumber)?.boolValue ?? false
        switch field {
        case "intents_all": return words.isSubset(of: mention.intents)
        case "intents_any": return !words.isDisjoint(with: mention.intents)
        case "intents_none": return words.isDisjoint(with: mention.intents)
        case "sentiment": return words.contains(mention.sentiment ?? "unknown")
        case "emotion": return words.contains(mention.emotion ?? "none")
        case "sentiment_score_below": return Double(mention.score) < number * 10_000 - 0.5
        case "sentiment_score_at_least": return Double(mention.score) > number * 10_000 - 0.5
        case "irony_below": return Double(mention.irony ?? 0) < number * 10_000 - 0.5
        case "irony_at_least": return Double(mention.irony ?? 0) > number * 10_000 - 0.5
        case "offensive_below": return Double(mention.offensive ?? 0) < number * 10_000 - 0.5
        case "offensive_at_least": return Double(mention.offensive ?? 0) > number * 10_000 - 0.5
        case "spam_below": return Double(mention.spam ?? 0) < number * 10_000 - 0.5
        case "spam_at_least": return Double(mention.spam ?? 0) > number * 10_000 - 0.5
        case "followers_at_least": return Double(mention.followers ?? 0) >= number
        case "likes_at_least": return Double(mention.likes) >= number
        case "reposts_at_least": return Double(mention.reposts) >= number
        case "replies_at_least": return Double(mention.replies) >= number
        case "reach_any":
            let counts = ["followers": mention.followers ?? 0, "likes": mention.likes, "reposts": mention.reposts]
            return (value as? [String: NSNumber] ?? [:]).contains { (counts[$0] ?? 0) >= $1.int64Value }
        case "sources": return words.contains(mention.source)
        case "brands": return words.contains(mention.brand)
        case "languages": return words.contains(mention.language.split(separator: "-").first?.lowercased() ?? "")
        case "is_answer": return mention.isAnswer == flag
        case "is_repost": return mention.isRepost == flag
        case "has_question_mark": return mention.hasQuestionMark == flag
        case "by_own_account": return mention.isOwn == flag
        default: return false
        }
    }
}

/// A mention in words.
struct NaiveMention {
    static let intents = ["complaint", "suggestion", "question", "request", "praise", "purchase", "threat"]
    static let sentiments = ["negative", "neutral", "positive"]
    static let emotions = ["anger", "joy", "optimism", "sadness"]
    static let sources = ["twitter", "reddit", "email"]
    static let brands = ["Acme", "Globex", "Initech"]
    static let languages = ["", "en", "en-GB", "DE", "nl"]

    var intents: Set<String> = []
    var sentiment: String?
    var emotion: String?
    var score: Int32 = 0
    var irony: Int32?
    var offensive: Int32?
    var spam: Int32?
    var followers: Int64?
    var likes: Int64 = 0
    var reposts: Int64 = 0
    var replies: Int64 = 0
    var source = "twitter"
    var brand = "Acme"
    var language = "en"
    var isAnswer = false
    var isRepost = false
    var hasQuestionMark = false
    var isOwn = false

    /// Anything, with a liking for the values at which rules turn.
    static func random(_ random: inout SeededGenerator) -> NaiveMention {
        var mention = NaiveMention()
        for intent in intents where Int.random(in: 0..<4, using: &random) == 0 { mention.intents.insert(intent) }
        mention.sentiment = ([nil] + sentiments).randomElement(using: &random) ?? nil
        mention.emotion = ([nil] + emotions).randomElement(using: &random) ?? nil
        func probability(_ random: inout SeededGenerator) -> Int32? {
            [nil, 0, 2_499, 2_500, 2_501, 5_000, 9_999, 10_000, Int32.random(in: 0...10_000, using: &random)]
                .randomElement(using: &random) ?? nil
        }
        func count(_ random: inout SeededGenerator) -> Int64 {
            [0, 9, 10, 11, Int64.random(in: 0...100, using: &random)].randomElement(using: &random) ?? 0
        }
        mention.score = mention.sentiment == nil ? 0 : Int32.random(in: -4...4, using: &random) * 2_500
        mention.irony = probability(&random)
        mention.offensive = probability(&random)
        mention.spam = probability(&random)
        mention.followers = Bool.random(using: &random) ? count(&random) : nil
        mention.likes = count(&random)
        mention.reposts = count(&random)
        mention.replies = count(&random)
        mention.source = sources.randomElement(using: &random) ?? ""
        mention.brand = brands.randomElement(using: &random) ?? ""
        mention.language = languages.randomElement(using: &random) ?? ""
        mention.isAnswer = Bool.random(using: &random)
        mention.isRepost = Bool.random(using: &random)
        mention.hasQuestionMark = Bool.random(using: &random)
        mention.isOwn = Bool.random(using: &random)
        return mention
    }

    var subject: TriageSubject {
        var subject = TriageSubject()
        for (bit, intent) in Self.intents.enumerated() where intents.contains(intent) {
            subject.intents.insert(Intents(rawValue: 1 << Int16(bit)))
        }
        let feeling = sentiment.flatMap { Self.sentiments.firstIndex(of: $0) }.flatMap {
            Sentiment(rawValue: Int8($0) - 1)
        }
        subject.sentiment = RuleConditions.sentimentBit(feeling)
        let emotion = emotion.flatMap { Self.emotions.firstIndex(of: $0) }.flatMap { Emotion(rawValue: Int8($0)) }
        subject.emotion = RuleConditions.emotionBit(emotion)
        subject.score = score
        subject.irony = irony ?? 0
        subject.offensive = offensive ?? 0
        subject.spam = spam ?? 0
        subject.followers = followers ?? 0
        subject.likes = likes
        subject.reposts = reposts
        subject.replies = replies
        subject.source = Self.number(source, Self.sources) ?? 0
        subject.brand = Self.number(brand, Self.brands) ?? 0
        subject.language = LanguageTag.number(language.utf8)
        if isAnswer { subject.traits.insert(.answer) }
        if isRepost { subject.traits.insert(.repost) }
        if hasQuestionMark { subject.traits.insert(.questionMark) }
        if isOwn { subject.traits.insert(.ownAccount) }
        return subject
    }

    static func number(_ name: String, _ names: [String]) -> Int32? {
        names.firstIndex(of: name).map { Int32($0) + 1 }
    }
}

/// Rules files by chance.
struct RandomRules {
    static func document(_ random: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...12, using: &random)
        let rules = (0..<count).map { place in
            "{\"name\": \"r\(place)\", \"when\": {\(conditions(&random))}, \"then\": {\"action\": \"leave\"}}"
        }
        return "{\"format\": 1, \"rules\": [\(rules.joined(separator: ",\n"))]}"
    }

    private static func conditions(_ random: inout SeededGenerator) -> String {
        var fields: [String] = []
        func maybe(_ make: (inout SeededGenerator) -> String) {
            if Int.random(in: 0..<7, using: &random) == 0 { fields.append(make(&random)) }
        }
        func list(_ words: [String], _ random: inout SeededGenerator) -> String {
            let some = words.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
            return "[" + some.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
        for name in ["intents_all", "intents_any", "intents_none"] {
            maybe { "\"\(name)\": \(list(NaiveMention.intents, &$0))" }
        }
        maybe { "\"sentiment\": \(list(NaiveMention.sentiments + ["unknown"], &$0))" }
        maybe { "\"emotion\": \(list(NaiveMention.emotions + ["none"], &$0))" }
        maybe { "\"sentiment_score_below\": \(["-0.5", "0", "0.25"].randomElement(using: &$0) ?? "0")" }
        maybe { "\"sentiment_score_at_least\": \(["-0.75", "-0.5", "0.0"].randomElement(using: &$0) ?? "0")" }
        for name in ["irony", "offensive", "spam"] {
            maybe { "\"\(name)_below\": \(["0.25", "0.5", "1"].randomElement(using: &$0) ?? "1")" }
            maybe { "\"\(name)_at_least\": \(["0.25", "0.2501", "1.0"].randomElement(using: &$0) ?? "1")" }
        }
        for name in ["followers", "likes", "reposts", "replies"] { maybe { _ in "\"\(name)_at_least\": 10" } }
        maybe { _ in "\"reach_any\": {\"followers\": 11, \"reposts\": 10}" }
        maybe { "\"sources\": \(list(NaiveMention.sources, &$0))" }
        maybe { "\"brands\": \(list(NaiveMention.brands, &$0))" }
        maybe { "\"languages\": \(list(["en", "de", "fr"], &$0))" }
        for name in ["is_answer", "is_repost", "has_question_mark", "by_own_account"] {
            maybe { "\"\(name)\": \(Bool.random(using: &$0))" }
        }
        return fields.joined(separator: ", ")
    }
}
