import EmbeddedServices
import Foundation
import Persistence
import Testing

extension FarmUnderFaults {
    /// What is wrong with the set-up ends a worker at once, with the contract's exit code and one sentence.
    @Suite struct Refusals {
        private static let secret = "hunter2-7f3a"

        /// Expects the end of a worker with a code and a sentence.
        private func expect(_ worker: Child, exits code: Int32, saying words: String...) async throws {
            try await worker.expectEnd(.exited(code))
            #expect(worker.output.isEmpty, "\(worker.output)")
            #expect(!worker.log.contains(Self.secret), "a secret in the log of \(worker.name)")
            // Usage errors are followed by a hint of how to call the program.
            let sentence = worker.lines(with: code == 64 ? "Error: " : "mention-worker: ")
            let place = worker.log
            #expect(sentence.count == 1 || code == 64, "\(place)")
            for word in words { #expect(worker.log.contains(word), "\(word) is not in: \(place)") }
        }

        private func url(_ farm: Farm, _ change: (inout URLComponents) -> Void) throws -> [String: String] {
            var parts = try #require(URLComponents(string: farm.database.url))
            change(&parts)
            return ["DATABASE_URL": try #require(parts.string)]
        }

        @Test func wrongSettings() async throws {
            try await Farm.run { farm in
                let noURL = farm.worker(environment: ["DATABASE_URL": "http://\(Self.secret)@somewhere"])
                let noDatabase = farm.worker(environment: try url(farm) { $0.path = "/no_such_database" })
                let noUser = farm.worker(
                    environment: try url(farm) {
                        $0.user = "no_such_user"
                        $0.password = Self.secret
                    }
                )
                let noTopic = farm.worker("--topic", "no-such-topic")
                let noOption = farm.worker("--no-such-option")
                let badValue = farm.worker("--batch-records", "many")
                let noServers = farm.worker(environment: ["KAFKA_BOOTSTRAP_SERVERS": ""])
                let noProperty = farm.worker("--kafka-property", "no.such.property=\(Self.secret)")
                let noHost = farm.worker(
                    "--until-caught-up",
                    "--give-up-after",
                    "1s",
                    environment: ["DATABASE_URL": "postgresql://farm:\(Self.secret)@127.0.0.1:1/farm"]
                )
                try await expect(noURL, exits: 78, saying: "DATABASE_URL")
                try await expect(noDatabase, exits: 78, saying: "no_such_database")
                try await expect(noUser, exits: 78, saying: "no_such_user")
                try await expect(noTopic, exits: 78, saying: "no-such-topic", "--topic")
                try await expect(noOption, exits: 64, saying: "--no-such-option")
                try await expect(badValue, exits: 64, saying: "--batch-records")
                try await expect(noServers, exits: 78, saying: "KAFKA_BOOTSTRAP_SERVERS")
                try await expect(noProperty, exits: 78, saying: "no.such.property")
                try await expect(noHost, exits: 69, saying: "PostgreSQL stayed away")
            }
        }

        @Test(.ownServer) func wrongPassword() async throws {
            try await Farm.run { farm in
                let role = Farm.uniqueName("mf_role", separator: "_")
                try await farm.database.run("CREATE ROLE \(role) LOGIN PASSWORD 'right'")
                let worker = farm.worker(
                    environment: try url(farm) {
                        $0.user = role
                        $0.password = Self.secret
                    }
                )
                try await expect(worker, exits: 78, saying: role, "DATABASE_URL")
                // The right password, and no rights on the schema.
                let powerless = farm.worker(
                    environment: try url(farm) {
                        $0.user = role
                        $0.password = "right"
                    }
                )
                try await expect(powerless, exits: 78, saying: "rights")
                try await farm.database.run("DROP ROLE \(role)")
            }
        }

        @Test func missingSchema() async throws {
            try await Farm.run(migrated: false) { farm in
                try await expect(farm.worker(), exits: 78, saying: "mention-admin migrate")
            }
        }

        @Test func schemaFromTheFuture() async throws {
            try await Farm.run { farm in
                try await farm.database.run(
                    "INSERT INTO mention_store.migration (number, name, checksum) VALUES ($1, 'future', '')",
                    [.int4(Schema.version + 1)]
                )
                try await expect(farm.worker(), exits: 78, saying: "upgrade")
            }
        }
    }
}
