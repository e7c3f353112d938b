import Advocacy
import Foundation
import PostgresClient

/// The statements of forgetting.
enum ForgettingSQL {
    /// A statement, and the table whose rows it removes; nil where they are not counted.
    struct Step: Sendable {
        var table: String?
        var statement: PostgresStatement

        init(_ table: String?, _ name: String, _ sql: String, _ parameters: [PostgresParameter]) {
            self.table = table
            statement = PostgresStatement(name, sql, parameters)
        }
    }

    /// What hangs on mentions in tables of other parts, beside what the background step takes back: table, and a
    /// statement with the numbers of mentions as $1. It is run in the transaction that removes the mentions.
    static let ofMentions: [(table: String, sql: String)] = [
        // Counted by verify, so they stay, with numbers in place of hashes.
        (
            "mention_body",
            """
            UPDATE mention_body b SET body_hash = r.place
            FROM (SELECT mention_no, body_hash,
                         row_number() OVER (PARTITION BY mention_no ORDER BY body_hash) AS place
                  FROM mention_body WHERE mention_no = ANY ($1)) AS r
            WHERE b.mention_no = r.mention_no AND b.body_hash = r.body_hash
            """
        ),
        (
            "outbox",
            """
            DELETE FROM outbox o
            USING (SELECT s.name || ':' || m.native_id AS key FROM mention m JOIN source s USING (source_no)
                   WHERE m.mention_no = ANY ($1)) AS k
            WHERE o.key = k.key
            """
        ),
        ("triage_audit", "DELETE FROM triage_audit WHERE mention_no = ANY ($1)"),
        ("triage_item", "DELETE FROM triage_item WHERE mention_no = ANY ($1)"),
    ]

    /// What hangs on an author: table, and a statement with the author's number as $1. Run when the mentions are gone.
    static let ofAuthors: [(table: String, sql: String)] = [
        // Of mentions that retention has dropped. Copies that the background step is still to take back stay: a number
        // without a name.
        (
            "ledger",
            """
            WITH told AS (
                INSERT INTO ledger_touched (brand_no, day, author_no)
                SELECT brand_no, day, author_no FROM ledger WHERE author_no = $1 AND mentions > 0
            )
            UPDATE ledger SET mentions = 0, positive = 0, neutral = 0, negative = 0, unknown = 0, answers = 0,
                passed_on = 0, followers_known = 0, score_sum = 0, likes = 0, reposts = 0, replies = 0, followers_sum = 0,
                set_aside = 0, set_aside_positive = 0, set_aside_negative = 0, first_at = 'infinity',
                last_at = '-infinity'
            WHERE author_no = $1 AND mentions > 0
            """
        ),
        ("ledger", "DELETE FROM ledger WHERE author_no = $1 AND mentions = 0 AND copies = 0"),
        ("author", "DELETE FROM author WHERE author_no = $1"),
    ]

    /// What hangs on a brand: table, and a statement with the brand's number as $1. Run when no mention has it any more.
    /// Its number stays, without a name.
    static let ofBrands: [(table: String, sql: String)] = [
        ("brand_term", "DELETE FROM brand_term WHERE brand_no = $1"),
        ("triage_audit", "DELETE FROM triage_audit WHERE brand_no = $1"),
        ("triage_item", "DELETE FROM triage_item WHERE brand_no = $1"),
        ("signal", "DELETE FROM signal WHERE brand_no = $1"),
        (
            "brand",
            """
            UPDATE brand SET registered = false,
                name = 'forgotten:' || encode(forget_hash('brand', brand_no::text, name), 'hex')
            WHERE brand_no = $1
            """
        ),
        ("brand_catalogue", "UPDATE brand_catalogue SET version = version + 1, changed_at = now() WHERE $1 <> 0"),
    ]

    // MARK: Receipts

    /// `key` is kind, source, id. The hash, and the receipt that is open: number, beginning, counts so far.
    static func begin(_ key: [PostgresParameter], quick: Int64, by who: String) -> [PostgresStatement] {
        [
            PostgresStatement("lock forgotten", "SELECT version FROM forget_mark FOR UPDATE"),
            PostgresStatement(
                "begin forgetting",
                """
                INSERT INTO forgetting (kind, hash, begun_by)
                SELECT $1, forget_hash($1, $2, $3), $4
                WHERE NOT EXISTS (SELECT FROM forgetting
                                  WHERE hash = forget_hash($1, $2, $3) AND finished_at IS NULL)
                """,
                key + [.text(who)]
            ),
            PostgresStatement(
                "note what is forgotten",
                """
                WITH added AS (
                    INSERT INTO forgotten (hash, quick_hash, receipt_no)
                    SELECT f.hash, $4, f.receipt_no FROM forgetting f
                    WHERE f.hash = forget_hash($1, $2, $3) AND f.finished_at IS NULL
                    ON CONFLICT DO NOTHING RETURNING 1)
                UPDATE forget_mark SET version = version + 1 WHERE EXISTS (SELECT FROM added)
                """,
                key + [.int8(quick)]
            ),
            PostgresStatement(
                "read receipt",
                """
                SELECT receipt_no, begun_at, removed::text FROM forgetting
                WHERE hash = forget_hash($1, $2, $3) AND finished_at IS NULL
                """,
                key
            ),
        ]
    }

