import MentionModel

/// Reads the conditions of one rule.
struct ConditionReading {
    private static let intents: [(String, Intents)] = [
        ("complaint", .complaint), ("suggestion", .suggestion), ("question", .question), ("request", .request),
        ("praise", .praise), ("purchase", .purchase), ("threat", .threat),
    ]
    private static let sentiments: [(String, Sentiment?)] = [
        ("negative", .negative), ("neutral", .neutral), ("positive", .positive), ("unknown", nil),
    ]
    private static let emotions: [(String, Emotion?)] = [
        ("anger", .anger), ("joy", .joy), ("optimism", .optimism), ("sadness", .sadness), ("none", nil),
    ]

    static let fields = [
        "intents_all", "intents_any", "intents_none", "sentiment", "sentiment_score_below", "sentiment_score_at_least",
        "emotion", "irony_below", "irony_at_least", "offensive_below", "offensive_at_least", "spam_below",
        "spam_at_least", "followers_at_least", "likes_at_least", "reposts_at_least", "replies_at_least", "reach_any",
        "sources", "brands", "languages", "is_answer", "is_repost", "has_question_mark", "by_own_account",
    ]

    private let line: Int

    init(line: Int) { self.line = line }

    mutating func read(_ tree: JSONTree, _ reading: inout RuleReading) -> RuleConditions {
        var conditions = RuleConditions()
        guard let members = reading.object(tree, "when", known: Self.fields) else { return conditions }
        for (name, path) in [
            ("intents_all", \RuleConditions.intentsAll), ("intents_any", \.intentsAny), ("intents_none", \.intentsNone),
        ] {
            guard let words = words(members[name], name, Self.intents.map(\.0), &reading) else { continue }
            for (word, intent) in Self.intents where words.contains(word) { conditions[keyPath: path].insert(intent) }
        }
        if let words = words(members["sentiment"], "sentiment", Self.sentiments.map(\.0), &reading) {
            conditions.sentiments = Self.sentiments.reduce(0) { bits, entry in
                words.contains(entry.0) ? bits | RuleConditions.sentimentBit(entry.1) : bits
            }
        }
        if let words = words(members["emotion"], "emotion", Self.emotions.map(\.0), &reading) {
            conditions.emotions = Self.emotions.reduce(0) { bits, entry in
                words.contains(entry.0) ? bits | RuleConditions.emotionBit(entry.1) : bits
            }
        }
        for (name, path) in [
            ("sentiment_score", \RuleConditions.score), ("irony", \.irony), ("offensive", \.offensive),
            ("spam", \.spam),
        ] {
            let whole = conditions[keyPath: path]
            conditions[keyPath: path] = range(members, name, whole, &reading)
        }
        for (name, path) in [
            ("followers_at_least", \RuleConditions.followers), ("likes_at_least", \.likes),
            ("reposts_at_least", \.reposts), ("replies_at_least", \.replies),
        ] {
            if let count = count(members[name], name, &reading) { conditions[keyPath: path] = count }
        }
        readReach(members["reach_any"], &conditions, &reading)
        readNames(members, &conditions, &reading)
        for (name, trait) in [
            ("is_answer", MentionTraits.answer), ("is_repost", .repost), ("has_question_mark", .questionMark),
            ("by_own_account", .ownAccount),
        ] {
            guard let given = members[name] else { continue }
            guard case .flag(let wanted) = given.value else {
                reading.report(given.line, "when.\(name)", "is \(given.kind)", "write true or false")
                continue
            }
            if wanted { conditions.required.insert(trait) } else { conditions.forbidden.insert(trait) }
        }
        return conditions
    }

    /// A word or an array of words out of a list; nil where there is none, or a wrong one.
    private func words(
        _ tree: JSONTree?,
        _ name: String,
        _ known: [String],
        _ reading: inout RuleReading
    ) -> Set<String>? {
        guard let tree, let words = strings(tree, name, &reading) else { return nil }
        for word in words where !known.contains(word) {
            reading.report(
                tree.line,
                "when.\(name)",
                "\"\(word)\" is unknown",
                "use one or several of " + known.joined(separator: ", ")
            )
        }
        return Set(words)
    }

    /// A string or an array of strings, not empty; each at most once.
    private func strings(_ tree: JSONTree, _ name: String, _ reading: inout RuleReading) -> [String]? {
        var strings: [String] = []
        var isGood = true
        switch tree.value {
        case .text(let word): strings = [word]
        case .array(let items):
            for item in items {
                if case .text(let word) = item.value { strings.append(word) } else { isGood = false }
            }
        default: isGood = false
        }
        guard isGood, !strings.isEmpty, Set(strings).count == strings.count else {
            reading.report(
                tree.line,
                "when.\(name)",
                "is no list of different words",
                "write a string or an array of strings, or leave the field out to allow all"
            )
            return nil
        }
        return strings
    }

