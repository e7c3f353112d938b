public import PostgresClient

/// The upkeep of the partitions of `mention`: made ahead, closed by size or age, indexed when closed.
///
/// Any worker may call any of it at any time. None of it belongs into a transaction.
public struct Upkeep: Sendable {
    /// Mention numbers a partition covers.
    public let width: Int64
    /// Numbers to have covered beyond the last one taken.
    public let ahead: Int64
    /// After how many seconds an open partition that has mentions is closed.
    public let maximumAge: Double

    /// How many numbers a partition covers by default. What is not indexed yet is searched by reading it, so a partition
    /// must not be large; each one costs every plan over all of them a little, so it must not be small.
    public static let defaultWidth: Int64 = 200_000

    /// Makes an upkeep. `width` counts numbers, of which batches leave up to 255 unused each.
    public init(
        width: Int64 = Self.defaultWidth,
        ahead: Int64 = 2 * Self.defaultWidth,
        maximumAge: Duration = .seconds(86_400)
    ) {
        self.width = max(1_024, width)
        self.ahead = max(1, ahead)
        self.maximumAge = Double(maximumAge.components.seconds)
    }

    /// Makes partitions ahead of the writers and moves on from one that is too old. Milliseconds; call it every few
    /// seconds. Writers wait at most a second, once an age.
    /// - Returns: the first number that no partition covers yet.
    @discardableResult
    public func rollOver(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(60)
    ) async throws(PostgresError) -> Int64 {
        let rollOver = PostgresStatement("roll over", "SELECT roll_over($1, $2)", [.int8(width), .int8(ahead)])
        var covered = try await connection.query(rollOver, timeout: timeout)
        let old = try await connection.query(
            PostgresStatement("look for old partitions", "SELECT partition_is_old($1)", [.double(maximumAge)]),
            timeout: timeout
        )
        if old.bool(0, 0) == true {
            do throws(PostgresError) {
                _ = try await connection.query(
                    PostgresStatement("leave old partition", "SELECT leave_old_partition($1)", [.double(maximumAge)]),
                    timeout: timeout
                )
                covered = try await connection.query(rollOver, timeout: timeout)
            } catch {
                // Batches were open the whole second: another time.
                guard error.sqlState == "55P03" else { throw error }
            }
        }
        return covered.int8(0, 0) ?? 0
    }

    /// Partitions whose numbers are all given out, and the batches that may still write to them.
    public struct Closing: Sendable, Equatable {
        var numbers: [Int32] = []
        var holders: [String] = []

        /// None.
        public init() {}
    }

    /// Closes full partitions once the batches that may write to them have ended. Call it every few seconds with what
    /// the last call returned. Milliseconds.
    ///
    /// The background step closes partitions too, but only between one goal and the next, which a backlog keeps far
    /// apart.
    public func closeFull(
        _ closing: Closing,
        on connection: PostgresConnection,
        timeout: Duration = .seconds(60)
    ) async throws(PostgresError) -> Closing {
        if !closing.numbers.isEmpty {
            _ = try await connection.query(
                PostgresStatement(
                    "close partitions",
                    """
                    UPDATE mention_partition SET closed_at = now()
                    WHERE partition_no = ANY ($1) AND closed_at IS NULL AND NOT coalesce(open_batches() && $2, false)
                    """,
                    [.int4Array(closing.numbers), .textArray(closing.holders)]
                ),
                timeout: timeout
            )
        }
        let full = try await connection.query(
            PostgresStatement("look for full partitions", "SELECT numbers, holders FROM full_partitions()"),
            timeout: timeout
        )
        var next = Closing()
        next.numbers = full.int4Array(0, 0)?.compactMap { $0 } ?? []
        // The holders of then go on to count: those that came later have later numbers.
        let isSame = next.numbers == closing.numbers
        next.holders = isSame ? closing.holders : full.textArray(0, 1)?.compactMap { $0 } ?? []
        return next
    }

    /// Whether a closed partition has no indexes yet.
    public func isIndexDue(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(60)
    ) async throws(PostgresError) -> Bool {
        try await connection.query(
            PostgresStatement(
                "look for partitions to index",
                "SELECT EXISTS (SELECT FROM mention_partition WHERE closed_at IS NOT NULL AND indexed_at IS NULL)"
            ),
            timeout: timeout
        ).bool(0, 0) == true
    }

