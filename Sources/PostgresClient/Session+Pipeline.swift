import CLibPQ

extension Session {
    /// What was queued, in the order in which its answers come.
    private enum Step {
        case prepare(CacheKey, name: String, index: Int)
        case execute(CacheKey, index: Int)

        var index: Int {
            switch self {
            case .prepare(_, _, let index), .execute(_, let index): index
            }
        }
    }

    /// Runs statements in one round trip: all are queued with one sync at the end, then the answers are read while
    /// the rest is still being written.
    func run(_ statements: [PostgresStatement], _ operation: inout Operation) throws(PostgresError)
        -> [PostgresResult]
    {
        let connection = try usable(operation)
        guard !statements.isEmpty else { return [] }
        for (index, statement) in statements.enumerated() { try check(statement, index) }
        let keys = statements.map { CacheKey(sql: $0.sql, types: $0.parameters.map(\.oid)) }
        let fresh = Set(keys.lazy.filter { self.prepared[$0] == nil })
        if !fresh.isEmpty, !prepared.isEmpty, prepared.count &+ fresh.count > Self.cacheLimit {
            try forgetPrepared(connection, &operation)
        }
        guard PQenterPipelineMode(connection) == 1 else {
            throw operation.error(.protocolViolation, "another statement is still open on this connection")
        }
        var steps: [Step] = []
        var named: [CacheKey: String] = [:]
        for (index, key) in keys.enumerated() {
            guard queue(key, statements[index].parameters, index, &steps, &named, connection) else {
                close()
                throw operation.error(.connectionLost, "the statement could not be queued").at(index: index)
            }
        }
        guard PQpipelineSync(connection) == 1 else {
            close()
            throw operation.error(.connectionLost, "the pipeline could not be sent")
        }
        defer { settle(operation) }
        let results = try collect(steps, statements, &operation)
        if let connection = self.connection, PQexitPipelineMode(connection) != 1 { close() }
        return try results.get()
    }

    /// What libpq would refuse half-way through the queue, leaving it unusable.
    private func check(_ statement: PostgresStatement, _ index: Int) throws(PostgresError) {
        func refuse(_ message: String) -> PostgresError {
            PostgresError(
                kind: .protocolViolation,
                message: message,
                statement: statement.operation,
                statementIndex: index
            )
        }
        guard statement.parameters.count <= 65_535 else { throw refuse("more than 65,535 parameters") }
        let size = statement.parameters.reduce(0) { $0 &+ ($1.bytes?.count ?? 0) }
        guard size < 1 << 30 else { throw refuse("more than 1 GiB of parameters") }
    }

    private func queue(
        _ key: CacheKey,
        _ parameters: [PostgresParameter],
        _ index: Int,
        _ steps: inout [Step],
        _ named: inout [CacheKey: String],
        _ connection: OpaquePointer
    ) -> Bool {
        let name: String
        if let known = prepared[key] ?? named[key] {
            name = known
        } else {
            preparedCount &+= 1
            name = "s\(preparedCount)"
            guard PQsendPrepare(connection, name, key.sql, Int32(key.types.count), key.types) == 1 else { return false }
            named[key] = name
            steps.append(.prepare(key, name: name, index: index))
        }
        steps.append(.execute(key, index: index))
        return send(name, parameters, connection)
    }

    /// libpq copies the values into its own buffer; here they are laid side by side first, so that all pointers are
    /// valid at once.
    private func send(_ name: String, _ parameters: [PostgresParameter], _ connection: OpaquePointer) -> Bool {
        scratch.removeAll(keepingCapacity: scratch.capacity < 4 << 20)
        var lengths: [Int32] = []
        lengths.reserveCapacity(parameters.count)
        for parameter in parameters {
            let bytes = parameter.bytes ?? []
            scratch.append(contentsOf: bytes)
            lengths.append(Int32(clamping: bytes.count))
        }
        // So that an empty value has an address too: to libpq no address means NULL.
        scratch.append(0)
        let formats = [Int32](repeating: 1, count: parameters.count)
        return scratch.withUnsafeBytes { buffer in
            var pointers: [UnsafePointer<CChar>?] = []
            pointers.reserveCapacity(parameters.count)
            var offset = 0
            for parameter in parameters {
                let start = buffer.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                pointers.append(parameter.bytes == nil ? nil : start)
                offset &+= parameter.bytes?.count ?? 0
            }
            return PQsendQueryPrepared(
                connection,
                name,
                Int32(parameters.count),
                pointers,
                lengths,
                formats,
                1
            ) == 1
        }
    }

    /// Reads all answers up to the sync. Throws if the connection is closed, fails if only a statement did.
    private func collect(
        _ steps: [Step],
        _ statements: [PostgresStatement],
        _ operation: inout Operation
    ) throws(PostgresError) -> Result<[PostgresResult], PostgresError> {
        var results: [PostgresResult] = []
        results.reserveCapacity(statements.count)
        var failure: PostgresError?
        var position = 0
        while true {
            let handle: ResultHandle
            switch next(&operation) {
            case .lost(let error):
                throw failure.flatMap { $0.kind == .connectionLost ? $0 : nil } ?? error
            case .stuck(let error):
                close()
                throw error
            case .end:
                position &+= 1
                if position > steps.count { throw violation(operation, "the server sent too many answers") }
                continue
            case .result(let result):
                handle = result
            }
            if handle.status == PGRES_PIPELINE_SYNC { break }
            guard position < steps.count else { throw violation(operation, "the server sent too many answers") }
            let step = steps[position]
            switch handle.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                switch step {
                case .prepare(let key, let name, _): prepared[key] = name
                case .execute: results.append(PostgresResult(handle))
                }
            case PGRES_PIPELINE_ABORTED:
                continue
            default:
                let named = Operation(
                    name: statements[step.index].operation,
                    timeout: nil,
                    cancellation: operation.cancellation
                )
                guard let error = handle.serverError(named) else {
                    throw violation(operation, "a COPY can't be part of a pipeline").at(index: step.index)
                }
                if case .execute(let key, _) = step { forgetIfStale(key, error) }
                if failure == nil { failure = verdict(error.at(index: step.index), operation) }
            }
        }
        if let failure { return .failure(failure) }
        // Callers take the results by their place.
        guard results.count == statements.count else { throw violation(operation, "the server sent too few answers") }
        return .success(results)
    }

    /// A plan whose tables have changed, or that the server has dropped, is prepared anew next time.
    private func forgetIfStale(_ key: CacheKey, _ error: PostgresError) {
        if error.sqlState == "0A000" || error.sqlState == "26000" { prepared[key] = nil }
    }

    func violation(_ operation: Operation, _ message: String) -> PostgresError {
        close()
        return operation.error(.protocolViolation, message)
    }

    /// Drops all prepared statements. In an aborted transaction the server would refuse that, so they stay then and
    /// the cache is above its limit until the transaction ends.
    private func forgetPrepared(_ connection: OpaquePointer, _ operation: inout Operation) throws(PostgresError) {
        guard PQtransactionStatus(connection) != PQTRANS_INERROR else { return }
        try runScript("DEALLOCATE ALL", &operation)
        prepared = [:]
    }
}
