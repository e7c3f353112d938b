public import Copies
public import MentionModel
public import PostgresClient

/// Looks for near copies among all that is stored, as if no index ever had bounds: what the background step does for
/// mentions whose copies may have escaped it, and `mention-admin reconcile` at once and for all.
///
/// It compares texts, not mentions: each stretch of time of a text once. It goes through time in slices that fit into
/// the memory, each with the window before it. Pairs that were not known are put where the background step reads them.
public struct Reconciliation: Sendable {
    /// What it came to.
    public struct Outcome: Sendable, Equatable {
        /// Spans of texts looked at, those of two slices twice.
        public var texts = 0
        /// Pairs found that join what was not joined.
        public var pairs = 0
        /// Spans that were not looked at because the texts of one window did not fit into the memory.
        public var beyondMemory = 0
        /// Spans for which comparing was ended, because too many texts seemed near in vain.
        public var uncompared = 0
        /// Slices of time.
        public var slices = 0
        /// Whether it was ended before all was looked at.
        public var isStopped = false

        /// Nothing.
        public init() {}
    }

    /// Two mentions that would be joined by their texts.
    public struct EscapedPair: Sendable, Hashable {
        /// The number of a mention that has the one text.
        public var mention: Int64
        /// The number of one that has the other.
        public var other: Int64
        /// Jaccard similarity in ten-thousandths, rounded down.
        public var jaccard: Int32
    }

    /// About what a text takes while it is compared, in bytes.
    static let bytesPerText = 360

    /// What counts as a copy.
    public let scheme: CopyScheme
    /// Bytes of memory.
    public let memory: Int

    /// Makes a reconciliation that takes about `memory` bytes.
    public init(scheme: CopyScheme, memory: Int) {
        self.scheme = scheme
        self.memory = max(memory, 0)
    }

    private var mostTexts: Int { memory / Self.bytesPerText }

    /// Looks at what was published within `time`, and at what the window reaches from there; at everything where it is
    /// nil. Clears the debt that it has paid. Reports after each slice.
    ///
    /// - Parameters:
    ///   - turned: Called for each page of texts: it goes on, however long it takes.
    ///   - rehearse: Takes the pairs that would be joined, slice by slice, some twice; then nothing is changed.
    ///   - goesOn: Whether to go on after a slice. When it ends early, the debt stands; what was found is kept.
    public func run(
        over time: ClosedRange<Timestamp>? = nil,
        on connection: PostgresConnection,
        timeout: Duration = .seconds(300),
        turned: () -> Void = {},
        rehearse: (([EscapedPair]) -> Void)? = nil,
        goesOn: (Outcome) -> Bool = { _ in true }
    ) async throws(PostgresError) -> Outcome {
        let owed = try await connection.query(
            PostgresStatement("read debt", "SELECT from_at, to_at FROM copy_debt"),
            timeout: timeout
        )
        var outcome = Outcome()
        if mostTexts > 0 {
            for slice in try await slices(time, connection, timeout) {
                try await look(slice, connection, timeout, turned, rehearse, &outcome)
                if !goesOn(outcome) {
                    outcome.isStopped = true
                    return outcome
                }
            }
        }
        if rehearse != nil { return outcome }
        try await settle(outcome, owed, connection, timeout)
        return outcome
    }

    // MARK: - Slices

    /// A stretch of time in which spans begin; spans from before that reach into it are looked at with it.
    struct Slice: Equatable {
        var from: Int64
        var upTo: Int64
    }

