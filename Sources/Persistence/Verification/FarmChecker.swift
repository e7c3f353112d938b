public import PostgresClient

/// What a run must have come to, by what was published.
public struct FarmExpectation: Sendable {
    /// Consumer group.
    public var group: String
    /// Topic.
    public var topic: String
    /// End offset of each partition, where all begin at 0.
    public var ends: [Int32: Int64]
    /// Different mentions among the records; nil when it is not known.
    public var newMentions: Int64?
    /// Further bodies of those mentions; nil when it is not known.
    public var revisions: Int64?
    /// Records that can't be read, at least: a producer whose acknowledgement was lost publishes one twice.
    public var leastDeadLetters: Int64
    /// Whether each offset below the end holds a record: no compaction, no transactions.
    public var isDense = true

    /// An expectation.
    public init(
        group: String,
        topic: String,
        ends: [Int32: Int64],
        newMentions: Int64?,
        revisions: Int64?,
        leastDeadLetters: Int64
    ) {
        self.group = group
        self.topic = topic
        self.ends = ends
        self.newMentions = newMentions
        self.revisions = revisions
        self.leastDeadLetters = leastDeadLetters
    }
}

/// Judges by SQL alone whether each record has had exactly one effect.
///
/// Three sources have to agree: what was published (``FarmExpectation``), the history of `progress`
/// (``ProgressAudit``), and the tables (``Verifier``).
public enum FarmChecker {
    /// All checks. For a farm at rest: everything is drained.
    public static func run(
        on connection: PostgresConnection,
        expecting expectation: FarmExpectation
    ) async throws(PostgresError) -> [VerificationCheck] {
        var checks = try await history(on: connection, isDense: expectation.isDense)
        checks += try await totals(on: connection, expecting: expectation)
        checks += try await Verifier.run(on: connection)
        return checks
    }

    /// What must hold of the history at every instant, while workers are at work too.
    ///
    /// - Parameter isDense: whether each offset holds a record.
    public static func history(
        on connection: PostgresConnection,
        isDense: Bool = true
    ) async throws(PostgresError) -> [VerificationCheck] {
        var checks: [VerificationCheck] = []
        for check in HistoryQuery.all where isDense || !check.needsDensity {
            checks.append(try await ask(check.query, on: connection))
        }
        return checks
    }

    private static func totals(
        on connection: PostgresConnection,
        expecting expectation: FarmExpectation
    ) async throws(PostgresError) -> [VerificationCheck] {
        var checks: [VerificationCheck] = []
        for check in HistoryQuery.totals {
            checks.append(
                try await ask(
                    check,
                    [
                        .text(expectation.group), .text(expectation.topic), .int4Array(expectation.ends.keys.sorted()),
                        .int8Array(expectation.ends.keys.sorted().map { expectation.ends[$0] ?? 0 }),
                        .int8(expectation.newMentions ?? -1), .int8(expectation.revisions ?? -1),
                        .int8(expectation.leastDeadLetters),
                    ],
                    on: connection
                )
            )
        }
        return checks
    }

    private static func ask(
        _ check: CheckQuery,
        _ parameters: [PostgresParameter] = [],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> VerificationCheck {
        let start = ContinuousClock.now
        let rows = try await connection.query(
            PostgresStatement(
                "check \(check.name)",
                "SELECT count(*) OVER (), finding FROM (\(check.sql)) AS found (finding) LIMIT 5",
                parameters
            ),
            timeout: .seconds(300)
        )
        return VerificationCheck(
            name: check.name,
            holds: check.holds,
            failures: rows.int8(0, 0) ?? 0,
            examples: (0..<rows.rowCount).compactMap { rows.string($0, 1) },
            seconds: (ContinuousClock.now - start) / .seconds(1)
        )
    }
}
