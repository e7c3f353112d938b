import Foundation
import Testing

extension WholeFarm {
    /// The choice between leaving the group at once and keeping one's partitions through a restart.
    @Suite struct StaticMembership {
        /// A worker with an instance id is restarted, then stopped for good; one without is stopped. What Kafka makes of
        /// it shows in times, which are printed: on a real cluster the restart moves no partition. The embedded broker
        /// takes the restarted worker for a new one, and notices that the old one is gone by its session alone.
        @Test func aRestartComesBackAndAStopIsMissed() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 31, count: 1_500)
                let stays = farm.worker("--instance-id", "stays")
                let first = farm.worker("--instance-id", "restarted")
                let dynamic = farm.worker()
                for worker in [stays, first, dynamic] { try await farm.isHolding(worker) }
                try await farm.publish(Array(stream.records[..<500]))
                try await farm.records(reach: 500)
                let before = try await farm.epochs(of: stays)

                var begin = ContinuousClock.now
                try first.signal(SIGTERM)
                try await first.expectEnd(.exited(0))
                let second = farm.worker("--instance-id", "restarted")
                try await farm.isHolding(second)
                try await farm.everyPartitionIsHeld()
                measured("restart of a static member to every partition held", since: begin)
                if Services.givenServers != nil {
                    #expect(try await farm.epochs(of: stays) == before, "a restart moved partitions of another")
                }
                try await farm.publish(Array(stream.records[500..<1_000]))
                try await farm.records(reach: 1_000)

                begin = .now
                try dynamic.signal(SIGTERM)
                try await dynamic.expectEnd(.exited(0))
                try await farm.everyPartitionIsHeld()
                measured("stop of a dynamic member to every partition held", since: begin)

                begin = .now
                try second.signal(SIGTERM)
                try await second.expectEnd(.exited(0))
                try await farm.everyPartitionIsHeld()
                measured("stop of a static member to every partition held", since: begin)

                try await farm.publish(Array(stream.records[1_000...]))
                try await farm.records(reach: 1_500)
                try stays.signal(SIGTERM)
                try await stays.expectEnd(.exited(0))
                try await farm.expectVerified(records: 1_500)
            }
        }
    }
}

extension Farm {
    /// Waits until no partition is without an owner.
    fileprivate func everyPartitionIsHeld() async throws {
        try await database.waits(
            for: "SELECT count(owner) = \(Farm.partitions) FROM progress WHERE topic = '\(topic)'"
        )
    }

    /// The sum of the epochs of a worker's partitions: it changes with each claim.
    fileprivate func epochs(of worker: Child) async throws -> Int64 {
        let process = try #require(worker.processID)
        return try await database.number(
            "SELECT coalesce(sum(epoch), 0)::bigint FROM progress WHERE owner LIKE '%/\(process)@%'"
        )
    }
}
