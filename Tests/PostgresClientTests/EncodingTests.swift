import Testing

@testable import PostgresClient

/// Pure parts: layouts by the byte, classes, the reading of libpq's connect messages.
@Suite struct EncodingTests {
    @Test func copyLayout() {
        var encoder = CopyEncoder()
        encoder.beginRow(columns: 3)
        encoder.int4(258)
        encoder.null()
        encoder.string("ab")
        let expected: [UInt8] =
            Array("PGCOPY\n".utf8) + [255, 13, 10, 0] + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 3] + [0, 0, 0, 4, 0, 0, 1, 2]
            + [255, 255, 255, 255] + [0, 0, 0, 2, 97, 98] + [255, 255]
        #expect(encoder.rowCount == 1)
        #expect(encoder.finish() == expected)
    }

    @Test func arrayLayout() {
        var encoder = ArrayEncoder(elementOID: TypeOID.int2)
        encoder.append(int2: -2)
        encoder.appendNull()
        let expected: [UInt8] =
            [0, 0, 0, 1] + [0, 0, 0, 1] + [0, 0, 0, 21] + [0, 0, 0, 2] + [0, 0, 0, 1] + [0, 0, 0, 2, 255, 254]
            + [255, 255, 255, 255]
        let parameter = encoder.finish()
        #expect(parameter.bytes == expected)
        #expect(parameter.oid == 1005)
    }

    @Test func writerGrowsOverItsCapacity() {
        var writer = BinaryWriter(capacity: 0)
        for number in 0..<1000 { writer.write(Int32(number)) }
        let long = [UInt8](repeating: 7, count: 100_000)
        long.withUnsafeBytes { writer.append($0) }
        let bytes = writer.finish()
        #expect(bytes.count == 104_000)
        #expect(bytes[3996..<4000] == [0, 0, 3, 231])
        #expect(bytes.last == 7)
    }

    @Test(arguments: [
        ("22001", FailureClass.poison), ("23505", .poison), ("28P01", .configuration), ("3D000", .configuration),
        ("3F000", .configuration), ("42P01", .configuration), ("MF001", .fenced), ("40001", .transient),
        ("40P01", .transient), ("57P01", .transient), ("25006", .transient), ("XX000", .transient), ("", .transient),
    ])
    func classes(_ sqlState: String, _ expected: FailureClass) {
        #expect(FailureClass(sqlState: sqlState) == expected)
    }

    @Test(arguments: [
        (
            "connection to server at \"h\" (::1), port 5432 failed: FATAL:  28P01: password authentication failed\n",
            PostgresError.Kind.server(sqlState: "28P01")
        ),
        ("connection to server at \"h\", port 1 failed: FATAL:  57P03: starting\n", .server(sqlState: "57P03")),
        (
            """
            connection to server at "a" (::1), port 1 failed: Connection refused
            \tIs the server running on that host and accepting TCP/IP connections?
            connection to server at "a" (127.0.0.1), port 1 failed: SCHWERWIEGEND:  3D000: Datenbank fehlt
            LOCATION:  InitPostgres, postinit.c:885
            """, .server(sqlState: "3D000")
        ),
        ("connection to server at \"h\", port 1 failed: Connection refused\n", .connectionRefused),
        ("could not translate host name \"h\" to address: Name or service not known\n", .connectionRefused),
        ("connection to server at \"h\", port 1 failed: fe_sendauth: no password supplied\n", .invalidTarget),
        ("invalid sslmode value: \"x\"\n", .invalidTarget),
    ])
    func connectReports(_ text: String, _ kind: PostgresError.Kind) {
        let report = ConnectReport(text: text, password: "refused")
        #expect(report.kind == kind)
        #expect(!report.summary.contains("LOCATION"))
        #expect(!report.summary.contains("refused"))
        #expect(!report.summary.contains("\n"))
    }

    @Test func timestampsSaturate() {
        for value in [Int64.min, .max, 0, 1, -1, 946_684_800_000_000] {
            #expect(TimestampEpoch.unix(fromWire: TimestampEpoch.wire(fromUnix: value)) == value)
        }
        #expect(TimestampEpoch.wire(fromUnix: .min + 5) == .min)
    }

    @Test func truncatedArraysAreRefused() {
        var encoder = ArrayEncoder(elementOID: TypeOID.int8)
        for number in 0..<3 { encoder.append(int8: Int64(number)) }
        let bytes = encoder.finish().bytes ?? []
        for length in 0..<bytes.count {
            let elements = Array(bytes.prefix(length)).withUnsafeBytes { buffer in
                var reader = BinaryReader(buffer)
                return reader.array(of: TypeOID.int8) { $0.integer(Int64.self) }
            }
            #expect(elements == nil, "\(length) bytes")
        }
    }

    /// Found by fuzzing: fewer digits than none before a weight below −1.
    @Test func numericsThatMakeNoSenseAreRefused() {
        for digits in [Int16.min, -5, -1] {
            for weight in [Int16.min, -2, -1, 0] {
                let bytes = [digits, weight, 0, 0].flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8($0 & 255)] }
                let value = bytes.withUnsafeBytes { buffer in
                    var reader = BinaryReader(buffer)
                    return reader.wholeNumeric()
                }
                #expect(value == nil)
            }
        }
    }
}
