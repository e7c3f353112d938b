import PostgresClient
import Triage

/// Decides again what is open in the queue, from the mentions and the rules of the version that decided, and compares.
enum TriageVerification {
    static let name = "triage-decisions"
    static let holds = "what is open in the queue is what the rules of its version decide of the standing mention"

    private static let most: Int32 = 5_000

    /// Findings and up to five of them. In the caller's snapshot.
    static func run(
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> (failures: Int64, examples: [String]) {
        var policies: [Int32: TriagePolicy] = [:]
        let newest = try await TriageCatalogue.version(connection)
        var failures: Int64 = 0
        var examples: [String] = []
        var last: (mention: Int64, brand: Int32) = (0, 0)
        while true {
            let items = try await connection.query(
                PostgresStatement(
                    "read open triage items",
                    """
                    SELECT mention_no, brand_no, rules_version, team, action, priority, reason, due_at, body_hash
                    FROM triage_item WHERE status = 'open' AND (mention_no, brand_no) > ($1, $2)
                    ORDER BY mention_no, brand_no LIMIT $3
                    """,
                    [.int8(last.mention), .int4(last.brand), .int4(most)]
                ),
                timeout: timeout
            )
            let versions = Set((0..<items.rowCount).compactMap { items.int4($0, 2) })
            for version in versions where policies[version] == nil {
                policies[version] = try await policy(version, connection)
            }
            guard let policy = policies.values.first else { return (failures, examples) }
            let numbers = Set((0..<items.rowCount).compactMap { items.int8($0, 0) }).sorted()
            let rows = try await connection.query(MentionFactsSQL.of(numbers), timeout: timeout)
            var facts: [Int64: MentionFacts] = [:]
            for row in 0..<rows.rowCount {
                // The brands are the same whatever the rules.
                if let read = MentionFactsSQL.read(rows, row, policy) { facts[read.number] = read }
            }
            for row in 0..<items.rowCount {
                guard let number = items.int8(row, 0), let brand = items.int4(row, 1),
                    let version = items.int4(row, 2)
                else { continue }
                last = (number, brand)
                // Checked by another query: it has no mention.
                guard let facts = facts[number] else { continue }
                let isRight =
                    policies[version].map { agrees(items, row, facts, brand, $0, isNewest: version == newest) } ?? false
                guard !isRight else { continue }
                failures += 1
                if examples.count < 5 { examples.append("mention \(number), brand \(brand), rules \(version)") }
            }
            if items.rowCount < Int(most) { return (failures, examples) }
        }
    }

    private static func agrees(
        _ items: PostgresResult,
        _ row: Int,
        _ facts: MentionFacts,
        _ brand: Int32,
        _ policy: TriagePolicy,
        isNewest: Bool
    ) -> Bool {
        guard items.int8(row, 8) == facts.bodyHash else { return false }
        // Accounts of brands change without a new decision: both answers will do. Counts that grew are decided by the
        // rules in force, so those of an older version may say something else by now.
        if !isNewest, policy.rules.asksForCounts { return true }
        return [false, true].contains { isOwn in
            let outcome = facts.outcome(of: brand, isOwn: isOwn, policy.rules)
            return outcome.team?.rawValue == items.string(row, 3) && outcome.action.rawValue == items.string(row, 4)
                && Int32(outcome.priority) == items.int4(row, 5) && outcome.reason == items.string(row, 6)
                && facts.dueAt(outcome).microseconds == items.timestamptz(row, 7)
        }
    }

    private static func policy(
        _ version: Int32,
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> TriagePolicy? {
        do {
            return try await TriagePolicy.load(version: version, publishes: false, on: connection)
        } catch let error as PostgresError where error.kind != .protocolViolation {
            throw error
        } catch {
            // No such version, or one that can't be read: its items are findings.
            return nil
        }
    }
}
