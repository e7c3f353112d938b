-- Triage: what each mention asks for, the queue of what is to be done, and the outbox by which others hear of it.

-- The rules by version. A version is never changed: each decision names the one that made it.
CREATE TABLE triage_rules (
    version integer PRIMARY KEY,
    document text NOT NULL,              -- the rules file as it was given
    checksum text COLLATE "C" NOT NULL,  -- SHA-256 of it, in hex
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    note text
);

-- A row per mention and brand that asks for something (or did: 'withdrawn'). Writers reach a row only while they hold
-- the lock of its mention, so that decisions about one mention come one after the other; people lock the row alone.
CREATE TABLE triage_item (
    mention_no bigint NOT NULL,
    brand_no integer NOT NULL,
    rules_version integer NOT NULL,      -- that decided last
    turn integer NOT NULL,               -- counts decisions with one body and one version of the rules
    body_hash bigint NOT NULL,           -- of the version of the mention that was decided
    due_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    claim_until timestamptz,
    claimed_at timestamptz,
    closed_at timestamptz,
    revised_at timestamptz,              -- since when the decision would be another one, had nobody taken it up
    priority integer NOT NULL,
    status text COLLATE "C" NOT NULL
        CHECK (status IN ('open', 'claimed', 'done', 'dismissed', 'withdrawn')),
    team text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,    -- name of the rule
    claimed_by text,
    closed_by text,
    note text,
    PRIMARY KEY (mention_no, brand_no)
) WITH (fillfactor = 90);

-- What is open, in the order in which it should be done. Of what asks for an answer also by team and by brand; what is
-- watched is several times as much, and has one index: with team and brand in it, so that they are looked for there.
CREATE INDEX triage_queue ON triage_item (priority, due_at, mention_no, team, brand_no) WHERE status = 'open';
CREATE INDEX triage_queue_by_team ON triage_item (team, priority, due_at, mention_no)
    WHERE status = 'open' AND action = 'respond';
CREATE INDEX triage_queue_by_brand ON triage_item (brand_no, priority, due_at, mention_no)
    WHERE status = 'open' AND action = 'respond';
CREATE INDEX triage_claims ON triage_item (claim_until) WHERE status = 'claimed';

-- Who changed what. Decisions that workers change write here too: who is then 'rules' and the version.
CREATE TABLE triage_audit (
    audit_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL,
    mention_no bigint NOT NULL,
    brand_no integer NOT NULL,
    change text COLLATE "C" NOT NULL,    -- claim, done, dismiss, release, expire, answered, decide, withdraw
    from_status text COLLATE "C" NOT NULL,
    to_status text COLLATE "C" NOT NULL,
    note text
);
CREATE INDEX triage_audit_by_item ON triage_audit (mention_no, brand_no);

