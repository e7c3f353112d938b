internal import Advocacy

/// One thing that must hold: a query that finds what breaks it, as one text per finding. Keys only, no mention's text.
struct CheckQuery: Sendable {
    var name: String
    var holds: String
    var sql: String
}

extension CheckQuery {
    /// All checks, cheap ones first.
    static let all = counters + positions + models + sums + hours + relations + threads + persons + triage

    private static let counters = [
        CheckQuery(
            name: "partition-sums",
            holds: "in each partition records = new + redelivered + revisions + dead letters",
            sql: """
                SELECT format('%s/%s/%s: %s records, %s effects', consumer_group, topic_no, partition, records,
                              new_mentions + redeliveries + revisions + dead_letters)
                FROM partition_progress
                WHERE records <> new_mentions + redeliveries + revisions + dead_letters
                """
        ),
        CheckQuery(
            name: "new-mentions",
            holds: "as many new mentions counted as there are identities",
            sql: """
                SELECT format('%s counted, %s identities', counted, stored)
                FROM (SELECT coalesce(sum(new_mentions), 0) AS counted FROM partition_progress) AS p,
                     (SELECT count(*) AS stored FROM mention_identity) AS i
                WHERE counted <> stored
                """
        ),
        CheckQuery(
            name: "revisions",
            holds: "as many revisions counted as there are further bodies",
            sql: """
                SELECT format('%s counted, %s bodies', counted, stored)
                FROM (SELECT coalesce(sum(revisions), 0) AS counted FROM partition_progress) AS p,
                     (SELECT count(*) AS stored FROM mention_body) AS b
                WHERE counted <> stored
                """
        ),
        CheckQuery(
            name: "dead-letters",
            holds: "as many dead letters counted as there are, but for those that were redriven",
            sql: """
                SELECT format('%s: %s counted, %s stored', consumer_group, counted, stored)
                FROM (SELECT consumer_group, sum(dead_letters) AS counted FROM partition_progress GROUP BY 1) AS p
                FULL JOIN (SELECT consumer_group, count(*) AS stored FROM dead_letter_record
                           WHERE status <> 'redriven' GROUP BY 1) AS d
                    USING (consumer_group)
                WHERE coalesce(counted, 0) <> coalesce(stored, 0)
                """
        ),
        CheckQuery(
            name: "dead-letter-audit",
            holds: "each dead letter that was redriven or discarded has one line in the audit that says so",
            sql: """
                SELECT format('dead letter %s: %s, audit %s', coalesce(d.dead_letter_no, a.dead_letter_no),
                              coalesce(d.result, '–'), coalesce(a.results, '–'))
                FROM (SELECT dead_letter_no, coalesce(outcome, status) AS result FROM dead_letter_record
                      WHERE status <> 'open') AS d
                FULL JOIN (SELECT dead_letter_no, string_agg(result, ',') AS results FROM dead_letter_audit
                           WHERE result IN ('new', 'redelivered', 'revision', 'discarded') GROUP BY 1) AS a
                    USING (dead_letter_no)
                WHERE d.result IS DISTINCT FROM a.results
                """
        ),
    ]

