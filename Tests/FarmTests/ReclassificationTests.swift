import Classification
import Foundation
import MentionModel
import PostgresClient
import ShippedModel
import Testing

extension WholeFarm {
    /// Models: which one a worker uses, what it stores, and `mention-admin reclassify`.
    @Suite struct Reclassification {
        /// The last line of `mention-admin reclassify`.
        private struct Line: Decodable {
            var examined: Int64
            var changed: Int64?
            var others: Int64?
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var model_version: String
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var would_change: Int64?
        }

        private static func line(_ child: Child) throws -> Line {
            let last = try #require(child.output.split(separator: "\n").last, "\(child.log)")
            return try JSONDecoder().decode(Line.self, from: Data(last.utf8))
        }

        private static let examined = "SELECT coalesce(max(examined), 0) FROM mention_store.reclassify"

        /// Killed, stopped and run to its end beside a worker with the old model, it leaves what a farm holds that had the
        /// new model from the start.
        @Test func endsAsAFarmThatHadTheModelFromTheStart() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 81, count: 1_000)
                try await farm.publish(stream.records)
                let old = farm.worker("--until-caught-up", "--model", "lexicon")
                try await old.expectEnd(.exited(0))
                #expect(old.log.contains("model_version=lexicon-1"))
                try await farm.relateAll()
                let mentions = try await farm.database.number("SELECT count(*) FROM mention_farm.mention")

                let rehearsal = try await farm.succeed("mention-admin", "reclassify", "--dry-run", "--sample", "200")
                let foreseen = try Self.line(rehearsal)
                #expect(foreseen.examined == 200 && (foreseen.would_change ?? 0) > 100, "\(rehearsal.output)")
                #expect(rehearsal.output.contains("BEFORE") && rehearsal.log.isEmpty, "\(rehearsal.log)")
                #expect(try await farm.database.number("SELECT count(*) FROM mention_store.model") == 1)

                let killed = farm.start("mention-admin", ["reclassify", "--batch", "2"])
                try await farm.database.waits(for: "SELECT (\(Self.examined)) > 20")
                try killed.signal(SIGKILL)
                try await killed.end()
                try await farm.expectVerified(records: stream.records.count, "after kill -9")
                let done = try await farm.database.number(Self.examined)
                #expect(done > 20 && done < mentions)

                let stopped = farm.start("mention-admin", ["reclassify", "--batch", "2"])
                try await farm.database.waits(for: "SELECT (\(Self.examined)) > \(done + 20)")
                try stopped.signal(SIGTERM)
                try await stopped.expectEnd(.exited(0))
                let part = try Self.line(stopped)
                #expect(stopped.log.contains("stopped after a batch") && part.others == nil, "\(stopped.log)")
                #expect(part.examined < mentions - done)

                // The rest beside a worker that brings in revisions and new mentions with the old model.
                let more = try TestStream(seed: 81, count: 1_400)
                try await farm.publish(Array(more.records[stream.records.count...]))
                let late = farm.worker("--until-caught-up", "--model", "lexicon")
                let beside = farm.start("mention-admin", ["reclassify", "--batch", "50"])
                try await beside.expectEnd(.exited(0))
                try await late.expectEnd(.exited(0))
                try await farm.expectVerified(records: more.records.count, "beside a worker")
                let left = try await farm.database.number(
                    "SELECT count(*) FROM mention_farm.mention WHERE model_version = 'lexicon-1'"
                )
                if left > 1 {
                    let one = try await farm.succeed("mention-admin", "reclassify", "--limit", "1")
                    #expect(try Self.line(one).others == left - 1)
                    #expect(one.log.contains("\(left - 1) mentions have the verdict of another model"), "\(one.log)")
                }
                let last = try await farm.succeed("mention-admin", "reclassify")
                #expect(try Self.line(last).others == 0)
                #expect(last.log.isEmpty, "quiet in a pipe: \(last.log)")
                try await farm.expectVerified(records: more.records.count, "at the end")

