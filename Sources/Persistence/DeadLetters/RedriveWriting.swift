import MentionModel
import Pipeline
import PostgresClient

/// A dead letter whose record can be read after all: one mention, alone in its chunk.
struct ReadableLetter: Sendable {
    var row: DeadLetterRow
    var chunk: PreparedChunk

    /// The order of arrival among letters of one consumer group and topic.
    static func isBefore(_ left: ReadableLetter, _ right: ReadableLetter) -> Bool {
        (left.row.partition, left.row.incarnation, left.row.offset)
            < (right.row.partition, right.row.incarnation, right.row.offset)
    }
}

/// The payload that an operator puts in place of a stored one, as the audit knows it.
struct PayloadEdit: Sendable, Equatable {
    var sha256: [UInt8]
    var bytes: Int64
}

extension BatchWriter {
    /// Gives dead letters of this writer's group and topic their effect, as a batch of their records would have: one
    /// transaction, in which the letters are closed, the audit is written and the counters of progress follow.
    ///
    /// - Parameter letters: in the order of arrival.
    /// - Returns: for each, what it came to.
    /// - Throws: as ``write(_:on:now:)``, but for the SQLSTATE `MF003` where one of the letters is not open any more.
    func redrive(
        _ letters: [ReadableLetter],
        by who: String,
        edit: PayloadEdit?,
        on connection: PostgresConnection,
        triage: TriagePolicy?,
        now: Timestamp
    ) async throws(PostgresError) -> [RedriveOutcome] {
        var batch = Batch(steps: [])
        // A step a record: so the fold says what became of each. Epoch and offsets are not looked at.
        batch.steps = letters.map { letter in
            PartitionStep(
                partition: letter.row.partition,
                epoch: 0,
                incarnation: letter.row.incarnation,
                from: letter.row.offset,
                to: letter.row.offset + 1,
                slices: [ChunkSlice(chunk: letter.chunk, range: 0..<letter.chunk.records.count)]
            )
        }
        let rows = letters.map(\.row)
        let identity = identity
        let frame = Frame(
            guarding: RedriveSQL.guarding(rows, identity),
            closing: { _, fold in
                let outcomes = fold.stepCounts.map(RedriveOutcome.init)
                return [
                    RedriveSQL.close(rows, outcomes, by: who, edit: edit),
                    RedriveSQL.count(rows, outcomes, identity),
                ]
            },
            closingRows: Set(rows.map(\.partition)).count
        )
        let fold = try await write(batch, in: frame, on: connection, triage: triage, now: now)
        return fold.stepCounts.map(RedriveOutcome.init)
    }
}

/// What a redriven record counts as.
public enum RedriveOutcome: String, Sendable, Equatable {
    /// A mention that was not there before.
    case new
    /// A body that had been seen before.
    case redelivered
    /// A new body of a mention that was there.
    case revision

    /// Of the step of one record.
    init(_ counts: StepCounts) {
        self = counts.newMentions > 0 ? .new : counts.revisions > 0 ? .revision : .redelivered
    }
}

/// The statements about letters that are redriven.
enum RedriveSQL {
    static func guarding(_ rows: [DeadLetterRow], _ identity: BatchWriter.Identity) -> PostgresStatement {
        PostgresStatement(
            "guard redrive",
            "SELECT guard_redrive($1, $2, $3)",
            [.text(identity.group), .int4(identity.topic), .int8Array(rows.map(\.id))]
        )
    }

