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

    /// Ends the transaction that is open, if one is: after an error, which says more than a ROLLBACK that fails. Where
    /// that fails, the connection is closed, and the server rolls back by itself: a task that was cancelled can send
    /// nothing any more, and whoever had the connection next would commit half of what was begun.
    func rollBack(timeout: Duration) async {
        guard isUsable, isInTransaction else { return }
        do throws(PostgresError) {
            _ = try await query(PostgresStatement("rollback", "ROLLBACK"), timeout: timeout)
        } catch {
            close()
        }
    }
}
