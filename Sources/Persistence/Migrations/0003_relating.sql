-- What relates mentions to each other, kept by a background step of the workers, exact up to related_through.
--
-- The step reads each mention once, in mention_no order, behind the writers. What it has counted of a mention is its
-- state in mention_counted: the state before the first change that the step has not read yet, else the present one.
-- All its sums are a function of those states for the mentions up to related_mark.related_no, at every instant.

-- Who may do a thing of which there is one. The recorded backend is ended if it sits on the row after the time.
CREATE TABLE lease (
    name text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C",
    expires_at timestamptz NOT NULL,
    backend_pid integer,
    backend_start timestamptz
);
INSERT INTO lease (name, expires_at) VALUES ('relate', '-infinity');

CREATE FUNCTION hold_lease(of_name text, new_owner text, seconds double precision) RETURNS boolean
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM 1 FROM lease WHERE name = of_name FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- Its holder is in a transaction. One that works is let work; one that waits for its client, which was stopped,
        -- is ended.
        PERFORM pg_terminate_backend(a.pid)
        FROM lease l JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
        WHERE l.name = of_name AND a.pid <> pg_backend_pid() AND l.expires_at < clock_timestamp()
          AND (a.state LIKE 'idle in transaction%' OR a.wait_event_type = 'Client'
               OR l.expires_at < clock_timestamp() - interval '10 minutes');
        RETURN false;
    END IF;
    UPDATE lease SET owner = new_owner, expires_at = clock_timestamp() + make_interval(secs => seconds),
        backend_pid = pg_backend_pid(),
        backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid())
    WHERE name = of_name
      AND (owner = new_owner OR owner IS NULL OR expires_at < clock_timestamp()
           -- The holder was killed: its session is gone, and with it whatever it was doing.
           OR NOT EXISTS (SELECT FROM pg_stat_activity a
                          WHERE a.pid = lease.backend_pid AND a.backend_start = lease.backend_start));
    RETURN FOUND;
END $$;

-- Gives the lease back, so that another worker need not wait for its end.
CREATE FUNCTION release_lease(of_name text, old_owner text) RETURNS boolean
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    UPDATE lease SET owner = NULL, expires_at = '-infinity' WHERE name = of_name AND owner = old_owner;
    RETURN FOUND;
END $$;

-- One row. All mentions up to related_no are counted. goal_no is the last number taken when the goal was set; holders
-- are the batches open then (pid and virtual transaction), of which any may still commit a mention up to it.
CREATE TABLE related_mark (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    related_no bigint NOT NULL DEFAULT 0,
    goal_no bigint,
    holders text[],
    decided boolean NOT NULL DEFAULT false
) WITH (fillfactor = 40);
INSERT INTO related_mark DEFAULT VALUES;

-- The progress that stood when the goal was set; it becomes related_through when the goal is reached.
CREATE TABLE related_goal (
    consumer_group text COLLATE "C" NOT NULL,
    topic_no integer NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,
    incarnation integer NOT NULL,
    PRIMARY KEY (consumer_group, topic_no, partition)
);

CREATE TABLE related_through (
    consumer_group text COLLATE "C" NOT NULL,
    topic_no integer NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,
    incarnation integer NOT NULL,
    PRIMARY KEY (consumer_group, topic_no, partition)
) WITH (fillfactor = 40);

-- Each text by its hash: the only mention that has it, or the cluster of those that have it. The one table here with
-- a row per mention and a random key; chunks come sorted, which makes that bearable.
CREATE TABLE text_seen (
    text_hash bigint PRIMARY KEY,
    member bigint NOT NULL               -- mention_no, or minus cluster_no
);

