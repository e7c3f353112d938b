import Advocacy
import MentionModel
@testable import Persistence
import PostgresClient

/// A mention as tests write it. Numbers of source, author and brands are those of ``TestFarm/prepare(_:)``.
struct Draft: Sendable, Equatable {
    var id: Int
    var source: Int32 = 1
    var author: Int64 = 1
    /// Seconds since 2026-01-01.
    var second: Int64 = 0
    var hash: Int64
    var sentiment: Int16? = 0
    var brands: [Int32] = []
    var text = "text"
    var title: String?
    var isMatched = false
    var inReplyTo: String?
    var repostOf: String?
    var conversation: String?

    var publishedAt: Timestamp { Timestamp(microseconds: (1_767_225_600 + second) * 1_000_000) }

    /// The labels of every mention here: complaint, suggestion and praise, as `insert` writes them.
    static let labels = HourLabels(intents: Intents(rawValue: 19))

    func contribution(_ number: Int64, brands: [Int32]? = nil) -> Contribution {
        Contribution(
            mention: number,
            source: source,
            author: author,
            publishedAt: publishedAt,
            brands: brands ?? self.brands,
            sentiment: sentiment.flatMap { Sentiment(rawValue: Int8(clamping: $0)) },
            score: (sentiment ?? 0) * 5_000,
            labels: Self.labels,
            likes: 3,
            reposts: 2,
            replies: 1,
            isAnswer: inReplyTo != nil,
            isRepost: repostOf != nil,
            followers: 100
        )
    }
}

/// A writer that does what a batch must do, statement by statement: the reference against which background step,
/// rematch and verifier are tested. One partition of topic 1 each.
struct TestFarm {
    let connection: PostgresConnection
    let partition: Int32
    var epoch: Int64 = 0
    var offset: Int64 = 0

