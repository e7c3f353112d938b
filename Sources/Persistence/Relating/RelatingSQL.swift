import Copies
import PostgresClient

/// The statements of the background step. Look-ups by key go through LATERAL … OFFSET 0, so that they stay what they
/// are whatever the planner thinks of tables that have just grown.
enum RelatingSQL {
    /// Greatest sum of bytes of the texts read in one step.
    static let mostBytes: Int64 = 8 << 20

    // MARK: - What a step reads

    /// $1 related, $2 goal, $3 most mentions, $4 most bytes. One statement, one snapshot: the mentions, and the changes
    /// of them that are read thereby. A row at least: its first column is the number up to which all are taken. Rows come
    /// in the order of the inner query, without a sort of whole texts: the reader looks whether they do.
    static let chunk = """
        WITH ahead AS MATERIALIZED (
            SELECT mention_no, sum(octet_length(text)) OVER (ORDER BY mention_no) - octet_length(text) < $4 AS fits
            FROM (SELECT mention_no, text FROM mention WHERE mention_no > $1 AND mention_no <= $2
                  ORDER BY mention_no LIMIT $3) AS p
        ), until AS MATERIALIZED (
            SELECT CASE WHEN count(*) < $3 AND bool_and(fits) IS NOT FALSE THEN $2
                        ELSE max(mention_no) FILTER (WHERE fits) END AS upper_no
            FROM ahead
        ), read AS (
            DELETE FROM mention_revised
            WHERE mention_no > $1 AND mention_no <= $2 AND mention_no <= (SELECT upper_no FROM until)
        ), gone AS (
            DELETE FROM mention_gone
            WHERE mention_no > $1 AND mention_no <= $2 AND mention_no <= (SELECT upper_no FROM until)
        )
        SELECT u.upper_no, c.text, \(CountedMention.columns("c")), c.in_reply_to, c.repost_of, c.conversation
        FROM until u
        LEFT JOIN LATERAL (
            SELECT m.mention_no, m.source_no, m.native_id, m.published_at, m.author_no, m.text_hash, m.sentiment, m.brands,
                   m.text, m.in_reply_to, m.repost_of, m.conversation,
                   is_set_aside(m.spam, m.offensive) AS set_aside
            FROM mention m WHERE m.mention_no > $1 AND m.mention_no <= u.upper_no
            ORDER BY m.mention_no OFFSET 0) AS c ON true
        LEFT JOIN source s ON s.source_no = c.source_no
        """

    /// $1 related, $2 most mentions. The state before the first change that was not read, the present one, and the
    /// cluster. There is no present one of a mention that is gone: its number is the last column.
    static let revisions = """
        WITH due AS MATERIALIZED (
            SELECT mention_no FROM mention_revised WHERE mention_no <= $1
            GROUP BY mention_no ORDER BY mention_no LIMIT $2
        ), read AS (
            DELETE FROM mention_revised r USING due WHERE r.mention_no = due.mention_no RETURNING r.*
        ), gone AS (
            DELETE FROM mention_gone g USING due WHERE g.mention_no = due.mention_no RETURNING g.*
        )
        SELECT o.published_at, o.author_no, o.text_hash, o.sentiment, o.brands, r.cluster_no, r.canonical_no, m.text,
               o.set_aside, \(CountedMention.columns("m", setAside: "is_set_aside(m.spam, m.offensive)")),
               o.in_reply_to, o.repost_of, o.conversation, m.in_reply_to, m.repost_of, m.conversation, o.mention_no,
               g.source_no, g.native_id
        FROM (SELECT DISTINCT ON (mention_no) * FROM read ORDER BY mention_no, revision_no) AS o
        LEFT JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = o.mention_no OFFSET 0) AS m ON true
        LEFT JOIN gone g ON g.mention_no = o.mention_no
        LEFT JOIN source s ON s.source_no = m.source_no
        LEFT JOIN LATERAL (SELECT * FROM copy_member cm WHERE cm.mention_no = o.mention_no OFFSET 0) AS cm ON true
        LEFT JOIN LATERAL (SELECT * FROM copy_cluster k WHERE k.cluster_no = cm.cluster_no OFFSET 0) AS k ON true
        LEFT JOIN LATERAL (
            SELECT * FROM copy_cluster r WHERE r.cluster_no = coalesce(k.parent_no, k.cluster_no) OFFSET 0) AS r ON true
        ORDER BY o.mention_no
        """

