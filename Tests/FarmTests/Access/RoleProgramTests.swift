import Foundation
import Persistence
import PostgresClient
import Testing

extension WholeFarm {
    /// The programs as logins that have one of the two roles and nothing else.
    @Suite struct Roles {
        @Test(.ownServer) func workAsWriterAndLookAsReader() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 61, count: 2_000)
                try await farm.publish(stream.records)
                let (writer, reader) = (
                    Farm.uniqueName("mf_writer", separator: "_"), Farm.uniqueName("mf_reader", separator: "_")
                )
                for (login, role) in [(writer, DatabaseRoles.writer), (reader, DatabaseRoles.reader)] {
                    try await farm.database.run("CREATE ROLE \(login) LOGIN PASSWORD 'p-\(login)' IN ROLE \(role)")
                }
                func run(_ login: String, _ program: String, _ arguments: [String]) async throws -> Child {
                    var parts = try #require(URLComponents(string: farm.database.url))
                    parts.user = login
                    parts.password = "p-\(login)"
                    let environment = ["DATABASE_URL": try #require(parts.string)]
                    let child = farm.start(program, arguments, environment: environment)
                    try await child.end()
                    return child
                }
                func expect(_ login: String, _ arguments: [String], exits code: Int32 = 0) async throws {
                    let child = try await run(login, "mention-admin", arguments)
                    try await child.expectEnd(.exited(code))
                    if code == 78 { #expect(child.log.contains("GRANT mention_farm_writer"), "\(child.log)") }
                }

                let brands = farm.programs.file("brands.ndjson")
                try Data("{\"name\": \"Farm\", \"aliases\": [\"the\"]}\n".utf8).write(to: URL(fileURLWithPath: brands))
                try await expect(writer, ["migrate"])
                try await expect(writer, ["brands", "import", brands])
                let worker = try await run(writer, "mention-worker", ["--until-caught-up", "--session-timeout", "6s"])
                try await worker.expectEnd(.exited(0))
                #expect(try worker.summary()["records"] == 2_000)
                try await farm.expectVerified(records: 2_000)
                try await farm.relateAll()

                let brand = try #require(try await farm.database.strings("SELECT min(brand) FROM advocate").first)
                let looks = [
                    ["status"], ["lag"], ["advocates", brand], ["clusters"], ["dead-letters", "list"],
                    ["search", "the"],
                ]
                let more = [["verify"], ["brands", "list"]]
                for arguments in looks + more { try await expect(writer, arguments) }
                for arguments in looks { try await expect(reader, arguments) }
                for arguments in more + [["brands", "remove", "Farm"], ["migrate"]] {
                    try await expect(reader, arguments, exits: 78)
                }
                try await expect(writer, ["reset", farm.topic, "0", "--to-offset", "0"])
                let refused = try await run(reader, "mention-worker", ["--until-caught-up"])
                try await refused.expectEnd(.exited(78))
                #expect(refused.log.contains("GRANT mention_farm_writer TO \"\(reader)\""), "\(refused.log)")
                for login in [writer, reader] { try await farm.database.run("DROP ROLE \(login)") }
            }
        }
    }
}
