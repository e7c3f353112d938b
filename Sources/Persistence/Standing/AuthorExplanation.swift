public import Advocacy
internal import MentionModel
public import PostgresClient

/// How an author's score for a brand comes about: every term with its inputs, the weeks, and the mentions that moved it
/// most.
public struct AuthorExplanation: Sendable {
    /// What became of the question.
    public enum Outcome: Sendable {
        /// There is no such brand.
        case unknownBrand
        /// Nobody of that handle or id has spoken of the brand, on that source.
        case unknownAuthor
        /// Several have: name the source, or the id.
        case ambiguous([Author])
        /// The answer.
        case found(AuthorExplanation)
    }

    /// Who is meant.
    public struct Author: Sendable, Equatable {
        /// Where the author writes.
        public var source: String
        /// The author's id there.
        public var authorID: String
        /// The handle, where it is known.
        public var handle: String?
        /// The name, where it is known.
        public var name: String?
        /// Whether it is one of the brand's own accounts.
        public var isOwn: Bool
    }

    /// A week of days.
    public struct Week: Sendable, Equatable {
        /// Monday, in days since 1970-01-01.
        public var monday: Int32
        /// Their sums.
        public var sums: StandingDay
        /// Mentions that count, each day's by itself.
        public var counted: Int64
        /// What a mention of the week's last active day weighs today, 0…1.
        public var weight: Double
    }

    /// A mention and what it did.
    public struct Moved: Sendable, Equatable {
        /// The mention's id on its source.
        public var nativeID: String
        /// Its link, where it has one.
        public var url: String?
        /// Microseconds since the Unix epoch.
        public var publishedAt: Int64
        /// −1, 0, 1; nil where it can't be read.
        public var sentiment: Int16?
        /// Whether it is a copy.
        public var isCopy: Bool
        /// Whether it is spam or abuse.
        public var isSetAside: Bool
        /// Reposts that the event tells.
        public var reposts: Int64
        /// Replies that the event tells.
        public var replies: Int64
        /// What it weighs today, 0…1.
        public var weight: Double
        /// The score less the score without it.
        public var effect: Double
        /// The title, where there is one.
        public var title: String?
        /// The text.
        public var text: String
    }

    /// The author; of a person with several accounts the first.
    public var author: Author
    /// All accounts of a person with several, else nobody.
    public var accounts: [AuthorJoining.Name]
    /// Days since 1970-01-01, UTC.
    public var today: Int32
    /// What scores are made with.
    public var setting: ScoreSettings.Version
    /// What is stored.
    public var standing: Standing
    /// What comes of it today.
    public var score: AdvocateScore
    /// The weeks with anything in them, the latest first.
    public var weeks: [Week]
    /// The mentions that moved the score most, the greatest effect first.
    public var mentions: [Moved]

    // MARK: - Looking

    private static let timeout = Duration.seconds(60)
    /// Mentions of closed partitions that are looked at, the latest.
    private static let mostRead = 500
    /// Mentions that the score is computed without, those of the greatest weight.
    private static let mostTried = 60
    /// Closed partitions that are looked into, the latest.
    private static let mostPartitions = 40

