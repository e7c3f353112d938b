public import PostgresClient

/// One week of a brand: who was answered, how fast, and who did the talking.
public struct ConversationWeek: Sendable, Equatable {
    /// The Monday, `YYYY-MM-DD`, UTC.
    public var week: String
    /// Mentions by others.
    public var mentions: Int64
    /// Of these, those that an own account answered.
    public var answered: Int64
    /// 0…1; nil without mentions.
    public var answeredShare: Double?
    /// Seconds to the first answer that half of them waited at most.
    public var median: Double?
    /// The same for nine of ten.
    public var p90: Double?
    /// Mentions by own accounts, in the matter of the brand.
    public var talk: Int64
    /// talk / mentions; nil without mentions.
    public var talkToListen: Double?
    /// Which share of them answers nobody; nil without talk.
    public var monologueShare: Double?
}

/// The weeks of a brand, from the public views.
public enum ConversationReading {
    private static let timeout = Duration.seconds(300)

    /// The last weeks up to that of the newest mention, oldest first; weeks in which nobody spoke are left out.
    public static func weeks(
        of brand: String,
        last count: Int32,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [ConversationWeek] {
        let newest = try await connection.query(
            PostgresStatement(
                "read newest week",
                """
                SELECT to_char(date_trunc('week', max(hour) AT TIME ZONE 'UTC') - make_interval(weeks => $2 - 1),
                               'YYYY-MM-DD')
                FROM mention_farm.sentiment_by_hour WHERE brand = $1
                """,
                [.text(brand), .int4(count)]
            ),
            timeout: timeout
        )
        guard let first = newest.string(0, 0) else { return [] }
        let rows = try await connection.query(
            PostgresStatement("read conversations", read, [.text(brand), .text(first)]),
            timeout: timeout
        )
        return (0..<rows.rowCount).map { row in
            ConversationWeek(
                week: rows.string(row, 0) ?? "",
                mentions: rows.int8(row, 1) ?? 0,
                answered: rows.int8(row, 2) ?? 0,
                answeredShare: rows.double(row, 3),
                median: rows.double(row, 4),
                p90: rows.double(row, 5),
                talk: rows.int8(row, 6) ?? 0,
                talkToListen: rows.double(row, 7),
                monologueShare: rows.double(row, 8)
            )
        }
    }

    /// $1 brand, $2 the first week.
    private static let read = """
        SELECT to_char(l.week, 'YYYY-MM-DD'), l.listen, coalesce(a.answered, 0), a.answered_share,
               extract(epoch FROM t.median)::double precision, extract(epoch FROM t.p90)::double precision, l.talk,
               l.ratio, m.monologue_share
        FROM (SELECT * FROM mention_farm.talk_to_listen_by_week WHERE brand = $1 AND week >= $2::text::date) AS l
        LEFT JOIN (SELECT * FROM mention_farm.answered_by_week WHERE brand = $1 AND week >= $2::text::date) AS a
            USING (week)
        LEFT JOIN (SELECT * FROM mention_farm.answer_time_by_week WHERE brand = $1 AND week >= $2::text::date) AS t
            USING (week)
        LEFT JOIN (SELECT * FROM mention_farm.monologue_by_week WHERE brand = $1 AND week >= $2::text::date) AS m
            USING (week)
        ORDER BY l.week
        """
}
