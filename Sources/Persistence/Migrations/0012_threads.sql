-- Threads: who answers, passes on, or speaks in the conversation of whom; and what is summed from that.
--
-- The background step of 0009 joins a mention with what it points at once both are counted, whichever came first. All
-- of it is a function of the counted states, so it does not depend on the order of arrival. See docs/conversations.md.

-- What a mention pointed at before a change.
ALTER TABLE mention_revised
    ADD COLUMN in_reply_to text COLLATE "C",
    ADD COLUMN repost_of text COLLATE "C",
    ADD COLUMN conversation text COLLATE "C";

-- As in 0003, with whether the mention is set aside, and what it points at.
CREATE OR REPLACE VIEW mention_counted AS
SELECT m.mention_no, m.source_no, m.native_id,
       CASE WHEN r.mention_no IS NULL THEN m.published_at ELSE r.published_at END AS published_at,
       CASE WHEN r.mention_no IS NULL THEN m.author_no ELSE r.author_no END AS author_no,
       CASE WHEN r.mention_no IS NULL THEN m.text_hash ELSE r.text_hash END AS text_hash,
       CASE WHEN r.mention_no IS NULL THEN m.sentiment ELSE r.sentiment END AS sentiment,
       CASE WHEN r.mention_no IS NULL THEN m.brands ELSE r.brands END AS brands,
       CASE WHEN r.mention_no IS NULL THEN is_set_aside(m.spam, m.offensive) ELSE r.set_aside END AS set_aside,
       CASE WHEN r.mention_no IS NULL THEN m.in_reply_to ELSE r.in_reply_to END AS in_reply_to,
       CASE WHEN r.mention_no IS NULL THEN m.repost_of ELSE r.repost_of END AS repost_of,
       CASE WHEN r.mention_no IS NULL THEN m.conversation ELSE r.conversation END AS conversation
FROM mention m
LEFT JOIN LATERAL (
    SELECT * FROM mention_revised r WHERE r.mention_no = m.mention_no ORDER BY r.revision_no LIMIT 1) AS r ON true;

-- The Monday that begins the week, UTC.
CREATE FUNCTION week_of(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_trunc('week', at AT TIME ZONE 'UTC')::date;

-- A child and what it points at, both counted. A row holds all of both that anything is summed from, so that what a
-- link came to can always be taken back from the row alone.
--
-- Links of one kind, child's author and parent lie together in the order of the key: the first of them is the one that
-- counts.
CREATE TABLE thread_link (
    parent_no bigint NOT NULL,
    kind smallint NOT NULL,              -- 0: the child answers it; 1: passes it on; 2: is in the conversation it began
    author_no bigint NOT NULL,           -- the child's
    child_at timestamptz NOT NULL,
    child_no bigint NOT NULL,
    parent_author_no bigint NOT NULL,
    parent_at timestamptz NOT NULL,
    child_sentiment smallint,
    parent_sentiment smallint,
    child_brands integer[] NOT NULL,
    parent_brands integer[] NOT NULL,
    PRIMARY KEY (parent_no, kind, author_no, child_at, child_no)
) WITH (fillfactor = 90);

-- The answers of an account by week: of what was answered, and of the answer.
CREATE INDEX thread_link_by_answered ON thread_link (author_no, week_of(parent_at))
    WHERE kind = 0 AND parent_brands <> '{}';
CREATE INDEX thread_link_by_answer ON thread_link (author_no, week_of(child_at))
    WHERE kind = 0 AND parent_brands <> '{}';

-- Whom a child waits for. A number for the name: it costs a third of the text in the index. Two names with one number
-- are told apart by what the child says.
CREATE FUNCTION thread_key(source_no integer, native_id text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(native_id COLLATE "C", source_no::bigint);

CREATE TABLE thread_wait (
    parent_key bigint NOT NULL,
    child_no bigint NOT NULL,
    kind smallint NOT NULL,
    PRIMARY KEY (parent_key, child_no, kind)
);

-- Parents that have changed, with children that don't say so yet: what a step could not finish, because there are very
-- many. Nothing is left in it when related_through moves. The four columns are the last link that was looked at.
CREATE TABLE thread_due (
    parent_no bigint PRIMARY KEY,
    link_kind smallint NOT NULL,
    link_author_no bigint NOT NULL,
    link_at timestamptz NOT NULL,
    link_child_no bigint NOT NULL
);

-- Takes back all threads.
CREATE FUNCTION forget_threads() RETURNS void LANGUAGE sql SET search_path = mention_store, pg_temp AS $$
    INSERT INTO ledger_touched (brand_no, day, author_no) SELECT brand_no, day, author_no FROM thread_ledger;
    DELETE FROM thread_ledger;
    DELETE FROM thread_link;
    DELETE FROM thread_wait;
    DELETE FROM thread_due;
$$;

-- As in 0009, and threads, and what standings are made of.
CREATE OR REPLACE FUNCTION forget_relations() RETURNS void LANGUAGE plpgsql
SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM 1 FROM lease WHERE name = 'relate' FOR UPDATE;
    DELETE FROM text_span;
    DELETE FROM copy_member;
    DELETE FROM copy_cluster;
    DELETE FROM near_text;
    DELETE FROM near_found;
    DELETE FROM hour_copy;
    -- Mentions that are still there are looked at anyway; of others only their days are left.
    INSERT INTO ledger_touched SELECT brand_no, day, author_no FROM ledger
    WHERE copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0;
    UPDATE ledger SET copies = 0, copies_positive = 0, copies_negative = 0
    WHERE copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0;
    DELETE FROM ledger WHERE mentions = 0;
    PERFORM forget_threads();
    UPDATE copy_debt SET from_at = NULL, to_at = NULL;
    DELETE FROM related_through;
    DELETE FROM related_goal;
    UPDATE related_mark SET related_no = 0, goal_no = NULL, holders = NULL, decided = false, step_no = step_no + 1;
END $$;

-- The threads of what was counted before this version are counted with the rest, anew.
SELECT forget_relations();

-- The weeks of each brand, with its own accounts: what the views below begin with. They go from here by week, so that a
-- condition on brand and week is met by look-ups of just those.
CREATE VIEW brand_week AS
SELECT b.brand_no, b.name AS brand, w.at::date AS week, w.at::date - date '1970-01-01' AS first_day, own.authors
FROM brand b
CROSS JOIN LATERAL (
    SELECT min(h.hour) AS first, max(h.hour) AS last FROM hour_sum h WHERE h.brand_no = b.brand_no) AS s
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(o.author_no), '{}') AS authors FROM mention_farm.own_account o
    WHERE o.brand_no = b.brand_no) AS own
