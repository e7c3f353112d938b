import Advocacy
import MentionModel
import Pipeline
import PostgresClient

extension MentionFold {
    /// The new mentions as a binary COPY stream, in the order of their number; nil when there are none.
    func copyRows() -> [UInt8]? {
        guard !inserted.isEmpty else { return nil }
        var encoder = CopyEncoder(capacity: inserted.count * 512)
        for row in inserted {
            // Field by field: a copy of the whole mention would count the references of four arrays.
            let chunk = incoming[row.incoming].chunk
            let place = incoming[row.incoming].mention
            encoder.beginRow(columns: MentionSQL.copiedColumns)
            encoder.int8(row.number)
            encoder.timestamptz(chunk.mentions[place].event.publishedAt.microseconds)
            encoder.timestamptz(chunk.mentions[place].event.versionAt.microseconds)
            encoder.timestamptz(now.microseconds)
            encoder.int8(Int64(bitPattern: chunk.mentions[place].event.bodyHash))
            encoder.int8(Int64(bitPattern: chunk.mentions[place].textHash))
            encoder.int8(row.author)
            encoder.int8(row.counts.likes)
            encoder.int8(row.counts.reposts)
            encoder.int8(row.counts.replies)
            if let followers = chunk.mentions[place].event.followers {
                encoder.int8(followers)
            } else {
                encoder.null()
            }
            encoder.int8(row.position.offset)
            encoder.int4(row.position.partition)
            encoder.int4(row.position.topic)
            encoder.int4(incoming[row.incoming].source)
            encoder.int4(row.position.incarnation)
            let verdict = StoredVerdict(chunk.mentions[place].verdict)
            encoder.int2(orNull: verdict.sentiment)
            encoder.int2(verdict.score)
            encoder.int2(verdict.intents)
            encoder.int2(identity.model)
            encoder.int2(orNull: verdict.emotion)
            encoder.int2(orNull: verdict.irony)
            encoder.int2(orNull: verdict.offensive)
            encoder.int2(orNull: verdict.spam)
            encoder.bool(chunk.mentions[place].event.brands == nil)
            encoder.int4Array(row.brands)
            Self.forEachText(chunk.mentions[place].event) { encoder.field($0, in: chunk.arena) }
        }
        return encoder.finish()
    }

    /// The statements that change mentions which were there before.
    var mentionStatements: [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !revised.isEmpty { statements.append(noteRevised()) }
        if !replaced.isEmpty { statements.append(replace()) }
        if !raised.isEmpty { statements.append(raise()) }
        return statements
    }

    /// The statements that carry the changes into ledger and hours; after ``mentionStatements``.
    func sumStatements(slot: Int16) -> [PostgresStatement] {
        LedgerWriting.statements(deltas, slot: slot)
    }

    /// Calls `body` with the fields that are stored as texts, in the order of their columns.
    @inline(__always)
    private static func forEachText(_ event: borrowing MentionEvent, _ body: (ByteRange) -> Void) {
        body(event.id)
        body(event.text)
        body(event.title)
        body(event.language)
        body(event.url)
        body(event.inReplyTo)
        body(event.repostOf)
        body(event.conversation)
    }

    private func noteRevised() -> PostgresStatement {
        let rows = revised.sorted { $0.number < $1.number }
        return PostgresStatement(
            "note revised mentions",
            """
            INSERT INTO mention_revised (mention_no, published_at, author_no, text_hash, sentiment, brands,
                in_reply_to, repost_of, conversation, set_aside)
            SELECT n, at, author, hash, sentiment, brands::integer[], answered, passed_on, conversation, set_aside
            FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[],
                        $7::text[], $8::text[], $9::text[], $10::boolean[])
                AS u (n, at, author, hash, sentiment, brands, answered, passed_on, conversation, set_aside)
            """,
            [
                .int8Array(rows.map(\.number)), .timestamptzArray(rows.map(\.publishedAt.microseconds)),
                .int8Array(rows.map(\.author)), .int8Array(rows.map(\.textHash)), .int2Array(rows.map(\.sentiment)),
                .textArray(rows.map { Self.literal($0.brands) }), .textArray(rows.map(\.inReplyTo)),
                .textArray(rows.map(\.repostOf)), .textArray(rows.map(\.conversation)),
                .boolArray(rows.map(\.isSetAside)),
            ]
        )
    }

