import MentionModel

/// Makes rules of a rules file and collects what is wrong with it.
struct RuleReading {
    private var problems: [RuleProblem] = []
    /// The rule that is being read.
    private var rule: String?

    mutating func read(_ document: [UInt8]) throws(RuleProblems) -> [TriageRule] {
        guard document.count <= TriageRules.mostBytes else {
            report(1, nil, "the file has \(document.count) bytes", "rules take \(TriageRules.mostBytes) at most")
            throw RuleProblems(problems: problems)
        }
        let tree = try JSONTreeReader.read(document)
        var rules: [(rule: TriageRule, line: Int)] = []
        if let members = object(tree, "the file", known: ["format", "rules", "text"]) {
            readFormat(members["format"], tree.line)
            if let list = members["rules"] {
                if case .array(let items) = list.value {
                    if items.count > TriageRules.most {
                        report(list.line, "rules", "has \(items.count) rules", "keep \(TriageRules.most) at most")
                    }
                    for (place, item) in items.enumerated() {
                        if let read = readRule(item, place: place) { rules.append((read, item.line)) }
                    }
                } else {
                    report(list.line, "rules", "is \(list.kind)", "write an array of rules")
                }
            } else {
                report(tree.line, "rules", "is missing", "write an array of rules; an empty one leaves everything")
            }
        }
        rule = nil
        // Only of rules that could all be read: else a rule that was meant otherwise would be blamed.
        if problems.isEmpty { checkTogether(rules) }
        guard problems.isEmpty else { throw RuleProblems(problems: problems.sorted { $0.line < $1.line }) }
        return rules.map(\.rule)
    }

    mutating func report(_ line: Int, _ field: String?, _ problem: String, _ remedy: String) {
        problems.append(RuleProblem(line: line, rule: rule, field: field, problem: problem, remedy: remedy))
    }

    private mutating func readFormat(_ format: JSONTree?, _ line: Int) {
        guard let format else { return report(line, "format", "is missing", "write \"format\": 1") }
        if case .number("1") = format.value { return }
        report(format.line, "format", "is not one that this program knows", "write \"format\": 1")
    }

    // MARK: One rule

    private mutating func readRule(_ tree: JSONTree, place: Int) -> TriageRule? {
        rule = "\(place + 1)"
        guard let members = object(tree, "a rule", known: ["name", "when", "then", "text"]) else { return nil }
        let name = readName(members["name"], tree.line)
        if let name { rule = "\"\(name)\"" }
        var conditions = RuleConditions()
        if let when = members["when"] {
            let before = problems.count
            var reading = ConditionReading(line: when.line)
            conditions = reading.read(when, &self)
            if problems.count == before { checkPossible(conditions, when.line) }
        }
        var text: String?
        if let given = members["text"] {
            if case .text(let content) = given.value, content.utf8.count <= 1_000 {
                text = content
            } else {
                report(given.line, "text", "is no string of at most 1,000 bytes", "shorten it, or leave it out")
            }
        }
        guard let then = members["then"] else {
            report(tree.line, "then", "is missing", "write \"then\": {\"action\": \"leave\"} or another action")
            return nil
        }
        guard let outcome = readOutcome(then, name: name ?? "") else { return nil }
        return TriageRule(conditions: conditions, outcome: outcome, text: text)
    }

    private mutating func readName(_ tree: JSONTree?, _ line: Int) -> String? {
        let remedy = "give it 1 to 64 of a-z, 0-9 and hyphens: it is the reason that people see"
        guard let tree else {
            report(line, "name", "is missing", remedy)
            return nil
        }
        if case .text(let name) = tree.value, 1...64 ~= name.utf8.count, name != TriageOutcome.unmatched.reason,
            name.utf8.allSatisfy({ 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D })
        {
            return name
        }
        report(tree.line, "name", "is no name of a rule", remedy + "; \"\(TriageOutcome.unmatched.reason)\" is taken")
        return nil
    }

