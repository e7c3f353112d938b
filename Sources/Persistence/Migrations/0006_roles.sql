-- Two roles, and what each may do. Logins are the operator's: CREATE ROLE … LOGIN IN ROLE mention_farm_writer.
--
--   mention_farm_writer   all that workers and mention-admin need, but to migrate: rows of the tables, no table itself
--   mention_farm_reader   SELECT on the views of mention_farm, and nothing else
--
-- What needs the owner's rights is a function with SECURITY DEFINER and a fixed search_path, four in all: roll_over,
-- leave_old_partition, index_partition, end_member. Nobody but the owner can create anything in mention_store, so
-- nothing can be put in the way of the names that they use.

ALTER FUNCTION roll_over(bigint, bigint) SECURITY DEFINER;
ALTER FUNCTION leave_old_partition(double precision) SECURITY DEFINER;

-- Ends a worker's session for a worker with another login: one of this database that is a member of the writers, is no
-- superuser, and is still the one that was recorded. Where the owner of this function is no superuser, it needs
-- pg_read_all_stats and pg_signal_backend for that; without them the answer is false.
CREATE FUNCTION end_member(of_pid integer, started timestamptz, only_waiting boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM pg_stat_activity a JOIN pg_roles u ON u.oid = a.usesysid
    WHERE a.pid = of_pid AND a.backend_start = started AND a.datname = current_database() AND NOT u.rolsuper
      AND pg_has_role(u.oid, to_regrole('mention_farm_writer'), 'USAGE')
      AND (NOT only_waiting OR a.state LIKE 'idle in transaction%' OR a.wait_event_type = 'Client');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    RETURN pg_terminate_backend(of_pid);
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END $$;

-- Ends a recorded session: with the caller's own rights, which do for sessions of the same login, else as above.
-- `only_waiting`: only one that waits for its client, or sits idle in a transaction.
CREATE FUNCTION end_backend(of_pid integer, started timestamptz, only_waiting boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    -- To those who may not see it, backend_start is null.
    IF EXISTS (SELECT FROM pg_stat_activity a
               WHERE a.pid = of_pid AND a.backend_start = started
                 AND (NOT only_waiting OR a.state LIKE 'idle in transaction%' OR a.wait_event_type = 'Client')) THEN
        BEGIN
            RETURN pg_terminate_backend(of_pid);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;
        END;
    END IF;
    RETURN end_member(of_pid, started, only_waiting);
END $$;

CREATE OR REPLACE FUNCTION evict(of_group text, of_topic integer, partitions integer[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    free integer[];
    ended integer;
BEGIN
    free := ARRAY(
        SELECT p.partition FROM partition_progress p
        WHERE p.consumer_group = of_group AND p.topic_no = of_topic AND p.partition = ANY (partitions)
        FOR UPDATE SKIP LOCKED);
    SELECT count(*) FILTER (WHERE end_backend(holder.pid, holder.started, false)) INTO ended
    FROM (SELECT DISTINCT p.backend_pid AS pid, p.backend_start AS started
          FROM partition_progress p
          WHERE p.consumer_group = of_group AND p.topic_no = of_topic AND p.partition = ANY (partitions)
            AND p.partition <> ALL (free) AND p.backend_pid <> pg_backend_pid()) AS holder;
    RETURN ended;
END $$;

CREATE OR REPLACE FUNCTION hold_lease(of_name text, new_owner text, seconds double precision) RETURNS boolean
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
BEGIN
    PERFORM 1 FROM lease WHERE name = of_name FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- Its holder is in a transaction. One that works is let work; one that waits for its client, which was stopped,
        -- is ended.
        PERFORM end_backend(l.backend_pid, l.backend_start, l.expires_at >= clock_timestamp() - interval '10 minutes')
        FROM lease l
        WHERE l.name = of_name AND l.backend_pid <> pg_backend_pid() AND l.expires_at < clock_timestamp();
        RETURN false;
    END IF;
    UPDATE lease SET owner = new_owner, expires_at = clock_timestamp() + make_interval(secs => seconds),
        backend_pid = pg_backend_pid(),
        backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid())
    WHERE name = of_name
      AND (owner = new_owner OR owner IS NULL OR expires_at < clock_timestamp()
           -- The holder was killed: its session is gone, and with it whatever it was doing. A session of another login
           -- hides its start: then the process number must do, and the lease ends by time at the latest.
           OR NOT EXISTS (SELECT FROM pg_stat_activity a
                          WHERE a.pid = lease.backend_pid
                            AND (a.backend_start IS NULL OR a.backend_start = lease.backend_start)));
    RETURN FOUND;
END $$;

-- Builds one of the indexes of a closed partition for those who don't own it, and says how many are left. Inside a
-- function no build can be a concurrent one: it keeps changes of mentions waiting. So the text index, which is the slow
-- one, is built in pieces of 32,768 numbers, a call each: a second or two. Refuses with 55P03 when batches keep it from
-- its lock for two seconds. A build that is interrupted leaves nothing.
CREATE FUNCTION index_partition(number integer) RETURNS integer
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
        SELECT child || '_words_' || lpad((w.piece)::text, 4, '0'),
               format('ON %I USING gin (mention_words(title, text)) WHERE mention_no >= %s AND mention_no < %s',
                      child, w.lower_no, w.upper_no)
        FROM mention_partition p CROSS JOIN LATERAL word_pieces(p.lower_no, p.upper_no) AS w
        WHERE p.partition_no = number
          AND NOT EXISTS (SELECT FROM pg_index i
                          WHERE i.indexrelid = to_regclass('mention_store.' || child || '_words') AND i.indisvalid))
    SELECT min(name), (array_agg(definition ORDER BY name))[1], count(*) INTO next_index, next_piece, left_over
    FROM wanted
    WHERE NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indexrelid = to_regclass('mention_store.' || wanted.name) AND i.indisvalid);
    IF left_over = 0 THEN
        RETURN 0;
    END IF;
    -- What a concurrent build of the owner's left behind.
    EXECUTE format('DROP INDEX IF EXISTS %I', next_index);
    EXECUTE format('CREATE INDEX %I %s', next_index, next_piece);
    RETURN left_over - 1;
END $$;

-- The pieces of a partition's text index: of 32,768 numbers each, the last of the rest.
CREATE FUNCTION word_pieces(
    from_no bigint, to_no bigint, OUT piece bigint, OUT lower_no bigint, OUT upper_no bigint
) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT n, from_no + n * 32768, least(to_no, from_no + (n + 1) * 32768)
    FROM generate_series(0, (to_no - from_no - 1) / 32768) AS s (n) ORDER BY n
$$;

-- Makes the roles if they are missing, and gives each what it needs of what there is now. Returns the roles that are
-- missing because this user may not make them. Whoever migrates calls it, each time: it changes only what is not so yet.
--
-- Roles belong to the whole cluster: another database's migration may make the same one at this moment.
CREATE FUNCTION set_up_roles() RETURNS text[] LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
DECLARE
    writer oid;
    reader oid;
    missing text[] := '{}';
    act record;
BEGIN
    FOR act IN VALUES ('mention_farm_writer', 'All that the workers of mention-farm need.'),
                      ('mention_farm_reader', 'Reads the views of the schema mention_farm.') LOOP
        IF to_regrole(act.column1) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', act.column1);
                EXECUTE format('COMMENT ON ROLE %I IS %L', act.column1, act.column2);
            EXCEPTION
                WHEN insufficient_privilege THEN missing := missing || act.column1;
                WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
    writer := to_regrole('mention_farm_writer');
    reader := to_regrole('mention_farm_reader');

    FOR act IN
        WITH RECURSIVE
        -- What the views call is checked against who asks, not against who made the view.
        called (oid) AS (
            SELECT d.refobjid FROM pg_class v
            JOIN pg_rewrite r ON r.ev_class = v.oid
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
            WHERE v.relnamespace = 'mention_farm'::regnamespace AND d.refclassid = 'pg_proc'::regclass
            UNION
            SELECT d.refobjid FROM called c
            JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = c.oid
            WHERE d.refclassid = 'pg_proc'::regclass
        ),
        object (kind, name, acl, to_writer, to_reader) AS (
            SELECT 'SCHEMA', quote_ident(nspname), coalesce(nspacl, acldefault('n', nspowner)), 'USAGE',
                   CASE WHEN nspname = 'mention_farm' THEN 'USAGE' END
            FROM pg_namespace WHERE nspname IN ('mention_store', 'mention_farm')
            UNION ALL
            -- An audit is added to and never changed. Rows of a partition are reached through the whole table.
            SELECT 'TABLE', c.oid::regclass::text, coalesce(c.relacl, acldefault('r', c.relowner)),
                   CASE WHEN c.relkind = 'v' OR c.relispartition OR c.relname = 'migration' THEN 'SELECT'
                        WHEN c.relname LIKE '%\_audit' THEN 'INSERT, SELECT'
                        WHEN c.relname = 'mention_partition' THEN 'SELECT, UPDATE'
                        ELSE 'DELETE, INSERT, SELECT, UPDATE' END,
                   CASE WHEN c.relnamespace = 'mention_farm'::regnamespace THEN 'SELECT' END
            FROM pg_class c
            WHERE c.relnamespace IN ('mention_store'::regnamespace, 'mention_farm'::regnamespace)
              AND c.relkind IN ('r', 'p', 'v', 'm')
            UNION ALL
            SELECT 'SEQUENCE', c.oid::regclass::text, coalesce(c.relacl, acldefault('s', c.relowner)),
                   'SELECT, USAGE', NULL
            FROM pg_class c WHERE c.relnamespace = 'mention_store'::regnamespace AND c.relkind = 'S'
            UNION ALL
            SELECT 'FUNCTION', p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)),
                   CASE WHEN p.proname <> 'set_up_roles' THEN 'EXECUTE' END,
                   CASE WHEN p.oid IN (SELECT oid FROM called) AND p.provolatile <> 'v' THEN 'EXECUTE' END
            FROM pg_proc p WHERE p.pronamespace = 'mention_store'::regnamespace
        )
        SELECT o.kind, o.name, g.role, g.wanted
        FROM object o
        CROSS JOIN LATERAL (VALUES (writer, 'mention_farm_writer', o.to_writer),
                                   (reader, 'mention_farm_reader', o.to_reader),
                                   (0::oid, 'PUBLIC', NULL)) AS g (grantee, role, wanted)
        WHERE g.grantee IS NOT NULL
          AND g.wanted IS DISTINCT FROM (SELECT string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
                                         FROM aclexplode(o.acl) AS a WHERE a.grantee = g.grantee)
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', act.kind, act.name, act.role);
        IF act.wanted IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %s %s TO %s', act.wanted, act.kind, act.name, act.role);
        END IF;
    END LOOP;

    -- The partitions to come.
    IF writer IS NOT NULL THEN
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA mention_store
                        GRANT SELECT ON TABLES TO mention_farm_writer',
                       (SELECT relowner::regrole FROM pg_class WHERE oid = 'mention_store.mention'::regclass));
    END IF;
    -- The background step has work tables. Everybody may make such, unless somebody took that away. Who may CONNECT is
    -- the operator's to say.
    IF writer IS NOT NULL AND NOT has_database_privilege(writer, current_database(), 'TEMPORARY')
       AND (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO mention_farm_writer', current_database());
    END IF;
    RETURN missing;
END $$;
