/// The statements of a week's report. $1 is the brand, $2 the first hour of the week, unless said otherwise.
enum WeekSQL {
    private static let counted = ["mentions", "positive", "neutral", "negative", "unknown"]

    /// The counts of the week, then of the one before. `first` stands for the week's first hour.
    private static func pairs(_ first: String) -> String {
        [">=", "<"].flatMap { side in
            counted.map {
                "coalesce(sum(h.\($0)) FILTER (WHERE h.hour \(side) \(first)), 0)::bigint AS \($0)\(side == "<" ? "_before" : "")"
            }
        }.joined(separator: ", ")
    }

    /// By hour of the week; the week before has places below 0.
    static let hours = """
        SELECT h.hour - $2::integer, \(counted.map { "sum(h.\($0))::bigint" }.joined(separator: ", "))
        FROM hour_sum h WHERE h.brand_no = $1::integer AND h.hour >= $2 - 168 AND h.hour < $2 + 168
        GROUP BY 1 ORDER BY 1
        """

    static let sources = """
        SELECT s.name, q.* FROM (
            SELECT \(pairs("$2")), h.source_no
            FROM hour_sum h WHERE h.brand_no = $1::integer AND h.hour >= $2::integer - 168 AND h.hour < $2 + 168
            GROUP BY h.source_no) AS q
        JOIN source s USING (source_no)
        WHERE q.mentions > 0 OR q.mentions_before > 0 ORDER BY q.mentions DESC, s.name
        """

    static let labels = """
        SELECT l.label, sum(l.n) FILTER (WHERE h.hour >= $2)::bigint, sum(l.n) FILTER (WHERE h.hour < $2)::bigint
        FROM (SELECT hour, \(HourWriting.counted.dropFirst(5).map { "sum(\($0)) AS \($0)" }.joined(separator: ", "))
              FROM hour_sum WHERE brand_no = $1::integer AND hour >= $2::integer - 168 AND hour < $2 + 168
              GROUP BY hour) AS h
        CROSS JOIN LATERAL (VALUES \(HourWriting.counted.dropFirst(5).map { "('\($0)', h.\($0))" }.joined(separator: ", ")))
            AS l (label, n)
        GROUP BY 1 HAVING sum(l.n) > 0 ORDER BY 2 DESC NULLS LAST, 1
        """

    static let authors = """
        SELECT count(DISTINCT author_no) FILTER (WHERE day >= d.first), count(DISTINCT author_no) FILTER (WHERE day < d.first)
        FROM (SELECT $2::integer / 24 AS first) AS d
        JOIN ledger ON brand_no = $1::integer AND day >= d.first - 7 AND day < d.first + 7 AND mentions > 0
        """

    /// $1 the first hour. A stretch of the key for each brand.
    static let voices = """
        SELECT b.name, q.* FROM brand b
        CROSS JOIN LATERAL (
            SELECT \(pairs("$1"))
            FROM hour_sum h WHERE h.brand_no = b.brand_no AND h.hour >= $1::integer - 168 AND h.hour < $1 + 168 OFFSET 0
        ) AS q
        WHERE b.registered AND (q.mentions > 0 OR q.mentions_before > 0) ORDER BY q.mentions DESC, b.name
        """

    /// From when on hours of the week are to be judged; what is touched counts once it is taken in.
    static let unjudged = """
        SELECT min(hour) FROM (
            SELECT from_hour AS hour FROM signal_due WHERE brand_no = $1::integer
            UNION ALL SELECT hour FROM signal_touched WHERE brand_no = $1) AS d
        WHERE hour < $2::integer + 168
        """

