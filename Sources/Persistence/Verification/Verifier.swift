public import PostgresClient

/// What one check of ``Verifier`` found.
public struct VerificationCheck: Sendable, Equatable {
    /// A short name, stable for scripts.
    public var name: String
    /// What must hold.
    public var holds: String
    /// Findings that break it.
    public var failures: Int64
    /// Up to five of them: keys and numbers, never a mention's text.
    public var examples: [String]
    /// How long the check took, in seconds.
    public var seconds: Double

    /// Whether it holds.
    public var passed: Bool { failures == 0 }
}

/// Checks that the tables agree with each other: that the counters of `progress` add up, that ledger, hours and
/// clusters are what a fresh fold over the mentions gives, and that nothing is in two states.
///
/// Everything is read in one snapshot, so that workers may go on. A million mentions take about half a minute.
public enum Verifier {
    /// Runs all checks, in order.
    ///
    /// - Parameters:
    ///   - timeout: of each check.
    ///   - report: told of each check as it ends.
    public static func run(
        on connection: PostgresConnection,
        timeout: Duration = .seconds(3_600),
        report: (VerificationCheck) -> Void = { _ in }
    ) async throws(PostgresError) -> [VerificationCheck] {
        _ = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
                PostgresStatement(
                    "set up",
                    // Sums over everything: a nested loop, which the planner may choose for tables that have just grown
                    // and have no statistics, would take hours.
                    """
                    SELECT set_config('jit', 'off', true), set_config('work_mem', '128MB', true),
                           set_config('enable_nestloop', 'off', true)
                    """
                ),
            ],
            timeout: timeout
        )
        do throws(PostgresError) {
            var checks: [VerificationCheck] = []
            for check in CheckQuery.all {
                let start = ContinuousClock.now
                let rows = try await connection.query(
                    PostgresStatement(
                        "verify \(check.name)",
                        "SELECT count(*) OVER (), finding FROM (\(check.sql)) AS found (finding) LIMIT 5"
                    ),
                    timeout: timeout
                )
                let elapsed = (ContinuousClock.now - start).components
                let result = VerificationCheck(
                    name: check.name,
                    holds: check.holds,
                    failures: rows.int8(0, 0) ?? 0,
                    examples: (0..<rows.rowCount).compactMap { rows.string($0, 1) },
                    seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
                )
                report(result)
                checks.append(result)
            }
            let decisions = try await decisions(on: connection, timeout: timeout)
            report(decisions)
            checks.append(decisions)
            let start = ContinuousClock.now
            var audit = StandingAudit()
            try await audit.run(on: connection, timeout)
            let result = VerificationCheck(
                name: StandingAudit.name,
                holds: StandingAudit.holds,
                failures: audit.failures,
                examples: audit.examples,
                seconds: (ContinuousClock.now - start) / .seconds(1)
            )
            report(result)
            checks.append(result)
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
            return checks
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    /// The one check that SQL can't make.
    private static func decisions(
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> VerificationCheck {
        let start = ContinuousClock.now
        let found = try await TriageVerification.run(on: connection, timeout: timeout)
        return VerificationCheck(
            name: TriageVerification.name,
            holds: TriageVerification.holds,
            failures: found.failures,
            examples: found.examples,
            seconds: (ContinuousClock.now - start) / .seconds(1)
        )
    }
}
