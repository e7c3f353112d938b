import Conversations
import PostgresClient

/// The statements about persons.
enum PersonSQL {
    /// Who is one person now. Joined by hand, so there are few.
    static let read = PostgresStatement(
        "read persons",
        "SELECT author_no, person_no, place FROM person ORDER BY person_no, place"
    )

    /// The rows of ``read``.
    static func persons(_ rows: PostgresResult) -> Persons {
        var persons = Persons()
        for row in 0..<rows.rowCount {
            guard let author = rows.int8(row, 0), let person = rows.int8(row, 1), let place = rows.int2(row, 2) else {
                continue
            }
            persons.add(author, to: person, place: place)
        }
        return persons
    }

    /// The background step stands still until the end of the transaction: its tables are read and written here.
    static let lock: [PostgresStatement] = [
        PostgresStatement("begin", "BEGIN"),
        PostgresStatement("set patience", "SELECT set_config('lock_timeout', '30s', true)"),
        PostgresStatement("lock background step", "SELECT 1 FROM lease WHERE name = 'relate' FOR UPDATE"),
        read,
    ]

    /// $1 an author. Whether he is joined, or was, with a reason that stands.
    static let isKnown = """
        SELECT EXISTS (SELECT FROM person WHERE author_no = $1)
            OR EXISTS (SELECT FROM person_audit WHERE authors @> ARRAY[$1] AND reason IS NOT NULL)
        """

    /// $1 sources, $2 ids. The authors, by their place.
    static let find = """
        SELECT u.place, a.author_no
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (source, id, place)
        JOIN source s ON s.name = u.source
        JOIN author a ON a.source_no = s.source_no AND a.author_key = u.id
        """

    /// $1 authors. Their names.
    static let names = """
        SELECT a.author_no, s.name, a.author_key FROM author a JOIN source s USING (source_no)
        WHERE a.author_no = ANY ($1)
        """

    /// $1 sources, $2 what was taken for ids. Ids of those that have it as a handle.
    static let byHandle = """
        SELECT u.place, min(a.author_key)
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (source, handle, place)
        JOIN source s ON s.name = u.source
        JOIN author a ON handle_key(coalesce(a.handle, a.author_key)) = handle_key(u.handle)
                     AND folded_handle(coalesce(a.handle, a.author_key)) = folded_handle(u.handle)
                     AND a.source_no = s.source_no
        GROUP BY u.place HAVING count(*) = 1
        """

    /// $1 authors, and of each $2 the person and $3 the place that it had, $4 and $5 those that it will have. What that
    /// changes in the sums of threads: of what an author's accounts did to one mention in one way the first counts.
    static let threadChanges = """
        WITH account AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::smallint[])
                AS u (author_no, was, was_place, will, will_place)
        ), link AS MATERIALIZED (
            SELECT l.*, c.was, c.was_place, c.will, c.will_place, coalesce(p.was, l.parent_author_no) AS parent_was,
                   coalesce(p.will, l.parent_author_no) AS parent_will
            FROM thread_link l JOIN account c ON c.author_no = l.author_no
            LEFT JOIN account p ON p.author_no = l.parent_author_no
            WHERE l.kind <> 2
        ), counted AS (
            SELECT * FROM (
                SELECT DISTINCT ON (parent_no, kind, was) -1 AS n, link.* FROM link WHERE was <> parent_was
                ORDER BY parent_no, kind, was, child_at, child_sentiment DESC NULLS LAST, child_brands, was_place,
                         child_no) AS before
            UNION ALL
            SELECT * FROM (
                SELECT DISTINCT ON (parent_no, kind, will) 1, link.* FROM link WHERE will <> parent_will
                ORDER BY parent_no, kind, will, child_at, child_sentiment DESC NULLS LAST, child_brands, will_place,
                         child_no) AS behind
        ), part AS (
            SELECT b.no AS brand_no, day_of(child_at) AS day, author_no, n AS dialogues,
                   CASE WHEN parent_brands <> '{}' AND parent_sentiment = -1 AND child_sentiment = 1
                        THEN n ELSE 0 END AS defences,
                   0 AS replies_got, 0 AS reposts_got
            FROM counted
            CROSS JOIN LATERAL unnest(CASE WHEN parent_brands = '{}' THEN child_brands ELSE parent_brands END) AS b (no)
            WHERE kind = 0
            UNION ALL
            SELECT b.no, day_of(parent_at), parent_author_no, 0, 0, n * (1 - kind), n * kind
            FROM counted CROSS JOIN LATERAL unnest(parent_brands) AS b (no)
        )
        SELECT brand_no, day, author_no, sum(dialogues)::integer, sum(defences)::integer, sum(replies_got)::integer,
               sum(reposts_got)::integer
        FROM part GROUP BY 1, 2, 3
        HAVING sum(dialogues) <> 0 OR sum(defences) <> 0 OR sum(replies_got) <> 0 OR sum(reposts_got) <> 0
        ORDER BY 1, 2, 3
        """

    /// $1 authors that are alone from now on.
    static let leave = "DELETE FROM person WHERE author_no = ANY ($1)"

    /// $1 authors, $2 persons, $3 places, $4 who, $5 why. Those that were joined before keep when and why.
    static let join = """
        INSERT INTO person AS p (author_no, person_no, place, joined_by, reason)
        SELECT u.author_no, u.person_no, u.place, $4, $5
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS u (author_no, person_no, place)
        ON CONFLICT (author_no) DO UPDATE SET person_no = excluded.person_no, place = excluded.place
        """

    /// $1 who, $2 what, $3 authors, $4 why.
    static let note = "INSERT INTO person_audit (who, action, authors, reason) VALUES ($1, $2, $3, $4)"

    /// $1 authors. By key for each brand: standings have no index by author.
    static let takeStandings = """
        DELETE FROM standing WHERE ctid = ANY (ARRAY(
            SELECT s.ctid FROM brand b CROSS JOIN unnest($1::bigint[]) AS u (author_no)
            CROSS JOIN LATERAL (
                SELECT f.ctid FROM standing f WHERE f.brand_no = b.brand_no AND f.author_no = u.author_no
                OFFSET 0) AS s))
        RETURNING brand_no, author_no, days, recent
        """

    /// $1 mentions. Their authors.
    static let authorsOf = """
        SELECT u.no, m.author_no FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT author_no FROM mention m WHERE m.mention_no = u.no OFFSET 0) AS m
        """
}