                try await TestDatabase.with { database in
                    let fresh = farm.sibling(database)
                    let worker = fresh.worker("--until-caught-up")
                    try await worker.expectEnd(.exited(0))
                    try await farm.relateAll()
                    try await fresh.relateAll()
                    let mine = try await Snapshot.take(of: farm.database, positions: true, relations: true)
                    let theirs = try await Snapshot.take(of: fresh.database, positions: true, relations: true)
                    mine.expectEqual(to: theirs, "reclassified and fresh")
                    try await farm.expectVerified(records: more.records.count, "and related")
                }
            }
        }

        @Test func aWorkerStoresAllThatTheModelSays() async throws {
            try await Farm.run { farm in
                let texts: [(id: String, text: String, language: String?)] = [
                    ("good", "I love my new kettle, thank you so much!", nil),
                    ("bad", "My order arrived broken and support ignores me, I am so angry", "en-GB"),
                    ("tagged", "I love my new kettle, thank you so much!", "de"),
                    ("german", "Ich habe das gestern gekauft und es ist nicht so gut, aber wir sind noch froh", nil),
                    (
                        "undetermined", "Ich habe das gestern gekauft und es ist nicht so gut, aber wir sind noch froh",
                        "und"
                    ),
                    ("russian", "Мне очень нравится этот чайник", "en"),
                    ("japanese", "このやかんが大好きです", nil),
                ]
                try await farm.publish(
                    texts.map { entry in
                        var mention = MentionRecord(
                            id: entry.id,
                            source: "blog",
                            text: entry.text,
                            authorID: "somebody",
                            publishedAt: Timestamp(microseconds: 1_767_571_200_000_000)
                        )
                        mention.brands = ["Acme"]
                        mention.language = entry.language
                        return TestRecord(mention, partition: 2)
                    }
                )
                try await farm.worker("--until-caught-up").expectEnd(.exited(0))
                let version = try ShippedModel.load().version
                let rows = try await farm.database.strings(
                    """
                    SELECT concat_ws(' ', native_id, lang, coalesce(sentiment, '–'), coalesce(emotion, '–'), intents::text,
                               irony BETWEEN 0 AND 1, offensive BETWEEN 0 AND 1, spam BETWEEN 0 AND 1,
                               model_version ~ '^\(version)\\+[0-9a-f]{8}$')
                    FROM mention_farm.mention ORDER BY native_id
                    """
                )
                try #require(rows.count == 7)
                // Where a probability is null, so is the comparison, and concat_ws leaves it out.
                #expect(rows[0].hasPrefix("bad en-GB negative anger {complaint"), "\(rows[0])")
                #expect(rows[2].hasPrefix("good en positive joy {praise"), "\(rows[2])")
                for row in [rows[0], rows[2]] { #expect(row.hasSuffix(" t t t t"), "\(row)") }
                #expect(
                    [rows[1], rows[3], rows[4], rows[5], rows[6]] == [
                        "german und – – {} t", "japanese und – – {} t", "russian en – – {} t", "tagged de – – {} t",
                        "undetermined und – – {} t",
                    ]
                )
                #expect(
                    try await farm.database.strings(
                        "SELECT concat_ws(' ', positive, negative, unknown) FROM mention_farm.sentiment_by_hour"
                    ) == ["1 1 5"]
                )
                try await farm.expectVerified(records: 7)
            }
        }

        @Test func aModelThatCannotBeUsedIsRefused() async throws {
            try await Farm.run { farm in
                var bytes = ShippedModel.bytes()
                bytes[bytes.count / 2] ^= 1
                let damaged = farm.programs.file("damaged.mfm")
                try Data(bytes).write(to: URL(fileURLWithPath: damaged))
                let text = farm.programs.file("text.mfm")
                try Data("hello".utf8).write(to: URL(fileURLWithPath: text))
                let cases = [
                    (farm.worker("--model", damaged), damaged, "checksum is wrong"),
                    (farm.worker(environment: ["MENTIONS_MODEL": text]), "MENTIONS_MODEL", "not a model file"),
                    (farm.start("mention-admin", ["reclassify", "--model", text + "x"]), text, "no such file"),
                    (
                        farm.start("mention-admin", ["dead-letters", "redrive", "--all", "--model", damaged]), damaged,
                        "copy it again"
                    ),
                ]
                for (child, place, words) in cases {
                    try await child.expectEnd(.exited(78))
                    #expect(
                        child.output.isEmpty && child.log.contains(place) && child.log.contains(words),
                        "\(child.log)"
                    )
                }
                for wrong in [["--sample", "5"], ["--limit", "0"], ["--batch", "99999"], ["--since", "yesterday"]] {
                    try await farm.start("mention-admin", ["reclassify"] + wrong).expectEnd(.exited(64))
                }
                let nobody = farm.start("mention-admin", ["reclassify", "--brand", "nobody"])
                try await nobody.expectEnd(.exited(64))
                #expect(nobody.log.contains("no brand of that name"), "\(nobody.log)")
            }
        }
    }
}
