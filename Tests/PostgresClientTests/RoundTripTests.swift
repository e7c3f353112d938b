import PostgresClient
import Testing

extension WithServer {
    @Suite struct RoundTrips {
        /// The server's text of a value shows that it understood it; the value comes back by the typed accessor.
        private func echo(_ parameter: PostgresParameter, as type: String) async throws -> (String?, PostgresResult) {
            let connection = try await TestDatabase.connect()
            try await connection.execute(script: "SET timezone = 'UTC'; SET bytea_output = 'hex'")
            let result = try await connection.query(
                PostgresStatement("test.echo", "SELECT ($1::\(type))::text, $1::\(type)", [parameter])
            )
            await connection.close()
            return (result.string(0, 0), result)
        }

        @Test(arguments: [true, false, nil]) func bool(_ value: Bool?) async throws {
            let (text, result) = try await echo(.bool(value), as: "bool")
            #expect(text == value.map { $0 ? "true" : "false" })
            #expect(result.bool(0, 1) == value)
            #expect(result.isNull(0, 1) == (value == nil))
        }

        @Test(arguments: [0, 1, -1, .min, .max, nil] as [Int64?]) func integers(_ value: Int64?) async throws {
            let (text, result) = try await echo(.int8(value), as: "int8")
            #expect(text == value.map { "\($0)" })
            #expect(result.int8(0, 1) == value)
            let short = value.map { Int16(truncatingIfNeeded: $0) }
            let (shortText, shortResult) = try await echo(.int2(short), as: "int2")
            #expect(shortText == short.map { "\($0)" })
            #expect(shortResult.int2(0, 1) == short)
            let middle = value.map { Int32(truncatingIfNeeded: $0) }
            let (middleText, middleResult) = try await echo(.int4(middle), as: "int4")
            #expect(middleText == middle.map { "\($0)" })
            #expect(middleResult.int4(0, 1) == middle)
            #expect(middleResult.int8(0, 1) == middle.map { Int64($0) })
        }

        @Test(arguments: [0, 1.5, -0.1, .infinity, 1e300, nil] as [Double?]) func double(_ value: Double?) async throws
        {
            let (_, result) = try await echo(.double(value), as: "float8")
            #expect(result.double(0, 1) == value)
        }

        @Test(arguments: [
            "", "plain", "caf\u{E9} \u{1F600} \u{4E2D}", String(repeating: "x\u{E9}", count: 350_000), nil,
        ])
        func text(_ value: String?) async throws {
            let (text, result) = try await echo(.text(value), as: "text")
            #expect(text == value)
            #expect(result.string(0, 1) == value)
            #expect(result.bytes(0, 1) == value.map { Array($0.utf8) })
        }

        @Test(arguments: [[], [0], [0, 255, 16], nil] as [[UInt8]?]) func bytea(_ value: [UInt8]?) async throws {
            let (_, result) = try await echo(.bytea(value), as: "bytea")
            #expect(result.bytes(0, 1) == value)
            #expect(result.withBytes(0, 1) { $0.count } == value?.count)
            #expect(result.string(0, 1) == nil)
        }

        @Test func timestamps() async throws {
            let cases: [(Int64?, String?)] = [
                (0, "1970-01-01 00:00:00+00"), (1_700_000_000_123_456, "2023-11-14 22:13:20.123456+00"),
                (-1, "1969-12-31 23:59:59.999999+00"), (.max, "infinity"), (.min, "-infinity"), (nil, nil),
            ]
            for (value, expected) in cases {
                let (text, result) = try await echo(.timestamptz(value), as: "timestamptz")
                #expect(text == expected)
                #expect(result.timestamptz(0, 1) == value)
            }
        }