    /// Closes letters, and says so in the audit.
    static func close(
        _ rows: [DeadLetterRow],
        _ outcomes: [RedriveOutcome],
        by who: String,
        edit: PayloadEdit?
    ) -> PostgresStatement {
        PostgresStatement(
            "close dead letters",
            """
            WITH done AS (
                UPDATE dead_letter_record AS d
                SET status = 'redriven', outcome = u.outcome, resolved_at = now(), resolved_by = $3
                FROM unnest($1::bigint[], $2::text[]) AS u (n, outcome)
                WHERE d.dead_letter_no = u.n AND d.status = 'open'
                RETURNING d.dead_letter_no, d.outcome
            )
            INSERT INTO dead_letter_audit (who, action, dead_letter_no, result, edited_sha256, edited_bytes)
            SELECT $3, 'redrive', dead_letter_no, outcome, $4, $5 FROM done ORDER BY dead_letter_no
            """,
            [
                .int8Array(rows.map(\.id)), .textArray(outcomes.map(\.rawValue)), .text(who), .bytea(edit?.sha256),
                .int8(edit?.bytes),
            ]
        )
    }

    /// Each record counts as what it came to, and as a dead letter no more.
    static func count(
        _ rows: [DeadLetterRow],
        _ outcomes: [RedriveOutcome],
        _ identity: BatchWriter.Identity
    ) -> PostgresStatement {
        var sums: [Int32: StepCounts] = [:]
        for (row, outcome) in zip(rows, outcomes) {
            switch outcome {
            case .new: sums[row.partition, default: StepCounts()].newMentions += 1
            case .redelivered: sums[row.partition, default: StepCounts()].redeliveries += 1
            case .revision: sums[row.partition, default: StepCounts()].revisions += 1
            }
        }
        let partitions = sums.keys.sorted()
        let counts = partitions.map { sums[$0] ?? StepCounts() }
        return PostgresStatement(
            "count redriven records",
            """
            UPDATE partition_progress AS p
            SET new_mentions = p.new_mentions + u.new_mentions, redeliveries = p.redeliveries + u.redeliveries,
                revisions = p.revisions + u.revisions,
                dead_letters = p.dead_letters - u.new_mentions - u.redeliveries - u.revisions
            FROM unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
                AS u (partition, new_mentions, redeliveries, revisions)
            WHERE p.consumer_group = $1 AND p.topic_no = $2 AND p.partition = u.partition
            """,
            [
                .text(identity.group), .int4(identity.topic), .int4Array(partitions),
                .int8Array(counts.map(\.newMentions)), .int8Array(counts.map(\.redeliveries)),
                .int8Array(counts.map(\.revisions)),
            ]
        )
    }

    /// Notes attempts that changed nothing: a line each in the audit, and where `reasons` has one, the reason for
    /// which the stored record is still open. A pipeline of its own, and so one transaction.
    static func note(
        _ ids: [Int64],
        results: [String],
        notes: [String],
        reasons: [String?],
        by who: String,
        edit: PayloadEdit?
    ) -> [PostgresStatement] {
        [
            PostgresStatement(
                "note reasons",
                """
                WITH still_open AS (
                    SELECT d.dead_letter_no, u.reason, u.detail
                    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (n, reason, detail)
                    JOIN dead_letter_record d ON d.dead_letter_no = u.n
                    WHERE d.status = 'open' AND u.reason IS NOT NULL AND (d.reason, d.detail) <> (u.reason, u.detail)
                    ORDER BY d.dead_letter_no FOR UPDATE OF d
                )
                UPDATE dead_letter_record AS d SET reason = s.reason, detail = s.detail
                FROM still_open s WHERE d.dead_letter_no = s.dead_letter_no
                """,
                [.int8Array(ids), .textArray(reasons), .textArray(notes)]
            ),
            PostgresStatement(
                "note attempts",
                """
                INSERT INTO dead_letter_audit (who, action, dead_letter_no, result, note, edited_sha256, edited_bytes)
                SELECT $4, 'redrive', n, result, note, $5, $6
                FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS u (n, result, note, place)
                ORDER BY place
                """,
                [
                    .int8Array(ids), .textArray(results), .textArray(notes), .text(who), .bytea(edit?.sha256),
                    .int8(edit?.bytes),
                ]
            ),
        ]
    }
}
