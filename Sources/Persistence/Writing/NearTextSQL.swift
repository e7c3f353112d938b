import Copies
import PostgresClient

/// Hands pairs of near texts to the background step.
enum NearTextSQL {
    /// One statement, or none where there are no pairs.
    static func insert(_ pairs: [NearTexts]) -> [PostgresStatement] {
        guard !pairs.isEmpty else { return [] }
        return [
            PostgresStatement(
                "insert near texts",
                """
                INSERT INTO near_found (text_hash, other_hash, jaccard)
                SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[])
                """,
                parameters(pairs)
            )
        ]
    }

    /// Texts, others and similarities, an array each.
    static func parameters(_ pairs: [NearTexts]) -> [PostgresParameter] {
        [
            .int8Array(pairs.map { Int64(bitPattern: $0.text) }),
            .int8Array(pairs.map { Int64(bitPattern: $0.other) }),
            .int2Array(pairs.map { Int16(clamping: $0.jaccard) }),
        ]
    }
}
