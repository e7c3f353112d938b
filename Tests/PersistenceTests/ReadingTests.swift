import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct ReadingTests {
        @Test func searchesOpenAndClosedPartitions() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, second: 0, hash: 1, brands: [1], text: "The Battery does not last", title: "Café"),
                    Draft(id: 2, second: 10, hash: 2, brands: [2], text: "a battery, a life"),
                    Draft(id: 3, second: 20, hash: 3, text: "batteries"),
                ])
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                try await upkeep.rollOver(on: connection)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await farm.write(new: [Draft(id: 4, second: 5, hash: 4, brands: [1], text: "battery again")])
                #expect(try await connection.number("SELECT count(DISTINCT tableoid) FROM mention") == 2)
                // Open and not yet indexed, then indexed: the answers are the same.
                for isIndexed in [false, true] {
                    if isIndexed {
                        #expect(try await upkeep.indexOneClosed(on: connection) == 1)
                        #expect(try await upkeep.indexOneClosed(on: connection) == nil)
                    }
                    func found(
                        _ words: String,
                        brand: String? = nil,
                        since: Int64? = nil,
                        limit: Int32 = 10
                    ) async throws -> [String] {
                        var search = MentionSearch(words)
                        search.brand = brand
                        search.since = since
                        return try await search.page(limit: limit, on: connection).map(\.nativeID)
                    }
                    #expect(try await found("BATTERY") == ["m4", "m2", "m1"])
                    #expect(try await found("battery", limit: 2) == ["m4", "m2"])
                    #expect(try await found("battery", brand: "brand1") == ["m4", "m1"])
                    #expect(try await found("battery", brand: "nobody").isEmpty)
                    #expect(try await found("CAFÉ last") == ["m1"])
                    #expect(try await found("batt").isEmpty)
                    #expect(try await found("battery", since: (1_767_225_600 + 10) * 1_000_000) == ["m2"])
                }
                try await expectVerified(connection)
            }
        }

        @Test func indexesServeTheirQueries() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: (0..<50).map { Draft(id: $0, hash: Int64($0), text: "word\($0)") })
                let upkeep = Upkeep(ahead: 1_000, maximumAge: .seconds(-1))
                try await upkeep.rollOver(on: connection)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                _ = try await upkeep.indexOneClosed(on: connection)
                _ = try await connection.run("SET enable_seqscan = off")
                _ = try await connection.run("SET enable_indexscan = off")
                let search = try await connection.strings(
                    """
                    EXPLAIN SELECT mention_no FROM mention_000001 m
                    WHERE mention_words(m.title, m.text) @@ search_query('word7')
                    """
                )
                #expect(search.contains { $0.contains("mention_000001_terms") })
                let author = try await connection.strings("EXPLAIN SELECT 1 FROM mention_000001 WHERE author_no = 1")
                #expect(author.contains { $0.contains("mention_000001_author") })
            }
        }

        @Test func scoresAdvocates() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                // Relative to now, for weights fade.
                let now = try await connection.number("SELECT extract(epoch FROM now())::bigint - 1767225600")
                var drafts: [Draft] = []
                for id in 0..<40 {
                    let isFan = id % 2 == 0
                    var draft = Draft(id: id, author: isFan ? 1 : 4, second: now - Int64(id) * 40_000, hash: Int64(id))
                    draft.sentiment = isFan ? 1 : -1
                    draft.brands = [1]
                    drafts.append(draft)
                }
                drafts.append(Draft(id: 90, author: 7, second: now, hash: 90, sentiment: 1, brands: [1]))
                drafts.append(
                    Draft(id: 91, source: 3, author: 3, second: now - 40_000_000, hash: 91, sentiment: 1, brands: [1])
                )
                try await farm.write(new: drafts)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                let rows = try await ViewReading.advocates(of: "brand1", limit: 10, on: connection)
                #expect(rows.map(\.authorID).prefix(2) == ["author1", "author7"])
                #expect(rows.first?.band == "advocate")
                #expect(rows.first?.mentions == 20)
                #expect(rows.first?.followers == 100)
                #expect(rows.first { $0.authorID == "author4" }?.band == "critic")
                #expect(rows.first { $0.authorID == "author7" }?.band == "neutral")
                // Who has been silent for a year is neutral, whatever was said.
                #expect(rows.first { $0.authorID == "author3" }?.band == "neutral")
                #expect(rows.allSatisfy { (0...100).contains($0.score) && $0.confidenceLower <= $0.confidenceUpper })
                let critics = try await ViewReading.advocates(of: "brand1", band: "critic", limit: 10, on: connection)
                #expect(critics.map(\.authorID) == ["author4"])
                #expect(try await ViewReading.brandExists("brand1", on: connection))
                #expect(try await !ViewReading.brandExists("Brand1", on: connection))
            }
        }

        @Test func readsStatusAndDeadLetters() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 2)
                try await farm.write(new: [
                    Draft(id: 1, hash: 1, brands: [1]), Draft(id: 2, author: 4, hash: 1, brands: [1]),
                ])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                _ = try await connection.run(
                    """
                    INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation,
                        reason, detail, payload, payload_bytes) VALUES ('group', 1, 2, 9, 0, 'bad_json', 'at byte 1', '\\x7b00', 2)
                    """
                )
                let totals = try await StatusReading.totals(connection)
                #expect(totals.newMentions == 2)
                #expect(totals.clusteredMentions == 2)
                #expect(try await StatusReading.members(connection).map(\.owner) == ["writer"])
                let progress = try await StatusReading.progress(connection, group: "group", topic: "mentions")
                #expect(progress.map(\.nextOffset) == [2])
                #expect(progress.map(\.relatedThrough) == [2])
                #expect(try await StatusReading.progress(connection, group: "other").isEmpty)
                var selection = DeadLetterSelection()
                selection.reason = "bad_json"
                let letters = try await DeadLetterReading.page(of: selection, limit: 5, on: connection)
                #expect(letters.map(\.offset) == [9])
                let id = try #require(letters.first?.id)
                #expect(try await DeadLetterReading.payloads(of: [id], on: connection) == [id: [0x7B, 0]])
                #expect(try await ClusterReading.largest(.init(limit: 5), on: connection).map(\.size) == [2])
            }
        }
    }
}
