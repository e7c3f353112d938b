import Advocacy
import PostgresClient

/// The statements that carry changes into `hour_sum` and `wish_mention`. As ``LedgerWriting``, and after it.
enum HourWriting {
    /// The statements for rows of hours, ascending by key; none for no changes.
    ///
    /// `slot` picks one of several rows of a brand's hour, so that workers seldom wait for each other: any number that
    /// is stable for a worker while it runs, 0…15. A single row of `hour_sum` may be negative; the sum over the slots
    /// is not.
    static func statements(_ changes: [HourDelta], slot: Int16) -> [PostgresStatement] {
        guard !changes.isEmpty else { return [] }
        return [packed(changes, slot: slot) ?? whole(changes, slot: slot), touched(changes)]
    }

    private static func whole(_ changes: [HourDelta], slot: Int16) -> PostgresStatement {
        var columns = keys(changes)
        columns.int4(changes) { $0.sums.mentions }
        columns.int4(changes) { $0.sums.positive }
        columns.int4(changes) { $0.sums.neutral }
        columns.int4(changes) { $0.sums.negative }
        columns.int4(changes) { $0.sums.unknown }
        columns.int4(changes) { $0.sums.anger }
        columns.int4(changes) { $0.sums.joy }
        columns.int4(changes) { $0.sums.optimism }
        columns.int4(changes) { $0.sums.sadness }
        columns.int4(changes) { $0.sums.complaint }
        columns.int4(changes) { $0.sums.suggestion }
        columns.int4(changes) { $0.sums.question }
        columns.int4(changes) { $0.sums.request }
        columns.int4(changes) { $0.sums.praise }
        columns.int4(changes) { $0.sums.purchase }
        columns.int4(changes) { $0.sums.threat }
        columns.int4(changes) { $0.sums.ironic }
        columns.int4(changes) { $0.sums.offensive }
        columns.int4(changes) { $0.sums.spam }
        return PostgresStatement("hours.upsert", upsert, columns.parameters + [.int2(slot)])
    }

    /// The same in two columns of counts; nil where one is negative or large.
    private static func packed(_ changes: [HourDelta], slot: Int16) -> PostgresStatement? {
        var firsts = ArrayEncoder(elementOID: TypeOID.int8, capacity: changes.count &* 12)
        var seconds = ArrayEncoder(elementOID: TypeOID.int8, capacity: changes.count &* 12)
        for change in changes {
            let sums = change.sums
            guard
                let first = SmallCounts.pack([
                    sums.mentions, sums.positive, sums.neutral, sums.negative, sums.unknown, sums.anger, sums.joy,
                    sums.optimism, sums.sadness, sums.complaint,
                ]),
                let second = SmallCounts.pack([
                    sums.suggestion, sums.question, sums.request, sums.praise, sums.purchase, sums.threat,
                    sums.ironic, sums.offensive, sums.spam,
                ])
            else { return nil }
            firsts.append(int8: first)
            seconds.append(int8: second)
        }
        return PostgresStatement(
            "hours.upsert",
            upsertPacked,
            keys(changes).parameters + [firsts.finish(), seconds.finish(), .int2(slot)]
        )
    }

    private static func keys(_ changes: [HourDelta]) -> ColumnArrays {
        var columns = ColumnArrays(rows: changes.count)
        columns.int4(changes) { $0.key.brand }
        columns.int4(changes) { $0.key.hour }
        columns.int4(changes) { $0.key.source }
        return columns
    }

    /// Tells who looks for signals which hours to judge anew: those whose negative mentions have changed, and the latest
    /// hour of the batch, which says how far the data has come.
    private static func touched(_ changes: [HourDelta]) -> PostgresStatement {
        var brands: [Int32] = [0]
        var hours: [Int32] = [changes.reduce(Int32.min) { max($0, $1.key.hour) }]
        for change in changes where change.sums.negative != 0 {
            if brands.last == change.key.brand, hours.last == change.key.hour { continue }
            brands.append(change.key.brand)
            hours.append(change.key.hour)
        }
        return PostgresStatement(
            "hours.touched",
            "INSERT INTO signal_touched (brand_no, hour) SELECT * FROM unnest($1::integer[], $2::integer[])",
            [.int4Array(brands), .int4Array(hours)]
        )
    }

    /// The statements for wishes that came and went.
    static func wishes(_ changes: (added: [WishKey], removed: [WishKey])) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !changes.removed.isEmpty {
            statements.append(
                PostgresStatement(
                    "wishes.remove",
                    """
                    DELETE FROM wish_mention w
                    USING unnest($1::integer[], $2::integer[], $3::bigint[]) AS u (brand, hour, mention)
                    WHERE w.brand_no = u.brand AND w.hour = u.hour AND w.mention_no = u.mention
                    """,
                    parameters(changes.removed)
                )
            )
        }
        if !changes.added.isEmpty {
            statements.append(
                PostgresStatement(
                    "wishes.add",
                    """
                    INSERT INTO wish_mention (brand_no, hour, mention_no)
                    SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[])
                    ON CONFLICT DO NOTHING
                    """,
                    parameters(changes.added)
                )
            )
        }
        return statements
    }

    private static func parameters(_ keys: [WishKey]) -> [PostgresParameter] {
        var columns = ColumnArrays(rows: keys.count)
        columns.int4(keys) { $0.brand }
        columns.int4(keys) { $0.hour }
        columns.int8(keys) { $0.mention }
        return columns.parameters
    }

    /// The counted columns, in the order of the parameters.
    static let counted = [
        "mentions", "positive", "neutral", "negative", "unknown", "anger", "joy", "optimism", "sadness",
        "complaint", "suggestion", "question", "request", "praise", "purchase", "threat", "ironic",
        "offensive", "spam",
    ]

    private static let upsert = """
        \(insertion)
        SELECT u.brand, u.hour, u.source, $\(counted.count + 4)::smallint,
               \(counted.map { "u." + $0 }.joined(separator: ", "))
        FROM unnest(\((1...(counted.count + 3)).map { "$\($0)::integer[]" }.joined(separator: ", ")))
            AS u (brand, hour, source, \(counted.joined(separator: ", ")))
        \(addition)
        """

    private static let upsertPacked = """
        \(insertion)
        SELECT u.brand, u.hour, u.source, $6::smallint,
               \(SmallCounts.unpacked(counted.prefix(SmallCounts.perInteger), from: "u.one").joined(separator: ", ")),
               \(SmallCounts.unpacked(counted.dropFirst(SmallCounts.perInteger), from: "u.two").joined(separator: ", "))
        FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[])
            AS u (brand, hour, source, one, two)
        \(addition)
        """

    private static let insertion =
        "INSERT INTO hour_sum AS h (brand_no, hour, source_no, slot, \(counted.joined(separator: ", ")))"

    private static let addition = """
        ON CONFLICT (brand_no, hour, source_no, slot) DO UPDATE SET
            \(counted.map { "\($0) = h.\($0) + excluded.\($0)" }.joined(separator: ", "))
        """
}
