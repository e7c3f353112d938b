public import PostgresClient

/// Faults of a server, for harnesses that break it. Each acts on the server itself, over a connection of its own.
extension EmbeddedPostgres {
    /// Ends a server process, as `pg_terminate_backend` does.
    ///
    /// - Returns: whether there was one of that number.
    @discardableResult
    public nonisolated func terminate(backend: Int32) async throws(PostgresError) -> Bool {
        try await administer { connection throws(PostgresError) in
            let rows = try await connection.query(
                PostgresStatement("embedded.terminate", "SELECT pg_terminate_backend($1)", [.int4(backend)])
            )
            return rows.bool(0, 0) ?? false
        }
    }

    /// Lets all transactions that begin from now on be read-only, or takes that back.
    ///
    /// It is a setting of the server, kept through a restart: take it back.
    public nonisolated func setReadOnly(_ isReadOnly: Bool) async throws(PostgresError) {
        try await administer { connection throws(PostgresError) in
            let value = isReadOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"
            _ = try await connection.query(PostgresStatement("embedded.read-only", "ALTER SYSTEM \(value)"))
            _ = try await connection.query(PostgresStatement("embedded.reload", "SELECT pg_reload_conf()"))
        }
    }

    private nonisolated func administer<Value: Sendable>(
        _ body: (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let connection = try await PostgresConnection.connect(
            PostgresTarget(url: "postgresql://postgres@127.0.0.1:\(port)/postgres"),
            applicationName: "embedded",
            timeout: .seconds(5)
        )
        do throws(PostgresError) {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
