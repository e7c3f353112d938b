import Advocacy
import PostgresClient

/// A change of one row of the ledger: what mentions of one author about one brand on one day add, less what they take
/// back.
public struct LedgerChange: Sendable, Equatable {
    /// `brand.brand_no`.
    public var brand: Int32
    /// Days since 1970-01-01, UTC, of `published_at`.
    public var day: Int32
    /// `author.author_no`.
    public var author: Int64
    /// Mentions; negative where more left than came, as all counts and sums here.
    public var mentions: Int32 = 0
    /// Mentions of sentiment 1.
    public var positive: Int32 = 0
    /// Mentions of sentiment 0.
    public var neutral: Int32 = 0
    /// Mentions of sentiment −1.
    public var negative: Int32 = 0
    /// Mentions without a sentiment.
    public var unknown: Int32 = 0
    /// Mentions with `in_reply_to`.
    public var answers: Int32 = 0
    /// Mentions with `repost_of`.
    public var passedOn: Int32 = 0
    /// Mentions whose event gave the author's followers.
    public var followersKnown: Int32 = 0
    /// Mentions that are set aside: spam and abuse.
    public var setAside: Int32 = 0
    /// Of these, those of sentiment 1.
    public var setAsidePositive: Int32 = 0
    /// Of these, those of sentiment −1.
    public var setAsideNegative: Int32 = 0
    /// Sum of the sentiment scores, in ten-thousandths.
    public var scoreSum: Int64 = 0
    /// Sum of `counts.likes`.
    public var likes: Int64 = 0
    /// Sum of `counts.reposts`.
    public var reposts: Int64 = 0
    /// Sum of `counts.replies`.
    public var replies: Int64 = 0
    /// Sum of the known numbers of followers.
    public var followersSum: Int64 = 0
    /// Least `published_at` of the mentions that *came*, microseconds since the Unix epoch; `Int64.max` if none came.
    public var firstCame: Int64 = .max
    /// Greatest `published_at` of the mentions that came; `Int64.min` if none came.
    public var lastCame: Int64 = .min
    /// Least `published_at` of the mentions that *left*, microseconds since the Unix epoch; `Int64.max` if none left. A
    /// mention that is taken back and added again in its new state left and came.
    public var firstLeft: Int64 = .max
    /// Greatest `published_at` of those that left; `Int64.min` if none left.
    public var lastLeft: Int64 = .min
    /// Whether a mention that was there before has part in it: then the background step is told to look at the row.
    public var isTouched = false

    /// A change of nothing.
    public init(brand: Int32, day: Int32, author: Int64) {
        self.brand = brand
        self.day = day
        self.author = author
    }

    /// Whether what came doesn't make up for a bound that what left may have set.
    var mayRaiseFirst: Bool { firstLeft < firstCame }
    var mayLowerLast: Bool { lastLeft > lastCame }

    /// Whether the row may vanish or its bounds may shrink.
    var takesAway: Bool { mentions < 0 || mayRaiseFirst || mayLowerLast }
}