    private static let positions = [
        CheckQuery(
            name: "identities",
            holds: "each mention has one identity with its number, and each identity its mention unless that is gone",
            sql: """
                SELECT coalesce(m.mention_no || ': no identity', i.mention_no || ': no mention')
                FROM mention m
                FULL JOIN mention_identity i ON i.mention_no = m.mention_no
                WHERE m.mention_no IS NULL
                      -- What was forgotten leaves an identity that names nobody.
                      AND i.native_id !~ '^forgotten:[0-9a-f]{64}$'
                      AND EXISTS (SELECT FROM mention_partition p
                                  WHERE i.mention_no >= p.lower_no AND i.mention_no < p.upper_no)
                   OR i.mention_no IS NULL
                   OR (i.source_no, i.native_id) <> (m.source_no, m.native_id)
                """
        ),
        CheckQuery(
            name: "numbers",
            holds: "each mention lies in its partition, and its number was taken",
            sql: """
                SELECT format('%s: %s…%s', name, least_no, greatest_no)
                FROM (SELECT tableoid::regclass::text AS name, min(mention_no) AS least_no,
                             max(mention_no) AS greatest_no
                      FROM mention GROUP BY tableoid) AS t
                WHERE greatest_no > last_number()
                   OR NOT EXISTS (SELECT FROM mention_partition p
                                  WHERE t.name ~ ('mention_0*' || p.partition_no || '$')
                                    AND t.least_no >= p.lower_no AND t.greatest_no < p.upper_no)
                """
        ),
        CheckQuery(
            name: "names",
            holds: "source, author, topic, model and brands of each mention exist, and its brands are in order",
            sql: """
                SELECT m.mention_no::text
                FROM mention m
                LEFT JOIN source s USING (source_no)
                LEFT JOIN author a USING (author_no)
                LEFT JOIN topic t USING (topic_no)
                LEFT JOIN model v USING (model_no)
                WHERE s.source_no IS NULL OR a.author_no IS NULL OR t.topic_no IS NULL OR v.model_no IS NULL
                   OR a.source_no <> m.source_no
                UNION ALL
                SELECT array_to_string(brands, ',')
                FROM (SELECT DISTINCT brands FROM mention) AS m
                WHERE cardinality(brands) <> (SELECT count(*) FROM brand b WHERE b.brand_no = ANY (m.brands))
                   OR brands <> ARRAY(SELECT b FROM unnest(brands) AS u (b) ORDER BY b)
                """
        ),
        CheckQuery(
            name: "one-record-one-mention",
            holds: "no two mentions come from one record",
            sql: """
                SELECT format('%s/%s@%s (incarnation %s)', topic_no, kafka_partition, kafka_offset, incarnation)
                FROM mention GROUP BY topic_no, kafka_partition, kafka_offset, incarnation HAVING count(*) > 1
                """
        ),
        CheckQuery(
            name: "one-record-one-effect",
            holds: "no record is both a mention and a dead letter that nobody redrove",
            sql: """
                SELECT format('%s/%s@%s (incarnation %s)', topic_no, kafka_partition, kafka_offset, incarnation)
                FROM mention m
                JOIN (SELECT topic_no, kafka_partition, kafka_offset, incarnation
                      FROM dead_letter_record GROUP BY 1, 2, 3, 4
                      -- Another group's letter of the same record may still be open.
                      HAVING NOT bool_or(status = 'redriven')) AS d
                USING (topic_no, kafka_partition, kafka_offset, incarnation)
                """
        ),
        CheckQuery(
            name: "offsets",
            holds: "no mention comes from a record that no group has passed",
            sql: """
                SELECT format('%s/%s@%s: next is %s', m.topic_no, m.kafka_partition, m.kafka_offset, p.next_offset)
                FROM (SELECT topic_no, kafka_partition, incarnation, max(kafka_offset) AS kafka_offset
                      FROM mention GROUP BY 1, 2, 3) AS m
                LEFT JOIN (SELECT topic_no, partition, max(incarnation) AS incarnation, max(next_offset) AS next_offset
                           FROM partition_progress GROUP BY 1, 2) AS p
                    ON p.topic_no = m.topic_no AND p.partition = m.kafka_partition
                WHERE p.incarnation IS NULL OR m.incarnation > p.incarnation
                   OR m.incarnation = p.incarnation AND m.kafka_offset >= coalesce(p.next_offset, 0)
                """
        ),
    ]

