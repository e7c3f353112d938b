import Foundation
import Testing

extension WholeFarm {
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
            let seed = ProcessInfo.processInfo.environment["FARM_SEED"] ?? "7"
            try await Programs.run { programs in
                let history = programs.file("history.json")
                let arguments = ["--smoke", "--seed", seed, "--history", history]
                let nemesis = programs.start("mention-nemesis", arguments, environment: [:])
                let status = try await nemesis.end(within: .seconds(300))
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
