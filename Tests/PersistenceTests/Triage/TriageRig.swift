import MentionModel
@testable import Persistence
import PostgresClient
import Testing
import Triage

/// Rules for the verdicts of the writing tests, and the same rules in SQL.
enum TriageRig {
    static let document = """
        {"format": 1, "rules": [
          {"name": "own", "when": {"by_own_account": true}, "then": {"action": "leave"}},
          {"name": "loud", "when": {"intents_any": ["complaint"], "likes_at_least": 50},
           "then": {"action": "respond", "team": "support", "priority": 1, "due": "1h"}},
          {"name": "shared", "when": {"reach_any": {"reposts": 100}},
           "then": {"action": "respond", "team": "sales", "priority": 2, "due": "2d"}},
          {"name": "quiet", "when": {"intents_any": ["complaint"]},
           "then": {"action": "watch", "team": "support", "priority": 3, "due": "7d"}},
          {"name": "globex", "when": {"brands": ["globex"], "sentiment": "positive", "is_answer": false},
           "then": {"action": "respond", "team": "product", "priority": 4, "due": "30m"}},
          {"name": "english", "when": {"sources": ["reddit"], "languages": ["en"], "irony_below": 0.5},
           "then": {"action": "watch", "team": "marketing", "priority": 5, "due": "1d"}}
        ]}
        """

    /// What the rules say of each mention and brand, in SQL.
    private static let expected = """
        SELECT m.mention_no, b.brand_no, m.published_at,
               CASE WHEN b.name = 'acme' AND a.author_key = 'author-1' THEN NULL
                    WHEN m.intents & 1 <> 0 AND m.likes >= 50 THEN 'loud'
                    WHEN m.reposts >= 100 THEN 'shared'
                    WHEN m.intents & 1 <> 0 THEN 'quiet'
                    WHEN b.name = 'globex' AND m.sentiment = 1 AND m.in_reply_to IS NULL THEN 'globex'
                    WHEN s.name = 'reddit' AND m.lang = 'en' AND coalesce(m.irony, 0) < 5000 THEN 'english' END AS reason
        FROM mention m JOIN author a USING (author_no) JOIN source s ON s.source_no = m.source_no
        CROSS JOIN LATERAL unnest(m.brands) AS n (no) JOIN brand b ON b.brand_no = n.no
        """

    /// Registers an own account and puts the rules in force.
    static func policy(_ connection: PostgresConnection) async throws -> TriagePolicy {
        try await BrandCatalogue.set(
            [BrandSpecification(name: "acme", ownAccounts: ["twitter:AUTHOR-1", "reddit:author-1", "blog:author-1"])],
            on: connection
        )
        // Accounts know the sources that there are.
        _ = try await connection.run("INSERT INTO source (name) VALUES ('twitter'), ('reddit'), ('blog')")
        try await apply(document, connection)
        return try #require(try await TriagePolicy.load(publishes: true, on: connection))
    }

    @discardableResult
    static func apply(_ document: String, _ connection: PostgresConnection) async throws -> Int32 {
        let rules = try TriageRules(reading: Array(document.utf8))
        return try await TriageCatalogue.apply(document, rules, by: "tests", note: nil, on: connection).version
    }

    /// Writes a log through some writers that decide.
    static func write(
        _ log: [WritingRecord],
        most: Int,
        writers: Int,
        _ policy: TriagePolicy,
        _ database: TestDatabase,
        _ connection: PostgresConnection
    ) async throws {
        var shells: [WritingShell] = []
        for index in 0..<writers {
            let shell = try await WritingShell(database, connection, slot: Int16(index), triage: policy)
            let share = log.filter { Int($0.partition) % writers == index }
            try await shell.take(share, most: min(most, 100), on: connection)
            shells.append(shell)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for shell in shells { group.addTask { try await shell.run(most: most) } }
            try await group.waitForAll()
        }
    }

    /// Nothing is missing, nothing is too much, and the last word published of each is what stands.
    static func expectDecided(_ connection: PostgresConnection, _ comment: Comment) async throws {
        let wrong = try await connection.strings(
            """
            SELECT format('%s/%s: %s instead of %s', mention_no, brand_no, i.reason, e.reason)
            FROM (\(expected)) AS e
            FULL JOIN (SELECT * FROM triage_item WHERE status = 'open') AS i USING (mention_no, brand_no)
            WHERE i.reason IS DISTINCT FROM e.reason
               OR i.due_at <> e.published_at + CASE e.reason WHEN 'loud' THEN interval '1 h' WHEN 'shared' THEN '2 d'
                   WHEN 'quiet' THEN '7 d' WHEN 'globex' THEN '30 min' WHEN 'english' THEN '1 d' END
            """
        )
        #expect(wrong.isEmpty, "\(comment): \(wrong.prefix(5))")
        let told = try await connection.strings(
            """
            WITH told AS (
                SELECT outbox_no, key, convert_from(payload, 'UTF8')::jsonb AS said FROM outbox
            ), last AS (
                SELECT DISTINCT ON (key, said ->> 'brand') key, said FROM told
                ORDER BY key, said ->> 'brand', outbox_no DESC
            )
            SELECT format('%s %s: %s', coalesce(l.key, v.source || ':' || v.native_id), v.brand, l.said)
            FROM last l
            FULL JOIN mention_farm.triage v
                ON l.key = v.source || ':' || v.native_id AND l.said ->> 'brand' = v.brand
            WHERE l.key IS NULL AND v.reason IS NOT NULL
               OR v.source IS NULL AND l.said ->> 'action' <> 'leave'
               OR v.source IS NOT NULL
                  AND (v.team, v.action, v.priority::text, v.reason, v.due_at) IS DISTINCT FROM
                      (l.said ->> 'team', l.said ->> 'action', l.said ->> 'priority', l.said ->> 'reason',
                       (l.said ->> 'due_at')::timestamptz)
            UNION ALL
            SELECT 'repeated: ' || (said ->> 'action_id') FROM told GROUP BY said ->> 'action_id' HAVING count(*) > 1
            """
        )
        #expect(told.isEmpty, "\(comment): \(told.prefix(5))")
    }
}
