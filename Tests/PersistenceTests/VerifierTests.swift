import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct VerifierTests {
        /// Each damage turns its check red, and no damage turns none.
        @Test func findsEachKindOfDamage() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, author: 1, hash: 1, sentiment: 1, brands: [1, 2]),
                    Draft(id: 2, author: 4, second: 10, hash: 1, sentiment: 1, brands: [1]),
                    Draft(id: 3, author: 1, second: 90_000, hash: 2, sentiment: -1, brands: [2]),
                ])
                try await farm.write(revised: [Draft(id: 3, author: 1, second: 90_000, hash: 3, brands: [2])])
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await expectVerified(connection, "undamaged")
                try await Self.keep(connection)
                for (check, damage) in Self.damages {
                    let touched = try await connection.run(damage).affectedRows
                    #expect(touched > 0, "\(damage)")
                    let failed = try await Verifier.run(on: connection).filter { !$0.passed }
                    #expect(failed.map(\.name).contains(check), "\(damage)")
                    #expect(failed.allSatisfy { !$0.examples.isEmpty && $0.examples.count <= 5 })
                    try await Self.restore(connection)
                    try await expectVerified(connection, "after \(check)")
                }
            }
        }

        private static let damages = [
            ("partition-sums", "UPDATE partition_progress SET records = records + 1"),
            (
                "new-mentions",
                "UPDATE partition_progress SET new_mentions = new_mentions + 1, revisions = revisions - 1"
            ),
            ("revisions", "DELETE FROM mention_body"),
            (
                "dead-letters",
                """
                INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation,
                    reason, detail, payload_bytes) VALUES ('group', 1, 0, 77, 0, 'bad_json', '', 0)
                """
            ),
            (
                "dead-letter-audit",
                "INSERT INTO dead_letter_audit (who, action, dead_letter_no, result) VALUES ('x', 'redrive', 5, 'new')"
            ),
            (
                "dead-letter-audit",
                """
                INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation,
                    reason, detail, payload_bytes, status, outcome, resolved_at, resolved_by)
                VALUES ('group', 1, 0, 77, 0, 'bad_json', '', 0, 'redriven', 'new', now(), 'x')
                """
            ),
            ("identities", "DELETE FROM mention_identity WHERE native_id = 'm2'"),
            ("identities", "DELETE FROM mention WHERE native_id = 'm2'"),
            ("identities", "UPDATE mention_identity SET native_id = 'other' WHERE native_id = 'm1'"),
            ("numbers", "UPDATE mention SET mention_no = 400000 WHERE native_id = 'm1'"),
            ("names", "UPDATE mention SET author_no = 77 WHERE native_id = 'm1'"),
            ("names", "UPDATE mention SET brands = '{2,1}' WHERE native_id = 'm1'"),
            ("names", "UPDATE mention SET brands = '{1,77}' WHERE native_id = 'm1'"),
            ("one-record-one-mention", "UPDATE mention SET kafka_offset = 0"),
            (
                "one-record-one-effect",
                """
                INSERT INTO dead_letter_record (consumer_group, topic_no, kafka_partition, kafka_offset, incarnation,
                    reason, detail, payload_bytes) VALUES ('group', 1, 0, 1, 0, 'bad_json', '', 0)
                """
            ),
            ("offsets", "UPDATE mention SET kafka_offset = 99 WHERE native_id = 'm1'"),
            ("verdicts", "UPDATE mention SET spam = 10001 WHERE native_id = 'm1'"),
            ("verdicts", "UPDATE mention SET sentiment = NULL WHERE native_id = 'm1'"),
            (
                "reclassify-places",
                """
                INSERT INTO reclassify (model_no, brand_no, since, after_no)
                VALUES (1, 0, '-infinity', last_number() + 1)
                """
            ),
            ("ledger", "DELETE FROM ledger WHERE ctid = (SELECT min(ctid) FROM ledger)"),
            ("ledger", "UPDATE ledger SET positive = positive + 1, neutral = neutral - 1"),
            ("ledger", "UPDATE ledger SET last_at = last_at + interval '1 s'"),
            ("ledger", "UPDATE ledger SET likes = likes + 1"),
            ("hours", "UPDATE hour_sum SET negative = negative + 1"),
            ("hours", "DELETE FROM hour_sum"),
            ("hours", "UPDATE hour_sum SET source_no = source_no + 1"),
            ("hours", "UPDATE hour_sum SET joy = joy + 1, anger = anger - 1"),
            ("hours", "UPDATE hour_sum SET spam = spam + 1"),
            ("wishes", "DELETE FROM wish_mention WHERE mention_no = (SELECT min(mention_no) FROM wish_mention)"),
            ("wishes", "UPDATE wish_mention SET hour = hour + 1"),
            ("wishes", "INSERT INTO wish_mention VALUES (1, 1, 1)"),
            (
                "signals",
                "INSERT INTO signal (brand_no, signal, hour, value, baseline, z) VALUES (5, 'negative_spike', 1, 1, 0, 9)"
            ),
            ("clusters", "UPDATE copy_cluster SET size = size + 1"),
            ("spans", "DELETE FROM copy_member WHERE mention_no = (SELECT max(mention_no) FROM copy_member)"),
            ("spans", "DELETE FROM text_span WHERE cluster_no IS NULL"),
            ("spans", "UPDATE text_span SET last_at = last_at + interval '1 s' WHERE cluster_no IS NOT NULL"),
            ("spans", "UPDATE text_span SET slot = 1 WHERE cluster_no IS NULL"),
            (
                "clusters",
                """
                INSERT INTO near_text SELECT a.text_hash, b.text_hash, 9000 FROM text_span a, text_span b
                WHERE a.text_hash <> b.text_hash
                """
            ),
            ("clusters", "INSERT INTO near_text VALUES (1, 2, 9000)"),
            ("clusters", "UPDATE copy_cluster SET parent_no = 99"),
            (
                "clusters",
                """
                WITH one AS (SELECT mention_no, text_hash FROM mention
                             WHERE mention_no NOT IN (SELECT mention_no FROM copy_member) LIMIT 1),
                     moved AS (INSERT INTO copy_member SELECT mention_no, (SELECT min(cluster_no) FROM copy_cluster)
                               FROM one)
                UPDATE text_span t SET cluster_no = (SELECT min(cluster_no) FROM copy_cluster)
                FROM one WHERE t.text_hash = one.text_hash
                """
            ),
            ("clusters", "UPDATE copy_cluster SET canonical_no = canonical_no + 1"),
            ("copies", "UPDATE ledger SET copies_positive = 0 WHERE copies_positive > 0"),
            ("copies", "UPDATE hour_copy SET copies = copies + 1"),
            (
                "triage-items",
                """
                INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                    priority, status, team, action, reason)
                VALUES (77, 1, 1, 1, 1, now(), now(), 1, 'open', 'support', 'respond', 'threat')
                """
            ),
            (
                "triage-decisions",
                """
                INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                    priority, status, team, action, reason)
                SELECT mention_no, brands[1], 1, 1, body_hash, published_at, now(), 1, 'open', 'support', 'respond',
                       'threat' FROM mention WHERE native_id = 'm1'
                """
            ),
            (
                "triage-status",
                """
                INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                    priority, status, team, action, reason)
                SELECT mention_no, brands[1], 1, 1, body_hash, published_at, now(), 1, 'done', 'support', 'respond',
                       'threat' FROM mention WHERE native_id = 'm1'
                """
            ),
            (
                "triage-audit",
                """
                WITH one AS (
                    INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at,
                        priority, status, team, action, reason)
                    SELECT mention_no, brands[1], 1, 1, body_hash, published_at, now(), 1, 'withdrawn', 'support',
                           'respond', 'threat' FROM mention WHERE native_id = 'm1' RETURNING mention_no, brand_no)
                INSERT INTO triage_audit (who, mention_no, brand_no, change, from_status, to_status)
                SELECT 'x', mention_no, brand_no, 'done', 'open', 'done' FROM one
                """
            ),
            ("outbox", "INSERT INTO outbox (key, payload) VALUES ('', 'x')"),
            ("copies", "UPDATE ledger SET copies = copies + 1, set_aside = set_aside - 1"),
            ("ledger", "UPDATE ledger SET set_aside = set_aside + 1"),
            ("standings", "UPDATE standing SET present = present + 1"),
            ("standings", "UPDATE standing SET fading = fading * 2"),
            ("standings", "UPDATE standing SET days = days || '\\x00'"),
            ("standings", "DELETE FROM standing WHERE author_no = 1"),
            ("standings", "UPDATE standing SET author_no = 9 WHERE author_no = 4"),
            ("related-through", "UPDATE related_through SET next_offset = next_offset + 1"),
        ]

        private static let tables = [
            "partition_progress", "mention_body", "mention_identity", "mention", "dead_letter_record", "ledger",
            "hour_sum", "wish_mention", "signal", "copy_cluster", "copy_member", "text_span", "near_text", "hour_copy",
            "related_through", "dead_letter_audit", "triage_item", "triage_audit", "outbox", "reclassify", "standing",
        ]

        private static let numbered = [
            "dead_letter_record", "copy_cluster", "dead_letter_audit", "triage_audit", "outbox",
        ]

        /// Copies of the tables are made before the first damage, and put back after each.
        private static func restore(_ connection: PostgresConnection) async throws {
            for table in tables {
                let given = numbered.contains(table) ? "OVERRIDING SYSTEM VALUE" : ""
                try await connection.execute(
                    script: "DELETE FROM \(table); INSERT INTO \(table) \(given) SELECT * FROM kept.\(table)"
                )
            }
        }

        private static func keep(_ connection: PostgresConnection) async throws {
            _ = try await connection.run("CREATE SCHEMA kept")
            for table in tables {
                _ = try await connection.run("CREATE TABLE kept.\(table) AS SELECT * FROM \(table)")
            }
        }
    }
}
