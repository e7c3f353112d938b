import MentionModel
import PostgresClient

/// What changes in the sums of copies, net per key: hours, and the days of authors.
struct CopySums: Sendable {
    /// A row of the ledger.
    struct DayKey: Hashable, Comparable {
        var brand: Int32
        var day: Int32
        var author: Int64

        static func < (left: DayKey, right: DayKey) -> Bool {
            (left.brand, left.day, left.author) < (right.brand, right.day, right.author)
        }
    }

    private struct Hour: Hashable, Comparable {
        var brand: Int32
        var hour: Int32

        static func < (left: Hour, right: Hour) -> Bool { (left.brand, left.hour) < (right.brand, right.hour) }
    }

    /// Copies that come or go.
    struct Counts {
        var all: Int32 = 0
        var positive: Int32 = 0
        var negative: Int32 = 0

        var isNothing: Bool { all == 0 && positive == 0 && negative == 0 }
    }

    private var days: [DayKey: Counts] = [:]
    private var hours: [Hour: Int32] = [:]

    /// The days whose copies change, and by how many.
    var dayChanges: [(key: DayKey, counts: Counts)] {
        days.lazy.filter { !$0.value.isNothing }.map { ($0.key, $0.value) }
    }

    mutating func add(_ mention: CountedMention) { count(mention, 1) }
    mutating func subtract(_ mention: CountedMention) { count(mention, -1) }

    private mutating func count(_ mention: CountedMention, _ n: Int32) {
        let hour = mention.publishedAt.hour
        for brand in mention.brands {
            hours[Hour(brand: brand, hour: hour), default: 0] += n
            if mention.isSetAside { continue }
            let key = DayKey(brand: brand, day: mention.publishedAt.day, author: mention.author)
            days[key, default: Counts()].all += n
            if mention.sentiment == 1 { days[key]?.positive += n }
            if mention.sentiment == -1 { days[key]?.negative += n }
        }
    }

    /// The statements, rows in the order of their keys. Rows of which nothing is left are deleted.
    func statements() -> [PostgresStatement] {
        let days = days.filter { !$0.value.isNothing }.sorted { $0.key < $1.key }
        let hours = hours.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        var statements: [PostgresStatement] = []
        if !hours.isEmpty {
            let keys: [PostgresParameter] = [.int4Array(hours.map(\.key.brand)), .int4Array(hours.map(\.key.hour))]
            statements.append(
                PostgresStatement("count copies by hour", Self.addHours, keys + [.int4Array(hours.map(\.value))])
            )
            if hours.contains(where: { $0.value < 0 }) {
                statements.append(PostgresStatement("drop hours without copies", Self.dropHours, keys))
            }
        }
        if !days.isEmpty {
            let keys: [PostgresParameter] = [
                .int4Array(days.map(\.key.brand)), .int4Array(days.map(\.key.day)), .int8Array(days.map(\.key.author)),
            ]
            let counts: [PostgresParameter] = [
                .int4Array(days.map(\.value.all)), .int4Array(days.map(\.value.positive)),
                .int4Array(days.map(\.value.negative)),
            ]
            statements.append(PostgresStatement("count copies by day", Self.addDays, keys + counts))
            if days.contains(where: { $0.value.all < 0 }) {
                statements.append(PostgresStatement("drop days without mentions", Self.dropDays, keys))
            }
        }
        return statements
    }

    private static let addHours = """
        INSERT INTO hour_copy AS h (brand_no, hour, copies)
        SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[])
        ON CONFLICT (brand_no, hour) DO UPDATE SET copies = h.copies + excluded.copies
        """

    private static let dropHours = """
        DELETE FROM hour_copy h USING unnest($1::integer[], $2::integer[]) AS k (brand_no, hour)
        WHERE h.brand_no = k.brand_no AND h.hour = k.hour AND h.copies = 0
        """

    private static let addDays = """
        INSERT INTO ledger AS l (brand_no, day, author_no, mentions, positive, neutral, negative, unknown, answers,
            passed_on, followers_known, copies, copies_positive, copies_negative, score_sum, likes, reposts, replies,
            followers_sum, first_at, last_at)
        SELECT u.brand_no, u.day, u.author_no, 0, 0, 0, 0, 0, 0, 0, 0, u.n, u.positive, u.negative, 0, 0, 0, 0, 0,
               'infinity', '-infinity'
        FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[])
            AS u (brand_no, day, author_no, n, positive, negative)
        ON CONFLICT (brand_no, day, author_no) DO UPDATE SET copies = l.copies + excluded.copies,
            copies_positive = l.copies_positive + excluded.copies_positive,
            copies_negative = l.copies_negative + excluded.copies_negative
        """

    /// Rows of which only the copies were left.
    private static let dropDays = """
        DELETE FROM ledger l USING unnest($1::integer[], $2::integer[], $3::bigint[]) AS k (brand_no, day, author_no)
        WHERE l.brand_no = k.brand_no AND l.day = k.day AND l.author_no = k.author_no
          AND l.mentions = 0 AND l.copies = 0 AND l.copies_positive = 0 AND l.copies_negative = 0
        """
}
