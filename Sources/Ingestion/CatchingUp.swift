import KafkaClient
import Persistence
import Pipeline
import PostgresClient

/// Waits until the progress of every partition, whoever holds it, has reached what was the end at the start.
struct CatchingUp {
    let context: WorkerContext
    let rebalancing: Rebalancing

    /// The ends that count: partitions that hold nothing are reached already.
    static func targets(_ watermarks: [TopicPartition: Watermarks]) -> [Int32: Int64] {
        var targets: [Int32: Int64] = [:]
        for (partition, bounds) in watermarks where bounds.high > bounds.low {
            targets[partition.partition] = bounds.high
        }
        return targets
    }

    /// Returns when the end is reached.
    /// - Throws: ``WorkerFailure/paused(_:)`` when partitions that are behind are paused for a fault.
    func wait(for targets: [Int32: Int64]) async throws {
        var interval = Duration.milliseconds(50)
        let begin = ContinuousClock.now
        while true {
            let progress = try await context.control.perform { connection throws(PostgresError) in
                try await self.context.claims.progress(topic: self.context.topicNumber, on: connection)
            }
            let behind = targets.filter { (progress[$0.key]?.nextOffset ?? 0) < $0.value }
            if behind.isEmpty { return }
            let faults = progress.filter { behind[$0.key] != nil && $0.value.paused != nil }
            // A pause that an earlier run left behind is looked at anew by the next claim: it counts after that.
            let isSettled = await rebalancing.hasTakenPartitions || ContinuousClock.now - begin > .seconds(30)
            if isSettled, faults.count == behind.count {
                throw WorkerFailure.paused(faults.mapValues { $0.paused ?? "" })
            }
            // Polling: other workers' progress rings no bell here.
            try await Task.sleep(for: interval)
            interval = min(interval * 2, .milliseconds(400))
        }
    }
}