-- Mentions with one text_hash, two or more.
CREATE TABLE copy_cluster (
    cluster_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text_hash bigint NOT NULL,
    size integer NOT NULL,
    canonical_no bigint NOT NULL,        -- the least (published_at, source name, native_id)
    canonical_source_no integer NOT NULL,
    canonical_native_id text COLLATE "C" NOT NULL,
    first_at timestamptz NOT NULL,       -- published_at of the canonical
    last_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE copy_member (
    mention_no bigint PRIMARY KEY,
    cluster_no bigint NOT NULL
);
CREATE INDEX copy_member_by_cluster ON copy_member (cluster_no);

-- Copies per brand and hour of their own published_at.
CREATE TABLE hour_copy (
    brand_no integer NOT NULL,
    hour integer NOT NULL,
    copies integer NOT NULL,
    PRIMARY KEY (brand_no, hour)
) WITH (fillfactor = 80);

CREATE VIEW mention_counted AS
SELECT m.mention_no, m.source_no, m.native_id,
       CASE WHEN r.mention_no IS NULL THEN m.published_at ELSE r.published_at END AS published_at,
       CASE WHEN r.mention_no IS NULL THEN m.author_no ELSE r.author_no END AS author_no,
       CASE WHEN r.mention_no IS NULL THEN m.text_hash ELSE r.text_hash END AS text_hash,
       CASE WHEN r.mention_no IS NULL THEN m.sentiment ELSE r.sentiment END AS sentiment,
       CASE WHEN r.mention_no IS NULL THEN m.brands ELSE r.brands END AS brands
FROM mention m
LEFT JOIN LATERAL (
    SELECT * FROM mention_revised r WHERE r.mention_no = m.mention_no ORDER BY r.revision_no LIMIT 1) AS r ON true;

-- Work tables of the session: the mentions that move, and the texts that they touch.
CREATE FUNCTION relate_prepare() RETURNS void LANGUAGE plpgsql
SET search_path = mention_store, pg_temp SET client_min_messages = warning AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS relating_chunk (mention_no bigint, text_hash bigint) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS relating_mention (
        mention_no bigint, is_new boolean, moves boolean, source_no integer, native_id text COLLATE "C",
        old_hash bigint, new_hash bigint, old_at timestamptz, new_at timestamptz, old_author bigint, new_author bigint,
        old_sentiment smallint, new_sentiment smallint, old_brands integer[], new_brands integer[]
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS relating_text (
        text_hash bigint, member bigint, is_whole boolean,
        old_cluster bigint, old_size integer, old_canonical bigint, old_last timestamptz,
        new_cluster bigint, new_size integer, new_canonical bigint, new_source integer,
        new_native text COLLATE "C", new_first timestamptz, new_last timestamptz
    ) ON COMMIT DELETE ROWS;
END $$;

-- Takes the mentions of relating_mention from their old state to their new one. Statements are EXECUTEd so that they
-- are planned for the sizes that the tables have now; LATERAL … OFFSET 0 keeps look-ups by key what they are.
CREATE FUNCTION relate_move() RETURNS void LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    -- The texts touched. Of a text that loses a mention, or whose mention changes its time, all mentions are looked at
    -- again (is_whole); of one that only gains, its canonical will do.
    EXECUTE $sql$
        INSERT INTO relating_text (text_hash, member, is_whole, old_cluster, old_size, old_canonical, old_last)
        SELECT t.text_hash, s.member, t.is_whole, c.cluster_no, c.size, c.canonical_no, c.last_at
        FROM (SELECT text_hash, bool_or(is_whole) AS is_whole
              FROM (SELECT new_hash AS text_hash, false AS is_whole FROM relating_mention
                    UNION ALL
                    SELECT old_hash, moves FROM relating_mention WHERE NOT is_new) AS each
              GROUP BY text_hash ORDER BY text_hash) AS t
        LEFT JOIN LATERAL (SELECT member FROM text_seen s WHERE s.text_hash = t.text_hash OFFSET 0) AS s ON true
        LEFT JOIN LATERAL (SELECT * FROM copy_cluster c WHERE c.cluster_no = -s.member OFFSET 0) AS c ON true
    $sql$;
    EXECUTE $sql$
        INSERT INTO relating_mention
        SELECT m.mention_no, false, false, m.source_no, m.native_id, m.text_hash, m.text_hash, m.published_at,
               m.published_at, m.author_no, m.author_no, m.sentiment, m.sentiment, m.brands, m.brands
        FROM (SELECT member AS mention_no FROM relating_text WHERE member > 0
              UNION ALL
              SELECT old_canonical FROM relating_text WHERE old_cluster IS NOT NULL AND NOT is_whole
              UNION ALL
              SELECT cm.mention_no FROM relating_text t JOIN copy_member cm ON cm.cluster_no = t.old_cluster
              WHERE t.is_whole) AS known
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = known.mention_no OFFSET 0) AS m
        WHERE NOT EXISTS (SELECT FROM relating_mention moving WHERE moving.mention_no = known.mention_no)
    $sql$;

    -- What each text comes to.
    EXECUTE $sql$
        UPDATE relating_text t
        SET new_size = CASE WHEN t.old_cluster IS NOT NULL AND NOT t.is_whole THEN t.old_size + g.gained
                            ELSE coalesce(g.members, 0) END,
            new_last = CASE WHEN t.is_whole THEN g.last_at ELSE greatest(t.old_last, g.last_at) END,
            new_canonical = g.canonical_no, new_source = g.source_no, new_native = g.native_id,
            new_first = g.first_at
        FROM relating_text touched
        LEFT JOIN (
            SELECT DISTINCT ON (m.new_hash) m.new_hash, m.mention_no AS canonical_no, m.source_no, m.native_id,
                   m.new_at AS first_at, count(*) OVER whole AS members, max(m.new_at) OVER whole AS last_at,
                   count(*) FILTER (WHERE m.is_new OR m.old_hash <> m.new_hash) OVER whole AS gained
            FROM relating_mention m JOIN source s USING (source_no)
            WINDOW whole AS (PARTITION BY m.new_hash)
            ORDER BY m.new_hash, m.new_at, s.name, m.native_id) AS g ON g.new_hash = touched.text_hash
        WHERE t.text_hash = touched.text_hash
    $sql$;
    EXECUTE $sql$
        UPDATE relating_text
        SET new_cluster = coalesce(old_cluster, nextval(pg_get_serial_sequence('mention_store.copy_cluster',
                                                                              'cluster_no')))
        WHERE new_size >= 2
    $sql$;
    EXECUTE $sql$
        DELETE FROM text_seen s USING relating_text t
        WHERE s.text_hash = t.text_hash AND t.new_size = 0 AND t.member IS NOT NULL
    $sql$;
    EXECUTE $sql$
        INSERT INTO text_seen AS s (text_hash, member)
        SELECT text_hash, coalesce(-new_cluster, new_canonical) FROM relating_text
        WHERE new_size > 0 AND coalesce(-new_cluster, new_canonical) IS DISTINCT FROM member ORDER BY text_hash
        ON CONFLICT (text_hash) DO UPDATE SET member = excluded.member
    $sql$;
    EXECUTE $sql$
        DELETE FROM copy_cluster c USING relating_text t WHERE c.cluster_no = t.old_cluster AND t.new_cluster IS NULL
    $sql$;
    EXECUTE $sql$
        INSERT INTO copy_cluster AS c (cluster_no, text_hash, size, canonical_no, canonical_source_no,
            canonical_native_id, first_at, last_at) OVERRIDING SYSTEM VALUE
        SELECT new_cluster, text_hash, new_size, new_canonical, new_source, new_native, new_first, new_last
        FROM relating_text
        WHERE new_cluster IS NOT NULL
          AND (new_cluster, new_size, new_canonical, new_last) IS DISTINCT FROM
              (old_cluster, old_size, old_canonical, old_last)
           OR is_whole AND new_cluster IS NOT NULL
        ORDER BY new_cluster
        ON CONFLICT (cluster_no) DO UPDATE SET size = excluded.size, canonical_no = excluded.canonical_no,
            canonical_source_no = excluded.canonical_source_no, canonical_native_id = excluded.canonical_native_id,
            first_at = excluded.first_at, last_at = excluded.last_at
    $sql$;
    EXECUTE $sql$
        WITH place AS MATERIALIZED (
            SELECT m.mention_no, CASE WHEN m.is_new THEN NULL ELSE o.old_cluster END AS old_cluster, n.new_cluster
            FROM relating_mention m
            LEFT JOIN relating_text o ON o.text_hash = m.old_hash
            LEFT JOIN relating_text n ON n.text_hash = m.new_hash
        ), gone AS (
            DELETE FROM copy_member c USING place p
            WHERE c.mention_no = p.mention_no AND p.old_cluster IS NOT NULL AND p.new_cluster IS NULL
        )
        INSERT INTO copy_member AS c (mention_no, cluster_no)
        SELECT mention_no, new_cluster FROM place
        WHERE new_cluster IS NOT NULL AND new_cluster IS DISTINCT FROM old_cluster ORDER BY mention_no
        ON CONFLICT (mention_no) DO UPDATE SET cluster_no = excluded.cluster_no
    $sql$;

    -- The sums that follow, net per key.
    EXECUTE $sql$
        WITH place AS MATERIALIZED (
            SELECT m.*,
                   NOT m.is_new AND o.old_cluster IS NOT NULL AND o.old_canonical <> m.mention_no AS was_copy,
                   n.new_cluster IS NOT NULL AND n.new_canonical <> m.mention_no AS is_copy
            FROM relating_mention m
            LEFT JOIN relating_text o ON o.text_hash = m.old_hash
            LEFT JOIN relating_text n ON n.text_hash = m.new_hash
        ), change AS MATERIALIZED (
            SELECT b.brand_no, new_at AS at, new_author AS author_no, new_sentiment AS sentiment, 1 AS n
            FROM place CROSS JOIN LATERAL unnest(new_brands) AS b (brand_no) WHERE is_copy
            UNION ALL
            SELECT b.brand_no, old_at, old_author, old_sentiment, -1
            FROM place CROSS JOIN LATERAL unnest(old_brands) AS b (brand_no) WHERE was_copy
        ), hours AS (
            INSERT INTO hour_copy AS h (brand_no, hour, copies)
            SELECT brand_no, hour_of(at) AS hour, sum(n) FROM change GROUP BY 1, 2 HAVING sum(n) <> 0 ORDER BY 1, 2
            ON CONFLICT (brand_no, hour) DO UPDATE SET copies = h.copies + excluded.copies
        )
        INSERT INTO ledger AS l (brand_no, day, author_no, mentions, positive, neutral, negative, unknown, answers,
            passed_on, followers_known, copies, copies_positive, copies_negative, score_sum, likes, reposts, replies,
            followers_sum, first_at, last_at)
        SELECT brand_no, day_of(at) AS day, author_no, 0, 0, 0, 0, 0, 0, 0, 0, sum(n),
               coalesce(sum(n) FILTER (WHERE sentiment = 1), 0), coalesce(sum(n) FILTER (WHERE sentiment = -1), 0),
               0, 0, 0, 0, 0, 'infinity', '-infinity'
        FROM change GROUP BY 1, 2, 3
        HAVING sum(n) <> 0 OR coalesce(sum(n) FILTER (WHERE sentiment = 1), 0) <> 0
            OR coalesce(sum(n) FILTER (WHERE sentiment = -1), 0) <> 0
        ORDER BY 1, 2, 3
        ON CONFLICT (brand_no, day, author_no) DO UPDATE SET copies = l.copies + excluded.copies,
            copies_positive = l.copies_positive + excluded.copies_positive,
            copies_negative = l.copies_negative + excluded.copies_negative
    $sql$;
    EXECUTE $sql$
        DELETE FROM hour_copy h
        USING (SELECT DISTINCT b.brand_no, hour_of(old_at) AS hour
               FROM relating_mention CROSS JOIN LATERAL unnest(old_brands) AS b (brand_no)) AS k
        WHERE h.brand_no = k.brand_no AND h.hour = k.hour AND h.copies = 0
    $sql$;
    -- A row of which only the copies were left.
    EXECUTE $sql$
        DELETE FROM ledger l
        USING (SELECT DISTINCT b.brand_no, day_of(old_at) AS day, old_author AS author_no
               FROM relating_mention CROSS JOIN LATERAL unnest(old_brands) AS b (brand_no)
               WHERE (old_hash, old_at, old_author, old_brands) IS DISTINCT FROM
                     (new_hash, new_at, new_author, new_brands)) AS k
        WHERE l.brand_no = k.brand_no AND l.day = k.day AND l.author_no = k.author_no
          AND l.mentions = 0 AND l.copies = 0 AND l.copies_positive = 0 AND l.copies_negative = 0
    $sql$;
END $$;

-- One step, one transaction. Answers what was done:
--   'lost'     the lease is not held by this owner on this connection
--   'idle'     nothing to do: all that is committed is related
--   'waiting'  for batches that were open when the goal was set
--   'working'  mentions or revisions were taken; call again
--   'reached'  the goal was reached and related_through moved
CREATE FUNCTION relate(
    me text, max_rows integer, seconds double precision,
    OUT state text, OUT taken integer, OUT revised integer, OUT related bigint, OUT goal bigint
) LANGUAGE plpgsql
-- Tables that have just grown have no statistics: keep to plans that read by key.
SET search_path = mention_store, pg_temp SET jit = off SET enable_bitmapscan = off SET work_mem = '64MB'
SET enable_hashjoin = on SET enable_seqscan = on AS $$
DECLARE
    mark related_mark;
    upper_no bigint;
BEGIN
    taken := 0;
    revised := 0;
    PERFORM 1 FROM lease WHERE name = 'relate' AND owner = me AND backend_pid = pg_backend_pid()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        state := 'lost';
        RETURN;
    END IF;
    UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => seconds) WHERE name = 'relate';

    SELECT * INTO mark FROM related_mark;
    IF mark.goal_no IS NULL THEN
        -- The order matters. A batch whose effects are in the progress read first has taken its numbers before the
        -- sequence is read; a batch that had taken numbers by then holds its lock until it has ended.
        DELETE FROM related_goal;
        INSERT INTO related_goal SELECT consumer_group, topic_no, partition, next_offset, incarnation
        FROM partition_progress;
        mark.goal_no := last_number();
        mark.holders := coalesce(open_batches(), '{}');
        IF mark.goal_no = mark.related_no AND cardinality(mark.holders) = 0
           AND NOT EXISTS (SELECT FROM mention_revised)
           AND NOT EXISTS (SELECT * FROM related_goal EXCEPT SELECT * FROM related_through) THEN
            related := mark.related_no;
            goal := mark.goal_no;
            state := 'idle';
            RETURN;
        END IF;
        mark.decided := false;
        UPDATE related_mark SET goal_no = mark.goal_no, holders = mark.holders, decided = false;
    END IF;
    related := mark.related_no;
    goal := mark.goal_no;

    IF NOT mark.decided THEN
        IF open_batches() && mark.holders THEN
            state := 'waiting';
            RETURN;
        END IF;
        UPDATE related_mark SET decided = true, holders = NULL;
        -- No row can be added any more to a partition whose numbers are all decided.
        UPDATE mention_partition p SET closed_at = now() WHERE p.closed_at IS NULL AND p.upper_no <= mark.goal_no + 1;
    END IF;

    PERFORM relate_prepare();
    IF mark.related_no < mark.goal_no THEN
        -- One statement, one snapshot: the mentions, and the changes of them that are read thereby.
        EXECUTE $sql$
            WITH chunk AS (
                INSERT INTO relating_chunk
                SELECT mention_no, text_hash FROM mention
                WHERE mention_no > $1 AND mention_no <= $2 ORDER BY mention_no LIMIT $3
                RETURNING mention_no
            ), until AS MATERIALIZED (
                SELECT CASE WHEN count(*) < $3 THEN $2 ELSE max(mention_no) END AS upper_no, count(*) AS taken
                FROM chunk
            ), read AS (
                DELETE FROM mention_revised
                WHERE mention_no > $1 AND mention_no <= $2 AND mention_no <= (SELECT upper_no FROM until)
            )
            SELECT upper_no, taken FROM until
        $sql$ INTO upper_no, taken USING mark.related_no, mark.goal_no, max_rows;
        -- The first of a text is a row of text_seen and no more; the others move.
        EXECUTE $sql$
            WITH first AS (
                INSERT INTO text_seen (text_hash, member)
                SELECT DISTINCT ON (text_hash) text_hash, mention_no FROM relating_chunk ORDER BY text_hash, mention_no
                ON CONFLICT (text_hash) DO NOTHING
                RETURNING member
            )
            INSERT INTO relating_mention
            SELECT m.mention_no, true, true, m.source_no, m.native_id, NULL, m.text_hash, NULL, m.published_at,
                   NULL, m.author_no, NULL, m.sentiment, NULL, m.brands
            FROM (SELECT mention_no FROM relating_chunk WHERE mention_no NOT IN (SELECT member FROM first)) AS c
            CROSS JOIN LATERAL (SELECT * FROM mention_counted m WHERE m.mention_no = c.mention_no OFFSET 0) AS m
        $sql$;
        UPDATE related_mark SET related_no = upper_no;
        related := upper_no;
    ELSE
        EXECUTE $sql$
            WITH due AS MATERIALIZED (
                SELECT mention_no FROM mention_revised WHERE mention_no <= $1
                GROUP BY mention_no ORDER BY mention_no LIMIT $2
            ), read AS (
                DELETE FROM mention_revised r USING due WHERE r.mention_no = due.mention_no RETURNING r.*
            )
            INSERT INTO relating_mention
            SELECT m.mention_no, false, (o.text_hash, o.published_at) <> (m.text_hash, m.published_at), m.source_no,
                   m.native_id, o.text_hash, m.text_hash, o.published_at, m.published_at, o.author_no, m.author_no,
                   o.sentiment, m.sentiment, o.brands, m.brands
            FROM (SELECT DISTINCT ON (mention_no) * FROM read ORDER BY mention_no, revision_no) AS o
            CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = o.mention_no OFFSET 0) AS m
        $sql$ USING mark.related_no, max_rows;
        GET DIAGNOSTICS revised = ROW_COUNT;
    END IF;
    IF EXISTS (SELECT FROM relating_mention) THEN
        PERFORM relate_move();
    END IF;

    IF mark.related_no < mark.goal_no OR revised >= max_rows THEN
        state := 'working';
        RETURN;
    END IF;
    INSERT INTO related_through AS t SELECT * FROM related_goal
    ON CONFLICT (consumer_group, topic_no, partition) DO UPDATE
    SET next_offset = excluded.next_offset, incarnation = excluded.incarnation
    WHERE (t.next_offset, t.incarnation) IS DISTINCT FROM (excluded.next_offset, excluded.incarnation);
    UPDATE related_mark SET goal_no = NULL, holders = NULL, decided = false;
    state := 'reached';