    static func note(_ removed: [String: Int64], _ receipt: Int64) -> PostgresStatement {
        let pairs = removed.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return PostgresStatement(
            "note what was removed",
            "UPDATE forgetting SET removed = $2::text::jsonb WHERE receipt_no = $1",
            [.int8(receipt), .text("{" + pairs.joined(separator: ",") + "}")]
        )
    }

    static func close(_ receipt: Int64, by who: String) -> [PostgresStatement] {
        [
            PostgresStatement(
                "write audit",
                """
                INSERT INTO forget_audit (who, receipt_no, kind, removed)
                SELECT $2, receipt_no, kind, removed FROM forgetting WHERE receipt_no = $1
                """,
                [.int8(receipt), .text(who)]
            ),
            PostgresStatement(
                "finish forgetting",
                "UPDATE forgetting SET finished_at = now() WHERE receipt_no = $1",
                [.int8(receipt)]
            ),
        ]
    }

    static func counts(_ json: String?) -> [String: Int64] {
        guard let json, let object = try? JSONDecoder().decode([String: Int64].self, from: Data(json.utf8)) else {
            return [:]
        }
        return object
    }

    // MARK: Mentions

    /// $1 mentions. In the order in which batches lock them.
    static let lockIdentities = """
        SELECT 1 FROM (SELECT m.source_no, m.native_id FROM mention m WHERE m.mention_no = ANY ($1)) AS k
        JOIN mention_identity i ON i.source_no = k.source_no AND i.native_id = k.native_id
        ORDER BY i.source_no, i.native_id FOR UPDATE OF i
        """

