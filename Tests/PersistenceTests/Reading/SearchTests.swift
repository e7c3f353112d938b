import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct SearchTests {
        private static let words = [
            "Kelvin", "\u{212A}elvin", "İstanbul", "istanbul", "ISTANBUL", "straße", "STRASSE", "ΟΔΟΣ", "οδος", "café",
            "CAFÉ", "up-to-date", "up", "date", "battery", "BatTery", "batteries", "3d", "1.5mm", "mm", "foo_bar",
            "foo",
            "http://example.com/Path?q=1", "example.com", "a@b.example", "<b>bold</b>", "&amp;", "rock'n'roll", "日本語",
            "does", "not", "last", "or", "C:\\temp", "x|y",
        ]

        private static func text(_ random: inout SeededGenerator, _ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &random)).map { _ in
                let word = words.randomElement(using: &random) ?? ""
                return Int.random(in: 0..<4, using: &random) == 0 ? word.uppercased() : word
            }.joined(separator: [" ", ", ", "  "].randomElement(using: &random) ?? " ")
        }

        private static func query(_ random: inout SeededGenerator) -> String {
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                switch Int.random(in: 0..<6, using: &random) {
                case 0: "\"\(text(&random, 2...3))\""
                case 1: "-\(words.randomElement(using: &random) ?? "")"
                case 2: "\(text(&random, 1...1)) or \(text(&random, 1...1))"
                default: text(&random, 1...1)
                }
            }.joined(separator: " ")
        }

        /// All pages of a search, one after the other.
        private func all(
            _ search: MentionSearch,
            by limit: Int32,
            _ connection: PostgresConnection
        ) async throws -> [String] {
            var found: [String] = []
            var after: String?
            while true {
                let page = try await search.page(limit: limit, after: after, on: connection)
                found += page.map(\.nativeID)
                guard page.count == Int(limit), let last = page.last else { return found }
                after = last.cursor
            }
        }

        private func matching(_ words: String, _ condition: String, _ connection: PostgresConnection) async throws
            -> [String]
        {
            try await connection.strings(
                """
                SELECT native_id FROM mention m
                WHERE mention_words(m.title, m.text) @@ search_query($1) AND \(condition) ORDER BY mention_no DESC
                """,
                [.text(words)]
            )
        }

        /// What the words decide is the same in partitions with and without an index, and on pages of every size.
        @Test(arguments: [UInt64(1), 2])
        func findsTheSameWithAndWithoutIndex(seed: UInt64) async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var random = SeededGenerator(seed: seed)
                var farm = try await TestFarm(connection, partition: 0)
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                var id = 0
                for part in 0..<3 {
                    try await farm.write(
                        new: (0..<60).map { _ in
                            id += 1
                            var draft = Draft(id: id, second: Int64(id * 60), hash: Int64(id))
                            draft.author = [1, 4, 7].randomElement(using: &random) ?? 1
                            draft.sentiment = [nil, -1, 0, 1].randomElement(using: &random) ?? nil
                            draft.brands = Bool.random(using: &random) ? [1] : [2, 3]
                            draft.text = Self.text(&random, 1...8)
                            draft.title = Bool.random(using: &random) ? Self.text(&random, 1...3) : nil
                            return draft
                        }
                    )
                    guard part < 2 else { break }
                    try await upkeep.rollOver(on: connection)
                    try await finish(Relating(owner: "a", copyMemory: 0), connection)
                }
                #expect(try await connection.number("SELECT count(DISTINCT tableoid) FROM mention") == 3)
                var queries = (0..<60).map { _ in Self.query(&random) }
                queries += ["kelvin", "istanbul", "C:\\temp", "up-to-date", "example.com", "\"foo_bar date\""]
                for indexed in 0...2 {
                    if indexed > 0 { #expect(try await upkeep.indexOneClosed(on: connection) == Int32(indexed)) }
                    for (place, query) in queries.enumerated() {
                        let nodes = try await connection.run("SELECT numnode(search_query($1))", [.text(query)])
                        guard nodes.int4(0, 0) != 0 else { continue }
                        var search = MentionSearch(query)
                        var condition = "true"
                        switch place % 5 {
                        case 1:
                            search.brand = "brand2"
                            condition = "brands @> ARRAY[2]"
                        case 2:
                            search.author = "author4"
                            search.sentiment = "unknown"
                            condition = "author_no = 4 AND sentiment IS NULL"
                        case 3:
                            search.since = (1_767_225_600 + 2_000) * 1_000_000
                            search.until = (1_767_225_600 + 9_000) * 1_000_000
                            condition = "extract(epoch FROM published_at) - 1767225600 BETWEEN 2000 AND 8999"
                        default: break
                        }
                        let expected = try await matching(query, condition, connection)
                        let found = try await all(search, by: [1, 7, 100][place % 3], connection)
                        #expect(found == expected, "seed \(seed), \(indexed) indexed: \(query)")
                        search.order = .rank
                        let ranked = try await all(search, by: [3, 50][place % 2], connection)
                        #expect(Set(ranked) == Set(expected) && ranked.count == expected.count, "by rank: \(query)")
                    }
                }
            }
        }

        @Test func filtersAndRanks() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, second: 0, hash: 1, sentiment: 1, brands: [1], text: "battery, battery, battery"),
                    Draft(
                        id: 2,
                        source: 2,
                        author: 2,
                        second: 10,
                        hash: 2,
                        sentiment: -1,
                        text: "a battery of many words"
                    ),
                    Draft(id: 3, second: 20, hash: 1, sentiment: 1, brands: [1], text: "battery, battery, battery"),
                ])
                try await finish(Relating(owner: "a", copyMemory: 0), connection)
                func found(_ change: (inout MentionSearch) -> Void) async throws -> [String] {
                    var search = MentionSearch()
                    change(&search)
                    return try await search.page(limit: 10, on: connection).map(\.nativeID)
                }
                #expect(try await found { _ in } == ["m3", "m2", "m1"])
                #expect(try await found { $0.sentiment = "negative" } == ["m2"])
                #expect(try await found { $0.source = "reddit" } == ["m2"])
                #expect(try await found { $0.source = "nowhere" }.isEmpty)
                #expect(try await found { $0.intent = "complaint" } == ["m3", "m2", "m1"])
                #expect(try await found { $0.intent = "threat" }.isEmpty)
                #expect(try await found { $0.emotion = "joy" }.isEmpty)
                #expect(try await found { $0.author = "author2" } == ["m2"])
                #expect(try await found { $0.author = "handle2" } == ["m2"])
                #expect(try await found { $0.brand = "nobody" }.isEmpty)
                let cluster = try await connection.strings("SELECT cluster_id FROM mention_farm.cluster")
                #expect(try await found { $0.cluster = cluster.first } == ["m3", "m1"])
                #expect(
                    try await found {
                        $0.cluster = cluster.first
                        $0.words = "battery -many"
                        $0.until = (1_767_225_600 + 20) * 1_000_000
                    } == ["m1"]
                )
                #expect(
                    try await found {
                        $0.words = "battery"
                        $0.order = .rank
                    }.last == "m2"
                )
                for sql in [
                    "search_mentions('?!')", "search_mentions('a', sentiment => 'good')",
                    "search_mentions('a', sort => 'x')",
                    "search_mentions('a', intent => 'x')", "search_mentions('a', emotion => 'x')",
                    "search_mentions('a', after => 'r1.2.3')", "search_mentions('a', sort => 'rank', after => 'n1')",
                ] {
                    #expect(await refusal("SELECT FROM mention_farm.\(sql)", connection) == "22023", "\(sql)")
                }
            }
        }

        /// A reader searches, and reaches nothing else by it.
        @Test func readersSearch() async throws {
            try await RoleLogins.with { logins, owner in
                try await TestFarm.prepare(owner)
                var farm = try await TestFarm(owner, partition: 0)
                try await farm.write(new: [Draft(id: 1, hash: 1, text: "battery")])
                let reader = try await logins.reader.connect()
                #expect(try await MentionSearch("battery").page(limit: 5, on: reader).map(\.nativeID) == ["m1"])
                let inner = "search_numbers('a', null, null, null, null, null, null, null, null, null, 9, 9)"
                #expect(await refusal("SELECT mention_store.\(inner)", reader) == "42501")
                await reader.close()
            }
        }

        /// A partition is closed when the batches that were open have ended, though the step has a backlog.
        @Test func closesFullPartitionsBehindABacklog() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [Draft(id: 1, hash: 1, text: "first")])
                let other = try await database.connect()
                var late = try await TestFarm(other, partition: 1)
                try await late.begin()
                try await late.effects(new: [Draft(id: 2, hash: 2, text: "late")], revised: [])
                let upkeep = Upkeep(width: 1_024, ahead: 1_024)
                try await upkeep.rollOver(on: connection)
                let closed = "SELECT count(*) FROM mention_partition WHERE closed_at IS NOT NULL"
                var closing = try await upkeep.closeFull(.init(), on: connection)
                #expect(closing == .init())
                _ = try await connection.run("SELECT setval('mention_block', 500000)")
                try await upkeep.rollOver(on: connection)
                for _ in 0..<3 { closing = try await upkeep.closeFull(closing, on: connection) }
                #expect(closing != .init())
                #expect(try await connection.number(closed) == 0)
                #expect(try await !upkeep.isIndexDue(on: connection))
                try await late.commit(records: 1)
                // Batches that begin later don't matter.
                try await farm.begin()
                closing = try await upkeep.closeFull(closing, on: other)
                #expect(try await other.number(closed) == 1)
                #expect(closing == .init())
                _ = try await connection.run("ROLLBACK")
                #expect(try await upkeep.isIndexDue(on: connection))
                #expect(try await upkeep.indexOneClosed(on: connection) == 1)
                #expect(try await !upkeep.isIndexDue(on: connection))
                #expect(try await MentionSearch("late").page(limit: 5, on: connection).map(\.nativeID) == ["m2"])
                await other.close()
            }
        }
    }
}

@Suite struct SearchSnippetTests {
    private func marked(_ text: String, _ words: String?, _ width: Int) -> String {
        SearchSnippet(text, words: words, width: width).pieces.map { $0.isHit ? "[\($0.text)]" : $0.text }.joined()
    }

    @Test func marksWhatWasSearchedFor() {
        #expect(marked("The Battery lasts", "battery -lasts", 40) == "The [Battery] lasts")
        #expect(marked("a batteries b", "battery", 40) == "a batteries b")
        #expect(marked("Café, ÇA VA", "\"ça va\" or tea", 40) == "Café, [ÇA] [VA]")
        #expect(marked("whole", nil, 40) == "whole")
        #expect(marked("", "a", 40).isEmpty)
    }

    @Test func cutsAroundTheFirstHit() {
        let text = String(repeating: "word ", count: 40) + "needle " + String(repeating: "more ", count: 40)
        let shown = marked(text, "needle", 30)
        #expect(shown.contains("[needle]") && shown.hasPrefix("…") && shown.hasSuffix("…"))
        #expect(shown.count == 30 + 2 + 2)
        #expect(marked(text, "absent", 30).hasPrefix("word"))
        #expect(marked("x needle", "needle", 1) == "x [needle]")
    }
}