-- What is to be published, written in the transaction of its cause. Rows of one key come one after the other: whoever
-- writes a row about a mention holds the mention's lock (or its new identity) until the commit, so the next one takes
-- its number after that commit. So whoever sees a row sees all earlier rows of its key, and outbox_no is the order
-- within a key, though it is not the order of commits. Rows go when they are acknowledged.
CREATE TABLE outbox (
    outbox_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

INSERT INTO lease (name, expires_at) VALUES ('outbox', '-infinity');

-- Decides mentions anew that were decided before: those of `mentions`, which the caller has locked. The arrays hold all
-- that they ask for now, and what was said of brands that ask for nothing any more (action 'leave'). What is open
-- follows; what somebody has taken up or closed stays as it is, and is marked. A decision of older rules than those
-- that decided last changes nothing. Payloads of the outbox come in two parts, between which the turn belongs; empty
-- ones are not published.
CREATE FUNCTION triage_settle(
    mentions bigint[], brands integer[], teams text[], actions text[], priorities smallint[], reasons text[],
    dues timestamptz[], hashes bigint[], keys text[], heads text[], tails text[], at timestamptz, version integer
) RETURNS integer LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    changed integer;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest(mentions, brands, teams, actions, priorities, reasons, dues, hashes, keys, heads, tails)
            WITH ORDINALITY AS u (mention_no, brand_no, team, action, priority, reason, due_at, body_hash, key, head,
                                  tail, place)
    ), standing AS MATERIALIZED (
        SELECT i.* FROM triage_item i JOIN wanted w USING (mention_no, brand_no)
        ORDER BY i.mention_no, i.brand_no FOR UPDATE OF i
    ), judged AS MATERIALIZED (
        SELECT w.*, s.status AS was, s.mention_no IS NULL AS is_new,
               CASE WHEN (s.body_hash, s.rules_version) = (w.body_hash, triage_settle.version)
                    THEN s.turn + 1 ELSE 1 END AS turn,
               CASE WHEN w.action = 'leave' THEN 'withdrawn' ELSE 'open' END AS becomes
        FROM wanted w LEFT JOIN standing s USING (mention_no, brand_no)
        WHERE CASE WHEN s.mention_no IS NULL THEN w.action <> 'leave'
                   WHEN s.rules_version > triage_settle.version THEN false
                   WHEN s.status = 'withdrawn' THEN w.action <> 'leave'
                   WHEN w.action = 'leave' THEN true
                   ELSE (s.team, s.action, s.priority, s.reason, s.due_at)
                        IS DISTINCT FROM (w.team, w.action, w.priority, w.reason, w.due_at) END
    ), kept AS (
        -- Decided the same: of another body or by other rules, of which nothing was published yet.
        UPDATE triage_item i
        SET rules_version = triage_settle.version, body_hash = w.body_hash, turn = 0
        FROM standing s JOIN wanted w USING (mention_no, brand_no)
        WHERE i.mention_no = s.mention_no AND i.brand_no = s.brand_no AND s.status = 'open'
          AND (s.team, s.action, s.priority, s.reason, s.due_at)
              IS NOT DISTINCT FROM (w.team, w.action, w.priority, w.reason, w.due_at)
          AND s.rules_version <= triage_settle.version
          AND (s.rules_version, s.body_hash) <> (triage_settle.version, w.body_hash)
    ), inserted AS (
        INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at, priority,
                                 status, team, action, reason)
        SELECT mention_no, brand_no, version, turn, body_hash, due_at, triage_settle.at, priority, 'open', team,
               action, reason
        FROM judged WHERE is_new ORDER BY mention_no, brand_no
    ), moved AS (
        UPDATE triage_item i
        SET rules_version = triage_settle.version, turn = j.turn, body_hash = j.body_hash,
            decided_at = triage_settle.at, status = j.becomes,
            due_at = CASE WHEN j.becomes = 'open' THEN j.due_at ELSE i.due_at END,
            priority = CASE WHEN j.becomes = 'open' THEN j.priority ELSE i.priority END,
            team = CASE WHEN j.becomes = 'open' THEN j.team ELSE i.team END,
            action = CASE WHEN j.becomes = 'open' THEN j.action ELSE i.action END,
            reason = CASE WHEN j.becomes = 'open' THEN j.reason ELSE i.reason END
        FROM judged j
        WHERE i.mention_no = j.mention_no AND i.brand_no = j.brand_no AND j.was IN ('open', 'withdrawn')
    ), marked AS (
        UPDATE triage_item i SET revised_at = triage_settle.at
        FROM judged j
        WHERE i.mention_no = j.mention_no AND i.brand_no = j.brand_no AND j.was IN ('claimed', 'done', 'dismissed')
    ), told AS (
        INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status, note)
        SELECT format('rules %s', triage_settle.version), mention_no, brand_no,
               CASE WHEN becomes = 'open' THEN 'decide' ELSE 'withdraw' END, was, becomes, reason
        FROM judged WHERE was IN ('open', 'withdrawn') ORDER BY mention_no, brand_no
    ), published AS (
        INSERT INTO outbox (key, payload)
        SELECT key, convert_to(head || turn || tail, 'UTF8')
        FROM judged WHERE (is_new OR was IN ('open', 'withdrawn')) AND head <> '' ORDER BY place
    )
    SELECT count(*) INTO changed FROM judged;
    RETURN changed;
