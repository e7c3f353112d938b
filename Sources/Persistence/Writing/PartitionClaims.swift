public import Pipeline
public import PostgresClient

/// What the database says of a partition when it is claimed.
public struct Claim: Sendable, Equatable {
    /// What is held from now on; `nextOffset` counts only where ``isStarted``.
    public var holding: Holding
    /// Whether a place was ever decided; when not, ``PartitionClaims/start(_:at:)`` decides it.
    public var isStarted: Bool
    /// The Kafka cluster on which the offsets mean something; nil when it is not known yet.
    public var clusterID: String?
    /// Why the partition was paused; nil when it was not.
    public var paused: String?
    /// Whether the breaker stopped it: it stays so until somebody resumes it.
    public var isTripped: Bool
}

/// The fence: claims partitions for a worker, reads where they stand, and gives them back.
///
/// It works on a connection of its own, never the one that writes batches: a claim must not wait behind a batch. Each
/// act is one statement and so one transaction, since several tasks share that connection.
public struct PartitionClaims: Sendable {
    /// The consumer group.
    public let group: String
    /// The topic's name.
    public let topic: String
    /// Who claims: host, process and instance, for people to read.
    public let owner: String

    /// Makes the claims of one worker on one topic.
    public init(group: String, topic: String, owner: String) {
        self.group = group
        self.topic = topic
        self.owner = owner
    }

    /// The topic's number; makes the row when it is missing.
    public func topicNumber(on connection: PostgresConnection) async throws(PostgresError) -> Int32 {
        try await number(of: topic, in: "topic", on: connection)
    }

    /// The number of a classifier's version; makes the row when it is missing.
    public func modelNumber(_ version: String, on connection: PostgresConnection) async throws(PostgresError) -> Int16 {
        try await Self.modelNumber(version, on: connection)
    }

    static func modelNumber(_ version: String, on connection: PostgresConnection) async throws(PostgresError) -> Int16 {
        let answers = try await connection.pipeline([
            PostgresStatement(
                "insert model",
                // Looks first: an insertion that finds its row takes a number all the same, and there are 32,767.
                """
                INSERT INTO model (version) SELECT $1 WHERE NOT EXISTS (SELECT FROM model WHERE version = $1)
                ON CONFLICT DO NOTHING
                """,
                [.text(version)]
            ),
            PostgresStatement("read model", "SELECT model_no FROM model WHERE version = $1", [.text(version)]),
        ])
        guard let number = answers.last?.int2(0, 0) else { throw unreadable("read model") }
        return number
    }

    /// Raises the epoch of each partition and says where to go on. While another transaction holds one of the rows
    /// this waits for the connection's lock timeout (``ConnectionSetup/control``), then fails with SQLSTATE 55P03: call ``evict(_:topic:on:)`` and come again.
    public func claim(
        _ partitions: [Int32],
        topic number: Int32,
        writer: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Claim] {
        let rows = try await connection.query(
            PostgresStatement(
                "claim",
                "SELECT * FROM claim($1, $2, $3, $4, $5)",
                [.text(group), .int4(number), .int4Array(partitions.sorted()), .text(owner), .int4(writer)]
            )
        )
        return try (0..<rows.rowCount).map { row throws(PostgresError) in
            guard let partition = rows.int4(row, 0), let epoch = rows.int8(row, 1), let incarnation = rows.int4(row, 3)
            else { throw Self.unreadable("claim") }
            var probe: Probe?
            if let offset = rows.int8(row, 4), let timestamp = rows.int8(row, 5), let hash = rows.int8(row, 6) {
                probe = Probe(offset: offset, timestamp: timestamp, hash: UInt64(bitPattern: hash))
            }
            let next = rows.int8(row, 2)
            return Claim(
                holding: Holding(
                    partition: partition,
                    epoch: epoch,
                    incarnation: incarnation,
                    nextOffset: next ?? 0,
                    probe: probe,
                    acceptBelow: rows.int8(row, 10) ?? 0
                ),
                isStarted: next != nil,
                clusterID: rows.string(row, 7),
                paused: rows.string(row, 8),
                isTripped: rows.bool(row, 9) ?? false
            )
        }
    }

