import Advocacy
import PostgresClient

/// Folds ledger and thread ledger once more, and compares with `standing`: within the snapshot of ``Verifier``.
///
/// Authors whose turn is still to come are left out: those of mentions that the background step has not reached, and
/// those in its queue.
struct StandingAudit {
    static let name = "standings"
    static let holds = "each standing is the fold of its author's days in ledger and thread ledger"

    private static let page = 20_000

    private(set) var failures: Int64 = 0
    private(set) var examples: [String] = []

    /// Two cursors side by side, by brand and author.
    private static let cursors = [
        PostgresStatement(
            "read days to fold",
            """
            DECLARE audited_days NO SCROLL CURSOR FOR
            SELECT brand_no, \(StandingSQL.dayColumns), author_no, day
            FROM ledger l FULL JOIN thread_ledger t USING (brand_no, day, author_no) ORDER BY brand_no, author_no
            """
        ),
        PostgresStatement(
            "read standings to compare",
            """
            DECLARE audited_standings NO SCROLL CURSOR FOR
            SELECT brand_no, author_no, days, last_day, weight, worth, present, amplified, positivity, reach, dialogue,
                   defence, originality, moderation, weeks, bound, positive, neutral, negative, unknown, copies,
                   set_aside, first_at, last_at, followers
            FROM standing ORDER BY brand_no, author_no
            """
        ),
    ]

    private static let pending = """
        SELECT brand_no, author_no FROM ledger_touched
        UNION
        SELECT b.brand_no, m.author_no FROM mention m CROSS JOIN LATERAL unnest(m.brands) AS b (brand_no)
        WHERE m.mention_no > (SELECT related_no FROM related_mark)
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
                all.append(StandingSQL.day(next.rows, next.row, next.rows.int4(next.row, 23) ?? 0))
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
        let row = stored.row
        guard stored.rows.bytes(row, 2) == StandingCode.encode(days), Self.standing(stored.rows, row) == fresh,
            stored.rows.int2(row, 15) == AdvocateScore.bound(fresh, setting: setting)
        else { return note(key, "differs") }
    }

    private static func standing(_ rows: PostgresResult, _ row: Int) -> Standing? {
        var day = StandingDay(day: rows.int4(row, 3) ?? 0)
        day.positive = 1
        guard var standing = Standing([day], setting: ScoreSetting(), weights: DayWeights(halfLifeDays: 1)) else {
            return nil
        }
        func integer(_ column: Int) -> Int32 { rows.int4(row, column) ?? .min }
        func share(_ column: Int) -> Int16 { rows.int2(row, column) ?? .min }
        (standing.weight, standing.worth) = (integer(4), integer(5))
        (standing.present, standing.amplified) = (integer(6), integer(7))
        (standing.positivity, standing.reach) = (share(8), share(9))
        (standing.dialogue, standing.defence) = (share(10), share(11))
        (standing.originality, standing.moderation, standing.weeks) = (share(12), share(13), share(14))
        (standing.positive, standing.neutral) = (integer(16), integer(17))
        (standing.negative, standing.unknown) = (integer(18), integer(19))
        (standing.copies, standing.setAside) = (integer(20), integer(21))
        standing.firstAt = rows.timestamptz(row, 22) ?? .min
        standing.lastAt = rows.timestamptz(row, 23) ?? .min
        standing.followers = rows.int8(row, 24)
        return standing
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
