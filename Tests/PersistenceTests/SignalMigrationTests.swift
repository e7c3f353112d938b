@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct SignalMigrationTests {
        /// Hours of an older version, whatever they say, become the fold of the mentions.
        @Test func hoursAreCountedAgainFromTheMentions() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 0)
                try await farm.write(new: [
                    Draft(id: 1, author: 1, hash: 1, sentiment: 1, brands: [1, 2]),
                    Draft(id: 2, source: 2, author: 2, second: 10, hash: 2, sentiment: -1, brands: [1]),
                    Draft(id: 3, author: 1, second: 90_000, hash: 3, sentiment: nil, brands: [2]),
                ])
                _ = try await connection.run(
                    """
                    UPDATE mention SET emotion = mention_no % 4, intents = CASE WHEN source_no = 2 THEN 125 ELSE 2 END,
                           irony = 4999, offensive = 5000, spam = CASE WHEN source_no = 2 THEN 10000 END
                    """
                )
                let before = try await connection.strings(
                    "SELECT h::text FROM mention_farm.sentiment_by_hour h ORDER BY 1"
                )
                // As 0001 left it.
                let added = HourWriting.counted.dropFirst(5).map { ", DROP COLUMN \($0)" }.joined()
                try await connection.execute(
                    script: """
                        DROP VIEW mention_farm.labels_by_hour, mention_farm.share_of_voice, mention_farm.wish,
                            mention_farm.signal;
                        DROP FUNCTION week_of_hour, week_start, week_name, signals_begin;
                        DROP TABLE wish_mention, signal_setting, signal_touched, signal_due, signal_clock, signal;
                        DELETE FROM lease WHERE name = 'signals';
                        ALTER TABLE hour_sum DROP CONSTRAINT hour_sum_pkey, DROP COLUMN source_no\(added);
                        TRUNCATE hour_sum;
                        INSERT INTO hour_sum
                        SELECT b.brand_no, hour_of(published_at), 3, count(*), 0, 0, 0, 0
                        FROM mention CROSS JOIN LATERAL unnest(brands) AS b (brand_no) GROUP BY 1, 2;
                        ALTER TABLE hour_sum ADD PRIMARY KEY (brand_no, hour, slot);
                        """
                )
                let script = try #require(Migration.all.first { $0.number == 14 }).script
                try await connection.execute(script: "BEGIN; \(script) COMMIT;")
                let after = try await connection.strings(
                    "SELECT h::text FROM mention_farm.sentiment_by_hour h ORDER BY 1"
                )
                #expect(before == after && !after.isEmpty)
                #expect(try await connection.number("SELECT count(*) FROM wish_mention") == 3)
                for check in try await Verifier.run(on: connection) where ["hours", "wishes"].contains(check.name) {
                    #expect(check.passed, "\(check.name): \(check.examples)")
                }
                let labels = try await connection.strings(
                    "SELECT label FROM mention_farm.labels_by_hour WHERE source = 'reddit' ORDER BY 1"
                )
                #expect(Set(labels).isSuperset(of: ["negative", "complaint", "threat", "offensive", "spam"]))
                #expect(!labels.contains("suggestion") && !labels.contains("ironic"))
            }
        }
    }
}