    /// Sources 1…3, authors 1…9 (of source 1…3 in turn), brands 1…5, topic 1, model 1, partitions for 3,000,000.
    static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            script: """
                INSERT INTO source (name) VALUES ('twitter'), ('reddit'), ('blog');
                INSERT INTO topic (name) VALUES ('mentions');
                INSERT INTO model (version) VALUES ('test-1');
                INSERT INTO brand (name) SELECT 'brand' || i FROM generate_series(1, 5) AS i;
                INSERT INTO author (source_no, author_key, profile_day, profile_hash, handle)
                SELECT (i - 1) % 3 + 1, 'author' || i, 0, 0, 'handle' || i FROM generate_series(1, 9) AS i;
                """
        )
    }

    init(_ connection: PostgresConnection, partition: Int32) async throws {
        self.connection = connection
        self.partition = partition
        let claimed = try await connection.run(
            "SELECT epoch FROM claim('group', 1, ARRAY[$1::integer], 'writer', pg_backend_pid())",
            [.int4(partition)]
        )
        epoch = claimed.int8(0, 0) ?? 0
        _ = try await connection.run(
            "UPDATE partition_progress SET next_offset = 0 WHERE consumer_group = 'group' AND partition = $1",
            [.int4(partition)]
        )
    }

    func begin() async throws {
        _ = try await connection.run("BEGIN")
        _ = try await connection.run(
            "SELECT guard('group', 1, ARRAY[$1::integer], ARRAY[$2::bigint], ARRAY[$3::bigint])",
            [.int4(partition), .int8(epoch), .int8(offset)]
        )
    }

    /// One batch.
    mutating func write(new: [Draft] = [], revised: [Draft] = []) async throws {
        try await begin()
        try await effects(new: new, revised: revised)
        try await commit(records: new.count + revised.count)
    }

    mutating func commit(records: Int) async throws {
        _ = try await connection.run("COMMIT")
        offset += Int64(records)
    }

    /// What a batch does between guard and commit.
    func effects(new: [Draft], revised: [Draft]) async throws {
        var deltas = DeltaBook()
        if !new.isEmpty {
            let blocks =
                try await connection.run("SELECT take_numbers($1)", [.int4(Int32(new.count))])
                .int8Array(0, 0)?.compactMap { $0 } ?? []
            for (index, draft) in new.enumerated() {
                let number = blocks[index / 256] + Int64(index % 256)
                try await insert(draft, number: number, at: offset + Int64(index))
                deltas.add(draft.contribution(number))
            }
        }
        // Locked in one order, whatever the caller's.
        for (index, draft) in revised.sorted(by: { ($0.source, "m\($0.id)") < ($1.source, "m\($1.id)") }).enumerated() {
            let standing = try await standing(draft)
            deltas.replace(
                standing.draft.contribution(standing.number),
                with: draft.contribution(standing.number)
            )
            try await replace(standing.number, draft, index)
        }
        _ = try await connection.pipeline(
            LedgerWriting.statements(deltas, slot: Int16(partition % 16))
                + [
                    PostgresStatement(
                        "advance",
                        """
                        UPDATE partition_progress SET next_offset = next_offset + $1, records = records + $1,
                               new_mentions = new_mentions + $2, revisions = revisions + $3, advanced_at = now()
                        WHERE consumer_group = 'group' AND partition = $4
                        """,
                        [
                            .int8(Int64(new.count + revised.count)), .int8(Int64(new.count)),
                            .int8(Int64(revised.count)), .int4(partition),
                        ]
                    )
                ]
        )
    }

    private func insert(_ draft: Draft, number: Int64, at offset: Int64) async throws {
        _ = try await connection.pipeline([
            PostgresStatement(
                "identity",
                "INSERT INTO mention_identity VALUES ($1, $2, $3, 0)",
                [.int4(draft.source), .text("m\(draft.id)"), .int8(number)]
            ),
            PostgresStatement(
                "mention",
                """
                INSERT INTO mention (mention_no, published_at, version_at, ingested_at, body_hash, text_hash, author_no,
                    likes, reposts, replies, followers, kafka_offset, kafka_partition, topic_no, source_no, incarnation,
                     sentiment, sentiment_score, intents, model_no, brands_matched, brands, native_id, text, title, in_reply_to,
                     repost_of, conversation)
                 VALUES ($1, $2, $2, now(), 0, $3, $4, 3, 2, 1, 100, $5, $6, 1, $7, 0, $8, $9, 19, 1, $10,
                     $11::integer[], $12, $13, $14, $15, $16, $17)
                """,
                [
                    .int8(number), .timestamptz(draft.publishedAt.microseconds), .int8(draft.hash),
                    .int8(draft.author), .int8(offset), .int4(partition), .int4(draft.source),
                    .int2(draft.sentiment), .int2((draft.sentiment ?? 0) * 5_000), .bool(draft.isMatched),
                    .int4Array(draft.brands.map { $0 }), .text("m\(draft.id)"), .text(draft.text), .text(draft.title),
                    .text(draft.inReplyTo), .text(draft.repostOf), .text(draft.conversation),
                ]
            ),
        ])
    }

    private func standing(_ draft: Draft) async throws -> (number: Int64, draft: Draft) {
        let row = try await connection.run(
            """
            SELECT mention_no, author_no, (extract(epoch FROM published_at) - 1767225600)::bigint, text_hash, sentiment,
                   brands, in_reply_to, repost_of
            FROM mention WHERE source_no = $1 AND native_id = $2 FOR UPDATE
            """,
            [.int4(draft.source), .text("m\(draft.id)")]
        )
        var standing = draft
        standing.author = row.int8(0, 1) ?? 0
        standing.second = row.int8(0, 2) ?? 0
        standing.hash = row.int8(0, 3) ?? 0
        standing.sentiment = row.int2(0, 4)
        standing.brands = row.int4Array(0, 5)?.compactMap { $0 } ?? []
        standing.inReplyTo = row.string(0, 6)
        standing.repostOf = row.string(0, 7)
        return (row.int8(0, 0) ?? 0, standing)
    }

    private func replace(_ number: Int64, _ draft: Draft, _ index: Int) async throws {
        _ = try await connection.pipeline([
            PostgresStatement(
                "revised",
                """
                INSERT INTO mention_revised (mention_no, published_at, author_no, text_hash, sentiment, brands,
                    in_reply_to, repost_of, conversation)
                SELECT mention_no, published_at, author_no, text_hash, sentiment, brands, in_reply_to, repost_of,
                       conversation
                FROM mention WHERE mention_no = $1
                """,
                [.int8(number)]
            ),
            PostgresStatement(
                "replace",
                """
                UPDATE mention SET published_at = $2, text_hash = $3, author_no = $4, sentiment = $5,
                       sentiment_score = $6, brands = $7::integer[], text = $8, in_reply_to = $9, repost_of = $10,
                       conversation = $11
                WHERE mention_no = $1
                """,
                [
                    .int8(number), .timestamptz(draft.publishedAt.microseconds), .int8(draft.hash),
                    .int8(draft.author), .int2(draft.sentiment), .int2((draft.sentiment ?? 0) * 5_000),
                    .int4Array(draft.brands.map { $0 }), .text(draft.text), .text(draft.inReplyTo),
                    .text(draft.repostOf), .text(draft.conversation),
                ]
            ),
            PostgresStatement(
                "body",
                "INSERT INTO mention_body SELECT $1, coalesce(max(body_hash), 0) + 1 FROM mention_body WHERE mention_no = $1",
                [.int8(number)]
            ),
        ])
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
