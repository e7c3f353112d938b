import Testing
@testable import Triage

@Suite struct DefaultRulesTests {
    @Test func areValid() throws {
        let rules = try TriageRules(reading: TriageRules.standard)
        #expect(rules.rules.count == 17)
    }
}
