-- The advocate score without reading the ledger: what an author is worth to a brand, folded once for each change and not
-- for each question.
--
-- `standing` is a fold of ledger and thread_ledger, refreshed by the background step for the days that have changed, and
-- free of time: days are weighed by their distance from the author's last one, and one factor makes them what they are
-- worth today. So no row changes because a day has passed. See docs/scores.md.

-- Spam and abuse are counted and add nothing to a score. Contribution.setAsideFrom is the same number. What it decides is
-- stored in ledger and mention_revised: who changes it counts them anew, as is done below.
CREATE FUNCTION is_set_aside(spam smallint, offensive smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(greatest(spam, offensive) >= 8000, false);

ALTER TABLE ledger ADD COLUMN set_aside integer NOT NULL DEFAULT 0, ADD COLUMN set_aside_positive integer NOT NULL DEFAULT 0,
    ADD COLUMN set_aside_negative integer NOT NULL DEFAULT 0;
ALTER TABLE mention_revised ADD COLUMN set_aside boolean NOT NULL DEFAULT false;

UPDATE ledger l
SET set_aside = f.n, set_aside_positive = f.positive, set_aside_negative = f.negative
FROM (SELECT b.brand_no, day_of(m.published_at) AS day, m.author_no, count(*) AS n,
             count(*) FILTER (WHERE m.sentiment = 1) AS positive, count(*) FILTER (WHERE m.sentiment = -1) AS negative
      FROM mention m CROSS JOIN LATERAL unnest(m.brands) AS b (brand_no)
      WHERE is_set_aside(m.spam, m.offensive) GROUP BY 1, 2, 3) AS f
WHERE (l.brand_no, l.day, l.author_no) = (f.brand_no, f.day, f.author_no);

-- mention_counted tells it too from 0012 on. ledger.copies are from now on the copies that are not set aside: 0012 relates
-- everything anew, and standings are made on the way.

-- What scores are made with: the version that stands. All versions are in the audit.
CREATE TABLE score_setting (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    half_life_days integer NOT NULL CHECK (half_life_days BETWEEN 1 AND 365),
    day_cap integer NOT NULL CHECK (day_cap BETWEEN 1 AND 1000),
    engagement_cap integer NOT NULL CHECK (engagement_cap BETWEEN 0 AND 1000),
    presence_half double precision NOT NULL CHECK (presence_half > 0),
    amplification_half double precision NOT NULL CHECK (amplification_half > 0),
    reach_full bigint NOT NULL CHECK (reach_full > 0),
    amplification_weight double precision NOT NULL,
    reach_weight double precision NOT NULL,
    dialogue_weight double precision NOT NULL,
    defence_weight double precision NOT NULL,
    advocate_from double precision NOT NULL,
    supporter_from double precision NOT NULL,
    critic_up_to double precision NOT NULL,
    is_settled boolean NOT NULL          -- whether all of `standing` is folded with this version
);
INSERT INTO score_setting VALUES (true, 1, 30, 8, 2, 3, 5, 1000000, 0.56, 0.14, 0.1, 0.2, 0.65, 0.5, 0.5, true);

CREATE TABLE score_setting_audit (
    version integer PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL,
    setting jsonb NOT NULL
);
INSERT INTO score_setting_audit (version, made_by, setting)
SELECT version, 'migration 11', to_jsonb(s) - 'only_row' - 'version' - 'is_settled' FROM score_setting s;

-- One row per brand and author. Sums in thousandths, shares in ten-thousandths; what a score is computed from is laid out
-- so that it takes few steps (ScoreFactors in Sources/Advocacy), for a brand may have 200,000 of these.
CREATE TABLE standing (
    author_no bigint NOT NULL,
    brand_no integer NOT NULL,
    last_day integer NOT NULL,           -- of the days; the landmark of all weights
    fading double precision NOT NULL,    -- z^2 / weight of the opinions that count
    settled double precision NOT NULL,   -- z^2 / ((sum of weights)^2 / sum of squared weights)
    purity double precision NOT NULL,    -- 100 originality^2 moderation 4 positivity^4
    rest double precision NOT NULL,      -- what dialogue and defence add
    present integer NOT NULL,            -- weight of the mentions that count
    amplified integer NOT NULL,          -- weight of what others gave
    active integer NOT NULL,             -- active weeks of the last eight, n weeks after that of last_day: 4 bits each
    positivity smallint NOT NULL,
    reach smallint NOT NULL,
    dialogue smallint NOT NULL,
    defence smallint NOT NULL,
    originality smallint NOT NULL,
    moderation smallint NOT NULL,
    bound smallint NOT NULL,             -- the score on last_day, rounded up: it only falls from there
    is_own boolean NOT NULL DEFAULT false,  -- an account of the brand itself
    positive integer NOT NULL,
    neutral integer NOT NULL,
    negative integer NOT NULL,
    unknown integer NOT NULL,
    copies integer NOT NULL,
    set_aside integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    followers bigint,
    days bytea NOT NULL,                 -- the author's days, see StandingCode
    recent bytea NOT NULL,               -- numbers of the latest mentions, for those that no index leads to yet
    PRIMARY KEY (brand_no, author_no)
) WITH (fillfactor = 80);

-- The best by bound. Those with a mention or two, which are most, are not in it, and a bound is a whole number: so most
-- changes leave it alone.
CREATE INDEX standing_by_bound ON standing (brand_no, bound DESC) WHERE bound >= 10;
CREATE INDEX standing_own ON standing (brand_no) WHERE is_own;

-- Own accounts. They are looked up when asked, by what is registered now: a change of them changes the past at once.

-- As the brand matcher takes handles: without the @ at the front, and whatever the case.
CREATE FUNCTION folded_handle(handle text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(handle) = char_length(handle)
            THEN lower(ltrim(handle, E'@ \t\r\n') COLLATE "C")
            ELSE lower(ltrim(handle, E'@ \t\r\n') COLLATE "und-x-icu") COLLATE "C" END;

CREATE FUNCTION handle_key(handle text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(folded_handle(handle) COLLATE "C", 0);

CREATE INDEX author_by_handle ON author (handle_key(coalesce(handle, author_key)));

-- `source:handle` where there is a source of that name, else a handle on any source.
CREATE VIEW mention_farm.own_account AS
SELECT DISTINCT b.name AS brand, s.name AS source, a.author_key AS author_id, a.handle AS author_handle, t.brand_no,
       a.author_no
FROM (SELECT t.brand_no, s.source_no,
             CASE WHEN s.source_no IS NULL THEN t.term ELSE substr(t.term, strpos(t.term, ':') + 1) END AS handle
      FROM brand_term t
      LEFT JOIN source s ON strpos(t.term, ':') > 1 AND s.name = split_part(t.term, ':', 1)
      WHERE t.kind = 'own_account') AS t
JOIN author a ON handle_key(coalesce(a.handle, a.author_key)) = handle_key(t.handle)
             AND folded_handle(coalesce(a.handle, a.author_key)) = folded_handle(t.handle)
             AND (t.source_no IS NULL OR a.source_no = t.source_no)
JOIN brand b ON b.brand_no = t.brand_no
JOIN source s ON s.source_no = a.source_no;

COMMENT ON VIEW mention_farm.own_account IS 'The authors that are a brand''s own accounts by what is registered now (mention-admin brands … --own-account).';
COMMENT ON COLUMN mention_farm.own_account.author_id IS 'author_id in the view mention.';
COMMENT ON COLUMN mention_farm.own_account.brand_no IS 'Number of the brand; differs from one database to the next.';
COMMENT ON COLUMN mention_farm.own_account.author_no IS 'Number of the author; differs from one database to the next.';

-- Marks brands' own accounts, and unmarks what is none any more. Returns how many rows have changed.
-- By keys, for the planner can't know how few authors have a handle.
CREATE FUNCTION mark_own_accounts() RETURNS bigint LANGUAGE plpgsql SET search_path = mention_store, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE standing s SET is_own = NOT s.is_own
    FROM ((SELECT brand_no, author_no FROM mention_farm.own_account EXCEPT SELECT brand_no, author_no FROM standing WHERE is_own)
          UNION ALL
          (SELECT brand_no, author_no FROM standing WHERE is_own
           EXCEPT SELECT brand_no, author_no FROM mention_farm.own_account)) AS d
    WHERE (s.brand_no, s.author_no) = (d.brand_no, d.author_no);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

-- As in 0009, and days of authors that have changed are work too.
--
-- Begins a step: under the lease of this owner on this connection, and within the caller's transaction. `state`:
--   'lost'     the lease is not held by this owner on this connection
--   'idle'     nothing to do: all that is committed is related
--   'waiting'  for batches that were open when the goal was set
--   'count'    mentions above `related` and up to `goal` are to be counted
--   'settle'   all of those are; revisions, found pairs and changed days that are left are to be read, then the goal is reached
CREATE OR REPLACE FUNCTION relate_begin(
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
           AND NOT EXISTS (SELECT FROM ledger_touched) AND debt_from IS NULL
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
-- Returns the step's number. Days that this very step has noted as changed keep the goal from being reached: the next
-- step reads them.
CREATE OR REPLACE FUNCTION relate_end(upto bigint, reached boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    UPDATE related_mark SET related_no = upto, step_no = step_no + 1 RETURNING step_no INTO number;
    IF reached AND NOT EXISTS (SELECT FROM ledger_touched t WHERE t.xmin = pg_current_xact_id()::xid) THEN
        INSERT INTO related_through AS t SELECT * FROM related_goal
        ON CONFLICT (consumer_group, topic_no, partition) DO UPDATE
        SET next_offset = excluded.next_offset, incarnation = excluded.incarnation
        WHERE (t.next_offset, t.incarnation) IS DISTINCT FROM (excluded.next_offset, excluded.incarnation);
        UPDATE related_mark SET goal_no = NULL, holders = NULL, decided = false;
    END IF;
    RETURN number;
END $$;

-- A plain join, so that the planner sees through it: the brand's rows, a score each, the best; and then the names of those
-- that are shown. `today` is asked once. Terms as in Sources/Advocacy/AdvocateScore.swift, which says why none of them rises
-- as time passes. g = 2^(age / half-life) is by what a mention is worth less than on the last day.
CREATE OR REPLACE VIEW mention_farm.advocate AS
SELECT b.name AS brand,
       (SELECT n.name FROM author a JOIN source n ON n.source_no = a.source_no WHERE a.author_no = s.author_no) AS source,
       (SELECT a.author_key FROM author a WHERE a.author_no = s.author_no) AS author_id,
       (SELECT a.handle FROM author a WHERE a.author_no = s.author_no) AS author_handle,
       CASE WHEN s.is_own THEN 0 ELSE
           s.purity
           * sqrt(sqrt(s.present * t.weeks / (8 * (s.present + q.presence_half * 1000 * t.g)))
                  / (s.positivity * 0.0002::double precision + d.u
                     + sqrt(d.u * (s.positivity * (10000 - s.positivity) * 4e-8::double precision + d.u))))
           * ((q.amplification_weight + q.reach_weight * 0.0001::double precision * s.reach) * s.amplified
                / (s.amplified + 2::double precision * s.present + q.amplification_half * 1000 * t.g) + s.rest)
       END AS score,
       CASE WHEN s.is_own THEN 'neutral' WHEN e.lower >= q.advocate_from THEN 'advocate'
            WHEN e.lower >= q.supporter_from THEN 'supporter' WHEN e.upper <= q.critic_up_to THEN 'critic'
            ELSE 'neutral' END AS band,
       s.positive::bigint + s.neutral + s.negative + s.unknown AS mentions,
       s.positive::bigint AS positive,
       s.negative::bigint AS negative,
       s.followers,
       s.reach / 10000::double precision AS reach,
       s.amplified / (s.amplified + 2::double precision * s.present + q.amplification_half * 1000 * t.g) AS amplification,
       s.dialogue / 10000::double precision AS dialogue,
       s.defence / 10000::double precision AS defence,
       s.originality / 10000::double precision AS originality,
       t.weeks / 8::double precision AS constancy,
       s.present / (s.present + q.presence_half * 1000 * t.g) AS presence,
       e.lower AS confidence_lower,
       e.upper AS confidence_upper,
       s.first_at, s.last_at,
       s.positivity / 10000::double precision AS positivity,
       s.neutral::bigint AS neutral,
       s.unknown::bigint AS unknown,
       s.copies::bigint AS copies,
       (SELECT a.name FROM author a WHERE a.author_no = s.author_no) AS author_name,
       s.set_aside::bigint AS set_aside,
       s.moderation / 10000::double precision AS moderation,
       s.bound,
       s.is_own AS is_own_account,
       q.version AS setting_version,
       q.is_settled
FROM standing s
JOIN brand b ON b.brand_no = s.brand_no
CROSS JOIN score_setting q
CROSS JOIN LATERAL (
    SELECT power(2::double precision,
                 least(100, greatest(0, (SELECT day_of(now())) - s.last_day) / q.half_life_days::double precision)) AS g,
           -- Weeks begin on Mondays.
           s.active::bigint >> 4 * least(8, greatest(0, ((SELECT day_of(now())) + 3) / 7 - (s.last_day + 3) / 7)) & 15
               AS weeks) AS t
CROSS JOIN LATERAL (SELECT greatest(s.fading * t.g, s.settled) AS u) AS d
-- Wilson's bounds, as 2p^2 / (2p + u + sqrt(u (4p (1 - p) + u))) and the same from the other side.
CROSS JOIN LATERAL (
    SELECT s.positivity::double precision * s.positivity * 2e-8::double precision
               / (s.positivity * 0.0002::double precision + d.u
                  + sqrt(d.u * (s.positivity * (10000 - s.positivity) * 4e-8::double precision + d.u))) AS lower,
           1 - (10000 - s.positivity)::double precision * (10000 - s.positivity) * 2e-8::double precision
               / ((10000 - s.positivity) * 0.0002::double precision + d.u
                  + sqrt(d.u * (s.positivity * (10000 - s.positivity) * 4e-8::double precision + d.u))) AS upper) AS e
WHERE q.only_row;

COMMENT ON VIEW mention_farm.advocate IS 'What each author is worth to each brand today, exact up to progress.related_through. Ask with WHERE brand = … ORDER BY score DESC LIMIT …. mention-admin explain says how a score comes about.';
COMMENT ON COLUMN mention_farm.advocate.score IS '0 … 100: 100 × √(confidence_lower × √(presence × constancy) × originality³ × moderation) × ((0.56 + 0.14 reach) × amplification + 0.1 dialogue + 0.2 defence); the weights are those of mention-admin scores show. 0 for a brand''s own account.';
COMMENT ON COLUMN mention_farm.advocate.band IS 'By mention-admin scores show; as it comes, advocate: confidence_lower ≥ 0.65; supporter: ≥ 0.5; critic: confidence_upper ≤ 0.5; else neutral.';
COMMENT ON COLUMN mention_farm.advocate.mentions IS 'All mentions; copies, spam and abuse included, as are positive, neutral, negative and unknown.';
COMMENT ON COLUMN mention_farm.advocate.reach IS 'log(1 + followers), 1 at a million.';
COMMENT ON COLUMN mention_farm.advocate.amplification IS 'A / (A + 2M + 5): A what others gave in reposts and replies, by weight, M the mentions that count.';
COMMENT ON COLUMN mention_farm.advocate.dialogue IS 'Twice the share of mentions that answer others, at most 1. An answer of which it is not known to whom counts half.';
COMMENT ON COLUMN mention_farm.advocate.defence IS 'Four times the share of mentions that are positive answers under another''s negative mention of the brand, at most 1.';
COMMENT ON COLUMN mention_farm.advocate.originality IS 'Share of the mentions, by weight, that are neither copies nor spam nor abuse.';
COMMENT ON COLUMN mention_farm.advocate.constancy IS 'Weeks from Monday with a mention that counts, of the last eight.';
COMMENT ON COLUMN mention_farm.advocate.presence IS 'M / (M + 3), M the weight of the mentions that count.';
COMMENT ON COLUMN mention_farm.advocate.confidence_lower IS 'Wilson''s lower bound of positivity (z = 1.96) in n = min(Σw, (Σw)² / Σw²) opinions; a mention loses half its weight w in 30 days.';
COMMENT ON COLUMN mention_farm.advocate.copies IS 'Of the mentions, those that are copies and not set_aside.';
COMMENT ON COLUMN mention_farm.advocate.set_aside IS 'Of the mentions, those that are spam or abuse by a probability of 0.8 or more.';
COMMENT ON COLUMN mention_farm.advocate.moderation IS 'Share of the mentions, by weight, that are within the eight of a day.';
COMMENT ON COLUMN mention_farm.advocate.bound IS 'The score won''t exceed this without a new mention, on whatever day. Indexed by brand from 10 on.';
COMMENT ON COLUMN mention_farm.advocate.is_own_account IS 'Whether the author is one of the brand''s own accounts.';
COMMENT ON COLUMN mention_farm.advocate.setting_version IS 'Version of the settings, see mention-admin scores.';
COMMENT ON COLUMN mention_farm.advocate.is_settled IS 'Whether all rows are folded with this version; if not, the background step is at it.';
