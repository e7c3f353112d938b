import CLibPQ

extension Session {
    /// 64 KiB: large enough to be cheap, small enough that a slow server holds us back.
    private static let copySlice = 1 << 16

    /// Runs a text of several statements by the simple protocol, as one transaction unless it says otherwise.
    func runScript(_ sql: String, _ operation: inout Operation) throws(PostgresError) {
        let connection = try usable(operation)
        guard PQsendQuery(connection, sql) == 1 else { throw violation(operation, "the script could not be sent") }
        defer { settle(operation) }
        var failure: PostgresError?
        while true {
            switch next(&operation) {
            case .end:
                if let failure { throw failure }
                return
            case .lost(let error):
                throw error
            case .stuck(let error):
                close()
                throw error
            case .result(let handle):
                switch handle.status {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                    continue
                default:
                    guard let error = handle.serverError(operation) else {
                        throw violation(operation, "a COPY can't be part of a script")
                    }
                    failure = failure ?? verdict(error, operation)
                }
            }
        }
    }

    /// Sends data to a `COPY … FROM STDIN`; the number of rows that the server took.
    func copyIn(_ sql: String, _ data: [UInt8], _ operation: inout Operation) throws(PostgresError) -> Int {
        let connection = try usable(operation)
        guard PQsendQuery(connection, sql) == 1 else { throw violation(operation, "the COPY could not be sent") }
        defer { settle(operation) }
        if case .result(let handle) = try nextOrThrow(&operation), handle.status != PGRES_COPY_IN {
            guard let error = handle.serverError(operation) else {
                throw violation(operation, "the statement is not a COPY FROM STDIN")
            }
            _ = try drain(&operation)
            throw verdict(error, operation)
        }
        let refusal = try send(data, connection, &operation)
        guard PQputCopyEnd(connection, refusal) == 1 else {
            close()
            throw operation.error(.connectionLost, "the end of the COPY could not be sent")
        }
        let (rows, failure) = try drain(&operation)
        if let failure {
            // The server's word for our own refusal.
            if let kind = operation.interruption, refusal != nil {
                throw operation.error(kind, "the COPY was given up before its end")
            }
            throw verdict(failure, operation)
        }
        return rows
    }

    /// Sends slice by slice, each only when the one before has left libpq's buffer. Returns a reason if the COPY is
    /// to be given up.
    private func send(
        _ data: [UInt8],
        _ connection: OpaquePointer,
        _ operation: inout Operation
    ) throws(PostgresError) -> String? {
        var offset = 0
        while offset < data.count {
            if operation.interruption != nil { return "given up by the client" }
            if PQflush(connection) == 0 {
                let end = min(offset &+ Self.copySlice, data.count)
                let queued = data[offset..<end].withUnsafeBytes {
                    PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
                }
                guard queued >= 0 else { throw violation(operation, "the COPY was ended by the other side") }
                if queued == 1 { offset = end }
            }
            switch turn(connection, &operation, flushing: true) {
            case .lost(let error): throw error
            case .stuck(let error):
                close()
                throw error
            case .end, .result, nil: continue
            }
        }
        return operation.interruption == nil ? nil : "given up by the client"
    }

    private func nextOrThrow(_ operation: inout Operation) throws(PostgresError) -> Event {
        let event = next(&operation)
        switch event {
        case .lost(let error):
            throw error
        case .stuck(let error):
            close()
            throw error
        case .end, .result:
            return event
        }
    }

    /// Reads to the end of the command: rows touched and the first error.
    private func drain(_ operation: inout Operation) throws(PostgresError) -> (rows: Int, failure: PostgresError?) {
        var rows = 0
        var failure: PostgresError?
        while case .result(let handle) = try nextOrThrow(&operation) {
            if handle.status == PGRES_COMMAND_OK {
                rows = handle.affectedRows
            } else if let error = handle.serverError(operation) {
                failure = failure ?? error
                if error.kind == .connectionLost { close() }
            } else {
                throw violation(operation, "unexpected answer to a COPY")
            }
        }
        return (rows, failure)
    }
}
