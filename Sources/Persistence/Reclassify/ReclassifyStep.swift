import Advocacy
import Classification
import MentionModel
import PostgresClient

/// One batch of a run: read and judged without a lock, then changed in one transaction.
struct ReclassifyStep {
    /// What a batch came to.
    struct Done: Sendable, Equatable {
        /// All chosen mentions up to this number are done.
        var reached: Int64
        var examined: Int64 = 0
        var changed: Int64 = 0
    }

    /// A mention as it was read.
    struct Judged: Sendable {
        var number: Int64
        var bodyHash: Int64
        var verdict: StoredVerdict
    }

    /// A mention as it stands under the lock, with its new verdict.
    private struct Change {
        var number: Int64
        var verdict: StoredVerdict
        /// Whether it differs from the old one, and whether it does in what the background step counts.
        var isOther: Bool
        var isCountedOtherwise: Bool
    }

    /// The row of `hour_sum` that is added to; `rematch` and redriving have the same, workers any.
    private static let slot: Int16 = 15
    /// How many numbers a statement may look at. Mentions that are done already cost little, but not nothing.
    private static let window: Int64 = 262_144
    /// How many bytes of text a batch may have; its last text may go beyond.
    private static let bytes: Int64 = 16 << 20

    let reclassify: Reclassify
    let place: ReclassifyPlace
    let connection: PostgresConnection
    /// Decides anew about what is open; nil: nothing is decided.
    let triage: TriagePolicy?
    private var scratch = ClassifierScratch()

    init(
        reclassify: Reclassify,
        place: ReclassifyPlace,
        connection: PostgresConnection,
        triage: TriagePolicy? = nil
    ) {
        self.triage = triage
        self.reclassify = reclassify
        self.place = place
        self.connection = connection
    }

    /// Does the next batch behind a number.
    mutating func take(after: Int64, most: Int32) async throws(PostgresError) -> Done {
        let (judged, reached) = try await read(after: after, most: most)
        return try await apply(judged, reached: reached)
    }

    /// Reads and judges the next batch, and says how far that comes.
    mutating func read(after: Int64, most: Int32) async throws(PostgresError) -> (judged: [Judged], reached: Int64) {
        let end = min(place.goal, after + Self.window)
        let rows = try await connection.query(
            PostgresStatement(
                "read mentions to judge",
                Self.read,
                [
                    .int8(after), .int8(end), .int2(place.model), .int4(place.brand), .timestamptz(place.since),
                    .int4(most), .int8(Self.bytes),
                ]
            ),
            timeout: ReclassifySQL.timeout
        )
        var judged: [Judged] = []
        judged.reserveCapacity(rows.rowCount)
        for row in 0..<rows.rowCount {
            guard let number = rows.int8(row, 0), let hash = rows.int8(row, 1),
                let verdict = verdict(rows, row, text: 2, language: 3)
            else { continue }
            judged.append(Judged(number: number, bodyHash: hash, verdict: verdict))
        }
        // All that there are in the window, unless the batch is full by number or by bytes.
        let isFull = rows.rowCount > 0 && (rows.int8(0, 4) ?? 0) >= Int64(most)
        let isCut = rows.rowCount > 0 && (rows.int8(0, 4) ?? 0) > Int64(rows.rowCount)
        let reached = isFull || isCut ? rows.int8(rows.rowCount - 1, 0) ?? end : end
        return (judged, reached)
    }

    /// Changes the mentions that another model has still judged once they are locked, and moves the place on.
    mutating func apply(_ judged: [Judged], reached: Int64) async throws(PostgresError) -> Done {
        var done = Done(reached: reached)
        guard !judged.isEmpty else {
            // Nobody else moves the place: it need not stand in a transaction with anything.
            try expectMoved(
                try await connection.query(ReclassifySQL.move(place, to: done), timeout: ReclassifySQL.timeout)
            )
            return done
        }
        let answers = try await connection.transaction(
            [
                PostgresStatement("begin", "BEGIN"),
                PostgresStatement(
                    "lock mentions to judge",
                    Self.lock,
                    [.int8Array(judged.map(\.number)), .int8Array(judged.map(\.bodyHash)), .int2(place.model)]
                ),
            ],
            timeout: ReclassifySQL.timeout
        )
        var changes: [Change] = []
        var deltas = DeltaBook()
        if let locked = answers.last { fold(locked, judged, &changes, &deltas) }
        done.examined = Int64(changes.count)
        done.changed = changes.reduce(into: 0) { $0 += $1.isOther ? 1 : 0 }
        let others = changes.filter(\.isOther).map(\.number)
        var closing = mentionStatements(changes)
        var decided: [PostgresStatement] = []
        if let triage, !others.isEmpty {
            // The mentions first, and in a trip of their own: decisions are made from what stands.
            _ = try await connection.transaction(closing, timeout: ReclassifySQL.timeout)
            closing = []
            do throws(PostgresError) {
                decided = try await TriageRedecision.statements(
                    others,
                    triage,
                    on: connection,
                    timeout: ReclassifySQL.timeout
                )
            } catch {
                await connection.rollBack(timeout: ReclassifySQL.timeout)
                throw error
            }
        }
        closing += LedgerWriting.statements(deltas, slot: Self.slot) + decided
        closing += [ReclassifySQL.move(place, to: done), PostgresStatement("commit", "COMMIT")]
        let ends = try await connection.transaction(closing, timeout: ReclassifySQL.timeout)
        try expectMoved(ends.dropLast().last)
        return done
    }