    /// Builds the author, time and text indexes of one closed partition that has none yet. Takes seconds to a minute,
    /// and all of a core: call it on a connection that nobody waits for.
    ///
    /// Builds are concurrent for the owner of the tables: changes of mentions go on. For others the server builds, in
    /// pieces, each of which keeps changes of mentions waiting for a second or two; between them it rests for as long as
    /// `rest` says after so long a piece. A build that was interrupted is begun again.
    /// - Returns: the number of the partition, or nil when there was none to index or another session is at it.
    public func indexOneClosed(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(1_800),
        rest: @Sendable (Duration) async -> Void = { _ in }
    ) async throws(PostgresError) -> Int32? {
        let lock = PostgresStatement("lock index build", "SELECT pg_try_advisory_lock(727272, 3)")
        guard try await connection.query(lock, timeout: timeout).bool(0, 0) == true else { return nil }
        let outcome: Result<Int32?, PostgresError>
        do throws(PostgresError) {
            outcome = .success(try await build(connection, timeout, rest))
        } catch {
            outcome = .failure(error)
        }
        // Fails only with the connection, which takes the lock with it.
        _ = try? await connection.query(
            PostgresStatement("unlock index build", "SELECT pg_advisory_unlock(727272, 3)"),
            timeout: timeout
        )
        return try outcome.get()
    }

    private func build(
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ rest: @Sendable (Duration) async -> Void
    ) async throws(PostgresError) -> Int32? {
        let next = try await connection.query(
            PostgresStatement(
                "choose partition to index",
                """
                SELECT p.partition_no, pg_has_role(c.relowner, 'USAGE')
                FROM mention_partition p, pg_class c
                WHERE p.closed_at IS NOT NULL AND p.indexed_at IS NULL AND c.oid = 'mention_store.mention'::regclass
                ORDER BY p.partition_no LIMIT 1
                """
            ),
            timeout: timeout
        )
        guard let number = next.int4(0, 0) else { return nil }
        if next.bool(0, 1) == true {
            try await buildAsOwner(number, connection, timeout)
        } else if try await !buildByServer(number, connection, timeout, rest) {
            return nil
        }
        _ = try await connection.query(
            PostgresStatement(
                "note indexes",
                "UPDATE mention_partition SET indexed_at = now() WHERE partition_no = $1",
                [.int4(number)]
            ),
            timeout: timeout
        )
        return number
    }

    /// - Returns: whether all is built; false where batches were open all the time, for another time.
    private func buildByServer(
        _ number: Int32,
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ rest: @Sendable (Duration) async -> Void
    ) async throws(PostgresError) -> Bool {
        var left: Int32 = 1
        while left > 0 {
            let begin = ContinuousClock.now
            do throws(PostgresError) {
                // A transaction each: batches that wait get their turn in between.
                let answer = try await connection.query(
                    PostgresStatement("build index", "SELECT index_partition($1)", [.int4(number)]),
                    timeout: timeout
                )
                left = answer.int4(0, 0) ?? 0
            } catch {
                guard error.sqlState == "55P03" else { throw error }
                return false
            }
            if left > 0 { await rest(.now - begin) }
        }
        return true
    }

    private func buildAsOwner(
        _ number: Int32,
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) {
        let digits = String(number)
        let table = "mention_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        let indexes = [
            ("\(table)_author", "(author_no)"), ("\(table)_time", "USING brin (published_at)"),
            ("\(table)_terms", "USING gin (mention_words(title, text), brands)"),
        ]
        for (index, definition) in indexes {
            let state = try await connection.query(
                PostgresStatement(
                    "look at index",
                    "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('mention_store.' || $1)",
                    [.text(index)]
                ),
                timeout: timeout
            )
            if state.bool(0, 0) == true { continue }
            if state.rowCount > 0 {
                try await connection.execute(
                    "drop unfinished index",
                    script: "DROP INDEX CONCURRENTLY mention_store.\(index)",
                    timeout: timeout
                )
            }
            try await connection.execute(
                "build index",
                script: "CREATE INDEX CONCURRENTLY \(index) ON mention_store.\(table) \(definition)",
                timeout: timeout
            )
        }
        // Searches choose their scans by themselves; whoever else reads the partition is served by statistics.
        try await connection.execute("analyze partition", script: "ANALYZE mention_store.\(table)", timeout: timeout)
    }
}
