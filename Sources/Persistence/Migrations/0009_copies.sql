-- Near copies, and copies within a window.
--
-- A span is a stretch of time in which mentions of one text follow each other within the window. Clusters are what
-- spans come to that are joined: spans of two texts that are near (near_text) and that the window reaches across.
-- All of it is a function of the mentions counted and of near_text, so it does not depend on the order of arrival.
--
-- relate() and relate_move() of 0003 end here: the step reads what it needs, folds it, and writes what has changed, in
-- one transaction that begins with relate_begin and ends with relate_end.

DROP FUNCTION relate(text, integer, double precision);
DROP FUNCTION relate_move();
DROP FUNCTION relate_prepare();

-- What counts as a copy, for all workers of the database. One row.
CREATE TABLE copy_setting (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    threshold smallint NOT NULL DEFAULT 8000 CHECK (threshold BETWEEN 5000 AND 10000),  -- ten-thousandths of Jaccard's
    window_seconds bigint NOT NULL DEFAULT 604800 CHECK (window_seconds BETWEEN 0 AND 315360000)
);
INSERT INTO copy_setting DEFAULT VALUES;

-- The spans of each text. The one table here with a row per text and a random key; chunks come sorted, which makes
-- that bearable.
DROP TABLE text_seen;
CREATE TABLE text_span (
    text_hash bigint NOT NULL,
    slot smallint NOT NULL,              -- 0 but for texts that come again after more than the window
    mention_no bigint NOT NULL,          -- one that has the text
    cluster_no bigint,                   -- null: that mention is the only one, and near no other
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (text_hash, slot)
) WITH (fillfactor = 90);

-- Texts that are near each other, each pair both ways. True of the texts for ever, whatever becomes of mentions.
CREATE TABLE near_text (
    text_hash bigint NOT NULL,
    other_hash bigint NOT NULL,
    jaccard smallint NOT NULL,           -- ten-thousandths
    PRIMARY KEY (text_hash, other_hash)
);

-- Pairs that workers have found and the step has not read: written in the transaction of the batch that holds the
-- later mention. It has no index, and is nearly always empty.
CREATE TABLE near_found (
    text_hash bigint NOT NULL,
    other_hash bigint NOT NULL,
    jaccard smallint NOT NULL
);

-- Clusters merge by the parent pointer, which always leads to one that stands (no parent): two steps are never needed.
-- What else is known of one that does not stand is of the moment when it was merged. Members keep the number that they
-- came in by.
DELETE FROM copy_member;
DELETE FROM copy_cluster;
ALTER TABLE copy_cluster DROP COLUMN text_hash, ADD COLUMN parent_no bigint;
CREATE INDEX copy_cluster_by_parent ON copy_cluster (parent_no) WHERE parent_no IS NOT NULL;

-- What the index behind the step could not see, by cause, since the beginning; and from when to when mentions were
-- published whose near copies may have been missed and were not looked for again.
CREATE TABLE copy_escape (
    cause text COLLATE "C" PRIMARY KEY,
    texts bigint NOT NULL
);
CREATE TABLE copy_debt (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    from_at timestamptz,                 -- null: none
    to_at timestamptz,
    reconciled_at timestamptz,           -- when all was last looked through
    pairs_found bigint NOT NULL DEFAULT 0
);
INSERT INTO copy_debt DEFAULT VALUES;

-- Each step has a number, by which its doer knows whether another has done one since.
ALTER TABLE related_mark ADD COLUMN step_no bigint NOT NULL DEFAULT 0;

-- Begins a step: under the lease of this owner on this connection, and within the caller's transaction. `state`:
--   'lost'     the lease is not held by this owner on this connection
--   'idle'     nothing to do: all that is committed is related
--   'waiting'  for batches that were open when the goal was set
--   'count'    mentions above `related` and up to `goal` are to be counted
--   'settle'   all of those are; revisions and found pairs that are left are to be read, then the goal is reached
CREATE FUNCTION relate_begin(
    me text, seconds double precision,
    OUT state text, OUT related bigint, OUT goal bigint, OUT is_quiet boolean, OUT threshold smallint,
    OUT window_seconds bigint, OUT debt_from timestamptz, OUT debt_to timestamptz, OUT step_no bigint
) LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    mark related_mark;
BEGIN
    PERFORM 1 FROM lease WHERE name = 'relate' AND owner = me AND backend_pid = pg_backend_pid()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        state := 'lost';
        RETURN;
    END IF;
    UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => seconds) WHERE name = 'relate';
    SELECT s.threshold, s.window_seconds INTO threshold, window_seconds FROM copy_setting s;
    SELECT d.from_at, d.to_at INTO debt_from, debt_to FROM copy_debt d;

    SELECT * INTO mark FROM related_mark;
    step_no := mark.step_no;
    IF mark.goal_no IS NULL THEN
        -- The order matters. A batch whose effects are in the progress read first has taken its numbers before the
        -- sequence is read; a batch that had taken numbers by then holds its lock until it has ended.
        DELETE FROM related_goal;
        INSERT INTO related_goal SELECT consumer_group, topic_no, partition, next_offset, incarnation
        FROM partition_progress;
        mark.goal_no := last_number();
        mark.holders := coalesce(open_batches(), '{}');
        IF mark.goal_no = mark.related_no AND cardinality(mark.holders) = 0
           AND NOT EXISTS (SELECT FROM mention_revised) AND NOT EXISTS (SELECT FROM near_found)
           AND debt_from IS NULL
           AND NOT EXISTS (SELECT * FROM related_goal EXCEPT SELECT * FROM related_through) THEN
            related := mark.related_no;
            goal := mark.goal_no;
            is_quiet := true;
            state := 'idle';
            RETURN;
        END IF;
        mark.decided := false;
        UPDATE related_mark SET goal_no = mark.goal_no, holders = mark.holders, decided = false;
    END IF;
    related := mark.related_no;
    goal := mark.goal_no;
    is_quiet := mark.goal_no = last_number();

    IF NOT mark.decided THEN
        IF open_batches() && mark.holders THEN
            state := 'waiting';
            RETURN;
        END IF;
        UPDATE related_mark SET decided = true, holders = NULL;
        -- No row can be added any more to a partition whose numbers are all decided.
        UPDATE mention_partition p SET closed_at = now() WHERE p.closed_at IS NULL AND p.upper_no <= mark.goal_no + 1;
    END IF;
    -- Tables that have just grown have no statistics: keep to plans that read by key.
    PERFORM set_config('jit', 'off', true), set_config('enable_bitmapscan', 'off', true),
            set_config('work_mem', '64MB', true);
    state := CASE WHEN mark.related_no < mark.goal_no THEN 'count' ELSE 'settle' END;
