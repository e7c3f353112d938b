public import PostgresClient

/// Two mentions whose texts are near and that are not in one group, by their names.
public struct NamedPair: Sendable, Equatable {
    /// Jaccard similarity in ten-thousandths, rounded down.
    public var jaccard: Int32
    /// Source of one mention.
    public var source: String
    /// Its id on the source.
    public var nativeID: String
    /// Source of the other.
    public var otherSource: String
    /// Its id on the source.
    public var otherNativeID: String
}

/// What pairs are called by people.
public enum EscapedPairReading {
    /// The names of pairs, in their order; pairs of which a mention is gone are left out.
    public static func names(
        of pairs: [Reconciliation.EscapedPair],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [NamedPair] {
        guard !pairs.isEmpty else { return [] }
        let rows = try await connection.query(
            PostgresStatement(
                "name pairs",
                """
                SELECT s.name, m.native_id, t.name, o.native_id, p.place
                FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS p (one, other, place)
                JOIN mention m ON m.mention_no = p.one JOIN source s ON s.source_no = m.source_no
                JOIN mention o ON o.mention_no = p.other JOIN source t ON t.source_no = o.source_no
                ORDER BY p.place
                """,
                [.int8Array(pairs.map(\.mention)), .int8Array(pairs.map(\.other))]
            ),
            timeout: .seconds(60)
        )
        return (0..<rows.rowCount).compactMap { row in
            guard let place = rows.int8(row, 4) else { return nil }
            return NamedPair(
                jaccard: pairs[Int(place) - 1].jaccard,
                source: rows.string(row, 0) ?? "",
                nativeID: rows.string(row, 1) ?? "",
                otherSource: rows.string(row, 2) ?? "",
                otherNativeID: rows.string(row, 3) ?? ""
            )
        }
    }
}