/// The statements that carry changes into `ledger`, `hour_sum` and `wish_mention`: used by the batch writer and by `rematch`.
///
/// They belong into the transaction that changes the mentions, **after** the statements that change them (the
/// recomputation of bounds reads the mentions), and the changes must be sorted by their keys, ascending: all writers
/// then lock rows in one order and can't deadlock. Changes that are all zero may be left out or not.
public enum LedgerWriting {
    /// The statements, to be sent in this order, all in one pipeline if the caller likes; none for no changes.
    ///
    /// `slot` picks one of several rows of a brand's hour, see ``HourWriting``.
    static func statements(ledger: [LedgerChange], hours: [HourDelta], slot: Int16) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !ledger.isEmpty { statements.append(upsert(ledger)) }
        statements += HourWriting.statements(hours, slot: slot)
        let touched = ledger.filter(\.isTouched)
        if !touched.isEmpty { statements.append(touch(touched)) }
        let shrunk = ledger.filter(\.takesAway)
        if !shrunk.isEmpty { statements.append(settle(shrunk)) }
        return statements
    }

    private static func upsert(_ changes: [LedgerChange]) -> PostgresStatement {
        packed(changes) ?? whole(changes)
    }

    private static func whole(_ changes: [LedgerChange]) -> PostgresStatement {
        var columns = keys(changes)
        columns.int4(changes) { $0.mentions }
        columns.int4(changes) { $0.positive }
        columns.int4(changes) { $0.neutral }
        columns.int4(changes) { $0.negative }
        columns.int4(changes) { $0.unknown }
        columns.int4(changes) { $0.answers }
        columns.int4(changes) { $0.passedOn }
        columns.int4(changes) { $0.followersKnown }
        columns.int4(changes) { $0.setAside }
        columns.int4(changes) { $0.setAsidePositive }
        columns.int4(changes) { $0.setAsideNegative }
        sums(changes, &columns)
        return PostgresStatement("ledger.upsert", upsertLedger, columns.parameters)
    }

    /// The same in two columns of counts; nil where one is negative or large.
    private static func packed(_ changes: [LedgerChange]) -> PostgresStatement? {
        var firsts: [Int64] = []
        var seconds: [Int64] = []
        firsts.reserveCapacity(changes.count)
        seconds.reserveCapacity(changes.count)
        for change in changes {
            guard
                let first = SmallCounts.pack([
                    change.mentions, change.positive, change.neutral, change.negative, change.unknown,
                    change.answers, change.passedOn, change.followersKnown, change.setAside, change.setAsidePositive,
                ]),
                let second = SmallCounts.pack([change.setAsideNegative])
            else { return nil }
            firsts.append(first)
            seconds.append(second)
        }
        var columns = keys(changes)
        columns.int8(firsts) { $0 }
        columns.int8(seconds) { $0 }
        sums(changes, &columns)
        return PostgresStatement("ledger.upsert", upsertPacked, columns.parameters)
    }

    private static func keys(_ changes: [LedgerChange]) -> ColumnArrays {
        var columns = ColumnArrays(rows: changes.count)
        columns.int4(changes) { $0.brand }
        columns.int4(changes) { $0.day }
        columns.int8(changes) { $0.author }
        return columns
    }

    private static func sums(_ changes: [LedgerChange], _ columns: inout ColumnArrays) {
        columns.int8(changes) { $0.scoreSum }
        columns.int8(changes) { $0.likes }
        columns.int8(changes) { $0.reposts }
        columns.int8(changes) { $0.replies }
        columns.int8(changes) { $0.followersSum }
        columns.timestamptz(changes) { $0.firstCame }
        columns.timestamptz(changes) { $0.lastCame }
    }

    private static func touch(_ changes: [LedgerChange]) -> PostgresStatement {
        var columns = ColumnArrays(rows: changes.count)
        columns.int4(changes) { $0.brand }
        columns.int4(changes) { $0.day }
        columns.int8(changes) { $0.author }
        return PostgresStatement("ledger.touch", touchLedger, columns.parameters)
    }

    private static func settle(_ changes: [LedgerChange]) -> PostgresStatement {
        var columns = ColumnArrays(rows: changes.count)
        columns.int4(changes) { $0.brand }
        columns.int4(changes) { $0.day }
        columns.int8(changes) { $0.author }
        columns.timestamptz(changes) { $0.mayRaiseFirst ? $0.firstLeft : .max }
        columns.timestamptz(changes) { $0.mayLowerLast ? $0.lastLeft : .min }
        return PostgresStatement("ledger.settle", "SELECT settle_ledger($1, $2, $3, $4, $5)", columns.parameters)
    }

    private static let upsertLedger = """
        \(insertion)
        SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[],
            \(counts.indices.map { "$\($0 + 4)::integer[]" }.joined(separator: ", ")),
            \(sumTypes.enumerated().map { "$\($0 + counts.count + 4)::\($1)[]" }.joined(separator: ", ")))
        \(addition)
        """

    private static let upsertPacked = """
        \(insertion)
        SELECT u.brand_no, u.day, u.author_no,
               \(SmallCounts.unpacked(counts.prefix(SmallCounts.perInteger), from: "u.one").joined(separator: ", ")),
               \(SmallCounts.unpacked(counts.dropFirst(SmallCounts.perInteger), from: "u.two").joined(separator: ", ")),
               \(sums.map { "u.\($0)" }.joined(separator: ", "))
        FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
                    \(sumTypes.enumerated().map { "$\($0 + 6)::\($1)[]" }.joined(separator: ", ")))
            AS u (brand_no, day, author_no, one, two, \(sums.joined(separator: ", ")))
        \(addition)
        """

    /// Counts, as they are packed.
    private static let counts = [
        "mentions", "positive", "neutral", "negative", "unknown", "answers", "passed_on", "followers_known",
        "set_aside", "set_aside_positive", "set_aside_negative",
    ]
    private static let sums = [
        "score_sum", "likes", "reposts", "replies", "followers_sum", "first_at", "last_at",
    ]
    private static let sumTypes = ["bigint", "bigint", "bigint", "bigint", "bigint", "timestamptz", "timestamptz"]

    private static let insertion =
        "INSERT INTO ledger AS l (brand_no, day, author_no, \((counts + sums).joined(separator: ", ")))"

    // Rows that don't exist yet are inserted with what is added; `least` and `greatest` pass over the infinities that
    // stand for "none came".
    private static let addition = """
        ON CONFLICT (brand_no, day, author_no) DO UPDATE SET
            \((counts + sums.dropLast(2)).map { "\($0) = l.\($0) + excluded.\($0)" }.joined(separator: ", ")),
            first_at = least(l.first_at, excluded.first_at),
            last_at = greatest(l.last_at, excluded.last_at)
        """

    private static let touchLedger = """
        INSERT INTO ledger_touched (brand_no, day, author_no)
        SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[])
        """
}

/// Array parameters, one per column, from rows.
struct ColumnArrays {
    private(set) var parameters: [PostgresParameter] = []
    private let rows: Int

    init(rows: Int) { self.rows = rows }

    mutating func int4<Row>(_ source: [Row], _ column: (Row) -> Int32) {
        parameters.append(.dense(int4: values(source, column)))
    }

    mutating func int8<Row>(_ source: [Row], _ column: (Row) -> Int64) {
        parameters.append(.dense(int8: values(source, column)))
    }

    mutating func timestamptz<Row>(_ source: [Row], _ column: (Row) -> Int64) {
        parameters.append(.dense(timestamptz: values(source, column)))
    }

    @inline(__always)
    private func values<Row, Value>(_ source: [Row], _ column: (Row) -> Value) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(rows)
        for row in source { values.append(column(row)) }
        return values
    }
}
