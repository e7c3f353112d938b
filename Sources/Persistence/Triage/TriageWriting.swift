import MentionModel
import PostgresClient
import Triage

/// A decision about a mention and a brand.
struct TriageDecision: Sendable {
    var number: Int64
    var brand: Int32
    var outcome: TriageOutcome
    var bodyHash: Int64
    var dueAt: Timestamp
    var payload: ActionPayload
}

/// Decides what a batch brings, in its transaction: items of the queue and rows of the outbox.
struct TriageWriting {
    let policy: TriagePolicy
    let now: Timestamp
    /// What new mentions ask for.
    private(set) var fresh: [TriageDecision] = []
    /// All that was decided anew.
    private(set) var again: [TriageDecision] = []
    /// Names of brands that are not registered, from the events of the batch.
    private var eventNames: [Int32: String] = [:]

    init(_ policy: TriagePolicy, now: Timestamp) {
        self.policy = policy
        self.now = now
    }

    /// Decides about a batch. Reads from the database only where a revision took a brand away whose name the batch
    /// does not say, or counts grew past a number that a rule asks for.
    static func decide(
        _ intake: BatchIntake,
        _ fold: MentionFold,
        _ policy: TriagePolicy,
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> TriageWriting {
        var writing = TriageWriting(policy, now: fold.now)
        for (name, number) in intake.brandNumbers where policy.brandNames[number] == nil {
            writing.eventNames[number] = name.text
        }
        for row in fold.inserted where !row.brands.isEmpty { writing.addNew(row, fold) }
        if !fold.replaced.isEmpty {
            let former = fold.replaced.map { row in
                (intake.standing[row.number]?.brands ?? []).filter { !row.brands.contains($0) }
            }
            let unnamed = Set(former.joined()).filter { writing.name(of: $0) == nil }
            let names = try await BrandNames.read(unnamed, on: connection, timeout: timeout)
            for (row, gone) in zip(fold.replaced, former) { writing.addReplaced(row, gone, fold, names) }
        }
        let raised = fold.raised.filter { raise in
            guard let before = intake.standing[raise.number]?.counts else { return false }
            return policy.rules.isCrossed(
                likes: (before.likes, raise.counts.likes),
                reposts: (before.reposts, raise.counts.reposts),
                replies: (before.replies, raise.counts.replies)
            )
        }
        if !raised.isEmpty {
            let rows = try await connection.query(MentionFactsSQL.of(raised.map(\.number)), timeout: timeout)
            let counts = Dictionary(raised.map { ($0.number, $0.counts) }, uniquingKeysWith: { $1 })
            try await writing.addAgain(rows, on: connection, timeout: timeout) { facts in
                guard let raised = counts[facts.number] else { return }
                facts.subject.likes = raised.likes
                facts.subject.reposts = raised.reposts
                facts.subject.replies = raised.replies
            }
        }
        return writing
    }

    /// Decides anew about the mentions of some rows of ``MentionFactsSQL``, and about brands that had something to say
    /// of them before.
    mutating func addAgain(
        _ rows: PostgresResult,
        former: [Int64: [Int32]] = [:],
        on connection: PostgresConnection,
        timeout: Duration,
        change: (inout MentionFacts) -> Void = { _ in }
    ) async throws(PostgresError) {
        var all: [MentionFacts] = []
        for row in 0..<rows.rowCount {
            guard var facts = MentionFactsSQL.read(rows, row, policy) else { continue }
            change(&facts)
            all.append(facts)
        }
        let unnamed = all.reduce(into: Set<Int32>()) { set, facts in
            set.formUnion(facts.brands)
            set.formUnion(former[facts.number] ?? [])
        }.filter { policy.brandNames[$0] == nil }
        let names = try await BrandNames.read(unnamed, on: connection, timeout: timeout)
        for facts in all {
            let gone = (former[facts.number] ?? []).filter { !facts.brands.contains($0) }
            for brand in (facts.brands + gone).sorted() {
                guard let name = policy.brandNames[brand] ?? names[brand] else { continue }
                let outcome = gone.contains(brand) ? .unmatched : facts.outcome(of: brand, policy.rules)
                again.append(decision(facts, brand, name, outcome))
            }
        }
    }

    // MARK: From a batch

    private mutating func addNew(_ row: MentionFold.Row, _ fold: MentionFold) {
        let (subject, owned) = fold.facts(row, policy)
        var known: MentionFacts?
        for brand in row.brands {
            var about = subject
            about.brand = brand
            if owned.contains(brand) { about.traits.insert(.ownAccount) }
            guard let rule = policy.rules.rule(for: about), policy.rules.outcomes[rule].action != .leave else {
                continue
            }
            let facts = known ?? facts(row, subject, owned, fold)
            known = facts
            guard let name = name(of: brand) else { continue }
            fresh.append(decision(facts, brand, name, policy.rules.outcomes[rule]))
        }
    }

    private mutating func addReplaced(
        _ row: MentionFold.Row,
        _ gone: [Int32],
        _ fold: MentionFold,
        _ names: [Int32: String]
    ) {
        guard !row.brands.isEmpty || !gone.isEmpty else { return }
        let (subject, owned) = fold.facts(row, policy)
        let facts = facts(row, subject, owned, fold)
        for brand in (row.brands + gone).sorted() {
            guard let name = name(of: brand) ?? names[brand] else { continue }
            let outcome = gone.contains(brand) ? .unmatched : facts.outcome(of: brand, policy.rules)
            again.append(decision(facts, brand, name, outcome))
        }
    }

    private func facts(
        _ row: MentionFold.Row,
        _ subject: TriageSubject,
        _ owned: [Int32],
        _ fold: MentionFold
    ) -> MentionFacts {
        let (mention, arena) = fold.prepared(row)
        return MentionFacts(
            number: row.number,
            subject: subject,
            ownedBy: owned,
            source: arena.string(mention.event.source) ?? "",
            id: arena.string(mention.event.id) ?? "",
            publishedAt: mention.event.publishedAt,
            bodyHash: Int64(bitPattern: mention.event.bodyHash),
            brands: row.brands
        )
    }

    private func decision(
        _ facts: MentionFacts,
        _ brand: Int32,
        _ name: String,
        _ outcome: TriageOutcome
    ) -> TriageDecision {
        let due = facts.dueAt(outcome)
        return TriageDecision(
            number: facts.number,
            brand: brand,
            outcome: outcome,
            bodyHash: facts.bodyHash,
            dueAt: due,
            payload: ActionPayload(
                source: facts.source,
                id: facts.id,
                brand: name,
                outcome: outcome,
                bodyHash: facts.bodyHash,
                dueAt: due,
                decidedAt: now,
                version: policy.version
            )
        )
    }

    /// The name of a brand that is registered, or that an event of the batch names.
    private func name(of brand: Int32) -> String? {
        policy.brandNames[brand] ?? eventNames[brand]
    }

    // MARK: Statements

    /// What is written, after everything else but what is new to the batch; none where nothing was decided.
    var statements: [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !fresh.isEmpty {
            statements.append(insertItems())
            if policy.publishes { statements.append(insertActions()) }
        }
        if !again.isEmpty { statements.append(settle()) }
        return statements
    }

    private func insertItems() -> PostgresStatement {
        PostgresStatement(
            "insert triage items",
            """
            INSERT INTO triage_item (mention_no, brand_no, rules_version, turn, body_hash, due_at, decided_at, priority,
                                     status, team, action, reason)
            SELECT n, brand, $8, 1, hash, due, $9, priority, 'open', team, action, reason
            FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::smallint[], $6::text[],
                        $7::text[], $10::text[]) AS u (n, brand, hash, due, priority, team, action, reason)
            """,
            [
                .int8Array(fresh.map(\.number)), .int4Array(fresh.map(\.brand)), .int8Array(fresh.map(\.bodyHash)),
                .timestamptzArray(fresh.map(\.dueAt.microseconds)), .int2Array(fresh.map(\.outcome.priority)),
                .textArray(fresh.map { $0.outcome.team?.rawValue }), .textArray(fresh.map(\.outcome.action.rawValue)),
                .int4(policy.version), .timestamptz(now.microseconds), .textArray(fresh.map(\.outcome.reason)),
            ]
        )
    }

    private func insertActions() -> PostgresStatement {
        PostgresStatement(
            "insert actions",
            """
            INSERT INTO outbox (key, payload)
            SELECT key, payload FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS u (key, payload, place)
            ORDER BY place
            """,
            [.textArray(fresh.map(\.payload.key)), .byteaArray(fresh.map(\.payload.first))]
        )
    }

    private func settle() -> PostgresStatement {
        let rows = again.sorted { ($0.number, $0.brand) < ($1.number, $1.brand) }
        return PostgresStatement(
            "settle triage items",
            "SELECT triage_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            [
                .int8Array(rows.map(\.number)), .int4Array(rows.map(\.brand)),
                .textArray(rows.map { $0.outcome.team?.rawValue }), .textArray(rows.map(\.outcome.action.rawValue)),
                .int2Array(rows.map(\.outcome.priority)), .textArray(rows.map(\.outcome.reason)),
                .timestamptzArray(rows.map(\.dueAt.microseconds)), .int8Array(rows.map(\.bodyHash)),
                .textArray(rows.map(\.payload.key)), .textArray(rows.map { policy.publishes ? $0.payload.head : "" }),
                .textArray(rows.map(\.payload.tail)), .timestamptz(now.microseconds), .int4(policy.version),
            ]
        )
    }
}

/// Names of brands by number.
enum BrandNames {
    static func read(
        _ numbers: some Collection<Int32>,
        on connection: PostgresConnection,
        timeout: Duration
    ) async throws(PostgresError) -> [Int32: String] {
        guard !numbers.isEmpty else { return [:] }
        let rows = try await connection.query(
            PostgresStatement(
                "read brand names by number",
                "SELECT brand_no, name FROM brand WHERE brand_no = ANY ($1::integer[])",
                [.int4Array(numbers.sorted())]
            ),
            timeout: timeout
        )
        var names: [Int32: String] = [:]
        for row in 0..<rows.rowCount {
            if let number = rows.int4(row, 0), let name = rows.string(row, 1) { names[number] = name }
        }
        return names
    }
}
