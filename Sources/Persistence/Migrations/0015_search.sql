-- Search: one function that users call, over partitions with a text index and those without one alike.
--
-- A partition gets its indexes when it is closed. What decides whether a mention is found is the same expression in
-- both, mention_words(title, text) @@ search_query(words); partitions without an index only test first, cheaply, whether
-- a text can hold the words at all.

-- What is searched for: words that must all occur, in any order; "words in quotes" that follow each other; -word that
-- must not occur; or between alternatives.
CREATE FUNCTION search_query(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN websearch_to_tsquery('pg_catalog.simple'::regconfig, lower(words COLLATE "und-x-icu"));

-- A condition on m.title and m.text, as SQL, that holds wherever the query can be found: each word holds its longest run
-- of ASCII letters and digits. Null where nothing can be said. The columns are COLLATE "C", by which lower() folds ASCII
-- alone and quickly; two other characters become ASCII when ICU folds them: the Kelvin sign, and I with a dot.
CREATE FUNCTION word_tests(query tsquery) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    -- Without what is negated.
    tree text := querytree(query);
    token record;
    run text;
    strange text;
    tests text[] := '{}';
    alternatives text[] := '{}';
BEGIN
    IF tree IN ('', 'T') OR tree LIKE '%|%' AND regexp_replace(tree, $re$'(?:[^'\\]|''|\\\\)*'$re$, '', 'g') LIKE '%(%' THEN
        RETURN NULL;
    END IF;
    FOR token IN SELECT m[1] AS lexeme, m[2] AS sign
                 FROM regexp_matches(tree, $re$'((?:[^'\\]|''|\\\\)*)'|([|])$re$, 'g') AS m LOOP
        IF token.sign IS NOT NULL THEN
            IF tests = '{}' THEN
                RETURN NULL;
            END IF;
            alternatives := alternatives || array_to_string(tests, ' AND ');
            tests := '{}';
            CONTINUE;
        END IF;
        SELECT r[1] INTO run FROM regexp_matches(token.lexeme, '[a-z0-9]{2,}', 'g') AS r ORDER BY length(r[1]) DESC LIMIT 1;
        CONTINUE WHEN run IS NULL;
        tests := tests || format('(strpos(lower(m.text), %1$L) > 0 OR strpos(lower(m.title), %1$L) > 0', run);
        FOREACH strange IN ARRAY ARRAY['k' || chr(8490), 'i' || chr(304)] LOOP
            IF strpos(run, left(strange, 1)) > 0 THEN
                tests[cardinality(tests)] := tests[cardinality(tests)]
                    || format(' OR strpos(m.text, %1$L) > 0 OR strpos(m.title, %1$L) > 0', right(strange, 1));
            END IF;
        END LOOP;
        tests[cardinality(tests)] := tests[cardinality(tests)] || ')';
    END LOOP;
    IF tests = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN array_to_string(alternatives || array_to_string(tests, ' AND '), ' OR ');
END $$;

-- The numbers of the mentions found, the last to arrive first: those below `below`, at most `wanted`. All that is asked
-- for must hold; null asks for nothing.
--
-- It walks backwards through the partitions and stops when it has enough. Of what has no index it reads the newest
-- slices first: frequent words are found there at once. Plans don't depend on statistics: which kind of scan serves is
-- decided here.
CREATE FUNCTION search_numbers(
    words text, brand text, sentiment text, intent text, emotion text, author text, source text, since timestamptz,
    until timestamptz, cluster text, below bigint, wanted integer
) RETURNS bigint[] LANGUAGE plpgsql STABLE
SET search_path = mention_store, pg_temp SET jit = off SET enable_seqscan = on SET enable_indexscan = on
SET enable_bitmapscan = on AS $$
#variable_conflict use_variable
DECLARE
    slice CONSTANT bigint := 2000;
    query tsquery;
    number bigint;
    numbers bigint[];
    filter text := 'true';               -- all but the words
    exactly text := 'true';              -- the words
    possible text := 'true';             -- what must hold where the words do
    has_driver boolean := false;
    probes boolean := true;
    found bigint[] := '{}';
    hits bigint[];
    part record;
    piece record;
    sizes bigint[];
    size bigint;
    upper bigint;
    lower bigint;
    before integer;