END $$;

-- Takes up to `most` of what is open, the most urgent first, for `who`; others pass over what is being taken. What
-- stands for a copy of a mention that has an item of its own is left out. All arguments but the last three may be null.
CREATE FUNCTION triage_take(
    of_team text, of_brand text, of_action text, who text, most integer, seconds double precision
) RETURNS TABLE (mention_no bigint, brand_no integer)
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM triage_expire();
    -- Planned for what is asked, so that it reads the index that has it in order.
    RETURN QUERY EXECUTE format($sql$
        WITH chosen AS MATERIALIZED (
            SELECT i.mention_no, i.brand_no FROM triage_item i
            WHERE i.status = 'open' %s %s %s AND NOT EXISTS (
                SELECT FROM copy_member cm
                JOIN copy_cluster cj ON cj.cluster_no = cm.cluster_no
                JOIN copy_cluster c ON c.cluster_no = coalesce(cj.parent_no, cj.cluster_no)
                JOIN triage_item o ON o.mention_no = c.canonical_no AND o.brand_no = i.brand_no
                WHERE cm.mention_no = i.mention_no AND c.canonical_no <> i.mention_no AND o.status <> 'withdrawn'
                OFFSET 0)
            ORDER BY i.priority, i.due_at, i.mention_no
            LIMIT $5 FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE triage_item i
            SET status = 'claimed', claimed_by = $4, claimed_at = clock_timestamp(),
                claim_until = clock_timestamp() + make_interval(secs => $6)
            FROM chosen c WHERE i.mention_no = c.mention_no AND i.brand_no = c.brand_no
            RETURNING i.mention_no, i.brand_no
        ), told AS (
            INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status)
            SELECT $4, mention_no, brand_no, 'claim', 'open', 'claimed' FROM taken
        )
        SELECT mention_no, brand_no FROM taken $sql$,
        CASE WHEN of_team IS NOT NULL THEN 'AND i.team = $1' END,
        CASE WHEN of_brand IS NOT NULL THEN 'AND i.brand_no = (SELECT b.brand_no FROM brand b WHERE b.name = $2)' END,
        CASE WHEN of_action IS NOT NULL THEN format('AND i.action = %L', of_action) END)
    USING of_team, of_brand, of_action, who, most, seconds;
END $$;

-- Gives back what was claimed and not closed in time. Returns how many.
CREATE FUNCTION triage_expire() RETURNS integer LANGUAGE sql SET search_path = mention_store, pg_temp AS $$
    WITH late AS MATERIALIZED (
        SELECT mention_no, brand_no, claimed_by FROM triage_item
        WHERE status = 'claimed' AND claim_until < clock_timestamp() FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE triage_item i SET status = 'open', claimed_by = NULL, claimed_at = NULL, claim_until = NULL
        FROM late l WHERE i.mention_no = l.mention_no AND i.brand_no = l.brand_no
        RETURNING i.mention_no, i.brand_no, l.claimed_by
    ), told AS (
        INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status)
        SELECT claimed_by, mention_no, brand_no, 'expire', 'claimed', 'open' FROM freed
    )
    SELECT count(*)::integer FROM freed
$$;

-- One change by a person: 'claim', 'done', 'dismiss' or 'release'. `outcome`:
--   'done'     it was changed; standing is its status now
--   'unknown'  there is no such item
--   'held'     another has claimed it, until `until_at`
--   'closed'   it was closed before, by `holder`; 'release' opens it again
--   'open'     it is not claimed: nothing to release
CREATE FUNCTION triage_change(
    of_source text, of_id text, of_brand text, change text, who text, note text, seconds double precision,
    OUT outcome text, OUT standing text, OUT holder text, OUT until_at timestamptz
) LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    item triage_item;
    becomes text;
