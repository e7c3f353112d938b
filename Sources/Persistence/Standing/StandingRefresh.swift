import Advocacy
import Conversations
import PostgresClient

/// Refreshes `standing` within a background step: for the days of authors that have changed, the ledger's rows as they
/// are now replace what the standing carried of them.
///
/// What is read may hold mentions that the step has not come to: their turn comes, and their days are read once more. So
/// a standing is a function of the ledger, whatever the order, the batches and the number of workers.
struct StandingRefresh {
    struct Key: Hashable, Comparable {
        var brand: Int32
        /// The first account of the person.
        var author: Int64

        static func < (left: Key, right: Key) -> Bool { (left.brand, left.author) < (right.brand, right.author) }
    }

    /// Days that are read at once from the queue.
    static let mostTouched: Int32 = 20_000
    /// Mention numbers that a standing carries, the latest.
    static let mostRecent = 32

    /// Days to be read, by author.
    private var days: [Key: Set<Int32>] = [:]
    /// Mentions that have become an author's.
    private var numbers: [Key: [Int64]] = [:]
    private(set) var setting = ScoreSetting()
    private(set) var version: Int32 = 0
    /// Who is one person: what their accounts did is one standing.
    private(set) var persons = Persons()
    /// How many days the queue gave.
    private(set) var touched = 0

    var isEmpty: Bool { days.isEmpty }

    /// How many rows of `standing` it refreshes.
    var count: Int { days.count }

    // MARK: - What has changed

    /// Reads the setting and who is one person, and takes days from the queue. Before all else, within the transaction.
    nonisolated(nonsending) mutating func begin(
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) {
        let answers = try await connection.pipeline(
            [
                ScoreSettings.read,
                PostgresStatement("read touched days", StandingSQL.touched, [.int4(Self.mostTouched)]),
                PersonSQL.read,
            ],
            timeout: timeout
        )
        guard answers.count == 3, let standing = ScoreSettings.standing(answers[0]) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "there is no score setting",
                statement: "read score setting"
            )
        }
        (version, setting) = (standing.version, standing.setting)
        persons = PersonSQL.persons(answers[2])
        touched = answers[1].rowCount
        for row in 0..<answers[1].rowCount {
            guard let brand = answers[1].int4(row, 0), let day = answers[1].int4(row, 1),
                let author = answers[1].int8(row, 2)
            else { continue }
            days[key(brand, author), default: []].insert(day)
        }
    }

    private func key(_ brand: Int32, _ author: Int64) -> Key { Key(brand: brand, author: persons.person(of: author)) }

    /// Takes what was stored of an author before somebody joined or parted: days to read anew, and numbers of mentions.
    mutating func add(_ author: Int64, _ brand: Int32, days: [Int32], numbers: [Int64]) {
        let key = key(brand, author)
        self.days[key, default: []].formUnion(days)
        if !numbers.isEmpty { self.numbers[key, default: []] += numbers }
    }

    /// Takes what a step counts: of a new mention its day, of one that has changed the number alone, for its days are in
    /// the queue.
    mutating func add(_ change: RelatedChange) {
        let mention = change.new
        for brand in mention.brands {
            let key = key(brand, mention.author)
            if change.old == nil { days[key, default: []].insert(mention.publishedAt.day) }
            numbers[key, default: []].append(mention.number)
        }
    }

    /// Takes days of which the sums of copies change.
    mutating func add(_ sums: CopySums) {
        for (key, _) in sums.dayChanges {
            days[self.key(key.brand, key.author), default: []].insert(key.day)
        }
    }

    // MARK: - What comes of it

    /// Reads the days, writes the standings that are new, and says what else is to be written; `sums` are changes of copies
    /// that are written with it.
    nonisolated(nonsending) func statements(
        with sums: CopySums,
        on connection: PostgresConnection,
        _ timeout: Duration
    ) async throws(PostgresError) -> [PostgresStatement] {
        guard !days.isEmpty else { return [] }
        let keys = days.keys.sorted()
        var days: [(key: Int, day: Int32, author: Int64)] = []
        days.reserveCapacity(keys.count)
        for (index, key) in keys.enumerated() {
            let accounts = persons.isEmpty ? [key.author] : persons.accounts(of: key.author)
            for day in self.days[key]?.sorted() ?? [] {
                for account in accounts { days.append((index, day, account)) }
            }
        }
        let answers = try await connection.pipeline(
            [
                PostgresStatement(
                    "read standings",
                    StandingSQL.standings,
                    [.int4Array(keys.map(\.brand)), .int8Array(keys.map(\.author))]
                ),
                PostgresStatement(
                    "read changed days",
                    StandingSQL.days,
                    [
                        .int4Array(days.map { keys[$0.key].brand }), .int4Array(days.map(\.day)),
                        .int8Array(days.map(\.author)),
                    ]
                ),
            ],
            timeout: timeout
        )
        guard answers.count == 2 else { return [] }
        var fresh = try StandingRows(keys, answers[0])
        for (key, day, _) in days { fresh.forget(day, of: key) }
        var copies: [CopySums.DayKey: CopySums.Counts] = [:]
        for change in sums.dayChanges { copies[change.key] = change.counts }
        for row in 0..<answers[1].rowCount {
            guard let place = answers[1].int8(row, 0), place >= 1, place <= days.count else { continue }
            let (key, number, author) = days[Int(place) - 1]
            var day = StandingSQL.day(answers[1], row, number)
            let at = CopySums.DayKey(brand: keys[key].brand, day: number, author: author)
            if let counts = copies[at] {
                day.copies += Int64(counts.all)
                day.copiesPositive += Int64(counts.positive)
                day.copiesNegative += Int64(counts.negative)
            }
            fresh.add(day, to: key)
        }
        for (index, key) in keys.enumerated() { fresh.note(numbers[key] ?? [], of: index) }
        let writing = fresh.writing(setting)
        if let rows = writing.copied {
            // Only a step makes standings, and a step has the lease: no row can come between the look and the copy. No
            // batch waits for them, so they need not be in the last pipeline.
            _ = try await connection.copyIn("copy standings", StandingSQL.copy, data: rows, timeout: timeout)
        }
        return writing.statements
    }

    /// What a step writes that has come to the end of the queue and of the mentions.
    func closing() -> [PostgresStatement] {
        [
            PostgresStatement("mark own accounts", "SELECT mark_own_accounts()"),
            PostgresStatement(
                "settle scores",
                "UPDATE score_setting SET is_settled = true WHERE version = $1 AND NOT is_settled",
                [.int4(version)]
            ),
        ]
    }
}

