import Copies
import MentionModel
public import PostgresClient

/// The background step that relates mentions to each other: clusters of copies, and what is summed from them.
///
/// Any number of workers may call ``step(on:timeout:)``; a lease lets one do the work. Each step is one transaction of
/// at most ``chunk`` mentions. Call it again at once after ``Outcome/working(mentions:revisions:)`` and
/// ``Outcome/reconciled(pairs:)``, soon (say 250 ms) after ``Outcome/waiting`` and
/// ``Outcome/reached(mentions:revisions:)``, and after a second or more otherwise.
///
/// The connection must stay the same while the lease is held, and should be used for nothing that lasts longer than
/// ``lease``. Don't put a step into a transaction.
public actor Relating {
    /// What a step did.
    public enum Outcome: Sendable, Equatable {
        /// Another worker holds the lease.
        case heldByAnother
        /// Everything committed is related.
        case idle
        /// Batches that were open when the goal was set are still open.
        case waiting
        /// Work was done, and there is more.
        case working(mentions: Int, revisions: Int)
        /// The goal was reached, and `progress.related_through` has moved.
        case reached(mentions: Int, revisions: Int)
        /// What may have escaped the index was looked for again, and so many pairs were found that had.
        case reconciled(pairs: Int)
    }

    /// Who holds the lease, unique among workers.
    public nonisolated let owner: String
    /// Greatest number of mentions, and of revisions, in one transaction.
    public nonisolated let chunk: Int32
    /// How long the lease lasts without another step, in seconds.
    public nonisolated let lease: Double
    /// Bytes of memory for the index of texts, and as many while it reconciles. 0: no near copies are looked for.
    public nonisolated let copyMemory: Int

    private var index: FoldIndex?
    /// When to reconcile next at the earliest.
    private var reconcilesFrom = ContinuousClock.now

    /// Makes the step of one worker. Greater chunks cost less per mention, take more memory and lock ledger rows for
    /// longer: 20,000 mentions take some megabytes and about a second.
    public init(
        owner: String,
        chunk: Int32 = 20_000,
        lease: Duration = .seconds(30),
        copyMemory: Int = 64 << 20
    ) {
        self.owner = owner
        self.chunk = max(1, chunk)
        self.lease = Double(lease.components.seconds) + Double(lease.components.attoseconds) / 1e18
        self.copyMemory = max(0, copyMemory)
    }

    /// Bytes of memory that its index takes now; 0 without the lease.
    public var indexBytes: Int { index?.memory ?? 0 }

    /// Takes the lease if it is free, and does one step.
    /// - Parameter turned: Called now and then in a step that is long because all that is stored is looked through
    ///   again: it goes on.
    public func step(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(300),
        turned: @Sendable () -> Void = {}
    ) async throws(PostgresError) -> Outcome {
        // Two transactions: the lease must be visible before the work begins, so that others know whom to end.
        let held = try await connection.query(
            PostgresStatement("hold lease", "SELECT hold_lease('relate', $1, $2)", [.text(owner), .double(lease)]),
            timeout: timeout
        )
        guard held.bool(0, 0) == true else {
            index = nil
            return .heldByAnother
        }
        do throws(PostgresError) {
            return try await work(on: connection, timeout, turned)
        } catch {
            // What it has taken in was not counted.
            index = nil
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    /// Gives the lease back, so that another worker need not wait until it ends: for an orderly stop.
    public func release(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(5)
    ) async throws(PostgresError) {
        index = nil
        _ = try await connection.query(
            PostgresStatement("release lease", "SELECT release_lease('relate', $1)", [.text(owner)]),
            timeout: timeout
        )
    }

    // MARK: - One step

    private func work(
        on connection: PostgresConnection,
        _ timeout: Duration,
        _ turned: @Sendable () -> Void
    ) async throws(PostgresError) -> Outcome {
        let begin = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN"),
                // Statistics of tables that have just grown are those of empty ones, for which the planner reads them
                // whole for each key.
                PostgresStatement(
                    "plan look-ups by key",
                    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)"
                ),
                PostgresStatement("begin step", RelatingGoal.begin, [.text(owner), .double(lease)]),
            ],
            timeout: timeout
        )
        guard let goal = begin.last.flatMap({ RelatingGoal($0) }), goal.state != .lost else {
            index = nil
            try await end("ROLLBACK", connection, timeout)
            return .heldByAnother
        }
        switch goal.state {
        case .lost, .idle, .waiting:
            try await end("COMMIT", connection, timeout)
            return goal.state == .waiting ? .waiting : .idle
        case .count, .settle: break
        }
        let index = try await index(for: goal, connection, timeout)
        if goal.state == .settle, goal.isQuiet, let debt = goal.debt {
            // What is found is read by the next steps, before related_through moves.
            try await end("COMMIT", connection, timeout)
            guard reconcilesFrom <= .now else { return .waiting }
            return try await reconcile(debt, index.scheme, connection, timeout, turned)
        }
        var step = RelatingStep(connection: connection, index: index, chunk: chunk, timeout: timeout)
        let done = try await step.run(goal)
        index.step = done.step
        self.index = index
        return done.isReached
            ? .reached(mentions: done.mentions, revisions: done.revisions)
            : .working(mentions: done.mentions, revisions: done.revisions)
    }

    private func end(_ how: String, _ connection: PostgresConnection, _ timeout: Duration) async throws(PostgresError) {
        _ = try await connection.query(PostgresStatement(how.lowercased(), how), timeout: timeout)
    }

    /// The index that stands where the work does: the one at hand, or a new one from what is stored.
    private func index(
        for goal: RelatingGoal,
        _ connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> FoldIndex {
        if let index, index.step == goal.step, index.scheme == goal.scheme { return index }
        self.index = nil
        let index = FoldIndex(scheme: goal.scheme, bytes: copyMemory, through: goal.related, step: goal.step)
        try await FoldRebuild.run(index, on: connection, timeout)
        self.index = index
        return index
    }

    private func reconcile(
        _ debt: ClosedRange<Timestamp>,
        _ scheme: CopyScheme,
        _ connection: PostgresConnection,
        _ timeout: Duration,
        _ turned: @Sendable () -> Void
    ) async throws(PostgresError) -> Outcome {
        let begin = ContinuousClock.now
        let reconciliation = Reconciliation(scheme: scheme, memory: copyMemory)
        let found = try await reconciliation.run(over: debt, on: connection, timeout: timeout, turned: turned)
        // Half of the time at most, so that a topic that is busy now and then is not looked through all the time.
        reconcilesFrom = .now + min(.now - begin, .seconds(10))
        return .reconciled(pairs: found.pairs)
    }
}
