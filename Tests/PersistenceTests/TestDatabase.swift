import EmbeddedServices
import Foundation
import Persistence
import PostgresClient
import Testing

/// The server of this test run: that of `DATABASE_URL`, else an embedded one that lives as long as the suite.
struct ServerTrait: SuiteTrait, TestScoping {
    @TaskLocal static var url = ""

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        if let url = ProcessInfo.processInfo.environment["DATABASE_URL"], !url.isEmpty {
            return try await Self.$url.withValue(url, operation: function)
        }
        let server = try await EmbeddedPostgres.start(settings: ["max_connections": "600"])
        do {
            try await Self.$url.withValue(server.url, operation: function)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

extension Trait where Self == ServerTrait {
    static var server: Self { Self() }
}

/// All tests that need a database.
@Suite(.server)
struct DatabaseTests {}

/// A database of its own, dropped at the end.
struct TestDatabase: Sendable {
    let name: String
    let url: String

    var target: PostgresTarget { PostgresTarget(url: url) }

    func connect() async throws -> PostgresConnection {
        try await Self.connect(target)
    }

    /// Tests run side by side: when the server has no connection left, one comes free soon.
    private static func connect(_ target: PostgresTarget) async throws -> PostgresConnection {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do throws(PostgresError) {
                return try await Schema.connect(target, applicationName: "tests", timeout: .seconds(20))
            } catch {
                guard error.sqlState == "53300", .now < deadline else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Runs a body with a fresh database and a connection to it.
    static func with(
        migrated: Bool = true,
        _ body: (TestDatabase, PostgresConnection) async throws -> Void
    ) async throws {
        let name = "mention_test_\(UInt32.random(in: .min ... .max))"
        let base = ServerTrait.url
        let admin = try await connect(PostgresTarget(url: base))
        _ = try await admin.query(PostgresStatement("create", "CREATE DATABASE \(name)"))
        var parts = URLComponents(string: base) ?? URLComponents()
        parts.path = "/" + name
        let database = TestDatabase(name: name, url: parts.string ?? base)
        do {
            let connection = try await database.connect()
            if migrated { try await Migrator.migrate(connection) }
            try await body(database, connection)
            await connection.close()
        } catch {
            try? await database.drop(admin)
            throw error
        }
        try await database.drop(admin)
    }

    private func drop(_ admin: PostgresConnection) async throws {
        _ = try await admin.query(PostgresStatement("drop", "DROP DATABASE \(name) WITH (FORCE)"))
        await admin.close()
    }
}

extension PostgresConnection {
    func run(_ sql: String, _ parameters: [PostgresParameter] = []) async throws(PostgresError) -> PostgresResult {
        try await query(PostgresStatement("test", sql, parameters), timeout: .seconds(60))
    }

    func number(_ sql: String) async throws -> Int64 {
        try #require(try await run(sql).int8(0, 0))
    }

    func strings(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> [String] {
        let rows = try await run(sql, parameters)
        return (0..<rows.rowCount).compactMap { rows.string($0, 0) }
    }

    /// Waits until a query answers true, up to twenty seconds.
    func waits(for sql: String) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await run(sql).bool(0, 0) != true {
            try #require(ContinuousClock.now < deadline, "did not become true: \(sql)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Asserts that every check of the verifier passes.
func expectVerified(_ connection: PostgresConnection, _ comment: Comment? = nil) async throws {
    for check in try await Verifier.run(on: connection) where !check.passed {
        Issue.record("\(comment?.rawValue ?? "") \(check.name): \(check.failures): \(check.examples)")
    }
}
