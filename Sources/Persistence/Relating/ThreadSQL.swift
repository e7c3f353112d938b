import Conversations
import MentionModel
import PostgresClient

/// The statements of threads in the background step. Look-ups by key go through LATERAL … OFFSET 0, as in
/// ``RelatingSQL``.
enum ThreadSQL {
    // MARK: - Rows

    private static func endColumns(_ table: String) -> String {
        "mention_no author_no published_at sentiment brands".split(separator: " ").map { "\(table).\($0)" }
            .joined(separator: ", ")
    }

    private static func mentionColumns(_ table: String) -> String {
        endColumns(table) + ", "
            + "source_no native_id in_reply_to repost_of conversation".split(separator: " ")
            .map { "\(table).\($0)" }.joined(separator: ", ")
    }

    private static let linkColumns = """
        l.parent_no, l.kind, l.author_no, l.child_at, l.child_no, l.parent_author_no, l.parent_at, l.child_sentiment,
        l.parent_sentiment, l.child_brands, l.parent_brands
        """

    /// Reads five columns; nil where there is no mention.
    static func end(_ rows: PostgresResult, _ row: Int, first: Int) -> ThreadEnd? {
        guard let number = rows.int8(row, first), let author = rows.int8(row, first + 1),
            let at = rows.timestamptz(row, first + 2), let brands = rows.int4Array(row, first + 4)
        else { return nil }
        return ThreadEnd(
            number: number,
            author: author,
            publishedAt: Timestamp(microseconds: at),
            sentiment: rows.int2(row, first + 3),
            brands: brands.compactMap { $0 }
        )
    }

    /// Reads ten columns.
    static func mention(_ rows: PostgresResult, _ row: Int, first: Int) -> ThreadMention? {
        guard let end = end(rows, row, first: first), let source = rows.int4(row, first + 5),
            let id = rows.string(row, first + 6)
        else { return nil }
        return ThreadMention(
            end: end,
            name: ThreadName(source: source, id: id),
            inReplyTo: rows.string(row, first + 7),
            repostOf: rows.string(row, first + 8),
            conversation: rows.string(row, first + 9)
        )
    }

    /// Reads eleven columns.
    static func link(_ rows: PostgresResult, _ row: Int, first: Int) -> ThreadLink? {
        guard let parent = rows.int8(row, first), let kind = rows.int2(row, first + 1).flatMap(ThreadKind.init),
            let author = rows.int8(row, first + 2), let at = rows.timestamptz(row, first + 3),
            let child = rows.int8(row, first + 4), let parentAuthor = rows.int8(row, first + 5),
            let parentAt = rows.timestamptz(row, first + 6), let childBrands = rows.int4Array(row, first + 9),
            let parentBrands = rows.int4Array(row, first + 10)
        else { return nil }
        return ThreadLink(
            kind: kind,
            child: ThreadEnd(
                number: child,
                author: author,
                publishedAt: Timestamp(microseconds: at),
                sentiment: rows.int2(row, first + 7),
                brands: childBrands.compactMap { $0 }
            ),
            parent: ThreadEnd(
                number: parent,
                author: parentAuthor,
                publishedAt: Timestamp(microseconds: parentAt),
                sentiment: rows.int2(row, first + 8),
                brands: parentBrands.compactMap { $0 }
            )
        )
    }

    // MARK: - What a step reads

    /// $1 sources, $2 ids, $3 the last number that is counted.
    static let parents = """
        SELECT u.ord, \(endColumns("c"))
        FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS u (source_no, native_id, ord)
        CROSS JOIN LATERAL (
            SELECT i.mention_no FROM mention_identity i
            WHERE i.source_no = u.source_no AND i.native_id = u.native_id AND i.mention_no <= $3 OFFSET 0) AS i
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = i.mention_no OFFSET 0) AS c
        """