    /// Explains. A handle may begin with @, and its case does not matter.
    ///
    /// - Parameter most: how many mentions.
    public static func run(
        brand: String,
        author: String,
        source: String? = nil,
        most: Int = 10,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Outcome {
        let bare = author.hasPrefix("@") ? String(author.dropFirst()) : author
        let answers = try await connection.pipeline(
            [
                PostgresStatement(
                    "look for brand",
                    "SELECT brand_no, day_of(now()) FROM brand WHERE name = $1",
                    [.text(brand)]
                ),
                ScoreSettings.read,
                PostgresStatement("look for author", find, [.text(brand), .text(author), .text(bare), .text(source)]),
            ],
            timeout: timeout
        )
        guard answers.count == 3, let brandNumber = answers[0].int4(0, 0), let today = answers[0].int4(0, 1) else {
            return .unknownBrand
        }
        let found = answers[2]
        guard let setting = ScoreSettings.standing(answers[1]), found.rowCount > 0 else { return .unknownAuthor }
        if found.rowCount > 1 { return .ambiguous((0..<found.rowCount).map { Self.author(found, $0) }) }
        guard let number = found.int8(0, 0), let bytes = found.bytes(0, 6), let recent = found.bytes(0, 7) else {
            return .unknownAuthor
        }
        let days: [StandingDay]
        let numbers: [Int64]
        do {
            days = try StandingCode.decode(bytes)
            numbers = try StandingCode.decode(numbers: recent)
        } catch {
            throw PostgresError(kind: .protocolViolation, message: "\(error)", statement: "look for author")
        }
        let fold = ScoreFold(setting: setting.setting, today: today, isOwn: found.bool(0, 5) == true)
        guard let standing = fold.standing(days) else { return .unknownAuthor }
        let person = try await connection.query(
            PostgresStatement("read accounts", accounts, [.int8(number)]),
            timeout: timeout
        )
        let authors = (0..<person.rowCount).compactMap { person.int8($0, 0) }
        let rows = try await mentions(of: authors.isEmpty ? [number] : authors, brandNumber, numbers, on: connection)
        return .found(
            AuthorExplanation(
                author: Self.author(found, 0),
                accounts: (0..<person.rowCount).map {
                    AuthorJoining.Name(source: person.string($0, 1) ?? "", id: person.string($0, 2) ?? "")
                },
                today: today,
                setting: setting,
                standing: standing,
                score: fold.score(standing),
                weeks: fold.weeks(days),
                mentions: Self.moved(rows, days, fold, most)
            )
        )
    }

    /// $1 the brand, $2 an id, $3 a handle, $4 a source or null. Of several accounts of one person the first, once.
    private static let find = """
        SELECT a.author_no, n.name, a.author_key, a.handle, a.name, s.is_own, s.days, s.recent
        FROM (SELECT DISTINCT coalesce(p.person_no, k.author_no) AS author_no
              FROM (SELECT a.author_no, a.source_no FROM author a
                    WHERE handle_key(coalesce(a.handle, a.author_key)) = handle_key($3)
                      AND folded_handle(coalesce(a.handle, a.author_key)) = folded_handle($3)
                    UNION
                    SELECT a.author_no, n.source_no FROM source n
                    CROSS JOIN LATERAL (
                        SELECT a.author_no FROM author a
                        WHERE a.source_no = n.source_no AND a.author_key = $2 OFFSET 0) AS a) AS k
              CROSS JOIN LATERAL (SELECT name FROM source n WHERE n.source_no = k.source_no OFFSET 0) AS n
              LEFT JOIN LATERAL (SELECT person_no FROM person p WHERE p.author_no = k.author_no OFFSET 0) AS p ON true
              WHERE $4::text IS NULL OR n.name = $4) AS k
        -- By key, however many the planner thinks have the handle.
        CROSS JOIN LATERAL (SELECT * FROM author a WHERE a.author_no = k.author_no OFFSET 0) AS a
        CROSS JOIN LATERAL (
            SELECT * FROM standing s
            WHERE s.author_no = k.author_no AND s.brand_no = (SELECT brand_no FROM brand WHERE name = $1) OFFSET 0) AS s
        JOIN source n USING (source_no)
        ORDER BY n.name, a.author_key LIMIT 20
        """

    /// $1 a person. The accounts, in order.
    private static let accounts = """
        SELECT p.author_no, n.name, a.author_key
        FROM person p JOIN author a USING (author_no) JOIN source n USING (source_no)
        WHERE p.person_no = $1 ORDER BY p.place
        """

    private static func author(_ rows: PostgresResult, _ row: Int) -> Author {
        Author(
            source: rows.string(row, 1) ?? "",
            authorID: rows.string(row, 2) ?? "",
            handle: rows.string(row, 3),
            name: rows.string(row, 4),
            isOwn: rows.bool(row, 5) == true
        )
    }

    /// The author's mentions: by index in closed partitions, by the numbers that the standing carries in the others.
    private static func mentions(
        of authors: [Int64],
        _ brand: Int32,
        _ recent: [Int64],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresResult {
        let partitions = try await connection.query(
            PostgresStatement(
                "list indexed partitions",
                """
                SELECT lpad(partition_no::text, 6, '0') FROM mention_partition WHERE indexed_at IS NOT NULL
                ORDER BY partition_no DESC LIMIT \(mostPartitions)
                """
            ),
            timeout: timeout
        )
        let parts = (0..<partitions.rowCount).compactMap { partitions.string($0, 0) }.map { digits in
            "SELECT * FROM (SELECT mention_no FROM mention_store.mention_\(digits) WHERE author_no = ANY ($1) LIMIT \(mostRead)) AS m"
        }
        let numbers = (["SELECT unnest($3::bigint[]) AS mention_no"] + parts).joined(separator: " UNION ALL ")
        return try await connection.query(
            PostgresStatement(
                "read mentions of author",
                """
                SELECT m.mention_no, m.native_id, m.url, m.published_at, m.sentiment, is_set_aside(m.spam, m.offensive),
                       coalesce(r.canonical_no <> m.mention_no, false), m.reposts, m.replies, m.followers,
                       m.in_reply_to IS NOT NULL, m.title, left(m.text, 4096)
                FROM (SELECT DISTINCT mention_no FROM (SELECT * FROM (\(numbers)) AS a LIMIT \(mostRead)) AS b) AS n
                CROSS JOIN LATERAL (SELECT * FROM mention m WHERE m.mention_no = n.mention_no OFFSET 0) AS m
                LEFT JOIN copy_member c ON c.mention_no = m.mention_no
                LEFT JOIN copy_cluster k ON k.cluster_no = c.cluster_no
                LEFT JOIN copy_cluster r ON r.cluster_no = coalesce(k.parent_no, k.cluster_no)
                WHERE m.author_no = ANY ($1) AND $2 = ANY (m.brands) ORDER BY m.published_at DESC
                """,
                [.int8Array(authors), .int4(brand), .int8Array(recent)]
            ),
            timeout: timeout
        )
    }

    // MARK: - What moved it

    private static func moved(
        _ rows: PostgresResult,
        _ days: [StandingDay],
        _ fold: ScoreFold,
        _ most: Int
    ) -> [Moved] {
        let score = fold.standing(days).map { fold.score($0).score } ?? 0
        var tried = (0..<rows.rowCount).compactMap { mention(rows, $0, fold) }
        // What weighs much can move much.
        tried.sort { one, other in
            let (left, right) = (one.0.weight * (1 + one.1.engagement), other.0.weight * (1 + other.1.engagement))
            return left != right ? left > right : one.0.publishedAt > other.0.publishedAt
        }
        var moved = tried.prefix(mostTried).map { one, place in
            var one = one
            let without = fold.standing(place.takenFrom(days)).map { fold.score($0).score } ?? 0
            one.effect = score - without
            return one
        }
        moved.sort {
            ($0.effect.magnitude, $0.weight, $0.publishedAt) > ($1.effect.magnitude, $1.weight, $1.publishedAt)
        }
        return Array(moved.prefix(max(0, most)))
    }

    private static func mention(_ rows: PostgresResult, _ row: Int, _ fold: ScoreFold) -> (Moved, MentionPlace)? {
        guard let at = rows.timestamptz(row, 3), let id = rows.string(row, 1) else { return nil }
        let place = MentionPlace(
            day: Timestamp(microseconds: at).day,
            sentiment: rows.int2(row, 4),
            isCopy: rows.bool(row, 6) == true,
            isSetAside: rows.bool(row, 5) == true,
            isAnswer: rows.bool(row, 10) == true,
            followers: rows.int8(row, 9),
            reposts: rows.int8(row, 7) ?? 0,
            replies: rows.int8(row, 8) ?? 0
        )
        let moved = Moved(
            nativeID: id,
            url: rows.string(row, 2),
            publishedAt: at,
            sentiment: place.sentiment,
            isCopy: place.isCopy,
            isSetAside: place.isSetAside,
            reposts: place.reposts,
            replies: place.replies,
            weight: fold.weight(of: place.day),
            effect: 0,
            title: rows.string(row, 11),
            text: rows.string(row, 12) ?? ""
        )
        return (moved, place)
    }
}
