import Advocacy
import PostgresClient

/// The statements about standings. Look-ups by key go through LATERAL … OFFSET 0, as in ``RelatingSQL``.
enum StandingSQL {
    /// $1 most days.
    static let touched = """
        DELETE FROM ledger_touched WHERE ctid = ANY (ARRAY(SELECT ctid FROM ledger_touched LIMIT $1))
        RETURNING brand_no, day, author_no
        """

    /// $1 brands, $2 authors. What is stored of them, by their place.
    static let standings = """
        SELECT u.place, s.days, s.recent
        FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS u (brand_no, author_no, place)
        CROSS JOIN LATERAL (
            SELECT days, recent FROM standing s WHERE s.brand_no = u.brand_no AND s.author_no = u.author_no
            OFFSET 0) AS s
        """

    private static let ledgerColumns = """
        positive neutral negative unknown answers followers_known followers_sum copies copies_positive copies_negative \
        set_aside set_aside_positive set_aside_negative reposts replies first_at last_at
        """
    private static let threadColumns = "dialogues defences replies_got reposts_got"

    /// The columns of a day, as ``day(_:_:_:)`` reads them from column 1 on: of the ledger `l` and the threads' ledger `t`.
    static let dayColumns = [(ledgerColumns, "l"), (threadColumns, "t")].map { names, table in
        names.split(separator: " ").map { "\(table).\($0)" }.joined(separator: ", ")
    }.joined(separator: ", ")

    /// $1 brands, $2 days, $3 authors. What there is, by their place.
    static let days = """
        SELECT u.place, \(dayColumns)
        FROM unnest($1::integer[], $2::integer[], $3::bigint[]) WITH ORDINALITY AS u (brand_no, day, author_no, place)
        LEFT JOIN LATERAL (
            SELECT * FROM ledger l WHERE l.brand_no = u.brand_no AND l.day = u.day AND l.author_no = u.author_no
            OFFSET 0) AS l ON true
        LEFT JOIN LATERAL (
            SELECT * FROM thread_ledger t WHERE t.brand_no = u.brand_no AND t.day = u.day AND t.author_no = u.author_no
            OFFSET 0) AS t ON true
        WHERE l.mentions > 0
        """

    /// A row of ``days``.
    static func day(_ rows: PostgresResult, _ row: Int, _ number: Int32) -> StandingDay {
        func count(_ column: Int) -> Int64 { rows.int4(row, column).map(Int64.init) ?? 0 }
        var day = StandingDay(day: number)
        day.positive = count(1)
        day.neutral = count(2)
        day.negative = count(3)
        day.unknown = count(4)
        day.answers = count(5)
        day.followersKnown = count(6)
        day.followersSum = rows.int8(row, 7) ?? 0
        day.copies = count(8)
        day.copiesPositive = count(9)
        day.copiesNegative = count(10)
        day.setAside = count(11)
        day.setAsidePositive = count(12)
        day.setAsideNegative = count(13)
        day.reposts = rows.int8(row, 14) ?? 0
        day.replies = rows.int8(row, 15) ?? 0
        // Only where there are mentions: the bounds of none are infinite.
        if day.mentions > 0 {
            day.firstAt = rows.timestamptz(row, 16) ?? 0
            day.lastAt = rows.timestamptz(row, 17) ?? 0
        }
        day.dialogues = count(18)
        day.defences = count(19)
        day.repliesGot = count(20)
        day.repostsGot = count(21)
        return day
    }

    private static let columns = """
        brand_no author_no last_day present amplified active fading settled purity rest positivity reach dialogue defence \
        originality moderation bound positive neutral negative unknown copies set_aside first_at last_at followers days recent
        """.split(separator: " ").map(String.init)

    private static let types = [
        "integer", "bigint", "integer", "integer", "integer", "integer", "double precision", "double precision",
        "double precision", "double precision", "smallint", "smallint", "smallint", "smallint", "smallint", "smallint",
        "smallint", "integer", "integer", "integer", "integer", "integer", "integer", "timestamptz", "timestamptz",
        "bigint", "bytea", "bytea",
    ]

    /// Whole rows, sorted by key; see ``StandingColumns``.
    static let upsert = """
        INSERT INTO standing AS s (\(columns.joined(separator: ", ")))
        SELECT * FROM unnest(\(types.indices.map { "$\($0 + 1)::\(types[$0])[]" }.joined(separator: ", ")))
        ON CONFLICT (brand_no, author_no) DO UPDATE SET
            \(columns.dropFirst(2).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
        """

    /// Whole rows that are new, sorted by key; see ``StandingCopy``. A third of what the upsert costs.
    static let copy = "COPY standing (\(columns.joined(separator: ", "))) FROM STDIN (FORMAT binary)"

    /// How many columns that is.
    static let copiedColumns = columns.count

    /// $1 brands, $2 authors.
    static let drop = """
        DELETE FROM standing s USING unnest($1::integer[], $2::bigint[]) AS u (brand_no, author_no)
        WHERE s.brand_no = u.brand_no AND s.author_no = u.author_no
        """
}

