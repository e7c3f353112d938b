import EmbeddedServices
import Foundation
import PostgresClient
import Testing

extension WithServer {
    @Suite struct Connecting {
        private func refusal(_ url: String, timeout: Duration = .seconds(30)) async throws -> PostgresError {
            try await failure { () throws(PostgresError) in
                try await PostgresConnection.connect(
                    PostgresTarget(url: url),
                    applicationName: "test",
                    timeout: timeout
                )
            }
        }

        @Test(.enabled(if: TestDatabase.isOwn)) func refusedLogins() async throws {
            let server = try #require(try TestDatabase.required().server)
            let admin = try await TestDatabase.connect()
            try await admin.execute(script: "CREATE ROLE guarded LOGIN PASSWORD 'right-password'")
            let place = "127.0.0.1:\(server.port)"

            let wrong = try await refusal("postgresql://guarded:wrong-secret@\(place)/mention_farm")
            #expect(wrong.kind == .server(sqlState: "28P01"))
            #expect(wrong.failureClass == .configuration)
            #expect(wrong.message.contains("\(place)/mention_farm as guarded"))
            #expect(!wrong.description.contains("wrong-secret"))

            let missing = try await refusal("postgresql://guarded@\(place)/mention_farm?passfile=/nowhere")
            #expect(missing.failureClass == .configuration)

            let database = try await refusal("postgresql://postgres@\(place)/no_such_database")
            #expect(database.kind == .server(sqlState: "3D000"))
            #expect(database.message.contains("no_such_database"))

            let role = try await refusal("postgresql://nobody_here:secret@\(place)/mention_farm")
            #expect(role.kind == .server(sqlState: "28P01"))

            let encrypted = try await refusal("postgresql://postgres@\(place)/mention_farm?sslmode=require")
            #expect(encrypted.failureClass == .configuration)

            let welcome = try await PostgresConnection.connect(
                PostgresTarget(url: "postgresql://guarded:right-password@\(place)/mention_farm"),
                applicationName: "welcome",
                timeout: .seconds(30)
            )
            let name = PostgresStatement("test.name", "SELECT current_setting('application_name'), current_user")
            let result = try await welcome.query(name)
            #expect(result.string(0, 0) == "welcome")
            #expect(result.string(0, 1) == "guarded")
            #expect(welcome.serverVersion >= 150_000)
            await welcome.close()
            await admin.close()
        }

        @Test(.enabled(if: TestDatabase.isOwn)) func tooManyConnections() async throws {
            let server = try #require(try TestDatabase.required().server)
            let admin = try await TestDatabase.connect()
            try await admin.execute(script: "CREATE DATABASE narrow CONNECTION LIMIT 0")
            try await admin.execute(script: "CREATE ROLE narrow LOGIN PASSWORD 'p'")
            let error = try await refusal("postgresql://narrow:p@127.0.0.1:\(server.port)/narrow")
            #expect(error.kind == .server(sqlState: "53300"))
            #expect(error.failureClass == .transient)
            await admin.close()
        }

        @Test(arguments: [
            "postgresql://user:pass-word@[half", "nonsense=pass-word", "postgresql://u:pass-word@h/d?unknown=1",
            "postgresql://u:a@pass-word@127.0.0.1:1/d", "postgresql://u:a/pass-word@127.0.0.1:1/d",
            "postgresql://u:1/pass-word@127.0.0.1:1/d", "host=u:pass-word@127.0.0.1 port=1",
            "postgresql://u:pass-word@127.0.0.1:99999/d", "postgresql://u:pass-word@127.0.0.1/d?sslmode=sometimes",
        ])
        func unreadableTargets(_ url: String) async throws {
            let error = try await refusal(url)
            #expect(error.kind == .invalidTarget)
            #expect(error.failureClass == .configuration)
            #expect(!error.description.contains("pass-word"))
        }

        @Test func nobodyListens() async throws {
            let refused = try await refusal("postgresql://u:pass-word@127.0.0.1:1/d")
            #expect(refused.kind == .connectionRefused)
            #expect(refused.failureClass == .transient)
            #expect(refused.message.contains("127.0.0.1:1/d as u"))
            #expect(!refused.description.contains("pass-word"))
            let socket = try await refusal("postgresql:///d?host=/nowhere&user=u")
            #expect(socket.kind == .connectionRefused)
            let unknown = try await refusal("postgresql://u@no-such-host.invalid/d")
            #expect(unknown.kind == .connectionRefused)
        }

        /// A listener that never answers: the deadline and a cancellation both end the attempt.
        @Test func silentServer() async throws {
            let listener = try #require(SilentListener())
            let url = "postgresql://u@127.0.0.1:\(listener.port)/d?sslmode=disable"
            #expect(try await refusal(url, timeout: .milliseconds(50)).kind == .timedOut)
            let task = Task { try await refusal(url, timeout: .seconds(600)) }
            task.cancel()
            #expect(try await task.value.kind == .cancelled)
        }

        @Test func descriptionsHideThePassword() {
            let target = PostgresTarget(url: "postgresql://farm:pass-word@db.example:6543/mentions")
            #expect("\(target)" == "db.example:6543/mentions as farm")
            var dumped = ""
            dump(target, to: &dumped)
            for text in [String(reflecting: target), dumped, "\([target])"] { #expect(!text.contains("pass-word")) }
        }
    }
}

/// A TCP port of the loopback that takes connections and says nothing.
final class SilentListener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init?() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        if !bound { return nil }
    }

    deinit {
        close(descriptor)
    }
}
