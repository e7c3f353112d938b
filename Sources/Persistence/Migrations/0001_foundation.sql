-- The tables of the write path, and the functions that fence it.
--
-- Keys are integers, and grow where they can: an index row with a random key costs several times one at the end of
-- the tree. Text keys are COLLATE "C": bytes compare faster than words, and the order is the same on every machine.

-- Dictionaries: a number for each name that data brings. Numbers differ from one database to the next; names don't.

CREATE TABLE source (
    source_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE topic (
    topic_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE model (
    model_no smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version text COLLATE "C" NOT NULL UNIQUE
);

-- A brand is there because somebody registered it (then it has terms to match) or because an event named it.
CREATE TABLE brand (
    brand_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    registered boolean NOT NULL DEFAULT false
);

CREATE TABLE brand_term (
    brand_no integer NOT NULL REFERENCES brand,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('alias', 'handle', 'excluded', 'own_account')),
    term text COLLATE "C" NOT NULL,
    PRIMARY KEY (brand_no, kind, term)
);

-- One row. Each change of the registered brands raises the version; workers look at it every few seconds.
CREATE TABLE brand_catalogue (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO brand_catalogue (version) VALUES (1);

-- The profile is that of the greatest (day of the version, hash of the profile) among all events of the author: a
-- maximum over a set, so it comes out the same in whatever order they arrive, and costs one update a day and author.
CREATE TABLE author (
    author_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_no integer NOT NULL,
    author_key text COLLATE "C" NOT NULL,
    profile_day integer NOT NULL,
    profile_hash bigint NOT NULL,
    verified boolean,
    handle text COLLATE "C",
    name text COLLATE "C",
    UNIQUE (source_no, author_key)
) WITH (fillfactor = 90);

-- Who a mention is, for ever: also after retention dropped its row.
CREATE TABLE mention_identity (
    source_no integer NOT NULL,
    native_id text COLLATE "C" NOT NULL,
    mention_no bigint NOT NULL,
    body_hash bigint NOT NULL,           -- of the body that came first; the others are in mention_body
    PRIMARY KEY (source_no, native_id)
);

-- Bodies of a mention beyond the first. What was seen before is a re-delivery, what was not a revision: so the sums
-- of both depend on the set of records and not on their order.
CREATE TABLE mention_body (
    mention_no bigint NOT NULL,
    body_hash bigint NOT NULL,
    PRIMARY KEY (mention_no, body_hash)
);

-- The standing version of each mention, range-partitioned by ingest order.
CREATE TABLE mention (
    mention_no bigint NOT NULL,
    published_at timestamptz NOT NULL,
    version_at timestamptz NOT NULL,     -- edited_at, else published_at: with body_hash it orders the versions
    ingested_at timestamptz NOT NULL,
    body_hash bigint NOT NULL,
    text_hash bigint NOT NULL,           -- of the normalised text: tier T1 of the copies
    author_no bigint NOT NULL,
    likes bigint NOT NULL,
    reposts bigint NOT NULL,
    replies bigint NOT NULL,
    followers bigint,
    kafka_offset bigint NOT NULL,        -- the least position of a record with the standing body
    kafka_partition integer NOT NULL,
    topic_no integer NOT NULL,
    source_no integer NOT NULL,
    incarnation integer NOT NULL,
    sentiment smallint,                  -- -1, 0, 1; null where the model can't read the language
    sentiment_score smallint NOT NULL,   -- ten-thousandths, like all scores and probabilities here
    intents smallint NOT NULL,           -- bits, see Intents
    model_no smallint NOT NULL,
    emotion smallint,                    -- null until a model says: anger 0, joy 1, optimism 2, sadness 3
    irony smallint,
    offensive smallint,
    spam smallint,
    brands_matched boolean NOT NULL,     -- true where the matcher chose the brands, false where the event named them
    brands integer[] NOT NULL,
    native_id text COLLATE "C" NOT NULL,
    text text COLLATE "C" NOT NULL,
    title text COLLATE "C",
    lang text COLLATE "C",
    url text COLLATE "C",
    in_reply_to text COLLATE "C",
    repost_of text COLLATE "C",
    conversation text COLLATE "C",
    PRIMARY KEY (mention_no)
) PARTITION BY RANGE (mention_no);

-- Numbers are taken in blocks of 256, always inside a batch's transaction and after its guard: who knows the last
-- number taken and the batches then open knows which numbers can still appear.
CREATE SEQUENCE mention_block AS bigint INCREMENT BY 256 MINVALUE 256 START WITH 256;

CREATE TABLE mention_partition (
    partition_no integer PRIMARY KEY,
    lower_no bigint NOT NULL,
    upper_no bigint NOT NULL,            -- exclusive
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,               -- since when no row can be added
    indexed_at timestamptz               -- since when it has its author and text indexes
);

-- The standing state of a mention before each change of one of these columns, written in the transaction that makes
-- the change, and kept until the background step has read it. Of several the least revision_no holds what the step had
-- counted. Append-only, so that writers never wait for the step nor it for them: the row lock on the mention puts the
-- revision numbers of one mention in order.
CREATE TABLE mention_revised (
    mention_no bigint NOT NULL,
    revision_no bigint GENERATED ALWAYS AS IDENTITY,
    published_at timestamptz NOT NULL,
    author_no bigint NOT NULL,
    text_hash bigint NOT NULL,
    sentiment smallint,
    brands integer[] NOT NULL,
    PRIMARY KEY (mention_no, revision_no)
);

-- Truth for scores: integers, which add in any order and subtract exactly. The day stands before the author in the
-- key, so that new rows land on few pages.
CREATE TABLE ledger (
    brand_no integer NOT NULL,
    day integer NOT NULL,                -- days since 1970-01-01, UTC
    author_no bigint NOT NULL,
    mentions integer NOT NULL,
    positive integer NOT NULL,
    neutral integer NOT NULL,
    negative integer NOT NULL,
    unknown integer NOT NULL,
    answers integer NOT NULL,
    passed_on integer NOT NULL,
    followers_known integer NOT NULL,
    copies integer NOT NULL DEFAULT 0,            -- the three are the background step's
    copies_positive integer NOT NULL DEFAULT 0,
    copies_negative integer NOT NULL DEFAULT 0,
    score_sum bigint NOT NULL,
    likes bigint NOT NULL,
    reposts bigint NOT NULL,
    replies bigint NOT NULL,
    followers_sum bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (brand_no, day, author_no)
) WITH (fillfactor = 85);

-- Several rows per brand and hour, one per slot, so that workers seldom wait for each other's transactions.
CREATE TABLE hour_sum (
    brand_no integer NOT NULL,
    hour integer NOT NULL,               -- hours since 1970-01-01, UTC
    slot smallint NOT NULL,
    mentions integer NOT NULL,
    positive integer NOT NULL,
    neutral integer NOT NULL,
    negative integer NOT NULL,
    unknown integer NOT NULL,
    PRIMARY KEY (brand_no, hour, slot)
) WITH (fillfactor = 70);

CREATE TABLE dead_letter_record (
    dead_letter_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_group text COLLATE "C" NOT NULL,
    topic_no integer NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    incarnation integer NOT NULL,
    reason text COLLATE "C" NOT NULL,
    detail text COLLATE "C" NOT NULL,
    payload bytea,                       -- null for a tombstone; the head alone where it is over 1 MiB
    payload_bytes bigint NOT NULL,
    payload_sha256 bytea,                -- where payload is the head alone
    record_timestamp timestamptz,
    status text COLLATE "C" NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'redriven', 'discarded')),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation)
);