-- 1970-01-01 was a Thursday: weeks begin on days that are 4 more than a multiple of seven.
CROSS JOIN LATERAL generate_series(
    timestamp '1970-01-01' + interval '1 day' * ((s.first / 24 + 3) / 7 * 7 - 3),
    timestamp '1970-01-01' + interval '1 day' * ((s.last / 24 + 3) / 7 * 7 - 3 + 28), interval '7 days') AS w (at);

-- What everybody said of a brand in a week; and what its own accounts said in the matter of it: their mentions that name
-- it, and their answers to mentions of it that don't. A child answers one mention at most.
CREATE VIEW talk_week AS
SELECT w.brand, w.week, m.mentions - coalesce(n.named, 0) AS listen, coalesce(n.named, 0) + q.quiet AS talk,
       coalesce(n.named - n.replies, 0) AS monologue, w.brand_no, w.authors
FROM brand_week w
CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.mentions), 0)::bigint AS mentions FROM hour_sum h
    WHERE h.brand_no = w.brand_no AND h.hour >= w.first_day * 24 AND h.hour < (w.first_day + 7) * 24) AS m
CROSS JOIN LATERAL (
    SELECT sum(l.mentions)::bigint AS named, sum(l.answers)::bigint AS replies
    FROM generate_series(w.first_day, w.first_day + 6) AS d (day)
    CROSS JOIN unnest(w.authors) AS a (author_no)
    CROSS JOIN LATERAL (
        SELECT l.mentions, l.answers FROM ledger l
        WHERE l.brand_no = w.brand_no AND l.day = d.day AND l.author_no = a.author_no OFFSET 0) AS l) AS n
CROSS JOIN LATERAL (
    SELECT count(*) AS quiet FROM thread_link l
    WHERE l.kind = 0 AND l.parent_brands <> '{}' AND l.author_no = ANY (w.authors) AND week_of(l.child_at) = w.week
      AND w.brand_no = ANY (l.parent_brands) AND NOT w.brand_no = ANY (l.child_brands)) AS q;

CREATE VIEW mention_farm.answered_by_week AS
SELECT w.brand, w.week, w.listen AS mentions, a.answered,
       least(1, a.answered::double precision / nullif(w.listen, 0)) AS answered_share
FROM talk_week w
CROSS JOIN LATERAL (
    SELECT count(DISTINCT l.parent_no) AS answered FROM thread_link l
    WHERE l.kind = 0 AND l.parent_brands <> '{}' AND l.author_no = ANY (w.authors) AND week_of(l.parent_at) = w.week
      AND w.brand_no = ANY (l.parent_brands) AND l.child_at >= l.parent_at
      AND l.parent_author_no <> ALL (w.authors)) AS a
WHERE w.listen > 0;

COMMENT ON VIEW mention_farm.answered_by_week IS 'Per brand and week: how many mentions by others were answered by an own account of the brand (see own_account). Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.answered_by_week.week IS 'The Monday, UTC, of the week in which the mentions were published.';
COMMENT ON COLUMN mention_farm.answered_by_week.mentions IS 'Mentions of the brand but for those by its own accounts.';
COMMENT ON COLUMN mention_farm.answered_by_week.answered IS 'Of these, those with an answer by an own account, on whatever day.';
COMMENT ON COLUMN mention_farm.answered_by_week.answered_share IS 'answered / mentions, 0 … 1.';

