import MentionModel
import PostgresClient
import Triage

/// What decisions about a mention are made from, wherever it comes from.
struct MentionFacts: Sendable {
    var number: Int64
    /// All but brand and own account, which differ by brand.
    var subject: TriageSubject
    /// Brands of whose accounts the author is one.
    var ownedBy: [Int32]
    var source: String
    var id: String
    var publishedAt: Timestamp
    var bodyHash: Int64
    var brands: [Int32]

    /// What is decided about a brand.
    func outcome(of brand: Int32, _ rules: CompiledRules) -> TriageOutcome {
        outcome(of: brand, isOwn: ownedBy.contains(brand), rules)
    }

    func outcome(of brand: Int32, isOwn: Bool, _ rules: CompiledRules) -> TriageOutcome {
        var subject = subject
        subject.brand = brand
        if isOwn { subject.traits.insert(.ownAccount) }
        return rules.decide(subject)
    }

    /// When what a rule asks for is due. Beyond the last instant that is stored it is that one.
    func dueAt(_ outcome: TriageOutcome) -> Timestamp {
        let (sum, overflows) = publishedAt.microseconds.addingReportingOverflow(outcome.dueSeconds * 1_000_000)
        return overflows ? publishedAt : Timestamp(microseconds: sum)
    }
}

extension TriageSubject {
    /// Takes over what a model says.
    mutating func set(_ verdict: StoredVerdict) {
        intents = Intents(rawValue: verdict.intents)
        sentiment = RuleConditions.sentimentBit(verdict.feeling)
        emotion = RuleConditions.emotionBit(verdict.emotion.flatMap { Emotion(rawValue: Int8(clamping: $0)) })
        score = Int32(verdict.score)
        irony = Int32(verdict.irony ?? 0)
        offensive = Int32(verdict.offensive ?? 0)
        spam = Int32(verdict.spam ?? 0)
    }
}

/// Facts from the database.
enum MentionFactsSQL {
    /// The columns; `m` is the mention. Look-ups by key stay what they are, whatever a session says of joins.
    private static let columns = """
        m.mention_no, s.name, m.native_id, m.source_no, m.published_at, m.body_hash, m.sentiment, m.sentiment_score,
        m.intents, m.emotion, m.irony, m.offensive, m.spam, m.followers, m.likes, m.reposts, m.replies, m.lang,
        m.in_reply_to IS NOT NULL, m.repost_of IS NOT NULL, position('?' IN m.text) > 0, a.author_key, a.handle,
        m.brands
        """
    private static let names = """
        CROSS JOIN LATERAL (SELECT name FROM source WHERE source_no = m.source_no OFFSET 0) AS s
        CROSS JOIN LATERAL (SELECT author_key, handle FROM author WHERE author_no = m.author_no OFFSET 0) AS a
        """

    /// The facts of mentions, by number.
    static func of(_ numbers: [Int64]) -> PostgresStatement {
        PostgresStatement(
            "read facts of mentions",
            """
            SELECT \(columns)
            FROM unnest($1::bigint[]) AS u (n)
            CROSS JOIN LATERAL (SELECT * FROM mention WHERE mention_no = u.n OFFSET 0) AS m
            \(names)
            ORDER BY m.mention_no
            """,
            [.int8Array(numbers)]
        )
    }

    /// The facts of the next mentions behind a number that were published at or after a time and are about a brand.
    static func page(after number: Int64, since: Int64, most: Int32) -> PostgresStatement {
        PostgresStatement(
            "read facts of a page",
            """
            SELECT \(columns)
            FROM (SELECT * FROM mention WHERE mention_no > $1 AND published_at >= $2 AND brands <> '{}'
                  ORDER BY mention_no LIMIT $3) AS m
            \(names)
            ORDER BY m.mention_no
            """,
            [.int8(number), .timestamptz(since), .int4(most)]
        )
    }

    static func read(_ rows: PostgresResult, _ row: Int, _ policy: TriagePolicy) -> MentionFacts? {
        guard let number = rows.int8(row, 0), let source = rows.string(row, 1), let id = rows.string(row, 2),
            let sourceNumber = rows.int4(row, 3), let published = rows.timestamptz(row, 4),
            let hash = rows.int8(row, 5), let verdict = StoredVerdict(rows, row, first: 6)
        else { return nil }
        var subject = TriageSubject()
        subject.set(verdict)
        subject.source = sourceNumber
        subject.followers = rows.int8(row, 13) ?? 0
        subject.likes = rows.int8(row, 14) ?? 0
        subject.reposts = rows.int8(row, 15) ?? 0
        subject.replies = rows.int8(row, 16) ?? 0
        if let language = rows.bytes(row, 17) { subject.language = LanguageTag.number(language) }
        if rows.bool(row, 18) == true { subject.traits.insert(.answer) }
        if rows.bool(row, 19) == true { subject.traits.insert(.repost) }
        if rows.bool(row, 20) == true { subject.traits.insert(.questionMark) }
        var owned: [Int32] = []
        if !policy.accounts.isEmpty {
            for column in [21, 22] {
                guard let name = rows.bytes(row, column) else { continue }
                owned += name.withUnsafeBufferPointer { policy.accounts.brands(of: $0, source: sourceNumber) }
            }
        }
        return MentionFacts(
            number: number,
            subject: subject,
            ownedBy: owned,
            source: source,
            id: id,
            publishedAt: Timestamp(microseconds: published),
            bodyHash: hash,
            brands: rows.int4Array(row, 23)?.compactMap { $0 } ?? []
        )
    }
}

extension MentionFold {
    /// What decisions about a row are made from. Strings only where something is decided: see ``TriageWriting``.
    func facts(_ row: Row, _ policy: TriagePolicy) -> (subject: TriageSubject, ownedBy: [Int32]) {
        let record = incoming[row.incoming]
        let arena = record.chunk.arena
        var subject = TriageSubject()
        subject.set(StoredVerdict(record.chunk.mentions[record.mention].verdict))
        subject.source = record.source
        subject.followers = record.event.followers ?? 0
        subject.likes = row.counts.likes
        subject.reposts = row.counts.reposts
        subject.replies = row.counts.replies
        if policy.rules.asksForLanguage {
            subject.language = arena.withField(record.event.language) { $0.map { LanguageTag.number($0) } ?? 0 }
        }
        if !record.event.inReplyTo.isAbsent { subject.traits.insert(.answer) }
        if !record.event.repostOf.isAbsent { subject.traits.insert(.repost) }
        if policy.rules.asksForQuestionMark,
            arena.withField(record.event.text, { $0?.contains(UInt8(ascii: "?")) ?? false })
        {
            subject.traits.insert(.questionMark)
        }
        var owned: [Int32] = []
        if policy.rules.asksForOwnAccount, !policy.accounts.isEmpty {
            for field in [record.event.authorKey, record.event.authorHandle] where !field.isAbsent {
                owned += arena.withField(field) { name in
                    name.map { policy.accounts.brands(of: $0, source: subject.source) } ?? []
                }
            }
        }
        return (subject, owned)
    }
}
