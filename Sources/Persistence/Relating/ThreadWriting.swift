import Conversations
import MentionModel
import PostgresClient

extension ThreadSQL {
    /// An item of triage that was answered, if it is open: a mention and a brand.
    struct Answer: Hashable, Comparable {
        var mention: Int64
        var brand: Int32

        static func < (left: Answer, right: Answer) -> Bool {
            (left.mention, left.brand) < (right.mention, right.brand)
        }
    }

    /// The statements that carry a settlement into the tables. `answers`: what of its links an own account has said.
    static func write(_ settlement: ThreadFold.Settlement, answers: [Answer]) -> [PostgresStatement] {
        waits(settlement) + links(settlement) + sums(settlement.deltas) + answered(answers)
    }

    /// The links that may close an item of triage, if their authors are own accounts of the brand.
    static func answers(_ links: [ThreadLink]) -> [ThreadLink] {
        links.filter { link in
            link.kind == .answer && !link.parent.brands.isEmpty && link.child.author != link.parent.author
                && link.child.publishedAt >= link.parent.publishedAt
        }
    }

    /// Own accounts of all brands: few, and looked up at once, for to ask of each answer whether it is by one costs more than
    /// all else that is done with it.
    static let ownAccounts = "SELECT author_no, brand_no FROM mention_farm.own_account"

    /// Open items of triage that an own account of the brand has answered wait for nobody any more. Their rows are locked
    /// last, as in a batch.
    private static func answered(_ answers: [Answer]) -> [PostgresStatement] {
        guard !answers.isEmpty else { return [] }
        return [
            PostgresStatement(
                "close answered items",
                "SELECT triage_answered($1, $2)",
                [.int8Array(answers.map(\.mention)), .int4Array(answers.map(\.brand))]
            )
        ]
    }

    private static func waits(_ settlement: ThreadFold.Settlement) -> [PostgresStatement] {
        func parameters(_ waits: [ThreadFold.Wait]) -> [PostgresParameter] {
            [
                .int4Array(waits.map(\.pointer.parent.source)), .textArray(waits.map(\.pointer.parent.id)),
                .int8Array(waits.map(\.child)), .int2Array(waits.map(\.pointer.kind.rawValue)),
            ]
        }
        var statements: [PostgresStatement] = []
        if !settlement.goneWaits.isEmpty {
            statements.append(PostgresStatement("drop waits", dropWaits, parameters(settlement.goneWaits)))
        }
        if !settlement.waits.isEmpty {
            statements.append(PostgresStatement("write waits", writeWaits, parameters(settlement.waits)))
        }
        return statements
    }

    private static let dropWaits = """
        DELETE FROM thread_wait w
        USING unnest($1::integer[], $2::text[], $3::bigint[], $4::smallint[]) AS u (source_no, native_id, child_no, kind)
        WHERE w.parent_key = thread_key(u.source_no, u.native_id) AND w.child_no = u.child_no AND w.kind = u.kind
        """

    private static let writeWaits = """
        INSERT INTO thread_wait (parent_key, child_no, kind)
        SELECT thread_key(u.source_no, u.native_id), u.child_no, u.kind
        FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::smallint[]) AS u (source_no, native_id, child_no, kind)
        ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING
        """

    private static func links(_ settlement: ThreadFold.Settlement) -> [PostgresStatement] {
        func parameters(_ keys: [ThreadLink.Key]) -> [PostgresParameter] {
            [
                .int8Array(keys.map(\.pair.parent)), .int2Array(keys.map(\.pair.kind.rawValue)),
                .int8Array(keys.map(\.pair.author)), .timestamptzArray(keys.map(\.at.microseconds)),
                .int8Array(keys.map(\.child)),
            ]
        }
        var statements: [PostgresStatement] = []
        if !settlement.goneLinks.isEmpty {
            statements.append(PostgresStatement("drop links", dropLinks, parameters(settlement.goneLinks)))
        }
        let links = settlement.links
        if !links.isEmpty {
            statements.append(
                PostgresStatement(
                    "write links",
                    writeLinks,
                    parameters(links.map(\.key)) + [
                        .int8Array(links.map(\.parent.author)),
                        .timestamptzArray(links.map(\.parent.publishedAt.microseconds)),
                        .int2Array(links.map(\.child.sentiment)), .int2Array(links.map(\.parent.sentiment)),
                        .textArray(links.map { literal($0.child.brands) }),
                        .textArray(links.map { literal($0.parent.brands) }),
                    ]
                )
            )
        }
        return statements
    }

    private static let dropLinks = """
        DELETE FROM thread_link l
        USING unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
              AS u (parent_no, kind, author_no, at, child_no)
        WHERE l.parent_no = u.parent_no AND l.kind = u.kind AND l.author_no = u.author_no AND l.child_at = u.at
          AND l.child_no = u.child_no
        """

