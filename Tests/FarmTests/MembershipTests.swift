import Foundation
import Synthesis
import Testing

extension FarmUnderFaults {
    /// Workers that come, go and are killed while records flow.
    @Suite struct Membership {
        @Test func oneJoinsLateAndOneLeaves() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 21, count: 4_500)
                let first = farm.worker("--batch-records", "100", "--held-records", "400")
                let second = farm.worker("--batch-records", "100", "--held-records", "400")
                try await farm.publish(Array(stream.records[..<1_500]))
                try await farm.records(reach: 1_500)

                let late = farm.worker("--batch-records", "100", "--held-records", "400")
                try await farm.isHolding(late)
                try await farm.publish(Array(stream.records[1_500..<3_000]))
                try await farm.records(reach: 3_000)

                try await farm.publish(Array(stream.records[3_000...]))
                try await farm.records(reach: 3_100)
                let begin = ContinuousClock.now
                try first.signal(SIGTERM)
                try await first.expectEnd(.exited(0), within: .seconds(10))
                measured("SIGTERM to the end of a busy worker", since: begin)
                try await farm.records(reach: 4_500)
                measured("SIGTERM of one of three to all records consumed", since: begin)
                for worker in [second, late] { try worker.signal(SIGTERM) }
                var sum = try first.summary()
                #expect((sum["records"] ?? 0) > 0)
                for worker in [second, late] {
                    try await worker.expectEnd(.exited(0))
                    sum.merge(try worker.summary(), uniquingKeysWith: +)
                }
                #expect(sum["records"] == 4_500)
                #expect(sum["new"] == Double(stream.manifest.mentions))
                #expect(sum["redelivered"] == Double(stream.manifest.redeliveries))
                #expect(sum["revisions"] == Double(stream.manifest.revisions))
                #expect(try await farm.database.number("SELECT count(owner) FROM progress") == 0)
                try await farm.expectVerified(records: 4_500)
            }
        }

        /// `FARM_KILLS` says how many times (default 3), `FARM_SEED` when and whom.
        @Test func theKilledLeaveNoTrace() async throws {
            let variables = ProcessInfo.processInfo.environment
            let kills = variables["FARM_KILLS"].flatMap { Int($0) } ?? 3
            let seed = variables["FARM_SEED"].flatMap { UInt64($0) } ?? 1
            var random = SeededRandom(seed: seed)
            try await Farm.run { farm in
                let share = 2_500
                let stream = try TestStream(seed: 22 &+ seed, count: share * kills)
                var workers = (0..<3).map { _ in farm.worker("--batch-records", "50", "--held-records", "200") }
                for worker in workers { try await farm.isHolding(worker) }
                for round in 0..<kills {
                    try await farm.publish(Array(stream.records[(share * round)..<(share * (round + 1))]))
                    try await farm.records(reach: share * round + 1 + random.below(share / 2))
                    let victim = random.below(3)
                    let begin = ContinuousClock.now
                    try workers[victim].signal(SIGKILL)
                    try await workers[victim].expectEnd(.signaled(SIGKILL))
                    workers[victim] = farm.worker("--batch-records", "50", "--held-records", "200")
                    try await farm.records(reach: share * (round + 1))
                    measured("kill -9 \(round + 1) to all records consumed", since: begin)
                    if round + 1 < kills { try await farm.isHolding(workers[victim]) }
                }
                for worker in workers { try worker.signal(SIGTERM) }
                for worker in workers { try await worker.expectEnd(.exited(0)) }

                try await TestDatabase.with { database in
                    let quiet = farm.sibling(database)
                    let worker = quiet.worker("--until-caught-up")
                    try await worker.expectEnd(.exited(0))
                    // A lease outlives the worker that was killed with it, by half a minute.
                    try await farm.database.run("UPDATE mention_store.lease SET expires_at = '-infinity'")
                    try await farm.relateAll()
                    try await quiet.relateAll()
                    try await farm.expectVerified(records: stream.records.count, "disturbed")
                    try await quiet.expectVerified(records: stream.records.count, "quiet")
                    let disturbed = try await Snapshot.take(of: farm.database, positions: true, relations: true)
                    let undisturbed = try await Snapshot.take(of: database, positions: true, relations: true)
                    disturbed.expectEqual(to: undisturbed, "killed \(kills) times, seed \(seed)")
                }
            }
        }

        @Test func orderAndNumberOfWorkersChangeNothing() async throws {
            let stream = try TestStream(seed: 23, count: 3_000)
            try await Farm.run { one in
                try await Farm.run { three in
                    try await one.publish(stream.shuffled(seed: 1))
                    try await three.publish(stream.shuffled(seed: 2))
                    let workers = [one.worker()] + (0..<3).map { _ in three.worker("--batch-records", "100") }
                    for farm in [one, three] {
                        try await farm.records(reach: 3_000)
                        try await farm.relatedToTheEnd()
                    }
                    for worker in workers { try worker.signal(SIGTERM) }
                    for worker in workers { try await worker.expectEnd(.exited(0)) }
                    for farm in [one, three] { try await farm.expectVerified(records: 3_000) }
                    let left = try await Snapshot.take(of: one.database, positions: false, relations: true)
                    let right = try await Snapshot.take(of: three.database, positions: false, relations: true)
                    left.expectEqual(to: right, "two orders")
                    let mentions = Int64(stream.manifest.mentions)
                    #expect(try await one.database.number("SELECT count(*) FROM mention_farm.mention") == mentions)
                }
            }
        }
    }
}

extension Farm {
    /// Waits until a worker holds partitions, by what the database says.
    func isHolding(_ worker: Child) async throws {
        try await wait(for: "\(worker.name) runs") { worker.processID != nil || worker.hasEnded }
        let process = try #require(worker.processID, "\(worker.log)")
        try await database.waits(for: "SELECT EXISTS (SELECT FROM progress WHERE owner LIKE '%/\(process)@%')")
    }
}
