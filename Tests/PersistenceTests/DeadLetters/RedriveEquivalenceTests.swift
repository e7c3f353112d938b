import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

extension DatabaseTests {
    /// Whatever was refused and redriven, the tables are those of a worker that read all of it at once.
    @Suite(.serialized) struct RedriveEquivalenceTests {
        @Test(arguments: [1, 2, 3] as [UInt64])
        func redrivenEqualsReadAtOnce(seed: UInt64) async throws {
            let log = WritingStream.log(WritingStream.records(seed: seed, mentions: 160), order: seed)
            let expected = WritingReference(log).tables
            try await TestDatabase.with { _, connection in
                try await WritingShell.prepare(connection)
                #expect(try await Self.write(log, refusing: 45, seed: seed, connection) > 40)
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await expectVerified(connection, "refused")
                let before = try await WritingTables.read(connection)
                let stands = try await Self.stands(connection)

                // A rehearsal says the same and writes nothing.
                let rehearsal = try await LetterDesk.redrive(isRehearsal: true).outcomes(on: connection)
                #expect(try await WritingTables.read(connection) == before)
                #expect(try await connection.number("SELECT count(*) FROM dead_letter_audit") == 0)

                let run = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(run.became == rehearsal.became && run.totals == rehearsal.totals)
                #expect(run.totals.new > 0 && run.totals.redelivered > 0 && run.totals.revisions > 0)
                #expect(run.totals.stillOpen > 0 && run.totals.resolvedBefore == 0)
                #expect(try await Self.stands(connection) == stands, "neither epochs nor offsets move")
                let after = try await LetterDesk.tablesWithoutRedriven(connection)
                after.expect(equal: expected, "redriven")
                try await expectVerified(connection, "redriven, not yet related")
                try await finish(Relating(owner: "a", copyMemory: 1 << 20), connection)
                try await expectVerified(connection, "redriven and related")
                #expect(try await connection.number("SELECT count(*) FROM dead_letter_audit") == run.totals.chosen)

                // A second time finds only what is bad.
                let again = try await LetterDesk.redrive().outcomes(on: connection)
                #expect(again.totals.chosen == run.totals.stillOpen && again.totals.stillOpen == again.totals.chosen)
                #expect(try await LetterDesk.tablesWithoutRedriven(connection) == after)
            }
        }

        /// Two operators redrive the same letters, each having read all of them as open: each letter counts once.
        @Test func twoAtOnceCountOnce() async throws {
            let log = WritingStream.log(WritingStream.records(seed: 4, mentions: 250), order: 4)
            let expected = WritingReference(log).tables
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let refused = try await Self.write(log, refusing: 70, seed: 4, connection)
                let meeting = Meeting(of: 2)
                let runs = try await withThrowingTaskGroup(
                    of: (totals: DeadLetterRedrive.Totals, became: [Int64: DeadLetterRedrive.Became]).self
                ) { group in
                    for name in ["ada", "bob"] {
                        group.addTask {
                            let own = try await database.connect()
                            let redrive = LetterDesk.redrive(by: name)
                            let outcome = try await redrive.outcomes(on: own) { letters in
                                await meeting.arrive()
                                return LetterDesk.prepare(letters)
                            }
                            await own.close()
                            return outcome
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try #require(runs.count == 2)
                var redriven = 0
                for (id, became) in runs[0].became {
                    let other = try #require(runs[1].became[id])
                    switch (became, other) {
                    case (.redriven, .resolved("redriven")), (.resolved("redriven"), .redriven): redriven += 1
                    case (.rejected, .rejected): break
                    default: Issue.record("letter \(id): \(became) and \(other)")
                    }
                }
                #expect(redriven > 50 && redriven <= refused)
                #expect(runs[0].totals.resolvedBefore + runs[1].totals.resolvedBefore == Int64(redriven))
                let after = try await LetterDesk.tablesWithoutRedriven(connection)
                after.expect(equal: expected, "two at once")
                try await expectVerified(connection, "two at once")
            }
        }

        /// Writes a log in small batches, of which some share becomes dead letters; returns how many records did.
        @discardableResult
        private static func write(
            _ log: [WritingRecord],
            refusing percent: Int,
            seed: UInt64,
            _ connection: PostgresConnection
        ) async throws -> Int {
            let letters = try await LetterDesk(connection)
            var random = WritingRandom(seed: seed)
            var refused = 0
            for (_, records) in Dictionary(grouping: log, by: \.partition).sorted(by: { $0.key < $1.key }) {
                var rest = records.sorted { $0.offset < $1.offset }[...]
                var next: Int64 = 0
                while !rest.isEmpty {
                    let part = Array(rest.prefix(Int.random(in: 1...9, using: &random)))
                    rest = rest.dropFirst(part.count)
                    let batch = Batch(steps: [WritingPreparation.step(part, from: next)])
                    next = batch.steps[0].to
                    if random.chance(percent) {
                        try await letters.desk.write(batch.refusing(LetterDesk.tooStrict))
                        refused += part.count
                    } else {
                        try await letters.desk.write(batch)
                    }
                }
            }
            return refused
        }

        private static func stands(_ connection: PostgresConnection) async throws -> [String] {
            try await connection.strings(
                """
                SELECT concat_ws(' ', partition, epoch, next_offset, last_offset, last_hash, incarnation, owner)
                FROM partition_progress ORDER BY partition
                """
            )
        }
    }
}

/// Holds who arrives until all are there, the first time.
private actor Meeting {
    private let size: Int
    private var arrived = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(of size: Int) { self.size = size }

    func arrive() async {
        arrived += 1
        guard arrived < size else {
            for one in waiting { one.resume() }
            waiting.removeAll()
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }
}