    /// $1 sources and $2 ids of the parents, $3 kinds, $4 authors, $5 times and $6 numbers of the children.
    static let oldLinks = """
        SELECT u.ord, \(linkColumns)
        FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::bigint[], $5::timestamptz[], $6::bigint[])
             WITH ORDINALITY AS u (source_no, native_id, kind, author_no, at, child_no, ord)
        CROSS JOIN LATERAL (
            SELECT i.mention_no FROM mention_identity i
            WHERE i.source_no = u.source_no AND i.native_id = u.native_id OFFSET 0) AS i
        CROSS JOIN LATERAL (
            SELECT * FROM thread_link l
            WHERE l.parent_no = i.mention_no AND l.kind = u.kind AND l.author_no = u.author_no AND l.child_at = u.at
              AND l.child_no = u.child_no OFFSET 0) AS l
        """

    /// $1 and $2 the numbers counted by the step: after, and up to. The condition on the table is looked at once.
    static let awaited = """
        SELECT m.mention_no
        FROM (SELECT mention_no, source_no, native_id FROM mention
              WHERE mention_no > $1 AND mention_no <= $2 AND EXISTS (SELECT FROM thread_wait)) AS m
        CROSS JOIN LATERAL (
            SELECT FROM thread_wait w WHERE w.parent_key = thread_key(m.source_no, m.native_id) LIMIT 1) AS w
        """

    /// $1 most.
    static let due = """
        SELECT parent_no, link_kind, link_author_no, link_at, link_child_no FROM thread_due ORDER BY parent_no LIMIT $1
        """

    /// $1 parents.
    static let states = """
        SELECT \(endColumns("c")) FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = u.no OFFSET 0) AS c
        """

    /// $1 children.
    static let mentions = """
        SELECT \(mentionColumns("c")) FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = u.no OFFSET 0) AS c
        """

    /// $1 parents, $2 most of each. Only what really waits for the parent: another name may have the same number.
    static let waiting = """
        SELECT u.no, w.kind, \(mentionColumns("w"))
        FROM unnest($1::bigint[]) AS u (no)
        CROSS JOIN LATERAL (SELECT source_no, native_id FROM mention m WHERE m.mention_no = u.no OFFSET 0) AS p
        CROSS JOIN LATERAL (
            SELECT w.kind, c.*
            FROM thread_wait w
            CROSS JOIN LATERAL (SELECT * FROM mention_counted c WHERE c.mention_no = w.child_no OFFSET 0) AS c
            WHERE w.parent_key = thread_key(p.source_no, p.native_id) AND c.source_no = p.source_no
              AND p.native_id = CASE w.kind WHEN 0 THEN coalesce(c.in_reply_to, c.conversation)
                                            WHEN 1 THEN c.repost_of ELSE c.conversation END
            ORDER BY w.child_no LIMIT $2) AS w
        """

    /// $1 parents, $2–$5 the links to begin behind, $6 most of each.
    static let links = """
        SELECT \(linkColumns)
        FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
             AS u (no, kind, author_no, at, child_no)
        CROSS JOIN LATERAL (
            SELECT * FROM thread_link l
            WHERE l.parent_no = u.no
              AND (l.kind, l.author_no, l.child_at, l.child_no) > (u.kind, u.author_no, u.at, u.child_no)
            ORDER BY l.kind, l.author_no, l.child_at, l.child_no LIMIT $6) AS l
        """

    /// $1 parents, $2 kinds, $3 authors, $4 most of each. In the order of ``ThreadLink/isBefore(_:_:)``.
    static let firstLinks = """
        SELECT \(linkColumns)
        FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::integer[]) AS u (no, kind, author_no, most)
        CROSS JOIN LATERAL (
            SELECT * FROM thread_link l
            WHERE l.parent_no = u.no AND l.kind = u.kind AND l.author_no = u.author_no
            ORDER BY l.child_at, l.child_sentiment DESC NULLS LAST, l.child_brands, l.child_no LIMIT u.most) AS l
        """

    static func parameters(_ needs: [ThreadFold.PairNeed]) -> [PostgresParameter] {
        [
            .int8Array(needs.map(\.pair.parent)), .int2Array(needs.map(\.pair.kind.rawValue)),
            .int8Array(needs.map(\.pair.author)), .int4Array(needs.map { Int32(clamping: $0.links) }),
        ]
    }
}
