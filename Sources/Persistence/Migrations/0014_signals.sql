-- Signals: sums of every label by source, hours in which a brand's negative mentions stand out, wishes, share of voice.

-- The hourly sums get a source and a column for each label. Rows that are there are counted again from the mentions, which
-- is exact: a batch that has changed mentions and not yet its hours waits for this lock, and is then refused, since its
-- worker is of an older version; its mentions go with it.
LOCK TABLE hour_sum IN ACCESS EXCLUSIVE MODE;
TRUNCATE hour_sum;
ALTER TABLE hour_sum
    DROP CONSTRAINT hour_sum_pkey,
    ADD COLUMN source_no integer NOT NULL,
    ADD COLUMN anger integer NOT NULL,       -- emotions: at most one a mention
    ADD COLUMN joy integer NOT NULL,
    ADD COLUMN optimism integer NOT NULL,
    ADD COLUMN sadness integer NOT NULL,
    ADD COLUMN complaint integer NOT NULL,   -- intents: any number a mention
    ADD COLUMN suggestion integer NOT NULL,
    ADD COLUMN question integer NOT NULL,
    ADD COLUMN request integer NOT NULL,
    ADD COLUMN praise integer NOT NULL,
    ADD COLUMN purchase integer NOT NULL,
    ADD COLUMN threat integer NOT NULL,
    ADD COLUMN ironic integer NOT NULL,      -- probability of 0.5 or more, as the next two
    ADD COLUMN offensive integer NOT NULL,
    ADD COLUMN spam integer NOT NULL,
    ADD PRIMARY KEY (brand_no, hour, source_no, slot);

-- One pass over the mentions, and a sort of what it comes to.
SET LOCAL work_mem = '128MB';
SET LOCAL jit = off;
INSERT INTO hour_sum (brand_no, hour, source_no, slot, mentions, positive, neutral, negative, unknown, anger, joy,
    optimism, sadness, complaint, suggestion, question, request, praise, purchase, threat, ironic,
    offensive, spam)
SELECT b.brand_no, hour_of(published_at), source_no, 0,
       count(*),
       count(*) FILTER (WHERE sentiment = 1),
       count(*) FILTER (WHERE sentiment = 0),
       count(*) FILTER (WHERE sentiment = -1),
       count(*) FILTER (WHERE sentiment IS NULL),
       count(*) FILTER (WHERE emotion = 0),
       count(*) FILTER (WHERE emotion = 1),
       count(*) FILTER (WHERE emotion = 2),
       count(*) FILTER (WHERE emotion = 3),
       count(*) FILTER (WHERE intents & 1 <> 0),
       count(*) FILTER (WHERE intents & 2 <> 0),
       count(*) FILTER (WHERE intents & 4 <> 0),
       count(*) FILTER (WHERE intents & 8 <> 0),
       count(*) FILTER (WHERE intents & 16 <> 0),
       count(*) FILTER (WHERE intents & 32 <> 0),
       count(*) FILTER (WHERE intents & 64 <> 0),
       count(*) FILTER (WHERE irony >= 5000),
       count(*) FILTER (WHERE offensive >= 5000),
       count(*) FILTER (WHERE spam >= 5000)
FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- Mentions with the intent to suggest, for each of their brands, written in the transaction of the batch. They are a few
-- in a hundred, and the newest mentions have no index by which they could be found.
CREATE TABLE wish_mention (
    brand_no integer NOT NULL,
    hour integer NOT NULL,               -- of published_at
    mention_no bigint NOT NULL,
    PRIMARY KEY (brand_no, hour, mention_no)
);
INSERT INTO wish_mention
SELECT b.brand_no, hour_of(published_at), mention_no
FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no)
WHERE intents & 2 <> 0 ORDER BY 1, 2, 3;

