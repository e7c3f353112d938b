import PostgresClient
import Synthesis

/// A connection to a server that answers with damaged transcripts: `PostgresConnection`.
///
/// Each input costs a connection and sometimes a wait, so that its share is small.
struct ServerTarget: FuzzTarget {
    static let name = "server"
    static let share = 2
    static let isText = false
    let dictionary = WireGrammar.dictionary
    private let server: HostileServer
    private var script = HostileServer.Script()
    private var operation = Operation.query
    private static let password = "secret-word"
    private static let values: [Int64] = [1, -2, 3]

    private enum Operation: CaseIterable { case query, pipeline, script, copy }

    /// What was thrown where no error of the client came.
    private struct NoServer: Error {}

    init() throws {
        guard let server = HostileServer() else { throw NoServer() }
        self.server = server
        server.start()
    }

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        operation = random.pick(Operation.allCases)
        var phases = [WireGrammar.welcome(&random)]
        switch operation {
        case .query:
            phases.append(WireGrammar.prepared + WireGrammar.rows(Self.values, &random) + WireGrammar.ready)
        case .pipeline:
            let second = WireGrammar.prepared + WireGrammar.done("INSERT 0 5")
            phases.append(
                WireGrammar.prepared + WireGrammar.rows(Self.values, &random) + second + WireGrammar.ready
            )
        case .script:
            phases.append(WireGrammar.scripted("SET") + WireGrammar.scripted("CREATE TABLE") + WireGrammar.ready)
        case .copy:
            phases += [WireGrammar.copyIn, WireGrammar.scripted("COPY 2") + WireGrammar.ready]
        }
        script = HostileServer.Script(phases: phases, damaged: random.below(phases.count))
        return phases[script.damaged]
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let isPlain = input.mutations == 0
        var script = script
        script.phases[script.damaged] = input.bytes
        var encryption = "disable"
        if isPlain {
            script.damaged = script.phases.count
        } else {
            script.isSilent = random.once(in: 1000)
            if random.once(in: 8) {
                encryption = "prefer"
                script.encryption = random.pick([0x4E, 0x53, 0x45, 0x00, 0x47])
            }
        }
        server.play(script)
        let url = "postgresql://fuzz:\(Self.password)@127.0.0.1:\(server.port)/d?sslmode=\(encryption)"
        // The plain transcripts must come through on a slow machine too.
        let timeout: Duration = script.isSilent ? .milliseconds(30) : .seconds(30)
        let connection: PostgresConnection
        do throws(PostgresError) {
            connection = try await .connect(PostgresTarget(url: url), applicationName: "fuzz", timeout: timeout)
        } catch {
            try Self.check(error)
            try FuzzFinding.unless(!isPlain, "the true transcript is refused: \(error)")
            return "connect \(Self.kind(error))"
        }
        let outcome = try await use(connection, timeout, isPlain)
        _ = await connection.isUsable
        _ = await connection.isInTransaction
        await connection.close()
        return outcome
    }

    private func use(_ connection: PostgresConnection, _ timeout: Duration, _ isPlain: Bool) async throws(FuzzFinding)
        -> String
    {
        let query = PostgresStatement("fuzz.query", "SELECT 1", [.int8(1), .text("a")])
        let insert = PostgresStatement("fuzz.insert", "INSERT", [.int8Array([1, nil])])
        do throws(PostgresError) {
            switch operation {
            case .query:
                let result = try await connection.query(query, timeout: timeout)
                try Self.checkRows(result, isPlain)
            case .pipeline:
                let results = try await connection.pipeline([query, insert], timeout: timeout)
                if results.count != 2 { throw Self.broken("\(results.count) results of 2 statements") }
                try Self.checkRows(results[0], isPlain)
                if isPlain, results[1].affectedRows != 5 { throw Self.broken("rows touched") }
            case .script:
                try await connection.execute(script: "SET a = b; CREATE TABLE t ()", timeout: timeout)
            case .copy:
                let data = [UInt8](repeating: 7, count: 100_000)
                let rows = try await connection.copyIn("fuzz.copy", "COPY t FROM STDIN", data: data, timeout: timeout)
                if isPlain, rows != 2 { throw Self.broken("rows copied") }
            }
        } catch {
            if error.statement == Self.brokenRule { throw FuzzFinding(error.message) }
            try Self.check(error)
            try FuzzFinding.unless(!isPlain, "the true transcript gives an error: \(error)")
            return "\(operation) \(Self.kind(error))"
        }
        return "\(operation) accepted"
    }

    private static let brokenRule = "a rule is broken"

    /// A finding among errors of the client.
    private static func broken(_ rule: String) -> PostgresError {
        PostgresError(kind: .protocolViolation, message: rule, statement: brokenRule)
    }

    /// Reads all that there is, as a caller would who trusts the server.
    private static func checkRows(_ result: PostgresResult, _ isPlain: Bool) throws(PostgresError) {
        var numbers: [Int64] = []
        for row in 0..<min(result.rowCount, 1000) {
            if let number = result.int8(row, 0) { numbers.append(number) }
            _ = (result.string(row, 1), result.int8Array(row, 2), result.textArray(row, 2), result.columns)
        }
        if isPlain, numbers != values { throw broken("other values than were sent") }
    }

    private static func check(_ error: PostgresError) throws(FuzzFinding) {
        try FuzzFinding.unless(!error.description.contains(password), "an error holds the password")
        try FuzzFinding.unless(
            error.description.utf8.count < 20_000,
            "an error of \(error.description.utf8.count) bytes"
        )
    }

    private static func kind(_ error: PostgresError) -> String {
        if case .server = error.kind { return "server" }
        return "\(error.kind)"
    }
}
