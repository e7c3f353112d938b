import MentionModel
public import PostgresClient
public import Triage

/// Tries rules on stored mentions, without a change.
public struct TriageRehearsal: Sendable {
    /// How many mentions, each with each of its brands, a rule would take.
    public struct Count: Sendable, Equatable {
        /// What the rule decides; ``TriageOutcome/unmatched`` for what no rule takes.
        public var outcome: TriageOutcome
        /// Pairs of mention and brand.
        public var pairs: Int64
    }

    private static let most: Int32 = 5_000

    let rules: TriageRules

    /// Makes a rehearsal.
    public init(_ rules: TriageRules) { self.rules = rules }

    /// The counts of all rules in their order, and of what none takes: of mentions published at or after a time
    /// (microseconds since the Unix epoch). Reads all mentions: some seconds for each million.
    public func run(since: Int64, on connection: PostgresConnection) async throws(PostgresError) -> [Count] {
        let policy = try await TriagePolicy(rules, version: 0, publishes: false, on: connection)
        var counts = rules.rules.map { Count(outcome: $0.outcome, pairs: 0) }
        counts.append(Count(outcome: .unmatched, pairs: 0))
        var after: Int64 = 0
        while true {
            let rows = try await connection.query(
                MentionFactsSQL.page(after: after, since: since, most: Self.most),
                timeout: .seconds(3_600)
            )
            for row in 0..<rows.rowCount {
                guard let facts = MentionFactsSQL.read(rows, row, policy) else { continue }
                after = max(after, facts.number)
                for brand in facts.brands {
                    var subject = facts.subject
                    subject.brand = brand
                    if facts.ownedBy.contains(brand) { subject.traits.insert(.ownAccount) }
                    counts[policy.rules.rule(for: subject) ?? rules.rules.count].pairs += 1
                }
            }
            if rows.rowCount < Int(Self.most) { return counts }
        }
    }
}