END $$;

-- Ends a step: mentions up to `upto` are counted. With `reached` the goal is, and related_through moves.
-- Returns the step's number.
CREATE FUNCTION relate_end(upto bigint, reached boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    UPDATE related_mark SET related_no = upto, step_no = step_no + 1 RETURNING step_no INTO number;
    IF reached THEN
        INSERT INTO related_through AS t SELECT * FROM related_goal
        ON CONFLICT (consumer_group, topic_no, partition) DO UPDATE
        SET next_offset = excluded.next_offset, incarnation = excluded.incarnation
        WHERE (t.next_offset, t.incarnation) IS DISTINCT FROM (excluded.next_offset, excluded.incarnation);
        UPDATE related_mark SET goal_no = NULL, holders = NULL, decided = false;
    END IF;
    RETURN number;
END $$;

-- Takes back all that is related, so that the step relates it anew: after a change of what counts as a copy. The lease
-- keeps the step out.
CREATE FUNCTION forget_relations() RETURNS void LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM 1 FROM lease WHERE name = 'relate' FOR UPDATE;
    DELETE FROM text_span;
    DELETE FROM copy_member;
    DELETE FROM copy_cluster;
    DELETE FROM near_text;
    DELETE FROM near_found;
    DELETE FROM hour_copy;
    UPDATE ledger SET copies = 0, copies_positive = 0, copies_negative = 0
    WHERE copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0;
    DELETE FROM ledger WHERE mentions = 0;
    UPDATE copy_debt SET from_at = NULL, to_at = NULL;
    DELETE FROM related_through;
    DELETE FROM related_goal;
    UPDATE related_mark SET related_no = 0, goal_no = NULL, holders = NULL, decided = false, step_no = step_no + 1;
END $$;

-- What was related by text alone, of all times, is related anew.
SELECT forget_relations();

CREATE OR REPLACE VIEW mention_farm.mention AS
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
       coalesce(nullif(nullif(m.lang, ''), 'und'), CASE WHEN m.sentiment IS NULL THEN 'und' ELSE 'en' END) AS lang,
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
LEFT JOIN copy_cluster cj ON cj.cluster_no = cm.cluster_no
LEFT JOIN copy_cluster c ON c.cluster_no = coalesce(cj.parent_no, cj.cluster_no)
LEFT JOIN source cs ON cs.source_no = c.canonical_source_no;

-- The mentions of each cluster that stands.
CREATE VIEW cluster_member AS
SELECT c.cluster_no AS standing_no, m.mention_no
FROM copy_cluster c
CROSS JOIN LATERAL (
    SELECT c.cluster_no UNION ALL SELECT k.cluster_no FROM copy_cluster k WHERE k.parent_no = c.cluster_no) AS n (no)
JOIN copy_member m ON m.cluster_no = n.no
WHERE c.parent_no IS NULL;

CREATE OR REPLACE VIEW mention_farm.cluster AS
SELECT cluster_name(s.name, c.canonical_native_id) AS cluster_id,
       ARRAY(SELECT b.name FROM brand b WHERE b.brand_no IN (
                 SELECT unnest(m.brands) FROM cluster_member cm JOIN mention m USING (mention_no)
                 WHERE cm.standing_no = c.cluster_no)
             ORDER BY b.name)::text[] AS brands,
       c.size,
       (SELECT count(DISTINCT m.author_no) FROM cluster_member cm JOIN mention m USING (mention_no)
        WHERE cm.standing_no = c.cluster_no) AS authors,
       s.name AS canonical_source,
       c.canonical_native_id,
       c.first_at,
       c.last_at,
       (SELECT count(DISTINCT m.text_hash) FROM cluster_member cm JOIN mention m USING (mention_no)
        WHERE cm.standing_no = c.cluster_no) AS texts,
       c.canonical_no AS canonical_mention_no
FROM copy_cluster c JOIN source s ON s.source_no = c.canonical_source_no
WHERE c.parent_no IS NULL;

COMMENT ON VIEW mention_farm.cluster IS 'Groups of two or more mentions with the same words: one text once case, space, handles, links and repost marks are normalised, or texts so near that they pass for copies; each within the window of another.';
COMMENT ON COLUMN mention_farm.cluster.texts IS 'How many different normalised texts its mentions have: 1 where all are the same. Counted when asked.';
COMMENT ON COLUMN mention_farm.cluster.canonical_mention_no IS 'mention_no of the canonical in the view mention.';
