import CLibPQ
import Foundation
import Glibc

/// A libpq connection in non-blocking mode, and the waits on it.
///
/// `@unchecked Sendable`: it is made on the connection's own thread, handed once to the actor that lives on the same
/// thread, and used nowhere else; its `deinit` runs when nobody else holds it.
final class Session: @unchecked Sendable {
    /// What one wait brought.
    enum Event {
        /// A result, to be cleared by its holder.
        case result(ResultHandle)
        /// libpq's NULL: the results of one command are complete.
        case end
        /// The connection is gone.
        case lost(PostgresError)
        /// The statement was asked to end and didn't.
        case stuck(PostgresError)
    }

    /// Prepared statements by SQL and types. Bounded by ``cacheLimit``.
    struct CacheKey: Hashable {
        let sql: String
        let types: [UInt32]
    }

    /// More different statements than any program of ours has; above it all are forgotten and prepared anew.
    static let cacheLimit = 256

    private(set) var connection: OpaquePointer?
    let waker: Waker
    let notices: NoticeCounter
    var prepared: [CacheKey: String] = [:]
    var preparedCount = 0
    /// Parameter bytes of the statement being queued, kept to save an allocation per statement.
    var scratch: [UInt8] = []
    private var canceller: WakingFlag?

    /// Takes over an open connection.
    init(connection: OpaquePointer, waker: Waker, notices: NoticeCounter) {
        self.connection = connection
        self.waker = waker
        self.notices = notices
        PQsetnonblocking(connection, 1)
    }

    deinit {
        close()
    }

    /// Ends the connection; every later call fails with `connectionLost`.
    func close() {
        if let connection { PQfinish(connection) }
        connection = nil
        prepared = [:]
    }

    /// The handle, or an error if the connection has ended.
    func usable(_ operation: Operation) throws(PostgresError) -> OpaquePointer {
        guard let connection, PQstatus(connection) == CONNECTION_OK else {
            close()
            throw operation.error(.connectionLost, "the connection is closed")
        }
        return connection
    }

    /// Whether a statement could be sent: the server has not closed its end, as far as is known here.
    var isUsable: Bool {
        guard let connection, PQstatus(connection) == CONNECTION_OK else { return false }
        guard PQconsumeInput(connection) == 1 else {
            close()
            return false
        }
        return true
    }

    /// The next result of the running command; waits for it, and flushes what is still to be sent meanwhile, so that
    /// neither side blocks on a full buffer.
    func next(_ operation: inout Operation) -> Event {
        guard let connection else { return .lost(operation.error(.connectionLost, "the connection is closed")) }
        while PQisBusy(connection) == 1 {
            guard let turn = turn(connection, &operation) else { continue }
            return turn
        }
        guard let result = PQgetResult(connection) else {
            if PQstatus(connection) == CONNECTION_BAD { return lost(operation) }
            return .end
        }
        return .result(ResultHandle(result))
    }

    /// One turn of flushing, waiting and reading; nil to go on.
    ///
    /// - Parameter flushing: the caller has more to write, so don't wait for the server once all is flushed.
    func turn(_ connection: OpaquePointer, _ operation: inout Operation, flushing: Bool = false) -> Event? {
        let pending = PQflush(connection)
        if pending < 0 { return lost(operation) }
        if flushing, pending == 0 { return nil }
        if let kind = operation.due {
            guard operation.interruption == nil else {
                return .stuck(operation.error(operation.interruption ?? kind, "no answer after the cancel request"))
            }
            operation.interrupt(kind)
            startCanceller(connection)
        }
        var descriptors = [
            pollfd(fd: PQsocket(connection), events: Int16(POLLIN | (pending > 0 ? POLLOUT : 0)), revents: 0),
            pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, operation.pollTimeout) > 0 else { return nil }
        if descriptors[1].revents != 0 { waker.drain() }
        guard descriptors[0].revents != 0 else { return nil }
        return PQconsumeInput(connection) == 1 ? nil : lost(operation)
    }

    /// Closes the connection. The server's last words, if it had any, say why it ended.
    private func lost(_ operation: Operation) -> Event {
        defer { close() }
        // A bound, because a dead connection in pipeline mode answers for ever.
        for _ in 0..<64 {
            guard let connection, let result = PQgetResult(connection) else { break }
            let handle = ResultHandle(result)
            if let error = handle.serverError(operation), error.kind == .connectionLost { return .lost(error) }
        }
        return .lost(operation.error(.connectionLost, "the server closed the connection, or the network did"))
    }

    /// Sends a cancel request from a thread of its own: libpq's `PQcancel` blocks, and is bounded only by
    /// `tcp_user_timeout`.
    private func startCanceller(_ connection: OpaquePointer) {
        guard let request = PQgetCancel(connection) else { return }
        let done = WakingFlag(waker)
        canceller = done
        nonisolated(unsafe) let handle = request
        Thread.detachNewThread {
            var reason = [CChar](repeating: 0, count: 256)
            // A request that fails shows as an answer that doesn't come.
            _ = PQcancel(handle, &reason, Int32(reason.count))
            PQfreeCancel(handle)
            done.raise()
        }
    }

    /// Ends an operation: if a cancel request is still under way, waits for it, so that it can't hit the next
    /// statement; closes the connection if it takes too long.
    func settle(_ operation: Operation) {
        guard let canceller else { return }
        self.canceller = nil
        while !canceller.isRaised {
            guard operation.pollTimeout != 0 else { return close() }
            var descriptor = pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, operation.pollTimeout) > 0 { waker.drain() }
        }
    }

    /// The error to throw for what the server said: its own, unless it only obeyed our cancel request.
    func verdict(_ error: PostgresError, _ operation: Operation) -> PostgresError {
        guard let kind = operation.interruption, error.sqlState == "57014" else { return error }
        return PostgresError(
            kind: kind,
            message: kind == .cancelled ? "the task was cancelled" : "the deadline passed; the statement was cancelled",
            statement: error.statement,
            statementIndex: error.statementIndex
        )
    }
}

/// Counts the notices and warnings of a server instead of printing them, which is what libpq does.
///
/// `@unchecked Sendable`: libpq calls back only from within calls on the connection's thread, where it is also read.
final class NoticeCounter: @unchecked Sendable {
    private(set) var count = 0

    /// The counter must outlive the connection: ``Session`` holds both. To be called before the server has said a word.
    func install(on connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = PQsetNoticeReceiver(
            connection,
            { context, _ in
                guard let context else { return }
                Unmanaged<NoticeCounter>.fromOpaque(context).takeUnretainedValue().count &+= 1
            },
            context
        )
    }
}
