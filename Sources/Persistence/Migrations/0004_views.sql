-- The views of the contract, section 3. Columns may be added at the end, never taken away.

CREATE FUNCTION sentiment_name(sentiment smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE sentiment WHEN -1 THEN 'negative' WHEN 0 THEN 'neutral' WHEN 1 THEN 'positive' END;

CREATE FUNCTION intent_names(intents smallint) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN intents = 0 THEN '{}'::text[] ELSE array_remove(ARRAY[
    CASE WHEN intents & 1 <> 0 THEN 'complaint' END, CASE WHEN intents & 2 <> 0 THEN 'suggestion' END,
    CASE WHEN intents & 4 <> 0 THEN 'question' END, CASE WHEN intents & 8 <> 0 THEN 'request' END,
    CASE WHEN intents & 16 <> 0 THEN 'praise' END, CASE WHEN intents & 32 <> 0 THEN 'purchase' END,
    CASE WHEN intents & 64 <> 0 THEN 'threat' END], NULL) END;

-- The public name of a cluster: 16 hex digits of a hash of its canonical's source and id.
CREATE FUNCTION cluster_name(source text, native_id text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(md5(source || ':' || native_id), 16);

-- The words of a mention as the text index of closed partitions holds them, and a search for words in them. Case is
-- folded by ICU, so that it is the same whatever the database's locale. A title is bounded only by the record: a
-- megabyte of it would be more than a tsvector can hold, so its first 4,096 characters count.
CREATE FUNCTION mention_words(title text, text text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.simple'::regconfig, lower((coalesce(left(title, 4096) || ' ', '') || text) COLLATE "und-x-icu"));

CREATE FUNCTION words_query(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN plainto_tsquery('pg_catalog.simple'::regconfig, lower(words COLLATE "und-x-icu"));

CREATE VIEW mention_farm.mention AS
SELECT s.name AS source,
       m.native_id,
       ARRAY(SELECT b.name FROM brand b WHERE b.brand_no = ANY (m.brands) ORDER BY b.name)::text[] AS brands,
       a.author_key AS author_id,
       a.handle AS author_handle,
       a.name AS author_name,
       m.published_at,
       m.ingested_at,
       m.title,
       m.text,
       m.lang,
       m.url,
       m.in_reply_to,
       m.repost_of,
       m.conversation,
       m.likes,
       m.reposts,
       m.replies,
       sentiment_name(m.sentiment) AS sentiment,
       m.sentiment_score / 10000.0::double precision AS sentiment_score,
       CASE m.emotion WHEN 0 THEN 'anger' WHEN 1 THEN 'joy' WHEN 2 THEN 'optimism' WHEN 3 THEN 'sadness' END
           AS emotion,
       intent_names(m.intents) AS intents,
       m.irony / 10000.0::double precision AS irony,
       m.offensive / 10000.0::double precision AS offensive,
       m.spam / 10000.0::double precision AS spam,
       cluster_name(coalesce(cs.name, s.name), coalesce(c.canonical_native_id, m.native_id)) AS cluster_id,
       coalesce(c.canonical_no <> m.mention_no, false) AS is_copy,
       v.version AS model_version,
       t.name AS kafka_topic,
       m.kafka_partition,
       m.kafka_offset,
       m.mention_no,
       m.followers AS author_followers,
       m.incarnation AS kafka_incarnation
FROM mention m
LEFT JOIN source s ON s.source_no = m.source_no
LEFT JOIN author a ON a.author_no = m.author_no
LEFT JOIN model v ON v.model_no = m.model_no
LEFT JOIN topic t ON t.topic_no = m.topic_no
LEFT JOIN copy_member cm ON cm.mention_no = m.mention_no
LEFT JOIN copy_cluster c ON c.cluster_no = cm.cluster_no
LEFT JOIN source cs ON cs.source_no = c.canonical_source_no;

COMMENT ON VIEW mention_farm.mention IS 'The standing version of each mention, one row per source and native id.';
COMMENT ON COLUMN mention_farm.mention.author_id IS 'author.id of the event, or author.handle where there is none.';
COMMENT ON COLUMN mention_farm.mention.brands IS 'Sorted by name; empty where no brand was found.';
COMMENT ON COLUMN mention_farm.mention.sentiment IS 'negative, neutral or positive; null where the model can''t read the language.';
COMMENT ON COLUMN mention_farm.mention.sentiment_score IS '-1 … 1; 0 where sentiment is null.';
COMMENT ON COLUMN mention_farm.mention.emotion IS 'anger, joy, optimism or sadness; null: no model says yet.';
COMMENT ON COLUMN mention_farm.mention.irony IS '0 … 1; null: no model says yet.';
COMMENT ON COLUMN mention_farm.mention.offensive IS '0 … 1; null: no model says yet.';
COMMENT ON COLUMN mention_farm.mention.spam IS '0 … 1; null: no model says yet.';
COMMENT ON COLUMN mention_farm.mention.intents IS 'Of complaint, suggestion, question, request, praise, purchase, threat; empty where none.';
COMMENT ON COLUMN mention_farm.mention.cluster_id IS 'Hash of the source and id of the cluster''s canonical mention, which is this one where it stands alone. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.mention.is_copy IS 'Whether it is in a cluster and not its canonical. False until related; see progress.related_through.';
COMMENT ON COLUMN mention_farm.mention.mention_no IS 'Number in order of arrival, with gaps; differs from one database to the next.';

CREATE VIEW mention_farm.cluster AS
SELECT cluster_name(s.name, c.canonical_native_id) AS cluster_id,
       ARRAY(SELECT b.name FROM brand b WHERE b.brand_no IN (
                 SELECT unnest(m.brands) FROM copy_member cm JOIN mention m USING (mention_no)
                 WHERE cm.cluster_no = c.cluster_no)
             ORDER BY b.name)::text[] AS brands,
       c.size,
       (SELECT count(DISTINCT m.author_no) FROM copy_member cm JOIN mention m USING (mention_no)
        WHERE cm.cluster_no = c.cluster_no) AS authors,
       s.name AS canonical_source,
       c.canonical_native_id,
       c.first_at,
       c.last_at
FROM copy_cluster c JOIN source s ON s.source_no = c.canonical_source_no;

COMMENT ON VIEW mention_farm.cluster IS 'Groups of two or more mentions with one text, once case, space, handles, links and repost marks are normalised.';
COMMENT ON COLUMN mention_farm.cluster.authors IS 'Counted when asked, as brands are: name the columns you need.';
COMMENT ON COLUMN mention_farm.cluster.canonical_native_id IS 'The mention with the least (published_at, source, id).';

CREATE VIEW mention_farm.sentiment_by_hour AS
SELECT b.name AS brand,
       to_timestamp(h.hour::bigint * 3600) AS hour,
       h.mentions, h.positive, h.neutral, h.negative, h.unknown,
       coalesce(c.copies, 0)::bigint AS copies
FROM (SELECT brand_no, hour, sum(mentions) AS mentions, sum(positive) AS positive, sum(neutral) AS neutral,
             sum(negative) AS negative, sum(unknown) AS unknown
      FROM hour_sum GROUP BY brand_no, hour HAVING sum(mentions) > 0) AS h
JOIN brand b USING (brand_no)
LEFT JOIN hour_copy c USING (brand_no, hour);

COMMENT ON VIEW mention_farm.sentiment_by_hour IS 'Mentions per brand and hour of published_at, UTC. positive + neutral + negative + unknown = mentions.';
COMMENT ON COLUMN mention_farm.sentiment_by_hour.copies IS 'Of the mentions, those that are copies. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.sentiment_by_hour.unknown IS 'Of the mentions, those whose language the model can''t read.';

CREATE VIEW mention_farm.triage AS
SELECT NULL::text AS source, NULL::text AS native_id, NULL::text AS brand, NULL::text AS team, NULL::text AS action,
       NULL::integer AS priority, NULL::text AS reason, NULL::text AS status, NULL::timestamptz AS due_at
WHERE false;

COMMENT ON VIEW mention_farm.triage IS 'Mentions that ask for action. Empty: its maker is still to come.';

CREATE VIEW mention_farm.dead_letter AS
SELECT d.dead_letter_no AS id,
       t.name AS kafka_topic,
       d.kafka_partition, d.kafka_offset, d.reason, d.detail, d.payload, d.status, d.first_seen_at,
       d.consumer_group, d.incarnation AS kafka_incarnation, d.payload_bytes, d.payload_sha256, d.record_timestamp
FROM dead_letter_record d LEFT JOIN topic t USING (topic_no);

COMMENT ON VIEW mention_farm.dead_letter IS 'Records that could not be read, with the reason.';
COMMENT ON COLUMN mention_farm.dead_letter.payload IS 'The record as it was, up to 1 MiB; else its head, with payload_bytes and payload_sha256 of the whole. Null for a tombstone.';

CREATE VIEW mention_farm.progress AS
SELECT p.consumer_group, t.name AS topic, p.partition, p.next_offset, p.records, p.new_mentions, p.redeliveries,
       p.revisions, p.dead_letters, p.paused, p.owner, p.epoch, p.advanced_at, r.next_offset AS related_through,
       p.incarnation
FROM partition_progress p
LEFT JOIN topic t USING (topic_no)
LEFT JOIN related_through r ON (r.consumer_group, r.topic_no, r.partition, r.incarnation)
                           = (p.consumer_group, p.topic_no, p.partition, p.incarnation);

COMMENT ON VIEW mention_farm.progress IS 'Where each consumer group stands in each partition. records = new_mentions + redeliveries + revisions + dead_letters.';
COMMENT ON COLUMN mention_farm.progress.next_offset IS 'The offset to read next: all before it have had their effect.';
COMMENT ON COLUMN mention_farm.progress.related_through IS 'What relates mentions to each other is exact for all offsets below this one. Null until the first time.';
COMMENT ON COLUMN mention_farm.progress.paused IS 'Why the partition stands still; null when it does not.';
COMMENT ON COLUMN mention_farm.progress.owner IS 'The worker that holds the partition; null when it was given back.';

-- Bounds of a share p that was seen in n trials: Wilson, JASA 22 (1927); z > 0 gives the upper bound, z < 0 the lower.
CREATE FUNCTION wilson_bound(p double precision, n double precision, z double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n > 0 THEN greatest(0, least(1,
                (p + z * z / (2 * n) + z * sqrt(greatest(0, p * (1 - p) / n + z * z / (4 * n * n)))) / (1 + z * z / n)))
            WHEN z > 0 THEN 1 ELSE 0 END;

-- The advocate score, from the ledger. Its parts, each 0 … 1:
--   weight of a day  w = 2^(-age / 30 days), in whole millionths, so that sums come out the same in any order; days in
--                    the future count as today
--   opinions         positive, neutral and negative mentions that are not copies: a repeated text is one opinion
--   positivity       the share p of positive opinions, a neutral one counting half, by weight
--   n                min(Σw, (Σw)² / Σw²) over the opinions: what the weighted sample is worth
--   confidence       Wilson bounds of p with n and z = 1.96
--   presence         M / (M + 3), M the weighted number of mentions
--   reach            log10(1 + followers) / 7, at most 1; followers: the mean of the latest day that knows them
--   amplification    A / (A + 10), A the weighted likes / 4 + reposts + replies, of a day at most a billion
--   dialogue         share of answers
--   defence          0: its maker is still to come
--   originality      1 - share of copies
--   constancy        weeks with a mention, of the last eight
--   score            100 × confidence_lower × (0.4 + 0.2 presence + 0.15 reach + 0.1 amplification + 0.05 dialogue
--                    + 0.05 defence + 0.05 constancy) × (0.5 + 0.5 originality)
--   band             advocate: confidence_lower ≥ 0.65; supporter: ≥ 0.5; critic: confidence_upper ≤ 0.5; else neutral.
--                    Little or old evidence makes the bounds wide and the band neutral.
CREATE VIEW mention_farm.advocate AS
SELECT q.brand, s.name AS source, a.author_key AS author_id, a.handle AS author_handle,
       100 * q.confidence_lower
           * (0.4 + 0.2 * q.presence + 0.15 * q.reach + 0.1 * q.amplification + 0.05 * q.dialogue + 0.05 * q.constancy)
           * (0.5 + 0.5 * q.originality) AS score,
       CASE WHEN q.confidence_lower >= 0.65 THEN 'advocate' WHEN q.confidence_lower >= 0.5 THEN 'supporter'
            WHEN q.confidence_upper <= 0.5 THEN 'critic' ELSE 'neutral' END AS band,
       q.mentions, q.positive, q.negative, q.followers, q.reach, q.amplification, q.dialogue,
       0::double precision AS defence, q.originality, q.constancy, q.presence, q.confidence_lower, q.confidence_upper,
       q.first_at, q.last_at, q.positivity, q.neutral, q.unknown, q.copies, a.name AS author_name
FROM (
    SELECT x.*,
           wilson_bound(x.positivity, x.n, -1.96) AS confidence_lower,
           wilson_bound(x.positivity, x.n, 1.96) AS confidence_upper
    FROM (
        SELECT g.brand, g.author_no, g.mentions, g.positive, g.neutral, g.negative, g.unknown, g.copies, g.first_at,
               g.last_at, g.followers,
               CASE WHEN g.w > 0 THEN g.w_good / (2 * g.w) ELSE 0.5 END AS positivity,
               CASE WHEN g.w2 > 0 THEN least(g.w, g.w * g.w / g.w2) ELSE 0 END AS n,
               g.w_mentions / (g.w_mentions + 3) AS presence,
               least(1, log(1 + coalesce(g.followers, 0)::double precision) / 7) AS reach,
               g.w_amplified / (g.w_amplified + 10) AS amplification,
               g.answers::double precision / g.mentions AS dialogue,
               1 - least(g.copies, g.mentions)::double precision / g.mentions AS originality,
               bit_count(g.weeks::bit(8)) / 8.0::double precision AS constancy
        FROM (
            SELECT b.name AS brand, l.author_no,
                   sum(l.mentions) AS mentions, sum(l.positive) AS positive, sum(l.neutral) AS neutral,
                   sum(l.negative) AS negative, sum(l.unknown) AS unknown, sum(l.copies) AS copies,
                   sum(l.answers) AS answers, min(l.first_at) AS first_at, max(l.last_at) AS last_at,
                   (max(ARRAY[l.day, l.followers_sum / nullif(l.followers_known, 0)])
                        FILTER (WHERE l.followers_known > 0))[2] AS followers,
                   sum(d.w * o.opinions)::double precision / 1e6 AS w,
                   sum(d.w * d.w * o.opinions)::double precision / 1e12 AS w2,
                   sum(d.w * (o.opinions + o.positive - o.negative))::double precision / 1e6 AS w_good,
                   sum(d.w * l.mentions)::double precision / 1e6 AS w_mentions,
                   sum(d.w * (least(l.likes, 1000000000) / 4 + least(l.reposts, 1000000000)
                              + least(l.replies, 1000000000)))::double precision / 1e6 AS w_amplified,
                   coalesce(bit_or(1 << (d.age / 7)) FILTER (WHERE d.age < 56), 0) AS weeks
            FROM ledger l
            JOIN brand b USING (brand_no)
            CROSS JOIN LATERAL (SELECT greatest(0, day_of(now()) - l.day) AS age) AS e
            CROSS JOIN LATERAL (
                SELECT e.age, round(1e6::double precision * power(2::double precision, -e.age / 30.0))::bigint AS w) AS d
            CROSS JOIN LATERAL (
                SELECT greatest(0, l.positive - l.copies_positive) AS positive,
                       greatest(0, l.negative - l.copies_negative) AS negative,
                       greatest(0, l.positive - l.copies_positive) + greatest(0, l.negative - l.copies_negative)
                           + greatest(0, l.neutral - greatest(0, l.copies - l.copies_positive - l.copies_negative))
                           AS opinions) AS o
            WHERE l.mentions > 0
            GROUP BY b.brand_no, b.name, l.author_no) AS g) AS x) AS q
JOIN author a USING (author_no)
LEFT JOIN source s USING (source_no);

COMMENT ON VIEW mention_farm.advocate IS 'What each author is worth to each brand today. Ask with WHERE brand = …: scores are computed when asked.';
COMMENT ON COLUMN mention_farm.advocate.score IS '0 … 100: 100 × confidence_lower × (0.4 + 0.2 presence + 0.15 reach + 0.1 amplification + 0.05 dialogue + 0.05 defence + 0.05 constancy) × (0.5 + 0.5 originality).';
COMMENT ON COLUMN mention_farm.advocate.band IS 'advocate: confidence_lower ≥ 0.65; supporter: ≥ 0.5; critic: confidence_upper ≤ 0.5; else neutral.';
COMMENT ON COLUMN mention_farm.advocate.mentions IS 'All mentions, copies included, as are positive, neutral, negative and unknown.';
COMMENT ON COLUMN mention_farm.advocate.defence IS 'Positive replies under negative mentions of the brand. 0: its maker is still to come.';
COMMENT ON COLUMN mention_farm.advocate.followers IS 'The mean of the latest day on which an event told them; null where none did.';
COMMENT ON COLUMN mention_farm.advocate.confidence_lower IS 'Wilson''s lower bound of the weighted share of positive opinions (z = 1.96); a mention loses half its weight in 30 days.';
COMMENT ON COLUMN mention_farm.advocate.positivity IS 'The weighted share itself, a neutral opinion counting half.';
