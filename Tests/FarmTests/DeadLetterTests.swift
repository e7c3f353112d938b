import Foundation
import Testing

extension FarmUnderFaults {
    /// `mention-admin dead-letters` against a worker that goes on meanwhile.
    @Suite struct DeadLetterCommands {
        private struct Line: Decodable {
            var id: Int64
            var result: String?
            var detail: String?
            var payload: String?
            var status: String?
        }

        private static func json(_ id: Int, padding: Int = 0) -> [UInt8] {
            let more = padding == 0 ? "" : #","padding":"\#(String(repeating: "long ", count: padding))""#
            return Array(
                """
                {"id":"\(id)","source":"blog","text":"hello \(id)","author":{"id":"a"},\
                "published_at":"2026-01-05T00:00:00Z"\(more)}
                """.utf8
            )
        }

        /// Runs a command of `dead-letters` and returns its lines, but for the last where it is a sum.
        private static func lines(_ farm: Farm, _ arguments: String...) async throws -> [Line] {
            let child = farm.start("mention-admin", ["dead-letters"] + arguments)
            try await child.expectEnd(.exited(0))
            return child.output.split(separator: "\n").compactMap { line in
                try? JSONDecoder().decode(Line.self, from: Data(line.utf8))
            }
        }

        private static func refused(_ farm: Farm, _ says: String, _ arguments: String...) async throws {
            let child = farm.start("mention-admin", ["dead-letters"] + arguments)
            try await child.expectEnd(.exited(64))
            #expect(child.log.contains(says), "\(arguments): \(child.log)")
        }

        @Test func peopleCanWorkWithThem() async throws {
            try await Farm.run { farm in
                let tooLarge = Self.json(2, padding: 220_000)
                // Offsets 0…5 of partition 3; each but the first is a dead letter, with ids 1…5.
                let records: [[UInt8]?] = [
                    Self.json(1), tooLarge, Array(#"{"id":"3""#.utf8), nil, Self.json(4, padding: 220_000),
                    Self.json(5, padding: 220_000),
                ]
                try await farm.publish(records.map { TestRecord($0, partition: 3) })
                let worker = farm.worker()
                try await farm.records(reach: 6)
                // One record is not what it was, and one is where nothing is.
                try await farm.database.run(
                    """
                    UPDATE mention_store.dead_letter_record SET payload_sha256 = sha256('') WHERE kafka_offset = 4
                    """
                )
                try await farm.database.run(
                    "UPDATE mention_store.dead_letter_record SET kafka_offset = 70 WHERE kafka_offset = 5"
                )

                let expected = ["1 new", "2 bad_json", "3 tombstone", "4 unavailable", "5 unavailable"]
                let rehearsal = try await Self.lines(farm, "redrive", "--all", "--dry-run", "--json")
                #expect(rehearsal.map { "\($0.id) \($0.result ?? "")" } == expected)
                #expect(try await farm.database.number("SELECT sum(new_mentions)::bigint FROM progress") == 1)
                let redriven = try await Self.lines(farm, "redrive", "--all", "--as", "ada", "--json")
                #expect(redriven.map { "\($0.id) \($0.result ?? "")" } == expected)
                #expect(redriven[2].detail?.contains("--edit FILE") == true)
                #expect(redriven[3].detail?.contains("another record") == true, "\(redriven[3].detail ?? "")")
                #expect(redriven[4].detail?.contains("holds no record there") == true, "\(redriven[4].detail ?? "")")
                #expect(
                    try await farm.database.strings(
                        "SELECT native_id || ' ' || kafka_offset FROM mention_farm.mention ORDER BY 1"
                    ) == ["1 0", "2 1"]
                )

                try await Self.edits(farm)
                try await Self.letsGo(farm)

                // The worker never noticed.
                try await farm.publish([TestRecord(Self.json(7), partition: 3)])
                try await farm.records(reach: 7)
                try await farm.relatedToTheEnd()
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                #expect(!worker.log.contains("another worker holds"))
                try await farm.expectVerified(records: 7)
                try await farm.succeed("mention-admin", "verify")
            }
        }

        private static func edits(_ farm: Farm) async throws {
            let file = farm.programs.file("edited.json")
            try Data(json(3)).write(to: URL(fileURLWithPath: file))
            let edited = try await lines(farm, "redrive", "2", "--edit", file, "--json")
            #expect(edited.map(\.result) == ["new"])
            let again = try await lines(farm, "redrive", "2", "3", "--json")
            #expect(again.map(\.result) == ["already_redriven", "tombstone"])
            let tombstone = try await lines(farm, "redrive", "3", "--edit", file, "--json")
            #expect(tombstone.map(\.result) == ["redelivered"])
            #expect(
                try await farm.database.number(
                    "SELECT count(*) FROM mention_store.dead_letter_audit WHERE edited_bytes = \(json(3).count)"
                ) == 2
            )
            try await refused(farm, "there is no dead letter 77, 99:", "redrive", "2", "99", "77")
            try await refused(farm, "--edit goes with the id of one dead letter", "redrive", "--all", "--edit", file)
            try await refused(farm, "Say which dead letters", "redrive")
            try await refused(farm, "There is no reason code bad_jsn", "list", "--reason", "bad_jsn")
        }

        private static func letsGo(_ farm: Farm) async throws {
            try await farm.succeed("mention-admin", "dead-letters", "discard", "--all", "--because", "a test")
            try await refused(farm, "Say which dead letters", "discard", "--because", "nothing")
            let audit = try await farm.succeed("mention-admin", "dead-letters", "audit", "--json")
            #expect(audit.output.split(separator: "\n").count == 10, "\(audit.output)")
            #expect(audit.output.split(separator: "\n").first?.contains("a test") == true)
            let list = try await lines(farm, "list", "--status", "discarded", "--json")
            #expect(list.map(\.id) == [5, 4])

            let path = farm.programs.file("letters.ndjson")
            try await farm.succeed("mention-admin", "dead-letters", "export", "--output", path)
            try await refused(farm, "exists already", "export", "--output", path)
            let exported = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(exported.map(\.id) == [1, 2, 3, 4, 5])
            #expect(exported[1].payload == Data(#"{"id":"3""#.utf8).base64EncodedString())
            #expect(exported[2].payload == nil)
            #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
        }
    }
}