CREATE VIEW mention_farm.labels_by_hour AS
SELECT b.name AS brand, s.name AS source, to_timestamp(h.hour::bigint * 3600) AS hour, l.label, l.mentions
FROM (SELECT brand_no, hour, source_no,
             sum(positive) AS positive,
             sum(neutral) AS neutral,
             sum(negative) AS negative,
             sum(unknown) AS unknown,
             sum(anger) AS anger,
             sum(joy) AS joy,
             sum(optimism) AS optimism,
             sum(sadness) AS sadness,
             sum(complaint) AS complaint,
             sum(suggestion) AS suggestion,
             sum(question) AS question,
             sum(request) AS request,
             sum(praise) AS praise,
             sum(purchase) AS purchase,
             sum(threat) AS threat,
             sum(ironic) AS ironic,
             sum(offensive) AS offensive,
             sum(spam) AS spam
      FROM hour_sum GROUP BY brand_no, hour, source_no HAVING sum(mentions) > 0) AS h
JOIN brand b USING (brand_no)
JOIN source s USING (source_no)
CROSS JOIN LATERAL (VALUES
    ('positive', h.positive),
    ('neutral', h.neutral),
    ('negative', h.negative),
    ('unknown', h.unknown),
    ('anger', h.anger),
    ('joy', h.joy),
    ('optimism', h.optimism),
    ('sadness', h.sadness),
    ('complaint', h.complaint),
    ('suggestion', h.suggestion),
    ('question', h.question),
    ('request', h.request),
    ('praise', h.praise),
    ('purchase', h.purchase),
    ('threat', h.threat),
    ('ironic', h.ironic),
    ('offensive', h.offensive),
    ('spam', h.spam)
) AS l (label, mentions)
WHERE l.mentions > 0;

COMMENT ON VIEW mention_farm.labels_by_hour IS 'Mentions per brand, source, hour of published_at (UTC) and label; a mention has several labels.';
COMMENT ON COLUMN mention_farm.labels_by_hour.label IS 'Sentiment: positive, neutral, negative, unknown. Emotion: anger, joy, optimism, sadness. Intent: complaint, suggestion, question, request, praise, purchase, threat. Probability of 0.5 or more: ironic, offensive, spam.';