BEGIN
    PERFORM triage_expire();
    SELECT i.* INTO item
    FROM mention_identity m JOIN triage_item i USING (mention_no)
    WHERE m.source_no = (SELECT s.source_no FROM source s WHERE s.name = of_source) AND m.native_id = of_id
      AND i.brand_no = (SELECT b.brand_no FROM brand b WHERE b.name = of_brand) AND i.status <> 'withdrawn'
    FOR UPDATE OF i;
    IF NOT FOUND THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    standing := item.status;
    holder := coalesce(item.claimed_by, item.closed_by);
    until_at := item.claim_until;
    IF item.status = 'claimed' AND item.claimed_by <> who THEN
        outcome := 'held';
        RETURN;
    ELSIF item.status IN ('done', 'dismissed') AND change <> 'release' THEN
        holder := item.closed_by;
        outcome := 'closed';
        RETURN;
    ELSIF item.status = 'open' AND change = 'release' THEN
        outcome := 'open';
        RETURN;
    END IF;
    becomes := CASE change WHEN 'claim' THEN 'claimed' WHEN 'done' THEN 'done' WHEN 'dismiss' THEN 'dismissed'
                           WHEN 'release' THEN 'open' END;
    IF becomes IS NULL THEN
        RAISE EXCEPTION 'there is no change "%"', change USING ERRCODE = '22023';
    END IF;
    UPDATE triage_item i
    SET status = becomes,
        claimed_by = CASE becomes WHEN 'claimed' THEN who END,
        claimed_at = CASE becomes WHEN 'claimed' THEN clock_timestamp() END,
        claim_until = CASE becomes WHEN 'claimed' THEN clock_timestamp() + make_interval(secs => seconds) END,
        closed_by = CASE WHEN becomes IN ('done', 'dismissed') THEN who END,
        closed_at = CASE WHEN becomes IN ('done', 'dismissed') THEN clock_timestamp() END,
        note = coalesce(triage_change.note, i.note)
    WHERE i.mention_no = item.mention_no AND i.brand_no = item.brand_no
    RETURNING i.status, coalesce(i.claimed_by, i.closed_by), i.claim_until INTO standing, holder, until_at;
    INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status, note)
    VALUES (who, item.mention_no, item.brand_no, change, item.status, becomes, note);
    outcome := 'done';
END $$;

-- Closes what is open about mentions that a brand has answered itself; pairs of mention and brand. Returns how many.
-- To be called last in its transaction: it waits for whoever has one of the rows, and who waits for it holds nothing
-- that comes later in the order of locks.
CREATE FUNCTION triage_answered(mentions bigint[], brands integer[]) RETURNS integer
LANGUAGE sql SET search_path = mention_store, pg_temp AS $$
    WITH answered AS MATERIALIZED (
        SELECT i.mention_no, i.brand_no
        FROM unnest(mentions, brands) AS u (mention_no, brand_no)
        JOIN triage_item i ON i.mention_no = u.mention_no AND i.brand_no = u.brand_no
        WHERE i.status = 'open' ORDER BY i.mention_no, i.brand_no FOR UPDATE OF i
    ), closed AS (
        UPDATE triage_item i SET status = 'done', closed_by = 'answered', closed_at = now()
        FROM answered a WHERE i.mention_no = a.mention_no AND i.brand_no = a.brand_no
        RETURNING i.mention_no, i.brand_no
    ), told AS (
        INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status)
        SELECT 'answered', mention_no, brand_no, 'answered', 'open', 'done' FROM closed
    )
    SELECT count(*)::integer FROM closed
$$;

