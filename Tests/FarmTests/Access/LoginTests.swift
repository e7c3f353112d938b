import Foundation
import Testing

extension WholeFarm {
    /// Logins to PostgreSQL, over TLS: what is refused ends a program with 78 and says what to do, but no password.
    @Suite struct Logins {
        private func expect(
            _ child: Child,
            exits code: Int32,
            saying words: [String],
            hiding secrets: [String] = [TLSServer.password, "pass@word", "wrong-pass"]
        ) async throws {
            try await child.expectEnd(.exited(code))
            for word in words { #expect(child.log.contains(word), "\(word) is not in: \(child.log)") }
            for secret in secrets {
                #expect(!(child.log + child.output).contains(secret), "a secret in the log of \(child.name)")
            }
        }

        @Test func overTLS() async throws {
            try await TLSServer.run { server in
                try await Farm.run { farm in
                    let place = "127.0.0.1:\(server.port)/mention_farm as \(TLSServer.login)"
                    func worker(_ environment: [String: String]) -> Child {
                        farm.worker("--until-caught-up", "--log-level", "debug", environment: environment)
                    }
                    let good = worker(try server.environment(server.verified))
                    let plain = worker(try server.environment("sslmode=disable"))
                    let stranger = worker(
                        try server.environment("sslmode=verify-full&sslrootcert=\(server.otherAuthority)")
                    )
                    let noFile = worker(try server.environment("sslmode=verify-full&sslrootcert=/nowhere/root.crt"))
                    let otherName = worker(try server.environment(host: "localhost", server.verified))
                    try await expect(good, exits: 0, saying: [])
                    try await expect(plain, exits: 78, saying: [place, "no encryption", "sslmode=verify-full"])
                    try await expect(stranger, exits: 78, saying: ["certificate verify failed", "sslrootcert"])
                    try await expect(noFile, exits: 78, saying: ["/nowhere/root.crt", "sslrootcert"])
                    try await expect(otherName, exits: 78, saying: ["localhost", "sslrootcert", "verify-full"])

                    // mention-admin has its own way to connect.
                    for environment in [
                        try server.environment("sslmode=disable"),
                        try server.environment("sslmode=verify-full&sslrootcert=\(server.otherAuthority)"),
                    ] {
                        let admin = farm.start("mention-admin", ["status"], environment: environment)
                        try await expect(admin, exits: 78, saying: ["sslrootcert"])
                    }
                }
            }
        }

        @Test func withPasswords() async throws {
            try await TLSServer.run { server in
                try await Farm.run { farm in
                    let place = "127.0.0.1:\(server.port)/mention_farm as \(TLSServer.login)"
                    let wrong = try server.environment(password: "wrong-pass", server.verified)
                    let none = try server.environment(password: nil, server.verified + "&passfile=/nowhere")
                    for program in ["mention-worker", "mention-admin"] {
                        let arguments = program == "mention-admin" ? ["status"] : ["--log-level", "debug"]
                        try await expect(
                            farm.start(program, arguments, environment: wrong),
                            exits: 78,
                            saying: [place, "password authentication failed", "check user and password", "PGPASSFILE"]
                        )
                        try await expect(
                            farm.start(program, arguments, environment: none),
                            exits: 78,
                            saying: [place, "wants a password", "DATABASE_URL_FILE"]
                        )
                    }
                    // Every way to give the right one, but on the command line.
                    let passfile = farm.programs.file("passfile")
                    let escaped = TLSServer.password.replacing(":", with: "\\:")
                    try write("127.0.0.1:\(server.port):*:\(TLSServer.login):\(escaped)\n", to: passfile)
                    let urlFile = farm.programs.file("url")
                    let url = try #require(try server.environment(server.verified)["DATABASE_URL"])
                    try write(url + "\n", to: urlFile)
                    let noPassword = try server.environment(password: nil, server.verified)
                    for environment in [
                        noPassword.merging(["PGPASSFILE": passfile]) { $1 },
                        noPassword.merging(["PGPASSWORD": TLSServer.password]) { $1 },
                        ["DATABASE_URL": "", "DATABASE_URL_FILE": urlFile],
                        [
                            "DATABASE_URL": "", "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)",
                            "PGUSER": TLSServer.login, "PGDATABASE": "mention_farm", "PGPASSFILE": passfile,
                            "PGSSLMODE": "verify-full", "PGSSLROOTCERT": server.authority,
                        ],
                    ] {
                        let child = farm.start("mention-admin", ["status"], environment: environment)
                        try await expect(child, exits: 0, saying: [])
                    }
                }
            }
        }

        private func write(_ text: String, to path: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            chmod(path, 0o600)
        }
    }
}
