import EmbeddedServices
import Foundation
import PostgresClient
import Testing

/// Life and death of servers of their own.
@Suite(.enabled(if: TestDatabase.isOwn)) struct EmbeddedPostgresTests {
    private func connect(_ server: EmbeddedPostgres) async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            PostgresTarget(url: server.url),
            applicationName: "test",
            timeout: .seconds(30)
        )
    }

    @Test func restartKeepsPortAndData() async throws {
        let server = try await EmbeddedPostgres.start(settings: ["shared_buffers": "32MB"])
        do {
            let first = try await connect(server)
            try await first.execute(script: "CREATE TABLE kept (k int8); INSERT INTO kept VALUES (7)")
            async let waiting = failure { () throws(PostgresError) in
                try await first.query(PostgresStatement("test.sleep", "SELECT pg_sleep(600)"))
            }
            try await server.restart(mode: .immediate)
            #expect(try await waiting.kind == .connectionLost)
            let second = try await connect(server)
            let result = try await second.query(PostgresStatement("test.kept", "SELECT k FROM kept"))
            #expect(result.int8(0, 0) == 7)
            await server.halt()
            let gone = try await failure { () throws(PostgresError) in
                try await second.query(PostgresStatement("test.kept", "SELECT k FROM kept"))
            }
            #expect(gone.kind == .connectionLost)
            try await server.resume()
            let third = try await connect(server)
            #expect(try await third.query(PostgresStatement("test.kept", "SELECT k FROM kept")).rowCount == 1)
        } catch {
            await server.stop(mode: .immediate)
            throw error
        }
        await server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.dataDirectory))
    }

    @Test func givenFolderIsKept() async throws {
        let folder = Self.folder("given")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try await EmbeddedPostgres.start(dataDirectory: folder)
        let connection = try await connect(first)
        try await connection.execute(script: "CREATE TABLE kept (k int8)")
        await first.stop()
        #expect(FileManager.default.fileExists(atPath: folder + "/PG_VERSION"))
        let second = try await EmbeddedPostgres.start(dataDirectory: folder)
        let again = try await connect(second)
        _ = try await again.query(PostgresStatement("test.kept", "SELECT k FROM kept"))
        await second.stop()
    }

    @Test func foreignFolderIsLeftAlone() async throws {
        let folder = Self.folder("foreign")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/note"))
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await EmbeddedPostgres.start(dataDirectory: folder)
        }
        #expect(error?.code == .badDataDirectory)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["note"])
    }

    @Test func badSettingEndsWithTheLog() async throws {
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await EmbeddedPostgres.start(settings: ["no_such_setting": "1"])
        }
        #expect(error?.code == .startFailed)
        #expect(error?.description.contains("no_such_setting") == true)
    }

    /// A server or half a cluster that a cancelled start left behind would be in the way of the next.
    @Test func cancelledStartLeavesNothing() async throws {
        let folder = Self.folder("cancelled")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let task = Task { try await EmbeddedPostgres.start(dataDirectory: folder) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        let server = try await EmbeddedPostgres.start(dataDirectory: folder)
        await server.stop(mode: .immediate)
    }

    private static func folder(_ purpose: String) -> String {
        FileManager.default.temporaryDirectory.path + "/mention-farm-\(purpose)-\(UInt64.random(in: .min ... .max))"
    }
}
