public import PostgresClient

/// Gives everything that is kept on one author, a JSON object a row.
public enum AuthorExport {
    /// A row of a table or view.
    public struct Row: Sendable, Equatable {
        /// What it is of.
        public var table: String
        /// A JSON object.
        public var json: String
    }

    /// What is kept on an author, by table: a statement with the author's number as $1 and the bytes by which dead letters
    /// know the author as $2, that gives JSON objects. Other parts add theirs.
    static let parts: [(table: String, sql: String)] = [
        (
            "author",
            """
            SELECT to_jsonb(x) FROM (SELECT s.name AS source, a.author_key AS author_id, a.handle, a.name, a.verified
                                     FROM author a JOIN source s USING (source_no) WHERE a.author_no = $1) AS x
            """
        ),
        (
            "mention",
            """
            SELECT to_jsonb(v) FROM (SELECT m.mention_no FROM mention m WHERE m.author_no = $1) AS n
            CROSS JOIN LATERAL (SELECT * FROM mention_farm.mention v WHERE v.mention_no = n.mention_no OFFSET 0) AS v
            ORDER BY n.mention_no
            """
        ),
        (
            "ledger",
            """
            SELECT to_jsonb(l) - 'brand_no' - 'author_no' || jsonb_build_object('brand', b.name, 'day',
                       (date '1970-01-01' + l.day)::text)
            FROM ledger l JOIN brand b USING (brand_no) WHERE l.author_no = $1 ORDER BY l.brand_no, l.day
            """
        ),
        (
            "standing",
            """
            SELECT to_jsonb(s) - 'brand_no' - 'author_no' - 'days' - 'recent' || jsonb_build_object('brand', b.name)
            FROM standing s JOIN brand b USING (brand_no)
            WHERE s.author_no = coalesce((SELECT person_no FROM person p WHERE p.author_no = $1), $1)
            """
        ),
        (
            "person",
            """
            SELECT to_jsonb(x) FROM (
                SELECT s.name AS source, a.author_key AS author_id, o.joined_at, o.joined_by, o.reason
                FROM person p JOIN person o USING (person_no)
                JOIN author a ON a.author_no = o.author_no JOIN source s USING (source_no)
                WHERE p.author_no = $1 ORDER BY o.place) AS x
            """
        ),
        (
            "person_audit",
            """
            SELECT to_jsonb(l) - 'authors' || jsonb_build_object('authors',
                       ARRAY(SELECT s.name || ':' || a.author_key FROM unnest(l.authors) AS u (author_no)
                             JOIN author a USING (author_no) JOIN source s USING (source_no) ORDER BY 1))
            FROM person_audit l WHERE l.authors @> ARRAY[$1] ORDER BY l.at
            """
        ),
        (
            "thread",
            """
            SELECT to_jsonb(v) FROM (SELECT m.mention_no FROM mention m WHERE m.author_no = $1) AS n
            JOIN mention_farm.thread v USING (mention_no)
            """
        ),
        (
            "triage",
            """
            SELECT to_jsonb(t) - 'brand_no' - 'body_hash' || jsonb_build_object('brand', b.name)
            FROM (SELECT m.mention_no FROM mention m WHERE m.author_no = $1) AS n
            JOIN triage_item t USING (mention_no) JOIN brand b USING (brand_no)
            """
        ),
        (
            "cluster",
            """
            SELECT DISTINCT jsonb_build_object('cluster_id', cluster_name(s.name, k.canonical_native_id), 'size', k.size)
            FROM (SELECT m.mention_no FROM mention m WHERE m.author_no = $1) AS n
            JOIN copy_member cm USING (mention_no) JOIN copy_cluster j USING (cluster_no)
            JOIN copy_cluster k ON k.cluster_no = coalesce(j.parent_no, j.cluster_no)
            JOIN source s ON s.source_no = k.canonical_source_no
            """
        ),
        (
            "dead_letter",
            """
            SELECT jsonb_build_object('id', d.dead_letter_no, 'reason', d.reason, 'status', d.status, 'first_seen_at',
                       d.first_seen_at, 'payload_base64', encode(d.payload, 'base64'))
            FROM dead_letter_record d
            WHERE d.payload IS NOT NULL
              AND EXISTS (SELECT FROM unnest($2::bytea[]) AS n (bytes) WHERE position(n.bytes IN d.payload) > 0)
              AND position(convert_to($3, 'UTF8') IN d.payload) > 0
            ORDER BY d.dead_letter_no
            """
        ),
    ]

    /// Reads all of it in one snapshot. Nothing is kept of an author who is not known but what dead letters may hold.
    public static func run(
        source: String,
        id: String,
        on connection: PostgresConnection,
        timeout: Duration = .seconds(300),
        _ body: (Row) -> Void
    ) async throws(PostgresError) {
        let target = try await ForgettingTarget.find(.author(source: source, id: id), on: connection, timeout)
        _ = try await connection.query(
            PostgresStatement("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            timeout: timeout
        )
        do throws(PostgresError) {
            for (table, sql) in parts {
                let rows = try await connection.query(
                    PostgresStatement(
                        "export \(table)",
                        """
                        SELECT x.json::text FROM (SELECT $1::bigint, $2::bytea[], $3::text) AS given
                        CROSS JOIN LATERAL (\(sql)) AS x (json)
                        """,
                        [.int8(target.author ?? 0), .byteaArray(target.needles), .text(source)]
                    ),
                    timeout: timeout
                )
                for row in 0..<rows.rowCount {
                    if let json = rows.string(row, 0) { body(Row(table: table, json: json)) }
                }
            }
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }
}
