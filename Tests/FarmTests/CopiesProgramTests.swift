import Foundation
import MentionModel
import Persistence
import PostgresClient
import Testing

extension WholeFarm {
    /// `mention-admin clusters` and `mention-admin reconcile`, by their command lines.
    @Suite struct CopiesByProgram {
        private static let text =
            "the northern flight was delayed again and nobody at the gate could say when it would leave for the coast"

        /// Three texts, each near the next; one of them twice, with another link.
        private static func records() throws -> [TestRecord] {
            let texts = [
                ("m1", text), ("m2", text + " https://example.com/2"), ("m3", text + " indeed \u{1B}[31m"),
                ("m4", text.replacing("nobody", with: "no one")), ("m5", "thanks"),
                ("m6", text.replacing("nobody at the gate", with: "no one in the hall")),
            ]
            return texts.enumerated().map { index, entry in
                var mention = MentionRecord(
                    id: entry.0,
                    source: "blog",
                    text: entry.1,
                    authorID: "author\(index)",
                    publishedAt: Timestamp(microseconds: 1_767_571_200_000_000 + Int64(index) * 60_000_000)
                )
                mention.brands = ["Acme"]
                return TestRecord(mention, partition: Int32(index))
            }
        }

        private struct Line: Decodable {
            var texts: Int
            var pairs: Int
            var slices: Int
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var beyond_memory: Int
            var uncompared: Int
            var seconds: Double
        }

        private struct Member: Decodable {
            var tier: String
            var jaccard: Double?
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var native_id: String
            var text: String
            var differences: String?
        }

        private static func line(_ child: Child) throws -> Line {
            let last = try #require(child.output.split(separator: "\n").last, "\(child.log)")
            return try JSONDecoder().decode(Line.self, from: Data(last.utf8))
        }

        private static let groups = """
            SELECT string_agg(native_id, ' ' ORDER BY native_id) FROM mention_farm.mention
            GROUP BY cluster_id HAVING count(*) > 1 ORDER BY 1
            """

        @Test func reconcileAndClustersSayWhatIsStored() async throws {
            try await Farm.run { farm in
                try await farm.publish(try Self.records())
                try await farm.worker("--until-caught-up").expectEnd(.exited(0))
                // All near copies escape.
                try await farm.database.run("SELECT mention_store.forget_relations()")
                let blind = Relating(owner: "blind", copyMemory: 0)
                try await wait(for: "all related") { try await blind.step(on: farm.database.connection) == .idle }
                try await blind.release(on: farm.database.connection)
                #expect(try await farm.database.strings(Self.groups) == ["m1 m2"])

                let check = farm.start("mention-admin", ["reconcile", "--check"])
                try await check.expectEnd(.exited(70))
                #expect(check.output.contains("JACCARD") && check.output.contains("m4"), "\(check.output)")
                #expect(check.log.contains("pairs of texts are near and were not joined"), "\(check.log)")
                #expect(!check.log.contains("flight") && !check.output.contains("flight"))
                #expect(try Self.line(check).pairs > 0)
                #expect(try await farm.database.strings(Self.groups) == ["m1 m2"])

                let done = try await farm.succeed("mention-admin", "reconcile", "--memory", "4MB")
                #expect(try Self.line(done).pairs > 0)
                #expect(try Self.line(done).texts == 5)
                #expect(done.log.isEmpty, "quiet in a pipe: \(done.log)")
                #expect(done.output.split(separator: "\n").count == 1)
                #expect(try await farm.database.strings(Self.groups) == ["m1 m2 m3 m4"])
                let again = try await farm.succeed("mention-admin", "reconcile", "--check")
                #expect(again.output.contains("No pair has escaped."))
                try await farm.expectVerified(records: 6)

                let list = try await farm.succeed("mention-admin", "clusters")
                let id = try #require(
                    try await farm.database.strings("SELECT cluster_id FROM mention_farm.cluster").first
                )
                #expect(list.output.contains(id) && list.output.contains("CLUSTER ID"), "\(list.output)")
                let growth = try await farm.succeed(
                    "mention-admin",
                    "clusters",
                    "--sort",
                    "growth",
                    "--within",
                    "2h",
                    "--brand",
                    "Acme",
                    "--json"
                )
                #expect(
                    growth.output.contains("\"per_hour\":2,") && growth.output.contains("\"new\":4,"),
                    "\(growth.output)"
                )

