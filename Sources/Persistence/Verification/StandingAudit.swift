import Advocacy
import PostgresClient

/// Folds ledger and thread ledger once more, and compares with `standing`: within the snapshot of ``Verifier``.
///
/// Authors whose turn is still to come are left out: those of mentions that the background step has not reached, and
/// those in its queue.
struct StandingAudit {
    static let name = "standings"
    static let holds = "each standing is the fold of its person's days in ledger and thread ledger"

    private static let page = 20_000

    private(set) var failures: Int64 = 0
    private(set) var examples: [String] = []

    /// Two cursors side by side, by brand and author.
    private static let cursors = [
        PostgresStatement(
            "read days to fold",
            """
            DECLARE audited_days NO SCROLL CURSOR FOR
            SELECT brand_no, \(StandingSQL.dayColumns), coalesce(p.person_no, author_no) AS person_no, day
            FROM ledger l FULL JOIN thread_ledger t USING (brand_no, day, author_no) LEFT JOIN person p USING (author_no)
            ORDER BY brand_no, person_no, day
            """
        ),
        PostgresStatement(
            "read standings to compare",
            """
            DECLARE audited_standings NO SCROLL CURSOR FOR
            SELECT brand_no, author_no, days, last_day, present, amplified, active, fading, settled, purity, rest, bound,
                   positivity, reach, dialogue, defence, originality, moderation, positive, neutral, negative, unknown, copies,
                   set_aside, first_at, last_at, followers
            FROM standing ORDER BY brand_no, author_no
            """
        ),
    ]

    private static let pending = """
        SELECT k.brand_no, coalesce(p.person_no, k.author_no)
        FROM (SELECT brand_no, author_no FROM ledger_touched
              UNION
              SELECT b.brand_no, m.author_no FROM mention m CROSS JOIN LATERAL unnest(m.brands) AS b (brand_no)
              WHERE m.mention_no > (SELECT related_no FROM related_mark)) AS k
        LEFT JOIN person p USING (author_no)
        """

    mutating func run(on connection: PostgresConnection, _ timeout: Duration) async throws(PostgresError) {
        let opened = try await connection.pipeline(
            [ScoreSettings.read, PostgresStatement("read pending authors", Self.pending)] + Self.cursors,
            timeout: timeout
        )
        guard opened.count == 4, let setting = ScoreSettings.standing(opened[0])?.setting else {
            note("there is no score setting")
            return
        }
        var pending = Set<StandingRefresh.Key>(minimumCapacity: opened[1].rowCount)
        for row in 0..<opened[1].rowCount {
            guard let brand = opened[1].int4(row, 0), let author = opened[1].int8(row, 1) else { continue }
            pending.insert(StandingRefresh.Key(brand: brand, author: author))
        }
        let weights = DayWeights(halfLifeDays: setting.halfLifeDays)
        var days = Pages(cursor: "audited_days", author: 22)
        var standings = Pages(cursor: "audited_standings", author: 1)
        var standing = try await standings.next(on: connection, timeout)
        var day = try await days.next(on: connection, timeout)
        while let current = day {
            var all: [StandingDay] = []
            while let next = day, next.key == current.key {
                let fresh = StandingSQL.day(next.rows, next.row, next.rows.int4(next.row, 23) ?? 0)
                // As the background step does, which reads of each account the days with mentions alone.
                if let last = all.indices.last, all[last].day == fresh.day {
                    if all[last].isNothing {
                        all[last] = fresh
                    } else if !fresh.isNothing {
                        all[last].add(fresh)
                    }
                } else {
                    all.append(fresh)
                }
                day = try await days.next(on: connection, timeout)
            }
            while let stored = standing, stored.key < current.key {
                if !pending.contains(stored.key) { note(stored.key, "has no days") }
                standing = try await standings.next(on: connection, timeout)
            }
            let stored = standing.flatMap { $0.key == current.key ? $0 : nil }
            if stored != nil { standing = try await standings.next(on: connection, timeout) }
            guard !pending.contains(current.key) else { continue }
            compare(stored, all, setting, weights, current.key)
        }
        while let stored = standing {
            if !pending.contains(stored.key) { note(stored.key, "has no days") }
            standing = try await standings.next(on: connection, timeout)
        }
    }

    private mutating func compare(
        _ stored: Pages.Row?,
        _ days: [StandingDay],
        _ setting: ScoreSetting,
        _ weights: DayWeights,
        _ key: StandingRefresh.Key
    ) {
        let fresh = Standing(days, setting: setting, weights: weights)
        guard let stored else {
            if fresh != nil { note(key, "has no standing") }
            return
        }
        guard let fresh else { return note(key, "has no mentions") }
        guard stored.rows.bytes(stored.row, 2) == StandingCode.encode(days),
            Self.holds(stored.rows, stored.row, fresh, ScoreFactors(fresh, setting: setting))
        else { return note(key, "differs") }
    }

    private static func holds(_ rows: PostgresResult, _ row: Int, _ standing: Standing, _ factors: ScoreFactors) -> Bool
    {
        let integers = [standing.lastDay, standing.present, standing.amplified, factors.active]
        let reals = [factors.fading, factors.settled, factors.purity, factors.rest]
        let shares = [
            factors.bound, standing.positivity, standing.reach, standing.dialogue, standing.defence,
            standing.originality, standing.moderation,
        ]
        let totals = [
            standing.positive, standing.neutral, standing.negative, standing.unknown, standing.copies,
            standing.setAside,
        ]
        return integers.indices.allSatisfy { rows.int4(row, 3 + $0) == integers[$0] }
            && reals.indices.allSatisfy { rows.double(row, 7 + $0) == reals[$0] }
            && shares.indices.allSatisfy { rows.int2(row, 11 + $0) == shares[$0] }
            && totals.indices.allSatisfy { rows.int4(row, 18 + $0) == totals[$0] }
            && rows.timestamptz(row, 24) == standing.firstAt && rows.timestamptz(row, 25) == standing.lastAt
            && rows.int8(row, 26) == standing.followers
    }

    private mutating func note(_ key: StandingRefresh.Key, _ what: String) {
        note("brand \(key.brand), author \(key.author) \(what)")
    }

    private mutating func note(_ finding: String) {
        failures += 1
        if examples.count < 5 { examples.append(finding) }
    }

    /// A cursor's rows, a page at a time.
    private struct Pages {
        struct Row {
            var key: StandingRefresh.Key
            var rows: PostgresResult
            var row: Int
        }

        let cursor: String
        /// The column of the author; the brand's is the first.
        let author: Int
        private var rows: PostgresResult?
        private var place = 0

        init(cursor: String, author: Int) {
            self.cursor = cursor
            self.author = author
        }

        mutating func next(
            on connection: PostgresConnection,
            _ timeout: Duration
        ) async throws(PostgresError) -> Row? {
            if rows.map({ place >= $0.rowCount }) ?? true {
                rows = try await connection.query(
                    PostgresStatement("fetch \(cursor)", "FETCH \(StandingAudit.page) FROM \(cursor)"),
                    timeout: timeout
                )
                place = 0
            }
            guard let rows, place < rows.rowCount, let brand = rows.int4(place, 0),
                let number = rows.int8(place, author)
            else { return nil }
            defer { place += 1 }
            return Row(key: StandingRefresh.Key(brand: brand, author: number), rows: rows, row: place)
        }
    }
}