BEGIN
    IF words IS NOT NULL THEN
        query := search_query(words);
        IF numnode(query) = 0 THEN
            RAISE EXCEPTION 'words: there is no word in it to search for'
                USING ERRCODE = '22023', HINT = 'Give letters or digits, or null for mentions whatever their text.';
        END IF;
        exactly := format('mention_words(m.title, m.text) @@ %L::tsquery', query);
        possible := coalesce(word_tests(query), 'true');
        has_driver := querytree(query) NOT IN ('', 'T');
    END IF;
    IF brand IS NOT NULL THEN
        SELECT b.brand_no INTO number FROM brand b WHERE b.name = search_numbers.brand;
        IF number IS NULL THEN
            RETURN found;
        END IF;
        filter := filter || format(' AND m.brands @> ARRAY[%s]', number);
        has_driver := true;
    END IF;
    IF source IS NOT NULL THEN
        SELECT s.source_no INTO number FROM source s WHERE s.name = search_numbers.source;
        IF number IS NULL THEN
            RETURN found;
        END IF;
        filter := filter || format(' AND m.source_no = %s', number);
    END IF;
    IF sentiment IS NOT NULL THEN
        IF sentiment NOT IN ('negative', 'neutral', 'positive', 'unknown') THEN
            RAISE EXCEPTION 'sentiment: "%" is none', sentiment
                USING ERRCODE = '22023', HINT = 'It is negative, neutral, positive or unknown.';
        END IF;
        filter := filter || CASE sentiment WHEN 'negative' THEN ' AND m.sentiment = -1'
            WHEN 'neutral' THEN ' AND m.sentiment = 0' WHEN 'positive' THEN ' AND m.sentiment = 1'
            ELSE ' AND m.sentiment IS NULL' END;
    END IF;
    IF intent IS NOT NULL THEN
        number := array_position(intent_names(127::smallint), intent);
        IF number IS NULL THEN
            RAISE EXCEPTION 'intent: "%" is none', intent
                USING ERRCODE = '22023', HINT = 'One of ' || array_to_string(intent_names(127::smallint), ', ') || '.';
        END IF;
        filter := filter || format(' AND m.intents & %s <> 0', 1 << (number::integer - 1));
    END IF;
    IF emotion IS NOT NULL THEN
        number := array_position(ARRAY['anger', 'joy', 'optimism', 'sadness'], emotion) - 1;
        IF number IS NULL THEN
            RAISE EXCEPTION 'emotion: "%" is none', emotion
                USING ERRCODE = '22023', HINT = 'It is anger, joy, optimism or sadness.';
        END IF;
        filter := filter || format(' AND m.emotion = %s', number);
    END IF;
    IF author IS NOT NULL THEN
        -- By id, with the index; a handle is looked for in all rows, where nobody has the id.
        numbers := ARRAY(SELECT a.author_no FROM source s JOIN author a USING (source_no)
                         WHERE a.author_key = search_numbers.author
                           AND (search_numbers.source IS NULL OR s.name = search_numbers.source));
        IF numbers = '{}' THEN
            numbers := ARRAY(SELECT a.author_no FROM source s JOIN author a USING (source_no)
                             WHERE a.handle = search_numbers.author
                               AND (search_numbers.source IS NULL OR s.name = search_numbers.source));
        END IF;
        IF numbers = '{}' THEN
            RETURN found;
        END IF;
        filter := filter || format(' AND m.author_no = ANY (%L::bigint[])', numbers);
        has_driver := true;
    END IF;
    IF since IS NOT NULL THEN
        filter := filter || format(' AND m.published_at >= %L::timestamptz', since);
        has_driver := true;
    END IF;
    IF until IS NOT NULL THEN
        filter := filter || format(' AND m.published_at < %L::timestamptz', until);
        has_driver := true;
    END IF;
    below := least(below, last_number() + 1);

    IF cluster IS NOT NULL THEN
        -- The members' numbers are known: thousands at a time, so that a page of a great cluster is soon full.
        numbers := ARRAY(
            SELECT cm.mention_no
            FROM copy_cluster c JOIN source s ON s.source_no = c.canonical_source_no
            JOIN cluster_member cm ON cm.standing_no = coalesce(c.parent_no, c.cluster_no)
            WHERE cluster_name(s.name, c.canonical_native_id) = search_numbers.cluster AND cm.mention_no < below
            GROUP BY cm.mention_no ORDER BY cm.mention_no DESC);
        IF numbers = '{}' THEN
            -- A mention that has no copies is a cluster of its own, which nobody stored.
            RETURN found;
        END IF;
        PERFORM set_config('enable_seqscan', 'off', true);
        FOR at IN 1..cardinality(numbers) BY 1000 LOOP
            EXECUTE format('SELECT coalesce(array_agg(m.mention_no ORDER BY m.mention_no DESC), ''{}'') FROM mention m
                            WHERE m.mention_no = ANY ($1) AND %s AND CASE WHEN %s THEN %s ELSE false END',
                           filter, possible, exactly) INTO hits USING numbers[at : at + 999];
            found := found || hits[1 : wanted - cardinality(found)];
            EXIT WHEN cardinality(found) >= wanted;
        END LOOP;
        RETURN found;
    END IF;

    FOR part IN
        SELECT p.*, format('mention_%s', lpad(p.partition_no::text, 6, '0')) AS name FROM mention_partition p
        WHERE p.lower_no < below ORDER BY p.lower_no DESC
    LOOP
        before := cardinality(found);
        upper := least(below, part.upper_no);
        sizes := CASE WHEN part.indexed_at IS NULL OR NOT has_driver THEN ARRAY[slice, 10 * slice, NULL]
                      WHEN probes THEN ARRAY[slice, NULL] ELSE ARRAY[NULL::bigint] END;
        FOREACH size IN ARRAY sizes LOOP
            EXIT WHEN upper <= part.lower_no;
            lower := greatest(part.lower_no, coalesce(upper - size, part.lower_no));
            IF size IS NULL AND part.indexed_at IS NOT NULL AND has_driver THEN
                PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true);
                -- Where the text index is in pieces, bounds as literals tell the planner which one will do.
                FOR piece IN
                    SELECT greatest(lower, w.lower_no) AS from_no, least(upper, w.upper_no) AS to_no
                    FROM word_pieces(part.lower_no, part.upper_no) AS w
                    WHERE coalesce(to_regclass('mention_store.' || part.name || '_terms'),
                                   to_regclass('mention_store.' || part.name || '_words')) IS NULL
                      AND w.lower_no < upper AND w.upper_no > lower
                    UNION ALL
                    SELECT lower, upper
                    WHERE coalesce(to_regclass('mention_store.' || part.name || '_terms'),
                                   to_regclass('mention_store.' || part.name || '_words')) IS NOT NULL
                    ORDER BY 1 DESC
                LOOP
                    EXECUTE format('SELECT coalesce(array_agg(m.mention_no ORDER BY m.mention_no DESC), ''{}'')
                                    FROM %I m WHERE %s AND %s AND m.mention_no >= %s AND m.mention_no < %s',
                                   part.name, exactly, filter, piece.from_no, piece.to_no) INTO hits;
                    found := found || hits[1 : wanted - cardinality(found)];
                    EXIT WHEN cardinality(found) >= wanted;
                END LOOP;
            ELSE
                -- A slice by key; the rest by a scan of the whole, which may be a parallel one.
                PERFORM set_config('enable_seqscan', CASE WHEN size IS NULL THEN 'on' ELSE 'off' END, true),
                        set_config('enable_indexscan', CASE WHEN size IS NULL THEN 'off' ELSE 'on' END, true),
                        set_config('enable_bitmapscan', 'off', true);
                EXECUTE format('SELECT array_agg(m.mention_no) FROM %I m
                                WHERE m.mention_no >= %s AND m.mention_no < %s AND %s
                                  AND CASE WHEN %s THEN %s ELSE false END',
                               part.name, lower, upper, filter, possible, exactly) INTO hits;
                found := found || ARRAY(SELECT n FROM unnest(hits) AS u (n) ORDER BY n DESC
                                        LIMIT wanted - cardinality(found));
                PERFORM set_config('enable_bitmapscan', 'on', true);
            END IF;
            IF cardinality(found) >= wanted THEN
                RETURN found;
            END IF;
            upper := lower;
        END LOOP;
        -- What is that frequent is found in a slice of the next one, too.
        probes := cardinality(found) - before > 200;
    END LOOP;
    RETURN found;