                let shown = try await farm.succeed("mention-admin", "clusters", id, "--limit", "3")
                #expect(shown.output.contains("{+https://example.com/2+}"), "\(shown.output)")
                #expect(shown.output.contains("{+\\u{1b}[31m+}") && !shown.output.contains("\u{1B}"), "\(shown.output)")
                #expect(shown.output.contains("same text") && shown.output.contains("… 1 more"), "\(shown.output)")
                let lines = try await farm.succeed("mention-admin", "clusters", id, "--json")
                    .output.split(separator: "\n").dropFirst()
                let members = try lines.map { try JSONDecoder().decode(Member.self, from: Data($0.utf8)) }
                #expect(members.map(\.native_id) == ["m1", "m2", "m3", "m4"])
                #expect(members.map(\.tier) == ["canonical", "same", "near", "near"])
                #expect(members[0].text == Self.text && members[0].differences == nil)
                #expect(members[3].differences?.contains("[-nobody-] {+no+} {+one+}") == true, "\(members[3])")
                #expect(
                    members[1].jaccard == 1 && members.dropFirst(2).allSatisfy { (0.5..<1).contains($0.jaccard ?? 0) }
                )

                try await farm.database.run("INSERT INTO mention_store.copy_escape VALUES ('evicted', 7)")
                let status = try await farm.succeed("mention-admin", "status")
                #expect(
                    status.output.contains("COPY THRESHOLD") && status.output.contains("evicted"),
                    "\(status.output)"
                )
            }
        }

        @Test func anotherThresholdRelatesAnewBesideAWorker() async throws {
            try await Farm.run { farm in
                try await farm.publish(try Self.records())
                let worker = farm.worker()
                try await farm.records(reach: 6)
                try await farm.succeed("mention-admin", "reconcile")
                #expect(try await farm.database.strings(Self.groups) == ["m1 m2 m3 m4"])

                let refused = farm.start("mention-admin", ["reconcile", "--threshold", "0.6"])
                try await refused.expectEnd(.exited(64))
                #expect(refused.log.contains("all 6 mentions will be related anew"), "\(refused.log)")
                #expect(
                    try await farm.database.number("SELECT threshold::bigint FROM mention_store.copy_setting") == 8_000
                )

                let changed = try await farm.succeed(
                    "mention-admin",
                    "reconcile",
                    "--threshold",
                    "0.6",
                    "--window",
                    "30s",
                    "--yes"
                )
                #expect(changed.log.contains("6 mentions are related anew"), "\(changed.log)")
                #expect(try await farm.database.strings(Self.groups) == [])
                try await farm.succeed("mention-admin", "reconcile", "--window", "7d", "--yes")
                #expect(try await farm.database.strings(Self.groups) == ["m1 m2 m3 m4 m6"])
                let same = try await farm.succeed("mention-admin", "reconcile", "--threshold", "0.6")
                #expect(same.log.contains("it is so already"), "\(same.log)")
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                try await farm.expectVerified(records: 6)
            }
        }

        @Test func wrongCommandLinesAreRefused() async throws {
            try await Farm.run { farm in
                for wrong in [
                    ["--memory", "lots"], ["--memory", "1KB"], ["--threshold", "0.3"], ["--threshold", "75"],
                    ["--window", "0s"], ["--window", "9999d"], ["--check", "--threshold", "0.7"], ["--limit", "3"],
                    ["--since", "yesterday"], ["--since", "2026-02-01", "--until", "2026-01-01"],
                ] {
                    try await farm.start("mention-admin", ["reconcile"] + wrong).expectEnd(.exited(64))
                }
                for wrong in [
                    ["--sort", "age"], ["--within", "6h"], ["--sort", "growth", "--within", "1s"], ["--limit", "0"],
                    ["--since", "yesterday"], ["--brand", "nobody"], ["0123456789abcdef"],
                    ["0123456789abcdef", "--sort", "size"],
                ] {
                    try await farm.start("mention-admin", ["clusters"] + wrong).expectEnd(.exited(64))
                }
                let away = farm.start(
                    "mention-admin",
                    ["reconcile", "--give-up-after", "1s"],
                    environment: ["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"]
                )
                try await away.expectEnd(.exited(69))
            }
        }
    }
}
