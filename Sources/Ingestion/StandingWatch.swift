import Logging
import Persistence
import Pipeline
import PostgresClient

/// Looks every few seconds whether the database still stands where this worker left it.
///
/// Commits are not flushed one by one, so a server that crashed, or another one that took its place, may have lost the
/// last of them. A partition with more to write finds out at its next batch, by the guard; a quiet one would never.
struct StandingWatch {
    let context: WorkerContext
    let interval: Duration

    /// Runs until the task is cancelled.
    func run() async throws {
        while true {
            try await Task.sleep(for: interval)
            // First what is durable as far as this worker knows: the database, asked afterwards, can only be ahead.
            let mine = await context.lanes.standings
            guard !mine.isEmpty else { continue }
            let theirs = try await context.control.perform { connection throws(PostgresError) in
                try await self.context.claims.standings(
                    mine.keys.sorted(),
                    topic: self.context.topicNumber,
                    on: connection
                )
            }
            for (partition, known) in mine {
                guard let found = theirs[partition], found.epoch == known.epoch, let offset = found.nextOffset,
                    let durable = known.nextOffset, offset < durable,
                    await context.lanes.rewind(partition, epoch: known.epoch, to: offset)
                else { continue }
                context.tally.note("rewinds")
                context.logger.warning(
                    "the database has lost the last commits: reading again from there",
                    metadata: ["partition": "\(partition)", "offset": "\(offset)", "expected": "\(durable)"]
                )
            }
        }
    }
}