        @Test func arrays() async throws {
            let (booleans, booleanResult) = try await echo(.boolArray([true, nil, false]), as: "bool[]")
            #expect(booleans == "{t,NULL,f}")
            #expect(booleanResult.boolArray(0, 1) == [true, nil, false])
            let (shorts, shortResult) = try await echo(.int2Array([1, nil, -3]), as: "int2[]")
            #expect(shorts == "{1,NULL,-3}")
            #expect(shortResult.int2Array(0, 1) == [1, nil, -3])
            let (integers, integerResult) = try await echo(.int4Array([.min, .max]), as: "int4[]")
            #expect(integers == "{-2147483648,2147483647}")
            #expect(integerResult.int4Array(0, 1) == [.min, .max])
            let (longs, longResult) = try await echo(.int8Array([nil]), as: "int8[]")
            #expect(longs == "{NULL}")
            #expect(longResult.int8Array(0, 1) == [nil])
            let (_, doubleResult) = try await echo(.doubleArray([0.5, nil]), as: "float8[]")
            #expect(doubleResult.doubleArray(0, 1) == [0.5, nil])
            let (_, times) = try await echo(.timestamptzArray([5, nil]), as: "timestamptz[]")
            #expect(times.timestamptzArray(0, 1) == [5, nil])
            let words = ["", "a,b", "\"q\"", nil, "NULL", "\u{1F600}"]
            let (_, wordResult) = try await echo(.textArray(words), as: "text[]")
            #expect(wordResult.textArray(0, 1) == words)
            let (_, byteResult) = try await echo(.byteaArray([[1], nil, []]), as: "bytea[]")
            #expect(byteResult.byteaArray(0, 1) == [[1], nil, []])
        }

        @Test func emptyArrays() async throws {
            let (text, result) = try await echo(.textArray([]), as: "text[]")
            #expect(text == "{}")
            #expect(result.textArray(0, 1) == [])
            let (_, null) = try await echo(.null(1016), as: "int8[]")
            #expect(null.isNull(0, 1))
            #expect(null.int8Array(0, 1) == nil)
        }

        @Test func arrayEncoderFeedsUnnest() async throws {
            var keys = ArrayEncoder(elementOID: TypeOID.int8)
            var texts = ArrayEncoder(elementOID: TypeOID.text)
            for number in 0..<5000 {
                keys.append(int8: Int64(number))
                if number % 7 == 0 { texts.appendNull() } else { texts.append(text: "row \(number)") }
            }
            let connection = try await TestDatabase.connect()
            let result = try await connection.query(
                PostgresStatement(
                    "test.unnest",
                    """
                    SELECT count(*), sum(k), count(t), bool_and(t IS NULL OR t = 'row ' || k)
                    FROM unnest($1::int8[], $2::text[]) AS x (k, t)
                    """,
                    [keys.finish(), texts.finish()]
                )
            )
            #expect(result.int8(0, 0) == 5000)
            #expect(result.int8(0, 1) == 12_497_500, "a numeric")
            #expect(result.int8(0, 2) == 4285)
            #expect(result.bool(0, 3) == true)
            await connection.close()
        }

        @Test func numericsAndShape() async throws {
            let connection = try await TestDatabase.connect()
            let result = try await connection.query(
                PostgresStatement(
                    "test.numeric",
                    """
                    SELECT -9223372036854775808::numeric AS a, 9223372036854775808::numeric, 1.5::numeric,
                    1200000::numeric, 0::numeric, '{"k":1}'::jsonb, 'x'::name, 70000::int4
                    """
                )
            )
            #expect(result.int8(0, 0) == .min)
            #expect(result.int8(0, 1) == nil)
            #expect(result.int8(0, 2) == nil)
            #expect(result.int8(0, 3) == 1_200_000)
            #expect(result.int8(0, 4) == 0)
            #expect(result.string(0, 5) == "{\"k\": 1}")
            #expect(result.string(0, 6) == "x")
            #expect(result.int2(0, 7) == nil, "does not fit")
            #expect(result.columns.first == "a")
            #expect(result.rowCount == 1)
            #expect(result.int8(1, 0) == nil)
            #expect(result.int8(0, 99) == nil)
            #expect(result.int8(-1, -1) == nil)
            await connection.close()
        }
    }
}
