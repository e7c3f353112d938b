import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// What workers' sessions are seen doing.
    @Suite struct WorkerSessionTests {
        @Test func writersAreToldByTheirNameAndTheirLocks() async throws {
            try await TestDatabase.with(migrated: false) { database, connection in
                #expect(try await WorkerSessions.look(connection).workers.isEmpty)

                func connect(_ name: String) async throws -> PostgresConnection {
                    try await PostgresConnection.connect(database.target, applicationName: name, timeout: .seconds(20))
                }
                let control = try await connect("mention-worker control 7@100")
                let writer = try await connect("mention-worker writer 7@100")
                let other = try await connect("mention-worker writer 8@200")
                let stranger = try await connect("mention-workers writer 9@300")
                let idle = try await WorkerSessions.look(connection)
                #expect(idle.workers == ["7@100", "8@200"])
                #expect(idle.writers.looks == 2 && idle.writers.active == 0 && idle.writers.share == 0)

                _ = try await connection.run("SELECT pg_advisory_lock(1)")
                async let waiting = writer.run("SELECT pg_advisory_lock(1)")
                try await connection.waits(
                    for:
                        "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                let busy = try await WorkerSessions.look(connection)
                #expect(busy.writers.active == 1 && busy.writers.onLocks == 1 && busy.writers.share == 0.5)
                _ = try await connection.run("SELECT pg_advisory_unlock(1)")
                _ = try await waiting
                for each in [control, writer, other, stranger] { await each.close() }
            }
        }
    }
}
