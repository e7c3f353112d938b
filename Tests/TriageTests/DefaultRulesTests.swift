import MentionModel
import Testing
@testable import Triage

@Suite struct DefaultRulesTests {
    private static func decide(_ change: (inout TriageSubject) -> Void) throws -> TriageOutcome {
        let rules = CompiledRules(
            try TriageRules(reading: TriageRules.standard),
            source: { _ in nil },
            brand: { _ in nil }
        )
        var subject = TriageSubject()
        subject.sentiment = RuleConditions.sentimentBit(.neutral)
        change(&subject)
        return rules.decide(subject)
    }

    private static func negative(_ subject: inout TriageSubject, _ score: Int32) {
        subject.sentiment = RuleConditions.sentimentBit(.negative)
        subject.score = score
    }

    @Test func aComplaintWithAQuestionGoesToSupport() throws {
        let byIntent = try Self.decide { $0.intents = [.complaint, .question] }
        #expect((byIntent.action, byIntent.team) == (.respond, .support))
        let byMark = try Self.decide {
            $0.intents = .complaint
            Self.negative(&$0, -3_000)
            $0.traits = .questionMark
        }
        #expect((byMark.action, byMark.team) == (.respond, .support))
    }

    @Test func suggestionsPurchasesAndPraiseGoWhereTheyBelong() throws {
        #expect(try Self.decide { $0.intents = .suggestion }.team == .product)
        let purchase = try Self.decide { $0.intents = .purchase }
        #expect((purchase.action, purchase.team) == (.respond, .sales))
        func praise(_ followers: Int64) throws -> TriageOutcome {
            try Self.decide {
                $0.intents = .praise
                $0.sentiment = RuleConditions.sentimentBit(.positive)
                $0.score = 9_000
                $0.followers = followers
            }
        }
        #expect(try praise(10_000).team == .marketing && praise(10_000).action == .respond)
        #expect(try praise(9_999).action == .leave)
    }

    @Test func ventingIsWatchedAndAbuseAndSpamAreLeft() throws {
        for venting in [
            try Self.decide { Self.negative(&$0, -9_100) },
            try Self.decide {
                Self.negative(&$0, -5_001)
                $0.intents = .complaint
            },
        ] {
            #expect((venting.action, venting.priority) == (.watch, 5))
        }
        let threat = try Self.decide {
            Self.negative(&$0, -9_000)
            $0.intents = [.complaint, .threat]
        }
        #expect((threat.action, threat.team, threat.priority) == (.respond, .support, 1))
        #expect(
            try Self.decide {
                Self.negative(&$0, -9_000)
                $0.offensive = 8_000
            }.action == .leave
        )
        #expect(
            try Self.decide {
                $0.intents = [.complaint, .question]
                $0.offensive = 9_400
            }.action == .leave
        )
        #expect(
            try Self.decide {
                $0.intents = .purchase
                $0.spam = 9_000
            }.action == .leave
        )
    }

    @Test func repostsAndOwnAccountsAndOrdinaryThingsAreLeft() throws {
        for trait in [MentionTraits.repost, .ownAccount] {
            let outcome = try Self.decide {
                $0.intents = [.complaint, .question]
                $0.traits = trait
            }
            #expect(outcome.action == .leave)
        }
        #expect(try Self.decide { _ in } == .unmatched)
    }
}
