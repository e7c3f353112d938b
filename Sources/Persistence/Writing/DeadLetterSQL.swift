import MentionModel
import PostgresClient

/// Stores records that could not become a mention, with what is needed to try them again.
enum DeadLetterSQL {
    /// How much of a payload over 1 MiB is kept.
    static let headBytes = 65_536

    static func insert(_ rows: [RejectedRow], identity: BatchWriter.Identity) -> [PostgresStatement] {
        guard !rows.isEmpty else { return [] }
        let payloads = rows.map { row in row.record.payload.map { row.chunk.payloads[$0] } }
        let stored = payloads.map { payload in
            payload.map { $0.count > MentionDecoder.maximumRecordBytes ? Array($0.prefix(headBytes)) : Array($0) }
        }
        let digests = payloads.map { payload in
            payload.flatMap { $0.count > MentionDecoder.maximumRecordBytes ? SHA256.hash(Array($0).span) : nil }
        }
        return [
            PostgresStatement(
                "insert dead letters",
                """
                INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation,
                    reason, detail, payload, payload_bytes, payload_sha256, record_timestamp)
                SELECT $1, $2, u.* FROM unnest($3::integer[], $4::bigint[], $5::integer[], $6::text[], $7::text[],
                    $8::bytea[], $9::bigint[], $10::bytea[], $11::timestamptz[]) AS u
                """,
                [
                    .text(identity.group), .int4(identity.topic),
                    .int4Array(rows.map(\.position.partition)), .int8Array(rows.map(\.position.offset)),
                    .int4Array(rows.map(\.position.incarnation)),
                    .textArray(rows.map(\.rejection.reason.rawValue)), .textArray(rows.map(\.rejection.detail)),
                    .byteaArray(stored), .int8Array(payloads.map { Int64($0?.count ?? 0) }), .byteaArray(digests),
                    .timestamptzArray(
                        rows.map { row in
                            row.record.timestamp < 0
                                ? nil : Timestamp(milliseconds: row.record.timestamp).microseconds
                        }
                    ),
                ]
            )
        ]
    }
}
