import Foundation
import Testing

extension WholeFarm {
    /// The programs with each other.
    @Suite struct ProgramsTogether {
        private struct Manifest: Decodable {
            var records: Double
            var mentions: Double
            var redeliveries: Double
            var revisions: Double
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var dead_letters: Double
        }

        @Test func producerWorkerAndAdminAgree() async throws {
            try await Farm.run(migrated: false) { farm in
                let truth = farm.programs.file("truth.json")
                let brands = farm.programs.file("brands.json")
                try await farm.succeed("mention-admin", "migrate")
                try await farm.succeed("mention-admin", "migrate")
                let producer = try await farm.succeed(
                    "mention-producer",
                    "generate",
                    "--count",
                    "2000",
                    "--seed",
                    "7",
                    "--authors",
                    "500",
                    "--manifest",
                    truth,
                    "--brands-out",
                    brands
                )
                #expect(try producer.summary() == ["read": 2_000, "published": 2_000, "rejected": 0, "failed": 0])
                try await farm.succeed("mention-admin", "brands", "import", brands)
                let worker = farm.worker("--until-caught-up")
                try await worker.expectEnd(.exited(0))
                let summary = try worker.summary()
                let manifest = try JSONDecoder().decode(
                    Manifest.self,
                    from: Data(contentsOf: URL(fileURLWithPath: truth))
                )
                #expect(summary["records"] == manifest.records)
                #expect(summary["new"] == manifest.mentions)
                #expect(summary["redelivered"] == manifest.redeliveries)
                #expect(summary["revisions"] == manifest.revisions)
                #expect(summary["dead_letters"] == manifest.dead_letters)
                try await farm.succeed("mention-admin", "verify")
                try await farm.succeed("mention-admin", "status")
                try await farm.succeed("mention-admin", "lag")
                #expect(
                    try await farm.database.number(
                        "SELECT count(*) FROM mention_farm.mention WHERE cardinality(brands) > 0"
                    ) > 0
                )
                try await farm.expectVerified(records: 2_000)

                // A counter that is wrong is found.
                try await farm.database.run(
                    "UPDATE mention_store.partition_progress SET new_mentions = new_mentions + 1 WHERE partition = 0"
                )
                let verify = farm.start("mention-admin", ["verify"])
                #expect(try await verify.end() != .exited(0), "\(verify.output)")
            }
        }

        @Test func demoEndsByItselfAndLeavesNothing() async throws {
            try await Programs.run { programs in
                let folder = programs.file("temporary")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let demo = programs.start(
                    "mention-demo",
                    ["--seconds", "5", "--partitions", "8", "--rate", "200"],
                    environment: ["TMPDIR": folder]
                )
                try await demo.expectEnd(.exited(0), within: .seconds(150))
                #expect(!demo.output.isEmpty)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
                #expect(Self.processes(mentioning: folder) == [])
            }
        }

        /// The command lines of processes that have a text in it or in their environment.
        private static func processes(mentioning text: String) -> [String] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.filter { Int($0) != nil }.compactMap { process in
                let parts = ["cmdline", "environ"].map { name in
                    (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/\(name)"))) ?? Data()
                }
                let found = parts.contains { String(decoding: $0, as: UTF8.self).contains(text) }
                return found ? String(decoding: parts[0], as: UTF8.self) : nil
            }
        }
    }
}
