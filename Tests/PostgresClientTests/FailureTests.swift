import EmbeddedServices
import Foundation
import PostgresClient
import Testing

extension WithServer {
    @Suite struct Failures {
        private static let sleep = PostgresStatement("test.sleep", "SELECT pg_sleep(600)")
        private static let isAsleep = """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')
            """

        @Test func terminatedBackend() async throws {
            let connection = try await TestDatabase.connect()
            async let outcome = failure { () throws(PostgresError) in try await connection.query(Self.sleep) }
            try await TestDatabase.wait(until: Self.isAsleep, [.int4(connection.backendPID)])
            try await TestDatabase.wait(until: "SELECT pg_terminate_backend($1)", [.int4(connection.backendPID)])
            let error = try await outcome
            #expect(error.kind == .connectionLost)
            #expect(error.failureClass == .transient)
            #expect(error.message.contains("57P01"))
            #expect(await !connection.isUsable)
            let next = try await failure { () throws(PostgresError) in try await connection.query(Self.sleep) }
            #expect(next.kind == .connectionLost)
        }

        @Test func terminatedWhileIdle() async throws {
            let connection = try await TestDatabase.connect()
            try await TestDatabase.wait(until: "SELECT pg_terminate_backend($1, 10000)", [.int4(connection.backendPID)])
            let data = [UInt8](repeating: 1, count: 1 << 20)
            let error = try await failure { () throws(PostgresError) in
                try await connection.copyIn("test.copy", "COPY pg_class FROM STDIN", data: data)
            }
            #expect(error.kind == .connectionLost)
            #expect(await !connection.isUsable)
        }

        @Test func deadline() async throws {
            let connection = try await TestDatabase.connect()
            let error = try await failure { () throws(PostgresError) in
                try await connection.query(Self.sleep, timeout: .milliseconds(50))
            }
            #expect(error.kind == .timedOut)
            #expect(error.statement == "test.sleep")
            #expect(await connection.isUsable, "the cancel request has brought the answer")
            let script = try await failure { () throws(PostgresError) in
                try await connection.execute("test.script", script: "SELECT pg_sleep(600)", timeout: .milliseconds(50))
            }
            #expect(script.kind == .timedOut)
            let pipeline = try await failure { () throws(PostgresError) in
                try await connection.pipeline(
                    [PostgresStatement("test.one", "SELECT 1"), Self.sleep],
                    timeout: .milliseconds(50)
                )
            }
            #expect(pipeline.kind == .timedOut)
            #expect(pipeline.statementIndex == 1)
            // A cancel request that comes late would hit one of these.
            for _ in 0..<50 {
                let quick = PostgresStatement("test.quick", "SELECT 1")
                #expect(try await connection.query(quick, timeout: .seconds(60)).int4(0, 0) == 1)
            }
            await connection.close()
        }

        @Test(.enabled(if: TestDatabase.isOwn)) func deadlineOfAStoppedBackend() async throws {
            let connection = try await TestDatabase.connect()
            kill(connection.backendPID, SIGSTOP)
            defer { kill(connection.backendPID, SIGCONT) }
            let error = try await failure { () throws(PostgresError) in
                try await connection.query(PostgresStatement("test.one", "SELECT 1"), timeout: .milliseconds(50))
            }
            #expect(error.kind == .timedOut)
            #expect(await !connection.isUsable)
        }

        @Test func cancellation() async throws {
            let connection = try await TestDatabase.connect()
            let task = Task { try await failure { () throws(PostgresError) in try await connection.query(Self.sleep) } }
            try await TestDatabase.wait(until: Self.isAsleep, [.int4(connection.backendPID)])
            task.cancel()
            #expect(try await task.value.kind == .cancelled)
            #expect(try await connection.query(PostgresStatement("test.one", "SELECT 1")).int4(0, 0) == 1)
            let late = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await failure { () throws(PostgresError) in try await connection.query(Self.sleep) }
            }
            #expect(try await late.value.kind == .cancelled)
            await connection.close()
        }

        @Test func messagesHoldNoData() async throws {
            let secret = "content-of-a-row"
            let connection = try await TestDatabase.connect()
            try await connection.execute(
                script: """
                    CREATE TEMPORARY TABLE quiet (
                        k text PRIMARY KEY, n text NOT NULL, CONSTRAINT short CHECK (length(n) < 50)
                    );
                    INSERT INTO quiet VALUES ('\(secret)', '');
                    """
            )
            let insert = "INSERT INTO quiet VALUES ($1, $2)"
            let cases: [(String, [PostgresParameter], String)] = [
                (insert, [.text(secret), .text("")], "23505"),
                (insert, [.text(secret + "2"), .null(TypeOID.text)], "23502"),
                (insert, [.text("x"), .text(String(repeating: secret, count: 9))], "23514"),
                ("SELECT $1::text::int4", [.text(secret)], "22P02"),
                ("SELECT $1::text::timestamptz", [.text(secret)], "22007"),
                ("SELECT $1::text", [.text(secret + "\0")], "22021"),
                ("SELECT $1::int8", [PostgresParameter(oid: TypeOID.int8, bytes: Array(secret.utf8))], "22P03"),
                ("DO $$ BEGIN RAISE EXCEPTION '\(secret)'; END $$", [], "P0001"),
                ("DO $$ BEGIN RAISE EXCEPTION '\(secret)' USING ERRCODE = '99999'; END $$", [], "99999"),
            ]
            for (sql, parameters, sqlState) in cases {
                let error = try await failure { () throws(PostgresError) in
                    try await connection.query(PostgresStatement("test.quiet", sql, parameters))
                }
                #expect(error.sqlState == sqlState)
                #expect(!error.description.contains(secret), "\(sqlState)")
                #expect(!"\(error)".contains("content"), "\(sqlState)")
                let isPoison = sqlState.hasPrefix("22") || sqlState.hasPrefix("23")
                #expect(error.failureClass == (isPoison ? .poison : .transient))
            }
            let missing = try await failure { () throws(PostgresError) in
                try await connection.query(PostgresStatement("test.quiet", "SELECT nothing FROM quiet"))
            }
            #expect(missing.message.contains("nothing"), "a name helps, and is no data")
            #expect(missing.failureClass == .configuration)
            await connection.close()
        }

        @Test func tooManyParametersAreRefusedBeforeSending() async throws {
            let connection = try await TestDatabase.connect()
            let statement = PostgresStatement(
                "test.many",
                "SELECT 1",
                Array(repeating: .bool(true), count: 65_536)
            )
            let error = try await failure { () throws(PostgresError) in try await connection.query(statement) }
            #expect(error.kind == .protocolViolation)
            #expect(await connection.isUsable)
            await connection.close()
        }

        @Test func nothingWorksAfterClose() async throws {
            let connection = try await TestDatabase.connect()
            await connection.close()
            await connection.close()
            #expect(await !connection.isUsable)
            let error = try await failure { () throws(PostgresError) in try await connection.query(Self.sleep) }
            #expect(error.kind == .connectionLost)
        }
    }
}
