import EmbeddedServices
import Foundation
import Persistence
import PostgresClient
import Subprocess
import Testing

/// A PostgreSQL that takes TLS alone, with a certificate made for it, and passwords from everybody but its superuser.
struct TLSServer: Sendable {
    static let login = "farm_tls"
    /// With characters that a URL must encode.
    static let password = "tls:pass@word/1"

    let port: UInt16
    /// The certificate, which is its own authority, and another that has nothing to do with it.
    let authority: String
    let otherAuthority: String

    /// `verify-full` with the right authority, as the login.
    func environment(
        host: String = "127.0.0.1",
        password: String? = password,
        _ parameters: String
    ) throws -> [String: String] {
        var parts = URLComponents()
        parts.scheme = "postgresql"
        parts.user = Self.login
        parts.host = host
        parts.port = Int(port)
        parts.path = "/" + EmbeddedPostgres.databaseName
        parts.password = password
        // Foundation leaves the colon, and libpq takes it.
        return ["DATABASE_URL": try #require(parts.string) + "?" + parameters]
    }

    var verified: String { "sslmode=verify-full&sslrootcert=\(authority)" }

    /// Runs a body with a server that has the schema, and the login among its writers.
    static func run(_ body: (TLSServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/mention-farm-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await certificate("server", in: folder)
        try await certificate("other", in: folder)
        let access = """
            hostssl all postgres 127.0.0.1/32 trust
            hostssl all all 127.0.0.1/32 scram-sha-256

            """
        try Data(access.utf8).write(to: URL(fileURLWithPath: "\(folder)/pg_hba.conf"))
        let server = try await EmbeddedPostgres.start(settings: [
            "fsync": "off", "ssl": "on", "ssl_cert_file": "\(folder)/server.crt",
            "ssl_key_file": "\(folder)/server.key", "hba_file": "\(folder)/pg_hba.conf",
        ])
        var failure: (any Error)?
        do {
            let owner = try await TestDatabase.connect(server.url)
            try await Migrator.migrate(owner)
            try await owner.execute(
                script: "CREATE ROLE \(login) LOGIN PASSWORD '\(password)' IN ROLE \(DatabaseRoles.writer)"
            )
            await owner.close()
            try await body(
                TLSServer(
                    port: server.port,
                    authority: "\(folder)/server.crt",
                    otherAuthority: "\(folder)/other.crt"
                )
            )
        } catch {
            failure = error
        }
        await server.stop(mode: .immediate)
        if let failure { throw failure }
    }

    /// Makes a key and a certificate for 127.0.0.1 that is signed with it. The server's account owns the key.
    private static func certificate(_ name: String, in folder: String) async throws {
        let made = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=mention-farm-\(name)", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt",
            ],
            output: .string(limit: 1 << 16),
            error: .combinedWithOutput
        )
        try #require(made.terminationStatus.isSuccess, "openssl: \(made.standardOutput)")
        if geteuid() == 0 {
            let account = try #require(getpwnam("postgres"))
            chown("\(folder)/\(name).key", account.pointee.pw_uid, account.pointee.pw_gid)
        }
        chmod("\(folder)/\(name).key", 0o600)
    }
}
