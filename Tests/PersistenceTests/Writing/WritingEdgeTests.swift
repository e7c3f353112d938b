import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct WritingEdgeTests {
        private static func log(_ payloads: [[UInt8]?], partition: Int32 = 0) -> [WritingRecord] {
            payloads.enumerated().map {
                WritingRecord(partition: partition, offset: Int64($0.offset), payload: $0.element)
            }
        }

        // MARK: Poison

        /// No payload is known that the decoder takes and PostgreSQL refuses, so a constraint stands in for one.
        @Test func refusedRecordsBecomeDeadLettersAlone() async throws {
            try await TestDatabase.with { database, connection in
                try await connection.execute(
                    script: "ALTER TABLE mention ADD CONSTRAINT no_poison CHECK (text NOT LIKE '%poison%')"
                )
                var payloads = (0..<20).map { MentionRecord.writing("id \($0)", text: "text \($0)").json }
                payloads[4] = MentionRecord.writing("id 4", text: "poison").json
                payloads[5] = MentionRecord.writing("id 5", text: "poison too").json
                // A revision of a mention that stands: the refusal comes from an UPDATE.
                payloads.append(MentionRecord.writing("id 7", text: "late poison", edited: 60).json)
                let shell = try await WritingShell(database, connection)
                try await shell.take(
                    Self.log(payloads) + Self.log([MentionRecord.writing("other").json], partition: 1),
                    most: 100,
                    on: connection
                )
                try await shell.run(most: 1_000)
                #expect(await shell.refused == ["23514": 3])
                let letters = try await connection.run(
                    "SELECT kafka_offset, reason, detail, payload FROM dead_letter ORDER BY kafka_offset"
                )
                #expect((0..<letters.rowCount).map { letters.int8($0, 0) } == [4, 5, 20])
                for row in 0..<letters.rowCount {
                    #expect(letters.string(row, 1) == "rejected_by_database")
                    #expect(letters.string(row, 2)?.contains("23514") == true)
                    #expect(letters.string(row, 2)?.contains("poison") == false)
                    #expect(letters.bytes(row, 3) == payloads[Int(letters.int8(row, 0) ?? 0)])
                }
                let ids = try await connection.strings("SELECT native_id FROM mention_farm.mention ORDER BY 1")
                let expected = (0..<20).filter { $0 != 4 && $0 != 5 }.map { "id \($0)" } + ["other"]
                #expect(ids == expected.sorted())
                #expect(
                    try await connection.strings("SELECT text FROM mention WHERE native_id = 'id 7'") == ["text 7"]
                )
                let sums = try await connection.run(
                    "SELECT sum(records), sum(new_mentions), sum(revisions), sum(dead_letters) FROM progress"
                )
                #expect((0..<4).map { sums.int8(0, $0) } == [22, 19, 0, 3])
                try await connection.execute(script: "ALTER TABLE mention DROP CONSTRAINT no_poison")
                try await expectVerified(connection)
            }
        }

        // MARK: Roll-over

        @Test func numbersGoOnInNewPartitionsOfTheTable() async throws {
            try await TestDatabase.with { database, connection in
                _ = try await connection.run("SELECT setval('mention_block', 499200)")
                let payloads = (0..<1_500).map { MentionRecord.writing("id \($0)").json }
                let shell = try await WritingShell(database, connection)
                try await shell.take(Self.log(payloads), most: 100, on: connection)
                try await shell.run(most: 300)
                #expect(await shell.failures.contains(.rollOverNeeded))
                #expect(try await connection.number("SELECT count(*) FROM mention") == 1_500)
                #expect(try await connection.number("SELECT count(DISTINCT tableoid) FROM mention") >= 2)
                #expect(try await connection.number("SELECT sum(new_mentions) FROM progress") == 1_500)
                #expect(try await connection.number("SELECT max(mention_no) FROM mention") >= 500_000)
            }
        }

        // MARK: Dead letters

        @Test func whatIsTooLargeIsKeptAsItsHead() async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                var random = WritingRandom(seed: 5)
                let size: Int64 = 1 << 20
                let large = (0..<size + 1).map { _ in UInt8.random(in: 0...255, using: &random) }
                let largest = Array(large.dropLast())
                try await desk.write(.of(0, 0, [large, largest, nil, []]))
                let rows = try await connection.run(
                    """
                    SELECT kafka_offset, reason, payload, payload_bytes, payload_sha256, payload_sha256 = sha256($1)
                    FROM dead_letter ORDER BY kafka_offset
                    """,
                    [.bytea(large)]
                )
                #expect((0..<4).map { rows.string($0, 1) } == ["too_large", "not_utf8", "tombstone", "bad_json"])
                #expect(rows.bytes(0, 2) == Array(large.prefix(65_536)))
                #expect(rows.int8(0, 3) == size + 1)
                #expect(rows.bool(0, 5) == true)
                #expect(rows.bytes(1, 2) == largest && rows.int8(1, 3) == size && rows.isNull(1, 4))
                #expect(rows.isNull(2, 2) && rows.int8(2, 3) == 0 && rows.isNull(2, 4))
                #expect(rows.bytes(3, 2) == [] && rows.int8(3, 3) == 0)
            }
        }

        // MARK: Ledger bounds

        @Test func boundsOfTheLedgerShrinkWithRevisions() async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                let day: Int64 = 86_400
                func expect(_ lines: String..., location: SourceLocation = #_sourceLocation) async throws {
                    let found = try await connection.strings(
                        """
                        SELECT concat_ws(' ', b.name, a.author_key, l.day - 20454, l.mentions,
                            (extract(epoch FROM first_at) - 1767225600)::bigint,
                            (extract(epoch FROM last_at) - 1767225600)::bigint)
                        FROM ledger l JOIN brand b USING (brand_no) JOIN author a USING (author_no) ORDER BY 1
                        """
                    )
                    #expect(found == lines, sourceLocation: location)
                }
                try await desk.write(
                    .of(0, 0, [100, 200, 300].map { MentionRecord.writing("m\($0)", second: $0).json })
                )
                try await expect("acme author 0 3 100 300")
                try await desk.write(.writing("m100", second: 250, edited: 1_000), at: 3)
                try await expect("acme author 0 3 200 300")
                try await desk.write(.writing("m300", second: day + 5, edited: 1_000), at: 4)
                try await expect("acme author 0 2 200 250", "acme author 1 1 \(day + 5) \(day + 5)")
                try await desk.write(.writing("m200", author: "other", second: 200, edited: 1_000), at: 5)
                try await expect(
                    "acme author 0 1 250 250",
                    "acme author 1 1 \(day + 5) \(day + 5)",
                    "acme other 0 1 200 200"
                )
                try await desk.write(.writing("m300", second: 50, edited: 2_000, brands: ["zed"]), at: 6)
                try await expect("acme author 0 1 250 250", "acme other 0 1 200 200", "zed author 0 1 50 50")
                // An older version changes nothing, whatever its time.
                try await desk.write(.writing("m100", second: 1, edited: 500), at: 7)
                try await expect("acme author 0 1 250 250", "acme other 0 1 200 200", "zed author 0 1 50 50")
                try await expectVerified(connection)
            }
        }

        // MARK: Names

        /// Two names that differ in bytes are two, even where Unicode calls them equivalent; in one batch as in two.
        @Test(arguments: [true, false])
        func namesAreBytes(inOneBatch: Bool) async throws {
            try await TestDatabase.with { _, connection in
                let desk = try await WritingDesk(connection)
                let composed = "caf\u{E9}"
                let decomposed = "cafe\u{301}"
                let records = [
                    MentionRecord.writing("1", author: composed, brands: [composed]).json,
                    MentionRecord.writing("2", author: decomposed, brands: [decomposed]).json,
                    MentionRecord.writing("3", author: composed, brands: [composed, decomposed]).json,
                ]
                if inOneBatch {
                    try await desk.write(.of(0, 0, records))
                } else {
                    for (offset, record) in records.enumerated() {
                        try await desk.write(.of(0, Int64(offset), [record]))
                    }
                }
                let rows = try await connection.strings(
                    """
                    SELECT native_id || ' ' || length(author_id) || ' ' ||
                        (SELECT string_agg(length(b)::text, ',' ORDER BY length(b)) FROM unnest(brands) AS b)
                    FROM mention_farm.mention ORDER BY native_id
                    """
                )
                #expect(rows == ["1 4 4", "2 5 5", "3 4 4,5"])
                #expect(try await connection.number("SELECT count(*) FROM ledger") == 3)
            }
        }
    }
}
