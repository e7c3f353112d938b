import Advocacy
public import MentionModel
public import Pipeline
public import PostgresClient

/// Writes batches: one transaction each, guarded by epoch and offset, with all effects of its records.
///
/// The transaction takes its locks in one order, the same in every worker: progress rows, identities, mentions,
/// authors, ledger, hours. Within each, rows are sorted by key.
///
/// | trip | does |
/// |---|---|
/// | before | names and authors that the caches don't know: dictionary rows, in guarded transactions of their own |
/// | 1 | BEGIN, guard, whether anything was forgotten meanwhile, numbers, which identities are there |
/// | 2 | COPY of those that are not (once more otherwise, where another worker has come before) |
/// | 3, 4 | only with conflicts: the mentions that stand, locked; bodies seen before |
/// | 5 | COPY of the new mentions |
/// | – | only now and then: facts and names that decisions need, see ``TriagePolicy`` |
/// | 6 | changed mentions, author profiles that moved, ledger, hours, triage, dead letters, near texts, progress, COMMIT |
public actor BatchWriter {
    /// What stays the same for a worker's life.
    public struct Identity: Sendable {
        /// Consumer group.
        public var group: String
        /// Number of the topic, see ``PartitionClaims/topicNumber(_:)``.
        public var topic: Int32
        /// Number of the classifier's model, see ``PartitionClaims/modelNumber(_:)``.
        public var model: Int16
        /// Which of the rows of an hour this worker adds to: 0…15.
        public var slot: Int16

        /// Makes an identity.
        public init(group: String, topic: Int32, model: Int16, slot: Int16) {
            self.group = group
            self.topic = topic
            self.model = model
            self.slot = slot
        }
    }

    /// What stands around the effects of a transaction: who may write it, and what it notes of itself.
    struct Frame {
        /// The first statement, which refuses with a SQLSTATE of class MF.
        var guarding: PostgresStatement
        /// The last statements before the commit.
        var closing: (BatchIntake, MentionFold) -> [PostgresStatement]
        /// How many rows the last of these must touch.
        var closingRows: Int
    }

    let identity: Identity
    private let timeout: Duration
    /// Nil outside of tests.
    private let mutation: Mutation?
    private var sources = BoundedCache<ExactName, Int32>(capacity: 4_096)
    private var brands = BoundedCache<ExactName, Int32>(capacity: 65_536)
    private var authors: BoundedCache<AuthorKey, KnownAuthor>
    /// What must not come back; nil: to be read.
    private var forgotten: ForgottenSet?
    /// The connection of the last batch.
    private var latest: PostgresConnection?
    /// What the last batch that was sent whole came to, whether or not the answer to its commit arrived.
    public private(set) var pendingReport = WriteReport()

    /// A writer with empty caches. `timeout` bounds each trip to the database; `authorCache` is in authors.
    public init(_ identity: Identity, timeout: Duration = .seconds(60), authorCache: Int = 100_000) {
        self.identity = identity
        self.timeout = timeout
        mutation = Mutation.current
        authors = BoundedCache(capacity: authorCache / 2)
    }

    /// Writes a batch in one transaction.
    ///
    /// On an error the transaction is rolled back if the connection still lives; where it does not, only the progress
    /// rows can say whether it was committed.
    /// - Parameters:
    ///   - triage: decides what mentions ask for; nil: nothing is decided.
    ///   - now: the worker's clock, stored as `ingested_at`.
    /// - Throws: ``PostgresError``; its class is `fenced` with SQLSTATE `MF001` (another holder) or `MF002` (call
    ///   ``PartitionClaims/rollOver(on:)`` and come again).
    public func write(
        _ batch: Batch,
        on connection: PostgresConnection,
        triage: TriagePolicy? = nil,
        now: Timestamp
    ) async throws(PostgresError) -> WriteReport {
        let frame = Frame(
            guarding: guardStatement(batch),
            closing: { intake, fold in
                DeadLetterSQL.insert(intake.deadLetters, identity: self.identity)
                    + NearTextSQL.insert(intake.nearTexts)
                    + [self.progressStatement(batch, fold.report, lastNumber: intake.lastNumber)]
            },
            closingRows: batch.steps.count
        )
        return try await write(batch, in: frame, on: connection, triage: triage, now: now).report
    }

    /// Writes a batch in one transaction of any frame, and rolls back on an error.
    func write(
        _ batch: Batch,
        in frame: Frame,
        on connection: PostgresConnection,
        triage: TriagePolicy?,
        now: Timestamp
    ) async throws(PostgresError) -> MentionFold {
        var attempts = 0
        while true {
            do throws(PostgresError) {
                return try await transaction(batch, frame, on: connection, triage: triage, now: now)
            } catch {
                await connection.rollBack(timeout: timeout)
                // Something was forgotten meanwhile: that is learned, and the batch begun again.
                attempts += 1
                guard error.sqlState == ForgottenSet.sqlState, attempts < 100 else { throw error }
                forgotten = nil
            }
        }
    }

    private func transaction(
        _ batch: Batch,
        _ frame: Frame,
        on connection: PostgresConnection,
        triage: TriagePolicy?,
        now: Timestamp
    ) async throws(PostgresError) -> MentionFold {
        if latest !== connection {
            // The server may have crashed meanwhile and lost commits that were not flushed; the numbers in the caches may
            // be gone, or another's by now.
            latest = connection
            sources.removeAll()
            brands.removeAll()
            authors.removeAll()
            forgotten = nil
        }
        var intake = BatchIntake(batch, topic: identity.topic)
        let forgotten = try await leaveOutForgotten(&intake, on: connection)
        let guarding = [frame.guarding, forgotten.check]
        let (sourceNames, brandNames) = intake.names(sources: &sources, brands: &brands)

        try await resolveNames(&intake, sourceNames, brandNames, guarding, on: connection)

        var opening = [PostgresStatement("begin", "BEGIN")] + guarding
        if !intake.mentions.isEmpty {
            intake.group()
            opening += [
                PostgresStatement(
                    "take numbers",
                    "SELECT take_numbers($1)",
                    [.int4(Int32(clamping: intake.mentions.count))]
                ),
                PostgresStatement("savepoint", "SAVEPOINT before_identities"),
                IdentitySQL.lookUp(intake, Array(intake.groups.indices)),
            ]
        }
        let answers = try await connection.pipeline(opening, timeout: timeout)
        if !intake.mentions.isEmpty, let found = answers.last,
            let taken = answers.dropLast(2).last?.int8Array(0, 0)
        {
            intake.number(blocks: taken.compactMap { $0 })
            intake.markStored(found)
            try await writeIdentities(&intake, on: connection)
        }
        try await readConflicts(&intake, on: connection)

        let fold = try MentionFold(intake, identity: identity, now: now)
        if let rows = fold.copyRows() {
            _ = try await connection.copyIn("copy mentions", MentionSQL.copy, data: rows, timeout: timeout)
        }
        pendingReport = fold.report
        var decided: [PostgresStatement] = []
        if let triage {
            let writing = try await TriageWriting.decide(intake, fold, triage, on: connection, timeout: timeout)
            decided = writing.statements
        }
        let moved = intake.authors.moved
        let closing =
            fold.mentionStatements
            + (moved.isEmpty ? [] : [AuthorSQL.update(moved)])
            + fold.sumStatements(slot: identity.slot)
            + decided
            + frame.closing(intake, fold)
            + [PostgresStatement("commit", "COMMIT")]
        let ends = try await connection.pipeline(closing, timeout: timeout)
        guard ends.dropLast().last?.affectedRows == frame.closingRows else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "progress moved for fewer partitions than the batch has",
                statement: closing.dropLast().last?.operation ?? "advance progress"
            )
        }
        // The profiles are certain only now.
        for (key, author) in intake.authors.learned { authors.insert(author, for: key) }
        return fold
    }

    /// Leaves out what must not come back. Where nothing was forgotten that costs nothing a mention.
    private func leaveOutForgotten(
        _ intake: inout BatchIntake,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> ForgottenSet {
        let forgotten: ForgottenSet
        if let held = self.forgotten {
            forgotten = held
        } else {
            forgotten = try await ForgottenSet.load(on: connection, timeout: timeout)
            self.forgotten = forgotten
        }
        guard !forgotten.isEmpty else { return forgotten }
        let suspects = forgotten.suspects(intake.mentions)
        guard !suspects.isEmpty else { return forgotten }
        let (mentions, brands) = try await suspects.convicted(on: connection, timeout: timeout)
        intake.refuse(mentions, brands: brands)
        return forgotten
    }

    /// Numbers for the names of a batch, before its transaction begins.
    ///
    /// Dictionary rows have no effect that could be seen until a mention uses them, and what is stored of an author is a
    /// maximum over all events, so they need not wait for the batch. Inside of its transaction a new author who is
    /// much talked about would hold up every other worker until the commit. The guard stands before them all the same:
    /// who has lost a partition writes nothing.
    private func resolveNames(
        _ intake: inout BatchIntake,
        _ sourceNames: [String],
        _ brandNames: [String],
        _ guarding: [PostgresStatement],
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        var newSources: [ExactName: Int32] = [:]
        var newBrands: [ExactName: Int32] = [:]
        let statements = DictionarySQL.resolve("source", sourceNames) + DictionarySQL.resolve("brand", brandNames)
        if !statements.isEmpty {
            // A pipeline without BEGIN is one transaction.
            let answers = try await connection.pipeline(guarding + statements, timeout: timeout)
                .dropFirst(guarding.count)
            newSources = DictionarySQL.numbers(sourceNames, answers.dropFirst(sourceNames.isEmpty ? 0 : 1).first)
            newBrands = DictionarySQL.numbers(brandNames, brandNames.isEmpty ? nil : answers.last)
            for (name, number) in newSources { sources.insert(number, for: name) }
            for (name, number) in newBrands { brands.insert(number, for: name) }
        }
        try intake.resolve(newSources: newSources, newBrands: newBrands)
        intake.readAuthors(cache: &authors)
        let unknown = intake.authors.unknown
        if !unknown.isEmpty {
            let found = try await connection.query(AuthorSQL.lookUp(unknown, intake.authors), timeout: timeout)
            AuthorSQL.read(found, unknown, into: &intake.authors)
        }
        let missing = intake.authors.missing
        guard !missing.isEmpty, try await !copyAuthors(missing, &intake, guarding, on: connection) else { return }
        let insertion = guarding + [AuthorSQL.insert(missing, intake.authors)]
        let answers = try await connection.pipeline(insertion, timeout: timeout)
        if let rows = answers.last { AuthorSQL.readInserted(rows, missing, into: &intake.authors) }
    }

    /// Copies authors that were not there when they were looked up; false when one has come meanwhile, and nothing was
    /// written.
    private func copyAuthors(
        _ places: [Int],
        _ intake: inout BatchIntake,
        _ guarding: [PostgresStatement],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Bool {
        let begin = [PostgresStatement("begin", "BEGIN")] + guarding + [AuthorSQL.takeNumbers(places.count)]
        let answers = try await connection.pipeline(begin, timeout: timeout)
        let numbers = (answers.last?.int8Array(0, 0) ?? []).compactMap { $0 }
        do throws(PostgresError) {
            guard numbers.count == places.count else {
                throw PostgresError(
                    kind: .protocolViolation,
                    message: "fewer numbers than authors",
                    statement: "number authors"
                )
            }
            let rows = AuthorSQL.copyRows(places, numbers: numbers, intake.authors)
            _ = try await connection.copyIn("copy authors", AuthorSQL.copy, data: rows, timeout: timeout)
        } catch {
            await connection.rollBack(timeout: timeout)
            guard error.sqlState == Self.uniqueViolation else { throw error }
            return false
        }
        _ = try await connection.query(PostgresStatement("commit authors", "COMMIT"), timeout: timeout)
        for (place, number) in zip(places, numbers) {
            let profile = intake.authors.profile(of: place)
            let author = KnownAuthor(number: number, day: profile?.day ?? 0, hash: profile?.hash ?? 0)
            intake.authors.found(at: place, author)
        }
        return true
    }

    /// Writes the identities that are new.
    private func writeIdentities(
        _ intake: inout BatchIntake,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        guard let rows = IdentitySQL.copyRows(intake) else { return }
        do throws(PostgresError) {
            _ = try await connection.copyIn("copy identities", IdentitySQL.copy, data: rows, timeout: timeout)
        } catch {
            guard error.sqlState == Self.uniqueViolation else { throw error }
            // Another worker has brought one of them since they were looked up.
            let answers = try await connection.pipeline(
                [
                    PostgresStatement("roll back to savepoint", "ROLLBACK TO SAVEPOINT before_identities"),
                    IdentitySQL.insert(intake),
                ],
                timeout: timeout
            )
            guard let inserted = answers.last else { return }
            intake.markNew(inserted)
            let conflicts = intake.conflicts
            guard !conflicts.isEmpty else { return }
            let found = try await connection.query(IdentitySQL.lookUp(intake, conflicts), timeout: timeout)
            intake.readIdentities(found, conflicts)
        }
    }

    private static let uniqueViolation = "23505"

    private func readConflicts(
        _ intake: inout BatchIntake,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        let conflicts = intake.conflicts
        if !conflicts.isEmpty {
            intake.readStanding(try await connection.query(MentionSQL.lock(intake, conflicts), timeout: timeout))
        }
        let bodies = intake.furtherBodies()
        guard !bodies.isEmpty else { return }
        let inserted = try await connection.query(IdentitySQL.insertBodies(bodies), timeout: timeout)
        intake.readInsertedBodies(inserted)
    }

    private func guardStatement(_ batch: Batch) -> PostgresStatement {
        PostgresStatement(
            "guard",
            mutation.map(MutatedSQL.guardCall) ?? "SELECT guard($1, $2, $3, $4, $5)",
            [
                .text(identity.group), .int4(identity.topic),
                .int4Array(batch.steps.map(\.partition)),
                .int8Array(batch.steps.map(\.epoch)),
                .int8Array(batch.steps.map(\.from)),
            ]
        )
    }

    private func progressStatement(_ batch: Batch, _ report: WriteReport, lastNumber: Int64) -> PostgresStatement {
        let lasts = batch.steps.map { step in
            step.slices.last { !$0.range.isEmpty }.map { ($0.chunk, $0.chunk.records[$0.range.upperBound - 1]) }
        }
        let counts = batch.steps.map { report.steps[$0.partition] ?? StepCounts() }
        return PostgresStatement(
            "advance progress",
            """
            UPDATE partition_progress AS p
            SET next_offset = u.next_offset, last_offset = coalesce(u.last_offset, p.last_offset),
                last_timestamp = coalesce(u.last_timestamp, p.last_timestamp),
                last_hash = coalesce(u.last_hash, p.last_hash),
                last_mention_no = greatest(p.last_mention_no, $14),
                records = p.records + u.records, new_mentions = p.new_mentions + u.new_mentions,
                redeliveries = p.redeliveries + u.redeliveries, revisions = p.revisions + u.revisions,
                dead_letters = p.dead_letters + u.dead_letters, advanced_at = now(), paused = NULL
            FROM unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                        $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])
                AS u (partition, epoch, next_offset, last_offset, last_timestamp, last_hash,
                      records, new_mentions, redeliveries, revisions, dead_letters)
            WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition
                AND \(mutation?.ignoresEpoch == true ? "u.epoch IS NOT NULL" : "p.epoch = u.epoch")
            """,
            [
                .text(identity.group), .int4(identity.topic),
                .int4Array(batch.steps.map(\.partition)),
                .int8Array(batch.steps.map(\.epoch)),
                .int8Array(batch.steps.map(\.to)),
                .int8Array(lasts.map { $0?.1.offset }),
                .int8Array(lasts.map { $0?.1.timestamp }),
                .int8Array(lasts.map { last in last.map { PayloadHash.of($0.1, in: $0.0) } }),
                .int8Array(counts.map(\.records)),
                .int8Array(counts.map(\.newMentions)),
                .int8Array(counts.map(\.redeliveries)),
                .int8Array(counts.map(\.revisions)),
                .int8Array(counts.map(\.deadLetters)),
                .int8(lastNumber),
            ]
        )
    }
}
