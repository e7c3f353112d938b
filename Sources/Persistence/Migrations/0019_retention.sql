-- Retention by age: partitions of `mention` whose mentions are all too old are dropped whole, and what is left over of
-- other things goes by age too.
--
-- What was counted of a dropped mention stays counted: identities and further bodies (so a record that comes again is a
-- re-delivery or a revision, as ever), ledger, hours, sums of threads, copies. What can't be counted again is known: days are
-- sealed (sealed_day), clusters that lost mentions too (copy_cluster.is_sealed). See docs/privacy.md.

ALTER TABLE retention
    ADD COLUMN mention_days integer CHECK (mention_days >= 1),  -- since the newest mention of a partition
    ADD COLUMN triage_days integer CHECK (triage_days >= 1),    -- items that are done, dismissed or withdrawn, since then
    ADD COLUMN outbox_days integer CHECK (outbox_days >= 1),    -- what nobody has published, since it was written
    ADD COLUMN wait_days integer CHECK (wait_days >= 1);        -- mentions whose parent has not come

-- Partitions that were dropped.
CREATE TABLE mention_dropped (
    partition_no integer PRIMARY KEY,
    lower_no bigint NOT NULL,
    upper_no bigint NOT NULL,            -- exclusive
    mentions bigint NOT NULL,
    first_at timestamptz,                -- published_at of the oldest and the newest
    last_at timestamptz,
    dropped_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION is_dropped(number bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path = mention_store, pg_temp
RETURN EXISTS (SELECT FROM mention_dropped d WHERE number >= d.lower_no AND number < d.upper_no);

-- Days on which a mention was published that was dropped: their sums are more than those of the mentions still there.
CREATE TABLE sealed_day (
    day integer PRIMARY KEY              -- days since 1970-01-01, UTC
);

-- A partition that is too old by when it was closed, and holds something newer: not looked at again before.
ALTER TABLE mention_partition ADD COLUMN kept_until timestamptz;

-- Some of its mentions were dropped: size and times count them, and its canonical may be one of them. So may those of
-- the cluster that it merges into.
ALTER TABLE copy_cluster ADD COLUMN is_sealed boolean NOT NULL DEFAULT false;

-- Mentions below this number wait for their parents no more. One row.
CREATE TABLE wait_horizon (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    below_no bigint NOT NULL DEFAULT 0
);
INSERT INTO wait_horizon DEFAULT VALUES;

-- Drops one partition whose mentions were all published and stored longer ago than they are kept, and longer than the
-- window of copies reaches. It goes by the age that is set and by nothing that the caller says. Returns how many mentions
-- went; null where there is nothing to drop, or the background step is at work. Refuses with 55P03 when batches keep it
-- from its lock for a second: then nothing has changed.
CREATE FUNCTION drop_old_partition() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = mention_store, pg_temp SET lock_timeout = '1s' SET work_mem = '64MB' SET jit = off
-- Workers plan everything as look-ups by key; this reads many rows at once.
SET plan_cache_mode = force_custom_plan SET enable_seqscan = on SET enable_hashjoin = on AS $$
DECLARE
    keep interval;
    part mention_partition;
    child text;
    chosen boolean := false;
    oldest timestamptz;
    newest timestamptz;
    mentions bigint;
    roots bigint[];
    dead bigint[];
    hashes bigint[];
    lost bigint[];
    least_no bigint;
BEGIN
    SELECT CASE WHEN r.mention_days IS NOT NULL
                THEN greatest(make_interval(days => r.mention_days), make_interval(secs => s.window_seconds)) END
    INTO keep FROM retention r, copy_setting s;
    IF keep IS NULL THEN
        RETURN NULL;
    END IF;
    -- Relations are taken apart below: no step may be at work.
    PERFORM 1 FROM lease WHERE name = 'relate' FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    FOR part IN
        SELECT p.* FROM mention_partition p
        WHERE p.closed_at < now() - keep AND p.indexed_at IS NOT NULL AND coalesce(p.kept_until < now(), true)
          AND p.upper_no <= (SELECT related_no + 1 FROM related_mark)
          AND EXISTS (SELECT FROM mention_partition q WHERE q.partition_no > p.partition_no)
          -- What the step has not read yet.
          AND NOT EXISTS (SELECT FROM mention_revised r WHERE r.mention_no >= p.lower_no AND r.mention_no < p.upper_no)
          AND NOT EXISTS (SELECT FROM mention_gone g WHERE g.mention_no >= p.lower_no AND g.mention_no < p.upper_no)
          AND NOT EXISTS (SELECT FROM thread_due d WHERE d.parent_no >= p.lower_no AND d.parent_no < p.upper_no)
        ORDER BY p.partition_no
    LOOP
        child := format('mention_%s', lpad(part.partition_no::text, 6, '0'));
        EXECUTE format('SELECT min(published_at), max(published_at), count(*) FROM %I', child)
        INTO oldest, newest, mentions;
        IF coalesce(newest < now() - keep, true) THEN
            chosen := true;
            EXIT;
        END IF;
        UPDATE mention_partition SET kept_until = newest + keep WHERE partition_no = part.partition_no;
    END LOOP;
    IF NOT chosen THEN
        RETURN NULL;
    END IF;

    INSERT INTO mention_dropped (partition_no, lower_no, upper_no, mentions, first_at, last_at)
    VALUES (part.partition_no, part.lower_no, part.upper_no, mentions, oldest, newest);
    EXECUTE format('INSERT INTO sealed_day SELECT DISTINCT day_of(published_at) FROM %I ON CONFLICT DO NOTHING', child);
    DELETE FROM wish_mention w WHERE w.mention_no >= part.lower_no AND w.mention_no < part.upper_no;
    DELETE FROM triage_audit a WHERE a.mention_no >= part.lower_no AND a.mention_no < part.upper_no;
    DELETE FROM triage_item i WHERE i.mention_no >= part.lower_no AND i.mention_no < part.upper_no;

    -- Clusters: what is left of one stays as it is and is sealed; one of which nothing is left goes.
    SELECT array_agg(DISTINCT coalesce(k.parent_no, k.cluster_no)) INTO roots
    FROM copy_member m JOIN copy_cluster k USING (cluster_no)
    WHERE m.mention_no >= part.lower_no AND m.mention_no < part.upper_no;
    UPDATE copy_cluster k SET is_sealed = true
    WHERE NOT k.is_sealed AND k.cluster_no IN (
        SELECT m.cluster_no FROM copy_member m WHERE m.mention_no >= part.lower_no AND m.mention_no < part.upper_no);
    DELETE FROM copy_member m WHERE m.mention_no >= part.lower_no AND m.mention_no < part.upper_no;
    SELECT array_agg(f.cluster_no) INTO dead
    FROM copy_cluster f
    WHERE coalesce(f.parent_no, f.cluster_no) IN (
        SELECT unnest(roots)
        EXCEPT
        SELECT coalesce(k.parent_no, k.cluster_no) FROM copy_member m JOIN copy_cluster k USING (cluster_no));
    EXECUTE format('WITH gone AS (
                        DELETE FROM text_span t USING %I m
                        WHERE t.text_hash = m.text_hash AND t.mention_no = m.mention_no AND t.cluster_no IS NULL
                        RETURNING t.text_hash)
                    SELECT array_agg(DISTINCT text_hash) FROM gone', child) INTO hashes;
    WITH gone AS (DELETE FROM text_span t WHERE t.cluster_no IN (SELECT unnest(dead)) RETURNING t.text_hash)
    SELECT array_agg(DISTINCT text_hash) INTO lost FROM gone;
    hashes := coalesce(hashes, '{}') || coalesce(lost, '{}');
    DELETE FROM copy_cluster k WHERE k.cluster_no IN (SELECT unnest(dead));
    -- Of each text that has spans, one is in slot 0.
    WITH least AS (
        SELECT t.text_hash, min(t.slot) AS slot FROM text_span t
        WHERE t.text_hash IN (SELECT unnest(hashes)) GROUP BY 1 HAVING min(t.slot) > 0)
    UPDATE text_span t SET slot = 0 FROM least l WHERE t.text_hash = l.text_hash AND t.slot = l.slot;
    SELECT array_agg(u.hash) INTO lost FROM unnest(hashes) AS u (hash)
    WHERE NOT EXISTS (SELECT FROM text_span t WHERE t.text_hash = u.hash);
    WITH one AS (DELETE FROM near_text n WHERE n.text_hash IN (SELECT unnest(lost)) RETURNING n.text_hash, n.other_hash)
    DELETE FROM near_text n USING one WHERE n.text_hash = one.other_hash AND n.other_hash = one.text_hash;

    -- Threads: a link stays while the parent is there or any of its children is.
    DELETE FROM thread_wait w WHERE w.child_no >= part.lower_no AND w.child_no < part.upper_no;
    DELETE FROM mention_partition p WHERE p.partition_no = part.partition_no;
    SELECT min(lower_no) INTO least_no FROM mention_partition;
    DELETE FROM thread_link l USING (
        SELECT parent_no FROM thread_link WHERE parent_no < least_no
        GROUP BY parent_no HAVING max(child_no) < least_no) AS k
    WHERE l.parent_no = k.parent_no;

    -- A step's doer fills its index anew.
    UPDATE related_mark SET step_no = step_no + 1;
    LOCK TABLE mention IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM mention_revised r WHERE r.mention_no >= part.lower_no AND r.mention_no < part.upper_no)
       OR EXISTS (SELECT FROM mention_gone g WHERE g.mention_no >= part.lower_no AND g.mention_no < part.upper_no) THEN
        RAISE EXCEPTION 'a mention of partition % has changed meanwhile', part.partition_no USING ERRCODE = '55P03';
    END IF;
    EXECUTE format('DROP TABLE %I', child);
    RETURN mentions;
END $$;

-- Mentions that were stored longer ago than it is set wait no more: by the partitions that were closed since. Returns how
-- many waits went, `most` at once.
CREATE FUNCTION sweep_waits(most integer) RETURNS bigint LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    horizon bigint;
    swept bigint;
BEGIN
    PERFORM 1 FROM lease WHERE name = 'relate' FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE wait_horizon h SET below_no = n.upper_no
    FROM (SELECT max(p.upper_no) AS upper_no FROM mention_partition p, retention r
          WHERE p.closed_at < now() - make_interval(days => r.wait_days)
            AND p.upper_no <= (SELECT related_no + 1 FROM related_mark)) AS n
    WHERE n.upper_no > h.below_no;
    SELECT below_no INTO horizon FROM wait_horizon;
    DELETE FROM thread_wait WHERE ctid = ANY (ARRAY(SELECT ctid FROM thread_wait WHERE child_no < horizon LIMIT most));
    GET DIAGNOSTICS swept = ROW_COUNT;
    RETURN swept;
END $$;

-- As in 0016, and the audits of triage and of persons.
CREATE OR REPLACE FUNCTION sweep_audit(audit text, stamp text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mention_store, pg_temp AS $$
DECLARE
    swept bigint;
BEGIN
    IF (audit, stamp) NOT IN (('reset_audit', 'reset_at'), ('resume_audit', 'resumed_at'), ('triage_audit', 'at'),
                              ('person_audit', 'at')) THEN
        RAISE EXCEPTION 'no audit that is swept: %', audit USING ERRCODE = '22023';
    END IF;
    IF audit = 'triage_audit' THEN
        -- By number, for it may be long, and has no index by time.
        DELETE FROM triage_audit a USING retention r
        WHERE a.audit_no IN (SELECT n.audit_no FROM triage_audit n ORDER BY n.audit_no LIMIT most)
          AND a.at < now() - make_interval(days => r.audit_days);
    ELSE
        EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(
                            SELECT a.ctid FROM %1$I a, retention
                            WHERE a.%2$I < now() - make_interval(days => audit_days) LIMIT $1))', audit, stamp)
        USING most;
    END IF;
    GET DIAGNOSTICS swept = ROW_COUNT;
    RETURN swept;
END $$;

-- As in 0002; where mentions of the day were dropped, those still there don't tell its bounds, and it keeps them.
CREATE OR REPLACE FUNCTION settle_ledger(
    brands integer[], days integer[], authors bigint[], first_left timestamptz[], last_left timestamptz[]
) RETURNS void LANGUAGE plpgsql
-- Writers plan everything as look-ups by key; this reads many rows at once.
SET search_path = mention_store, pg_temp SET enable_hashjoin = on SET enable_seqscan = on
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
    open_brands integer[];
    open_days integer[];
    open_authors bigint[];
BEGIN
    DELETE FROM ledger l USING unnest(brands, days, authors) AS k (brand, day, author)
    WHERE l.brand_no = k.brand AND l.day = k.day AND l.author_no = k.author
      AND l.mentions = 0 AND l.copies = 0 AND l.copies_positive = 0 AND l.copies_negative = 0;

    SELECT array_agg(k.brand), array_agg(k.day), array_agg(k.author) INTO open_brands, open_days, open_authors
    FROM unnest(brands, days, authors, first_left, last_left) AS k (brand, day, author, first_left, last_left)
    JOIN ledger l ON l.brand_no = k.brand AND l.day = k.day AND l.author_no = k.author
    WHERE (k.first_left <= l.first_at OR k.last_left >= l.last_at)
      AND (l.mentions = 0 OR NOT EXISTS (SELECT FROM sealed_day s WHERE s.day = k.day));
    IF open_brands IS NULL THEN
        RETURN;
    END IF;

    -- A row whose mentions are gone while its copies wait for the background step has the bounds of an empty set.
    UPDATE ledger l SET first_at = found.first_at, last_at = found.last_at
    FROM (SELECT k.brand, k.day, k.author, coalesce(min(m.published_at), 'infinity') AS first_at,
                 coalesce(max(m.published_at), '-infinity') AS last_at
          FROM unnest(open_brands, open_days, open_authors) AS k (brand, day, author)
          LEFT JOIN (SELECT author_no, published_at, mention.brands
                     FROM mention WHERE author_no = ANY (open_authors)) AS m
            ON m.author_no = k.author AND k.brand = ANY (m.brands) AND day_of(m.published_at) = k.day
          GROUP BY k.brand, k.day, k.author) AS found
    WHERE l.brand_no = found.brand AND l.day = found.day AND l.author_no = found.author;
END $$;

-- What the links come to that are stored, by person: what thread_ledger is made of, but for links that went with dropped
-- mentions.
CREATE VIEW thread_fold AS
WITH link AS (
    SELECT l.*, coalesce(c.person_no, l.author_no) AS person_no, c.place
    FROM thread_link l
    LEFT JOIN person c ON c.author_no = l.author_no
    LEFT JOIN person p ON p.author_no = l.parent_author_no
    WHERE l.kind <> 2 AND coalesce(c.person_no, l.author_no) <> coalesce(p.person_no, l.parent_author_no)
), first AS (
    SELECT DISTINCT ON (parent_no, kind, person_no) * FROM link
    ORDER BY parent_no, kind, person_no, child_at, child_sentiment DESC NULLS LAST, child_brands, place, child_no
), part AS (
    SELECT b.no AS brand_no, day_of(child_at) AS day, author_no, 1 AS dialogues,
           CASE WHEN parent_brands <> '{}' AND parent_sentiment = -1 AND child_sentiment = 1 THEN 1 ELSE 0 END AS defences,
           0 AS replies_got, 0 AS reposts_got
    FROM first
    CROSS JOIN LATERAL unnest(CASE WHEN parent_brands = '{}' THEN child_brands ELSE parent_brands END) AS b (no)
    WHERE kind = 0
    UNION ALL
    SELECT b.no, day_of(parent_at), parent_author_no, 0, 0, 1 - kind, kind
    FROM first CROSS JOIN LATERAL unnest(parent_brands) AS b (no)
)
SELECT brand_no, day, author_no, sum(dialogues)::integer AS dialogues, sum(defences)::integer AS defences,
       sum(replies_got)::integer AS replies_got, sum(reposts_got)::integer AS reposts_got
FROM part GROUP BY 1, 2, 3;

-- As in 0012. Links with mentions that were dropped can't be found again: they stay, with what they came to.
CREATE OR REPLACE FUNCTION forget_threads() RETURNS void LANGUAGE plpgsql
SET search_path = mention_store, pg_temp AS $$
BEGIN
    INSERT INTO ledger_touched (brand_no, day, author_no) SELECT brand_no, day, author_no FROM thread_ledger;
    DELETE FROM thread_wait;
    DELETE FROM thread_due;
    UPDATE wait_horizon SET below_no = 0;
    IF NOT EXISTS (SELECT FROM mention_dropped) THEN
        DELETE FROM thread_ledger;
        DELETE FROM thread_link;
        RETURN;
    END IF;
    UPDATE thread_ledger l SET dialogues = l.dialogues - f.dialogues, defences = l.defences - f.defences,
        replies_got = l.replies_got - f.replies_got, reposts_got = l.reposts_got - f.reposts_got
    FROM thread_fold f WHERE (l.brand_no, l.day, l.author_no) = (f.brand_no, f.day, f.author_no);
    DELETE FROM thread_link WHERE NOT is_dropped(parent_no) AND NOT is_dropped(child_no);
    INSERT INTO thread_ledger AS l (brand_no, day, author_no, dialogues, defences, replies_got, reposts_got)
    SELECT * FROM thread_fold
    ON CONFLICT (brand_no, day, author_no) DO UPDATE SET dialogues = l.dialogues + excluded.dialogues,
        defences = l.defences + excluded.defences, replies_got = l.replies_got + excluded.replies_got,
        reposts_got = l.reposts_got + excluded.reposts_got;
    DELETE FROM thread_ledger
    WHERE dialogues = 0 AND defences = 0 AND replies_got = 0 AND reposts_got = 0;
END $$;

-- As in 0012. On sealed days copies that were dropped stay counted: the others are taken away one by one.
CREATE OR REPLACE FUNCTION forget_relations() RETURNS void LANGUAGE plpgsql
SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM 1 FROM lease WHERE name = 'relate' FOR UPDATE;
    -- Mentions that are still there are looked at anyway; of others only their days are left.
    INSERT INTO ledger_touched SELECT brand_no, day, author_no FROM ledger
    WHERE copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0;
    UPDATE ledger SET copies = 0, copies_positive = 0, copies_negative = 0
    WHERE (copies <> 0 OR copies_positive <> 0 OR copies_negative <> 0) AND day NOT IN (SELECT s.day FROM sealed_day s);
    DELETE FROM hour_copy WHERE hour / 24 NOT IN (SELECT s.day FROM sealed_day s);
    IF EXISTS (SELECT FROM sealed_day) THEN
        WITH copied AS MATERIALIZED (
            SELECT b.no AS brand_no, c.published_at, c.author_no, c.sentiment, c.set_aside
            FROM copy_member cm JOIN copy_cluster j USING (cluster_no)
            JOIN copy_cluster k ON k.cluster_no = coalesce(j.parent_no, j.cluster_no)
            JOIN mention_counted c ON c.mention_no = cm.mention_no
            CROSS JOIN LATERAL unnest(c.brands) AS b (no)
            WHERE k.canonical_no <> c.mention_no AND day_of(c.published_at) IN (SELECT s.day FROM sealed_day s)
        ), hours AS (
            UPDATE hour_copy h SET copies = h.copies - f.copies
            FROM (SELECT brand_no, hour_of(published_at) AS hour, count(*) AS copies FROM copied GROUP BY 1, 2) AS f
            WHERE (h.brand_no, h.hour) = (f.brand_no, f.hour)
        )
        UPDATE ledger l SET copies = l.copies - f.copies, copies_positive = l.copies_positive - f.positive,
            copies_negative = l.copies_negative - f.negative
        FROM (SELECT brand_no, day_of(published_at) AS day, author_no, count(*) AS copies,
                     count(*) FILTER (WHERE sentiment = 1) AS positive, count(*) FILTER (WHERE sentiment = -1) AS negative
              FROM copied WHERE NOT set_aside GROUP BY 1, 2, 3) AS f
        WHERE (l.brand_no, l.day, l.author_no) = (f.brand_no, f.day, f.author_no);
        DELETE FROM hour_copy WHERE copies = 0;
    END IF;
    DELETE FROM ledger WHERE mentions = 0 AND copies = 0 AND copies_positive = 0 AND copies_negative = 0;
    DELETE FROM text_span;
    DELETE FROM copy_member;
    DELETE FROM copy_cluster;
    DELETE FROM near_text;
    DELETE FROM near_found;
    PERFORM forget_threads();
    UPDATE copy_debt SET from_at = NULL, to_at = NULL;
    DELETE FROM related_through;
    DELETE FROM related_goal;
    UPDATE related_mark SET related_no = 0, goal_no = NULL, holders = NULL, decided = false, step_no = step_no + 1;
END $$;