-- The place of each consumer group in each partition, and the fence. Low fillfactor and no second index: each step
-- is a HOT update.
CREATE TABLE partition_progress (
    consumer_group text COLLATE "C" NOT NULL,
    topic_no integer NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL,
    incarnation integer NOT NULL DEFAULT 0,
    next_offset bigint,                  -- null until it is decided where to start
    last_offset bigint,                  -- of the last record read, with its timestamp and hash: a later claim
    last_timestamp bigint,               -- reads that record again and compares
    last_hash bigint,
    last_mention_no bigint NOT NULL DEFAULT 0,
    records bigint NOT NULL DEFAULT 0,
    new_mentions bigint NOT NULL DEFAULT 0,
    redeliveries bigint NOT NULL DEFAULT 0,
    revisions bigint NOT NULL DEFAULT 0,
    dead_letters bigint NOT NULL DEFAULT 0,
    backend_pid integer,
    backend_start timestamptz,
    advanced_at timestamptz,
    owner text COLLATE "C",              -- null when it was given back
    paused text COLLATE "C",             -- why it stands still; null when it does not
    cluster_id text COLLATE "C",
    PRIMARY KEY (consumer_group, topic_no, partition)
) WITH (fillfactor = 40);

CREATE TABLE reset_audit (
    reset_at timestamptz NOT NULL DEFAULT now(),
    reset_by text NOT NULL,
    consumer_group text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    old_offset bigint,
    new_offset bigint NOT NULL,
    incarnation integer NOT NULL,
    reason text
);