END $$;

-- A mention that was found. Not in mention_farm, which holds what is queried.
CREATE TYPE mention_store.found_mention AS (
    mention_no bigint,
    source text,
    native_id text,
    author_id text,
    author_handle text,
    published_at timestamptz,
    brands text[],
    sentiment text,
    emotion text,
    intents text[],
    title text,
    text text,
    url text,
    cluster_id text,
    is_copy boolean,
    rank integer,                        -- null in the order newest
    cursor text                          -- for `after`, to go on behind this mention
);

-- Runs as its owner, for readers may see the views alone; it reads what the view mention shows and nothing else.
CREATE FUNCTION mention_farm.search_mentions(
    words text DEFAULT NULL, brand text DEFAULT NULL, sentiment text DEFAULT NULL, intent text DEFAULT NULL,
    emotion text DEFAULT NULL, author text DEFAULT NULL, source text DEFAULT NULL, since timestamptz DEFAULT NULL,
    until timestamptz DEFAULT NULL, cluster text DEFAULT NULL, sort text DEFAULT 'newest', page integer DEFAULT 20,
    after text DEFAULT NULL
) RETURNS SETOF mention_store.found_mention LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = mention_store, mention_farm, pg_temp SET jit = off
-- A page is read by key.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    candidates CONSTANT integer := 500;
    place text[];
    numbers bigint[];
    query tsquery := search_query(words);