-- Made anew: the columns of the empty one have another collation.
DROP VIEW mention_farm.triage;
CREATE VIEW mention_farm.triage AS
SELECT s.name AS source,
       m.native_id,
       b.name AS brand,
       i.team,
       i.action,
       i.priority,
       i.reason,
       i.status,
       i.due_at,
       i.rules_version,
       i.decided_at,
       i.claimed_by,
       i.claimed_at,
       i.claim_until,
       i.closed_by,
       i.closed_at,
       i.note,
       i.revised_at,
       coalesce(c.canonical_no <> i.mention_no, false)
           AND EXISTS (SELECT FROM triage_item o WHERE o.mention_no = c.canonical_no AND o.brand_no = i.brand_no
                       AND o.status <> 'withdrawn') AS is_copy,
       coalesce(c.size, 1) AS cluster_size,
       i.mention_no,
       i.brand_no
FROM triage_item i
LEFT JOIN mention m ON m.mention_no = i.mention_no
LEFT JOIN source s ON s.source_no = m.source_no
LEFT JOIN brand b ON b.brand_no = i.brand_no
LEFT JOIN copy_member cm ON cm.mention_no = i.mention_no
LEFT JOIN copy_cluster cj ON cj.cluster_no = cm.cluster_no
LEFT JOIN copy_cluster c ON c.cluster_no = coalesce(cj.parent_no, cj.cluster_no)
WHERE i.status <> 'withdrawn';

COMMENT ON VIEW mention_farm.triage IS 'Mentions that ask for action, by brand. The queue: WHERE status = ''open'' AND NOT is_copy ORDER BY priority, due_at.';
COMMENT ON COLUMN mention_farm.triage.team IS 'Who is to act: support, sales, product or marketing.';
COMMENT ON COLUMN mention_farm.triage.action IS 'respond: somebody should answer. watch: somebody should know.';
COMMENT ON COLUMN mention_farm.triage.priority IS '1 (most urgent) to 5.';
COMMENT ON COLUMN mention_farm.triage.reason IS 'Name of the rule that decided, in version rules_version of the rules.';
COMMENT ON COLUMN mention_farm.triage.status IS 'open, claimed, done or dismissed. A claim that ran out is open again within a minute.';
COMMENT ON COLUMN mention_farm.triage.due_at IS 'published_at and what the rule gives it.';
COMMENT ON COLUMN mention_farm.triage.decided_at IS 'When a worker decided, by its clock.';
COMMENT ON COLUMN mention_farm.triage.claim_until IS 'When the claim runs out; null when nobody has it.';
COMMENT ON COLUMN mention_farm.triage.closed_by IS 'Who closed it; answered: one of the brand''s own accounts has answered.';
COMMENT ON COLUMN mention_farm.triage.revised_at IS 'Since when the decision would be another one; somebody had taken it up before. Null: never.';
COMMENT ON COLUMN mention_farm.triage.is_copy IS 'Whether the canonical of its cluster of copies has an item about the brand too: that one stands for all. Exact up to progress.related_through.';
COMMENT ON COLUMN mention_farm.triage.cluster_size IS 'How many copies there are of it, itself included.';
COMMENT ON COLUMN mention_farm.triage.mention_no IS 'mention_no in the view mention.';
COMMENT ON COLUMN mention_farm.triage.brand_no IS 'Number of the brand; a long queue of one brand is read faster by it than by the name.';