-- Weeks begin on Monday, UTC, and have the name of ISO 8601. Hour 0 was on a Thursday.
CREATE FUNCTION week_of_hour(hour integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN floor((hour + 72) / 168.0)::integer;

CREATE FUNCTION week_start(week integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_timestamp((week::bigint * 168 - 72) * 3600);

CREATE FUNCTION week_name(week integer) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(week_start(week) AT TIME ZONE 'UTC', 'IYYY-"W"IW');

CREATE VIEW mention_farm.share_of_voice AS
SELECT b.name AS brand, week_name(w.week) AS week, week_start(w.week) AS week_start, w.mentions,
       w.mentions / sum(w.mentions) OVER (PARTITION BY w.week)::double precision AS share,
       w.positive / w.mentions::double precision AS positive_share,
       w.negative / w.mentions::double precision AS negative_share
FROM (SELECT brand_no, week_of_hour(hour) AS week, sum(mentions) AS mentions, sum(positive) AS positive,
             sum(negative) AS negative
      FROM hour_sum WHERE brand_no IN (SELECT brand_no FROM brand WHERE registered)
      GROUP BY 1, 2 HAVING sum(mentions) > 0) AS w
JOIN brand b USING (brand_no);

COMMENT ON VIEW mention_farm.share_of_voice IS 'How much of what is said of the registered brands is said of each, by week. Reads all hourly sums.';
COMMENT ON COLUMN mention_farm.share_of_voice.week IS 'ISO 8601, such as 2026-W47: Monday to Sunday, UTC.';
COMMENT ON COLUMN mention_farm.share_of_voice.share IS 'Of all mentions of registered brands in the week, 0 … 1. A mention of two brands counts for both.';

-- The report folds wishes in the same way, for a week.
CREATE VIEW mention_farm.wish AS
SELECT b.name AS brand, cluster_name(s.name, m.native_id) AS cluster_id, s.name AS canonical_source,
       m.native_id AS canonical_native_id, m.text, w.mentions, w.authors, w.reach, w.first_at, w.last_at, w.echo
FROM brand b
CROSS JOIN LATERAL (
    SELECT coalesce(a.cluster_no, 0) AS cluster_no, min(a.first_no) AS first_no, sum(a.mentions)::bigint AS mentions,
           count(*) AS authors, sum(a.followers)::bigint AS reach, sum(a.echo)::bigint AS echo,
           min(a.first_at) AS first_at, max(a.last_at) AS last_at
    FROM (SELECT coalesce(j.parent_no, j.cluster_no) AS cluster_no,
                 CASE WHEN j.cluster_no IS NULL THEN m.mention_no END AS alone_no,
                 m.author_no, min(m.mention_no) AS first_no, count(*) AS mentions,
                 coalesce(max(m.followers), 0) AS followers, sum(m.likes + m.reposts) AS echo,
                 min(m.published_at) AS first_at, max(m.published_at) AS last_at
          FROM wish_mention n
          -- OFFSET 0: look-ups by key, whatever the planner thinks of the number of wishes.
          CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = n.mention_no OFFSET 0) AS m
          LEFT JOIN LATERAL (SELECT k.cluster_no, k.parent_no FROM copy_member cm JOIN copy_cluster k USING (cluster_no)
                             WHERE cm.mention_no = n.mention_no OFFSET 0) AS j ON true
          WHERE n.brand_no = b.brand_no
          GROUP BY 1, 2, 3) AS a
    GROUP BY a.cluster_no, a.alone_no) AS w
LEFT JOIN LATERAL (SELECT c.canonical_no FROM copy_cluster c WHERE c.cluster_no = w.cluster_no OFFSET 0) AS c ON true
CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = coalesce(c.canonical_no, w.first_no) OFFSET 0) AS m
JOIN source s ON s.source_no = m.source_no;

COMMENT ON VIEW mention_farm.wish IS 'Suggestions, those with the same words as one. Ask for one brand: the time goes with the number of its wishes.';
COMMENT ON COLUMN mention_farm.wish.cluster_id IS 'As in the view mention. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.wish.text IS 'Of the canonical mention.';
COMMENT ON COLUMN mention_farm.wish.mentions IS 'Mentions of the brand in the cluster that the model reads as a suggestion.';
COMMENT ON COLUMN mention_farm.wish.authors IS 'Of these mentions.';
COMMENT ON COLUMN mention_farm.wish.reach IS 'Sum of the followers of these authors, where known: of each the greatest number seen here, once.';
COMMENT ON COLUMN mention_farm.wish.echo IS 'Likes and reposts of these mentions.';

-- Signals.

-- When a signal is one. One row.
CREATE TABLE signal_setting (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    threshold double precision NOT NULL DEFAULT 5 CHECK (threshold BETWEEN 1 AND 1000),
    minimum integer NOT NULL DEFAULT 10 CHECK (minimum BETWEEN 1 AND 1000000000),       -- mentions in the hour
    cooldown_hours integer NOT NULL DEFAULT 6 CHECK (cooldown_hours BETWEEN 0 AND 168),
    baseline_hours integer NOT NULL DEFAULT 672 CHECK (baseline_hours BETWEEN 24 AND 8760)
);
INSERT INTO signal_setting DEFAULT VALUES;

-- Hours to judge anew, told by whoever writes hourly sums, in the same transaction; brand 0 stands for how far a batch
-- came. It has no index, and is nearly always empty.
CREATE TABLE signal_touched (
    brand_no integer NOT NULL,
    hour integer NOT NULL
);

-- From where on a brand is still to be judged.
CREATE TABLE signal_due (
    brand_no integer PRIMARY KEY,
    from_hour integer NOT NULL,
    to_hour integer NOT NULL             -- the last one that was touched
);