    private func slices(
        _ time: ClosedRange<Timestamp>?,
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> [Slice] {
        let bounds = try await connection.query(
            PostgresStatement("read bounds of texts", "SELECT min(first_at), max(last_at) FROM text_span"),
            timeout: timeout
        )
        guard let first = bounds.timestamptz(0, 0), let last = bounds.timestamptz(0, 1) else { return [] }
        let from = max(first, time.map { Self.clamped($0.lowerBound.microseconds, -scheme.window) } ?? first)
        let to = min(last, time.map { Self.clamped($0.upperBound.microseconds, scheme.window) } ?? last)
        guard from <= to else { return [] }
        // Spans per stretch of an hour tell where to cut.
        let counts = try await connection.query(
            PostgresStatement(
                "count texts by time",
                """
                SELECT hour_of(first_at), count(*) FROM text_span
                WHERE last_at >= $1 AND first_at <= $2 GROUP BY 1 ORDER BY 1
                """,
                [.timestamptz(from), .timestamptz(to)]
            ),
            timeout: timeout
        )
        let hours = (0..<counts.rowCount).compactMap { row in
            counts.int4(row, 0).map { (hour: Int64($0), texts: Int(counts.int8(row, 1) ?? 0)) }
        }
        return Self.slices(hours: hours, from: from, to: to, window: scheme.window, mostTexts: mostTexts)
    }

    static func clamped(_ at: Int64, _ by: Int64) -> Int64 {
        let (sum, overflow) = at.addingReportingOverflow(by)
        return overflow ? (by < 0 ? .min : .max) : sum
    }

    /// Cuts time so that what a slice holds, with the window before it, is at most so many texts, where that can be.
    static func slices(
        hours: [(hour: Int64, texts: Int)],
        from: Int64,
        to: Int64,
        window: Int64,
        mostTexts: Int
    ) -> [Slice] {
        let unit: Int64 = 3_600_000_000
        var slices: [Slice] = []
        var start = from
        var place = 0
        while start <= to {
            var held = hours.reduce(0) { sum, one in
                let begins = one.hour * unit
                return begins < start && begins >= clamped(start, -window - unit) ? sum + one.texts : sum
            }
            while place < hours.count, (hours[place].hour + 1) * unit <= start { place += 1 }
            var end = start
            // An hour at least, or it would never end.
            while place < hours.count {
                held += hours[place].texts
                if end > start, held > mostTexts { break }
                end = (hours[place].hour + 1) * unit
                place += 1
            }
            if place == hours.count || end > to { end = clamped(to, 1) }
            slices.append(Slice(from: start, upTo: end - 1))
            if end <= start { break }
            start = end
        }
        return slices
    }

    // MARK: - One slice

    /// $1 and $2 the slice, with the window before it. Read through a cursor: one plan, and no page is read twice.
    private static let read = """
        DECLARE texts NO SCROLL CURSOR FOR
        SELECT t.text_hash, t.first_at, t.last_at, m.text
        FROM text_span t
        LEFT JOIN LATERAL (
            SELECT left(m.text, \(CopyScheme.mostBytes)) AS text FROM mention m
            WHERE m.mention_no = t.mention_no AND m.text_hash = t.text_hash OFFSET 0) AS m ON true
        WHERE t.last_at >= $1 AND t.first_at <= $2
        """

    /// 5,000 texts of 64 KiB would be too much at once; so many are some megabytes.
    private static let fetch = PostgresStatement("fetch texts to compare", "FETCH 2000 FROM texts")

    private func look(
        _ slice: Slice,
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ turned: () -> Void,
        _ rehearse: (([EscapedPair]) -> Void)?,
        _ outcome: inout Outcome
    ) async throws(PostgresError) {
        var join = CopyJoin(scheme: scheme)
        outcome.slices += 1
        let from = Self.clamped(slice.from, -scheme.window)
        _ = try await connection.transaction(
            [
                PostgresStatement("begin", "BEGIN READ ONLY"),
                PostgresStatement(
                    "set up",
                    "SELECT set_config('jit', 'off', true), set_config('enable_bitmapscan', 'off', true)"
                ),
                PostgresStatement(
                    "read texts to compare",
                    Self.read,
                    [.timestamptz(from), .timestamptz(slice.upTo)]
                ),
            ],
            timeout: timeout
        )
        var isMore = true
        while isMore {
            let rows = try await fetch(connection, timeout)
            turned()
            isMore = rows.rowCount > 0
            add(rows, to: &join, &outcome)
        }
        _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
        join.run()
        outcome.uncompared += join.uncompared
        try await keep(join.nearTexts, connection, timeout, rehearse, &outcome)
    }

    private func fetch(
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> PostgresResult {
        do throws(PostgresError) {
            return try await connection.query(Self.fetch, timeout: timeout)
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    private func add(_ rows: PostgresResult, to join: inout CopyJoin, _ outcome: inout Outcome) {
        for row in 0..<rows.rowCount {
            guard let hash = rows.int8(row, 0), let first = rows.timestamptz(row, 1),
                let last = rows.timestamptz(row, 2)
            else { continue }
            outcome.texts += 1
            // Dropped by retention, or revised and not counted yet.
            guard let text = rows.bytes(row, 3) else { continue }
            guard join.count < mostTexts else {
                outcome.beyondMemory += 1
                continue
            }
            join.add(
                CopyMention(
                    textHash: UInt64(bitPattern: hash),
                    reference: Int64(join.count),
                    publishedAt: Timestamp(microseconds: first)
                ),
                last: Timestamp(microseconds: last),
                text: text.span
            )
        }
    }

    /// Pairs whose spans are in one cluster already are known by other ways.
    private static let keepNew = """
        INSERT INTO near_found (text_hash, other_hash, jaccard)
        SELECT DISTINCT u.a, u.b, u.j \(new)
        """

    private static let tellNew = """
        SELECT min(one.mention_no), min(other.mention_no), u.j \(new)
        GROUP BY u.a, u.b, u.j ORDER BY 1, 2
        """

    private static let new = """
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS u (a, b, j)
        JOIN text_span one ON one.text_hash = u.a
        JOIN text_span other ON other.text_hash = u.b
        LEFT JOIN copy_cluster c ON c.cluster_no = one.cluster_no
        LEFT JOIN copy_cluster d ON d.cluster_no = other.cluster_no
        WHERE one.first_at <= other.last_at + make_interval(secs => $4)
          AND other.first_at <= one.last_at + make_interval(secs => $4)
          AND (c.cluster_no IS NULL OR d.cluster_no IS NULL
               OR coalesce(c.parent_no, c.cluster_no) <> coalesce(d.parent_no, d.cluster_no))
        """

    private func keep(
        _ pairs: [NearTexts],
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ rehearse: (([EscapedPair]) -> Void)?,
        _ outcome: inout Outcome
    ) async throws(PostgresError) {
        guard !pairs.isEmpty else { return }
        let isKept = rehearse == nil
        let found = try await connection.query(
            PostgresStatement(
                isKept ? "keep escaped pairs" : "tell escaped pairs",
                isKept ? Self.keepNew : Self.tellNew,
                NearTextSQL.parameters(pairs) + [.double(Double(scheme.window) / 1e6)]
            ),
            timeout: timeout
        )
        guard let rehearse else {
            outcome.pairs += found.affectedRows
            return
        }
        outcome.pairs += found.rowCount
        rehearse(
            (0..<found.rowCount).compactMap { row in
                guard let mention = found.int8(row, 0), let other = found.int8(row, 1), let jaccard = found.int2(row, 2)
                else { return nil }
                return EscapedPair(mention: mention, other: other, jaccard: Int32(jaccard))
            }
        )
    }

    /// Notes what was done. A debt that has grown meanwhile stands.
    private func settle(
        _ outcome: Outcome,
        _ owed: PostgresResult,
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) {
        var statements = [
            PostgresStatement(
                "note reconciliation",
                """
                UPDATE copy_debt SET reconciled_at = now(), pairs_found = pairs_found + $3,
                    from_at = CASE WHEN (from_at, to_at) IS NOT DISTINCT FROM ($1, $2) THEN NULL ELSE from_at END,
                    to_at = CASE WHEN (from_at, to_at) IS NOT DISTINCT FROM ($1, $2) THEN NULL ELSE to_at END
                """,
                [
                    .timestamptz(owed.timestamptz(0, 0)), .timestamptz(owed.timestamptz(0, 1)),
                    .int8(Int64(outcome.pairs)),
                ]
            )
        ]
        for (cause, texts) in [("beyond_memory", outcome.beyondMemory), ("uncompared", outcome.uncompared)]
        where texts > 0 {
            statements.append(
                PostgresStatement(
                    "count escapes",
                    """
                    INSERT INTO copy_escape AS e (cause, texts) VALUES ($1, $2)
                    ON CONFLICT (cause) DO UPDATE SET texts = e.texts + excluded.texts
                    """,
                    [.text(cause), .int8(Int64(texts))]
                )
            )
        }
        _ = try await connection.pipeline(statements, timeout: timeout)
    }
}
