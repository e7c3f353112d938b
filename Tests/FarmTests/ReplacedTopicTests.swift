import Testing

extension FarmUnderFaults {
    /// Progress that does not fit the topic.
    @Suite struct ReplacedTopics {
        @Test func partitionBeyondTheEndIsPausedAndHealedByReset() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 41, count: 800)
                try await farm.publish(stream.records)
                let first = farm.worker("--until-caught-up")
                try await first.expectEnd(.exited(0))

                // As if the topic had been made anew, with fewer records.
                try await farm.database.run(
                    "UPDATE mention_store.partition_progress SET next_offset = next_offset + 1000 WHERE partition = 3"
                )
                let second = farm.worker("--until-caught-up")
                try await second.expectEnd(.exited(75))
                #expect(second.lines(with: "mention-worker: ").first?.contains("partition 3") == true, "\(second.log)")
                #expect(second.log.contains("mention-admin reset \(farm.topic) 3"))
                #expect(
                    try await farm.database.strings("SELECT partition::text FROM progress WHERE paused IS NOT NULL")
                        == ["3"]
                )

                // The other partitions go on meanwhile.
                let more = stream.records.map { record in
                    var record = record
                    record.partition = 5
                    return record
                }
                try await farm.publish(more)
                let third = farm.worker("--until-caught-up")
                try await third.expectEnd(.exited(75))
                #expect(try await farm.database.number("SELECT sum(records)::bigint FROM progress") == 1_600)

                try await farm.succeed("mention-admin", "reset", farm.topic, "3", "--to-earliest")
                let last = farm.worker("--until-caught-up")
                try await last.expectEnd(.exited(0))
                let again = stream.records.count { $0.partition == 3 }
                #expect(try last.summary()["records"] == Double(again))
                try await farm.expectVerified(records: 1_600 + again)
                #expect(
                    try await farm.database.number("SELECT count(*) FROM mention_farm.mention")
                        == Int64(stream.manifest.mentions)
                )
            }
        }
    }
}
