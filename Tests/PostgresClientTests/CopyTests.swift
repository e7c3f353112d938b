import PostgresClient
import Testing

extension WithServer {
    @Suite struct Copies {
        private static let copy = "COPY copied (k, s, n, f, at, t, a, b) FROM STDIN (FORMAT binary)"

        private func connect(_ table: String) async throws -> PostgresConnection {
            let connection = try await TestDatabase.connect()
            try await connection.execute(
                script: """
                    CREATE TEMPORARY TABLE \(table) (
                        k int8 PRIMARY KEY, s int2, n int4, f bool, at timestamptz, t text, a int4[], b int8[]
                    )
                    """
            )
            return connection
        }

        private func encode(_ keys: some Sequence<Int64>) -> [UInt8] {
            var encoder = CopyEncoder()
            for key in keys {
                encoder.beginRow(columns: 8)
                encoder.int8(key)
                encoder.int2(Int16(truncatingIfNeeded: key))
                if key % 3 == 0 { encoder.null() } else { encoder.int4(Int32(truncatingIfNeeded: -key)) }
                encoder.bool(key % 2 == 0)
                encoder.timestamptz(key)
                encoder.string("text \(key) \u{1F600}")
                encoder.int4Array(key % 5 == 0 ? [] : [Int32(truncatingIfNeeded: key), -1])
                encoder.int8Array([key, .min])
            }
            #expect(encoder.byteCount > 19)
            return encoder.finish()
        }

        @Test func rowsArrive() async throws {
            let connection = try await connect("copied")
            let rows = try await connection.copyIn("test.copy", Self.copy, data: encode(0..<20_000))
            #expect(rows == 20_000)
            let check = try await connection.query(
                PostgresStatement(
                    "test.check",
                    """
                    SELECT count(*), count(*) FILTER (WHERE s::int8 = k), count(*) FILTER (WHERE n = -k),
                        bool_and(f = (k % 2 = 0)), bool_and(extract(epoch FROM at) * 1000000 = k),
                        bool_and(t = 'text ' || k || ' \u{1F600}'),
                        bool_and(a = CASE WHEN k % 5 = 0 THEN '{}'::int4[] ELSE ARRAY[k::int4, -1] END),
                        bool_and(b = ARRAY[k, '-9223372036854775808'::int8])
                    FROM copied
                    """
                )
            )
            #expect(check.int8(0, 0) == 20_000)
            #expect(check.int8(0, 1) == 20_000)
            #expect(check.int8(0, 2) == 13_333)
            for column in 3...7 { #expect(check.bool(0, column) == true, "column \(column)") }
            await connection.close()
        }

        @Test func noRows() async throws {
            let connection = try await connect("copied")
            #expect(try await connection.copyIn("test.copy", Self.copy, data: CopyEncoder().finish()) == 0)
            await connection.close()
        }

        @Test func violationLeavesTheConnectionUsable() async throws {
            let connection = try await connect("copied")
            for _ in 0..<2 {
                let data = encode([1, 2, 1])
                let error = try await failure { () throws(PostgresError) in
                    try await connection.copyIn("test.copy", Self.copy, data: data)
                }
                #expect(error.kind == .server(sqlState: "23505"))
                #expect(error.failureClass == .poison)
                #expect(error.constraint == "copied_pkey")
            }
            #expect(try await connection.copyIn("test.copy", Self.copy, data: encode([1, 2])) == 2)
            await connection.close()
        }

        @Test func brokenDataAndWrongStatements() async throws {
            let connection = try await connect("copied")
            let broken = try await failure { () throws(PostgresError) in
                try await connection.copyIn("test.copy", Self.copy, data: [1, 2, 3])
            }
            #expect(broken.sqlState == "22P04")
            let unknown = try await failure { () throws(PostgresError) in
                try await connection.copyIn("test.copy", "COPY nowhere FROM STDIN (FORMAT binary)", data: [])
            }
            #expect(unknown.sqlState == "42P01")
            #expect(unknown.failureClass == .configuration)
            #expect(await connection.isUsable)
            let select = try await failure { () throws(PostgresError) in
                try await connection.copyIn("test.copy", "SELECT 1", data: [])
            }
            #expect(select.kind == .protocolViolation)
        }

        @Test func deadlineBehindALock() async throws {
            let holder = try await TestDatabase.connect("holder")
            try await holder.execute(script: "CREATE TABLE locked (t text)")
            try await holder.execute(script: "BEGIN; LOCK TABLE locked")
            let connection = try await TestDatabase.connect()
            var encoder = CopyEncoder()
            let line = String(repeating: "y", count: 1000)
            for _ in 0..<8000 {
                encoder.beginRow(columns: 1)
                encoder.string(line)
            }
            let data = encoder.finish()
            let error = try await failure { () throws(PostgresError) in
                try await connection.copyIn(
                    "test.copy",
                    "COPY locked FROM STDIN (FORMAT binary)",
                    data: data,
                    timeout: .milliseconds(100)
                )
            }
            #expect(error.kind == .timedOut)
            #expect(await connection.isUsable)
            try await holder.execute(script: "ROLLBACK")
            let copied = try await connection.copyIn(
                "test.copy",
                "COPY locked FROM STDIN (FORMAT binary)",
                data: data
            )
            #expect(copied == 8000)
            await connection.close()
            await holder.close()
        }
    }
}
