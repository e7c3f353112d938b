import Foundation
import MentionModel
import Persistence
import PostgresClient
import Testing

extension WholeFarm {
    /// What reaches a worker while it runs.
    @Suite struct RunningWorkers {
        private func mention(_ id: String) -> TestRecord {
            TestRecord(
                MentionRecord(
                    id: id,
                    source: "blog",
                    text: "Zorblax \(id) is what I bought",
                    authorID: "somebody",
                    publishedAt: Timestamp(microseconds: 1_767_571_200_000_000)
                ),
                partition: 1
            )
        }

        @Test func brandsThatAreAddedAreMatched() async throws {
            try await Farm.run { farm in
                let worker = farm.worker()
                try await farm.publish([mention("before")])
                try await farm.records(reach: 1)
                let begin = ContinuousClock.now
                try await farm.succeed("mention-admin", "brands", "add", "Zorblax")
                try await worker.line(with: "brands read")
                measured("brand added to brand read by the worker", since: begin)
                try await farm.publish([mention("after")])
                try await farm.records(reach: 2)
                let brands = try await farm.database.strings(
                    "SELECT native_id || ' ' || brands::text FROM mention_farm.mention ORDER BY native_id"
                )
                #expect(brands == ["after {Zorblax}", "before {}"])
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                try await farm.expectVerified(records: 2)
            }
        }

        @Test func secondInterruptEndsAtOnce() async throws {
            try await Farm.run { farm in
                let worker = farm.worker()
                try await farm.publish([mention("first")])
                try await farm.records(reach: 1)
                // Nothing can be written, so the drain lasts.
                let lock = try await TestDatabase.connect(farm.database.url)
                _ = try await lock.query(PostgresStatement("test", "BEGIN"))
                _ = try await lock.query(PostgresStatement("test", "LOCK TABLE mention_store.mention_identity"))
                try await farm.publish([mention("second")])
                try await farm.database.waits(
                    for: """
                        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                                       AND datname = current_database() AND application_name LIKE 'mention-worker writer%')
                        """
                )
                let begin = ContinuousClock.now
                try worker.signal(SIGINT)
                try await worker.line(with: "draining")
                // Two within a tenth of a second are one, so it is said until it is heard.
                try await wait(for: "the end of the worker") {
                    if let process = worker.processID { kill(process, SIGINT) }
                    return worker.hasEnded
                }
                measured("first to second SIGINT and end", since: begin)
                try await worker.expectEnd(.exited(128 + SIGINT))
                #expect(worker.output.isEmpty)
                await lock.close()

                let next = farm.worker("--until-caught-up")
                try await next.expectEnd(.exited(0))
                try await farm.expectVerified(records: 2)
            }
        }
    }
}
