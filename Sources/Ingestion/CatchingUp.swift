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
    /// - Throws: ``WorkerFailure/paused(_:)`` when all partitions that are left are paused for a fault.
    func wait(for targets: [Int32: Int64]) async throws {
        var interval = Duration.milliseconds(50)
        var ends = targets
        let begin = ContinuousClock.now
        while true {
            let progress = try await context.control.perform { connection throws(PostgresError) in
                try await self.context.claims.progress(topic: self.context.topicNumber, on: connection)
            }
            var left = Set(targets.filter { (progress[$0.key]?.nextOffset ?? 0) < $0.value }.keys)
            left.formUnion(try await beyondTheEnd(progress.compactMapValues(\.nextOffset), &ends))
            let faults = progress.filter { $0.value.paused != nil }
            left.formUnion(faults.keys)
            if left.isEmpty { return }
            // A pause that an earlier run left behind is looked at anew by the next claim: it counts after that.
            let isSettled = await rebalancing.hasTakenPartitions || ContinuousClock.now - begin > .seconds(30)
            if isSettled, faults.count == left.count {
                throw WorkerFailure.paused(faults.mapValues { $0.paused ?? "" })
            }
            // Polling: other workers' progress rings no bell here.
            try await Task.sleep(for: interval)
            interval = min(interval * 2, .milliseconds(400))
        }
    }

    /// The partitions whose progress is beyond their end: the topic was replaced or cut, and who claims one will see it
    /// and pause it. `ends` are those known so far: only what is beyond them is asked for again.
    private func beyondTheEnd(_ reached: [Int32: Int64], _ ends: inout [Int32: Int64]) async throws -> Set<Int32> {
        let suspects = reached.filter { $0.value > ends[$0.key] ?? 0 }
        guard !suspects.isEmpty else { return [] }
        let asked = suspects.keys.sorted().map(context.topicPartition)
        let bounds = try await context.kafka.ask { inspector throws(KafkaError) in
            try await inspector.watermarks(asked, timeout: .seconds(10))
        }
        for (partition, bounds) in bounds { ends[partition.partition] = bounds.high }
        return Set(suspects.filter { $0.value > ends[$0.key] ?? 0 }.keys)
    }
}
