import MentionModel
import Testing

extension FarmUnderFaults {
    /// A topic of another format, or a part of one.
    @Suite struct PoisonTopics {
        private static func garbage(_ count: Int, partition: Int32) -> [TestRecord] {
            (0..<count).map { TestRecord("level=info msg=\"not a mention\" n=\($0)", partition: partition) }
        }

        @Test func isPausedByTheBreakerAndGoesOnWhenSomebodyHasLooked() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 43, count: 800)
                try await farm.publish(Self.garbage(1_000, partition: 3))
                try await farm.publish(stream.records)

                // The partition of garbage stops itself; the others are drained.
                let first = farm.worker("--until-caught-up")
                try await first.expectEnd(.exited(75))
                #expect(first.lines(with: "mention-worker: ").first?.contains("partition 3") == true, "\(first.log)")
                #expect(first.log.contains("mention-admin resume \(farm.topic) 3"))
                let rest = stream.records.count { $0.partition != 3 }
                let written = try await farm.database.number("SELECT sum(records)::bigint FROM progress")
                #expect(written == Int64(rest + 201))
                #expect(
                    try await farm.database.strings("SELECT partition::text FROM progress WHERE paused IS NOT NULL")
                        == ["3"]
                )

                // Another worker doesn't begin where the first one stopped.
                let second = farm.worker("--until-caught-up")
                try await second.expectEnd(.exited(75))
                #expect(second.log.contains("201 of the last 201 records are dead letters"), "\(second.log)")

                // Resumed while a worker runs, the breaker counts anew; with --accept the rest is taken as it comes.
                let third = farm.worker()
                try await third.line(with: "is paused: 201 of the last")
                try await farm.succeed("mention-admin", "resume", farm.topic, "3", "--reason", "a second look")
                try await farm.records(reach: rest + 402)
                try await farm.succeed("mention-admin", "resume", farm.topic, "--accept", "all")
                try await farm.records(reach: 1_800)
                try third.signal(15)
                try await third.expectEnd(.exited(0))
                let last = farm.worker("--until-caught-up")
                try await last.expectEnd(.exited(0))
                #expect(
                    try await farm.database.strings(
                        "SELECT partition || ' ' || coalesce(reason, '-') FROM mention_store.resume_audit ORDER BY resumed_at"
                    ) == ["3 a second look", "3 -"]
                )
                try await farm.expectVerified(records: 1_800)

                let refused = farm.start("mention-admin", ["resume", farm.topic, "3"])
                try await refused.expectEnd(.exited(78))
                #expect(refused.log.contains("partition 3 of \(farm.topic) is not paused"), "\(refused.log)")
            }
        }
    }
}