    static func next(
        _ target: ForgettingTarget,
        limit: Int32,
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> [Int64] {
        let rows = try await connection.query(
            PostgresStatement(
                "find mentions to forget",
                "SELECT m.mention_no FROM mention m WHERE \(target.condition) LIMIT $1",
                [.int4(limit)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).compactMap { rows.int8($0, 0) }.sorted()
    }

    static func remove(gone: [Int64], stripped: [Int64], brand: Int32?) -> [Step] {
        let all: [PostgresParameter] = [.int8Array((gone + stripped).sorted())]
        var steps = [Step(nil, "note revised mentions", Rematch.note, all)]
        if let brand, !stripped.isEmpty {
            steps.append(
                Step(
                    "mention (brand taken away)",
                    "take brand away",
                    "UPDATE mention SET brands = array_remove(brands, $2) WHERE mention_no = ANY ($1)",
                    [.int8Array(stripped), .int4(brand)]
                )
            )
        }
        guard !gone.isEmpty else { return steps }
        let numbers: [PostgresParameter] = [.int8Array(gone)]
        steps.append(
            Step(
                nil,
                "note gone mentions",
                """
                INSERT INTO mention_gone (mention_no, source_no, native_id)
                SELECT mention_no, source_no, native_id FROM mention WHERE mention_no = ANY ($1)
                """,
                numbers
            )
        )
        steps.append(
            Step(
                "mention_identity",
                "empty identities",
                """
                UPDATE mention_identity i SET body_hash = 0,
                    native_id = 'forgotten:'
                        || encode(forget_hash('identity', i.mention_no::text, i.native_id), 'hex')
                FROM mention m
                WHERE m.mention_no = ANY ($1) AND i.source_no = m.source_no AND i.native_id = m.native_id
                """,
                numbers
            )
        )
        for (table, sql) in ofMentions { steps.append(Step(table, "forget in \(table)", sql, numbers)) }
        steps.append(
            Step("mention", "remove mentions", "DELETE FROM mention WHERE mention_no = ANY ($1)", numbers)
        )
        return steps
    }

    // MARK: The rest

    /// Dead letters lose their payload; open ones are discarded, since they can't be tried again.
    private static let emptyLetters = """
        WITH held AS MATERIALIZED (
            SELECT d.dead_letter_no, d.status FROM dead_letter_record d
            WHERE d.payload IS NOT NULL AND EXISTS (SELECT FROM unnest($1::bytea[]) AS n (bytes)
                                                    WHERE position(n.bytes IN d.payload) > 0)
              AND ($2 = '' OR position(convert_to($2, 'UTF8') IN d.payload) > 0)
            ORDER BY d.dead_letter_no FOR UPDATE
        ), noted AS (
            INSERT INTO dead_letter_audit (who, action, dead_letter_no, result, note)
            SELECT $3, 'discard', dead_letter_no, 'discarded', 'forgotten' FROM held WHERE status = 'open'
        )
        UPDATE dead_letter_record d
        SET payload = NULL, payload_sha256 = NULL,
            status = CASE WHEN d.status = 'open' THEN 'discarded' ELSE d.status END,
            resolved_at = coalesce(d.resolved_at, now()), resolved_by = coalesce(d.resolved_by, $3)
        FROM held WHERE d.dead_letter_no = held.dead_letter_no
        """

    static func finish(_ target: ForgettingTarget, by who: String) -> [Step] {
        var steps: [Step] = []
        if target.subject.kind == .mention {
            // Where retention has dropped the row, the identity is all that is left.
            steps.append(
                Step(
                    "mention_identity",
                    "empty identity",
                    """
                    UPDATE mention_identity i SET body_hash = 0,
                        native_id = 'forgotten:'
                            || encode(forget_hash('identity', i.mention_no::text, i.native_id), 'hex')
                    FROM source s WHERE s.source_no = i.source_no AND s.name = $1 AND i.native_id = $2
                    """,
                    [.text(target.subject.source), .text(target.subject.id)]
                )
            )
        }
        if target.subject.kind != .brand {
            steps.append(
                Step(
                    "dead_letter_record (payloads)",
                    "empty dead letters",
                    emptyLetters,
                    [.byteaArray(target.needles), .text(target.subject.source), .text(who)]
                )
            )
        }
        if let author = target.author {
            steps += ofAuthors.map { Step($0.table, "forget in \($0.table)", $0.sql, [.int8(author)]) }
        }
        if let brand = target.brand {
            steps += ofBrands.map { Step($0.table, "forget in \($0.table)", $0.sql, [.int4(brand)]) }
        }
        return steps
    }

    // MARK: Rehearsal

    static func count(
        _ target: ForgettingTarget,
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> [String: Int64] {
        var asked: [(table: String, sql: String, parameters: [PostgresParameter])] = []
        if target.isKnown {
            let alone = target.brand == nil ? "true" : "cardinality(m.brands) = 1"
            asked.append(("mention", "SELECT count(*) FROM mention m WHERE \(target.condition) AND \(alone)", []))
            asked.append(
                ("mention_identity", "SELECT count(*) FROM mention m WHERE \(target.condition) AND \(alone)", [])
            )
            asked.append(
                (
                    "mention_body",
                    """
                    SELECT count(*) FROM mention_body b JOIN mention m USING (mention_no)
                    WHERE \(target.condition) AND \(alone)
                    """, []
                )
            )
            if target.brand != nil {
                asked.append(
                    (
                        "mention (brand taken away)",
                        "SELECT count(*) FROM mention m WHERE \(target.condition) AND NOT \(alone)", []
                    )
                )
            }
            asked.append(
                (
                    "ledger",
                    """
                    SELECT count(*) FROM (
                        SELECT DISTINCT b.no, day_of(m.published_at), m.author_no
                        FROM mention m CROSS JOIN LATERAL unnest(m.brands) AS b (no) WHERE \(target.condition)) AS k
                    """, []
                )
            )
        }
        if target.author != nil { asked.append(("author", "SELECT 1::bigint", [])) }
        if target.brand == nil {
            asked.append(
                (
                    "dead_letter_record (payloads)",
                    """
                    SELECT count(*) FROM dead_letter_record d
                    WHERE d.payload IS NOT NULL AND EXISTS (SELECT FROM unnest($1::bytea[]) AS n (bytes)
                                                            WHERE position(n.bytes IN d.payload) > 0)
                      AND ($2 = '' OR position(convert_to($2, 'UTF8') IN d.payload) > 0)
                    """,
                    [.byteaArray(target.needles), .text(target.subject.source)]
                )
            )
        }
        var counts: [String: Int64] = [:]
        for (table, sql, parameters) in asked {
            let rows = try await connection.query(
                PostgresStatement("count \(table)", sql, parameters),
                timeout: timeout
            )
            if let count = rows.int8(0, 0), count > 0 { counts[table] = count }
        }
        return counts
    }
}
