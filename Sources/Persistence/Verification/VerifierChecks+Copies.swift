extension CheckQuery {
    /// What the background step has counted, by which its tables are judged at any instant.
    private static let counted = """
        WITH RECURSIVE revised AS MATERIALIZED (
            SELECT DISTINCT ON (mention_no) * FROM mention_revised ORDER BY mention_no, revision_no
        ), counted AS MATERIALIZED (
            SELECT m.mention_no, m.source_no, m.native_id,
                   CASE WHEN r.mention_no IS NULL THEN m.text_hash ELSE r.text_hash END AS text_hash,
                   CASE WHEN r.mention_no IS NULL THEN m.published_at ELSE r.published_at END AS published_at,
                   CASE WHEN r.mention_no IS NULL THEN m.author_no ELSE r.author_no END AS author_no,
                   CASE WHEN r.mention_no IS NULL THEN m.sentiment ELSE r.sentiment END AS sentiment,
                   CASE WHEN r.mention_no IS NULL THEN m.brands ELSE r.brands END AS brands,
                   CASE WHEN r.mention_no IS NULL THEN is_set_aside(m.spam, m.offensive) ELSE r.set_aside END
                       AS set_aside
            FROM mention m LEFT JOIN revised r USING (mention_no)
            WHERE m.mention_no <= (SELECT related_no FROM related_mark)
            UNION ALL
            SELECT g.mention_no, g.source_no, g.native_id, r.text_hash, r.published_at, r.author_no, r.sentiment, r.brands,
                   r.set_aside
            FROM mention_gone g JOIN revised r USING (mention_no)
            WHERE g.mention_no <= (SELECT related_no FROM related_mark)
        ), sealed AS MATERIALIZED (
            -- Clusters that have lost mentions, and the texts of those.
            SELECT DISTINCT coalesce(parent_no, cluster_no) AS standing_no FROM copy_cluster WHERE is_sealed
        ), sealed_text AS MATERIALIZED (
            SELECT DISTINCT t.text_hash FROM text_span t JOIN copy_cluster k USING (cluster_no)
            WHERE coalesce(k.parent_no, k.cluster_no) IN (SELECT standing_no FROM sealed)
        ), setting AS MATERIALIZED (
            SELECT make_interval(secs => window_seconds) AS reach FROM copy_setting
        ), member AS MATERIALIZED (
            -- Each in its span: a new one begins where the text was silent for more than the window.
            SELECT c.*, count(*) FILTER (WHERE is_first) OVER of_text AS span_no,
                   coalesce(k.parent_no, k.cluster_no) AS standing_no
            FROM (SELECT c.*, (published_at - lag(published_at) OVER of_text > (SELECT reach FROM setting)) IS NOT FALSE
                             AS is_first
                  FROM counted c
                  WINDOW of_text AS (PARTITION BY text_hash ORDER BY published_at, mention_no)) AS c
            LEFT JOIN copy_member cm USING (mention_no)
            LEFT JOIN copy_cluster k USING (cluster_no)
            WINDOW of_text AS (PARTITION BY c.text_hash ORDER BY c.published_at, c.mention_no)
        ), span AS MATERIALIZED (
            SELECT text_hash, span_no, count(*) AS size, count(standing_no) AS placed, min(standing_no) AS standing_no,
                   min(standing_no) IS DISTINCT FROM max(standing_no) AS is_torn, min(published_at) AS first_at,
                   max(published_at) AS last_at
            FROM member GROUP BY text_hash, span_no
        ), near AS MATERIALIZED (
            SELECT one.text_hash, one.span_no, one.standing_no, other.text_hash AS other_hash,
                   other.span_no AS other_no, other.standing_no AS other_standing
            -- In this order: a planner without statistics would compare the times of all spans with each other first.
            FROM (SELECT * FROM near_text JOIN span USING (text_hash) OFFSET 0) AS one
            JOIN span other ON other.text_hash = one.other_hash
            WHERE one.first_at <= other.last_at + (SELECT reach FROM setting)
              AND other.first_at <= one.last_at + (SELECT reach FROM setting)
        ), fresh AS MATERIALIZED (
            SELECT DISTINCT ON (m.standing_no) m.standing_no, m.mention_no AS canonical_no, m.native_id, m.text_hash,
                   m.span_no, m.published_at AS first_at, count(*) OVER whole AS size,
                   max(m.published_at) OVER whole AS last_at
            FROM member m JOIN source s USING (source_no)
            WHERE m.standing_no IS NOT NULL
            WINDOW whole AS (PARTITION BY m.standing_no)
            ORDER BY m.standing_no, m.published_at, s.name, m.native_id
        )
        """

    static let relations = [
        CheckQuery(
            name: "spans",
            holds: "each stretch of a text is in one cluster or, with one mention, in none, and stored as it is",
            sql: counted + """
                SELECT format('text %s at %s', coalesce(s.text_hash, t.text_hash), coalesce(s.first_at, t.first_at))
                FROM span s
                FULL JOIN (SELECT t.*, coalesce(k.parent_no, k.cluster_no) AS standing_no
                           FROM text_span t LEFT JOIN copy_cluster k USING (cluster_no)) AS t
                    ON t.text_hash = s.text_hash AND t.first_at = s.first_at
                WHERE coalesce(s.text_hash, t.text_hash) NOT IN (SELECT text_hash FROM sealed_text)
                  AND (s.text_hash IS NULL OR t.text_hash IS NULL OR s.last_at <> t.last_at OR s.is_torn
                       OR s.standing_no IS DISTINCT FROM t.standing_no OR s.placed NOT IN (0, s.size)
                       OR s.placed = 0 AND s.size > 1 OR t.cluster_no IS NOT NULL AND t.standing_no IS NULL)
                UNION ALL
                SELECT format('text %s has no first slot', text_hash)
                FROM text_span GROUP BY text_hash HAVING min(slot) <> 0
                """
        ),
        CheckQuery(
            name: "clusters",
            holds: "clusters are those of a fresh grouping of all that is related",
            sql: counted + """
                , reached AS (
                    -- A cluster of one span needs no steps.
                    SELECT f.standing_no, f.text_hash, f.span_no FROM fresh f
                    UNION
                    SELECT r.standing_no, n.other_hash, n.other_no
                    FROM reached r JOIN near n USING (text_hash, span_no) WHERE n.other_standing = r.standing_no
                )
                SELECT format('cluster %s of %s', coalesce(f.standing_no, c.cluster_no),
                              coalesce(f.canonical_no, c.canonical_no))
                FROM fresh f
                FULL JOIN (SELECT * FROM copy_cluster WHERE parent_no IS NULL) AS c ON c.cluster_no = f.standing_no
                WHERE coalesce(f.standing_no, c.cluster_no) NOT IN (SELECT standing_no FROM sealed)
                  AND (f.standing_no IS NULL OR c.cluster_no IS NULL OR c.size < 2
                       OR (f.size, f.canonical_no, f.native_id, f.first_at, f.last_at) <>
                          (c.size, c.canonical_no, c.canonical_native_id, c.first_at, c.last_at))
                UNION ALL
                SELECT format('texts %s and %s are near and apart', text_hash, other_hash)
                FROM near WHERE standing_no IS NULL OR standing_no IS DISTINCT FROM other_standing
                UNION ALL
                SELECT format('text %s is in cluster %s without being near', s.text_hash, s.standing_no)
                FROM span s LEFT JOIN reached r USING (standing_no, text_hash, span_no)
                WHERE s.standing_no IS NOT NULL AND s.standing_no NOT IN (SELECT standing_no FROM sealed)
                  AND r.text_hash IS NULL
                UNION ALL
                SELECT format('mention %s is in cluster %s and not counted', cm.mention_no, cm.cluster_no)
                FROM copy_member cm LEFT JOIN counted c USING (mention_no) WHERE c.mention_no IS NULL
                UNION ALL
                SELECT format('cluster %s leads to %s, which does not stand', k.cluster_no, k.parent_no)
                FROM copy_cluster k LEFT JOIN copy_cluster r ON r.cluster_no = k.parent_no AND r.parent_no IS NULL
                WHERE k.parent_no IS NOT NULL AND r.cluster_no IS NULL
                UNION ALL
                SELECT format('texts %s and %s are near one way', n.text_hash, n.other_hash)
                FROM near_text n
                LEFT JOIN near_text b ON b.text_hash = n.other_hash AND b.other_hash = n.text_hash
                WHERE b.text_hash IS NULL
                """
        ),
        CheckQuery(
            name: "copies",
            holds: "copies in ledger and hours are the fold of all that is related",
            sql: counted + """
                , copied AS MATERIALIZED (
                    SELECT b.brand_no, m.published_at, m.author_no, m.sentiment, m.set_aside
                    FROM member m JOIN fresh f USING (standing_no)
                    LEFT JOIN (SELECT s.standing_no, k.canonical_no AS stored_no
                               FROM sealed s JOIN copy_cluster k ON k.cluster_no = s.standing_no) AS k
                        USING (standing_no)
                    CROSS JOIN LATERAL unnest(m.brands) AS b (brand_no)
                    WHERE m.mention_no <> coalesce(k.stored_no, f.canonical_no))
                SELECT format('brand %s, day %s, author %s', coalesce(l.brand_no, f.brand_no), coalesce(l.day, f.day),
                              coalesce(l.author_no, f.author_no))
                FROM (SELECT brand_no, day, author_no, copies, copies_positive, copies_negative FROM ledger
                      WHERE copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0) AS l
                FULL JOIN (SELECT brand_no, day_of(published_at) AS day, author_no, count(*) AS copies,
                                  count(*) FILTER (WHERE sentiment = 1) AS copies_positive,
                                  count(*) FILTER (WHERE sentiment = -1) AS copies_negative
                           FROM copied WHERE NOT set_aside GROUP BY 1, 2, 3) AS f USING (brand_no, day, author_no)
                WHERE day NOT IN (SELECT d.day FROM sealed_day d)
                  AND (l.copies, l.copies_positive, l.copies_negative) IS DISTINCT FROM
                      (f.copies, f.copies_positive, f.copies_negative)
                UNION ALL
                SELECT format('brand %s, hour %s', coalesce(h.brand_no, f.brand_no), coalesce(h.hour, f.hour))
                FROM hour_copy h
                FULL JOIN (SELECT brand_no, hour_of(published_at) AS hour, count(*) AS copies
                           FROM copied GROUP BY 1, 2) AS f USING (brand_no, hour)
                WHERE h.copies IS DISTINCT FROM f.copies AND hour / 24 NOT IN (SELECT d.day FROM sealed_day d)
                """
        ),
        CheckQuery(
            name: "related-through",
            holds: "nothing is related that has not been read",
            sql: """
                SELECT format('%s/%s/%s: related %s, next %s', consumer_group, topic_no, partition, r.next_offset,
                              p.next_offset)
                FROM related_through r LEFT JOIN partition_progress p USING (consumer_group, topic_no, partition)
                WHERE p.epoch IS NULL OR r.incarnation = p.incarnation AND r.next_offset > p.next_offset
                UNION ALL
                SELECT format('related up to %s, last number %s', related_no, last_number())
                FROM related_mark WHERE related_no > last_number()
                """
        ),
    ]
}
