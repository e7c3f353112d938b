import Foundation
import Testing

extension FarmUnderFaults {
    /// A minute of faults of every kind, with services of its own: `mention-nemesis --smoke`.
    @Suite struct Nemesis {
        private struct Summary: Decodable {
            var green: Bool
            var faults: [String: Int]
            var lost: Int
            var twice: Int
            var records: Int
            var published: Int
        }

        /// `FARM_SEED` says which minute.
        @Test(.ownBroker, .ownServer) func aMinuteOfFaultsLosesNothing() async throws {
            var seed = ProcessInfo.processInfo.environment["FARM_SEED"].flatMap { UInt64($0) } ?? 7
            try await Programs.run { programs in
                let history = programs.file("history.json")
                func start() -> Child {
                    let arguments = ["--smoke", "--seed", "\(seed)", "--history", history]
                    // A trace of all threads would push what an assertion says out of sight.
                    return programs.start(
                        "mention-nemesis",
                        arguments,
                        environment: ["SWIFT_BACKTRACE": "enable=no"]
                    )
                }
                var nemesis = start()
                var status = try await nemesis.end(within: .seconds(300))
                // librdkafka's mock cluster, which is the broker here, asserts now and then when members come and go on
                // a slow machine. That says nothing about the farm: another minute.
                for _ in 0..<2 where status == .signaled(SIGABRT) && nemesis.log.contains("kafka_mock") {
                    print("the mock cluster aborted: \(nemesis.lines(with: "kafka_mock").first ?? "")")
                    seed &+= 1
                    nemesis = start()
                    status = try await nemesis.end(within: .seconds(300))
                }
                #expect(status == .exited(0), "\(nemesis.output)\n\(nemesis.log.suffix(4_000))")
                let line = try #require(nemesis.output.split(separator: "\n").last, "no summary")
                let summary = try JSONDecoder().decode(Summary.self, from: Data(line.utf8))
                #expect(summary.green)
                #expect(summary.lost == 0 && summary.twice == 0)
                #expect(summary.records >= summary.published)
                // Most kinds find something to break in a minute, whatever else is going on.
                #expect(summary.faults.count >= 12, "\(summary.faults)")
                #expect(FileManager.default.fileExists(atPath: history))
            }
        }
    }
}