END $$;

-- Whether the partition that is being filled has mentions and is older than so many seconds. It counts from when the
-- one before it was closed.
CREATE FUNCTION partition_is_old(seconds double precision) RETURNS boolean
LANGUAGE sql STABLE SET search_path = mention_store, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM mention_block b JOIN mention_partition p
          ON b.is_called AND b.last_value >= p.lower_no AND b.last_value < p.upper_no
        WHERE p.closed_at IS NULL
          AND greatest(p.created_at, (SELECT max(closed_at) FROM mention_partition))
              < now() - make_interval(secs => seconds))
$$;

-- Moves the sequence on to the next partition, so that the old one can be closed. No batch may be open meanwhile.
CREATE FUNCTION leave_old_partition(seconds double precision) RETURNS boolean
LANGUAGE plpgsql SET search_path = mention_store, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    bound bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(727272, 1);
    IF NOT partition_is_old(seconds) THEN
        RETURN false;
    END IF;
    SELECT p.upper_no INTO bound FROM mention_block b JOIN mention_partition p
      ON b.last_value >= p.lower_no AND b.last_value < p.upper_no;
    -- The next block is the first that begins in the next partition.
    PERFORM setval('mention_block', greatest((bound + 255) / 256 * 256 - 256, (SELECT last_value FROM mention_block)));
    RETURN true;
END $$;
