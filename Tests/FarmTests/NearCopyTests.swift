import Foundation
import MentionModel
import Synthesis
import Testing

extension WholeFarm {
    /// Near copies: found as they arrive, found again after a claim, and the same in the end whoever finds them.
    @Suite struct NearCopies {
        private static let words = [
            "airline", "bag", "counter", "morning", "window", "river", "coffee", "letter", "garden", "engine",
            "harbour",
            "ticket", "winter", "mountain", "doctor", "kitchen", "market", "painter", "bridge", "school",
        ]

        /// A text that is near no other number's.
        private static func text(_ number: Int, edited: Bool) -> String {
            var random = SeededRandom(seed: UInt64(number) &+ 99)
            let chosen = (0..<18).map { _ in words[random.below(words.count)] }
            return chosen.joined(separator: " ") + (edited ? " today" : "")
        }

        private static func records(_ count: Int, edited: Bool) -> [TestRecord] {
            (0..<count).map { number in
                let mention = MentionRecord(
                    id: "\(edited ? "edited" : "first")-\(number)",
                    source: "blog",
                    text: text(number, edited: edited),
                    authorID: "author",
                    publishedAt: Timestamp(microseconds: 1_767_225_600_000_000 + Int64(number) * 1_000_000)
                )
                // Another partition than the text that it is near to.
                return TestRecord(mention, partition: Int32((number + (edited ? 1 : 0)) % Farm.partitions))
            }
        }

        /// A worker that has seen none of the texts reads those that are stored before it begins.
        @Test func aClaimBringsTheStoredTexts() async throws {
            try await Farm.run { farm in
                try await farm.publish(Self.records(60, edited: false))
                let first = farm.worker("--until-caught-up")
                try await first.expectEnd(.exited(0))
                #expect(try first.summary()["near_pairs"] == 0)

                try await farm.publish(Self.records(60, edited: true))
                let second = farm.worker("--until-caught-up")
                try await second.expectEnd(.exited(0))
                let summary = try second.summary()
                #expect(summary["near_pairs"] == 60 && summary["records"] == 60)
                let rebuilt = try await second.line(with: "looked through stored texts")
                #expect(rebuilt.contains("mentions=60"), "\(rebuilt)")

                // Without memory for them no near copies are looked for.
                try await farm.publish(Self.records(60, edited: true))
                let third = farm.worker("--until-caught-up", "--copy-memory", "0")
                try await third.expectEnd(.exited(0))
                #expect(try third.summary()["near_pairs"] == 0)
                #expect(third.lines(with: "looked through stored texts").isEmpty)
            }
        }

        /// How one stream goes through a farm.
        private struct Way: Sendable {
            var name: String
            var workers: Int
            var records: [TestRecord]
            var isKilled = true
        }

        /// The same mentions through one, two and four workers, in two orders, keyed by sketch and by id, with a kill in
        /// the middle: the clusters are those of one worker that nothing has disturbed.
        @Test func clustersDoNotDependOnWhoFindsThem() async throws {
            let stream = try TestStream(seed: 31, count: 3_000)
            let ways = [
                Way(name: "1 worker, by id", workers: 1, records: stream.records, isKilled: false),
                Way(name: "2 workers, by sketch", workers: 2, records: stream.keyedBySketch(stream.records)),
                Way(name: "4 workers, by id, another order", workers: 4, records: stream.shuffled(seed: 5)),
                Way(
                    name: "1 worker, by sketch, another order",
                    workers: 1,
                    records: stream.keyedBySketch(stream.shuffled(seed: 6))
                ),
            ]
            let snapshots = try await withThrowingTaskGroup(of: (Int, Snapshot).self) { group in
                for (index, way) in ways.enumerated() {
                    group.addTask { (index, try await Self.run(way)) }
                }
                return try await group.reduce(into: [Int: Snapshot]()) { $0[$1.0] = $1.1 }
            }
            let reference = try #require(snapshots[0])
            for (index, way) in ways.enumerated().dropFirst() {
                try #require(snapshots[index]).expectEqual(to: reference, "\(way.name)")
            }
        }

        private static func run(_ way: Way) async throws -> Snapshot {
            var snapshot: Snapshot?
            try await Farm.run { farm in
                func worker() -> Child { farm.worker("--batch-records", "100", "--held-records", "400") }
                let half = way.records.count / 2
                try await farm.publish(Array(way.records[..<half]))
                var workers = (0..<way.workers).map { _ in worker() }
                if way.isKilled {
                    try await farm.records(reach: half / 3)
                    try await wait(for: "a worker to kill") { workers[0].processID != nil }
                    try workers[0].signal(SIGKILL)
                    try await workers[0].expectEnd(.signaled(SIGKILL))
                    workers[0] = worker()
                }
                try await farm.publish(Array(way.records[half...]))
                try await farm.records(reach: way.records.count)
                try await farm.relatedToTheEnd()
                for worker in workers { try worker.signal(SIGTERM) }
                for worker in workers { try await worker.expectEnd(.exited(0)) }
                let near = try await farm.database.number(
                    "SELECT count(*) FROM mention_farm.cluster WHERE texts > 1"
                )
                #expect(near > 20, "\(way.name): \(near) clusters with near copies")
                try await farm.expectVerified(records: way.records.count, "\(way.name)")
                snapshot = try await Snapshot.take(of: farm.database, positions: false, relations: true)
            }
            return try #require(snapshot)
        }
    }
}