-- Version 1 of the rules: those that come with the program.
INSERT INTO triage_rules (version, document, checksum, created_by, note) VALUES (1, $rules${
  "format": 1,
  "rules": [
    {
      "name": "own-account",
      "text": "What the brand says of itself.",
      "when": { "by_own_account": true },
      "then": { "action": "leave" }
    },
    {
      "name": "repost",
      "text": "The original is decided by itself.",
      "when": { "is_repost": true },
      "then": { "action": "leave" }
    },
    {
      "name": "spam",
      "when": { "spam_at_least": 0.8 },
      "then": { "action": "leave" }
    },
    {
      "name": "abuse",
      "text": "Whatever it asks for: an answer would reward it.",
      "when": { "offensive_at_least": 0.93 },
      "then": { "action": "leave" }
    },
    {
      "name": "threat",
      "text": "Threatens to leave or to sue.",
      "when": { "intents_any": ["threat"], "sentiment_score_below": -0.5 },
      "then": { "action": "respond", "team": "support", "priority": 1, "due": "4h" }
    },
    {
      "name": "complaint-with-question",
      "text": "Something is wrong, and the author asks what or for help.",
      "when": { "intents_all": ["complaint"], "intents_any": ["question", "request"] },
      "then": { "action": "respond", "team": "support", "priority": 2, "due": "8h" }
    },
    {
      "name": "complaint-with-question-mark",
      "text": "The same, where only the question mark gives it away.",
      "when": { "intents_all": ["complaint"], "has_question_mark": true, "sentiment": "negative" },
      "then": { "action": "respond", "team": "support", "priority": 2, "due": "8h" }
    },
    {
      "name": "abuse-and-nothing-else",
      "when": {
        "offensive_at_least": 0.7,
        "intents_none": ["complaint", "suggestion", "question", "request", "purchase"]
      },
      "then": { "action": "leave" }
    },
    {
      "name": "purchase-with-question",
      "when": { "intents_all": ["purchase"], "intents_any": ["question", "request"], "intents_none": ["complaint"] },
      "then": { "action": "respond", "team": "sales", "priority": 2, "due": "8h" }
    },
    {
      "name": "purchase",
      "text": "Means to buy, and is in the mood for it.",
      "when": {
        "intents_all": ["purchase"],
        "intents_none": ["complaint", "praise"],
        "sentiment": ["neutral", "positive"]
      },
      "then": { "action": "respond", "team": "sales", "priority": 3, "due": "1d" }
    },
    {
      "name": "suggestion",
      "when": { "intents_any": ["suggestion"] },
      "then": { "action": "watch", "team": "product", "priority": 4, "due": "7d" }
    },
    {
      "name": "praise-with-reach",
      "text": "Worth a thank-you that many see.",
      "when": {
        "intents_any": ["praise"],
        "sentiment": "positive",
        "irony_below": 0.5,
        "reach_any": { "followers": 10000, "likes": 500, "reposts": 50 }
      },
      "then": { "action": "respond", "team": "marketing", "priority": 4, "due": "2d" }
    },
    {
      "name": "worried-question",
      "when": { "intents_any": ["question", "request"], "sentiment": "negative" },
      "then": { "action": "respond", "team": "support", "priority": 3, "due": "1d" }
    },
    {
      "name": "question",
      "text": "Mostly for everybody, or for nobody.",
      "when": { "intents_any": ["question", "request"] },
      "then": { "action": "watch", "team": "support", "priority": 4, "due": "2d" }
    },
    {
      "name": "complaint-in-dialogue",
      "text": "Still not well, said in answer to somebody.",
      "when": { "intents_any": ["complaint"], "is_answer": true, "sentiment": "negative" },
      "then": { "action": "watch", "team": "support", "priority": 4, "due": "2d" }
    },
    {
      "name": "venting-complaint",
      "text": "Something is wrong, and nothing is asked.",
      "when": { "intents_any": ["complaint"], "sentiment_score_below": -0.5 },
      "then": { "action": "watch", "team": "support", "priority": 5, "due": "7d" }
    },
    {
      "name": "venting",
      "text": "Much anger, and nothing is asked.",
      "when": { "sentiment_score_below": -0.9 },
      "then": { "action": "watch", "team": "support", "priority": 5, "due": "7d" }
    }
  ]
}
$rules$, 'e7f701473b8ffdf3364062b4a21b193599c64b02c61e8ad55b0841142d475f4e', 'migration', 'the rules that come with the program');
