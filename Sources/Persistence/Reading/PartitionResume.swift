public import PostgresClient

/// Lets paused partitions go on, once somebody has looked why they stand still.
public struct PartitionResume: Sendable {
    /// A partition that goes on.
    public struct Outcome: Sendable, Equatable {
        /// The partition.
        public var partition: Int32
        /// Where it goes on; nil where no place was ever decided.
        public var nextOffset: Int64?
        /// Below this offset the breaker doesn't count.
        public var acceptBelow: Int64
        /// Why it stood still.
        public var wasPaused: String
    }

    /// Consumer group.
    public var group: String
    /// Topic.
    public var topic: String
    /// Partitions, each with the offset below which dead letters are taken as they come (nil: the breaker counts on).
    public var partitions: [(partition: Int32, acceptBelow: Int64?)]
    /// Who does it, for the audit.
    public var by: String
    /// Why, for the audit.
    public var reason: String?

    /// Makes a resumption.
    public init(
        group: String,
        topic: String,
        partitions: [(partition: Int32, acceptBelow: Int64?)],
        by: String,
        reason: String? = nil
    ) {
        self.group = group
        self.topic = topic
        self.partitions = partitions
        self.by = by
        self.reason = reason
    }

    /// Does it, in one transaction with its audit rows. The worker that holds a partition sees it within seconds.
    /// - Returns: the partitions that were paused, ascending; others are left alone.
    public func apply(on connection: PostgresConnection) async throws(PostgresError) -> [Outcome] {
        let rows = try await connection.query(
            PostgresStatement(
                "resume partitions",
                "SELECT partition, next_offset, accept_below, was_paused FROM resume_partitions($1, $2, $3, $4, $5, $6)",
                [
                    .text(group), .text(topic), .int4Array(partitions.map(\.partition)),
                    .int8Array(partitions.map(\.acceptBelow)), .text(by), .text(reason),
                ]
            ),
            timeout: .seconds(60)
        )
        return (0..<rows.rowCount).compactMap { row in
            guard let partition = rows.int4(row, 0), let wasPaused = rows.string(row, 3) else { return nil }
            return Outcome(
                partition: partition,
                nextOffset: rows.int8(row, 1),
                acceptBelow: rows.int8(row, 2) ?? 0,
                wasPaused: wasPaused
            )
        }
    }
}
