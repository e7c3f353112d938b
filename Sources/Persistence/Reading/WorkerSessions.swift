public import PostgresClient

/// The workers' sessions, as `pg_stat_activity` shows them.
public struct WorkerSessions: Sendable, Equatable {
    /// The workers that are connected: process and start, the end of `progress.owner`.
    public var workers: Set<String> = []
    /// What their writers do at this instant. A login that may not see other roles' sessions (it is no member of
    /// `pg_read_all_stats`) sees none.
    public var writers = WriterActivity()

    /// Looks once.
    public static func look(_ connection: PostgresConnection) async throws(PostgresError) -> WorkerSessions {
        let rows = try await connection.query(
            PostgresStatement(
                "read sessions",
                """
                SELECT split_part(application_name, ' ', 2), split_part(application_name, ' ', 3), state,
                       wait_event_type
                FROM pg_stat_activity
                WHERE datname = current_database() AND starts_with(application_name, 'mention-worker ')
                """
            ),
            timeout: .seconds(10)
        )
        var sessions = WorkerSessions()
        for row in 0..<rows.rowCount {
            if let worker = rows.string(row, 1), !worker.isEmpty { sessions.workers.insert(worker) }
            guard rows.string(row, 0) == "writer", let state = rows.string(row, 2) else { continue }
            sessions.writers.looks += 1
            let wait = rows.string(row, 3)
            // A session that waits for its client is not what the client waits for.
            guard state == "active", wait != "Client" else { continue }
            sessions.writers.active += 1
            switch wait {
            case "IO": sessions.writers.onDisk += 1
            case "Lock", "LWLock", "BufferPin": sessions.writers.onLocks += 1
            default: break
            }
        }
        return sessions
    }
}

extension WriterActivity {
    /// Adds what another look has seen.
    public mutating func add(_ other: WriterActivity) {
        looks += other.looks
        active += other.active
        onDisk += other.onDisk
        onLocks += other.onLocks
    }
}
