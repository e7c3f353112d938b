import Copies
import MentionModel
import PostgresClient

/// Fills the index behind the background step from what is stored: for a worker that takes the lease over.
enum FoldRebuild {
    /// How long it may take. The step waits for it.
    static let patience = Duration.seconds(5)
    /// Mentions, and bytes of texts, that are read at once.
    static let page: Int32 = 5_000
    static let pageBytes: Int64 = 4 << 20
    /// After so many pages in which no mention is within the window of the newest one there is nothing to be had.
    static let mostOldPages = 3

    /// $1 the first number not to be read, $2 most mentions, $3 most bytes.
    private static let read = """
        SELECT mention_no, text_hash, published_at, text
        FROM (SELECT p.*, sum(octet_length(p.text)) OVER (ORDER BY p.mention_no DESC) - octet_length(p.text) AS before
              FROM (SELECT mention_no, text_hash, published_at, text FROM mention
                    WHERE mention_no < $1 ORDER BY mention_no DESC LIMIT $2) AS p) AS q
        WHERE before < $3 ORDER BY mention_no DESC
        """

    /// Reads backwards from the newest mention that is counted, until the memory is full, the window is passed, or the
    /// time is over.
    nonisolated(nonsending) static func run(
        _ index: FoldIndex,
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) {
        let begin = ContinuousClock.now
        var below = index.through + 1
        var newest = Int64.min
        var oldPages = 0
        while oldPages < mostOldPages {
            let rows = try await connection.query(
                PostgresStatement(
                    "read texts back",
                    read,
                    [.int8(below), .int4(page), .int8(pageBytes)]
                ),
                timeout: timeout
            )
            if rows.rowCount == 0 { return }
            var isOld = true
            for row in 0..<rows.rowCount {
                guard let number = rows.int8(row, 0), let hash = rows.int8(row, 1), let at = rows.timestamptz(row, 2)
                else { continue }
                below = number
                newest = max(newest, at)
                if newest.subtractingReportingOverflow(at).partialValue <= index.scheme.window { isOld = false }
                let mention = CopyMention(
                    textHash: UInt64(bitPattern: hash),
                    reference: number,
                    publishedAt: Timestamp(microseconds: at)
                )
                guard let text = rows.bytes(row, 3) else { continue }
                let isTaken = index.restore(mention, text: text.span)
                if !isTaken { return index.noteCutRebuild(rows: Int(clamping: below)) }
            }
            oldPages = isOld ? oldPages + 1 : 0
            if .now - begin > patience { return index.noteCutRebuild(rows: Int(clamping: below)) }
        }
    }
}
