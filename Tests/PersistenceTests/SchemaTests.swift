@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct SchemaTests {
        @Test func migratesOnceHoweverManyDoIt() async throws {
            try await TestDatabase.with(migrated: false) { database, connection in
                await #expect(throws: SchemaError.missing) { try await Schema.check(connection) }
                let applied = try await withThrowingTaskGroup(of: [Int32].self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            let own = try await database.connect()
                            let done = try await Migrator.migrate(own).map(\.number)
                            await own.close()
                            return done
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(applied.sorted() == Migration.all.map(\.number))
                try await Schema.check(connection)
                #expect(try await Migrator.migrate(connection).isEmpty)
                try await expectVerified(connection)
            }
        }

        @Test func refusesSchemasThatItDoesNotKnow() async throws {
            try await TestDatabase.with { _, connection in
                let version = Schema.version
                _ = try await connection.run(
                    "INSERT INTO migration (number, name, checksum) VALUES (\(version + 1), 'later', '')"
                )
                let tooNew = SchemaError.tooNew(found: version + 1, known: version)
                await #expect(throws: tooNew) { try await Schema.check(connection) }
                await #expect(throws: tooNew) { try await Migrator.migrate(connection) }
                _ = try await connection.run("DELETE FROM migration WHERE number >= \(version)")
                await #expect(throws: SchemaError.outdated(found: version - 1, known: version)) {
                    try await Schema.check(connection)
                }
                _ = try await connection.run("UPDATE migration SET checksum = 'other' WHERE number = 2")
                await #expect(throws: SchemaError.changed(number: 2, name: "ledger")) {
                    try await Migrator.migrate(connection)
                }
            }
        }

        @Test func carriesEachScriptUnderItsNumber() {
            #expect(Migration.all.map(\.number) == Array(1...Int32(Migration.all.count)))
            #expect(Migration.all.allSatisfy { !$0.script.isEmpty })
        }

        /// The contract's columns, with their types. Views may grow, never shrink.
        @Test func hasTheViewsOfTheContract() async throws {
            try await TestDatabase.with { _, connection in
                for (view, columns) in Self.contract {
                    let found = try await connection.strings(
                        """
                        SELECT attname || ' ' || format_type(atttypid, NULL)
                        FROM pg_attribute WHERE attrelid = ('mention_farm.' || $1)::regclass AND attnum > 0 ORDER BY attnum
                        """,
                        [.text(view)]
                    )
                    #expect(Array(found.prefix(columns.count)) == columns, "\(view)")
                    _ = try await connection.run("SELECT * FROM mention_farm.\(view)")
                }
                let views = try await connection.strings(
                    "SELECT relname::text FROM pg_class WHERE relnamespace = 'mention_farm'::regnamespace ORDER BY 1"
                )
                #expect(Set(views).isSuperset(of: Self.contract.keys))
            }
        }

        private static let contract = [
            "mention": [
                "source text", "native_id text", "brands text[]", "author_id text", "author_handle text",
                "author_name text", "published_at timestamp with time zone", "ingested_at timestamp with time zone",
                "title text", "text text", "lang text", "url text", "in_reply_to text", "repost_of text",
                "conversation text", "likes bigint", "reposts bigint", "replies bigint", "sentiment text",
                "sentiment_score double precision", "emotion text", "intents text[]", "irony double precision",
                "offensive double precision", "spam double precision", "cluster_id text", "is_copy boolean",
                "model_version text", "kafka_topic text", "kafka_partition integer", "kafka_offset bigint",
            ],
            "advocate": [
                "brand text", "source text", "author_id text", "author_handle text", "score double precision",
                "band text", "mentions bigint", "positive bigint", "negative bigint", "followers bigint",
                "reach double precision", "amplification double precision", "dialogue double precision",
                "defence double precision", "originality double precision", "constancy double precision",
                "presence double precision", "confidence_lower double precision", "confidence_upper double precision",
                "first_at timestamp with time zone", "last_at timestamp with time zone",
            ],
            "cluster": [
                "cluster_id text", "brands text[]", "size integer", "authors bigint", "canonical_source text",
                "canonical_native_id text", "first_at timestamp with time zone", "last_at timestamp with time zone",
            ],
            "sentiment_by_hour": [
                "brand text", "hour timestamp with time zone", "mentions bigint", "positive bigint", "neutral bigint",
                "negative bigint", "unknown bigint", "copies bigint",
            ],
            "labels_by_hour": [
                "brand text", "source text", "hour timestamp with time zone", "label text", "mentions bigint",
            ],
            "share_of_voice": [
                "brand text", "week text", "week_start timestamp with time zone", "mentions bigint",
                "share double precision", "positive_share double precision", "negative_share double precision",
            ],
            "wish": [
                "brand text", "cluster_id text", "canonical_source text", "canonical_native_id text", "text text",
                "mentions bigint", "authors bigint", "reach bigint", "first_at timestamp with time zone",
                "last_at timestamp with time zone", "echo bigint",
            ],
            "signal": [
                "brand text", "signal text", "value integer", "baseline double precision", "z double precision",
                "window_start timestamp with time zone", "window_end timestamp with time zone",
                "detected_at timestamp with time zone",
            ],
            "triage": [
                "source text", "native_id text", "brand text", "team text", "action text", "priority integer",
                "reason text", "status text", "due_at timestamp with time zone",
            ],
            "dead_letter": [
                "id bigint", "kafka_topic text", "kafka_partition integer", "kafka_offset bigint", "reason text",
                "detail text", "payload bytea", "status text", "first_seen_at timestamp with time zone",
            ],
            "progress": [
                "consumer_group text", "topic text", "partition integer", "next_offset bigint", "records bigint",
                "new_mentions bigint", "redeliveries bigint", "revisions bigint", "dead_letters bigint", "paused text",
                "owner text", "epoch bigint", "advanced_at timestamp with time zone", "related_through bigint",
            ],
        ]
    }
}