-- How far the data has come, and up to where (exclusive) hours were judged last. One row.
CREATE TABLE signal_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    newest_hour integer,
    horizon_hour integer
);
INSERT INTO signal_clock DEFAULT VALUES;

CREATE TABLE signal (
    brand_no integer NOT NULL,
    signal text COLLATE "C" NOT NULL CHECK (signal IN ('negative_spike')),
    hour integer NOT NULL,
    value integer NOT NULL,
    baseline double precision NOT NULL,
    z double precision NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (brand_no, signal, hour)
);

INSERT INTO lease (name, expires_at) VALUES ('signals', '-infinity');

-- Takes in what was told, and says what is to be judged and how: within the caller's transaction, under the lease of this
-- owner on this connection. No row where the lease is not held.
--
-- An hour is judged when it is over: when mentions of a later one have come, or, if none came at all since the last
-- time, when it is over by the clock. What is dated in the future says nothing of that. `mode`:
--   'told'   as above
--   'quiet'  nothing more will come: by the clock
--   'again'  goes on with what was left over the last time
CREATE FUNCTION signals_begin(
    me text, mode text, OUT horizon integer, OUT threshold double precision, OUT minimum integer,
    OUT cooldown_hours integer, OUT baseline_hours integer, OUT has_outbox boolean
) RETURNS SETOF record LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    newest integer;
    present integer := hour_of(clock_timestamp());
BEGIN
    PERFORM 1 FROM lease WHERE name = 'signals' AND owner = me AND backend_pid = pg_backend_pid()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH told AS (
        DELETE FROM signal_touched RETURNING brand_no, hour
    ), due AS (
        INSERT INTO signal_due AS d (brand_no, from_hour, to_hour)
        SELECT brand_no, min(hour), max(hour) FROM told WHERE brand_no <> 0 GROUP BY 1 ORDER BY 1
        ON CONFLICT (brand_no) DO UPDATE SET from_hour = least(d.from_hour, excluded.from_hour),
            to_hour = greatest(d.to_hour, excluded.to_hour)
    )
    SELECT max(hour) INTO newest FROM told;
    UPDATE signal_clock c
    SET newest_hour = greatest(c.newest_hour, least(newest, present)),
        horizon_hour = CASE WHEN mode = 'again' AND c.horizon_hour IS NOT NULL THEN c.horizon_hour
                            WHEN mode = 'quiet' OR newest IS NULL THEN present
                            ELSE greatest(c.newest_hour, least(newest, present)) END
    RETURNING c.horizon_hour INTO horizon;
    SELECT s.threshold, s.minimum, s.cooldown_hours, s.baseline_hours
    INTO threshold, minimum, cooldown_hours, baseline_hours FROM signal_setting s;
    has_outbox := to_regclass('mention_store.outbox') IS NOT NULL;
    RETURN NEXT;
END $$;

CREATE VIEW mention_farm.signal AS
SELECT b.name AS brand, g.signal, g.value, g.baseline, g.z, to_timestamp(g.hour::bigint * 3600) AS window_start,
       to_timestamp((g.hour::bigint + 1) * 3600) AS window_end, g.detected_at
FROM signal g JOIN brand b USING (brand_no);

COMMENT ON VIEW mention_farm.signal IS 'Hours that stand out, the first of each wave.';
COMMENT ON COLUMN mention_farm.signal.signal IS 'negative_spike: far more negative mentions of the brand than it is used to.';
COMMENT ON COLUMN mention_farm.signal.value IS 'Negative mentions in the hour.';
COMMENT ON COLUMN mention_farm.signal.baseline IS 'What the brand is used to: the median of hours like this one before it.';
COMMENT ON COLUMN mention_farm.signal.z IS '(value - baseline) / (max(1.4826 × median absolute deviation, √baseline) + 1).';
COMMENT ON COLUMN mention_farm.signal.window_start IS 'The hour of published_at, UTC.';
COMMENT ON COLUMN mention_farm.signal.detected_at IS 'When it was found, by the clock.';
