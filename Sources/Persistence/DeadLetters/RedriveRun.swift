import MentionModel
import Pipeline
import PostgresClient

extension DeadLetterRedrive {
    /// One run: the writers of the groups and topics it meets, and what a rehearsal has seen.
    struct Run {
        private struct Place: Hashable {
            var group: String
            var topic: String
        }

        /// The row of `hour_sum` that is added to; `rematch` has the same, workers any.
        private static let slot: Int16 = 15
        /// Attempts at a transaction that fails for a reason that passes, such as a deadlock.
        private static let attempts = 5

        let redrive: DeadLetterRedrive
        let connection: PostgresConnection
        private let edit: PayloadEdit?
        private var writers: [Place: BatchWriter] = [:]
        private var forecast = RedriveForecast()
        private var backoff = Backoff(seed: 1)
        /// Read with the first record that is written.
        private var triage: TriagePolicy?

        init(redrive: DeadLetterRedrive, connection: PostgresConnection) {
            self.redrive = redrive
            self.connection = connection
            edit = redrive.edit.map { PayloadEdit(sha256: SHA256.hash($0.span), bytes: Int64($0.count)) }
        }

        /// Settles letters of one consumer group and topic; the results are in the order of the letters.
        mutating func settle(_ rows: [DeadLetterRow], _ prepare: Prepare) async throws -> [Result] {
            var became: [Int64: Became] = [:]
            for row in rows where row.status != "open" { became[row.id] = .resolved(status: row.status) }
            let open = rows.filter { $0.status == "open" }
            let letters = try await letters(open)
            var readable: [ReadableLetter] = []
            for (row, preparation) in zip(open, try await prepare(letters)) {
                switch preparation {
                case .mention(let chunk): readable.append(ReadableLetter(row: row, chunk: chunk))
                case .rejected(let rejection): became[row.id] = .rejected(rejection)
                case .unavailable(let why): became[row.id] = .unavailable(why)
                }
            }
            readable.sort(by: ReadableLetter.isBefore)
            if redrive.isRehearsal {
                let outcomes = try await forecast.outcomes(of: readable, on: connection)
                for (letter, outcome) in zip(readable, outcomes) { became[letter.row.id] = .redriven(outcome) }
            } else {
                became.merge(try await write(readable)) { $1 }
                try await note(open, became)
            }
            return rows.compactMap { row in became[row.id].map { Result(row: row, became: $0) } }
        }

        private func letters(_ rows: [DeadLetterRow]) async throws(PostgresError) -> [Letter] {
            if let edited = redrive.edit {
                return rows.map { Letter(row: $0, payload: edited, isEdited: true) }
            }
            let payloads = try await DeadLetterReading.payloads(of: rows.map(\.id), on: connection)
            return rows.map { Letter(row: $0, payload: payloads[$0.id], isEdited: false) }
        }

        // MARK: Writing

        /// Writes letters, halving what the database refuses until the one that it refuses is alone.
        private mutating func write(_ letters: [ReadableLetter]) async throws -> [Int64: Became] {
            var became: [Int64: Became] = [:]
            var work = letters.isEmpty ? [] : [letters]
            var isSecondTry = false
            while let part = work.popLast() {
                do {
                    for (letter, outcome) in zip(part, try await attempt(part)) {
                        became[letter.row.id] = .redriven(outcome)
                    }
                    isSecondTry = false
                } catch let error as PostgresError where error.failureClass == .poison {
                    if part.count > 1 {
                        let middle = part.count / 2
                        work += [Array(part[middle...]), Array(part[..<middle])]
                    } else if !isSecondTry {
                        isSecondTry = true
                        work.append(part)
                    } else {
                        isSecondTry = false
                        let refusal = Delivery.refusal(sqlState: error.sqlState ?? "")
                        for letter in part { became[letter.row.id] = .rejected(refusal) }
                    }
                } catch let error as PostgresError where error.sqlState == "MF003" {
                    // Another operator was faster with some of them.
                    let fresh = try await statuses(part)
                    for letter in part where fresh[letter.row.id] != "open" {
                        became[letter.row.id] = .resolved(status: fresh[letter.row.id] ?? "gone")
                    }
                    let rest = part.filter { fresh[$0.row.id] == "open" }
                    if !rest.isEmpty { work.append(rest) }
                }
            }
            return became
        }

        /// One transaction; again where it failed for a reason that passes and is certainly undone.
        private mutating func attempt(_ letters: [ReadableLetter]) async throws -> [RedriveOutcome] {
            let writer = try await writer(of: letters[0].row)
            if triage == nil { triage = try await TriagePolicy.load(publishes: true, on: connection) }
            for left in (0..<Self.attempts).reversed() {
                do throws(PostgresError) {
                    let outcomes = try await writer.redrive(
                        letters,
                        by: redrive.by,
                        edit: edit,
                        on: connection,
                        triage: triage,
                        now: redrive.now()
                    )
                    backoff.reset()
                    return outcomes
                } catch {
                    let passes = error.failureClass == .transient && error.sqlState != nil || error.sqlState == "MF002"
                    guard passes, left > 0, await connection.isUsable else { throw error }
                    if error.sqlState == "MF002" {
                        try await Upkeep().rollOver(on: connection)
                        continue
                    }
                }
                try await Task.sleep(for: backoff.next())
            }
            return []
        }

        private mutating func writer(of row: DeadLetterRow) async throws(PostgresError) -> BatchWriter {
            let place = Place(group: row.group, topic: row.topic)
            if let writer = writers[place] { return writer }
            let claims = PartitionClaims(group: row.group, topic: row.topic, owner: redrive.by)
            let model = try await claims.modelNumber(redrive.modelVersion, on: connection)
            let writer = BatchWriter(
                .init(
                    group: row.group,
                    topic: try await claims.topicNumber(on: connection),
                    model: model,
                    slot: Self.slot
                ),
                authorCache: 10_000
            )
            writers[place] = writer
            return writer
        }

        private func statuses(_ letters: [ReadableLetter]) async throws(PostgresError) -> [Int64: String] {
            let rows = try await DeadLetterReading.page(
                of: DeadLetterSelection(ids: letters.map(\.row.id)),
                limit: Int64(letters.count),
                on: connection
            )
            return Dictionary(rows.map { ($0.id, $0.status) }, uniquingKeysWith: { $1 })
        }

        // MARK: What stays open

        private func note(_ rows: [DeadLetterRow], _ became: [Int64: Became]) async throws(PostgresError) {
            var ids: [Int64] = []
            var results: [String] = []
            var notes: [String] = []
            var reasons: [String?] = []
            for row in rows {
                switch became[row.id] {
                case .rejected(let rejection):
                    ids.append(row.id)
                    results.append(rejection.reason.rawValue)
                    notes.append(rejection.detail)
                    // An edited payload says nothing about the stored one.
                    reasons.append(edit == nil ? rejection.reason.rawValue : nil)
                case .unavailable(let why):
                    ids.append(row.id)
                    results.append("unavailable")
                    notes.append(why)
                    reasons.append(nil)
                case .redriven, .resolved, nil: continue
                }
            }
            guard !ids.isEmpty else { return }
            _ = try await connection.pipeline(
                RedriveSQL.note(ids, results: results, notes: notes, reasons: reasons, by: redrive.by, edit: edit),
                timeout: DeadLetterReading.timeout
            )
        }
    }
}
