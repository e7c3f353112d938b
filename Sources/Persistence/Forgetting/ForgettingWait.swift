public import PostgresClient

extension Forgetting {
    /// Whether the background step has taken back what it had counted of what is gone.
    public static func isTakenBack(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
        try await connection.query(
            PostgresStatement("look for gone mentions", "SELECT NOT EXISTS (SELECT FROM mention_gone)")
        ).bool(0, 0) == true
    }

    /// Waits until it has, or does the step itself where no worker does.
    /// - Returns: whether all is taken back; false when the time is over.
    public static func takeBack(
        within patience: Duration,
        on connection: PostgresConnection
    ) async throws -> Bool {
        try await connection.execute("set up", script: ConnectionSetup.background)
        let relating = Relating(owner: "forget \(connection.backendPID)")
        let deadline = ContinuousClock.now + patience
        while try await !isTakenBack(on: connection) {
            guard ContinuousClock.now < deadline else { return false }
            switch try await relating.step(on: connection) {
            case .working, .reconciled: break
            case .heldByAnother, .idle, .waiting, .reached: try await Task.sleep(for: .milliseconds(100))
            }
        }
        try await relating.release(on: connection)
        return true
    }
}
