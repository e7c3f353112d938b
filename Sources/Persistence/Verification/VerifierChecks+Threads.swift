extension CheckQuery {
    static let threads = [
        CheckQuery(
            name: "threads",
            holds: "each related mention hangs on what it points at, or waits for it",
            sql: """
                WITH revised AS MATERIALIZED (
                    SELECT DISTINCT ON (mention_no) * FROM mention_revised ORDER BY mention_no, revision_no
                ), counted AS MATERIALIZED (
                    SELECT m.mention_no, m.source_no, m.native_id,
                           CASE WHEN r.mention_no IS NULL THEN m.published_at ELSE r.published_at END AS published_at,
                           CASE WHEN r.mention_no IS NULL THEN m.author_no ELSE r.author_no END AS author_no,
                           CASE WHEN r.mention_no IS NULL THEN m.sentiment ELSE r.sentiment END AS sentiment,
                           CASE WHEN r.mention_no IS NULL THEN m.brands ELSE r.brands END AS brands,
                           CASE WHEN r.mention_no IS NULL THEN m.in_reply_to ELSE r.in_reply_to END AS in_reply_to,
                           CASE WHEN r.mention_no IS NULL THEN m.repost_of ELSE r.repost_of END AS repost_of,
                           CASE WHEN r.mention_no IS NULL THEN m.conversation ELSE r.conversation END AS conversation
                    FROM mention m LEFT JOIN revised r USING (mention_no)
                    WHERE m.mention_no <= (SELECT related_no FROM related_mark)
                    UNION ALL
                    SELECT g.mention_no, g.source_no, g.native_id, r.published_at, r.author_no, r.sentiment, r.brands,
                           r.in_reply_to, r.repost_of, r.conversation
                    FROM mention_gone g JOIN revised r USING (mention_no)
                    WHERE g.mention_no <= (SELECT related_no FROM related_mark)
                ), pointer AS MATERIALIZED (
                    SELECT c.*, p.kind, p.id
                    FROM counted c
                    CROSS JOIN LATERAL (VALUES
                        (0::smallint, coalesce(c.in_reply_to, CASE WHEN c.repost_of IS NULL THEN c.conversation END)),
                        (1::smallint, c.repost_of),
                        (2::smallint, CASE WHEN coalesce(c.in_reply_to, c.repost_of) IS NOT NULL
                                            AND c.conversation IS DISTINCT FROM c.in_reply_to
                                            AND c.conversation IS DISTINCT FROM c.repost_of
                                           THEN c.conversation END)) AS p (kind, id)
                    WHERE p.id <> c.native_id
                ), fresh AS MATERIALIZED (
                    SELECT c.mention_no AS child_no, c.kind, p.mention_no AS parent_no,
                           thread_key(c.source_no, c.id) AS parent_key, c.author_no, c.published_at AS child_at,
                           p.author_no AS parent_author_no, p.published_at AS parent_at, c.sentiment AS child_sentiment,
                           p.sentiment AS parent_sentiment, c.brands AS child_brands, p.brands AS parent_brands
                    FROM pointer c LEFT JOIN counted p ON p.source_no = c.source_no AND p.native_id = c.id
                ), due AS MATERIALIZED (
                    -- Parents whose children the step has not all looked at.
                    SELECT parent_no FROM thread_due
                ), unfinished AS MATERIALIZED (
                    SELECT child_no, kind FROM fresh WHERE parent_no IN (SELECT parent_no FROM due)
                    UNION ALL
                    SELECT child_no, kind FROM thread_link WHERE parent_no IN (SELECT parent_no FROM due)
                    UNION ALL
                    -- Links with mentions that were dropped stay while the other end is there.
                    SELECT l.child_no, l.kind FROM thread_link l
                    JOIN mention_dropped d ON l.parent_no >= d.lower_no AND l.parent_no < d.upper_no
                                           OR l.child_no >= d.lower_no AND l.child_no < d.upper_no
                ), horizon AS MATERIALIZED (
                    -- Mentions below it wait for nobody any more, and may have missed their parent.
                    SELECT below_no FROM wait_horizon
                )
                SELECT format('mention %s, kind %s, on %s', child_no, kind, parent_no)
                FROM (SELECT coalesce(f.child_no, l.child_no) AS child_no, coalesce(f.kind, l.kind) AS kind,
                             coalesce(f.parent_no, l.parent_no) AS parent_no, l.child_no IS NOT NULL AS is_stored
                      FROM (SELECT * FROM fresh WHERE parent_no IS NOT NULL) AS f
                      FULL JOIN thread_link l
                        ON l.child_no = f.child_no AND l.kind = f.kind AND l.parent_no = f.parent_no
                      WHERE (l.author_no, l.child_at, l.parent_author_no, l.parent_at, l.child_sentiment,
                             l.parent_sentiment, l.child_brands, l.parent_brands) IS DISTINCT FROM
                            (f.author_no, f.child_at, f.parent_author_no, f.parent_at, f.child_sentiment,
                             f.parent_sentiment, f.child_brands, f.parent_brands)) AS wrong
                WHERE (child_no, kind) NOT IN (SELECT child_no, kind FROM unfinished)
                  AND (is_stored OR child_no >= (SELECT below_no FROM horizon))
                UNION ALL
                SELECT format('mention %s, kind %s, waits for %s', child_no, kind, parent_key)
                FROM (SELECT parent_key, child_no, kind FROM fresh WHERE parent_no IS NULL) AS f
                FULL JOIN (SELECT parent_key, child_no, kind, true AS is_stored FROM thread_wait) AS w
                    USING (parent_key, child_no, kind)
                WHERE (w.is_stored IS NULL AND child_no >= (SELECT below_no FROM horizon)
                       OR (parent_key, child_no, kind) NOT IN (SELECT parent_key, child_no, kind FROM fresh
                                                               WHERE parent_no IS NULL))
                  AND (child_no, kind) NOT IN (SELECT child_no, kind FROM unfinished)
                UNION ALL
                SELECT format('parent %s is left over at rest', parent_no)
                FROM due WHERE (SELECT goal_no IS NULL FROM related_mark)
                """
        ),
        CheckQuery(
            name: "thread-sums",
            holds: "what authors did in threads is the fold of all links, by person",
            sql: """
                WITH link AS (
                    SELECT l.*, coalesce(c.person_no, l.author_no) AS person_no, c.place
                    FROM thread_link l
                    LEFT JOIN person c ON c.author_no = l.author_no
                    LEFT JOIN person p ON p.author_no = l.parent_author_no
                    WHERE l.kind <> 2
                      AND coalesce(c.person_no, l.author_no) <> coalesce(p.person_no, l.parent_author_no)
                ), first AS MATERIALIZED (
                    SELECT DISTINCT ON (parent_no, kind, person_no) * FROM link
                    ORDER BY parent_no, kind, person_no, child_at, child_sentiment DESC NULLS LAST, child_brands, place,
                             child_no
                ), part AS (
                    SELECT b.no AS brand_no, day_of(child_at) AS day, author_no, 1 AS dialogues,
                           CASE WHEN parent_brands <> '{}' AND parent_sentiment = -1 AND child_sentiment = 1
                                THEN 1 ELSE 0 END AS defences,
                           0 AS replies_got, 0 AS reposts_got
                    FROM first
                    CROSS JOIN LATERAL unnest(
                        CASE WHEN parent_brands = '{}' THEN child_brands ELSE parent_brands END) AS b (no)
                    WHERE kind = 0
                    UNION ALL
                    SELECT b.no, day_of(parent_at), parent_author_no, 0, 0, 1 - kind, kind
                    FROM first CROSS JOIN LATERAL unnest(parent_brands) AS b (no)
                )
                SELECT format('brand %s, day %s, author %s', brand_no, day, author_no)
                FROM thread_ledger l
                FULL JOIN (SELECT brand_no, day, author_no, sum(dialogues) AS dialogues, sum(defences) AS defences,
                                  sum(replies_got) AS replies_got, sum(reposts_got) AS reposts_got
                           FROM part GROUP BY 1, 2, 3) AS f USING (brand_no, day, author_no)
                WHERE day NOT IN (SELECT s.day FROM sealed_day s)
                  AND (l.dialogues, l.defences, l.replies_got, l.reposts_got) IS DISTINCT FROM
                      (f.dialogues, f.defences, f.replies_got, f.reposts_got)
                """
        ),
    ]
}
