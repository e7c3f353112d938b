import Foundation
import MentionModel
import Persistence
import PostgresClient
import Testing

/// A migrated database with logins that are members of the roles and nothing else.
struct RoleLogins: Sendable {
    static let password = "role-tests"

    /// Mentions, dead letters, and a group of copies.
    static let payloads: [[UInt8]?] =
        WritingStream.records(seed: 3, mentions: 100)
        + (0..<3).map { MentionRecord.writing("copy-\($0)", text: "what goes around", second: Int64($0)).json }

    /// Two logins of the writers, one of the readers.
    let writer: TestDatabase
    let otherWriter: TestDatabase
    let reader: TestDatabase

    /// Runs a body with the database, a connection of the one who migrated it, and the logins, which go afterwards.
    static func with(_ body: (RoleLogins, PostgresConnection) async throws -> Void) async throws {
        let suffix = UInt32.random(in: .min ... .max)
        let names = ["farm_writer_\(suffix)", "farm_other_\(suffix)", "farm_reader_\(suffix)"]
        var failure: (any Error)?
        do {
            try await TestDatabase.with { database, owner in
                for name in names {
                    let role = name.hasPrefix("farm_reader") ? DatabaseRoles.reader : DatabaseRoles.writer
                    _ = try await owner.run("CREATE ROLE \(name) LOGIN PASSWORD '\(password)' IN ROLE \(role)")
                }
                let logins = RoleLogins(
                    writer: database.as(names[0]),
                    otherWriter: database.as(names[1]),
                    reader: database.as(names[2])
                )
                try await body(logins, owner)
            }
        } catch {
            failure = error
        }
        try await TestDatabase.dropRoles(names)
        if let failure { throw failure }
    }
}

extension TestDatabase {
    /// The same database for another login.
    func `as`(_ user: String, password: String = RoleLogins.password) -> TestDatabase {
        var parts = URLComponents(string: url) ?? URLComponents()
        parts.user = user
        parts.password = password
        return TestDatabase(name: name, url: parts.string ?? url)
    }

    /// Drops roles; their databases are gone by now.
    static func dropRoles(_ names: [String]) async throws {
        let admin = try await Schema.connect(
            PostgresTarget(url: ServerTrait.url),
            applicationName: "tests",
            timeout: .seconds(20)
        )
        for name in names { _ = try await admin.run("DROP ROLE IF EXISTS \(name)") }
        await admin.close()
    }
}

/// The SQLSTATE with which a statement is refused; nil when it is not.
func refusal(_ sql: String, _ connection: PostgresConnection) async -> String? {
    do throws(PostgresError) {
        _ = try await connection.run(sql)
        return nil
    } catch {
        return error.sqlState ?? "\(error)"
    }
}
