import EmbeddedServices
import PostgresClient
import Testing

@testable import mention_nemesis

/// The proxy before a real server, with a connection that goes through a batch as a worker's does.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ProxyTests {
    /// A server with a table and a guard, and a proxy before it.
    private struct Stage: Sendable {
        let server: EmbeddedPostgres
        let proxy: FaultProxy

        static func run(_ body: (Stage) async throws -> Void) async throws {
            let server = try await EmbeddedPostgres.start(settings: ["fsync": "off"])
            let proxy = try FaultProxy(.database, to: server.port)
            var failure: (any Error)?
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await proxy.run() }
                do {
                    let stage = Stage(server: server, proxy: proxy)
                    let connection = try await stage.connect(as: "setting up", through: server.port)
                    try await connection.execute(
                        script: """
                            CREATE TABLE fact (n integer PRIMARY KEY);
                            CREATE FUNCTION guard(n integer) RETURNS void LANGUAGE plpgsql AS $$
                            BEGIN PERFORM pg_advisory_xact_lock(n); END $$;
                            CREATE FUNCTION claim() RETURNS SETOF integer LANGUAGE sql AS 'SELECT n FROM fact';
                            """
                    )
                    await connection.close()
                    try await body(stage)
                } catch {
                    failure = error
                }
                group.cancelAll()
            }
            await server.stop(mode: .immediate)
            if let failure { throw failure }
        }

        func connect(as name: String, through port: UInt16) async throws -> PostgresConnection {
            try await PostgresConnection.connect(
                PostgresTarget(
                    url: "postgresql://postgres@127.0.0.1:\(port)/mention_farm?sslmode=disable&gssencmode=disable"
                ),
                applicationName: name,
                timeout: .seconds(20)
            )
        }

        func writer() async throws -> PostgresConnection {
            try await connect(as: "mention-worker writer test", through: proxy.port)
        }

        /// One batch: the guard in a pipeline with the begin, then the rest with the commit.
        func write(_ number: Int32, on connection: PostgresConnection) async throws(PostgresError) {
            _ = try await connection.pipeline([
                PostgresStatement("begin", "BEGIN"),
                PostgresStatement("guard", "SELECT guard($1)", [.int4(number)]),
                PostgresStatement("look", "SELECT count(*) FROM fact"),
            ])
            _ = try await connection.pipeline([
                PostgresStatement("insert", "INSERT INTO fact VALUES ($1)", [.int4(number)]),
                PostgresStatement("commit", "COMMIT"),
            ])
        }

        func facts() async throws -> Int64? {
            let connection = try await connect(as: "looking", through: server.port)
            let rows = try await connection.query(PostgresStatement("count", "SELECT count(*) FROM fact"))
            await connection.close()
            return rows.int8(0, 0)
        }
    }

    @Test func aCommitHappensAndItsAnswerIsLost() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            try await stage.write(1, on: writer)
            async let hit = stage.proxy.strike(.loseCommitAnswer, within: .seconds(60))
            // The strike may be ordered only after a batch or two.
            var number: Int32 = 1
            var failure: PostgresError?
            while failure == nil {
                number += 1
                do throws(PostgresError) { try await stage.write(number, on: writer) } catch { failure = error }
            }
            #expect(await hit?.inBatch == true)
            #expect(failure?.kind == .connectionLost)
            #expect(try await stage.facts() == Int64(number))
        }
    }

    @Test func aHeldBatchHasItsLocksAndGoesOn() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            async let struck = stage.proxy.strike(.hold, within: .seconds(60))
            async let written: Void = {
                while !Task.isCancelled, stage.proxy.withOrders({ $0.strike == nil }) { await Task.yield() }
                try await stage.write(1, on: writer)
            }()
            let hit = try #require(await struck)
            #expect(hit.backend == writer.backendPID)
            let other = try await stage.connect(as: "another", through: stage.server.port)
            let locked = PostgresStatement("try", "SELECT pg_try_advisory_lock(1)")
            // The guard is with the server; it may be about to take its lock.
            while try await other.query(locked).bool(0, 0) == true {
                _ = try await other.query(PostgresStatement("unlock", "SELECT pg_advisory_unlock(1)"))
            }
            #expect(try await stage.facts() == 0)
            stage.proxy.release()
            try await written
            #expect(try await stage.facts() == 1)
            await other.close()
        }
    }

    /// It has no locks, so nobody needs to wait for it or end it; and it is told how it was answered.
    @Test func aBatchThatIsKeptBackArrivesLate() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            for (number, expected) in [(1, .committed), (1, .refused("23505"))] as [(Int32, FaultProxy.Answer)] {
                async let kept = stage.proxy.keepBack(within: .seconds(60))
                async let failure: PostgresError? = {
                    while !Task.isCancelled, stage.proxy.withOrders({ $0.strike == nil }) { await Task.yield() }
                    do throws(PostgresError) { try await stage.write(number, on: writer) } catch { return error }
                    return nil
                }()
                let batch = try #require(await kept)
                let other = try await stage.connect(as: "another", through: stage.server.port)
                let locked = PostgresStatement("try", "SELECT pg_try_advisory_lock(1)")
                #expect(try await other.query(locked).bool(0, 0) == true)
                await other.close()
                stage.proxy.release()
                #expect(await batch.answer(within: .seconds(60)) == expected)
                #expect(await failure?.sqlState == (expected == .committed ? nil : "23505"))
                if expected != .committed { _ = try await writer.query(PostgresStatement("rollback", "ROLLBACK")) }
            }
            #expect(try await stage.facts() == 1)
        }
    }

    @Test func aBatchThatLosesItsConnectionIsNeverAnswered() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            async let kept = stage.proxy.keepBack(within: .seconds(60))
            async let failure: PostgresError? = {
                while !Task.isCancelled, stage.proxy.withOrders({ $0.strike == nil }) { await Task.yield() }
                do throws(PostgresError) { try await stage.write(1, on: writer) } catch { return error }
                return nil
            }()
            let batch = try #require(await kept)
            stage.proxy.reset()
            #expect(await batch.answer(within: .seconds(60)) == .never)
            #expect(await failure != nil)
        }
    }

    /// What is begun behind a claim waits, whatever other faults let go; what was begun before does not.
    @Test func batchesBehindAClaimWait() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            let control = try await stage.connect(as: "mention-worker control test", through: stage.proxy.port)
            stage.proxy.watchClaims(true)
            try await stage.write(1, on: writer)
            #expect(!stage.proxy.hasSeenClaim)
            _ = try await control.query(PostgresStatement("claim", "SELECT * FROM claim()"))
            #expect(stage.proxy.hasSeenClaim)
            async let written: Void = stage.write(2, on: writer)
            // The begin went through, and the guard did not.
            while !Task.isCancelled, !stage.proxy.hasBatch { await Task.yield() }
            stage.proxy.release()
            _ = try await control.query(PostgresStatement("look", "SELECT count(*) FROM fact"))
            #expect(stage.proxy.hasBatch)
            #expect(try await stage.facts() == 1)
            stage.proxy.watchClaims(false)
            try await written
            #expect(try await stage.facts() == 2)
            await control.close()
        }
    }

    @Test func aTerminatedBatchLeavesNothing() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            async let struck = stage.proxy.strike(.hold, within: .seconds(60))
            async let failure: PostgresError? = {
                while !Task.isCancelled, stage.proxy.withOrders({ $0.strike == nil }) { await Task.yield() }
                do throws(PostgresError) { try await stage.write(1, on: writer) } catch { return error }
                return nil
            }()
            let backend = try #require(await struck?.backend)
            #expect(try await stage.server.terminate(backend: backend))
            stage.proxy.release()
            #expect(await failure != nil)
            #expect(try await stage.facts() == 0)
        }
    }

    @Test func aBatchLosesItsConnection() async throws {
        try await Stage.run { stage in
            let strikes: [FaultProxy.Strike] = [.reset, .cut(bytes: 3, answers: true), .cut(bytes: 3, answers: false)]
            for (index, strike) in strikes.enumerated() {
                let writer = try await stage.writer()
                async let struck = stage.proxy.strike(strike, within: .seconds(60))
                while stage.proxy.withOrders({ $0.strike == nil }) { await Task.yield() }
                await #expect(throws: PostgresError.self, "\(strike)") { try await stage.write(1, on: writer) }
                #expect(await struck != nil)
                #expect(try await stage.facts() == Int64(index))
                // The next one gets through.
                let next = try await stage.writer()
                try await stage.write(Int32(10 + index), on: next)
                #expect(try await stage.facts() == Int64(index + 1))
            }
        }
    }

    @Test func aReadOnlyServerTakesWritesAgain() async throws {
        try await Stage.run { stage in
            let writer = try await stage.writer()
            try await stage.server.setReadOnly(true)
            var failure: PostgresError?
            // The server reads its settings a moment later.
            var number: Int32 = 0
            while failure == nil {
                number += 1
                do throws(PostgresError) { try await stage.write(number, on: writer) } catch { failure = error }
            }
            #expect(failure?.sqlState == "25006")
            try await stage.server.setReadOnly(false)
            let next = try await stage.writer()
            var isWritten = false
            while !isWritten {
                number += 1
                do throws(PostgresError) {
                    try await stage.write(number, on: next)
                    isWritten = true
                } catch {
                    #expect(error.sqlState == "25006")
                    _ = try await next.query(PostgresStatement("rollback", "ROLLBACK"))
                }
            }
        }
    }
}
