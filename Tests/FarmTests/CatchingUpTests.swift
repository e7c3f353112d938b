import Foundation
import Testing

extension WholeFarm {
    /// Workers that end by themselves.
    @Suite struct CatchingUp {
        @Test func oneWorkerAccountsForEveryRecord() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 11, count: 3_000)
                try await farm.publish(stream.records)
                let worker = farm.worker("--until-caught-up")
                try await worker.expectEnd(.exited(0))
                let summary = try worker.summary()
                #expect(summary["records"] == 3_000)
                #expect(summary["new"] == Double(stream.manifest.mentions))
                #expect(summary["redelivered"] == Double(stream.manifest.redeliveries))
                #expect(summary["revisions"] == Double(stream.manifest.revisions))
                #expect(summary["dead_letters"] == Double(stream.deadLetters))
                #expect(summary["partitions"] == Double(Farm.partitions))
                #expect((summary["seconds"] ?? 0) > 0 && (summary["records_per_second"] ?? 0) > 0)

                #expect(
                    try await farm.database.strings(
                        """
                        SELECT concat_ws(' ', sum(records), sum(new_mentions), sum(redeliveries), sum(revisions),
                                         sum(dead_letters), count(*), count(paused), count(owner))
                        FROM progress
                        """
                    ) == [
                        """
                        3000 \(stream.manifest.mentions) \(stream.manifest.redeliveries) \(stream.manifest.revisions) \
                        \(stream.deadLetters) 8 0 0
                        """
                    ]
                )
                #expect(
                    try await farm.database.number("SELECT count(*) FROM mention_farm.mention")
                        == Int64(stream.manifest.mentions)
                )
                for (reason, count) in stream.manifest.deadLetters {
                    let stored = "SELECT count(*) FROM mention_farm.dead_letter WHERE reason = '\(reason.rawValue)'"
                    #expect(try await farm.database.number(stored) == Int64(count), "\(reason)")
                }
                for (source, count) in stream.manifest.mentionsBySource {
                    let stored = "SELECT count(*) FROM mention_farm.mention WHERE source = '\(source)'"
                    #expect(try await farm.database.number(stored) == Int64(count), "\(source)")
                }
                try await farm.expectVerified(records: 3_000)
                try await farm.relateAll()
                try await farm.expectVerified(records: 3_000, "related")

                // All was there when it began: nothing to do, and nothing is done twice.
                let second = farm.worker("--until-caught-up")
                try await second.expectEnd(.exited(0))
                #expect(try second.summary()["records"] == 0)
            }
        }

        @Test func nothingIsTheEndOfAnEmptyTopic() async throws {
            try await Farm.run { farm in
                let worker = farm.worker("--until-caught-up")
                try await worker.expectEnd(.exited(0))
                #expect(try worker.summary()["records"] == 0)
            }
        }

        @Test func twoWorkersShareTheRecords() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 12, count: 3_000)
                try await farm.publish(stream.records)
                let workers = [farm.worker("--until-caught-up"), farm.worker("--until-caught-up")]
                var sums: [String: Double] = [:]
                for worker in workers {
                    try await worker.expectEnd(.exited(0))
                    sums.merge(try worker.summary(), uniquingKeysWith: +)
                }
                #expect(sums["records"] == 3_000)
                #expect(sums["new"] == Double(stream.manifest.mentions))
                #expect(sums["redelivered"] == Double(stream.manifest.redeliveries))
                #expect(sums["revisions"] == Double(stream.manifest.revisions))
                #expect(sums["dead_letters"] == Double(stream.deadLetters))
                try await farm.expectVerified(records: 3_000)
            }
        }

        @Test func startDecidesOnlyWhereThereIsNoProgress() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 13, count: 400)
                try await farm.publish(stream.records)
                let worker = farm.worker("--start", "latest")
                try await farm.database.waits(for: "SELECT count(next_offset) = \(Farm.partitions) FROM progress")
                try await farm.publish(stream.records)
                try await farm.records(reach: 400)
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                let again = farm.worker("--start", "earliest", "--until-caught-up")
                try await again.expectEnd(.exited(0))
                #expect(try again.summary()["records"] == 0)
                try await farm.expectVerified(records: 400)
            }
        }
    }
}