-- Makes partitions of mention until `ahead` numbers are covered beyond the last one taken. Any worker may call it, at
-- any time; one at a time does the work.
CREATE FUNCTION roll_over(width bigint, ahead bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    covered bigint;
    wanted bigint;
    next_no integer;
    child text;
BEGIN
    PERFORM pg_advisory_xact_lock(727272, 2);
    SELECT coalesce(max(upper_no), 0), coalesce(max(partition_no), 0) + 1 INTO covered, next_no FROM mention_partition;
    SELECT last_value + ahead INTO wanted FROM mention_block;
    WHILE covered < wanted LOOP
        child := format('mention_%s', lpad(next_no::text, 6, '0'));
        -- Attaching takes a lighter lock on the parent than CREATE … PARTITION OF, and lets writers go on.
        EXECUTE format('CREATE TABLE %I (LIKE mention INCLUDING ALL)', child);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT bounds CHECK (mention_no >= %s AND mention_no < %s)',
                       child, covered, covered + width);
        EXECUTE format('ALTER TABLE mention ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                       child, covered, covered + width);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT bounds', child);
        INSERT INTO mention_partition (partition_no, lower_no, upper_no) VALUES (next_no, covered, covered + width);
        covered := covered + width;
        next_no := next_no + 1;
    END LOOP;
    RETURN covered;
END $$;

SELECT roll_over(500000, 1);

-- Raises the epoch of each partition, in order, and says where to go on. From then on nobody else can write for it.
CREATE FUNCTION claim(
    of_group text, of_topic integer, partitions integer[], new_owner text, writer_pid integer
) RETURNS TABLE (
    partition integer, epoch bigint, next_offset bigint, incarnation integer, last_offset bigint,
    last_timestamp bigint, last_hash bigint, cluster_id text, paused text
) LANGUAGE sql AS $$
    INSERT INTO partition_progress AS p (consumer_group, topic_no, partition, epoch, owner, backend_pid, backend_start)
    SELECT of_group, of_topic, u.n, 1, new_owner, writer_pid,
           (SELECT backend_start FROM pg_stat_activity WHERE pid = writer_pid)
    FROM unnest(partitions) AS u (n) ORDER BY u.n
    ON CONFLICT (consumer_group, topic_no, partition) DO UPDATE
    SET epoch = p.epoch + 1, owner = excluded.owner, backend_pid = excluded.backend_pid,
        backend_start = excluded.backend_start
    RETURNING p.partition, p.epoch, p.next_offset, p.incarnation, p.last_offset, p.last_timestamp, p.last_hash,
              p.cluster_id, p.paused
$$;

-- Ends the backends that hold a row which a claim waits for: a worker that was stopped in mid-transaction keeps its
-- locks for as long as it is stopped. Only a backend that is still the recorded one. Returns how many were ended.
CREATE FUNCTION evict(of_group text, of_topic integer, partitions integer[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    free integer[];
    ended integer;
BEGIN
    free := ARRAY(
        SELECT p.partition FROM partition_progress p
        WHERE p.consumer_group = of_group AND p.topic_no = of_topic AND p.partition = ANY (partitions)
        FOR UPDATE SKIP LOCKED);
    SELECT count(*) FILTER (WHERE pg_terminate_backend(holder.pid)) INTO ended
    FROM (SELECT DISTINCT a.pid
          FROM partition_progress p
          JOIN pg_stat_activity a ON a.pid = p.backend_pid AND a.backend_start = p.backend_start
          WHERE p.consumer_group = of_group AND p.topic_no = of_topic AND p.partition = ANY (partitions)
            AND p.partition <> ALL (free) AND a.pid <> pg_backend_pid()) AS holder;
    RETURN ended;
END $$;

-- The first statement of every batch. Marks the transaction as a batch (what reads behind the writers waits for those
-- marks), locks the progress rows in order, and refuses with SQLSTATE MF001 unless epoch and offset are the caller's.
CREATE FUNCTION guard(
    of_group text, of_topic integer, partitions integer[], epochs bigint[], offsets bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(727272, 1);
    SELECT count(*) INTO held FROM (
        SELECT 1
        FROM unnest(partitions, epochs, offsets) AS mine (n, epoch, next_offset)
        JOIN partition_progress p
          ON p.consumer_group = of_group AND p.topic_no = of_topic AND p.partition = mine.n
        WHERE p.epoch = mine.epoch AND p.next_offset = mine.next_offset
        ORDER BY p.partition
        FOR UPDATE OF p) AS locked;
    IF held <> cardinality(partitions) THEN
        RAISE EXCEPTION 'another worker holds % of the % partitions of this batch',
            cardinality(partitions) - held, cardinality(partitions) USING ERRCODE = 'MF001';
    END IF;
END $$;

-- Numbers for `wanted` mentions: the first number of each block of 256. Refuses with MF002 when they are not covered
-- by partitions yet: the caller rolls over and comes again.
CREATE FUNCTION take_numbers(wanted integer) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    blocks bigint[];
BEGIN
    blocks := ARRAY(SELECT nextval('mention_block') FROM generate_series(1, (wanted + 255) / 256));
    IF blocks[cardinality(blocks)] + 256 > (SELECT max(upper_no) FROM mention_partition) THEN
        RAISE EXCEPTION 'mention numbers have run past the last partition' USING ERRCODE = 'MF002';
    END IF;
    RETURN blocks;
END $$;
