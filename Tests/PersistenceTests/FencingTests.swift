import Persistence
import PostgresClient
import Testing

extension DatabaseTests {
    @Suite struct FencingTests {
        @Test func refusesAnEpochThatIsOver() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var old = try await TestFarm(connection, partition: 0)
                try await old.write(new: [Draft(id: 1, hash: 1)])
                _ = try await connection.run("SELECT * FROM claim('group', 1, ARRAY[0], 'other', pg_backend_pid())")
                let error = await #expect(throws: PostgresError.self) { try await old.begin() }
                #expect(error?.sqlState == "MF001")
                #expect(error?.failureClass == .fenced)
                _ = try await connection.run("ROLLBACK")
                // The right epoch at the wrong offset is refused too: a resend of a batch that was committed.
                var new = try await TestFarm(connection, partition: 1)
                try await new.write(new: [Draft(id: 2, hash: 1)])
                new.offset = 0
                let again = await #expect(throws: PostgresError.self) { try await new.begin() }
                #expect(again?.sqlState == "MF001")
            }
        }

        @Test func asksForPartitionsWhenNumbersRunOut() async throws {
            try await TestDatabase.with { _, connection in
                _ = try await connection.run("SELECT setval('mention_block', 499968)")
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.run("SELECT take_numbers(256)")
                }
                #expect(error?.sqlState == "MF002")
                let covered = try await Upkeep().rollOver(on: connection)
                #expect(covered >= 1_000_000)
                _ = try await connection.run("SELECT take_numbers(256)")
            }
        }

        @Test func endsTheBackendThatAClaimWaitsFor() async throws {
            try await TestDatabase.with { database, connection in
                try await TestFarm.prepare(connection)
                let stuck = try await database.connect()
                let farm = try await TestFarm(stuck, partition: 0)
                try await farm.begin()
                _ = try await connection.run("SET lock_timeout = '50ms'")
                let claim = "SELECT epoch FROM claim('group', 1, ARRAY[0], 'other', pg_backend_pid())"
                let error = await #expect(throws: PostgresError.self) { try await connection.run(claim) }
                #expect(error?.sqlState == "55P03")
                #expect(error?.failureClass == .transient)
                #expect(try await connection.number("SELECT evict('group', 1, ARRAY[0])") == 1)
                try await connection.waits(
                    for: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(stuck.backendPID))"
                )
                #expect(try await connection.number(claim) == farm.epoch + 1)
                // Nobody holds it now: nobody is ended.
                #expect(try await connection.number("SELECT evict('group', 1, ARRAY[0])") == 0)
            }
        }

        @Test func resetsAPlaceUnderANewIncarnation() async throws {
            try await TestDatabase.with { _, connection in
                try await TestFarm.prepare(connection)
                var farm = try await TestFarm(connection, partition: 3)
                try await farm.write(new: [Draft(id: 1, hash: 1)])
                _ = try await connection.run("UPDATE partition_progress SET paused = 'lost range'")
                var reset = OffsetReset(group: "group", topic: "mentions", partition: 3, offset: 40, by: "tester")
                let outcome = try #require(try await reset.apply(on: connection))
                #expect(outcome.oldOffset == 1)
                #expect(outcome.newOffset == 40)
                #expect(outcome.incarnation == 1)
                #expect(
                    try await connection.strings(
                        "SELECT format('%s %s %s', next_offset, coalesce(paused, '-'), epoch) FROM mention_farm.progress"
                    ) == ["40 - \(farm.epoch + 1)"]
                )
                #expect(try await connection.strings("SELECT reset_by FROM reset_audit") == ["tester"])
                await #expect(throws: PostgresError.self) { try await farm.begin() }
                _ = try await connection.run("ROLLBACK")
                reset.partition = 4
                #expect(try await reset.apply(on: connection) == nil)
                try await expectVerified(connection)
            }
        }
    }
}
