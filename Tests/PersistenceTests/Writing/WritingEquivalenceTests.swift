import MentionModel
@testable import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    /// One stream, in any order, through any number of writers, in batches of any size: the same tables.
    @Suite(.serialized) struct WritingEquivalenceTests {
        struct Way: Sendable, CustomTestStringConvertible {
            var order: UInt64
            var most: Int
            var writers: Int
            var isDisturbed = false
            var testDescription: String { "order \(order), batches of \(most), \(writers) writers" }
        }

        private static let ways = [1, 2].flatMap { order in
            [1, 7, 1_000].flatMap { most in [1, 3].map { Way(order: order, most: most, writers: $0) } }
        }

        @Test(arguments: ways)
        func tablesAreThoseOfTheReference(_ way: Way) async throws {
            let log = WritingStream.log(WritingStream.records(seed: 11, mentions: 150), order: way.order)
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                _ = try await Self.write(log, way, database, connection)
                try await Self.expectReference(log, connection, way.testDescription)
            }
        }

        /// The reference itself: two orders differ in nothing but where the records lay.
        @Test func theReferenceDoesNotDependOnTheOrder() {
            let payloads = WritingStream.records(seed: 11, mentions: 150)
            let one = WritingReference(WritingStream.log(payloads, order: 1)).tables
            let other = WritingReference(WritingStream.log(payloads, order: 2)).tables
            #expect(one.ledger == other.ledger && one.hours == other.hours && one.authors == other.authors)
            #expect(one.totals == other.totals && one.counts == other.counts)
            #expect(one.totals.allSatisfy { $0 > 0 }, "the stream has everything in it")
        }

        /// Connections are ended again and again while three writers work.
        @Test func lostConnectionsChangeNothing() async throws {
            let log = WritingStream.log(WritingStream.records(seed: 12, mentions: 200), order: 3)
            try await TestDatabase.with { database, connection in
                try await WritingShell.prepare(connection)
                let saboteur = try await database.connect()
                let counted = try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.sabotage(saboteur) }
                    let way = Way(order: 3, most: 5, writers: 3, isDisturbed: true)
                    let counted = try await Self.write(log, way, database, connection)
                    group.cancelAll()
                    return counted
                }
                await saboteur.close()
                let tables = try await Self.expectReference(log, connection, "with lost connections")
                #expect(
                    [
                        counted.records, counted.newMentions, counted.redeliveries, counted.revisions,
                        counted.deadLetters,
                    ]
                        == tables.totals,
                    "what the workers counted"
                )
            }
        }

        /// Ends one writer's backend each time that progress has moved on.
        static func sabotage(_ connection: PostgresConnection) async throws {
            var seen: Int64 = -1
            while !Task.isCancelled {
                seen = try await endOne(connection, after: seen)
            }
        }

        private static func endOne(_ connection: PostgresConnection, after seen: Int64) async throws -> Int64 {
            do {
                let moved = try await connection.run("SELECT coalesce(sum(records), 0) FROM progress").int8(0, 0) ?? 0
                if moved <= seen + 20 { return seen }
                _ = try await connection.run(
                    """
                    SELECT pg_terminate_backend(pid) FROM (
                        SELECT pid FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = $1 ORDER BY random() LIMIT 1) AS one
                    """,
                    [.text(WritingShell.applicationName)]
                )
                return moved
            } catch {
                // A cancelled query ends the sabotage; anything else is a failure of the test.
                if Task.isCancelled { return seen }
                throw error
            }
        }

        /// Writes a log through the writers of a way, partitions dealt to them.
        private static func write(
            _ log: [WritingRecord],
            _ way: Way,
            _ database: TestDatabase,
            _ connection: PostgresConnection
        ) async throws -> StepCounts {
            var shells: [WritingShell] = []
            for index in 0..<way.writers {
                let shell = try await WritingShell(database, connection, slot: Int16(index))
                let share = log.filter { Int($0.partition) % way.writers == index }
                try await shell.take(share, most: min(way.most, 100), on: connection)
                shells.append(shell)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for shell in shells { group.addTask { try await shell.run(most: way.most) } }
                try await group.waitForAll()
            }
            var counted = StepCounts()
            var failures = 0
            for shell in shells {
                counted = counted + (await shell.counted)
                failures += await shell.failures.count
            }
            if way.isDisturbed { #expect(failures > 0, "no connection was lost") }
            return counted
        }

        @discardableResult
        private static func expectReference(
            _ log: [WritingRecord],
            _ connection: PostgresConnection,
            _ what: String
        ) async throws -> WritingTables {
            let tables = try await WritingTables.read(connection)
            tables.expect(equal: WritingReference(log).tables, what)
            try await expectVerified(connection, "\(what)")
            return tables
        }
    }
}
