import Advocacy
import MentionModel
import PostgresClient

/// The statements about standing mentions.
enum MentionSQL {
    /// The columns in the order in which rows are copied.
    static let copy = """
        COPY mention (mention_no, published_at, version_at, ingested_at, body_hash, text_hash, author_no, likes, reposts,
            replies, followers, kafka_offset, kafka_partition, topic_no, source_no, incarnation, sentiment,
            sentiment_score, intents, model_no, emotion, irony, offensive, spam, brands_matched, brands, native_id, text,
            title, lang, url, in_reply_to, repost_of, conversation)
        FROM STDIN (FORMAT binary)
        """

    /// How many columns that is.
    static let copiedColumns = 34

    /// Reads and locks mentions that were there before, in the order of their number.
    static func lock(_ intake: BatchIntake, _ conflicts: [Int]) -> PostgresStatement {
        let firsts = conflicts.map { intake.mentions[intake.groups[$0].first] }
        return PostgresStatement(
            "lock mentions",
            """
            SELECT m.mention_no, m.version_at, m.body_hash, m.published_at, m.author_no, m.likes, m.reposts, m.replies,
                m.followers, m.sentiment, m.sentiment_score, m.text_hash, m.topic_no, m.incarnation, m.kafka_partition,
                m.kafka_offset, m.brands, m.in_reply_to, m.repost_of, m.source_no, m.emotion, m.intents, m.irony,
                m.offensive, m.spam, m.conversation
            FROM (SELECT i.mention_no
                  FROM unnest($1::integer[], $2::text[]) AS k (source_no, native_id)
                  JOIN mention_identity i ON i.source_no = k.source_no AND i.native_id = k.native_id) AS n
            JOIN mention m ON m.mention_no = n.mention_no
            ORDER BY m.mention_no
            FOR UPDATE OF m
            """,
            [.int4Array(firsts.map(\.source)), IdentitySQL.ids(firsts)]
        )
    }

    /// One row of ``lock(_:_:)``; nil when it can't be read.
    static func standing(_ rows: PostgresResult, _ row: Int) -> StandingMention? {
        guard let number = rows.int8(row, 0), let versionAt = rows.timestamptz(row, 1),
            let bodyHash = rows.int8(row, 2), let publishedAt = rows.timestamptz(row, 3),
            let author = rows.int8(row, 4), let likes = rows.int8(row, 5), let reposts = rows.int8(row, 6),
            let replies = rows.int8(row, 7), let score = rows.int2(row, 10), let textHash = rows.int8(row, 11),
            let topic = rows.int4(row, 12), let incarnation = rows.int4(row, 13),
            let partition = rows.int4(row, 14), let offset = rows.int8(row, 15),
            let source = rows.int4(row, 19)
        else { return nil }
        return StandingMention(
            number: number,
            version: VersionKey(at: Timestamp(microseconds: versionAt), bodyHash: bodyHash),
            publishedAt: Timestamp(microseconds: publishedAt),
            author: author,
            counts: MentionCounts(likes: likes, reposts: reposts, replies: replies),
            followers: rows.int8(row, 8),
            sentiment: rows.int2(row, 9),
            score: score,
            labels: HourLabels(rows, row, first: 20),
            source: source,
            textHash: textHash,
            position: KafkaPosition(topic: topic, incarnation: incarnation, partition: partition, offset: offset),
            brands: rows.int4Array(row, 16)?.compactMap { $0 } ?? [],
            inReplyTo: rows.string(row, 17),
            repostOf: rows.string(row, 18),
            conversation: rows.string(row, 25),
            isSetAside: Contribution.setsAside(spam: rows.int2(row, 24), offensive: rows.int2(row, 23))
        )
    }
}
