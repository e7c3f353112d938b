-- Two schemas. `mention_farm` holds what users query: the views of 0004 and nothing else, so that the tables under
-- them may change. `mention_store` holds tables and functions; the migrator runs all scripts, and programs run all
-- statements, with search_path = mention_store, mention_farm.

COMMENT ON SCHEMA mention_store IS 'Tables of mention-farm. They may change with every version: query mention_farm.';

-- Days and hours as the ledger counts them: UTC, whatever the session's time zone.
CREATE FUNCTION day_of(at timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'UTC')::date - date '1970-01-01';

CREATE FUNCTION hour_of(at timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((at AT TIME ZONE 'UTC')::date - date '1970-01-01') * 24 + extract(hour FROM at AT TIME ZONE 'UTC')::integer;

-- The last statement of a change of the ledger that took something away, once the rows hold the new sums and the
-- mentions their new state. Drops rows that hold nothing any more, and finds first_at and last_at again where a mention
-- that left may have set them. The caller's transaction has locked the rows by changing them.
--
-- Finding a bound reads the author's mentions: by index in closed partitions, by a scan of the open one (some 100 ms
-- at most, once for all keys), so it is done only where the bound that left is the bound that stands.
CREATE FUNCTION settle_ledger(
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
    WHERE k.first_left <= l.first_at OR k.last_left >= l.last_at;
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

-- The functions of 0001 that make tables or run rarely get a fixed search_path; those of every batch keep the
-- caller's, which costs nothing.
ALTER FUNCTION roll_over(bigint, bigint) SET search_path = mention_store, pg_temp;

-- Sets brands, whole: the terms given replace those that were there. One statement for one or for ten thousand.
CREATE FUNCTION set_brands(
    names text[], terms_of integer[], kinds text[], terms text[]
) RETURNS bigint LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    raised bigint;
BEGIN
    -- First of all, so that changes of the catalogue come one after the other.
    UPDATE brand_catalogue SET version = version + 1, changed_at = now() RETURNING version INTO raised;
    INSERT INTO brand (name, registered) SELECT DISTINCT n, true FROM unnest(names) AS u (n) ORDER BY n
    ON CONFLICT (name) DO UPDATE SET registered = true;
    DELETE FROM brand_term t USING brand b WHERE t.brand_no = b.brand_no AND b.name = ANY (names);
    -- terms_of holds places in names, from 1.
    INSERT INTO brand_term (brand_no, kind, term)
    SELECT DISTINCT b.brand_no, u.kind, u.term
    FROM unnest(terms_of, kinds, terms) AS u (place, kind, term)
    JOIN unnest(names) WITH ORDINALITY AS n (name, place) ON n.place = u.place
    JOIN brand b ON b.name = n.name;
    RETURN raised;
END $$;

-- Takes brands out of the matching. Mentions keep them, and events may still name them. Returns how many there were;
-- the version rises only if there were any.
CREATE FUNCTION remove_brands(names text[]) RETURNS integer
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM 1 FROM brand_catalogue FOR UPDATE;
    UPDATE brand SET registered = false WHERE registered AND name = ANY (names);
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed > 0 THEN
        DELETE FROM brand_term t USING brand b WHERE t.brand_no = b.brand_no AND b.name = ANY (names);
        UPDATE brand_catalogue SET version = version + 1, changed_at = now();
    END IF;
    RETURN removed;
END $$;

-- The batches that are open now, by backend and virtual transaction. Who reads the last number taken, then this, and
-- then waits until none of them is left, knows that all mentions up to that number are decided.
CREATE FUNCTION open_batches() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(pid || ' ' || virtualtransaction) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 727272 AND objid = 1 AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;

-- The last mention number that can have been taken.
CREATE FUNCTION last_number() RETURNS bigint LANGUAGE sql AS $$
    SELECT CASE WHEN is_called THEN last_value + 255 ELSE 0 END FROM mention_block
$$;

-- How far the last rematch came, and with which version of the brands.
CREATE TABLE rematch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL,
    after_no bigint NOT NULL,
    changed bigint NOT NULL
);
INSERT INTO rematch (version, after_no, changed) VALUES (0, 0, 0);

-- Moves a group's place in a partition by hand. A new incarnation, because from here on the partition's offsets may
-- name other records than before; a new epoch, so that a worker in mid-batch can't write over it.
CREATE FUNCTION reset_offset(
    of_group text, of_topic text, of_partition integer, offset_to bigint, who text, why text
) RETURNS TABLE (old_offset bigint, new_offset bigint, incarnation integer)
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
#variable_conflict use_column
DECLARE
    standing partition_progress;
BEGIN
    SELECT p.* INTO standing FROM partition_progress p JOIN topic t USING (topic_no)
    WHERE p.consumer_group = of_group AND t.name = of_topic AND p.partition = of_partition FOR UPDATE OF p;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE partition_progress p
    SET epoch = p.epoch + 1, incarnation = p.incarnation + 1, next_offset = offset_to, last_offset = NULL,
        last_timestamp = NULL, last_hash = NULL, cluster_id = NULL, paused = NULL, owner = NULL
    WHERE p.consumer_group = of_group AND p.topic_no = standing.topic_no AND p.partition = of_partition;
    INSERT INTO reset_audit (reset_by, consumer_group, topic, partition, old_offset, new_offset, incarnation, reason)
    VALUES (who, of_group, of_topic, of_partition, standing.next_offset, offset_to, standing.incarnation + 1, why);
    RETURN QUERY SELECT standing.next_offset, offset_to, standing.incarnation + 1;
END $$;