    private static let models = [
        CheckQuery(
            name: "verdicts",
            holds: "scores and probabilities are in range, and where there is no sentiment there is no other feeling",
            sql: """
                SELECT mention_no::text FROM mention
                WHERE sentiment NOT IN (-1, 0, 1) OR sentiment_score NOT BETWEEN -10000 AND 10000
                   OR emotion NOT BETWEEN 0 AND 3 OR irony NOT BETWEEN 0 AND 10000
                   OR offensive NOT BETWEEN 0 AND 10000 OR spam NOT BETWEEN 0 AND 10000
                   OR sentiment IS NULL AND (sentiment_score <> 0 OR emotion IS NOT NULL)
                """
        ),
        CheckQuery(
            name: "reclassify-places",
            holds: "each reclassification under way has a model and a brand, and has not passed the last number",
            sql: """
                SELECT format('model %s, brand %s, since %s: after %s', r.model_no, r.brand_no, r.since, r.after_no)
                FROM reclassify r
                WHERE r.after_no > last_number() OR r.changed > r.examined
                   OR NOT EXISTS (SELECT FROM model v WHERE v.model_no = r.model_no)
                   OR r.brand_no <> 0 AND NOT EXISTS (SELECT FROM brand b WHERE b.brand_no = r.brand_no)
                """
        ),
    ]

    private static let sums = [
        CheckQuery(
            name: "ledger",
            holds: "each ledger row is the fold of its mentions, but on days of which some were dropped",
            sql: """
                SELECT format('brand %s, day %s, author %s', coalesce(l.brand_no, f.brand_no), coalesce(l.day, f.day),
                              coalesce(l.author_no, f.author_no))
                FROM (SELECT * FROM ledger WHERE mentions <> 0 OR copies = 0) AS l
                FULL JOIN (
                    SELECT b.brand_no, day_of(published_at) AS day, author_no, count(*) AS mentions,
                           count(*) FILTER (WHERE sentiment = 1) AS positive,
                           count(*) FILTER (WHERE sentiment = 0) AS neutral,
                           count(*) FILTER (WHERE sentiment = -1) AS negative,
                           count(*) FILTER (WHERE sentiment IS NULL) AS unknown,
                           count(in_reply_to) AS answers, count(repost_of) AS passed_on,
                           count(followers) AS followers_known,
                           count(*) FILTER (WHERE is_set_aside(spam, offensive)) AS set_aside,
                           count(*) FILTER (WHERE is_set_aside(spam, offensive) AND sentiment = 1)
                               AS set_aside_positive,
                           count(*) FILTER (WHERE is_set_aside(spam, offensive) AND sentiment = -1)
                               AS set_aside_negative,
                           coalesce(sum(sentiment_score) FILTER (WHERE sentiment IS NOT NULL), 0) AS score_sum,
                           sum(least(likes, \(Contribution.largestAddend))) AS likes,
                           sum(least(reposts, \(Contribution.largestAddend))) AS reposts,
                           sum(least(replies, \(Contribution.largestAddend))) AS replies,
                           coalesce(sum(least(followers, \(Contribution.largestAddend)))
                                        FILTER (WHERE followers IS NOT NULL), 0) AS followers_sum,
                           min(published_at) AS first_at, max(published_at) AS last_at
                    FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no) GROUP BY 1, 2, 3) AS f
                USING (brand_no, day, author_no)
                WHERE day NOT IN (SELECT s.day FROM sealed_day s)
                  AND (l.brand_no IS NULL OR f.brand_no IS NULL
                       OR (l.mentions, l.positive, l.neutral, l.negative, l.unknown, l.answers, l.passed_on,
                           l.followers_known, l.score_sum, l.likes, l.reposts, l.replies, l.followers_sum, l.first_at,
                           l.last_at, l.set_aside, l.set_aside_positive, l.set_aside_negative) IS DISTINCT FROM
                          (f.mentions, f.positive, f.neutral, f.negative, f.unknown, f.answers, f.passed_on,
                           f.followers_known, f.score_sum, f.likes, f.reposts, f.replies, f.followers_sum, f.first_at,
                           f.last_at, f.set_aside, f.set_aside_positive, f.set_aside_negative))
                """
        )
    ]
}
