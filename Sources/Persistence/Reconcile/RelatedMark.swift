import PostgresClient

/// All that is committed at one instant, to tell when it is related, whoever does the background step.
struct RelatedMark: Sendable {
    /// What is not related yet.
    struct Left: Sendable, Equatable {
        /// Numbers of mentions, some of which no mention has.
        var numbers: Int64
        /// Changes of mentions that were related before.
        var revisions: Int64
        /// Pairs of texts that were found.
        var pairs: Int64
        /// Who does the background step.
        var holder: String?

        var isNothing: Bool { numbers == 0 && revisions == 0 && pairs == 0 }
    }

    private let number: Int64
    private let revision: Int64
    /// A transaction that began after all of them had ended.
    private let transaction: String

    /// Takes the instant that is now.
    static func take(on connection: PostgresConnection) async throws(PostgresError) -> RelatedMark {
        let rows = try await connection.query(
            PostgresStatement(
                "mark what is committed",
                """
                SELECT last_number(), (SELECT coalesce(max(revision_no), 0) FROM mention_revised),
                       pg_current_xact_id()::xid::text
                """
            ),
            timeout: .seconds(60)
        )
        return RelatedMark(
            number: rows.int8(0, 0) ?? 0,
            revision: rows.int8(0, 1) ?? 0,
            transaction: rows.string(0, 2) ?? "3"
        )
    }

    /// What is left of it. Reads what waits to be related, and no mention.
    func left(on connection: PostgresConnection) async throws(PostgresError) -> Left {
        let rows = try await connection.query(
            PostgresStatement(
                "look what is left to relate",
                """
                SELECT greatest($1 - (SELECT related_no FROM related_mark), 0),
                       (SELECT count(*) FROM mention_revised WHERE revision_no <= $2),
                       (SELECT count(*) FROM near_found f WHERE age(f.xmin) > age($3::text::xid)),
                       (SELECT owner FROM lease WHERE name = 'relate' AND expires_at > clock_timestamp())
                """,
                [.int8(number), .int8(revision), .text(transaction)]
            ),
            timeout: .seconds(60)
        )
        return Left(
            numbers: rows.int8(0, 0) ?? 0,
            revisions: rows.int8(0, 1) ?? 0,
            pairs: rows.int8(0, 2) ?? 0,
            holder: rows.string(0, 3)
        )
    }
}