BEGIN
    page := least(greatest(page, 0), 10000);
    IF sort = 'newest' THEN
        place := regexp_match(coalesce(after, 'n9223372036854775807'), '^n(\d{1,19})$');
    ELSIF sort = 'rank' THEN
        place := regexp_match(coalesce(after, 'r9223372036854775807.2147483647.9223372036854775807'),
                              '^r(\d{1,19})\.(\d{1,10})\.(\d{1,19})$');
    ELSE
        RAISE EXCEPTION 'sort: "%" is no order', sort USING ERRCODE = '22023', HINT = 'It is newest or rank.';
    END IF;
    IF place IS NULL THEN
        RAISE EXCEPTION 'after: this is no cursor of a search in this order'
            USING ERRCODE = '22023', HINT = 'Give the cursor of the last mention of the page before.';
    END IF;
    numbers := search_numbers(words, brand, sentiment, intent, emotion, author, source, since, until, cluster,
                              place[1]::bigint, CASE sort WHEN 'rank' THEN candidates ELSE page END);
    IF sort = 'newest' THEN
        RETURN QUERY
        SELECT m.mention_no, m.source, m.native_id, m.author_id, m.author_handle, m.published_at, m.brands, m.sentiment,
               m.emotion, m.intents, m.title, m.text, m.url, m.cluster_id, m.is_copy, NULL::integer, 'n' || m.mention_no
        FROM unnest(numbers) AS u (n)
        CROSS JOIN LATERAL (SELECT * FROM mention_farm.mention v WHERE v.mention_no = u.n OFFSET 0) AS m
        ORDER BY u.n DESC;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT m.mention_no, m.source, m.native_id, m.author_id, m.author_handle, m.published_at, m.brands, m.sentiment,
           m.emotion, m.intents, m.title, m.text, m.url, m.cluster_id, m.is_copy, p.rank,
           format('r%s.%s.%s', p.top + 1, p.rank, m.mention_no)
    FROM (
        SELECT c.mention_no, c.top,
               round(1e6::double precision
                     * CASE WHEN query IS NULL THEN 0.1
                            ELSE ts_rank_cd(mention_words(c.title, c.text), query, 32) END
                     * (1 + log(1 + least(c.likes, 1e9) + least(c.reposts, 1e9) + least(c.replies, 1e9)
                                + coalesce(least(c.followers, 1e9), 0) / 100)::double precision / 10)
                     * (0.5 + 0.5 * power(2::double precision,
                                          -extract(epoch FROM c.last_at - c.published_at)::double precision / 2592000))
               )::integer AS rank
        FROM (SELECT m.*, max(m.mention_no) OVER () AS top, max(m.published_at) OVER () AS last_at
              FROM unnest(numbers) AS u (n)
              CROSS JOIN LATERAL (SELECT v.mention_no, v.title, v.text, v.published_at, v.likes, v.reposts, v.replies,
                                         v.followers
                                  FROM mention_store.mention v WHERE v.mention_no = u.n OFFSET 0) AS m) AS c
        ORDER BY 3 DESC, 1 DESC) AS p
    CROSS JOIN LATERAL (SELECT * FROM mention_farm.mention v WHERE v.mention_no = p.mention_no OFFSET 0) AS m
    WHERE (p.rank, p.mention_no) < (place[2]::integer, place[3]::bigint)
    ORDER BY p.rank DESC, p.mention_no DESC
    LIMIT page;
