public import Classification
public import MentionModel
public import PostgresClient

/// What a run of ``Reclassify`` would change, from a sample of the chosen mentions; writes nothing.
public struct ReclassifyRehearsal: Sendable, Equatable {
    /// A sentiment before and after; nil stands for a language that the model can't read.
    public struct Move: Sendable, Hashable {
        /// What is stored.
        public var before: Sentiment?
        /// What the model says.
        public var after: Sentiment?

        /// Makes a move.
        public init(before: Sentiment?, after: Sentiment?) {
            self.before = before
            self.after = after
        }
    }

    /// The chosen mentions that other models have judged.
    public private(set) var chosen: Int64 = 0
    /// How many of them were looked at.
    public private(set) var examined: Int64 = 0
    /// How many of those have another verdict in anything.
    public private(set) var changed: Int64 = 0
    /// How many of those have another sentiment.
    public private(set) var felt: Int64 = 0
    /// How many go from which sentiment to which.
    public private(set) var moves: [Move: Int64] = [:]

    /// Looks at up to `sample` of the chosen mentions, spread over all of them: the same ones each time.
    ///
    /// Reads all mentions to count them; a second for each million.
    /// - Throws: ``Reclassify/UnknownBrand`` or `PostgresError`.
    public static func run(
        _ classifier: any Classifier,
        choice: Reclassify.Choice,
        sample: Int,
        on connection: PostgresConnection
    ) async throws -> ReclassifyRehearsal {
        let brand = try await ReclassifySQL.brand(choice, on: connection)
        var rehearsal = ReclassifyRehearsal()
        rehearsal.chosen = try await ReclassifySQL.others(classifier.modelVersion, choice, on: connection)
            .reduce(0) { $0 + $1.count }
        guard rehearsal.chosen > 0 else { return rehearsal }
        // Some more than are wanted: pages hold unequal numbers of mentions.
        let share = 100 * 1.5 * Double(sample) / Double(rehearsal.chosen)
        let numbers = try await ReclassifySQL.scan(
            PostgresStatement(
                "choose a sample of mentions",
                """
                SELECT m.mention_no FROM mention m TABLESAMPLE SYSTEM ($4::double precision::real) REPEATABLE (1)
                WHERE \(ReclassifySQL.chosen("m", brand: "$2", since: "$3"))
                  AND m.model_no <> coalesce((SELECT v.model_no FROM model v WHERE v.version = $1), 0)
                ORDER BY hashint8(m.mention_no), m.mention_no LIMIT $5
                """,
                [
                    .text(classifier.modelVersion), .int4(brand), .timestamptz(choice.since ?? .min),
                    .double(share > 20 ? 100 : share), .int8(Int64(sample)),
                ]
            ),
            on: connection
        )
        let chosen = (0..<numbers.rowCount).compactMap { numbers.int8($0, 0) }.sorted()
        var scratch = ClassifierScratch()
        for start in stride(from: 0, to: chosen.count, by: 500) {
            let rows = try await connection.query(
                PostgresStatement(
                    "read a sample of mentions",
                    """
                    SELECT text, lang, sentiment, sentiment_score, intents, emotion, irony, offensive, spam
                    FROM mention WHERE mention_no = ANY ($1)
                    """,
                    [.int8Array(Array(chosen[start..<min(start + 500, chosen.count)]))]
                ),
                timeout: ReclassifySQL.timeout
            )
            for row in 0..<rows.rowCount {
                guard let text = rows.bytes(row, 0), let old = StoredVerdict(rows, row, first: 2) else { continue }
                let verdict = classifier.verdict(text, language: rows.bytes(row, 1), scratch: &scratch)
                rehearsal.note(old, StoredVerdict(verdict))
            }
        }
        return rehearsal
    }

    private mutating func note(_ old: StoredVerdict, _ new: StoredVerdict) {
        examined += 1
        if old != new { changed += 1 }
        if old.sentiment != new.sentiment { felt += 1 }
        moves[Move(before: old.feeling, after: new.feeling), default: 0] += 1
    }
}
