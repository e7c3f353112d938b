import Conditions
import Logging
import Pipeline
import PostgresClient

/// What is said of the database, once for all connections of a worker.
struct DatabaseConditions: Sendable {
    /// It doesn't answer. Any answer ends it.
    let away: ConditionLog
    /// It answers and refuses to work: read-only, full, out of locks. Only a write that succeeds ends it.
    let refusing: ConditionLog

    init(logger: Logger) {
        away = ConditionLog("PostgreSQL", logger: logger)
        refusing = ConditionLog("PostgreSQL", logger: logger)
    }
}

/// A connection that is made again when it was lost: with growing waits, for ever or until a limit, said once.
actor DatabaseLink {
    private let target: PostgresTarget
    private let name: String
    private let script: String
    private let giveUpAfter: Duration?
    private let conditions: DatabaseConditions
    private var backoff: Backoff
    private var connection: PostgresConnection?
    private let purpose: DatabasePurpose
    private let instruments: WorkerInstruments

    /// `script` is run on each new connection, before anything else.
    init(
        _ settings: WorkerSettings,
        purpose: DatabasePurpose,
        name: String,
        script: String,
        conditions: DatabaseConditions
    ) {
        target = settings.database
        self.purpose = purpose
        instruments = settings.observation.instruments
        self.name = name
        self.script = script
        self.conditions = conditions
        giveUpAfter = settings.giveUpAfter
        backoff = Backoff(seed: settings.seed)
    }

    /// The connection, if there is one that works.
    func current() async -> PostgresConnection? {
        guard let connection else { return nil }
        if await connection.isUsable { return connection }
        await connection.close()
        self.connection = nil
        return nil
    }

    /// The connection, made now if need be: one attempt.
    func connect() async throws(PostgresError) -> PostgresConnection {
        if let connection = await current() { return connection }
        let fresh = try await PostgresConnection.connect(target, applicationName: name, timeout: .seconds(10))
        do {
            try await fresh.execute(script: script)
        } catch {
            await fresh.close()
            throw error
        }
        // Another task may have connected meanwhile.
        if let other = await current() {
            await fresh.close()
            return other
        }
        connection = fresh
        return fresh
    }

    /// Does `body` on the connection, and does it again after any failure that passes, as often as it takes.
    /// - Parameter writes: whether success shows that the database takes writes again.
    /// - Throws: ``WorkerFailure`` when the database refuses us or stayed away too long, `CancellationError`.
    func perform<R: Sendable>(
        writes: Bool = false,
        _ body: @Sendable (PostgresConnection) async throws(PostgresError) -> R
    ) async throws -> R {
        let begin = ContinuousClock.now
        while true {
            do {
                let connection = try await connect()
                let result = try await body(connection)
                conditions.away.healed()
                if writes { conditions.refusing.healed() }
                backoff.reset()
                return result
            } catch {
                instruments.failed(purpose, error)
                try await recover(from: error, since: begin)
            }
        }
    }

    /// Waits before the next attempt after an error, or throws when there should be none.
    func recover(from error: PostgresError, since begin: ContinuousClock.Instant) async throws {
        if error.failureClass == .configuration { throw WorkerFailure.refused(Self.remedy(error)) }
        try Task.checkCancellation()
        // A connection that broke, one that is refused, a server that shuts down or starts up: one thing after the other,
        // on several connections.
        let isAway = error.sqlState.map { $0.hasPrefix("08") || $0.hasPrefix("57P") } ?? true
        if isAway {
            conditions.away.seen(error.message, kind: "away")
        } else {
            conditions.refusing.seen(error.message, kind: error.sqlState)
        }
        if let giveUpAfter, ContinuousClock.now - begin > giveUpAfter {
            throw WorkerFailure.unavailable("PostgreSQL stayed away: \(error.message)")
        }
        try await Task.sleep(for: backoff.next())
    }

    /// The database took a batch.
    func wasWell() {
        conditions.away.healed()
        conditions.refusing.healed()
        backoff.reset()
    }

    func close() async {
        await connection?.close()
        connection = nil
    }

    static func remedy(_ error: PostgresError) -> String {
        "PostgreSQL refuses us at \"\(error.statement)\": \(error.message): \(error.remedy ?? "check DATABASE_URL")"
    }
}