    /// $1 most pairs. What workers have found.
    static let found = """
        DELETE FROM near_found WHERE ctid = ANY (ARRAY(SELECT ctid FROM near_found LIMIT $1))
        RETURNING text_hash, other_hash, jaccard
        """

    /// $1 standing clusters. Their mentions as they are counted, with the text where it is the one counted.
    static let members = """
        SELECT r.canonical_no, CASE WHEN m.text_hash = c.text_hash THEN m.text END, \(CountedMention.columns("c"))
        FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT canonical_no FROM copy_cluster r WHERE r.cluster_no = u.no OFFSET 0) AS r
        CROSS JOIN LATERAL (
            SELECT cm.mention_no FROM copy_member cm
            WHERE cm.cluster_no = ANY (ARRAY(
                SELECT u.no UNION ALL SELECT k.cluster_no FROM copy_cluster k WHERE k.parent_no = u.no))
            OFFSET 0) AS cm
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = cm.mention_no OFFSET 0) AS c
        -- Of one that is gone there is no text.
        LEFT JOIN LATERAL (
            SELECT text_hash, text FROM mention m WHERE m.mention_no = cm.mention_no OFFSET 0) AS m ON true
        JOIN source s ON s.source_no = c.source_no
        ORDER BY c.mention_no
        """

    /// $1 mentions. Their states as they are counted.
    static let states = """
        SELECT \(CountedMention.columns("c"))
        FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = u.no OFFSET 0) AS c
        JOIN source s ON s.source_no = c.source_no
        """

    /// $1 texts.
    static let spans = """
        SELECT t.text_hash, t.slot, t.mention_no, t.cluster_no, t.first_at, t.last_at
        FROM unnest($1::bigint[]) AS u (hash)
        CROSS JOIN LATERAL (SELECT * FROM text_span t WHERE t.text_hash = u.hash OFFSET 0) AS t
        ORDER BY 1, 2
        """

    /// $1 texts. What is near them.
    static let neighbours = """
        SELECT n.text_hash, n.other_hash
        FROM unnest($1::bigint[]) AS u (hash)
        CROSS JOIN LATERAL (SELECT * FROM near_text n WHERE n.text_hash = u.hash OFFSET 0) AS n
        """

    /// $1 clusters, standing or not.
    static let clusters = """
        SELECT k.cluster_no, r.cluster_no, r.size, r.last_at, r.canonical_no, r.first_at, s.name, r.canonical_native_id,
               r.canonical_source_no
        FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT * FROM copy_cluster k WHERE k.cluster_no = u.no OFFSET 0) AS k
        CROSS JOIN LATERAL (
            SELECT * FROM copy_cluster r WHERE r.cluster_no = coalesce(k.parent_no, k.cluster_no) OFFSET 0) AS r
        JOIN source s ON s.source_no = r.canonical_source_no
        """

    static let newClusters = """
        SELECT nextval(pg_get_serial_sequence('mention_store.copy_cluster', 'cluster_no')) FROM generate_series(1, $1)
        """

    // MARK: - What a step writes

    /// $1 texts, $2 mentions, $3 times, by text. The first of a text is a row and no more. Says which were.
    static let firstSpans = """
        INSERT INTO text_span (text_hash, slot, mention_no, first_at, last_at)
        SELECT u.hash, 0, u.no, u.at, u.at
        FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS u (hash, no, at)
        ON CONFLICT DO NOTHING RETURNING text_hash
        """

