import MentionModel
import Testing

extension FarmUnderFaults {
    @Suite struct BadRecords {
        @Test func eachGivesOneDeadLetterAndThePartitionGoesOn() async throws {
            func mention(_ number: Int) -> MentionRecord {
                MentionRecord(
                    id: "\(number)",
                    source: "blog",
                    text: "hello \(number)",
                    authorID: "somebody",
                    publishedAt: Timestamp(microseconds: 1_767_571_200_000_000)
                )
            }
            func json(_ number: Int, text: String = "hello", date: String = "2026-01-05T00:00:00Z", more: String = "")
                -> [UInt8]
            {
                Array(
                    """
                    {"id":"\(number)","source":"blog","text":"\(text)","author":{"id":"a"},"published_at":"\(date)"\(more)}
                    """.utf8
                )
            }
            var badUTF8 = json(2, text: "caf#")
            badUTF8.replace([UInt8(ascii: "#")], with: [0xE9])
            let nested = #","x":"# + String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
            let bad: [(payload: [UInt8]?, reason: String)] = [
                (nil, "tombstone"),
                (json(1, text: String(repeating: "long ", count: 400_000)), "too_large"),
                (badUTF8, "not_utf8"),
                (Array(#"{"id":"3","source":"blog","te"#.utf8), "bad_json"),
                (
                    Array(
                        #"{"id":"4","source":"blog","author":{"id":"a"},"published_at":"2026-01-05T00:00:00Z"}"#.utf8
                    ),
                    "missing_field"
                ),
                (json(5, text: #"a\u0000b"#), "nul_character"),
                (json(6, date: "9999-01-05T00:00:00Z"), "bad_date"),
                (json(7, more: nested), "too_deep"),
                (json(8, more: #","in_reply_to":{"id":1}"#), "bad_field"),
            ]
            try await Farm.run { farm in
                var records: [TestRecord] = []
                for (index, record) in bad.enumerated() {
                    records.append(TestRecord(mention(100 + index), partition: 3))
                    records.append(TestRecord(record.payload, partition: 3))
                }
                records.append(TestRecord(mention(200), partition: 3))
                try await farm.publish(records)
                let worker = farm.worker("--until-caught-up")
                try await worker.expectEnd(.exited(0))
                #expect(try worker.summary()["dead_letters"] == Double(bad.count))
                #expect(try worker.summary()["new"] == Double(bad.count + 1))

                let letters = try await farm.database.strings(
                    "SELECT d.kafka_offset || ' ' || reason FROM mention_farm.dead_letter AS d ORDER BY d.kafka_offset"
                )
                #expect(letters == bad.enumerated().map { "\($0.offset * 2 + 1) \($0.element.reason)" })
                let offsets = try await farm.database.strings(
                    "SELECT m.kafka_offset::text FROM mention_farm.mention AS m ORDER BY m.kafka_offset"
                )
                #expect(offsets == (0...bad.count).map { "\($0 * 2)" })
                // What was refused is kept as it was; of what is too large the head.
                for (index, record) in bad.enumerated() {
                    let stored = try await farm.database.run(
                        """
                        SELECT payload, payload_bytes, payload_sha256 FROM mention_farm.dead_letter
                        WHERE kafka_offset = $1
                        """,
                        [.int8(Int64(index * 2 + 1))]
                    )
                    #expect(stored.int8(0, 1) == Int64(record.payload?.count ?? 0))
                    let kept = stored.bytes(0, 0)
                    if let payload = record.payload, payload.count > 1 << 20 {
                        #expect(kept?.isEmpty == false && payload.starts(with: kept ?? []))
                        #expect(stored.bytes(0, 2)?.count == 32)
                    } else {
                        #expect(kept == record.payload)
                    }
                }
                try await farm.expectVerified(records: records.count)
            }
        }
    }
}
