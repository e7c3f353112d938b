import Testing
@testable import Triage

@Suite struct RuleReadingTests {
    private static func problems(_ document: String) -> [String] {
        do throws(RuleProblems) {
            _ = try TriageRules(reading: Array(document.utf8))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    private static func rule(_ fields: String) -> String { "{\"format\": 1, \"rules\": [\n{\(fields)}]}" }

    private static let leave = #""then": {"action": "leave"}"#

    /// Each message names the line, the rule, the field, what is wrong and what to do.
    @Test(arguments: [
        (
            #""name": "a", "when": {"sentimnt": "negative"}, "#,
            #"line 2, rule "a", sentimnt: is no field of when: use one of intents_all"#
        ),
        (
            #""name": "a", "when": {"spam_below": 1.5}, "#,
            #"line 2, rule "a", when.spam_below: is out of its range: write a number from 0 to 1"#
        ),
        (#""name": "a", "when": {"spam_below": 0.12345}, "#, "at most four decimals"),
        (#""name": "a", "when": {"sentiment_score_below": -1}, "#, "leaves nothing"),
        (#""name": "a", "when": {"irony_below": 0.5, "irony_at_least": 0.5}, "#, "is not above irony_at_least"),
        (
            #""name": "a", "when": {"intents_any": ["anger"]}, "#,
            #""anger" is unknown: use one or several of complaint"#
        ),
        (#""name": "a", "when": {"intents_any": []}, "#, "is no list of different words"),
        (#""name": "a", "when": {"intents_all": ["praise"], "intents_none": ["praise"]}, "#, "forbids an intent"),
        (#""name": "a", "when": {"intents_any": ["praise"], "intents_none": ["praise"]}, "#, "asks only for intents"),
        (#""name": "a", "when": {"sentiment": "unknown", "sentiment_score_at_least": 0.1}, "#, "can't be met"),
        (#""name": "a", "when": {"likes_at_least": 0}, "#, "is no count"),
        (#""name": "a", "when": {"likes_at_least": 1.5}, "#, "is no count"),
        (#""name": "a", "when": {"reach_any": {}}, "#, "is empty"),
        (#""name": "a", "when": {"is_repost": "yes"}, "#, "write true or false"),
        (#""name": "a", "when": {"languages": ["en-GB"]}, "#, "use the primary subtag"),
        (#""name": "a", "when": {"sources": ["Twitter"]}, "#, "is no source"),
        (#""name": "a", "when": {"is_repost": true, "is_repost": true}, "#, "stands there twice: keep one"),
        (#""name": "A b", "#, "is no name of a rule"),
        (#""name": "no-rule", "#, "is taken"),
        ("", "rule 1, name: is missing"),
    ])
    func namesRuleFieldPlaceAndRemedy(_ fields: String, _ message: String) {
        let found = Self.problems(Self.rule(fields + Self.leave))
        #expect(found.count == 1 && found.first?.contains(message) == true, "\(found)")
        #expect(found.first?.hasPrefix("line 2, rule ") == true, "\(found)")
    }

    @Test(arguments: [
        (#"{"action": "answer"}"#, "then.action: is none of these: write one of \"respond\", \"watch\", \"leave\""),
        (#"{"action": "leave", "team": "support"}"#, "then.team: stands beside the action leave: take it out"),
        (#"{"action": "watch", "team": "legal", "priority": 1, "due": "1h"}"#, "then.team"),
        (#"{"action": "watch", "team": "sales", "priority": 6, "due": "1h"}"#, "then.priority: is no priority"),
        (#"{"action": "watch", "team": "sales", "priority": 1, "due": "1 hour"}"#, "then.due: is no time"),
        (#"{"action": "watch", "team": "sales", "priority": 1, "due": "400d"}"#, "then.due: is no time"),
        (#"{"action": "watch", "team": "sales", "priority": 1}"#, "then.due: is missing"),
        (#"[]"#, "then is an array: write an object"),
    ])
    func checksWhatIsDecided(_ then: String, _ message: String) {
        let found = Self.problems(Self.rule(#""name": "a", "then": "# + then))
        #expect(found.count == 1 && found.first?.contains(message) == true, "\(found)")
    }

    @Test(arguments: [
        ("", "line 1: the JSON ends too early"), ("{}", "line 1, rules: is missing"),
        ("{\"format\": 2, \"rules\": []}", "write \"format\": 1"),
        ("{\"format\": 1, \"rules\": []} x", "more behind the end"),
        ("{\n// no\n}", "line 2: a field's name is missing"),
        ("{\"format\": 1, \"rules\": [#]}", "there are no comments"),
        ("{\"format\": 1,\n\n\"rules\": [}", "line 3: this is not JSON"),
        (String(repeating: "[", count: 100), "nested too deep"),
        ("\"\u{1}\"", "control character"), ("\"a", "does not end"), ("\"\\ud800\"", "four hex digits"),
    ])
    func saysWhereTheJSONEnds(_ document: String, _ message: String) {
        let found = Self.problems(document)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func findsRulesThatCanNeverMatch() {
        let document = """
            {"format": 1, "rules": [
            {"name": "first", "when": {"intents_any": ["complaint", "threat"], "spam_below": 0.5}, \(Self.leave)},
            {"name": "second", "when": {"intents_all": ["threat"], "spam_below": 0.4, "is_answer": true}, \(Self.leave)},
            {"name": "third", "when": {"intents_all": ["threat"], "spam_below": 0.6}, \(Self.leave)},
            {"name": "all", \(Self.leave)},
            {"name": "last", "when": {"brands": ["Acme"]}, \(Self.leave)},
            {"name": "first", "when": {"brands": ["Acme"]}, \(Self.leave)}
            ]}
            """
        let found = Self.problems(document)
        #expect(found.contains { $0.hasPrefix("line 3, rule \"second\": can never match: rule \"first\" on line 2") })
        #expect(found.contains { $0.hasPrefix("line 6, rule \"last\": can never match: rule \"all\" on line 5") })
        #expect(found.contains { $0.contains("is that of the rule on line 2 too: give each rule its own") })
        #expect(!found.contains { $0.contains("\"third\": can") } && found.count == 4)
    }

    @Test func readsTextsWithEscapes() throws {
        let document = Self.rule(
            #""name": "a", "text": "\u00e9\n\ud83d\ude00\"", "when": {"brands": ["\u0041"]}, "# + Self.leave
        )
        let rules = try TriageRules(reading: Array(document.utf8))
        #expect(rules.rules.first?.text == "é\n😀\"")
        #expect(rules.rules.first?.conditions.brands == ["A"])
    }

    @Test func takesDecimalsExactly() {
        #expect(ConditionReading.tenThousandths("0.93") == 9_300)
        #expect(ConditionReading.tenThousandths("-0.0001") == -1)
        #expect(ConditionReading.tenThousandths("1") == 10_000)
        for text in ["1e-1", ".5", "0.", "0.00001", "", "-", "+1", "0.5.5", "99999"] {
            #expect(ConditionReading.tenThousandths(text) == nil, "\(text)")
        }
    }
}
