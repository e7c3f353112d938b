internal import Advocacy
internal import MentionModel
public import PostgresClient

/// Applies the registered brands, as they are now, to stored mentions whose event named no brand; ledger, hourly sums
/// and the background step follow in the same transactions. Workers go on meanwhile.
///
/// Resumable: a run that was interrupted goes on where it ended if the brands have not changed since.
public struct Rematch: Sendable {
    /// What a run did so far.
    public struct Progress: Sendable, Equatable {
        /// The last mention number looked at.
        public var reached: Int64
        /// The mention number at which the run ends.
        public var goal: Int64
        /// Mentions looked at by this run.
        public var read: Int64 = 0
        /// Mentions whose brands this run changed.
        public var changed: Int64 = 0
    }

    /// The brands changed while a run was under way: run again.
    public struct Superseded: Error, Sendable, CustomStringConvertible {
        /// With the remedy.
        public var description: String { "the brands changed meanwhile: run: mention-admin rematch" }
    }

    private struct Change {
        var number: Int64
        var brands: [Int32]
    }

    private let version: Int64
    private let match: @Sendable (_ text: String, _ title: String?) -> [Int32]
    private let batch: Int32
    private let timeout = Duration.seconds(300)

    /// Makes a run.
    ///
    /// - Parameters:
    ///   - version: of the brands that `match` was built from.
    ///   - match: the numbers of the brands of a text and title, ascending, without repeats. Called on the task that
    ///     runs.
    ///   - batch: mentions per transaction, 1…10,000.
    public init(
        version: Int64,
        batch: Int32 = 1_000,
        match: @escaping @Sendable (_ text: String, _ title: String?) -> [Int32]
    ) {
        self.version = version
        self.match = match
        self.batch = min(max(batch, 1), 10_000)
    }

    /// Runs to the last mention number that was taken when it began.
    ///
    /// Mentions that workers write later with brands older than `version` are not seen: begin when all workers have
    /// had time to load the version (15 s after it was made).
    /// - Throws: ``Superseded`` or `PostgresError`. After either, run again.
    public func run(
        on connection: PostgresConnection,
        report: (Progress) -> Void = { _ in }
    ) async throws -> Progress {
        var progress = try await begin(connection)
        let triage = try await TriagePolicy.load(publishes: true, on: connection)
        while progress.reached < progress.goal {
            try Task.checkCancellation()
            try await step(connection, &progress, triage)
            report(progress)
        }
        return progress
    }

