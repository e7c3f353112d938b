import MentionModel
import Testing
import Triage

@Suite struct CompiledRulesTests {
    private static func compile(_ rules: TriageRules) -> CompiledRules {
        CompiledRules(
            rules,
            source: { NaiveMention.number($0, NaiveMention.sources) },
            brand: { NaiveMention.number($0, NaiveMention.brands) }
        )
    }

    /// Rules by chance decide as a naive reading of the same file does; rules that the check calls unreachable never
    /// match.
    @Test func decideAsANaiveReadingOfTheFile() throws {
        var random = SeededGenerator(seed: 77)
        var valid = 0
        var matched = 0
        var unreachable = 0
        for _ in 0..<150 {
            let document = RandomRules.document(&random)
            let naive = try NaiveRules(document)
            let mentions = (0..<40).map { _ in NaiveMention.random(&random) }
            do throws(RuleProblems) {
                let compiled = Self.compile(try TriageRules(reading: Array(document.utf8)))
                valid += 1
                for mention in mentions {
                    let expected = naive.decide(mention)
                    let found = compiled.rule(for: mention.subject).map { compiled.outcomes[$0].reason }
                    #expect(found == expected, "\(document)\n\(mention)")
                    matched += found == nil ? 0 : 1
                }
            } catch {
                for problem in error.problems where problem.problem.contains("never match") {
                    unreachable += 1
                    let name = problem.rule?.filter { $0 != "\"" }
                    #expect(!mentions.contains { naive.decide($0) == name }, "\(problem)\n\(document)")
                }
            }
        }
        #expect(valid > 40 && matched > 400 && unreachable > 3)
    }

    @Test func saysWhenCountsMayMatter() throws {
        let document = """
            {"format": 1, "rules": [
              {"name": "a", "when": {"likes_at_least": 10}, "then": {"action": "leave"}},
              {"name": "b", "when": {"reach_any": {"reposts": 5, "followers": 7}}, "then": {"action": "leave"}}]}
            """
        let rules = Self.compile(try TriageRules(reading: Array(document.utf8)))
        func crossed(_ likes: (Int64, Int64), _ reposts: (Int64, Int64), _ replies: (Int64, Int64)) -> Bool {
            rules.isCrossed(likes: likes, reposts: reposts, replies: replies)
        }
        #expect(crossed((9, 10), (0, 0), (0, 0)))
        #expect(crossed((0, 0), (4, 100), (0, 0)))
        #expect(!crossed((10, 11), (5, 6), (0, 1_000)))
        #expect(!crossed((0, 9), (0, 4), (0, 0)))
        #expect(rules.asksForCounts && !rules.asksForQuestionMark && !rules.asksForOwnAccount)
        #expect(!CompiledRules(TriageRules([]), source: { _ in nil }, brand: { _ in nil }).asksForCounts)
    }

    @Test func readsThePrimarySubtag() {
        #expect(LanguageTag.number("EN-gb".utf8) == LanguageTag.number("en".utf8))
        #expect(LanguageTag.number("".utf8) == 0)
        #expect(LanguageTag.number("en".utf8) != LanguageTag.number("eng".utf8))
    }
}