    private func expectMoved(_ answer: PostgresResult?) throws(PostgresError) {
        guard answer?.affectedRows == 1 else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "the run's row is gone",
                statement: "move reclassify"
            )
        }
    }

    private mutating func verdict(_ rows: PostgresResult, _ row: Int, text: Int, language: Int) -> StoredVerdict? {
        guard let text = rows.bytes(row, text) else { return nil }
        return StoredVerdict(
            reclassify.classifier.verdict(text, language: rows.bytes(row, language), scratch: &scratch)
        )
    }

    /// The new state of each locked mention, and what follows for the sums.
    private mutating func fold(
        _ rows: PostgresResult,
        _ judged: [Judged],
        _ changes: inout [Change],
        _ deltas: inout DeltaBook
    ) {
        changes.reserveCapacity(rows.rowCount)
        for row in 0..<rows.rowCount {
            guard let number = rows.int8(row, 0), let index = rows.int8(row, 1), index >= 1, index <= judged.count,
                let old = StoredVerdict(rows, row, first: 4)
            else { continue }
            // Revised since it was read: the text that stands now is judged.
            let new = verdict(rows, row, text: 2, language: 3) ?? judged[Int(index) - 1].verdict
            changes.append(
                Change(
                    number: number,
                    verdict: new,
                    isOther: new != old,
                    isCountedOtherwise: (new.sentiment, new.isSetAside) != (old.sentiment, old.isSetAside)
                )
            )
            guard new != old else { continue }
            deltas.replace(Self.contribution(rows, row, old), with: Self.contribution(rows, row, new))
        }
    }

    private func mentionStatements(_ changes: [Change]) -> [PostgresStatement] {
        guard !changes.isEmpty else { return [] }
        var statements: [PostgresStatement] = []
        let counted = changes.filter(\.isCountedOtherwise).map(\.number)
        if !counted.isEmpty {
            statements.append(PostgresStatement("note revised mentions", Rematch.note, [.int8Array(counted)]))
        }
        statements.append(
            PostgresStatement(
                "change verdicts",
                Self.update,
                [
                    .int8Array(changes.map(\.number)), .int2Array(changes.map(\.verdict.sentiment)),
                    .int2Array(changes.map(\.verdict.score)), .int2Array(changes.map(\.verdict.intents)),
                    .int2Array(changes.map(\.verdict.emotion)), .int2Array(changes.map(\.verdict.irony)),
                    .int2Array(changes.map(\.verdict.offensive)), .int2Array(changes.map(\.verdict.spam)),
                    .int2(place.model),
                ]
            )
        )
        return statements
    }

    // MARK: SQL

    private static let read = """
        SELECT mention_no, body_hash, text, lang, found
        FROM (SELECT p.*, count(*) OVER () AS found,
                     sum(octet_length(p.text)) OVER (ORDER BY p.mention_no) - octet_length(p.text) AS bytes_before
              FROM (SELECT m.mention_no, m.body_hash, m.text, m.lang FROM mention m
                    WHERE m.mention_no > $1 AND m.mention_no <= $2 AND m.model_no <> $3
                      AND \(ReclassifySQL.chosen("m", brand: "$4", since: "$5"))
                    ORDER BY m.mention_no LIMIT $6) AS p) AS q
        WHERE bytes_before < $7 ORDER BY mention_no
        """

    /// The text comes along only where it is another one than was read.
    private static let lock = """
        SELECT m.mention_no, u.place, CASE WHEN m.body_hash <> u.hash THEN m.text END,
               CASE WHEN m.body_hash <> u.hash THEN m.lang END, m.sentiment, m.sentiment_score, m.intents, m.emotion,
               m.irony, m.offensive, m.spam, m.published_at, m.author_no, m.brands, m.likes, m.reposts, m.replies,
               m.followers, m.in_reply_to IS NOT NULL, m.repost_of IS NOT NULL, m.source_no
        FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS u (n, hash, place)
        JOIN mention m ON m.mention_no = u.n
        WHERE m.model_no <> $3 ORDER BY m.mention_no FOR UPDATE OF m
        """

    private static let update = """
        UPDATE mention m
        SET sentiment = u.sentiment, sentiment_score = u.score, intents = u.intents, emotion = u.emotion,
            irony = u.irony, offensive = u.offensive, spam = u.spam, model_no = $9
        FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[],
                    $7::smallint[], $8::smallint[]) AS u (n, sentiment, score, intents, emotion, irony, offensive, spam)
        WHERE m.mention_no = u.n
        """

    private static func contribution(_ rows: PostgresResult, _ row: Int, _ verdict: StoredVerdict) -> Contribution {
        Contribution(
            mention: rows.int8(row, 0) ?? 0,
            source: rows.int4(row, 20) ?? 0,
            author: rows.int8(row, 12) ?? 0,
            publishedAt: Timestamp(microseconds: rows.timestamptz(row, 11) ?? 0),
            brands: rows.int4Array(row, 13)?.compactMap { $0 } ?? [],
            sentiment: verdict.feeling,
            score: verdict.score,
            labels: verdict.labels,
            likes: rows.int8(row, 14) ?? 0,
            reposts: rows.int8(row, 15) ?? 0,
            replies: rows.int8(row, 16) ?? 0,
            isAnswer: rows.bool(row, 18) == true,
            isRepost: rows.bool(row, 19) == true,
            followers: rows.int8(row, 17),
            isSetAside: verdict.isSetAside
        )
    }
}

extension Classifier {
    /// The verdict on bytes from the database.
    func verdict(_ text: [UInt8], language: [UInt8]?, scratch: inout ClassifierScratch) -> Verdict {
        guard let language else { return classify(text.span, language: nil, scratch: &scratch) }
        return classify(text.span, language: language.span, scratch: &scratch)
    }
}
