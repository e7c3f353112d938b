import EmbeddedServices
import Foundation
import PostgresClient
import Testing

/// The database of a test run: that of `DATABASE_URL`, with a schema of our own, else a server made for the run.
struct TestDatabase: Sendable {
    @TaskLocal static var current: TestDatabase?

    static var url: String? {
        ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether the server is ours to stop and to break.
    static var isOwn: Bool { url == nil }

    let url: String
    let schema: String
    let server: EmbeddedPostgres?

    static func required() throws -> TestDatabase {
        try #require(current, "the suite needs the .postgres trait")
    }

    /// A connection that works in the schema of the run.
    static func connect(_ name: String = "test") async throws -> PostgresConnection {
        let database = try required()
        let connection = try await PostgresConnection.connect(
            PostgresTarget(url: database.url),
            applicationName: name,
            timeout: .seconds(30)
        )
        try await connection.execute(script: "SET search_path = \(database.schema); SET client_min_messages = notice")
        return connection
    }

    /// Waits until a query on another connection gives true.
    static func wait(until sql: String, _ parameters: [PostgresParameter] = []) async throws {
        let observer = try await connect("observer")
        let statement = PostgresStatement("test.observe", sql, parameters)
        while try await observer.query(statement).bool(0, 0) != true { await Task.yield() }
        await observer.close()
    }
}

/// One server for all tests of a suite: started before the first, stopped and removed after the last.
struct PostgresTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable () async throws -> Void
    ) async throws {
        let schema = "client_test_\(UInt32.random(in: .min ... .max))"
        let server = TestDatabase.isOwn ? try await EmbeddedPostgres.start(settings: ["fsync": "off"]) : nil
        let url = server?.url ?? TestDatabase.url ?? ""
        let database = TestDatabase(url: url, schema: schema, server: server)
        var failure: (any Error)?
        do {
            try await script("CREATE SCHEMA \(schema)", url)
            try await TestDatabase.$current.withValue(database) { try await body() }
        } catch {
            failure = error
        }
        if let server {
            await server.stop(mode: .immediate)
            #expect(!FileManager.default.fileExists(atPath: server.dataDirectory))
        } else {
            try await script("DROP SCHEMA \(schema) CASCADE", url)
        }
        if let failure { throw failure }
    }

    private func script(_ sql: String, _ url: String) async throws {
        let connection = try await PostgresConnection.connect(
            PostgresTarget(url: url),
            applicationName: "test",
            timeout: .seconds(30)
        )
        try await connection.execute(script: sql)
        await connection.close()
    }
}

extension Trait where Self == PostgresTrait {
    static var postgres: PostgresTrait { PostgresTrait() }
}

/// What needs a server. The parts are in files of their own.
@Suite(.postgres) enum WithServer {}

/// The error that a body throws.
func failure<Value>(_ body: () async throws(PostgresError) -> Value) async throws -> PostgresError {
    do throws(PostgresError) {
        _ = try await body()
    } catch {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}
