import Pipeline
package import PostgresClient

/// The SQL of workers that a test has mutated. See ``Mutation``.
enum MutatedSQL {
    /// The guard's call, with what stands in the place of what the worker holds.
    static func guardCall(_ mutation: Mutation) -> String {
        func standing(_ column: String) -> String {
            """
            ARRAY(SELECT p.\(column) FROM unnest($3::integer[]) WITH ORDINALITY AS u (n, place)
                  JOIN partition_progress p ON p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.n
                  ORDER BY place)
            """
        }
        // A parameter that nothing uses would have no type.
        let epochs = mutation.ignoresEpoch ? standing("epoch") : "$4::bigint[]"
        let offsets = mutation.ignoresOffset ? standing("next_offset") : "$5::bigint[]"
        return """
            SELECT guard($1, $2, $3, \(epochs), \(offsets))
            FROM (SELECT $4::bigint[] AS epochs, $5::bigint[] AS offsets) AS mine
            """
    }
}

extension PartitionClaims {
    /// Moves partitions to where Kafka says, without asking what has had its effect.
    package func move(
        _ offsets: [Int32: Int64],
        topic number: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        let partitions = offsets.keys.sorted()
        _ = try await connection.query(
            PostgresStatement(
                "move partitions",
                """
                UPDATE partition_progress AS p SET next_offset = u.next_offset, last_offset = NULL
                FROM unnest($3::integer[], $4::bigint[]) AS u (partition, next_offset)
                WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition
                """,
                [
                    .text(group), .int4(number), .int4Array(partitions),
                    .int8Array(partitions.map { offsets[$0] ?? 0 }),
                ]
            )
        )
    }
}
