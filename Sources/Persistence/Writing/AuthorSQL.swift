import PostgresClient

/// The statements of the author dictionary.
enum AuthorSQL {
    /// Reads the authors at some places of the book.
    static func lookUp(_ places: [Int], _ book: AuthorBook) -> PostgresStatement {
        let keys = places.map(book.key)
        return PostgresStatement(
            "look up authors",
            """
            SELECT k.ord, a.author_no, a.profile_day, a.profile_hash
            FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k (source_no, author_key, ord)
            JOIN author a ON a.source_no = k.source_no AND a.author_key = k.author_key
            """,
            [.int4Array(keys.map(\.source)), .textArray(keys.map(\.key))]
        )
    }

    static func read(_ result: PostgresResult, _ places: [Int], into book: inout AuthorBook) {
        for row in 0..<result.rowCount {
            guard let place = result.int8(row, 0), place >= 1, place <= places.count else { continue }
            guard let author = author(result, row, first: 1) else { continue }
            book.found(at: places[Int(place) - 1], author)
        }
    }

    /// As many numbers as there are new authors.
    static func takeNumbers(_ count: Int) -> PostgresStatement {
        PostgresStatement(
            "number authors",
            """
            SELECT array_agg(nextval((SELECT pg_get_serial_sequence('mention_store.author', 'author_no')::regclass)))
            FROM generate_series(1, $1)
            """,
            [.int4(Int32(clamping: count))]
        )
    }

    /// The columns in the order in which rows are copied.
    static let copy = """
        COPY author (author_no, source_no, author_key, profile_day, profile_hash, verified, handle, name)
        FROM STDIN (FORMAT binary)
        """

    /// Rows of authors that were not there a moment ago: a copy costs half of ``insert(_:_:)``, but ends with an error where
    /// another worker has brought one of them since. `places` is sorted by key, with a number for each.
    static func copyRows(_ places: [Int], numbers: [Int64], _ book: AuthorBook) -> [UInt8] {
        var encoder = CopyEncoder(capacity: places.count * 128)
        for (place, number) in zip(places, numbers) {
            let key = book.key(at: place)
            let profile = book.profile(of: place)
            encoder.beginRow(columns: 8)
            encoder.int8(number)
            encoder.int4(key.source)
            encoder.text(key.key)
            encoder.int4(profile?.day ?? 0)
            encoder.int8(profile?.hash ?? 0)
            if let verified = profile?.verified { encoder.bool(verified) } else { encoder.null() }
            encoder.text(profile?.handle)
            encoder.text(profile?.name)
        }
        return encoder.finish()
    }

    /// `places` is sorted by key. What comes back are key and number, so that nothing depends on the order of RETURNING.
    static func insert(_ places: [Int], _ book: AuthorBook) -> PostgresStatement {
        let keys = places.map(book.key)
        let profiles = places.map(book.profile)
        return PostgresStatement(
            "insert authors",
            """
            INSERT INTO author (source_no, author_key, profile_day, profile_hash, verified, handle, name)
            SELECT * FROM unnest($1::integer[], $2::text[], $3::integer[], $4::bigint[], $5::boolean[], $6::text[],
                                 $7::text[])
            ON CONFLICT (source_no, author_key) DO UPDATE
            SET (profile_day, profile_hash, verified, handle, name) = (
                SELECT v.day, v.hash, v.verified, v.handle, v.name
                FROM (VALUES (author.profile_day, author.profile_hash, author.verified, author.handle, author.name),
                             (excluded.profile_day, excluded.profile_hash, excluded.verified, excluded.handle,
                              excluded.name)) AS v (day, hash, verified, handle, name)
                ORDER BY v.day DESC, v.hash DESC LIMIT 1)
            RETURNING source_no, author_key, author_no, profile_day, profile_hash
            """,
            [
                .int4Array(keys.map(\.source)), .textArray(keys.map(\.key)),
                .int4Array(profiles.map { $0?.day ?? 0 }), .int8Array(profiles.map { $0?.hash ?? 0 }),
                .boolArray(profiles.map { $0?.verified }),
                AuthorProfile.handles(profiles), AuthorProfile.names(profiles),
            ]
        )
    }

    static func readInserted(_ result: PostgresResult, _ places: [Int], into book: inout AuthorBook) {
        for row in 0..<result.rowCount {
            guard let source = result.int4(row, 0), let key = result.string(row, 1),
                let author = author(result, row, first: 2)
            else { continue }
            let name = AuthorKey(source: source, key: key)
            // Rows mostly come in the order in which they were sent: then no author has to be looked for.
            let guess = row < places.count && book.key(at: places[row]) == name ? places[row] : nil
            if let place = guess ?? book.place(of: name) { book.found(at: place, author) }
        }
    }

    static func update(_ moved: [(KnownAuthor, AuthorProfile)]) -> PostgresStatement {
        PostgresStatement(
            "update author profiles",
            """
            UPDATE author AS a
            SET profile_day = u.day, profile_hash = u.hash, verified = u.verified, handle = u.handle, name = u.name
            FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::boolean[], $5::text[], $6::text[])
                AS u (author_no, day, hash, verified, handle, name)
            WHERE a.author_no = u.author_no AND (u.day, u.hash) > (a.profile_day, a.profile_hash)
            """,
            [
                .int8Array(moved.map(\.0.number)), .int4Array(moved.map(\.1.day)), .int8Array(moved.map(\.1.hash)),
                .boolArray(moved.map(\.1.verified)), AuthorProfile.handles(moved.map(\.1)),
                AuthorProfile.names(moved.map(\.1)),
            ]
        )
    }

    private static func author(_ result: PostgresResult, _ row: Int, first: Int) -> KnownAuthor? {
        guard let number = result.int8(row, first), let day = result.int4(row, first + 1),
            let hash = result.int8(row, first + 2)
        else { return nil }
        return KnownAuthor(number: number, day: day, hash: hash)
    }
}