END $$;

COMMENT ON FUNCTION mention_farm.search_mentions IS
'Mentions by text, brand, label, author, source, time and cluster, a page at a time: SELECT … FROM mention_farm.search_mentions(''"battery life" -cheap'', brand => ''Acme''). words: all must occur, "in quotes" side by side, -word not, or between alternatives. sort: newest (to arrive) or rank (the 500 newest found, by match, reach and age). after: the cursor of the last mention of the page before. since ≤ published_at < until.';

-- Which partitions have given out all their numbers and are not closed; and of the batches that are open those that may
-- still write to them: the caller asks again when these have ended.
CREATE FUNCTION full_partitions(OUT numbers integer[], OUT holders text[])
LANGUAGE sql SET search_path = mention_store, pg_temp AS $$
    -- The order matters: a batch that took one of the numbers before they were read is open, or has ended.
    SELECT f.numbers, CASE WHEN f.numbers IS NULL THEN '{}' ELSE coalesce(open_batches(), '{}') END
    FROM (SELECT array_agg(p.partition_no) AS numbers FROM mention_partition p
          WHERE p.closed_at IS NULL AND p.upper_no <= (SELECT last_number() + 1 OFFSET 0)) AS f
$$;

-- As in 0006, with brands in the text index and an index by time, and statistics at the end. New names tell it from the
-- one before, which does as well, but for brands.
CREATE OR REPLACE FUNCTION index_partition(number integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = mention_store, pg_temp SET lock_timeout = '2s' SET maintenance_work_mem = '128MB'
SET client_min_messages = warning AS $$
DECLARE
    child text := format('mention_%s', lpad(number::text, 6, '0'));
    next_index text;
    next_piece text;
    left_over integer;
BEGIN
    IF NOT EXISTS (SELECT FROM mention_partition p WHERE p.partition_no = number AND p.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'partition % is not closed', number USING ERRCODE = '55000';
    END IF;
    WITH wanted (name, definition) AS (
        SELECT child || '_author', format('ON %I (author_no)', child)
        UNION ALL
        SELECT child || '_time', format('ON %I USING brin (published_at)', child)
        UNION ALL
        SELECT child || '_terms_' || lpad((w.piece)::text, 4, '0'),
               format('ON %I USING gin (mention_words(title, text), brands) WHERE mention_no >= %s AND mention_no < %s',
                      child, w.lower_no, w.upper_no)
        FROM mention_partition p CROSS JOIN LATERAL word_pieces(p.lower_no, p.upper_no) AS w
        WHERE p.partition_no = number
          AND NOT EXISTS (SELECT FROM pg_index i
                          WHERE i.indexrelid = to_regclass('mention_store.' || child || '_terms') AND i.indisvalid))
    SELECT min(name), (array_agg(definition ORDER BY name))[1], count(*) INTO next_index, next_piece, left_over
    FROM wanted
    WHERE NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indexrelid = to_regclass('mention_store.' || wanted.name) AND i.indisvalid);
    IF left_over = 0 THEN
        EXECUTE format('ANALYZE %I', child);
        RETURN 0;
    END IF;
    -- What a concurrent build of the owner's left behind.
    EXECUTE format('DROP INDEX IF EXISTS %I', next_index);
    EXECUTE format('CREATE INDEX %I %s', next_index, next_piece);
    RETURN left_over;
END $$;
