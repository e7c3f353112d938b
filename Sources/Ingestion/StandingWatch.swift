import Logging
import Persistence
import Pipeline
import PostgresClient

/// Looks every few seconds whether the database still stands where this worker left it.
///
/// Commits are not flushed one by one, so a server that crashed, or another one that took its place, may have lost the
/// last of them. A partition with more to write finds out at its next batch, by the guard; a quiet one would never.
/// Neither would a worker that is fenced by an operator's reset: for Kafka it goes on holding the partition.
struct StandingWatch {
    let context: WorkerContext
    let rebalancing: Rebalancing
    let interval: Duration

    /// Whether an operator has given the partition another place since it was claimed.
    static func isReset(_ holding: Holding, _ found: Standing?) -> Bool {
        guard let found else { return false }
        return found.epoch > holding.epoch && found.incarnation > holding.incarnation
    }

    /// Whether an operator has resumed a partition that this worker holds paused.
    static func isResumed(_ holding: Holding, _ found: Standing?) -> Bool {
        guard let found else { return false }
        return found.epoch == holding.epoch && !found.isPaused
    }

    /// Runs until the task is cancelled.
    func run() async throws {
        while true {
            context.health.rested(.standing)
            try await Task.sleep(for: interval)
            context.health.turned(.standing)
            // First what is durable as far as this worker knows: the database, asked afterwards, can only be ahead.
            let mine = await context.lanes.standings
            let holdings = await rebalancing.holdings
            let faulty = await rebalancing.faults.keys
            guard !holdings.isEmpty else { continue }
            let theirs = try await context.control.perform { connection throws(PostgresError) in
                try await self.context.claims.standings(
                    holdings.keys.sorted(),
                    topic: self.context.topicNumber,
                    on: connection
                )
            }
            let isResumed = faulty.contains { partition in
                holdings[partition].map { Self.isResumed($0, theirs[partition]) } ?? false
            }
            if isResumed || holdings.contains(where: { Self.isReset($0.value, theirs[$0.key]) }) {
                await rebalancing.submit(.claimAgain)
                continue
            }
            var rewound: [(partition: Int32, from: Int64, to: Int64)] = []
            for (partition, known) in mine {
                guard let found = theirs[partition], found.epoch == known.epoch, let offset = found.nextOffset,
                    let durable = known.nextOffset, offset < durable,
                    await context.lanes.rewind(partition, epoch: known.epoch, to: offset)
                else { continue }
                context.tally.note("rewinds")
                rewound.append((partition, durable, offset))
            }
            guard let first = rewound.first else { continue }
            context.logger.warning(
                "the database has lost the last commits: reading again from there",
                metadata: [
                    "partitions": "\(rewound.count)", "partition": "\(first.partition)", "offset": "\(first.to)",
                    "expected": "\(first.from)",
                ]
            )
        }
    }
}