    /// $1 texts, $2 mentions: mentions that were alone with their text and leave it.
    static let dropLoneSpans = """
        DELETE FROM text_span t USING unnest($1::bigint[], $2::bigint[]) AS u (hash, no)
        WHERE t.text_hash = u.hash AND t.mention_no = u.no AND t.cluster_no IS NULL
        """

    /// $1 standing clusters, $2 the texts of their mentions: takes the clusters apart.
    static let dissolve: [(name: String, sql: String)] = [
        (
            "drop members",
            """
            DELETE FROM copy_member m
            USING (SELECT no FROM unnest($1::bigint[]) AS u (no)
                   UNION ALL
                   SELECT k.cluster_no FROM unnest($1::bigint[]) AS u (no) JOIN copy_cluster k ON k.parent_no = u.no
                  ) AS k (no)
            WHERE m.cluster_no = k.no
            """
        ),
        (
            "drop spans of clusters",
            """
            DELETE FROM text_span t USING unnest($2::bigint[]) AS u (hash)
            WHERE t.text_hash = u.hash
              AND t.cluster_no IN (SELECT no FROM unnest($1::bigint[]) AS c (no)
                                   UNION ALL
                                   SELECT k.cluster_no FROM unnest($1::bigint[]) AS c (no)
                                   JOIN copy_cluster k ON k.parent_no = c.no)
            """
        ),
        (
            "drop clusters",
            """
            DELETE FROM copy_cluster c
            USING (SELECT no FROM unnest($1::bigint[]) AS u (no)
                   UNION ALL
                   SELECT k.cluster_no FROM unnest($1::bigint[]) AS u (no) JOIN copy_cluster k ON k.parent_no = u.no
                  ) AS k (no)
            WHERE c.cluster_no = k.no
            """
        ),
    ]

    /// $1 texts.
    static let closeSlots = """
        WITH least AS (
            SELECT t.text_hash, min(t.slot) AS slot
            FROM unnest($1::bigint[]) AS u (hash) JOIN text_span t ON t.text_hash = u.hash
            GROUP BY 1 HAVING min(t.slot) > 0)
        UPDATE text_span t SET slot = 0 FROM least l WHERE t.text_hash = l.text_hash AND t.slot = l.slot
        """

    /// $1 texts, $2 others, $3 similarities: each pair both ways.
    static let keepPairs = """
        INSERT INTO near_text (text_hash, other_hash, jaccard)
        SELECT DISTINCT ON (1, 2) one, other, jaccard
        FROM (SELECT a, b, j FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS u (a, b, j)
              UNION ALL
              SELECT b, a, j FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS u (a, b, j)
             ) AS p (one, other, jaccard)
        ORDER BY 1, 2
        ON CONFLICT DO NOTHING
        """

    /// $1 texts that mentions have left for good: those that nobody has any more leave no trace.
    static let dropNear: [(name: String, sql: String)] = [
        (
            "drop near texts",
            """
            WITH lost AS MATERIALIZED (
                SELECT u.hash FROM unnest($1::bigint[]) AS u (hash)
                WHERE NOT EXISTS (SELECT FROM text_span t WHERE t.text_hash = u.hash)
            ), one AS (
                DELETE FROM near_text n USING lost WHERE n.text_hash = lost.hash RETURNING n.text_hash, n.other_hash
            )
            DELETE FROM near_text n USING one WHERE n.text_hash = one.other_hash AND n.other_hash = one.text_hash
            """
        ),
        (
            "drop found pairs",
            """
            DELETE FROM near_found n USING unnest($1::bigint[]) AS u (hash)
            WHERE u.hash IN (n.text_hash, n.other_hash)
              AND NOT EXISTS (SELECT FROM text_span t WHERE t.text_hash = u.hash)
            """
        ),
    ]

