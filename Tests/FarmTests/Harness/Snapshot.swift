import Persistence
import PostgresClient
import Testing

/// What the views hold, to be compared with what those of another database hold.
struct Snapshot: Sendable {
    private var tables: [(name: String, rows: [String])] = []

    /// Reads the views.
    ///
    /// - Parameters:
    ///   - positions: whether topic positions count: those of two runs over one topic agree.
    ///   - relations: whether clusters count; everything must be related.
    static func take(of database: TestDatabase, positions: Bool, relations: Bool) async throws -> Snapshot {
        let place = positions ? ", kafka_topic, kafka_partition, kafka_offset" : ""
        let cluster = relations ? ", cluster_id, is_copy" : ""
        let copies = relations ? ", copies" : ""
        var queries = [
            "mention": """
            SELECT source, native_id, brands, author_id, author_handle, author_name, published_at, title, text, lang,
                   url, in_reply_to, repost_of, conversation, likes, reposts, replies, sentiment, sentiment_score,
                   emotion, intents, irony, offensive, spam, model_version\(place)\(cluster)
            FROM mention_farm.mention
            """,
            "sentiment_by_hour": """
            SELECT brand, hour, mentions, positive, neutral, negative, unknown\(copies)
            FROM mention_farm.sentiment_by_hour
            """,
            // The score follows the day on which it is asked for: the counts that it comes from don't.
            "advocate": """
            SELECT brand, source, author_id, author_handle, author_name, mentions, positive, neutral, negative, unknown,
                   followers, first_at, last_at\(copies)
            FROM mention_farm.advocate
            """,
            "totals": """
            SELECT sum(records), sum(new_mentions), sum(redeliveries), sum(revisions), sum(dead_letters)
            FROM mention_farm.progress
            """,
            "dead_letter": """
            SELECT reason, detail, md5(payload), payload_bytes, status\(place) FROM mention_farm.dead_letter
            """,
        ]
        if positions {
            // Which of two equal bodies is the new one is a matter of arrival; where things stand is not.
            queries["progress"] =
                "SELECT partition, next_offset, records, dead_letters, paused FROM mention_farm.progress"
        }
        if relations {
            queries["cluster"] = """
                SELECT cluster_id, brands, size, authors, canonical_source, canonical_native_id, first_at, last_at
                FROM mention_farm.cluster
                """
        }
        var snapshot = Snapshot()
        for (name, query) in queries.sorted(by: { $0.key < $1.key }) {
            let rows = try await database.strings("SELECT t::text FROM (\(query)) AS t ORDER BY t::text COLLATE \"C\"")
            snapshot.tables.append((name, rows))
        }
        return snapshot
    }

    /// Asserts that both hold the same, and names what differs.
    func expectEqual(to other: Snapshot, _ comment: Comment, _ location: SourceLocation = #_sourceLocation) {
        for (mine, theirs) in zip(tables, other.tables) {
            #expect(!mine.rows.isEmpty, "\(mine.name) is empty", sourceLocation: location)
            guard mine.rows != theirs.rows else { continue }
            let (left, right) = (Set(mine.rows), Set(theirs.rows))
            let missing = right.subtracting(left).sorted()
            let surplus = left.subtracting(right).sorted()
            Issue.record(
                """
                \(comment): \(mine.name) differs: \(mine.rows.count) and \(theirs.rows.count) rows; \
                \(surplus.count) only here \(surplus.prefix(2)), \(missing.count) only there \(missing.prefix(2))
                """,
                sourceLocation: location
            )
        }
    }
}

extension Farm {
    /// Relates all that is left, in this process; no worker may run.
    func relateAll() async throws {
        let relating = Relating(owner: "farm-tests", copyMemory: 16 << 20)
        try await wait(for: "everything related") { try await relating.step(on: database.connection) == .idle }
        try await relating.release(on: database.connection)
        try await relatedToTheEnd()
    }
}