    private func begin(_ connection: PostgresConnection) async throws -> Progress {
        let rows = try await connection.pipeline(
            [
                PostgresStatement(
                    "begin rematch",
                    """
                    UPDATE rematch SET version = $1, after_no = 0, changed = 0
                    WHERE version <> $1 AND $1 = (SELECT version FROM brand_catalogue)
                    """,
                    [.int8(version)]
                ),
                PostgresStatement(
                    "read rematch",
                    "SELECT after_no FROM rematch WHERE version = $1 AND $1 = (SELECT version FROM brand_catalogue)",
                    [.int8(version)]
                ),
                PostgresStatement("read last number", "SELECT last_number()"),
                PostgresStatement("read open batches", "SELECT open_batches()"),
            ],
            timeout: timeout
        )
        guard rows.count == 4, let reached = rows[1].int8(0, 0), let goal = rows[2].int8(0, 0) else {
            throw Superseded()
        }
        let holders = rows[3].textArray(0, 0)?.compactMap { $0 } ?? []
        while !holders.isEmpty {
            let open = try await connection.query(
                PostgresStatement(
                    "wait for batches",
                    "SELECT coalesce(open_batches() && $1, false)",
                    [.textArray(holders)]
                ),
                timeout: timeout
            )
            if open.bool(0, 0) != true { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        return Progress(reached: reached, goal: goal)
    }

    private func step(
        _ connection: PostgresConnection,
        _ progress: inout Progress,
        _ triage: TriagePolicy?
    ) async throws {
        let rows = try await connection.query(
            PostgresStatement(
                "read mentions to match",
                """
                SELECT mention_no, text, title, brands FROM mention
                WHERE mention_no > $1 AND mention_no <= $2 AND brands_matched ORDER BY mention_no LIMIT $3
                """,
                [.int8(progress.reached), .int8(progress.goal), .int4(batch)]
            ),
            timeout: timeout
        )
        var differing: [Int64] = []
        for row in 0..<rows.rowCount {
            guard let number = rows.int8(row, 0), let text = rows.string(row, 1) else { continue }
            let brands = rows.int4Array(row, 3)?.compactMap { $0 } ?? []
            if match(text, rows.string(row, 2)) != brands { differing.append(number) }
        }
        let isLast = rows.rowCount < Int(batch)
        let reached = isLast ? progress.goal : rows.int8(rows.rowCount - 1, 0) ?? progress.goal
        let changed = try await apply(differing, reached: reached, on: connection, triage)
        progress.reached = reached
        progress.read += Int64(rows.rowCount)
        progress.changed += Int64(changed)
    }

    /// Changes the mentions that still differ once they are locked, and notes how far the run has come.
    private func apply(
        _ numbers: [Int64],
        reached: Int64,
        on connection: PostgresConnection,
        _ triage: TriagePolicy?
    ) async throws -> Int {
        _ = try await connection.query(PostgresStatement("begin", "BEGIN"), timeout: timeout)
        do {
            var changed = 0
            if !numbers.isEmpty {
                let locked = try await connection.query(
                    PostgresStatement("lock mentions to match", Self.lock, [.int8Array(numbers)]),
                    timeout: timeout
                )
                let (rows, deltas) = fold(locked)
                changed = rows.count
                if !rows.isEmpty {
                    let arrays: [PostgresParameter] = [
                        .int8Array(rows.map(\.number)),
                        .textArray(rows.map { "{" + $0.brands.map(String.init).joined(separator: ",") + "}" }),
                    ]
                    _ = try await connection.pipeline(
                        [
                            PostgresStatement("note revised mentions", Self.note, [arrays[0]]),
                            PostgresStatement("change brands", Self.update, arrays),
                        ],
                        timeout: timeout
                    )
                    var closing = LedgerWriting.statements(deltas, slot: 15)
                    if let triage {
                        closing += try await TriageRedecision.statements(
                            rows.map(\.number),
                            triage,
                            on: connection,
                            timeout: timeout
                        )
                    }
                    if !closing.isEmpty { _ = try await connection.pipeline(closing, timeout: timeout) }
                }
            }
            let moved = try await connection.query(
                PostgresStatement(
                    "note rematch",
                    """
                    UPDATE rematch SET after_no = $1, changed = changed + $2
                    WHERE version = $3 AND version = (SELECT version FROM brand_catalogue)
                    """,
                    [.int8(reached), .int8(Int64(changed)), .int8(version)]
                ),
                timeout: timeout
            )
            guard moved.affectedRows == 1 else { throw Superseded() }
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
            return changed
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    private static let lock = """
        SELECT mention_no, text, title, brands, published_at, author_no, sentiment, sentiment_score,
               likes, reposts, replies, followers, in_reply_to IS NOT NULL, repost_of IS NOT NULL, source_no,
               emotion, intents, irony, offensive, spam, is_set_aside(spam, offensive)
        FROM mention WHERE mention_no = ANY ($1) AND brands_matched ORDER BY mention_no FOR UPDATE
        """

    /// Notes the standing state of mentions, before it is changed, for the background step.
    static let note = """
        INSERT INTO mention_revised (mention_no, published_at, author_no, text_hash, sentiment, brands,
            in_reply_to, repost_of, conversation, set_aside)
        SELECT mention_no, published_at, author_no, text_hash, sentiment, brands, in_reply_to, repost_of, conversation,
               is_set_aside(spam, offensive)
        FROM mention WHERE mention_no = ANY ($1)
        """

    private static let update = """
        UPDATE mention m SET brands = u.brands::integer[]
        FROM unnest($1::bigint[], $2::text[]) AS u (n, brands) WHERE m.mention_no = u.n
        """

    /// The rows whose brands differ, and what follows from the change.
    private func fold(_ rows: PostgresResult) -> (rows: [Change], deltas: DeltaBook) {
        var changes: [Change] = []
        var deltas = DeltaBook()
        for row in 0..<rows.rowCount {
            guard let number = rows.int8(row, 0), let text = rows.string(row, 1) else { continue }
            let old = rows.int4Array(row, 3)?.compactMap { $0 } ?? []
            let new = match(text, rows.string(row, 2))
            guard old != new else { continue }
            changes.append(Change(number: number, brands: new))
            deltas.replace(contribution(rows, row, brands: old), with: contribution(rows, row, brands: new))
        }
        return (changes, deltas)
    }

    private func contribution(_ rows: PostgresResult, _ row: Int, brands: [Int32]) -> Contribution {
        Contribution(
            mention: rows.int8(row, 0) ?? 0,
            source: rows.int4(row, 14) ?? 0,
            author: rows.int8(row, 5) ?? 0,
            publishedAt: Timestamp(microseconds: rows.timestamptz(row, 4) ?? 0),
            brands: brands,
            sentiment: rows.int2(row, 6).flatMap { Sentiment(rawValue: Int8(clamping: $0)) },
            score: rows.int2(row, 7) ?? 0,
            labels: HourLabels(rows, row, first: 15),
            likes: rows.int8(row, 8) ?? 0,
            reposts: rows.int8(row, 9) ?? 0,
            replies: rows.int8(row, 10) ?? 0,
            isAnswer: rows.bool(row, 12) == true,
            isRepost: rows.bool(row, 13) == true,
            followers: rows.int8(row, 11),
            isSetAside: rows.bool(row, 20) == true
        )
    }
}
