internal import Advocacy
internal import MentionModel
public import PostgresClient

/// Removes a mention, all that is kept of an author, or a brand, and keeps a hash so that a replay does not bring it back.
///
/// First the hash is written, and the batches that were open then are waited for: later ones refuse what has it. Then the
/// mentions go, some hundred a transaction: with each their identity loses its id, ledger and hours are taken back, and
/// the background step is told to take back what it has counted. Then dead letters lose their payload, and the author
/// goes. Workers go on meanwhile. A run that was interrupted is gone on with when the same is asked for again.
public struct Forgetting: Sendable {
    /// What is to be forgotten.
    public enum Subject: Sendable, Equatable {
        /// A mention, by the source's own id.
        case mention(source: String, id: String)
        /// An author by `author_id`: all mentions, and the author.
        case author(source: String, id: String)
        /// A brand: mentions of it alone go, others lose it.
        case brand(String)

        var kind: ForgottenSet.Kind {
            switch self {
            case .mention: .mention
            case .author: .author
            case .brand: .brand
            }
        }

        var source: String {
            switch self {
            case .mention(let source, _), .author(let source, _): source
            case .brand: ""
            }
        }

        var id: String {
            switch self {
            case .mention(_, let id), .author(_, let id), .brand(let id): id
            }
        }
    }

    /// What was done. It holds no personal data.
    public struct Receipt: Sendable, Equatable {
        /// The number in the audit; nil of a rehearsal.
        public var number: Int64?
        /// mention, author or brand.
        public var kind: String
        /// Who asked for it.
        public var by: String
        /// When it was begun, in microseconds since the Unix epoch; nil of a rehearsal.
        public var begunAt: Int64?
        /// Rows removed, emptied or changed, by table. Those of none are left out.
        public var removed: [String: Int64]
        /// Whether nothing was changed.
        public var isRehearsal: Bool
    }

    /// Most mentions of one transaction.
    var chunk: Int32 = 500

    /// Who does it, for the audit.
    public let by: String
    private let timeout = Duration.seconds(300)

    /// For tests: called before each transaction of mentions.
    var beforeChunk: @Sendable () async throws -> Void = {}

    /// Makes it.
    public init(by: String) {
        self.by = by
    }