    private func range(
        _ members: [String: JSONTree],
        _ name: String,
        _ whole: ClosedRange<Int32>,
        _ reading: inout RuleReading
    ) -> ClosedRange<Int32> {
        let low = fraction(members["\(name)_at_least"], "\(name)_at_least", whole, &reading)
        let high = fraction(members["\(name)_below"], "\(name)_below", whole, &reading)
        let lower = low ?? whole.lowerBound
        let upper = high.map { $0 - 1 } ?? whole.upperBound
        guard lower <= upper else {
            reading.report(
                members["\(name)_below"]?.line ?? line,
                "when.\(name)_below",
                low == nil ? "leaves nothing: no value is below the least" : "is not above \(name)_at_least",
                "raise it, or take it out"
            )
            return whole
        }
        return lower...upper
    }

    /// A decimal of at most four places, in ten-thousandths.
    private func fraction(
        _ tree: JSONTree?,
        _ name: String,
        _ whole: ClosedRange<Int32>,
        _ reading: inout RuleReading
    ) -> Int32? {
        guard let tree else { return nil }
        if case .number(let text) = tree.value, let value = Self.tenThousandths(text), whole.contains(value) {
            return value
        }
        let least = whole.lowerBound < 0 ? "-1" : "0"
        reading.report(
            tree.line,
            "when.\(name)",
            "is out of its range",
            "write a number from \(least) to 1 with at most four decimals"
        )
        return nil
    }

    static func tenThousandths(_ text: String) -> Int32? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, let whole = parts.first, 1...4 ~= whole.utf8.count,
            whole.allSatisfy({ $0.isASCII && $0.isNumber }), let units = Int32(whole)
        else { return nil }
        var value = units * 10_000
        if parts.count == 2 {
            guard 1...4 ~= parts[1].utf8.count, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
                let part = Int32(parts[1].padding(to: 4))
            else { return nil }
            value += part
        }
        return isNegative ? -value : value
    }

    private func count(_ tree: JSONTree?, _ name: String, _ reading: inout RuleReading) -> Int64? {
        guard let tree else { return nil }
        if case .number(let text) = tree.value, let count = Int64(text), 1...1_000_000_000_000 ~= count { return count }
        reading.report(tree.line, "when.\(name)", "is no count", "write a whole number from 1 on, or leave it out")
        return nil
    }

    private func readReach(_ tree: JSONTree?, _ conditions: inout RuleConditions, _ reading: inout RuleReading) {
        guard let tree,
            let members = reading.object(tree, "reach_any", known: ["followers", "likes", "reposts"])
        else { return }
        guard !members.isEmpty else {
            return reading.report(tree.line, "when.reach_any", "is empty", "name followers, likes or reposts")
        }
        conditions.reach = ReachThresholds(
            followers: count(members["followers"], "reach_any.followers", &reading),
            likes: count(members["likes"], "reach_any.likes", &reading),
            reposts: count(members["reposts"], "reach_any.reposts", &reading)
        )
    }

    private func readNames(
        _ members: [String: JSONTree],
        _ conditions: inout RuleConditions,
        _ reading: inout RuleReading
    ) {
        if let tree = members["sources"], let names = strings(tree, "sources", &reading) {
            conditions.sources = Set(names)
            for name in names where !Self.isSource(name) {
                reading.report(tree.line, "when.sources", "\"\(name)\" is no source", "use 1 to 64 of a-z, 0-9, . _ -")
            }
        }
        if let tree = members["brands"], let names = strings(tree, "brands", &reading) {
            conditions.brands = Set(names)
            for name in names where !(1...128 ~= name.utf8.count) {
                reading.report(tree.line, "when.brands", "has a name that no brand can have", "use 1 to 128 bytes")
            }
        }
        if let tree = members["languages"], let names = strings(tree, "languages", &reading) {
            conditions.languages = Set(names)
            for name in names where !(2...8 ~= name.utf8.count && name.utf8.allSatisfy { 0x61...0x7A ~= $0 }) {
                reading.report(
                    tree.line,
                    "when.languages",
                    "\"\(name)\" is no language",
                    "use the primary subtag in lower case, such as \"en\""
                )
            }
        }
    }

    private static func isSource(_ name: String) -> Bool {
        1...64 ~= name.utf8.count
            && name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || [0x2E, 0x5F, 0x2D].contains($0) }
    }
}

extension Substring {
    fileprivate func padding(to count: Int) -> String {
        String(self) + String(repeating: "0", count: Swift.max(0, count - utf8.count))
    }
}
