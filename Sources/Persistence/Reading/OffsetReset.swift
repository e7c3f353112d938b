public import PostgresClient

/// Moves the place of a group in a partition: after a loss in Kafka, when the partition is paused and asks for it.
public struct OffsetReset: Sendable {
    /// What was changed.
    public struct Outcome: Sendable, Equatable {
        /// The offset that was to be read next.
        public var oldOffset: Int64?
        /// The offset that is read next.
        public var newOffset: Int64
        /// Offsets count anew from here: the number is part of every stored position.
        public var incarnation: Int32
    }

    /// Consumer group.
    public var group: String
    /// Topic.
    public var topic: String
    /// Partition.
    public var partition: Int32
    /// The offset to read next.
    public var offset: Int64
    /// Who does it, for the audit.
    public var by: String
    /// Why, for the audit.
    public var reason: String?

    /// Makes a reset.
    public init(group: String, topic: String, partition: Int32, offset: Int64, by: String, reason: String? = nil) {
        self.group = group
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.by = by
        self.reason = reason
    }

    /// Does it, in one transaction: an audit row, the next incarnation, a new epoch (whoever holds the partition must
    /// claim it again), no pause.
    /// - Returns: nil when the group has no progress in the partition: then `--start` decides.
    public func apply(on connection: PostgresConnection) async throws(PostgresError) -> Outcome? {
        let rows = try await connection.query(
            PostgresStatement(
                "reset offset",
                "SELECT old_offset, new_offset, incarnation FROM reset_offset($1, $2, $3, $4, $5, $6)",
                [.text(group), .text(topic), .int4(partition), .int8(offset), .text(by), .text(reason)]
            ),
            timeout: .seconds(60)
        )
        guard let newOffset = rows.int8(0, 1) else { return nil }
        return Outcome(oldOffset: rows.int8(0, 0), newOffset: newOffset, incarnation: rows.int4(0, 2) ?? 0)
    }
}