    /// Says what would be removed, and changes nothing.
    public func rehearse(
        _ subject: Subject,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Receipt {
        let target = try await ForgettingTarget.find(subject, on: connection, timeout)
        let removed = try await ForgettingSQL.count(target, on: connection, timeout)
        return Receipt(
            number: nil,
            kind: subject.kind.rawValue,
            by: by,
            begunAt: nil,
            removed: removed,
            isRehearsal: true
        )
    }

    /// Forgets.
    ///
    /// - Parameters:
    ///   - connection: nothing else may use it meanwhile; it keeps the settings of ``ConnectionSetup/redrive``.
    ///   - report: told how many mentions are gone so far.
    /// - Throws: `PostgresError`, `CancellationError`. After either, run it again: it goes on.
    public func run(
        _ subject: Subject,
        on connection: PostgresConnection,
        report: (Int64) -> Void = { _ in }
    ) async throws -> Receipt {
        try await connection.execute("set up", script: ConnectionSetup.redrive)
        var receipt = try await begin(subject, on: connection)
        try await waitForBatches(on: connection)
        let target = try await ForgettingTarget.find(subject, on: connection, timeout)
        if let author = target.author {
            try await AuthorJoining(by: by, reason: nil).partForgotten(author, on: connection)
        }
        if target.isKnown {
            while true {
                try Task.checkCancellation()
                try await beforeChunk()
                let numbers = try await ForgettingSQL.next(target, limit: chunk, on: connection, timeout)
                if numbers.isEmpty { break }
                try await remove(numbers, target, &receipt, on: connection)
                report(receipt.removed["mention", default: 0])
            }
        }
        try await finish(target, &receipt, on: connection)
        return receipt
    }

    // MARK: Steps

    private func begin(_ subject: Subject, on connection: PostgresConnection) async throws(PostgresError) -> Receipt {
        let seed = try await ForgottenSet.load(on: connection, timeout: timeout).seed
        let quick = ForgottenSet.quickHash(subject.kind, source: subject.source, id: subject.id, seed: seed)
        let key: [PostgresParameter] = [.text(subject.kind.rawValue), .text(subject.source), .text(subject.id)]
        let answers = try await connection.transaction(
            [PostgresStatement("begin", "BEGIN")]
                + ForgettingSQL.begin(key, quick: quick, by: by) + [PostgresStatement("commit", "COMMIT")],
            timeout: timeout
        )
        let row = answers.count > 2 ? answers[answers.count - 2] : nil
        guard let row, let number = row.int8(0, 0) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "there is no receipt after it was inserted",
                statement: "read receipt"
            )
        }
        return Receipt(
            number: number,
            kind: subject.kind.rawValue,
            by: by,
            begunAt: row.timestamptz(0, 1),
            removed: ForgettingSQL.counts(row.string(0, 2)),
            isRehearsal: false
        )
    }

    /// Waits until batches that may not know the hash have ended.
    private func waitForBatches(on connection: PostgresConnection) async throws {
        let open =
            try await connection.query(
                PostgresStatement("read open batches", "SELECT open_batches()"),
                timeout: timeout
            ).textArray(0, 0)?.compactMap { $0 } ?? []
        while !open.isEmpty {
            let still = try await connection.query(
                PostgresStatement(
                    "wait for batches",
                    "SELECT coalesce(open_batches() && $1, false)",
                    [.textArray(open)]
                ),
                timeout: timeout
            )
            if still.bool(0, 0) != true { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// One transaction. Locks as a batch does: identities, mentions, ledger, hours.
    private func remove(
        _ numbers: [Int64],
        _ target: ForgettingTarget,
        _ receipt: inout Receipt,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        do throws(PostgresError) {
            let locked = try await connection.pipeline(
                [
                    PostgresStatement("begin", "BEGIN"),
                    PostgresStatement("lock identities", ForgettingSQL.lockIdentities, [.int8Array(numbers)]),
                    target.lock(numbers),
                ],
                timeout: timeout
            )
            guard let rows = locked.last else { return }
            var gone: [Int64] = []
            var stripped: [Int64] = []
            var deltas = DeltaBook()
            for row in 0..<rows.rowCount {
                guard let number = rows.int8(row, 0) else { continue }
                let brands = rows.int4Array(row, 3)?.compactMap { $0 } ?? []
                let left = target.brand.map { brand in brands.filter { $0 != brand } } ?? []
                let standing = Self.contribution(rows, row, brands: brands)
                if left.isEmpty {
                    gone.append(number)
                    deltas.subtract(standing)
                } else {
                    stripped.append(number)
                    deltas.replace(standing, with: Self.contribution(rows, row, brands: left))
                }
            }
            var removed = receipt.removed
            let steps = ForgettingSQL.remove(gone: gone, stripped: stripped, brand: target.brand)
            let answers = try await connection.pipeline(steps.map(\.statement), timeout: timeout)
            for (step, answer) in zip(steps, answers) {
                if let table = step.table, answer.affectedRows > 0 {
                    removed[table, default: 0] += Int64(answer.affectedRows)
                }
            }
            let sums = LedgerWriting.statements(deltas, slot: 15)
            if !deltas.isEmpty { removed["ledger", default: 0] += Int64(deltas.sortedLedger.count) }
            _ = try await connection.pipeline(
                sums + [
                    ForgettingSQL.note(removed, receipt.number ?? 0), PostgresStatement("commit", "COMMIT"),
                ],
                timeout: timeout
            )
            receipt.removed = removed
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    /// What is left when no mention is: dead letters, the author or the brand, and the audit. One transaction.
    private func finish(
        _ target: ForgettingTarget,
        _ receipt: inout Receipt,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        do throws(PostgresError) {
            var removed = receipt.removed
            let steps = ForgettingSQL.finish(target, by: by)
            let answers = try await connection.pipeline(
                [PostgresStatement("begin", "BEGIN")] + steps.map(\.statement),
                timeout: timeout
            )
            for (step, answer) in zip(steps, answers.dropFirst()) {
                if let table = step.table, answer.affectedRows > 0 {
                    removed[table, default: 0] += Int64(answer.affectedRows)
                }
            }
            _ = try await connection.pipeline(
                [ForgettingSQL.note(removed, receipt.number ?? 0)]
                    + ForgettingSQL.close(receipt.number ?? 0, by: by) + [PostgresStatement("commit", "COMMIT")],
                timeout: timeout
            )
            receipt.removed = removed
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    private static func contribution(_ rows: PostgresResult, _ row: Int, brands: [Int32]) -> Contribution {
        Contribution(
            mention: rows.int8(row, 0) ?? 0,
            source: rows.int4(row, 12) ?? 0,
            author: rows.int8(row, 2) ?? 0,
            publishedAt: Timestamp(microseconds: rows.timestamptz(row, 1) ?? 0),
            brands: brands,
            sentiment: rows.int2(row, 4).flatMap { Sentiment(rawValue: Int8(clamping: $0)) },
            score: rows.int2(row, 5) ?? 0,
            labels: HourLabels(rows, row, first: 13),
            likes: rows.int8(row, 6) ?? 0,
            reposts: rows.int8(row, 7) ?? 0,
            replies: rows.int8(row, 8) ?? 0,
            isAnswer: rows.bool(row, 10) == true,
            isRepost: rows.bool(row, 11) == true,
            followers: rows.int8(row, 9),
            isSetAside: Contribution.setsAside(spam: rows.int2(row, 17), offensive: rows.int2(row, 16))
        )
    }
}