    /// As the view `wish`, of one week.
    static let wishes = """
        WITH found AS MATERIALIZED (
            SELECT w.mention_no, m.author_no, m.followers, j.cluster_no
            FROM wish_mention w
            CROSS JOIN LATERAL (SELECT author_no, followers FROM mention m WHERE m.mention_no = w.mention_no OFFSET 0) AS m
            LEFT JOIN LATERAL (SELECT coalesce(k.parent_no, k.cluster_no) AS cluster_no
                               FROM copy_member cm JOIN copy_cluster k USING (cluster_no)
                               WHERE cm.mention_no = w.mention_no OFFSET 0) AS j ON true
            WHERE w.brand_no = $1::integer AND w.hour >= $2::integer AND w.hour < $2 + 168
        ), folded AS (
            SELECT a.cluster_no, min(a.first_no) AS first_no, sum(a.mentions)::bigint AS mentions, count(*) AS authors,
                   sum(a.followers)::bigint AS reach
            FROM (SELECT cluster_no, CASE WHEN cluster_no IS NULL THEN mention_no END AS alone_no, author_no,
                         min(mention_no) AS first_no, count(*) AS mentions, coalesce(max(followers), 0) AS followers
                  FROM found GROUP BY 1, 2, 3) AS a
            GROUP BY a.cluster_no, a.alone_no
        ), best AS (
            SELECT *, count(*) OVER () AS found FROM folded
            ORDER BY authors DESC, mentions DESC, reach DESC, first_no LIMIT 6
        )
        SELECT cluster_name(s.name, m.native_id), m.text, s.name, m.native_id, b.mentions, b.authors, b.reach, b.found
        FROM best b
        LEFT JOIN LATERAL (SELECT canonical_no FROM copy_cluster c WHERE c.cluster_no = b.cluster_no OFFSET 0) AS c ON true
        CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = coalesce(c.canonical_no, b.first_no) OFFSET 0) AS m
        JOIN source s ON s.source_no = m.source_no
        ORDER BY b.authors DESC, b.mentions DESC, b.reach DESC, b.first_no
        """

    /// The clusters that were alive in the week, the largest first, as many as are looked at to find five of the brand;
    /// their mentions of the brand and the week are counted.
    static let clusters = """
        SELECT cluster_name(s.name, q.canonical_native_id), m.text, s.name, q.canonical_native_id, q.mentions, q.authors,
               NULL::bigint
        FROM (
            SELECT c.canonical_no, c.canonical_source_no, c.canonical_native_id, n.mentions, n.authors
            FROM (SELECT * FROM copy_cluster
                  WHERE parent_no IS NULL AND last_at >= to_timestamp($2::bigint * 3600)
                    AND first_at < to_timestamp(($2::bigint + 168) * 3600)
                  ORDER BY size DESC, first_at, canonical_no LIMIT 2000) AS c
            CROSS JOIN LATERAL (
                SELECT count(*) AS mentions, count(DISTINCT m.author_no) AS authors
                FROM cluster_member cm
                CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = cm.mention_no OFFSET 0) AS m
                WHERE cm.standing_no = c.cluster_no AND m.brands @> ARRAY[$1::integer]
                  AND m.published_at >= to_timestamp($2::bigint * 3600)
                  AND m.published_at < to_timestamp(($2::bigint + 168) * 3600)) AS n
            WHERE n.mentions >= 3
            ORDER BY n.mentions DESC, c.canonical_no LIMIT 5) AS q
        JOIN source s ON s.source_no = q.canonical_source_no
        CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = q.canonical_no OFFSET 0) AS m
        ORDER BY q.mentions DESC, q.canonical_no
        """

    /// $1 the brand's name.
    static let waiting = """
        SELECT team, count(*), count(*) FILTER (WHERE due_at < now()) FROM mention_farm.triage
        WHERE brand = $1 AND status IN ('open', 'claimed') GROUP BY team ORDER BY 2 DESC, 1
        """

    /// $3 the sentiment. By the ledger first: the hundred days of authors that got the most likes and reposts; then their
    /// mentions, found by author.
    static let examples = """
        WITH loud AS MATERIALIZED (
            SELECT author_no, likes + 3 * reposts AS echo FROM ledger
            WHERE brand_no = $1::integer AND day >= $2::integer / 24 AND day < $2 / 24 + 7
              AND CASE WHEN $3::smallint > 0 THEN positive ELSE negative END > 0
            ORDER BY 2 DESC, 1 LIMIT 100
        )
        SELECT s.name, m.native_id, coalesce(a.handle, a.author_key), m.text, m.url, m.published_at, m.likes, m.reposts
        FROM (SELECT DISTINCT ON (author_no, text_hash) * FROM mention
              WHERE author_no = ANY (ARRAY(SELECT author_no FROM loud)) AND brands @> ARRAY[$1] AND sentiment = $3
                AND coalesce(spam, 0) < 5000 AND repost_of IS NULL
                AND published_at >= to_timestamp($2::bigint * 3600)
                AND published_at < to_timestamp(($2::bigint + 168) * 3600)
              ORDER BY author_no, text_hash, likes + 3 * reposts DESC) AS m
        JOIN source s ON s.source_no = m.source_no JOIN author a ON a.author_no = m.author_no
        ORDER BY m.likes + 3 * m.reposts DESC, m.published_at, m.native_id LIMIT 3
        """
}