CREATE VIEW mention_farm.answer_time_by_week AS
SELECT w.brand, w.week, a.answered, make_interval(secs => a.quantiles[1]) AS median,
       make_interval(secs => a.quantiles[2]) AS p90, make_interval(secs => a.fastest) AS fastest,
       make_interval(secs => a.slowest) AS slowest
FROM brand_week w
CROSS JOIN LATERAL (
    SELECT count(*) AS answered, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY f.seconds) AS quantiles,
           min(f.seconds) AS fastest, max(f.seconds) AS slowest
    FROM (SELECT min(extract(epoch FROM l.child_at - l.parent_at)::double precision) AS seconds FROM thread_link l
          WHERE l.kind = 0 AND l.parent_brands <> '{}' AND l.author_no = ANY (w.authors)
            AND week_of(l.parent_at) = w.week AND w.brand_no = ANY (l.parent_brands) AND l.child_at >= l.parent_at
            AND l.parent_author_no <> ALL (w.authors)
          GROUP BY l.parent_no) AS f) AS a
WHERE a.answered > 0;

COMMENT ON VIEW mention_farm.answer_time_by_week IS 'Per brand and week: how long mentions that an own account has answered waited for the first answer. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.answer_time_by_week.week IS 'The Monday, UTC, of the week in which the mentions were published that were answered.';
COMMENT ON COLUMN mention_farm.answer_time_by_week.answered IS 'Mentions that were answered, as in answered_by_week.';
COMMENT ON COLUMN mention_farm.answer_time_by_week.median IS 'Half of the first answers came within this.';
COMMENT ON COLUMN mention_farm.answer_time_by_week.p90 IS 'Nine of ten first answers came within this.';

CREATE VIEW mention_farm.talk_to_listen_by_week AS
SELECT w.brand, w.week, w.talk, w.listen, w.talk::double precision / nullif(w.listen, 0) AS ratio
FROM talk_week w WHERE w.talk > 0 OR w.listen > 0;

COMMENT ON VIEW mention_farm.talk_to_listen_by_week IS 'Per brand and week, up to four weeks after its last mention: what its own accounts said to what others said of it. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.talk_to_listen_by_week.week IS 'The Monday, UTC, of the week of published_at.';
COMMENT ON COLUMN mention_farm.talk_to_listen_by_week.talk IS 'Mentions by own accounts that name the brand or answer a mention of it.';
COMMENT ON COLUMN mention_farm.talk_to_listen_by_week.listen IS 'Mentions of the brand by others.';
COMMENT ON COLUMN mention_farm.talk_to_listen_by_week.ratio IS 'talk / listen; null where nobody else spoke of it.';

CREATE VIEW mention_farm.monologue_by_week AS
SELECT w.brand, w.week, w.talk, w.monologue, w.monologue::double precision / w.talk AS monologue_share
FROM talk_week w WHERE w.talk > 0;

COMMENT ON VIEW mention_farm.monologue_by_week IS 'Per brand and week: which share of what its own accounts said answers nobody. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.monologue_by_week.week IS 'The Monday, UTC, of the week of published_at.';
COMMENT ON COLUMN mention_farm.monologue_by_week.talk IS 'Mentions by own accounts that name the brand or answer a mention of it.';
COMMENT ON COLUMN mention_farm.monologue_by_week.monologue IS 'Of these, those that answer nobody.';
COMMENT ON COLUMN mention_farm.monologue_by_week.monologue_share IS 'monologue / talk, 0 … 1: 1 is a brand that only announces.';

CREATE VIEW mention_farm.thread AS
SELECT s.name AS source, c.native_id, CASE l.kind WHEN 0 THEN 'answer' WHEN 1 THEN 'repost' ELSE 'conversation' END AS kind,
       p.native_id AS parent_native_id, l.child_at AS published_at, l.parent_at AS parent_published_at,
       l.author_no = l.parent_author_no AS is_by_same_author, l.child_no AS mention_no, l.parent_no AS parent_mention_no
FROM thread_link l
JOIN mention c ON c.mention_no = l.child_no
JOIN mention p ON p.mention_no = l.parent_no
JOIN source s ON s.source_no = c.source_no;

COMMENT ON VIEW mention_farm.thread IS 'Mentions and what they point at, where both are stored: one row per mention and kind. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.thread.kind IS 'answer: in_reply_to, or conversation where there is neither in_reply_to nor repost_of; repost: repost_of; conversation: the root, where that is none of the others.';
COMMENT ON COLUMN mention_farm.thread.mention_no IS 'mention_no in the view mention.';
COMMENT ON COLUMN mention_farm.thread.parent_mention_no IS 'mention_no of what it points at.';
