public import PostgresClient

/// One row of the view `progress`.
public struct PartitionProgress: Sendable, Equatable, Codable {
    /// Consumer group.
    public var group: String
    /// Topic.
    public var topic: String
    /// Partition.
    public var partition: Int32
    /// The offset to read next; nil until it is decided where to start.
    public var nextOffset: Int64?
    /// Records read.
    public var records: Int64
    /// Of these, mentions not seen before.
    public var newMentions: Int64
    /// Of these, bodies seen before.
    public var redeliveries: Int64
    /// Of these, other bodies of mentions seen before.
    public var revisions: Int64
    /// Of these, records that could not be read.
    public var deadLetters: Int64
    /// Why the partition stands still; nil when it does not.
    public var paused: String?
    /// The worker that holds it; nil when none does.
    public var owner: String?
    /// When it last moved, microseconds since the Unix epoch.
    public var advancedAt: Int64?
    /// What relates mentions to each other is exact below this offset.
    public var relatedThrough: Int64?
}

/// A worker, as its partitions show it.
public struct FarmMember: Sendable, Equatable, Codable {
    /// Consumer group.
    public var group: String
    /// The worker's name.
    public var owner: String
    /// How many partitions it holds.
    public var partitions: Int64
    /// How many of them stand still for a fault.
    public var paused: Int64
    /// Seconds since one of them last moved; nil when none has.
    public var secondsSinceAdvance: Double?
}

/// Totals of the database.
public struct FarmTotals: Sendable, Equatable, Codable {
    /// Records read by all groups.
    public var records: Int64 = 0
    /// Mentions ever seen.
    public var newMentions: Int64 = 0
    /// Bodies seen again.
    public var redeliveries: Int64 = 0
    /// Other bodies of mentions seen before.
    public var revisions: Int64 = 0
    /// Records that could not be read.
    public var deadLetters: Int64 = 0
    /// Groups of copies.
    public var clusters: Int64 = 0
    /// Mentions in them.
    public var clusteredMentions: Int64 = 0
    /// Registered brands; nil for a login that may read views alone.
    public var brands: Int64?
    /// Authors, as the planner estimates them.
    public var authors: Int64 = 0
    /// Bytes of the database.
    public var bytes: Int64 = 0
}

/// What `mention-admin status` and `lag` read.
public enum StatusReading {
    private static let timeout = Duration.seconds(60)

    /// The partitions of a group and topic, or of all; in order.
    public static func progress(
        _ connection: PostgresConnection,
        group: String? = nil,
        topic: String? = nil
    ) async throws(PostgresError) -> [PartitionProgress] {
        let rows = try await connection.query(
            PostgresStatement(
                "read progress",
                """
                SELECT consumer_group, topic, partition, next_offset, records, new_mentions, redeliveries, revisions,
                       dead_letters, paused, owner, advanced_at, related_through
                FROM mention_farm.progress
                WHERE ($1::text IS NULL OR consumer_group = $1) AND ($2::text IS NULL OR topic = $2)
                ORDER BY consumer_group, topic, partition
                """,
                [.text(group), .text(topic)]
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            PartitionProgress(
                group: rows.string(row, 0) ?? "",
                topic: rows.string(row, 1) ?? "",
                partition: rows.int4(row, 2) ?? 0,
                nextOffset: rows.int8(row, 3),
                records: rows.int8(row, 4) ?? 0,
                newMentions: rows.int8(row, 5) ?? 0,
                redeliveries: rows.int8(row, 6) ?? 0,
                revisions: rows.int8(row, 7) ?? 0,
                deadLetters: rows.int8(row, 8) ?? 0,
                paused: rows.string(row, 9),
                owner: rows.string(row, 10),
                advancedAt: rows.timestamptz(row, 11),
                relatedThrough: rows.int8(row, 12)
            )
        }
    }

    /// The workers that hold partitions, by group and name.
    public static func members(_ connection: PostgresConnection) async throws(PostgresError) -> [FarmMember] {
        let rows = try await connection.query(
            PostgresStatement(
                "read members",
                """
                SELECT consumer_group, owner, count(*), count(paused),
                       extract(epoch FROM clock_timestamp() - max(advanced_at))::double precision
                FROM mention_farm.progress WHERE owner IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
                """
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            FarmMember(
                group: rows.string(row, 0) ?? "",
                owner: rows.string(row, 1) ?? "",
                partitions: rows.int8(row, 2) ?? 0,
                paused: rows.int8(row, 3) ?? 0,
                secondsSinceAdvance: rows.double(row, 4)
            )
        }
    }

    /// Totals; reads no mention.
    public static func totals(_ connection: PostgresConnection) async throws(PostgresError) -> FarmTotals {
        let rows = try await connection.query(
            PostgresStatement(
                "read totals",
                """
                SELECT p.*, c.*,
                       (SELECT greatest(a.reltuples, 0)::bigint FROM pg_class a JOIN pg_namespace n
                            ON n.oid = a.relnamespace
                        WHERE n.nspname = 'mention_store' AND a.relname = 'author'),
                       pg_database_size(current_database()),
                       (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'mention_store')
                FROM (SELECT coalesce(sum(records), 0), coalesce(sum(new_mentions), 0), coalesce(sum(redeliveries), 0),
                             coalesce(sum(revisions), 0), coalesce(sum(dead_letters), 0)
                      FROM mention_farm.progress) AS p,
                     (SELECT count(*), coalesce(sum(size), 0) FROM mention_farm.cluster) AS c
                """
            ),
            timeout: timeout
        )
        func number(_ column: Int) -> Int64 { rows.int8(0, column) ?? 0 }
        var brands: Int64?
        if rows.bool(0, 9) == true {
            let counted = try await connection.query(
                PostgresStatement("count brands", "SELECT count(*) FROM brand WHERE registered"),
                timeout: timeout
            )
            brands = counted.int8(0, 0)
        }
        return FarmTotals(
            records: number(0),
            newMentions: number(1),
            redeliveries: number(2),
            revisions: number(3),
            deadLetters: number(4),
            clusters: number(5),
            clusteredMentions: number(6),
            brands: brands,
            authors: number(7),
            bytes: number(8)
        )
    }
}
