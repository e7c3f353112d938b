import Foundation
import KafkaClient
import Runtime

/// The programs that fill the topic, each with a stream of its own.
struct Producers: Sendable {
    /// What the manifests and summaries of all add up to.
    struct Truth: Sendable {
        var published: Int64 = 0
        var failed: Int64 = 0
        var mentions: Int64 = 0
        var revisions: Int64 = 0
        var deadLetters: Int64 = 0
        /// Producers that did not end well.
        var faults: [String] = []
    }

    private struct Manifest: Decodable {
        var mentions: Int64
        var revisions: Int64
        var dead_letters: Int64
    }

    private struct Ending: Decodable {
        var published: Int64
        var failed: Int64
    }

    /// When their mentions begin: far apart, so that no two streams have an id in common that is made from its time.
    private static let starts = ["2025-06-02T00:00:00Z", "2026-01-05T00:00:00Z"]

    /// One request under way at a time. The mock cluster does not keep to the order of an idempotent producer: after an
    /// error it takes the next request and not the one before it, and librdkafka then believes both acknowledged.
    static let inOrder = ("max.in.flight.requests.per.connection", "1")

    private let processes: [(child: ChildProcess, manifest: String)]

    /// Starts them.
    ///
    /// - Parameters:
    ///   - rate: records a second of all together.
    ///   - seconds: how long they will be wanted, about.
    init(
        _ crew: Crew,
        servers: String,
        topic: String,
        folder: String,
        seed: UInt64,
        rate: Int,
        seconds: Double
    ) throws {
        let share = max(1, rate / Self.starts.count)
        // More than they will come to: they are asked to stop. Not much more, so that the days that a stream covers
        // really come.
        let count = Int(Double(share) * (seconds * 2 + 600))
        let path = try ChildProcess.path(of: "mention-producer")
        processes = Self.starts.enumerated().map { index, start in
            let manifest = "\(folder)/manifest-\(index).json"
            // Ids that only count up are left to the first: those of two streams might meet.
            let ids = index == 0 ? [] : ["--snowflake-ids", "0.7", "--random-ids", "0.3"]
            let child = crew.start(
                name: "producer",
                path: path,
                arguments: [
                    "generate", "--seed", "\(seed &+ UInt64(index))", "--rate", "\(share)", "--count", "\(count)",
                    "--start-at", start, "--manifest", manifest,
                    // Large ones would fill what little a partition of the embedded broker holds.
                    "--oversized", "0",
                    // Fuller batches compress better.
                    "--kafka-property", "linger.ms=400", "--kafka-property", "\(Self.inOrder.0)=\(Self.inOrder.1)",
                ] + ids,
                environment: ["KAFKA_BOOTSTRAP_SERVERS": servers, "MENTIONS_TOPIC": topic]
            )
            return (child, manifest)
        }
    }

    /// The names of those that have ended before they were asked to.
    var early: [String] { processes.filter { $0.child.outcome != nil }.map { "\($0.child.name): \($0.child.tail())" } }

    /// Asks them to stop, waits until every record is decided, and reads what they say.
    func stop() async -> Truth {
        var truth = Truth()
        truth.faults = early
        for process in processes {
            process.child.expectEnd()
            process.child.signal(SIGTERM)
        }
        for process in processes {
            let end = await process.child.waitForEnd(within: .seconds(75))
            if end?.isSuccess != true { truth.faults.append("\(process.child.name): \(process.child.tail())") }
            do {
                let line = Data((process.child.lastLine ?? "").utf8)
                let ending = try JSONDecoder().decode(Ending.self, from: line)
                truth.published += ending.published
                truth.failed += ending.failed
                let data = try Data(contentsOf: URL(fileURLWithPath: process.manifest))
                let manifest = try JSONDecoder().decode(Manifest.self, from: data)
                truth.mentions += manifest.mentions
                truth.revisions += manifest.revisions
                truth.deadLetters += manifest.dead_letters
            } catch {
                truth.faults.append("\(process.child.name) said nothing that can be read")
            }
        }
        return truth
    }
}