    private static let writeLinks = """
        INSERT INTO thread_link (parent_no, kind, author_no, child_at, child_no, parent_author_no, parent_at,
            child_sentiment, parent_sentiment, child_brands, parent_brands)
        SELECT u.parent_no, u.kind, u.author_no, u.at, u.child_no, u.parent_author_no, u.parent_at, u.child_sentiment,
               u.parent_sentiment, u.child_brands::integer[], u.parent_brands::integer[]
        FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::bigint[],
                    $7::timestamptz[], $8::smallint[], $9::smallint[], $10::text[], $11::text[])
             AS u (parent_no, kind, author_no, at, child_no, parent_author_no, parent_at, child_sentiment,
                   parent_sentiment, child_brands, parent_brands)
        ON CONFLICT (parent_no, kind, author_no, child_at, child_no) DO UPDATE
        SET parent_author_no = excluded.parent_author_no, parent_at = excluded.parent_at,
            child_sentiment = excluded.child_sentiment, parent_sentiment = excluded.parent_sentiment,
            child_brands = excluded.child_brands, parent_brands = excluded.parent_brands
        """

    // MARK: - Sums

    static func sums(_ deltas: [(key: ThreadLedgerKey, sums: ThreadSums)]) -> [PostgresStatement] {
        guard !deltas.isEmpty else { return [] }
        let keys: [PostgresParameter] = [
            .int4Array(deltas.map(\.key.brand)), .int4Array(deltas.map(\.key.day)),
            .int8Array(deltas.map(\.key.author)),
        ]
        let counts: [PostgresParameter] = [
            .int4Array(deltas.map(\.sums.dialogues)), .int4Array(deltas.map(\.sums.defences)),
            .int4Array(deltas.map(\.sums.repliesGot)), .int4Array(deltas.map(\.sums.repostsGot)),
        ]
        var statements = [PostgresStatement("count threads by day", addSums, keys + counts)]
        if deltas.contains(where: \.sums.takesAway) {
            statements.append(PostgresStatement("drop days without threads", dropSums, keys))
        }
        return statements
    }

    /// Who reads sums behind the writers is told in the same statement.
    private static let addSums = """
        WITH u AS MATERIALIZED (
            SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[],
                                 $7::integer[])
                AS u (brand_no, day, author_no, dialogues, defences, replies_got, reposts_got)
        ), told AS (
            INSERT INTO ledger_touched (brand_no, day, author_no) SELECT brand_no, day, author_no FROM u
        )
        INSERT INTO thread_ledger AS l (brand_no, day, author_no, dialogues, defences, replies_got, reposts_got)
        SELECT * FROM u
        ON CONFLICT (brand_no, day, author_no) DO UPDATE SET dialogues = l.dialogues + excluded.dialogues,
            defences = l.defences + excluded.defences, replies_got = l.replies_got + excluded.replies_got,
            reposts_got = l.reposts_got + excluded.reposts_got
        """

    private static let dropSums = """
        DELETE FROM thread_ledger l USING unnest($1::integer[], $2::integer[], $3::bigint[]) AS k (brand_no, day, author_no)
        WHERE l.brand_no = k.brand_no AND l.day = k.day AND l.author_no = k.author_no
          AND l.dialogues = 0 AND l.defences = 0 AND l.replies_got = 0 AND l.reposts_got = 0
        """

    // MARK: - What is left over

    static func keepDue(_ left: [ThreadStep.Due], finished: [Int64]) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !finished.isEmpty {
            statements.append(
                PostgresStatement(
                    "drop parents left over",
                    "DELETE FROM thread_due WHERE parent_no = ANY ($1)",
                    [.int8Array(finished)]
                )
            )
        }
        if !left.isEmpty {
            statements.append(
                PostgresStatement(
                    "keep parents left over",
                    """
                    INSERT INTO thread_due (parent_no, link_kind, link_author_no, link_at, link_child_no)
                    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
                    ON CONFLICT (parent_no) DO UPDATE SET link_kind = excluded.link_kind,
                        link_author_no = excluded.link_author_no, link_at = excluded.link_at,
                        link_child_no = excluded.link_child_no
                    """,
                    [
                        .int8Array(left.map(\.parent)),
                        // Behind all kinds: no link need be looked at.
                        .int2Array(left.map { $0.after?.pair.kind.rawValue ?? .max }),
                        .int8Array(left.map { $0.after?.pair.author ?? 0 }),
                        .timestamptzArray(left.map { $0.after?.at.microseconds ?? 0 }),
                        .int8Array(left.map { $0.after?.child ?? 0 }),
                    ]
                )
            )
        }
        return statements
    }

    private static func literal(_ numbers: [Int32]) -> String {
        "{" + numbers.map(String.init).joined(separator: ",") + "}"
    }
}
