internal import Advocacy

extension CheckQuery {
    /// What is counted by hour, and what follows from that.
    static let hours = [
        CheckQuery(
            name: "hours",
            holds: "each brand's hour on a source is the fold of its mentions, label by label",
            sql: """
                SELECT format('brand %s, hour %s, source %s', coalesce(h.brand_no, f.brand_no),
                              coalesce(h.hour, f.hour), coalesce(h.source_no, f.source_no))
                FROM (SELECT brand_no, hour, source_no, \(columns { "sum(\($0)) AS \($0)" })
                      FROM hour_sum GROUP BY 1, 2, 3
                      HAVING (\(columns { "sum(\($0))" })) <> (\(columns { _ in "0" }))) AS h
                FULL JOIN (
                    SELECT b.brand_no, hour_of(published_at) AS hour, source_no, count(*) AS mentions,
                           count(*) FILTER (WHERE sentiment = 1) AS positive,
                           count(*) FILTER (WHERE sentiment = 0) AS neutral,
                           count(*) FILTER (WHERE sentiment = -1) AS negative,
                           count(*) FILTER (WHERE sentiment IS NULL) AS unknown,
                           count(*) FILTER (WHERE emotion = 0) AS anger,
                           count(*) FILTER (WHERE emotion = 1) AS joy,
                           count(*) FILTER (WHERE emotion = 2) AS optimism,
                           count(*) FILTER (WHERE emotion = 3) AS sadness,
                           count(*) FILTER (WHERE intents & 1 <> 0) AS complaint,
                           count(*) FILTER (WHERE intents & 2 <> 0) AS suggestion,
                           count(*) FILTER (WHERE intents & 4 <> 0) AS question,
                           count(*) FILTER (WHERE intents & 8 <> 0) AS request,
                           count(*) FILTER (WHERE intents & 16 <> 0) AS praise,
                           count(*) FILTER (WHERE intents & 32 <> 0) AS purchase,
                           count(*) FILTER (WHERE intents & 64 <> 0) AS threat,
                           count(*) FILTER (WHERE irony >= \(HourLabels.threshold)) AS ironic,
                           count(*) FILTER (WHERE offensive >= \(HourLabels.threshold)) AS offensive,
                           count(*) FILTER (WHERE spam >= \(HourLabels.threshold)) AS spam
                    FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no) GROUP BY 1, 2, 3) AS f
                USING (brand_no, hour, source_no)
                WHERE hour / 24 NOT IN (SELECT s.day FROM sealed_day s)
                  AND (h.brand_no IS NULL OR f.brand_no IS NULL
                       OR (\(columns { "h.\($0)" })) <> (\(columns { "f.\($0)" })))
                """
        ),
        CheckQuery(
            name: "wishes",
            holds: "the wishes are the mentions with the intent to suggest",
            sql: """
                SELECT format('brand %s, hour %s, mention %s', brand_no, hour, mention_no)
                FROM (SELECT brand_no, hour, mention_no, true AS is_stored FROM wish_mention) AS w
                FULL JOIN (SELECT b.brand_no, hour_of(published_at) AS hour, mention_no, true AS is_meant
                           FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no)
                           WHERE intents & 2 <> 0) AS m
                USING (brand_no, hour, mention_no)
                WHERE is_stored IS NULL OR is_meant IS NULL
                """
        ),
        CheckQuery(
            name: "signals",
            holds: "each signal's value is the hour's negative mentions, unless it is to be judged again",
            sql: """
                SELECT format('brand %s, hour %s: %s, counted %s', g.brand_no, g.hour, g.value, h.negative)
                FROM signal g
                LEFT JOIN (SELECT brand_no, hour, sum(negative) AS negative FROM hour_sum GROUP BY 1, 2) AS h
                    USING (brand_no, hour)
                LEFT JOIN signal_due d ON d.brand_no = g.brand_no AND d.from_hour <= g.hour
                WHERE g.value IS DISTINCT FROM h.negative AND d.brand_no IS NULL
                  AND g.brand_no NOT IN (SELECT brand_no FROM signal_touched)
                """
        ),
    ]

    private static func columns(_ each: (String) -> String) -> String {
        HourWriting.counted.map(each).joined(separator: ", ")
    }
}
