import PostgresClient
import Testing

extension WithServer {
    @Suite struct Pipelines {
        @Test func resultsComeInOrder() async throws {
            let connection = try await TestDatabase.connect()
            try await connection.execute(script: "CREATE TABLE ordered (k int8 PRIMARY KEY)")
            let results = try await connection.pipeline([
                PostgresStatement("test.begin", "BEGIN"),
                PostgresStatement(
                    "test.insert",
                    "INSERT INTO ordered SELECT unnest($1::int8[])",
                    [.int8Array([1, 2, 3])]
                ),
                PostgresStatement("test.select", "SELECT k FROM ordered ORDER BY k"),
                PostgresStatement("test.commit", "COMMIT"),
            ])
            #expect(results.count == 4)
            #expect(results[1].affectedRows == 3)
            #expect((0..<3).map { results[2].int8($0, 0) } == [1, 2, 3])
            #expect(try await connection.pipeline([]).isEmpty)
            #expect(await !connection.isInTransaction)
            await connection.close()
        }

        @Test func errorInTheMiddleSkipsTheRest() async throws {
            let connection = try await TestDatabase.connect()
            try await connection.execute(
                script: """
                    CREATE TABLE guarded (k int8);
                    CREATE FUNCTION guard(epoch int8) RETURNS void LANGUAGE plpgsql AS $$
                    BEGIN
                        IF epoch <> 1 THEN RAISE EXCEPTION USING ERRCODE = 'MF001', MESSAGE = 'epoch is not ours'; END IF;
                    END $$
                    """
            )
            func batch(epoch: Int64) -> [PostgresStatement] {
                [
                    PostgresStatement("batch.begin", "BEGIN"),
                    PostgresStatement("batch.guard", "SELECT guard($1)", [.int8(epoch)]),
                    PostgresStatement("batch.insert", "INSERT INTO guarded VALUES ($1)", [.int8(epoch)]),
                    PostgresStatement("batch.commit", "COMMIT"),
                ]
            }
            for _ in 0..<3 {
                let error = try await failure { () throws(PostgresError) in
                    try await connection.pipeline(batch(epoch: 2))
                }
                #expect(error.kind == .server(sqlState: "MF001"))
                #expect(error.failureClass == .fenced)
                #expect(error.statementIndex == 1)
                #expect(error.statement == "batch.guard")
                #expect(error.message == "epoch is not ours")
                #expect(await connection.isUsable)
                #expect(await connection.isInTransaction)
                _ = try await connection.query(PostgresStatement("test.rollback", "ROLLBACK"))
                #expect(await !connection.isInTransaction)
            }
            _ = try await connection.pipeline(batch(epoch: 1))
            let rows = try await connection.query(PostgresStatement("test.count", "SELECT array_agg(k) FROM guarded"))
            #expect(rows.int8Array(0, 0) == [1])
            await connection.close()
        }

        @Test func implicitTransactionIsRolledBack() async throws {
            let connection = try await TestDatabase.connect()
            try await connection.execute(script: "CREATE TABLE implicit (k int8 PRIMARY KEY)")
            let insert = PostgresStatement("test.insert", "INSERT INTO implicit VALUES ($1)", [.int8(1)])
            let error = try await failure { () throws(PostgresError) in
                try await connection.pipeline([insert, insert])
            }
            #expect(error.kind == .server(sqlState: "23505"))
            #expect(error.statementIndex == 1)
            #expect(error.constraint == "implicit_pkey")
            let count = try await connection.query(PostgresStatement("test.count", "SELECT count(*) FROM implicit"))
            #expect(count.int8(0, 0) == 0)
            await connection.close()
        }

        /// Both directions carry far more than the socket buffers hold: whoever only writes, or only reads, hangs.
        @Test func fullBuffersInBothDirections() async throws {
            let connection = try await TestDatabase.connect()
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            let echo = PostgresStatement("test.echo", "SELECT $1::text", [.text(text)])
            let results = try await connection.pipeline(
                Array(repeating: echo, count: 40),
                timeout: .seconds(120)
            )
            #expect(results.count == 40)
            #expect(results.allSatisfy { $0.string(0, 0) == text })
            await connection.close()
        }

        @Test func statementsArePreparedOnceAndForgotten() async throws {
            let connection = try await TestDatabase.connect()
            let count = PostgresStatement("test.prepared", "SELECT count(*) FROM pg_prepared_statements")
            let select = PostgresStatement("test.select", "SELECT $1::int4 + 1", [.int4(1)])
            for _ in 0..<5 { #expect(try await connection.query(select).int4(0, 0) == 2) }
            #expect(try await connection.query(count).int8(0, 0) == 2)
            for number in 0..<600 {
                let statement = PostgresStatement("test.different", "SELECT \(number)")
                #expect(try await connection.query(statement).int4(0, 0) == Int32(number))
            }
            let left = try #require(try await connection.query(count).int8(0, 0))
            #expect(left <= 257, "the cache is bounded")
            await connection.close()
        }

        @Test func changedTableIsPreparedAnew() async throws {
            let connection = try await TestDatabase.connect()
            try await connection.execute(script: "CREATE TABLE changing (k int8)")
            let select = PostgresStatement("test.select", "SELECT * FROM changing")
            _ = try await connection.query(select)
            try await connection.execute(script: "ALTER TABLE changing ADD COLUMN t text")
            let error = try await failure { () throws(PostgresError) in try await connection.query(select) }
            #expect(error.kind == .server(sqlState: "0A000"))
            #expect(error.failureClass == .transient)
            #expect(try await connection.query(select).columns == ["k", "t"])
            await connection.close()
        }

        @Test func copyInAPipelineIsRefused() async throws {
            let connection = try await TestDatabase.connect()
            let error = try await failure { () throws(PostgresError) in
                try await connection.query(PostgresStatement("test.copy", "COPY pg_class TO STDOUT"))
            }
            #expect(error.kind == .protocolViolation)
            #expect(await !connection.isUsable)
        }

        @Test func noticesAreCounted() async throws {
            let connection = try await TestDatabase.connect()
            try await connection.execute(script: "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
            #expect(await connection.noticeCount == 2)
            await connection.close()
        }
    }
}
