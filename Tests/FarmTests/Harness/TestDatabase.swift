import Foundation
import Persistence
import PostgresClient
import Testing

/// A database of one test, dropped at its end.
struct TestDatabase: Sendable {
    let name: String
    let url: String
    let connection: PostgresConnection

    /// Runs a body with a fresh database, with the schema in it if wanted.
    static func with(migrated: Bool = true, _ body: (TestDatabase) async throws -> Void) async throws {
        let services = try Services.required()
        let name = Farm.uniqueName("mf_test", separator: "_")
        try await administer("CREATE DATABASE \(name)", services)
        var parts = URLComponents(string: services.databaseURL) ?? URLComponents()
        parts.path = "/" + name
        var failure: (any Error)?
        do {
            let url = try #require(parts.string)
            let connection = try await connect(url)
            if migrated { try await Migrator.migrate(connection) }
            try await body(TestDatabase(name: name, url: url, connection: connection))
            await connection.close()
        } catch {
            failure = error
        }
        try await administer("DROP DATABASE \(name) WITH (FORCE)", services)
        if let failure { throw failure }
    }

    static func connect(_ url: String) async throws -> PostgresConnection {
        try await Schema.connect(PostgresTarget(url: url), applicationName: "farm-tests", timeout: .seconds(20))
    }

    private static func administer(_ sql: String, _ services: Services) async throws {
        let connection = try await connect(services.databaseURL)
        _ = try await connection.query(PostgresStatement("test", sql), timeout: .seconds(60))
        await connection.close()
    }

    /// The same database over a fresh connection, after the server was away.
    func reconnected() async throws -> TestDatabase {
        await connection.close()
        return TestDatabase(name: name, url: url, connection: try await Self.connect(url))
    }

    @discardableResult
    func run(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> PostgresResult {
        try await connection.query(PostgresStatement("test", sql, parameters), timeout: .seconds(60))
    }

    func number(_ sql: String) async throws -> Int64 {
        try #require(try await run(sql).int8(0, 0), "no number: \(sql)")
    }

    func strings(_ sql: String) async throws -> [String] {
        let rows = try await run(sql)
        return (0..<rows.rowCount).map { rows.string($0, 0) ?? "NULL" }
    }

    /// Waits until a query answers true.
    func waits(for sql: String, within limit: Duration = .seconds(60)) async throws {
        try await wait(for: sql, within: limit) { try await run(sql).bool(0, 0) == true }
    }
}
