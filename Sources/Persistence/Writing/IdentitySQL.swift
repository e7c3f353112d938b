import PostgresClient

/// The statements about who a mention is.
///
/// `INSERT … ON CONFLICT` takes a lock of its own for each row and logs it twice: it costs three times a copy. So what is there
/// is looked up, and the rest is copied; ``insert(_:)`` is for the batch that another worker has come before meanwhile.
enum IdentitySQL {
    /// The columns in the order in which rows are copied.
    static let copy = "COPY mention_identity (source_no, native_id, mention_no, body_hash) FROM STDIN (FORMAT binary)"

    /// The identities that are new, in the order of their key; nil when there are none.
    static func copyRows(_ intake: BatchIntake) -> [UInt8]? {
        var encoder = CopyEncoder(capacity: intake.groups.count * 64)
        for group in intake.groups where group.isNew {
            let first = intake.mentions[group.first]
            encoder.beginRow(columns: 4)
            encoder.int4(first.source)
            encoder.field(first.event.id, in: first.chunk.arena)
            encoder.int8(group.number)
            encoder.int8(first.version.bodyHash)
        }
        return encoder.rowCount > 0 ? encoder.finish() : nil
    }

    /// Inserts the identities in the order of their key and returns the numbers of those that are new.
    static func insert(_ intake: BatchIntake) -> PostgresStatement {
        let firsts = intake.groups.map { intake.mentions[$0.first] }
        return PostgresStatement(
            "insert identities",
            """
            INSERT INTO mention_identity (source_no, native_id, mention_no, body_hash)
            SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[])
            ON CONFLICT (source_no, native_id) DO NOTHING
            RETURNING mention_no
            """,
            [
                .int4Array(firsts.map(\.source)), ids(firsts), .int8Array(intake.groups.map(\.number)),
                .int8Array(firsts.map(\.version.bodyHash)),
            ]
        )
    }

    /// Reads the identities that were there before.
    ///
    /// The look-up by key stays one whatever the planner thinks of a table that has just grown.
    static func lookUp(_ intake: BatchIntake, _ conflicts: [Int]) -> PostgresStatement {
        let firsts = conflicts.map { intake.mentions[intake.groups[$0].first] }
        return PostgresStatement(
            "look up identities",
            """
            SELECT k.ord, i.mention_no, i.body_hash
            FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k (source_no, native_id, ord)
            JOIN mention_identity i ON i.source_no = k.source_no AND i.native_id = k.native_id
            """,
            [.int4Array(firsts.map(\.source)), ids(firsts)]
        )
    }

    /// Notes bodies beyond the first and returns those that had not been seen.
    static func insertBodies(_ bodies: [FurtherBody]) -> PostgresStatement {
        PostgresStatement(
            "insert bodies",
            """
            INSERT INTO mention_body (mention_no, body_hash)
            SELECT * FROM unnest($1::bigint[], $2::bigint[])
            ON CONFLICT DO NOTHING
            RETURNING mention_no, body_hash
            """,
            [.int8Array(bodies.map(\.number)), .int8Array(bodies.map(\.bodyHash))]
        )
    }

    static func ids(_ mentions: [Incoming]) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: TypeOID.text, capacity: mentions.count * 28)
        for incoming in mentions { encoder.append(incoming.event.id, in: incoming.chunk.arena) }
        return encoder.finish()
    }
}