/// Rows of `standing` as they come to be, in the order of their keys.
private struct StandingRows {
    private struct Row {
        var key: StandingRefresh.Key
        var isStored = false
        var days: [StandingDay] = []
        var recent: [Int64] = []
    }

    private var rows: [Row]

    init(_ keys: [StandingRefresh.Key], _ stored: PostgresResult) throws(PostgresError) {
        rows = keys.map { Row(key: $0) }
        for row in 0..<stored.rowCount {
            guard let place = stored.int8(row, 0), place >= 1, place <= rows.count, let days = stored.bytes(row, 1),
                let recent = stored.bytes(row, 2)
            else { continue }
            do {
                rows[Int(place) - 1].days = try StandingCode.decode(days)
                rows[Int(place) - 1].recent = try StandingCode.decode(numbers: recent)
            } catch {
                throw PostgresError(kind: .protocolViolation, message: "\(error)", statement: "read standings")
            }
            rows[Int(place) - 1].isStored = true
        }
    }

    mutating func forget(_ day: Int32, of key: Int) { rows[key].days.removeAll { $0.day == day } }

    mutating func add(_ day: StandingDay, to key: Int) {
        guard !day.isNothing else { return }
        // Another account of the person has said something on that day.
        if let place = rows[key].days.lastIndex(where: { $0.day == day.day }) {
            rows[key].days[place].add(day)
        } else {
            rows[key].days.append(day)
        }
    }

    mutating func note(_ numbers: [Int64], of key: Int) {
        guard !numbers.isEmpty else { return }
        let known = Set(rows[key].recent)
        let all = rows[key].recent + Set(numbers).filter { !known.contains($0) }
        rows[key].recent = all.sorted().suffix(StandingRefresh.mostRecent)
    }

    /// What is to be written: rows that are new as data to copy, and statements for the others.
    func writing(_ setting: ScoreSetting) -> (copied: [UInt8]?, statements: [PostgresStatement]) {
        let weights = DayWeights(halfLifeDays: setting.halfLifeDays)
        let stored = rows.count { $0.isStored }
        var columns = StandingColumns(capacity: stored)
        var copied = StandingCopy(capacity: rows.count - stored)
        var gone: [StandingRefresh.Key] = []
        for row in rows {
            if let standing = Standing(row.days, setting: setting, weights: weights) {
                if row.isStored {
                    columns.append(row.key, standing, setting, days: row.days, recent: row.recent)
                } else {
                    copied.append(row.key, standing, setting, days: row.days, recent: row.recent)
                }
            } else if row.isStored {
                gone.append(row.key)
            }
        }
        var statements: [PostgresStatement] = []
        if columns.count > 0 {
            statements.append(PostgresStatement("write standings", StandingSQL.upsert, columns.finish()))
        }
        if !gone.isEmpty {
            statements.append(
                PostgresStatement(
                    "drop standings",
                    StandingSQL.drop,
                    [.int4Array(gone.map(\.brand)), .int8Array(gone.map(\.author))]
                )
            )
        }
        return (copied.count > 0 ? copied.finish() : nil, statements)
    }
}