    static func write(_ settlement: CopySettlement, sources: [String: Int32]) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        func add(_ name: String, _ sql: String, _ isEmpty: Bool, _ parameters: @autoclosure () -> [PostgresParameter]) {
            if !isEmpty { statements.append(PostgresStatement(name, sql, parameters())) }
        }
        let (gone, spans, clusters) = (settlement.goneSpans, settlement.spans, settlement.clusters)
        add(
            "drop spans",
            """
            DELETE FROM text_span t USING unnest($1::bigint[], $2::smallint[]) AS u (hash, slot)
            WHERE t.text_hash = u.hash AND t.slot = u.slot
            """,
            gone.isEmpty,
            [.int8Array(gone.map { Int64(bitPattern: $0.textHash) }), .int2Array(gone.map(\.slot))]
        )
        add(
            "write spans",
            """
            INSERT INTO text_span AS t (text_hash, slot, mention_no, cluster_no, first_at, last_at)
            SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::timestamptz[],
                                 $6::timestamptz[])
            ON CONFLICT (text_hash, slot) DO UPDATE SET mention_no = excluded.mention_no,
                cluster_no = excluded.cluster_no, first_at = excluded.first_at, last_at = excluded.last_at
            """,
            spans.isEmpty,
            [
                .int8Array(spans.map { Int64(bitPattern: $0.textHash) }), .int2Array(spans.map(\.slot)),
                .int8Array(spans.map(\.mention)), .int8Array(spans.map(\.cluster)),
                .timestamptzArray(spans.map(\.first.microseconds)), .timestamptzArray(spans.map(\.last.microseconds)),
            ]
        )
        add(
            "write clusters",
            """
            INSERT INTO copy_cluster AS c (cluster_no, size, canonical_no, canonical_source_no, canonical_native_id,
                first_at, last_at) OVERRIDING SYSTEM VALUE
            SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::text[],
                                 $6::timestamptz[], $7::timestamptz[])
            ON CONFLICT (cluster_no) DO UPDATE SET size = excluded.size, canonical_no = excluded.canonical_no,
                canonical_source_no = excluded.canonical_source_no,
                canonical_native_id = excluded.canonical_native_id, first_at = excluded.first_at,
                last_at = excluded.last_at
            """,
            clusters.isEmpty,
            [
                .int8Array(clusters.map(\.number)), .int4Array(clusters.map { Int32(clamping: $0.size) }),
                .int8Array(clusters.map(\.canonical.mention)),
                .int4Array(clusters.map { sources[$0.canonical.source] ?? 0 }),
                .textArray(clusters.map(\.canonical.nativeID)),
                .timestamptzArray(clusters.map(\.canonical.publishedAt.microseconds)),
                .timestamptzArray(clusters.map(\.lastAt.microseconds)),
            ]
        )
        // The children of what has merged go along: one step leads to the standing one.
        add(
            "merge clusters",
            """
            UPDATE copy_cluster c SET parent_no = u.parent
            FROM (SELECT p.child AS no, p.parent
                  FROM unnest($1::bigint[], $2::bigint[]) AS p (child, parent)
                  UNION ALL
                  SELECT k.cluster_no, p.parent
                  FROM unnest($1::bigint[], $2::bigint[]) AS p (child, parent)
                  JOIN copy_cluster k ON k.parent_no = p.child) AS u
            WHERE c.cluster_no = u.no
            """,
            settlement.merges.isEmpty,
            [.int8Array(settlement.merges.map(\.child)), .int8Array(settlement.merges.map(\.parent))]
        )
        add(
            "write members",
            "INSERT INTO copy_member (mention_no, cluster_no) SELECT * FROM unnest($1::bigint[], $2::bigint[])",
            settlement.members.isEmpty,
            [.int8Array(settlement.members.map(\.mention)), .int8Array(settlement.members.map(\.cluster))]
        )
        return statements
    }
}
