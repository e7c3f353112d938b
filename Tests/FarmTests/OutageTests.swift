import Foundation
import Testing

extension FarmUnderFaults {
    /// Services that go away and come back.
    @Suite struct Outages {
        /// Lines about a service that is away, and lines that it is well again.
        private func said(_ subject: String, _ worker: Child) -> (trouble: [String], wellAgain: [String]) {
            let lines = worker.lines(with: " \(subject): ")
            return (lines.filter { !$0.contains("well again") }, lines.filter { $0.contains("well again") })
        }

        @Test(.ownServer) func databaseAwayAtStartAndInTheMiddle() async throws {
            try await Farm.run { given in
                var farm = given
                let server = try #require(farm.services.server)
                let stream = try TestStream(seed: 31, count: 3_000)
                try await farm.publish(Array(stream.records[..<1_500]))

                await server.halt()
                let worker = farm.worker("--batch-records", "100", "--held-records", "400")
                let impatient = farm.worker("--until-caught-up", "--give-up-after", "1s")
                let stopped = farm.worker()
                try await worker.line(with: "PostgreSQL: ")
                try await stopped.line(with: "PostgreSQL: ")
                // Waiting is no reason not to stop.
                try stopped.signal(SIGTERM)
                try await stopped.expectEnd(.exited(0))
                try await impatient.expectEnd(.exited(69))
                #expect(impatient.log.contains("PostgreSQL stayed away"))
                try await server.resume()
                farm.database = try await farm.database.reconnected()
                try await worker.line(with: "well again")
                try await farm.records(reach: 1_500)
                let atStart = said("PostgreSQL", worker)

                try await farm.publish(Array(stream.records[1_500...]))
                try await farm.records(reach: 1_700)
                await server.halt(.immediate)
                try await wait(for: "the worker's second complaint") {
                    said("PostgreSQL", worker).trouble.count > atStart.trouble.count
                }
                try await server.resume()
                let begin = ContinuousClock.now
                farm.database = try await farm.database.reconnected()
                try await farm.records(reach: 3_000)
                measured("PostgreSQL back to all records consumed", since: begin)
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                try await farm.expectVerified(records: 3_000)

                let (trouble, wellAgain) = said("PostgreSQL", worker)
                print("measured: lines about two outages: \(trouble) \(wellAgain)")
                // Once an outage, and once more where it changes its face: shut down, refused, starting up.
                #expect((2...4).contains(trouble.count), "\(trouble)")
                #expect((2...4).contains(wellAgain.count), "\(wellAgain)")
            }
        }

        /// Commits are not flushed one by one: a crash takes the last of them. A partition to which nothing more comes
        /// must be read again all the same.
        @Test(.ownServer) func crashThatLosesCommitsOfQuietPartitions() async throws {
            try await Farm.run { given in
                var farm = given
                let server = try #require(farm.services.server)
                let stream = try TestStream(seed: 34, count: 1_000)
                let worker = farm.worker()
                var published = 0
                // Another commit may have flushed the lost ones along: then it is tried again.
                while published < 1_000, worker.lines(with: "reading again from there").isEmpty {
                    try await farm.publish(Array(stream.records[published..<published + 100]))
                    published += 100
                    try await farm.records(reach: published)
                    await server.halt(.immediate)
                    try await server.resume()
                    farm.database = try await farm.database.reconnected()
                    try await farm.records(reach: published)
                }
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                #expect(!worker.lines(with: "reading again from there").isEmpty, "no commit was lost in ten crashes")
                try await farm.expectVerified(records: published)
            }
        }

        @Test func endedWriterSessionsCostNothing() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 32, count: 3_000)
                try await farm.publish(stream.records)
                let worker = farm.worker("--batch-records", "50", "--held-records", "200")
                for reached in [200, 1_000, 2_000] {
                    try await farm.records(reach: reached)
                    try await farm.database.waits(
                        for: """
                            SELECT coalesce(bool_and(pg_terminate_backend(pid)), false) FROM pg_stat_activity
                            WHERE datname = current_database() AND application_name LIKE 'mention-worker writer%'
                            """
                    )
                }
                try await farm.records(reach: 3_000)
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                #expect(try worker.summary()["records"] == 3_000)
                #expect(try worker.summary()["new"] == Double(stream.manifest.mentions))
                try await farm.expectVerified(records: 3_000)
            }
        }

        @Test(.ownBroker) func brokerAwayAtStartAndInTheMiddle() async throws {
            try await Farm.run { farm in
                let broker = try #require(farm.services.broker)
                let stream = try TestStream(seed: 33, count: 2_000)
                try await farm.publish(Array(stream.records[..<1_000]))
                try await broker.setDown(broker: -1)
                let worker = farm.worker("--batch-records", "50", "--held-records", "200")
                let impatient = farm.worker("--until-caught-up", "--give-up-after", "1s")
                try await worker.line(with: "Kafka: ")
                try await impatient.expectEnd(.exited(69))
                try await broker.setUp(broker: -1)
                try await farm.records(reach: 300)

                try await broker.setDown(broker: -1)
                let atStart = said("Kafka", worker).trouble.count
                try await wait(for: "the worker's second complaint") { said("Kafka", worker).trouble.count > atStart }
                try await broker.setUp(broker: -1)
                let begin = ContinuousClock.now
                try await farm.publish(Array(stream.records[1_000...]))
                try await farm.records(reach: 2_000)
                measured("Kafka back to all records consumed", since: begin)
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                try await farm.expectVerified(records: 2_000)
                let (trouble, wellAgain) = said("Kafka", worker)
                print("measured: lines about two outages: \(trouble) \(wellAgain)")
                #expect((2...4).contains(trouble.count), "\(trouble)")
                #expect((2...4).contains(wellAgain.count), "\(wellAgain)")
            }
        }
    }
}