    private mutating func readOutcome(_ tree: JSONTree, name: String) -> TriageOutcome? {
        guard let members = object(tree, "then", known: ["action", "team", "priority", "due"]) else { return nil }
        let before = problems.count
        guard
            let action: TriageAction = word(
                members["action"],
                "then.action",
                tree.line,
                TriageAction.allCases.map(\.rawValue)
            )
        else { return nil }
        if action == .leave {
            for field in ["team", "priority", "due"] {
                if let given = members[field] {
                    report(given.line, "then.\(field)", "stands beside the action leave", "take it out")
                }
            }
            return problems.count == before ? TriageOutcome(reason: name, action: .leave) : nil
        }
        let team: TriageTeam? = word(members["team"], "then.team", tree.line, TriageTeam.allCases.map(\.rawValue))
        var priority: Int16 = 0
        let range = "write a number from 1 (most urgent) to 5"
        if let given = members["priority"] {
            if case .number(let text) = given.value, let number = Int16(text), 1...5 ~= number {
                priority = number
            } else {
                report(given.line, "then.priority", "is no priority", range)
            }
        } else {
            report(tree.line, "then.priority", "is missing", range)
        }
        let seconds = readDue(members["due"], tree.line)
        guard problems.count == before, let team, let seconds else { return nil }
        return TriageOutcome(reason: name, action: action, team: team, priority: priority, dueSeconds: seconds)
    }

    private mutating func readDue(_ tree: JSONTree?, _ line: Int) -> Int64? {
        let remedy = "write a time from 1m to 365d such as \"30m\", \"4h\" or \"2d\", counted from published_at"
        guard let tree else {
            report(line, "then.due", "is missing", remedy)
            return nil
        }
        let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400]
        if case .text(let text) = tree.value, let unit = text.last.flatMap({ units[$0] }), text.utf8.count <= 8,
            text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int64(text.dropLast()),
            60...31_536_000 ~= count * unit
        {
            return count * unit
        }
        report(tree.line, "then.due", "is no time", remedy)
        return nil
    }

    private mutating func word<Word: RawRepresentable<String>>(
        _ tree: JSONTree?,
        _ field: String,
        _ line: Int,
        _ all: [String]
    ) -> Word? {
        let remedy = "write one of " + all.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let tree else {
            report(line, field, "is missing", remedy)
            return nil
        }
        if case .text(let text) = tree.value, let word = Word(rawValue: text) { return word }
        report(tree.line, field, "is none of these", remedy)
        return nil
    }

    // MARK: Rules together

    /// What no mention can meet.
    private mutating func checkPossible(_ conditions: RuleConditions, _ line: Int) {
        if !conditions.intentsAll.isDisjoint(with: conditions.intentsNone) {
            report(
                line,
                "when.intents_none",
                "forbids an intent that intents_all asks for",
                "take it out of one of them"
            )
        }
        if !conditions.intentsAny.isEmpty, conditions.intentsAny.isSubset(of: conditions.intentsNone) {
            report(line, "when.intents_any", "asks only for intents that intents_none forbids", "correct one of them")
        }
        let hasNoFeeling = conditions.sentiments == 8
        if hasNoFeeling, !conditions.score.contains(0) {
            report(
                line,
                "when.sentiment_score",
                "can't be met where the sentiment is unknown: the score is 0 then",
                "take one of them out"
            )
        }
    }

    private mutating func checkTogether(_ rules: [(rule: TriageRule, line: Int)]) {
        var lines: [String: Int] = [:]
        for (place, entry) in rules.enumerated() {
            let name = entry.rule.outcome.reason
            rule = "\"\(name)\""
            if let first = lines[name] {
                report(entry.line, "name", "is that of the rule on line \(first) too", "give each rule its own")
            }
            lines[name] = entry.line
            let earlier = rules[..<place].first { $0.rule.conditions.cover(entry.rule.conditions) }
            if let earlier {
                report(
                    entry.line,
                    nil,
                    "can never match: rule \"\(earlier.rule.outcome.reason)\" on line \(earlier.line) takes all that it "
                        + "would",
                    "put it before that rule, or take it out"
                )
            }
        }
    }

    // MARK: Objects

    /// The members of an object by key; reports unknown and repeated ones.
    mutating func object(_ tree: JSONTree, _ what: String, known: [String]) -> [String: JSONTree]? {
        guard case .object(let members) = tree.value else {
            report(tree.line, nil, "\(what) is \(tree.kind)", "write an object")
            return nil
        }
        var found: [String: JSONTree] = [:]
        for (key, line, value) in members {
            if !known.contains(key) {
                report(line, key, "is no field of \(what)", "use one of " + known.joined(separator: ", "))
            } else if found.updateValue(value, forKey: key) != nil {
                report(line, key, "stands there twice", "keep one")
            }
        }
        return found
    }
}
