@testable import Persistence
import PostgresClient
import Testing

/// All that a log leaves behind, as lines of text that name things instead of numbering them.
struct WritingTables: Equatable {
    var mentions: [String] = []
    var authors: [String] = []
    var ledger: [String] = []
    /// By brand, hour and source; and the wishes.
    var hours: [String] = []
    var deadLetters: [String] = []
    /// Identities, further bodies.
    var counts: [Int64] = []
    /// Records, new mentions, re-deliveries, revisions, dead letters.
    var totals: [Int64] = []

    /// Fields of a line. Everything but ASCII is escaped: two spellings of one letter compare as equal strings.
    static func line(_ fields: [String?]) -> String {
        fields.map { field in
            guard let field else { return "NULL" }
            return field.unicodeScalars.map { $0.isASCII ? String($0) : "<\(String($0.value, radix: 16))>" }.joined()
        }.joined(separator: "|")
    }

    /// Says where two differ, with a few lines of each table.
    func expect(equal other: WritingTables, _ what: String) {
        compare(mentions, other.mentions, "\(what): mentions")
        compare(authors, other.authors, "\(what): authors")
        compare(ledger, other.ledger, "\(what): ledger")
        compare(hours, other.hours, "\(what): hours")
        compare(deadLetters, other.deadLetters, "\(what): dead letters")
        #expect(counts == other.counts, "\(what): identities, bodies")
        #expect(totals == other.totals, "\(what): records, new, re-deliveries, revisions, dead letters")
    }

    private func compare(_ mine: [String], _ theirs: [String], _ what: String) {
        guard mine != theirs else { return }
        let missing = Set(theirs).subtracting(mine).sorted().prefix(3)
        let extra = Set(mine).subtracting(theirs).sorted().prefix(3)
        Issue.record("\(what): \(mine.count) rows for \(theirs.count); missing \(missing); too many \(extra)")
    }
}

extension WritingTables {
    /// Reads the tables of a database.
    static func read(_ connection: PostgresConnection) async throws -> WritingTables {
        var tables = WritingTables()
        tables.mentions = try await lines(mentionSQL, connection)
        tables.authors = try await lines(
            """
            SELECT ARRAY[s.name, a.author_key, a.profile_day::text, a.verified::text, a.handle, a.name]
            FROM author a JOIN source s USING (source_no)
            """,
            connection
        )
        tables.ledger = try await lines(
            """
            SELECT ARRAY[b.name, l.day::text, s.name, a.author_key, l.mentions::text, l.positive::text, l.neutral::text,
                l.negative::text, l.unknown::text, l.answers::text, l.passed_on::text, l.followers_known::text,
                l.score_sum::text, l.likes::text, l.reposts::text, l.replies::text, l.followers_sum::text,
                l.copies::text, (extract(epoch FROM l.first_at) * 1000000)::bigint::text,
                (extract(epoch FROM l.last_at) * 1000000)::bigint::text]
            FROM ledger l JOIN brand b USING (brand_no) JOIN author a USING (author_no) JOIN source s USING (source_no)
            """,
            connection
        )
        tables.hours = try await lines(
            """
            SELECT ARRAY[b.name, h.hour::text, s.name, \(counted("h"))]
            FROM (SELECT brand_no, hour, source_no, \(HourWriting.counted.map { "sum(\($0)) AS \($0)" }.joined(separator: ", "))
                  FROM hour_sum GROUP BY 1, 2, 3) AS h
            JOIN brand b USING (brand_no) JOIN source s USING (source_no)
            WHERE \(HourWriting.counted.map { "h.\($0) <> 0" }.joined(separator: " OR "))
            UNION ALL
            SELECT ARRAY['wish', b.name, w.hour::text, s.name, m.native_id]
            FROM wish_mention w JOIN brand b USING (brand_no) JOIN mention m USING (mention_no)
            JOIN source s USING (source_no)
            """,
            connection
        )
        tables.deadLetters = try await lines(
            """
            SELECT ARRAY[kafka_partition::text, kafka_offset::text, reason, encode(payload, 'hex'),
                payload_bytes::text, (extract(epoch FROM record_timestamp) * 1000)::bigint::text, status]
            FROM dead_letter
            """,
            connection
        )
        tables.counts = [
            try await connection.number("SELECT count(*) FROM mention_identity"),
            try await connection.number("SELECT count(*) FROM mention_body"),
        ]
        let sums = try await connection.run(
            "SELECT sum(records), sum(new_mentions), sum(redeliveries), sum(revisions), sum(dead_letters) FROM progress"
        )
        tables.totals = (0..<5).map { sums.int8(0, $0) ?? -1 }
        return tables
    }

    private static let mentionSQL = """
        SELECT ARRAY[v.source, v.native_id, array_to_string(v.brands, ','), v.author_id, v.author_handle,
            v.author_name, (extract(epoch FROM v.published_at) * 1000000)::bigint::text, v.title, v.text, v.lang, v.url,
            v.in_reply_to, v.repost_of, v.conversation, v.likes::text, v.reposts::text, v.replies::text, v.sentiment,
            round(v.sentiment_score * 10000)::text, v.emotion, array_to_string(v.intents, ','), round(v.irony * 10000)::text,
            round(v.offensive * 10000)::text, round(v.spam * 10000)::text, (v.cluster_id = left(md5(v.source || ':' || v.native_id), 16))::text,
            v.is_copy::text, v.model_version, v.kafka_topic, v.kafka_partition::text, v.kafka_offset::text,
            v.kafka_incarnation::text, v.author_followers::text,
            (extract(epoch FROM m.version_at) * 1000000)::bigint::text, m.body_hash::text, m.text_hash::text,
            m.brands_matched::text]
        FROM mention_farm.mention v JOIN mention_store.mention m USING (mention_no)
        """

    private static func counted(_ table: String) -> String {
        HourWriting.counted.map { "\(table).\($0)::text" }.joined(separator: ", ")
    }

    private static func lines(_ sql: String, _ connection: PostgresConnection) async throws -> [String] {
        let rows = try await connection.run(sql)
        return try (0..<rows.rowCount).map { line(try #require(rows.textArray($0, 0))) }.sorted()
    }
}