    /// Ends the recorded backends that hold rows of these partitions; returns how many.
    public func evict(
        _ partitions: [Int32],
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Int32 {
        let rows = try await connection.query(
            PostgresStatement(
                "evict",
                "SELECT evict($1, $2, $3)",
                [.text(group), .int4(number), .int4Array(partitions.sorted())]
            )
        )
        return rows.int4(0, 0) ?? 0
    }

    /// Decides where partitions start that never had a place, and notes the cluster of those that have none.
    public func start(
        _ offsets: [(holding: Holding, at: Int64)],
        cluster: String?,
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "start partitions",
                """
                UPDATE partition_progress AS p
                SET next_offset = coalesce(p.next_offset, u.next_offset), cluster_id = coalesce(p.cluster_id, $6)
                FROM unnest($3::integer[], $4::bigint[], $5::bigint[]) AS u (partition, epoch, next_offset)
                WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition AND p.epoch = u.epoch
                """,
                [
                    .text(group), .int4(number), .int4Array(offsets.map(\.holding.partition)),
                    .int8Array(offsets.map(\.holding.epoch)), .int8Array(offsets.map(\.at)), .text(cluster),
                ]
            )
        )
    }

    /// Records the writer's backend after it connected again, so that a claim can end it.
    public func adopt(
        _ epochs: [Int32: Int64],
        topic number: Int32,
        on writer: PostgresConnection
    ) async throws(PostgresError) {
        let partitions = epochs.keys.sorted()
        guard !partitions.isEmpty else { return }
        _ = try await writer.query(
            PostgresStatement(
                "adopt partitions",
                """
                UPDATE partition_progress AS p
                SET backend_pid = pg_backend_pid(),
                    backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
                FROM unnest($3::integer[], $4::bigint[]) AS u (partition, epoch)
                WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition AND p.epoch = u.epoch
                """,
                [
                    .text(group), .int4(number), .int4Array(partitions),
                    .int8Array(partitions.map { epochs[$0] ?? 0 }),
                ]
            )
        )
    }

    /// Where partitions stand.
    public func standings(
        _ partitions: [Int32],
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Int32: Standing] {
        let rows = try await connection.query(
            PostgresStatement(
                "read progress",
                """
                SELECT partition, epoch, next_offset, incarnation, paused IS NOT NULL FROM partition_progress
                WHERE consumer_group = $1 AND topic_no = $2 AND partition = ANY ($3)
                """,
                [.text(group), .int4(number), .int4Array(partitions)]
            )
        )
        var standings: [Int32: Standing] = [:]
        for row in 0..<rows.rowCount {
            if let partition = rows.int4(row, 0), let epoch = rows.int8(row, 1) {
                standings[partition] = Standing(
                    epoch: epoch,
                    nextOffset: rows.int8(row, 2),
                    incarnation: rows.int4(row, 3) ?? 0,
                    isPaused: rows.bool(row, 4) ?? false
                )
            }
        }
        return standings
    }

    /// All partitions of the topic, whoever holds them: next offset and why it is paused.
    public func progress(
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Int32: (nextOffset: Int64?, paused: String?)] {
        let rows = try await connection.query(
            PostgresStatement(
                "read topic progress",
                """
                SELECT partition, next_offset, paused FROM partition_progress
                WHERE consumer_group = $1 AND topic_no = $2
                """,
                [.text(group), .int4(number)]
            )
        )
        var progress: [Int32: (nextOffset: Int64?, paused: String?)] = [:]
        for row in 0..<rows.rowCount {
            if let partition = rows.int4(row, 0) { progress[partition] = (rows.int8(row, 1), rows.string(row, 2)) }
        }
        return progress
    }

    /// Notes why a partition stands still (nil: it goes on). `tripped`: the breaker did it, and no later claim goes on.
    public func pause(
        _ holding: Holding,
        because reason: String?,
        tripped: Bool = false,
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement(
                "pause partition",
                """
                UPDATE partition_progress SET paused = $5, tripped_at = CASE WHEN $6 THEN now() END
                WHERE consumer_group = $1 AND topic_no = $2 AND partition = $3 AND epoch = $4
                """,
                [
                    .text(group), .int4(number), .int4(holding.partition), .int8(holding.epoch), .text(reason),
                    .bool(tripped),
                ]
            )
        )
    }

    /// Gives partitions back: nobody holds them until the next claim. Its commit is a synchronous one (on the control
    /// connection), which makes all that this worker wrote before it durable.
    public func release(
        _ epochs: [Int32: Int64],
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        let partitions = epochs.keys.sorted()
        guard !partitions.isEmpty else { return }
        _ = try await connection.query(
            PostgresStatement(
                "release partitions",
                """
                UPDATE partition_progress AS p SET owner = NULL
                FROM unnest($3::integer[], $4::bigint[]) AS u (partition, epoch)
                WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition AND p.epoch = u.epoch
                """,
                [
                    .text(group), .int4(number), .int4Array(partitions),
                    .int8Array(partitions.map { epochs[$0] ?? 0 }),
                ]
            )
        )
    }

    /// Makes partitions of the mention table ahead of the numbers that are taken.
    public func rollOver(
        on connection: PostgresConnection,
        width: Int64 = Upkeep.defaultWidth,
        ahead: Int64 = 2 * Upkeep.defaultWidth
    ) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("roll over", "SELECT roll_over($1, $2)", [.int8(width), .int8(ahead)])
        )
    }

    private func number(
        of name: String,
        in table: StaticString,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Int32 {
        let answers = try await connection.pipeline(DictionarySQL.resolve(table, [name]))
        guard let number = answers.last?.int4(0, 1) else { throw Self.unreadable("read \(table) names") }
        return number
    }

    private static func unreadable(_ statement: String) -> PostgresError {
        PostgresError(kind: .protocolViolation, message: "the answer has no such row or column", statement: statement)
    }
}
