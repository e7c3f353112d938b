import CLibPQ
import ThreadExecutors

/// One connection to PostgreSQL, with an operating-system thread of its own on which libpq runs and waits.
///
/// Calls run one after another in the order in which they arrive; a `timeout` counts from when a call's turn comes.
/// When it passes, or the task is cancelled, the server is asked once to cancel the statement; if the answer doesn't
/// come within two seconds, the connection is closed. A statement that completed all the same returns its result.
///
/// After `connectionLost`, and after `timedOut` or `cancelled` on a closed connection, it is unknown whether a COMMIT
/// took effect. A connection is never repaired: make another.
public actor PostgresConnection {
    private nonisolated let thread: DedicatedThread
    private let session: Session

    /// Process id of the server's backend, for `pg_stat_activity` and `pg_terminate_backend`.
    public nonisolated let backendPID: Int32
    /// The server's version as a number: 150018 is 15.18.
    public nonisolated let serverVersion: Int

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init(thread: DedicatedThread, session: Session) {
        self.thread = thread
        self.session = session
        backendPID = PQbackendPID(session.connection)
        serverVersion = Int(PQserverVersion(session.connection))
    }

    deinit {
        thread.stop()
    }

    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - applicationName: shown in `pg_stat_activity`, unless the target sets `application_name`.
    ///   - timeout: for everything but the look-up of the host name, which the resolver's own timeouts bound.
    /// - Throws: kind `invalidTarget`, or `server` with a class 28 or 3D, where only a changed set-up helps;
    ///   `connectionRefused`, `timedOut` or `server` with another class (57P03 starting up, 53300 too many
    ///   connections), where waiting does. The message names host, port, database and user, never the password.
    public static func connect(
        _ target: PostgresTarget,
        applicationName: String,
        timeout: Duration
    ) async throws(PostgresError) -> PostgresConnection {
        let thread = DedicatedThread(name: "postgres")
        let opener = Opener(thread: thread)
        do throws(PostgresError) {
            let session = try await opener.open(target, applicationName: applicationName, timeout: timeout)
            return PostgresConnection(thread: thread, session: session)
        } catch {
            thread.stop()
            throw error
        }
    }

    /// Runs one statement.
    public func query(
        _ statement: PostgresStatement,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresResult {
        let results = try await perform(statement.operation, timeout) {
            session,
            operation throws(PostgresError) in try session.run([statement], &operation)
        }
        guard let result = results.first else {
            throw PostgresError(kind: .protocolViolation, message: "no result", statement: statement.operation)
        }
        return result
    }

    /// Runs statements in one round trip, by libpq's pipeline mode with one sync at the end.
    ///
    /// Outside an explicit transaction they are one implicit transaction. At the first error the server skips the
    /// rest; the error is thrown with the statement's index, and the connection stays usable (after a BEGIN in an
    /// aborted transaction: send ROLLBACK). Results come in the order of the statements. No COPY.
    public func pipeline(
        _ statements: [PostgresStatement],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresResult] {
        try await perform(statements.first?.operation ?? "pipeline", timeout) {
            session,
            operation throws(PostgresError) in try session.run(statements, &operation)
        }
    }

    /// Runs a text of several statements without parameters, such as a migration. Its rows are dropped.
    public func execute(
        _ operation: String = "script",
        script: String,
        timeout: Duration? = nil
    ) async throws(PostgresError) {
        try await perform(operation, timeout) {
            session,
            operation throws(PostgresError) in try session.runScript(script, &operation)
        }
    }

    /// Sends data to a `COPY … FROM STDIN`, as ``CopyEncoder`` makes it for the binary format.
    ///
    /// An error of the server shows only after all data was sent. The connection stays usable.
    /// - Returns: the number of rows copied.
    public func copyIn(
        _ operation: String,
        _ sql: String,
        data: [UInt8],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        try await perform(operation, timeout) {
            session,
            operation throws(PostgresError) in try session.copyIn(sql, data, &operation)
        }
    }

    /// Whether the connection is open, as far as is known here; looks for a farewell of the server, without waiting.
    public var isUsable: Bool { session.isUsable }

    /// Notices and warnings that the server has sent; they are counted and dropped.
    public var noticeCount: Int { session.notices.count }

    /// Whether a transaction is open on the server, aborted or not.
    public var isInTransaction: Bool {
        guard let connection = session.connection else { return false }
        let status = PQtransactionStatus(connection)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// Ends the connection; the server rolls an open transaction back. Harmless when it is closed already.
    public func close() {
        session.close()
    }

    /// Runs a blocking body on the connection's thread, with the task's cancellation wired to its waits.
    private func perform<Value: Sendable>(
        _ name: String,
        _ timeout: Duration?,
        _ body: (Session, inout Operation) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let cancellation = WakingFlag(session.waker)
        let outcome = await withTaskCancellationHandler {
            var operation = Operation(name: name, timeout: timeout, cancellation: cancellation)
            do throws(PostgresError) {
                if cancellation.isRaised { throw operation.error(.cancelled, "the task was cancelled") }
                return Result<Value, PostgresError>.success(try body(session, &operation))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            cancellation.raise()
        }
        return try outcome.get()
    }
}

/// Opens a session on the thread that will own it.
private actor Opener {
    private nonisolated let thread: DedicatedThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: DedicatedThread) {
        self.thread = thread
    }

    func open(
        _ target: PostgresTarget,
        applicationName: String,
        timeout: Duration
    ) async throws(PostgresError) -> Session {
        guard let waker = Waker() else {
            throw PostgresError(kind: .connectionRefused, message: "no file descriptor left", statement: "connect")
        }
        let cancellation = WakingFlag(waker)
        let outcome = await withTaskCancellationHandler {
            let operation = Operation(name: "connect", timeout: timeout, cancellation: cancellation)
            do throws(PostgresError) {
                let session = try Session.open(
                    target,
                    applicationName: applicationName,
                    waker: waker,
                    operation: operation
                )
                return Result<Session, PostgresError>.success(session)
            } catch {
                return .failure(error)
            }
        } onCancel: {
            cancellation.raise()
        }
        return try outcome.get()
    }
}
