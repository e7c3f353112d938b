public import PostgresClient

/// The background step that relates mentions to each other: clusters of copies, and what is summed from them.
///
/// Any number of workers may call ``step(on:)``; a lease lets one do the work. Each step is one transaction of at most
/// ``chunk`` mentions. Call it again at once after ``Outcome/working(mentions:revisions:)``, soon (say 250 ms) after
/// ``Outcome/waiting`` and ``Outcome/reached(mentions:revisions:)``, and after a second or more otherwise.
///
/// The connection must stay the same while the lease is held, and should be used for nothing that lasts longer than
/// ``lease``. Don't put a step into a transaction.
public struct Relating: Sendable {
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
    }

    /// Who holds the lease, unique among workers.
    public let owner: String
    /// Greatest number of mentions, and of revisions, in one transaction.
    public let chunk: Int32
    /// How long the lease lasts without another step, in seconds.
    public let lease: Double

    /// Makes the step of one worker. Greater chunks cost less per mention and lock ledger rows for longer: 20,000
    /// mentions take about a quarter of a second.
    public init(owner: String, chunk: Int32 = 20_000, lease: Duration = .seconds(30)) {
        self.owner = owner
        self.chunk = max(1, chunk)
        self.lease = Double(lease.components.seconds) + Double(lease.components.attoseconds) / 1e18
    }

    /// Takes the lease if it is free, and does one step.
    public func step(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(300)
    ) async throws(PostgresError) -> Outcome {
        // Two transactions: the lease must be visible before the work begins, so that others know whom to end.
        let held = try await connection.query(
            PostgresStatement("hold lease", "SELECT hold_lease('relate', $1, $2)", [.text(owner), .double(lease)]),
            timeout: timeout
        )
        guard held.bool(0, 0) == true else { return .heldByAnother }
        let done = try await connection.query(
            PostgresStatement(
                "relate",
                "SELECT state, taken, revised FROM relate($1, $2, $3)",
                [.text(owner), .int4(chunk), .double(lease)]
            ),
            timeout: timeout
        )
        let mentions = Int(done.int4(0, 1) ?? 0)
        let revisions = Int(done.int4(0, 2) ?? 0)
        return switch done.string(0, 0) {
        case "idle": .idle
        case "waiting": .waiting
        case "working": .working(mentions: mentions, revisions: revisions)
        case "reached": .reached(mentions: mentions, revisions: revisions)
        default: .heldByAnother
        }
    }

    /// Gives the lease back, so that another worker need not wait until it ends: for an orderly stop.
    public func release(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(5)
    ) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("release lease", "SELECT release_lease('relate', $1)", [.text(owner)]),
            timeout: timeout
        )
    }
}
