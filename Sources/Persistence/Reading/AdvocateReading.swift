public import PostgresClient

/// Which bounds to score next: from the greatest down, until the best that were found can't be passed by any that were not
/// looked at.
struct BoundSearch: Sendable, Equatable {
    /// Bounds with their numbers of authors, the greatest first.
    private let bounds: [(bound: Int16, authors: Int64)]
    private let wanted: Int64

    /// A search for so many authors.
    init(_ bounds: [(bound: Int16, authors: Int64)], wanted: Int64) {
        self.bounds = bounds
        self.wanted = wanted
    }

    static func == (left: BoundSearch, right: BoundSearch) -> Bool {
        left.wanted == right.wanted && left.bounds.elementsEqual(right.bounds, by: ==)
    }

    /// The least bound to score, after what was scored down to `previous`; nil where all were scored. Each time about four
    /// times as many, for a score lies below its bound by how long its author has been silent.
    func next(after previous: Int16?) -> Int16? {
        var seen: Int64 = 0
        var goal = max(wanted * 2, 200)
        for (bound, authors) in bounds {
            seen += authors
            if let previous, bound >= previous {
                goal = seen * 4
                continue
            }
            if seen >= goal { return bound }
        }
        return bounds.last.flatMap { last in previous.map { last.bound < $0 } ?? true ? last.bound : nil }
    }

    /// Whether nobody with a bound below `bound` can be among the best, given the scores of these.
    static func proves(_ worst: Double, downTo bound: Int16) -> Bool {
        // Bounds are whole numbers.
        worst > Double(bound) - 1
    }
}

extension ViewReading {
    private static let timeout = Duration.seconds(300)

    /// Below this the index of bounds has nothing.
    private static let floor: Int16 = 10

    /// The authors of the highest score for a brand, best first; critics by how sure that is.
    ///
    /// Authors are scored in the order of their bounds, until the best are proven; the answer is that of a full sort.
    /// - Parameter band: one band alone; nil for all.
    public static func advocates(
        of brand: String,
        band: String? = nil,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [AdvocateRow] {
        guard limit > 0 else { return [] }
        if band != "critic" {
            let found = try await bestByBound(of: brand, band: band, limit: limit, on: connection)
            if let found { return found }
        }
        return try await advocates(of: brand, band: band, from: nil, limit: limit, on: connection)
    }

    /// Nil where bounds prove nothing: too few authors have one above the floor, or all are being folded anew.
    static func bestByBound(
        of brand: String,
        band: String?,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [AdvocateRow]? {
        let counts = try await connection.query(
            PostgresStatement(
                "count bounds",
                """
                SELECT bound, count(*), bool_and(is_settled) FROM mention_farm.advocate
                WHERE brand = $1 AND bound >= \(floor) GROUP BY bound ORDER BY bound DESC
                """,
                [.text(brand)]
            ),
            timeout: timeout
        )
        var bounds: [(bound: Int16, authors: Int64)] = []
        for row in 0..<counts.rowCount {
            guard let bound = counts.int2(row, 0), let authors = counts.int8(row, 1), counts.bool(row, 2) == true else {
                return nil
            }
            bounds.append((bound, authors))
        }
        let search = BoundSearch(bounds, wanted: Int64(limit))
        var least: Int16?
        while let next = search.next(after: least) {
            let rows = try await advocates(of: brand, band: band, from: next, limit: limit, on: connection)
            if rows.count == Int(limit), let worst = rows.last, BoundSearch.proves(worst.score, downTo: next) {
                return rows
            }
            least = next
        }
        return nil
    }

    /// A full sort of those with a bound of at least `from`; of all for nil.
    static func advocates(
        of brand: String,
        band: String?,
        from: Int16?,
        limit: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [AdvocateRow] {
        // Names are looked up for those that are shown: nothing may be sorted by them.
        let order = band == "critic" ? "confidence_upper, score DESC" : "score DESC"
        let chosen = from == nil ? "" : "AND bound >= \(floor) AND bound >= $4"
        let rows = try await connection.query(
            PostgresStatement(
                "read advocates",
                """
                SELECT source, author_id, author_handle, score, band, mentions, positive, negative, followers,
                       confidence_lower, confidence_upper
                FROM mention_farm.advocate WHERE brand = $1 AND ($2::text IS NULL OR band = $2) \(chosen)
                ORDER BY \(order), mentions DESC, first_at LIMIT $3
                """,
                [.text(brand), .text(band), .int4(limit)] + (from.map { [.int2($0)] } ?? [])
            ),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            AdvocateRow(
                source: rows.string(row, 0) ?? "",
                authorID: rows.string(row, 1) ?? "",
                handle: rows.string(row, 2),
                score: rows.double(row, 3) ?? 0,
                band: rows.string(row, 4) ?? "",
                mentions: rows.int8(row, 5) ?? 0,
                positive: rows.int8(row, 6) ?? 0,
                negative: rows.int8(row, 7) ?? 0,
                followers: rows.int8(row, 8),
                confidenceLower: rows.double(row, 9) ?? 0,
                confidenceUpper: rows.double(row, 10) ?? 1
            )
        }
    }
}
