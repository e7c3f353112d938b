import MentionModel
import PostgresClient

/// Decides anew about mentions whose verdict or brands an operator has changed, in the transaction of that change.
///
/// Only about those that somebody still has to look at: what is old and was left opens no new work, so that a better
/// model does not fill the queue with last year's.
enum TriageRedecision {
    /// What is to be written, after ledger and hours. To be called after the mentions were changed; they are locked.
    static func statements(
        _ numbers: [Int64],
        _ policy: TriagePolicy,
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> [PostgresStatement] {
        guard !numbers.isEmpty else { return [] }
        let found = try await connection.query(
            PostgresStatement(
                "look for open triage items",
                """
                SELECT mention_no, brand_no, now() FROM triage_item
                WHERE mention_no = ANY ($1::bigint[]) AND status IN ('open', 'claimed') ORDER BY mention_no, brand_no
                """,
                [.int8Array(numbers)]
            ),
            timeout: timeout
        )
        guard found.rowCount > 0, let now = found.timestamptz(0, 2) else { return [] }
        var former: [Int64: [Int32]] = [:]
        for row in 0..<found.rowCount {
            if let number = found.int8(row, 0), let brand = found.int4(row, 1) {
                former[number, default: []].append(brand)
            }
        }
        var writing = TriageWriting(policy, now: Timestamp(microseconds: now))
        let facts = try await connection.query(MentionFactsSQL.of(former.keys.sorted()), timeout: timeout)
        try await writing.addAgain(facts, former: former, on: connection, timeout: timeout)
        return writing.statements
    }
}
