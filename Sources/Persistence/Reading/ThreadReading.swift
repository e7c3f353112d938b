public import Conversations
internal import MentionModel
public import PostgresClient

/// A mention of a thread.
public struct ThreadMember: Sendable, Equatable {
    /// Where it stands in the tree.
    public var place: ThreadTree.Line
    /// Source.
    public var source: String
    /// Id on the source.
    public var nativeID: String
    /// The author's handle, else the id.
    public var author: String
    /// Microseconds since the Unix epoch.
    public var publishedAt: Int64
    /// −1, 0, 1, or nil.
    public var sentiment: Int16?
    /// The text.
    public var text: String
    /// The id of what it hangs on.
    public var parentID: String?
    /// Whether it is an own account of a brand.
    public var isOwnAccount: Bool
}

/// One thread.
public struct StoredThread: Sendable, Equatable {
    /// Its mentions, each before those that hang on it.
    public var members: [ThreadMember]
    /// The id that its first mention points at, where that is not stored.
    public var missing: String?
    /// Whether there are more mentions than were asked for.
    public var isCut: Bool
}

/// Reads the thread of a mention. For logins that may read the tables.
public enum ThreadReading {
    private static let timeout = Duration.seconds(300)
    /// How far up the beginning of a thread is looked for.
    static let mostSteps = 200

    /// The thread that a mention is in, at most `limit` mentions of it; nil where the mention is not stored.
    ///
    /// Goes up to where the thread begins, by what mentions answer, else pass on, else by their conversation; then down
    /// by what the background step has joined. Ends whatever the data claims. Reads all links of the mentions shown.
    public static func run(
        source: String,
        nativeID: String,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> StoredThread? {
        let asked = try await query(
            "find mention",
            """
            SELECT m.mention_no FROM mention_identity i JOIN source s USING (source_no) JOIN mention m USING (mention_no)
            WHERE s.name = $1 AND i.native_id = $2
            """,
            [.text(source), .text(nativeID)],
            connection
        )
        guard let number = asked.int8(0, 0) else { return nil }
        let (root, missing, path) = try await climb(from: number, connection)
        var edges = path
        // Not lost, however many others there are.
        var known: Set<Int64> = [root]
        known.formUnion(path.map(\.child))
        let most = max(Int(limit), known.count)
        var level = known
        var expanded: Set<Int64> = []
        var isCut = false
        while !level.isEmpty {
            expanded.formUnion(level)
            // A mention may hang on another in three ways.
            let cap = 3 * (most + 1)
            let rows = try await query(
                "read answers",
                """
                SELECT l.parent_no, l.kind, l.child_no, l.child_at FROM thread_link l WHERE l.parent_no = ANY ($1)
                ORDER BY l.child_at, l.child_no LIMIT $2
                """,
                [.int8Array(level.sorted()), .int8(Int64(cap))],
                connection
            )
            if rows.rowCount == cap { isCut = true }
            var next: Set<Int64> = []
            for row in 0..<rows.rowCount {
                guard let parent = rows.int8(row, 0), let kind = rows.int2(row, 1).flatMap(ThreadKind.init),
                    let child = rows.int8(row, 2), let at = rows.timestamptz(row, 3)
                else { continue }
                guard known.contains(child) || known.count < most else {
                    isCut = true
                    continue
                }
                known.insert(child)
                edges.append(.init(parent: parent, kind: kind, child: child, at: Timestamp(microseconds: at)))
                next.insert(child)
            }
            level = next.subtracting(expanded)
        }
        let lines = ThreadTree.lines(root: root, edges: edges)
        return StoredThread(members: try await members(lines, connection), missing: missing, isCut: isCut)
    }

    private static func query(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
    }

    /// Where the thread begins, what is missing above that, and the way down from there.
    private static func climb(
        from number: Int64,
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> (root: Int64, missing: String?, path: [ThreadTree.Edge]) {
        var path: [ThreadTree.Edge] = []
        var visited: Set<Int64> = [number]
        var place = number
        var missing: String?
        for _ in 0..<mostSteps {
            let rows = try await query("read what it points at", up, [.int8(place)], connection)
            missing = rows.string(0, 1)
            let next = (0..<rows.rowCount).first { row in rows.int8(row, 2).map { !visited.contains($0) } ?? false }
            guard let next, let parent = rows.int8(next, 2), let kind = rows.int2(next, 0).flatMap(ThreadKind.init)
            else {
                // In a circle nothing is missing.
                if rows.int8(0, 2) != nil { missing = nil }
                break
            }
            let at = Timestamp(microseconds: rows.timestamptz(next, 3) ?? 0)
            path.append(.init(parent: parent, kind: kind, child: place, at: at))
            visited.insert(parent)
            place = parent
            missing = nil
        }
        return (place, missing, path.reversed())
    }

    /// $1 the mention. What it points at, as ``ThreadMention/pointers`` has it, and the number where it is stored.
    private static let up = """
        SELECT p.kind, p.id, x.mention_no, m.published_at
        FROM mention m
        CROSS JOIN LATERAL (VALUES
            (0::smallint, coalesce(m.in_reply_to, CASE WHEN m.repost_of IS NULL THEN m.conversation END)),
            (1::smallint, m.repost_of),
            (2::smallint, m.conversation)) AS p (kind, id)
        LEFT JOIN LATERAL (
            SELECT i.mention_no FROM mention_identity i JOIN mention y USING (mention_no)
            WHERE i.source_no = m.source_no AND i.native_id = p.id) AS x ON true
        WHERE m.mention_no = $1 AND p.id <> m.native_id ORDER BY p.kind
        """

    private static func members(
        _ lines: [ThreadTree.Line],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [ThreadMember] {
        let rows = try await query(
            "read mentions of thread",
            """
            SELECT m.mention_no, s.name, m.native_id, coalesce(a.handle, a.author_key), m.published_at, m.sentiment,
                   m.text, m.author_no = ANY (ARRAY(SELECT o.author_no FROM mention_farm.own_account o))
            FROM unnest($1::bigint[]) AS u (no)
            JOIN mention m ON m.mention_no = u.no
            JOIN source s USING (source_no)
            LEFT JOIN author a USING (author_no)
            """,
            [.int8Array(lines.map(\.mention))],
            connection
        )
        var places: [Int64: Int] = [:]
        for row in 0..<rows.rowCount { places[rows.int8(row, 0) ?? 0] = row }
        return lines.compactMap { line in
            // Dropped meanwhile.
            guard let row = places[line.mention] else { return nil }
            return ThreadMember(
                place: line,
                source: rows.string(row, 1) ?? "",
                nativeID: rows.string(row, 2) ?? "",
                author: rows.string(row, 3) ?? "",
                publishedAt: rows.timestamptz(row, 4) ?? 0,
                sentiment: rows.int2(row, 5),
                text: rows.string(row, 6) ?? "",
                parentID: line.parent.flatMap { places[$0] }.flatMap { rows.string($0, 2) },
                isOwnAccount: rows.bool(row, 7) ?? false
            )
        }
    }
}
