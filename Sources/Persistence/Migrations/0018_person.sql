-- Joining: several authors that are one person, because somebody has said so.
--
-- The ledger stays by author, so that there is nothing to move and parting takes nothing but the word back. What is made
-- of it is by person: `standing` has one row per brand and person, under the number of the person's first account, and in
-- threads one person's accounts are one author. Both are changed in the transaction that joins or parts, under the lock of
-- the background step's lease. See docs/scores.md.

-- The accounts of persons with two or more. The rows of a person are a function of which accounts it has: neither the
-- order in which they were joined nor who is named first decides anything.
CREATE TABLE person (
    author_no bigint PRIMARY KEY REFERENCES author,
    person_no bigint NOT NULL,           -- author_no of the first account
    place smallint NOT NULL,             -- 1, 2, … by the source's name and the author's id
    joined_at timestamptz NOT NULL DEFAULT now(),
    joined_by text NOT NULL,
    reason text
);
CREATE INDEX person_by_person ON person (person_no, place);

-- Numbers alone, which say nothing once an author is forgotten.
CREATE TABLE person_audit (
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    action text COLLATE "C" NOT NULL CHECK (action IN ('join', 'part', 'forget')),
    authors bigint[] NOT NULL,           -- join: all accounts of the person from now on; else those that have left
    reason text
);

-- A reason may name somebody: it goes with the first of the authors that is forgotten.
CREATE FUNCTION forget_reasons(author bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mention_store, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE person_audit SET reason = NULL WHERE reason IS NOT NULL AND authors @> ARRAY[author];
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

CREATE VIEW mention_farm.person AS
SELECT f.name AS person_source, c.author_key AS person_id, s.name AS source, a.author_key AS author_id,
       a.handle AS author_handle, p.joined_at, p.joined_by, p.reason
FROM person p
JOIN author a USING (author_no)
JOIN source s ON s.source_no = a.source_no
JOIN author c ON c.author_no = p.person_no
JOIN source f ON f.source_no = c.source_no;

COMMENT ON VIEW mention_farm.person IS 'Accounts that were joined to one person (mention-admin authors join): one row per account. Others are not in it.';
COMMENT ON COLUMN mention_farm.person.person_source IS 'Source of the person''s first account, under which the view advocate shows the person: the least of (source, author_id).';
COMMENT ON COLUMN mention_farm.person.person_id IS 'author_id of the person''s first account.';
COMMENT ON COLUMN mention_farm.person.source IS 'Source of the account.';
COMMENT ON COLUMN mention_farm.person.author_id IS 'author_id in the view mention.';
COMMENT ON COLUMN mention_farm.person.joined_at IS 'When the account was joined. person_audit has all that was ever joined or parted.';

-- As in 0011, by person: who is an own account with one account is one with all.
CREATE OR REPLACE FUNCTION mark_own_accounts() RETURNS bigint LANGUAGE plpgsql SET search_path = mention_store, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    changed bigint;
BEGIN
    WITH own AS MATERIALIZED (
        SELECT DISTINCT o.brand_no, coalesce(p.person_no, o.author_no) AS author_no
        FROM mention_farm.own_account o LEFT JOIN person p ON p.author_no = o.author_no
    )
    UPDATE standing s SET is_own = NOT s.is_own
    FROM ((SELECT brand_no, author_no FROM own EXCEPT SELECT brand_no, author_no FROM standing WHERE is_own)
          UNION ALL
          (SELECT brand_no, author_no FROM standing WHERE is_own EXCEPT SELECT brand_no, author_no FROM own)) AS d
    WHERE (s.brand_no, s.author_no) = (d.brand_no, d.author_no);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