/// Rows of `standing` as array parameters of ``StandingSQL/upsert``.
struct StandingColumns {
    private(set) var count = 0
    private var brand: ArrayEncoder
    private var author: ArrayEncoder
    private var integers: [ArrayEncoder]
    private var factors: [ArrayEncoder]
    private var shares: [ArrayEncoder]
    private var totals: [ArrayEncoder]
    private var times: [ArrayEncoder]
    private var followers: ArrayEncoder
    private var days: ArrayEncoder
    private var recent: ArrayEncoder

    init(capacity: Int) {
        func encoders(_ number: Int, _ oid: UInt32, _ bytes: Int) -> [ArrayEncoder] {
            (0..<number).map { _ in ArrayEncoder(elementOID: oid, capacity: capacity &* bytes) }
        }
        brand = ArrayEncoder(elementOID: TypeOID.int4, capacity: capacity &* 8)
        author = ArrayEncoder(elementOID: TypeOID.int8, capacity: capacity &* 12)
        integers = encoders(4, TypeOID.int4, 8)
        factors = encoders(4, TypeOID.double, 12)
        shares = encoders(7, TypeOID.int2, 6)
        totals = encoders(6, TypeOID.int4, 8)
        times = encoders(2, TypeOID.timestamptz, 12)
        followers = ArrayEncoder(elementOID: TypeOID.int8, capacity: capacity &* 12)
        days = ArrayEncoder(elementOID: TypeOID.bytea, capacity: capacity &* 40)
        recent = ArrayEncoder(elementOID: TypeOID.bytea, capacity: capacity &* 16)
    }

    mutating func append(
        _ key: StandingRefresh.Key,
        _ standing: Standing,
        _ setting: ScoreSetting,
        days: [StandingDay],
        recent: [Int64]
    ) {
        count += 1
        brand.append(int4: key.brand)
        author.append(int8: key.author)
        integers[0].append(int4: standing.lastDay)
        integers[1].append(int4: standing.present)
        integers[2].append(int4: standing.amplified)
        let scored = ScoreFactors(standing, setting: setting)
        integers[3].append(int4: scored.active)
        factors[0].append(double: scored.fading)
        factors[1].append(double: scored.settled)
        factors[2].append(double: scored.purity)
        factors[3].append(double: scored.rest)
        shares[0].append(int2: standing.positivity)
        shares[1].append(int2: standing.reach)
        shares[2].append(int2: standing.dialogue)
        shares[3].append(int2: standing.defence)
        shares[4].append(int2: standing.originality)
        shares[5].append(int2: standing.moderation)
        shares[6].append(int2: scored.bound)
        totals[0].append(int4: standing.positive)
        totals[1].append(int4: standing.neutral)
        totals[2].append(int4: standing.negative)
        totals[3].append(int4: standing.unknown)
        totals[4].append(int4: standing.copies)
        totals[5].append(int4: standing.setAside)
        times[0].append(timestamptz: standing.firstAt)
        times[1].append(timestamptz: standing.lastAt)
        if let count = standing.followers { followers.append(int8: count) } else { followers.appendNull() }
        self.days.append(bytes: StandingCode.encode(days))
        self.recent.append(bytes: StandingCode.encode(numbers: recent))
    }

    consuming func finish() -> [PostgresParameter] {
        [brand.finish(), author.finish()]
            + (integers + factors + shares + totals + times + [followers, days, recent]).map { $0.finish() }
    }
}

/// Rows of `standing` as the data of ``StandingSQL/copy``.
struct StandingCopy {
    private(set) var count = 0
    private var encoder: CopyEncoder

    init(capacity: Int) { encoder = CopyEncoder(capacity: capacity &* 320) }

    mutating func append(
        _ key: StandingRefresh.Key,
        _ standing: Standing,
        _ setting: ScoreSetting,
        days: [StandingDay],
        recent: [Int64]
    ) {
        count += 1
        let scored = ScoreFactors(standing, setting: setting)
        encoder.beginRow(columns: StandingSQL.copiedColumns)
        encoder.int4(key.brand)
        encoder.int8(key.author)
        for value in [standing.lastDay, standing.present, standing.amplified, scored.active] { encoder.int4(value) }
        for value in [scored.fading, scored.settled, scored.purity, scored.rest] { encoder.double(value) }
        for value in [
            standing.positivity, standing.reach, standing.dialogue, standing.defence, standing.originality,
            standing.moderation, scored.bound,
        ] { encoder.int2(value) }
        for value in [
            standing.positive, standing.neutral, standing.negative, standing.unknown, standing.copies,
            standing.setAside,
        ] { encoder.int4(value) }
        encoder.timestamptz(standing.firstAt)
        encoder.timestamptz(standing.lastAt)
        if let count = standing.followers { encoder.int8(count) } else { encoder.null() }
        encoder.bytes(StandingCode.encode(days).span)
        encoder.bytes(StandingCode.encode(numbers: recent).span)
    }

    consuming func finish() -> [UInt8] { encoder.finish() }
}