    private func replace() -> PostgresStatement {
        let all = replaced.map { ($0, prepared($0).0) }
        let verdicts = all.map { StoredVerdict($0.1.verdict) }
        var texts = (0..<8).map { _ in ArrayEncoder(elementOID: TypeOID.text, capacity: replaced.count * 64) }
        for row in replaced {
            let (mention, arena) = prepared(row)
            var column = 0
            Self.forEachText(mention.event) { field in
                texts[column].append(field, in: arena)
                column += 1
            }
        }
        return PostgresStatement(
            "replace mentions",
            """
            UPDATE mention AS m
            SET published_at = u.published_at, version_at = u.version_at, body_hash = u.body_hash,
                text_hash = u.text_hash, author_no = u.author_no, likes = u.likes, reposts = u.reposts,
                replies = u.replies, followers = u.followers, kafka_offset = u.kafka_offset,
                kafka_partition = u.kafka_partition, topic_no = u.topic_no, incarnation = u.incarnation,
                sentiment = u.sentiment, sentiment_score = u.score, intents = u.intents, model_no = u.model_no,
                brands_matched = u.brands_matched, brands = u.brands::integer[], text = u.text, title = u.title,
                lang = u.lang, url = u.url, in_reply_to = u.in_reply_to, repost_of = u.repost_of,
                conversation = u.conversation, emotion = u.emotion, irony = u.irony, offensive = u.offensive,
                spam = u.spam
            FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
                        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::integer[],
                        $13::integer[], $14::integer[], $15::smallint[], $16::smallint[], $17::smallint[],
                        $18::smallint[], $19::boolean[], $20::text[], $21::text[], $22::text[], $23::text[],
                        $24::text[], $25::text[], $26::text[], $27::text[], $28::smallint[], $29::smallint[],
                        $30::smallint[], $31::smallint[])
                AS u (mention_no, published_at, version_at, body_hash, text_hash, author_no, likes, reposts, replies,
                      followers, kafka_offset, kafka_partition, topic_no, incarnation, sentiment, score, intents,
                      model_no, brands_matched, brands, text, title, lang, url, in_reply_to, repost_of, conversation,
                      emotion, irony, offensive, spam)
            WHERE m.mention_no = u.mention_no
            """,
            [
                .int8Array(replaced.map(\.number)),
                .timestamptzArray(all.map(\.1.event.publishedAt.microseconds)),
                .timestamptzArray(all.map(\.1.event.versionAt.microseconds)),
                .int8Array(all.map { Int64(bitPattern: $0.1.event.bodyHash) }),
                .int8Array(all.map { Int64(bitPattern: $0.1.textHash) }),
                .int8Array(replaced.map(\.author)),
                .int8Array(replaced.map(\.counts.likes)), .int8Array(replaced.map(\.counts.reposts)),
                .int8Array(replaced.map(\.counts.replies)),
                .int8Array(all.map(\.1.event.followers)),
                .int8Array(replaced.map(\.position.offset)), .int4Array(replaced.map(\.position.partition)),
                .int4Array(replaced.map(\.position.topic)), .int4Array(replaced.map(\.position.incarnation)),
                .int2Array(verdicts.map(\.sentiment)), .int2Array(verdicts.map(\.score)),
                .int2Array(verdicts.map(\.intents)),
                .int2Array(all.map { _ in identity.model }), .boolArray(all.map { $0.1.event.brands == nil }),
                .textArray(replaced.map { Self.literal($0.brands) }),
            ] + texts.dropFirst().map { $0.finish() } + [
                .int2Array(verdicts.map(\.emotion)), .int2Array(verdicts.map(\.irony)),
                .int2Array(verdicts.map(\.offensive)), .int2Array(verdicts.map(\.spam)),
            ]
        )
    }

    private func raise() -> PostgresStatement {
        PostgresStatement(
            "raise counts",
            """
            UPDATE mention AS m
            SET likes = u.likes, reposts = u.reposts, replies = u.replies, kafka_offset = u.kafka_offset,
                kafka_partition = u.kafka_partition, topic_no = u.topic_no, incarnation = u.incarnation
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[],
                        $7::integer[], $8::integer[])
                AS u (mention_no, likes, reposts, replies, kafka_offset, kafka_partition, topic_no, incarnation)
            WHERE m.mention_no = u.mention_no
            """,
            [
                .int8Array(raised.map(\.number)), .int8Array(raised.map(\.counts.likes)),
                .int8Array(raised.map(\.counts.reposts)), .int8Array(raised.map(\.counts.replies)),
                .int8Array(raised.map(\.position.offset)), .int4Array(raised.map(\.position.partition)),
                .int4Array(raised.map(\.position.topic)), .int4Array(raised.map(\.position.incarnation)),
            ]
        )
    }

    /// An array literal: arrays of arrays of unequal length can't be parameters.
    private static func literal(_ numbers: [Int32]) -> String {
        "{" + numbers.map(String.init).joined(separator: ",") + "}"
    }
}
