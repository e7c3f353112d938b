import PostgresClient

extension PostgresConnection {
    /// Statements from BEGIN on in one trip; rolled back at the first error.
    func transaction(
        _ statements: [PostgresStatement],
        timeout: Duration
    ) async throws(PostgresError) -> [PostgresResult] {
        do {
            return try await pipeline(statements, timeout: timeout)
        } catch {
            await rollBack(timeout: timeout)
            throw error
        }
    }

    /// Ends the transaction that is open, if one is: after an error, which says more than a ROLLBACK that fails. That
    /// fails only where the connection is gone, and then the server rolls back by itself.
    func rollBack(timeout: Duration) async {
        guard isUsable, isInTransaction else { return }
        _ = try? await query(PostgresStatement("rollback", "ROLLBACK"), timeout: timeout)
    }
}
