public import PostgresClient
public import Reporting

/// Reads what a brand's week was: for logins that may read the tables.
///
/// Everything is read in one snapshot. Sums come from the hourly sums and the ledger, by stretches of their keys; what is
/// read of mentions themselves is a few hundred, found by number or by author.
public enum WeekReading {
    /// No brand of that name.
    public struct UnknownBrand: Error, Sendable {}

    private static let timeout = Duration.seconds(300)

    /// The report of a brand's week.
    /// - Throws: ``UnknownBrand`` or `PostgresError`.
    public static func read(
        _ brand: String,
        _ week: ISOWeek,
        madeAt: ReportTime,
        on connection: PostgresConnection
    ) async throws -> WeekReport {
        var report = WeekReport(brand: brand, week: week, madeAt: madeAt)
        _ = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
                PostgresStatement("set up", "SELECT set_config('jit', 'off', true)"),
            ],
            timeout: timeout
        )
        do {
            let found = try await rows(
                "read brand",
                "SELECT brand_no FROM brand WHERE name = $1",
                [.text(brand)],
                connection
            )
            guard let number = found.int4(0, 0) else { throw UnknownBrand() }
            try await readSums(&report, number, week, connection)
            try await readVoices(&report, week, connection)
            try await readSignals(&report, number, week, connection)
            try await readGroups(&report, number, week, connection)
            try await readPeople(&report, connection)
            try await readExamples(&report, number, week, connection)
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
        return report
    }

    private static func rows(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
    }

    private static func totals(_ rows: PostgresResult, _ row: Int, first: Int) -> WeekReport.Totals {
        WeekReport.Totals(
            mentions: rows.int8(row, first) ?? 0,
            positive: rows.int8(row, first + 1) ?? 0,
            neutral: rows.int8(row, first + 2) ?? 0,
            negative: rows.int8(row, first + 3) ?? 0,
            unknown: rows.int8(row, first + 4) ?? 0
        )
    }

    // MARK: - Sums

    private static func readSums(
        _ report: inout WeekReport,
        _ brand: Int32,
        _ week: ISOWeek,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let key: [PostgresParameter] = [.int4(brand), .int4(week.firstHour)]
        let hours = try await rows("read hours of a week", WeekSQL.hours, key, connection)
        for row in 0..<hours.rowCount {
            let one = totals(hours, row, first: 1)
            let place = Int(hours.int4(row, 0) ?? 0)
            guard place >= 0, place < Int(ISOWeek.hours) else {
                report.before = report.before + one
                continue
            }
            report.totals = report.totals + one
            report.days[place / 24] = report.days[place / 24] + one
            report.negativeByHour[place] += one.negative
        }
        let sources = try await rows("read sources of a week", WeekSQL.sources, key, connection)
        report.sources = (0..<sources.rowCount).map { row in
            WeekReport.Count(
                name: sources.string(row, 0) ?? "",
                totals: totals(sources, row, first: 1),
                before: totals(sources, row, first: 6)
            )
        }
        let labels = try await rows("read labels of a week", WeekSQL.labels, key, connection)
        report.labels = (0..<labels.rowCount).map { row in
            WeekReport.Count(
                name: labels.string(row, 0) ?? "",
                totals: WeekReport.Totals(mentions: labels.int8(row, 1) ?? 0),
                before: WeekReport.Totals(mentions: labels.int8(row, 2) ?? 0)
            )
        }
        let authors = try await rows("count authors of a week", WeekSQL.authors, key, connection)
        report.authors = authors.int8(0, 0) ?? 0
        report.authorsBefore = authors.int8(0, 1) ?? 0
        let models = try await rows(
            "read models",
            "SELECT version FROM model ORDER BY model_no DESC LIMIT 1",
            [],
            connection
        )
        report.models = (0..<models.rowCount).compactMap { models.string($0, 0) }
    }

    private static func readVoices(
        _ report: inout WeekReport,
        _ week: ISOWeek,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let voices = try await rows("read share of voice", WeekSQL.voices, [.int4(week.firstHour)], connection)
        let all = (0..<voices.rowCount).map { row in
            WeekReport.Count(
                name: voices.string(row, 0) ?? "",
                totals: totals(voices, row, first: 1),
                before: totals(voices, row, first: 6)
            )
        }
        // One that is not registered is not compared.
        if all.contains(where: { $0.name == report.brand }) { report.voices = all }
    }

    private static func readSignals(
        _ report: inout WeekReport,
        _ brand: Int32,
        _ week: ISOWeek,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let found = try await rows(
            "read signals of a week",
            "SELECT hour, value, baseline, z FROM signal WHERE brand_no = $1 AND hour >= $2 AND hour < $2 + 168 ORDER BY hour",
            [.int4(brand), .int4(week.firstHour)],
            connection
        )
        report.signals = (0..<found.rowCount).map { row in
            WeekReport.Signal(
                windowStart: ReportTime(hour: found.int4(row, 0) ?? 0),
                value: found.int8(row, 1) ?? 0,
                baseline: found.double(row, 2) ?? 0,
                z: found.double(row, 3) ?? 0
            )
        }
        let due = try await rows(
            "read hours to judge",
            WeekSQL.unjudged,
            [.int4(brand), .int4(week.firstHour)],
            connection
        )
        report.unjudgedFrom = due.int4(0, 0).map { ReportTime(hour: max($0, week.firstHour)) }
    }

    // MARK: - Texts and people

    private static func readGroups(
        _ report: inout WeekReport,
        _ brand: Int32,
        _ week: ISOWeek,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let key: [PostgresParameter] = [.int4(brand), .int4(week.firstHour)]
        let wishes = try await rows("read wishes of a week", WeekSQL.wishes, key, connection)
        report.wishes = (0..<wishes.rowCount).map { group(wishes, $0) }
        report.wishCount = wishes.int8(0, 7) ?? 0
        let mark = try await rows(
            "read related mark",
            """
            SELECT related_no >= last_number() AND NOT EXISTS (SELECT FROM mention_revised)
                   AND NOT EXISTS (SELECT FROM near_found)
            FROM related_mark
            """,
            [],
            connection
        )
        report.isRelated = mark.bool(0, 0) == true
        let clusters = try await rows("read clusters of a week", WeekSQL.clusters, key, connection)
        report.clusters = (0..<clusters.rowCount).map { group(clusters, $0) }
    }

    private static func group(_ rows: PostgresResult, _ row: Int) -> WeekReport.Group {
        WeekReport.Group(
            clusterID: rows.string(row, 0) ?? "",
            text: rows.string(row, 1) ?? "",
            source: rows.string(row, 2) ?? "",
            nativeID: rows.string(row, 3) ?? "",
            mentions: rows.int8(row, 4) ?? 0,
            authors: rows.int8(row, 5) ?? 0,
            reach: rows.int8(row, 6)
        )
    }

    private static func readPeople(
        _ report: inout WeekReport,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let brand = report.brand
        report.advocates = try await ViewReading.advocates(of: brand, band: "advocate", limit: 5, on: connection)
            .map(person)
        report.critics = try await ViewReading.advocates(of: brand, band: "critic", limit: 5, on: connection).map(
            person
        )
        let waiting = try await rows("read what waits", WeekSQL.waiting, [.text(brand)], connection)
        report.waiting = (0..<waiting.rowCount).map { row in
            WeekReport.Waiting(
                team: waiting.string(row, 0) ?? "",
                count: waiting.int8(row, 1) ?? 0,
                overdue: waiting.int8(row, 2) ?? 0
            )
        }
    }

    private static func person(_ row: AdvocateRow) -> WeekReport.Person {
        WeekReport.Person(
            name: row.handle ?? row.authorID,
            source: row.source,
            score: row.score,
            mentions: row.mentions,
            positive: row.positive,
            negative: row.negative,
            followers: row.followers
        )
    }

    private static func readExamples(
        _ report: inout WeekReport,
        _ brand: Int32,
        _ week: ISOWeek,
        _ connection: PostgresConnection
    ) async throws(PostgresError) {
        for sentiment in [1, -1] as [Int16] {
            let found = try await rows(
                "read examples of a week",
                WeekSQL.examples,
                [.int4(brand), .int4(week.firstHour), .int2(sentiment)],
                connection
            )
            let examples = (0..<found.rowCount).map { row in
                WeekReport.Example(
                    source: found.string(row, 0) ?? "",
                    nativeID: found.string(row, 1) ?? "",
                    author: found.string(row, 2) ?? "",
                    text: found.string(row, 3) ?? "",
                    url: found.string(row, 4),
                    publishedAt: ReportTime(microseconds: found.timestamptz(row, 5) ?? 0),
                    likes: found.int8(row, 6) ?? 0,
                    reposts: found.int8(row, 7) ?? 0
                )
            }
            if sentiment > 0 { report.praised = examples } else { report.blamed = examples }
        }
    }
}
