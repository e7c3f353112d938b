import Classification
import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// What a reclassification leaves behind is what workers with the new model would have written.
    @Suite struct ReclassifyTests {
        /// Revisions, re-deliveries, copies, dead letters.
        private static let payloads: [[UInt8]?] =
            WritingStream.records(seed: 21, mentions: 120)
            + (0..<60).map { index in
                MentionRecord.writing(
                    "copy-\(index)",
                    text: "what goes around \(index % 7)",
                    author: "author-\(index % 4)",
                    second: Int64(index) * 4_000,
                    brands: index % 3 == 0 ? ["acme", "globex"] : ["acme"]
                ).json
            }
        private static let log = WritingStream.log(payloads, order: 5)

        /// Writes the records of some partitions with the model of a turn.
        private static func write(
            _ partitions: Range<Int32>,
            turn: Int,
            _ database: TestDatabase,
            _ connection: PostgresConnection
        ) async throws {
            let shell = try await WritingShell(database, connection, turn: turn)
            try await shell.take(log.filter { partitions.contains($0.partition) }, most: 7, on: connection)
            try await shell.run(most: 20)
        }

        /// Everything, sums of the background step included.
        private static func everything(_ connection: PostgresConnection) async throws -> (WritingTables, [String]) {
            try await finish(Relating(owner: "tests", copyMemory: 1 << 20), connection)
            try await expectVerified(connection, "at the end")
            let relations = try await connection.strings(
                """
                SELECT concat_ws('|', b.name, l.day, a.author_key, a.source_no, l.copies, l.copies_positive,
                                 l.copies_negative)
                FROM ledger l JOIN brand b USING (brand_no) JOIN author a USING (author_no)
                UNION ALL SELECT concat_ws('|', c.cluster_id, c.size, c.authors, c.brands) FROM mention_farm.cluster c
                UNION ALL SELECT concat_ws('|', brand, hour, copies) FROM mention_farm.sentiment_by_hour
                ORDER BY 1
                """
            )
            return (try await WritingTables.read(connection), relations)
        }

        /// A farm whose workers had the model of turn 1 from the start.
        private static func fresh() async throws -> (WritingTables, [String]) {
            var found: (WritingTables, [String])?
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                try await write(0..<WritingStream.partitions, turn: 1, database, connection)
                found = try await everything(connection)
            }
            return try #require(found)
        }

        private static func expectFresh(_ connection: PostgresConnection) async throws {
            let (tables, relations) = try await everything(connection)
            let (freshTables, freshRelations) = try await fresh()
            tables.expect(equal: freshTables, "reclassified")
            #expect(relations.contains { $0.hasPrefix("acme|") && !$0.hasSuffix("|0|0|0") }, "there are copies")
            #expect(Set(relations).symmetricDifference(freshRelations).isEmpty && relations == freshRelations)
        }

        @Test func equalsAFarmThatHadTheModelFromTheStart() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                // Part of it related, part of it not, when the model changes.
                try await Self.write(0..<3, turn: 0, database, connection)
                try await finish(Relating(owner: "tests", copyMemory: 1 << 20), connection)
                try await Self.write(3..<WritingStream.partitions, turn: 0, database, connection)
                let mentions = try await connection.number("SELECT count(*) FROM mention")
                let classifier = WritingClassifier(turn: 1)
                let reclassify = Reclassify(classifier: classifier, batch: 7)
                var progress = Reclassify.Progress()
                var batches = 0
                let end = try await reclassify.run(&progress, on: connection) { _ in
                    batches += 1
                    return true
                }
                #expect(end == .finished && batches > 10)
                #expect(progress.examined == mentions && progress.changed == mentions)
                #expect(classifier.texts == Int(mentions))
                try await expectVerified(connection, "before the background step")
                let tables = try await WritingTables.read(connection)
                #expect(tables.mentions.count == Int(mentions))
                #expect(tables.mentions.allSatisfy { $0.contains("|writing-2|") })
                #expect(try await reclassify.others(on: connection).isEmpty)
                // Nothing is left to do, and a second run asks the model for nothing.
                var again = Reclassify.Progress()
                #expect(try await reclassify.run(&again, on: connection) == .finished)
                #expect(again.examined == 0 && classifier.texts == Int(mentions))
                #expect(try await connection.number("SELECT count(*) FROM reclassify") == 0)
                try await Self.expectFresh(connection)
            }
        }

        /// Sessions of the run are ended again and again; what it counts stays right.
        @Test func goesOnAfterALostConnection() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                try await Self.write(0..<WritingStream.partitions, turn: 0, database, connection)
                try await finish(Relating(owner: "tests", copyMemory: 1 << 20), connection)
                let mentions = try await connection.number("SELECT count(*) FROM mention")
                let reclassify = Reclassify(classifier: WritingClassifier(turn: 1), batch: 3)
                let saboteur = try await database.connect()
                var progress = Reclassify.Progress()
                var lost = 0
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var seen: Int64 = 0
                        while !Task.isCancelled {
                            seen = try await Self.endRun(saboteur, after: seen)
                        }
                    }
                    while true {
                        let own = try await PostgresConnection.connect(
                            database.target,
                            applicationName: "reclassify",
                            timeout: .seconds(20)
                        )
                        do {
                            let end = try await reclassify.run(&progress, on: own)
                            await own.close()
                            #expect(end == .finished)
                            break
                        } catch let error as PostgresError where error.failureClass == .transient {
                            lost += 1
                            await own.close()
                            try await expectVerified(connection, "in the middle")
                        }
                    }
                    group.cancelAll()
                }
                await saboteur.close()
                #expect(lost > 0, "no connection was lost")
                #expect(progress.examined == mentions && progress.changed == mentions, "\(progress)")
                try await Self.expectFresh(connection)
            }
        }

        /// Ends the run's session once its place has moved by some mentions.
        private static func endRun(_ connection: PostgresConnection, after seen: Int64) async throws -> Int64 {
            do {
                let moved =
                    try await connection.run("SELECT coalesce(max(examined), 0) FROM reclassify").int8(0, 0) ?? 0
                if moved < seen + 20 { return seen }
                _ = try await connection.run(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'reclassify'
                    """
                )
                return moved
            } catch {
                // A cancelled query ends the sabotage; anything else is a failure of the test.
                if Task.isCancelled { return seen }
                throw error
            }
        }

        /// Workers with the old and with the new model write and revise while it runs.
        @Test func worksBesideWriters() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                try await Self.write(0..<2, turn: 0, database, connection)
                let reclassify = Reclassify(classifier: WritingClassifier(turn: 1), batch: 5)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (partitions, turn) in [(Int32(2)..<4, 0), (4..<6, 1)] {
                        group.addTask {
                            let own = try await database.connect()
                            try await Self.write(partitions, turn: turn, database, own)
                            await own.close()
                        }
                    }
                    group.addTask {
                        let own = try await database.connect()
                        let relating = Relating(owner: "beside", chunk: 9, copyMemory: 1 << 20)
                        while try await own.number("SELECT count(DISTINCT partition) FROM partition_progress") < 6 {
                            _ = try await relating.step(on: own)
                        }
                        try await relating.release(on: own)
                        await own.close()
                    }
                    group.addTask {
                        let own = try await database.connect()
                        for _ in 0..<12 {
                            var progress = Reclassify.Progress()
                            _ = try await reclassify.run(&progress, on: own)
                        }
                        await own.close()
                    }
                    try await group.waitForAll()
                }
                try await expectVerified(connection, "after all")
                // What the worker with the old model wrote last is told, and done by the next run.
                let old = try await connection.number(
                    "SELECT count(*) FROM mention_farm.mention WHERE model_version = 'writing-1'"
                )
                let others = try await reclassify.others(on: connection)
                #expect(others.reduce(0) { $0 + $1.count } == old)
                var progress = Reclassify.Progress()
                #expect(try await reclassify.run(&progress, on: connection) == .finished)
                #expect(progress.examined == old)
                try await Self.expectFresh(connection)
            }
        }

        /// A mention that was revised between reading and locking is judged by the text that stands; one that a worker has
        /// given the model's verdict meanwhile is let alone.
        @Test func judgesTheTextThatStandsUnderTheLock() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                func write(_ partition: Int32, turn: Int, _ mentions: [MentionRecord]) async throws {
                    let shell = try await WritingShell(database, connection, turn: turn)
                    let log = mentions.enumerated().map { index, mention in
                        WritingRecord(partition: partition, offset: Int64(index), payload: mention.json)
                    }
                    try await shell.take(log, most: 7, on: connection)
                    try await shell.run(most: 20)
                }
                func later(_ id: String, _ text: String) -> MentionRecord {
                    var mention = MentionRecord.writing(id, text: text, brands: ["acme"])
                    mention.editedAt = .writing(60)
                    return mention
                }
                let texts = ["first": "of four", "second": "of nine bytes", "third": "untouched"]
                try await write(0, turn: 0, texts.map { MentionRecord.writing($0, text: $1, brands: ["acme"]) })
                try await connection.execute(script: ConnectionSetup.redrive)
                let reclassify = Reclassify(classifier: WritingClassifier(turn: 1))
                let place = try await ReclassifySQL.begin(WritingShell.model(1), .init(), on: connection)
                var step = ReclassifyStep(reclassify: reclassify, place: place, connection: connection)
                let (judged, reached) = try await step.read(after: 0, most: 100)
                #expect(judged.count == 3)
                try await write(1, turn: 0, [later("first", "of another length, in another mood")])
                try await write(2, turn: 1, [later("second", "of another length too")])
                let done = try await step.apply(judged, reached: reached)
                #expect(done.examined == 2)
                for row in try await connection.strings(
                    """
                    SELECT concat_ws('|', text, model_version, coalesce(sentiment, '–'), round(sentiment_score * 10000))
                    FROM mention_farm.mention
                    """
                ) {
                    let text = String(row.prefix { $0 != "|" })
                    let verdict = WritingPreparation.verdict(text, turn: 1)
                    let feeling = verdict.sentiment.map { "\($0)" } ?? "–"
                    #expect(row == "\(text)|writing-2|\(feeling)|\(verdict.sentimentScore)")
                }
                try await expectVerified(connection)
            }
        }

        @Test func oneRunAtATime() async throws {
            try await TestDatabase.with { database, connection in
                let other = try await database.connect()
                _ = try await other.run("SELECT pg_advisory_lock(727272, 4)")
                var reclassify = Reclassify(classifier: WritingClassifier(turn: 1))
                reclassify.patience = .milliseconds(200)
                var progress = Reclassify.Progress()
                let busy = try await #require(throws: Reclassify.Busy.self) {
                    _ = try await reclassify.run(&progress, on: connection)
                }
                #expect(busy.backend == other.backendPID)
                // The other goes while this one waits.
                reclassify.patience = .seconds(20)
                let patient = reclassify
                async let end = {
                    var progress = Reclassify.Progress()
                    return try await patient.run(&progress, on: connection)
                }()
                await other.close()
                #expect(try await end == .finished)
            }
        }

        @Test func choosesStopsAndGoesOn() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                try await Self.write(0..<WritingStream.partitions, turn: 0, database, connection)
                let day = Timestamp.writing(86_400).microseconds
                let chosen = """
                    SELECT count(*) FROM mention_farm.mention
                    WHERE 'acme' = ANY (brands) AND published_at >= '2026-01-02T00:00:00Z'
                    """
                let count = try await connection.number(chosen)
                let choice = Reclassify.Choice(brand: "acme", since: day)
                let classifier = WritingClassifier(turn: 1)
                #expect(count > 20)

                let rehearsal = try await ReclassifyRehearsal.run(
                    classifier,
                    choice: choice,
                    sample: 1_000,
                    on: connection
                )
                #expect(rehearsal.chosen == count && rehearsal.examined == count && rehearsal.changed == count)
                #expect(rehearsal.moves.values.reduce(0, +) == count)
                // One turn on, what was negative is neutral, and what could not be read is negative.
                #expect(rehearsal.moves.keys.allSatisfy { $0.before != .negative || $0.after == .neutral })
                #expect(rehearsal.moves.keys.allSatisfy { $0.before != nil || $0.after == .negative })
                #expect(rehearsal.felt == count)
                let few = try await ReclassifyRehearsal.run(classifier, choice: choice, sample: 5, on: connection)
                #expect(few.chosen == count && few.examined == 5)
                #expect(try await connection.number("SELECT count(*) FROM model") == 1, "a rehearsal writes nothing")

                let limited = Reclassify(classifier: classifier, choice: choice, batch: 4, limit: 10)
                var first = Reclassify.Progress()
                #expect(try await limited.run(&first, on: connection) == .limit)
                #expect(first.examined == 10)
                let whole = Reclassify(classifier: classifier, choice: choice, batch: 4)
                #expect(try await whole.others(on: connection).map(\.count) == [count - 10])
                var second = Reclassify.Progress()
                #expect(try await whole.run(&second, on: connection) { $0.examined < 4 } == .stopped)
                #expect(second.examined == 4 && second.reached > first.reached)
                var third = Reclassify.Progress()
                #expect(try await whole.run(&third, on: connection) == .finished)
                #expect(third.examined == count - 14)
                #expect(try await connection.number("\(chosen) AND model_version <> 'writing-2'") == 0)
                let done = "SELECT count(*) FROM mention_farm.mention WHERE model_version = 'writing-2'"
                #expect(try await connection.number(done) == count)
                try await expectVerified(connection)
                await #expect(throws: Reclassify.UnknownBrand.self) {
                    var none = Reclassify.Progress()
                    _ = try await Reclassify(classifier: classifier, choice: .init(brand: "nobody")).run(
                        &none,
                        on: connection
                    )
                }
            }
        }

        /// In a partition that is closed and indexed too.
        @Test func changesClosedPartitions() async throws {
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                try await Self.write(0..<WritingStream.partitions, turn: 0, database, connection)
                let upkeep = Upkeep(width: 500_000, ahead: 1_000, maximumAge: .seconds(-1))
                try await upkeep.rollOver(on: connection)
                try await finish(Relating(owner: "tests", copyMemory: 1 << 20), connection)
                while try await upkeep.indexOneClosed(on: connection) != nil {}
                #expect(
                    try await connection.number("SELECT count(*) FROM mention_partition WHERE indexed_at IS NOT NULL")
                        == 1
                )
                var progress = Reclassify.Progress()
                let reclassify = Reclassify(classifier: WritingClassifier(turn: 1))
                #expect(try await reclassify.run(&progress, on: connection) == .finished)
                #expect(progress.changed > 0)
                try await Self.expectFresh(connection)
            }
        }
    }
}
