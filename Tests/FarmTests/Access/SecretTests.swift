import Foundation
import Persistence
import Testing

extension WholeFarm {
    /// No secret in what the programs write, at the most talkative level, nor in what `ps` shows of them.
    @Suite struct Secrets {
        /// Of this run alone: others may be under way on this machine.
        private static let marker = "MARKER\(getpid())x"

        /// The processes of this machine that show a text among their arguments, by name.
        private static func processes(showing text: String) -> [String] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.filter { Int($0) != nil }.compactMap { process in
                let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
                let arguments = String(decoding: data, as: UTF8.self)
                return arguments.contains(text) ? String(arguments.prefix { $0 != "\0" }) : nil
            }
        }

        private func expectSilence(_ child: Child, _ location: SourceLocation = #_sourceLocation) {
            for line in (child.log + child.output).split(separator: "\n") where line.contains(Self.marker) {
                Issue.record("\(child.name) says: \(line)", sourceLocation: location)
            }
        }

        @Test(.ownServer) func nothingIsWrittenDown() async throws {
            try await Farm.run { farm in
                let role = Farm.uniqueName("mf_secret", separator: "_")
                let password = "url-\(Self.marker)"
                try await farm.database.run(
                    "CREATE ROLE \(role) LOGIN PASSWORD '\(password)' IN ROLE \(DatabaseRoles.writer)"
                )
                var parts = try #require(URLComponents(string: farm.database.url))
                parts.user = role
                parts.password = password
                let environment = [
                    "DATABASE_URL": try #require(parts.string), "PGPASSWORD": "pg-\(Self.marker)",
                    "KAFKA_PROPERTY_SASL_PASSWORD": "sasl-\(Self.marker)", "KAFKA_PROPERTY_DEBUG": "all",
                    "MENTIONS_LOG_LEVEL": "trace",
                ]
                let runs: [(String, [String])] = [
                    ("mention-producer", ["generate", "--count", "50"]), ("mention-worker", ["--until-caught-up"]),
                    ("mention-admin", ["status"]), ("mention-admin", ["verify"]), ("mention-admin", ["lag"]),
                    ("mention-admin", ["migrate"]), ("mention-admin", ["advocates", "nobody"]),
                    ("mention-admin", ["reset", farm.topic, "0", "--to-earliest"]),
                    ("mention-admin", ["reset", "no-such-topic", "0", "--to-earliest"]),
                ]
                for (program, arguments) in runs {
                    let child = farm.start(program, arguments, environment: environment)
                    try await child.end()
                    expectSilence(child)
                }
                // A worker that loses its database, and a login that is taken away.
                let worker = farm.start("mention-worker", [], environment: environment)
                try await farm.database.waits(for: "SELECT EXISTS (SELECT FROM progress WHERE owner IS NOT NULL)")
                try await farm.database.run("ALTER ROLE \(role) NOLOGIN")
                try await farm.database.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\(role)'"
                )
                try await worker.expectEnd(.exited(78))
                expectSilence(worker)
                try await farm.database.run("DROP ROLE \(role)")
            }
        }

        /// The demo tells its children where the services are; nobody's secrets go with it.
        @Test(.ownServer) func notToTheChildrenOfTheDemo() async throws {
            try await Farm.run { farm in
                let demo = farm.start(
                    "mention-demo",
                    ["--seconds", "2", "--partitions", "4", "--rate", "200"],
                    environment: [
                        "DATABASE_URL": "postgresql://u:\(Self.marker)@127.0.0.1:1/d", "PGPASSWORD": Self.marker,
                        "KAFKA_PROPERTY_SASL_PASSWORD": Self.marker,
                    ]
                )
                var shown: [String] = []
                try await wait(for: "the end of the demo", within: .seconds(120)) {
                    shown += Self.processes(showing: Self.marker)
                    return demo.hasEnded
                }
                try await demo.expectEnd(.exited(0))
                #expect(shown.isEmpty)
                expectSilence(demo)
            }
        }

        @Test func malformedURLs() async throws {
            try await Farm.run { farm in
                let urls = [
                    "postgresql://u:\(Self.marker)@[half", "postgresql://u:pa@\(Self.marker)@127.0.0.1:1/d",
                    "postgresql://u:pa/\(Self.marker)@127.0.0.1:1/d", "postgresql://u:\(Self.marker)/x@127.0.0.1:1/d",
                    "postgresql://u:1/\(Self.marker)@127.0.0.1:1/d", "postgresql://u@c:\(Self.marker)@127.0.0.1:1/d",
                    "postgresql://u:\(Self.marker)%zz@127.0.0.1:1/d", "postgresql://u:\(Self.marker)@127.0.0.1:port/d",
                    "postgresql://u:\(Self.marker)@127.0.0.1:1/d?nonsense=1",
                    "postgresql://u:\(Self.marker)@127.0.0.1:1/d?sslmode=sometimes",
                    "postgresql:/u:\(Self.marker)@127.0.0.1:1/d", "postgres:u:\(Self.marker)@127.0.0.1:1/d?a=b",
                    "http://u:\(Self.marker)@127.0.0.1:1/d", "host=u:\(Self.marker)@127.0.0.1 port=1",
                    "host=127.0.0.1 password=a \(Self.marker)", "host=127.0.0.1 password='\(Self.marker)",
                ]
                for url in urls {
                    let settings = ["DATABASE_URL": url, "MENTIONS_LOG_LEVEL": "trace"]
                    let admin = farm.start("mention-admin", ["status"], environment: settings)
                    try await admin.expectEnd(.exited(78))
                    expectSilence(admin)
                }
                // All of it again as flags, which the parser would quote.
                for url in urls.prefix(4) {
                    for arguments in [
                        ["--database-url", url], ["--database-urll", url], ["--batch-records", "1", url],
                        ["--kafka-property", "sasl.password=\(Self.marker)", "--no-such-flag", url],
                    ] {
                        let worker = farm.start("mention-worker", arguments, environment: [:])
                        let status = try await worker.end()
                        #expect([.exited(78), .exited(64)].contains(status), "\(worker.log)")
                        expectSilence(worker)
                    }
                }
            }
        }

        /// A password on the command line is warned of, and blanked where `ps` looks.
        @Test func flagsAreBlanked() async throws {
            try await Farm.run { farm in
                let url = "postgresql://u:\(Self.marker)@127.0.0.1:1/d"
                let worker = farm.start(
                    "mention-worker",
                    ["--database-url", url, "--kafka-property", "sasl.password=\(Self.marker)"],
                    environment: ["DATABASE_URL": ""]
                )
                try await worker.line(with: "can be read by every user")
                let process = try #require(worker.processID)
                let shown = try #require(FileManager.default.contents(atPath: "/proc/\(process)/cmdline"))
                let arguments = shown.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                let stars = String(repeating: "*", count: Self.marker.utf8.count)
                #expect(arguments.contains("postgresql://u:\(stars)@127.0.0.1:1/d"), "\(arguments)")
                #expect(arguments.contains("sasl.password=\(stars)"), "\(arguments)")
                // And used all the same.
                try await worker.line(with: "127.0.0.1:1/d as u")
                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
                #expect(worker.lines(with: "DATABASE_URL_FILE").count == 1)
                expectSilence(worker)

                let quiet = farm.start("mention-admin", ["status"], environment: [:])
                try await quiet.expectEnd(.exited(0))
                #expect(quiet.lines(with: "can be read").isEmpty)
            }
        }
    }
}
