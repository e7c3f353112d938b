-- Forgetting: what is asked to be removed is removed everywhere, and a replay does not bring it back.
--
-- What was forgotten is known by a hash alone: HMAC-SHA-256 with a key that is this database's own, of (source, id) or
-- (source, author). Workers hold quick_hash of each (XXH64 with a seed of this database) in memory and ask the table only
-- about what that says. Each batch checks in its transaction that it holds them all: SQLSTATE MF004 when it does not.

CREATE TABLE forget_mark (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL DEFAULT 0,   -- rises with each row of forgotten; 0: nothing was ever forgotten
    inner_key bytea NOT NULL,            -- the key, padded to a block, with the two pads of HMAC (RFC 2104)
    outer_key bytea NOT NULL,
    quick_seed bigint NOT NULL
);
INSERT INTO forget_mark (inner_key, outer_key, quick_seed)
SELECT decode(string_agg(lpad(to_hex(k.byte # 54), 2, '0'), '' ORDER BY i), 'hex'),
       decode(string_agg(lpad(to_hex(k.byte # 92), 2, '0'), '' ORDER BY i), 'hex'),
       ('x' || left(max(r.seed), 16))::bit(64)::bigint
FROM (SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex') AS salt,
             md5(gen_random_uuid()::text) AS seed OFFSET 0) AS r
CROSS JOIN generate_series(0, 63) AS i
CROSS JOIN LATERAL (SELECT CASE WHEN i < 32 THEN get_byte(r.salt, i) ELSE 0 END AS byte) AS k;

CREATE FUNCTION forget_hash(kind text, source text, id text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = mention_store, pg_temp AS $$
    SELECT sha256(m.outer_key || sha256(m.inner_key || convert_to(kind || chr(31) || source || chr(31) || id, 'UTF8')))
    FROM forget_mark m
$$;

CREATE TABLE forgotten (
    hash bytea PRIMARY KEY,
    quick_hash bigint NOT NULL,
    receipt_no bigint NOT NULL
);

-- A row for each time that something was asked to be forgotten: what was removed so far, until it is finished. It holds
-- no personal data but the hash.
CREATE TABLE forgetting (
    receipt_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('mention', 'author', 'brand')),
    hash bytea NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    begun_by text NOT NULL,
    removed jsonb NOT NULL DEFAULT '{}',  -- rows by table
    finished_at timestamptz
);

-- Append-only: a line when it is finished.
CREATE TABLE forget_audit (
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    receipt_no bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    removed jsonb NOT NULL
);

-- The first statement behind a batch's guard. Who forgets writes the hash, waits until the batches then open have ended,
-- and removes what they wrote: later ones hold the hash.
CREATE FUNCTION check_forgotten(held bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF held <> (SELECT version FROM forget_mark) THEN
        RAISE EXCEPTION 'something was forgotten since the batch was prepared' USING ERRCODE = 'MF004';
    END IF;
END $$;

-- Mentions that are gone while the background step still counts them: their states are in mention_revised. Kept until
-- the step has read them, seconds as a rule.
CREATE TABLE mention_gone (
    mention_no bigint PRIMARY KEY,
    source_no integer NOT NULL,
    native_id text COLLATE "C" NOT NULL
);

-- As in 0012, and what is gone.
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
    SELECT * FROM mention_revised r WHERE r.mention_no = m.mention_no ORDER BY r.revision_no LIMIT 1) AS r ON true
UNION ALL
SELECT g.mention_no, g.source_no, g.native_id, r.published_at, r.author_no, r.text_hash, r.sentiment, r.brands,
       r.set_aside, r.in_reply_to, r.repost_of, r.conversation
FROM mention_gone g
CROSS JOIN LATERAL (
    SELECT * FROM mention_revised r WHERE r.mention_no = g.mention_no ORDER BY r.revision_no LIMIT 1) AS r;

-- How long things are kept, in days; null: for ever. Workers remove what is older, under the lease of the background
-- step.
CREATE TABLE retention (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    dead_letter_days integer CHECK (dead_letter_days >= 1),   -- payloads of dead letters that are resolved
    audit_days integer CHECK (audit_days >= 1),               -- lines of the audits of resets and resumes
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO retention DEFAULT VALUES;

-- An audit is added to and never changed: even writers may not delete its lines but by this, which goes by the age that
-- is set and by nothing that the caller says.
CREATE FUNCTION sweep_audit(audit text, stamp text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mention_store, pg_temp AS $$
DECLARE
    swept bigint;
BEGIN
    IF (audit, stamp) NOT IN (('reset_audit', 'reset_at'), ('resume_audit', 'resumed_at')) THEN
        RAISE EXCEPTION 'no audit that is swept: %', audit USING ERRCODE = '22023';
    END IF;
    EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(
                        SELECT a.ctid FROM %1$I a, retention WHERE a.%2$I < now() - make_interval(days => audit_days)
                        LIMIT $1))', audit, stamp) USING most;
    GET DIAGNOSTICS swept = ROW_COUNT;
    RETURN swept;
END $$;
