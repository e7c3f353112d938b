import Foundation
import Testing

extension WholeFarm {
    /// librdkafka's security properties reach the broker, and what it answers reaches the user.
    @Suite struct KafkaLogins {
        private static let password = "kafka-pass-7f3a"

        /// The programs that talk to Kafka, with arguments of a short run.
        private static let programs: [(name: String, arguments: [String])] = [
            ("mention-worker", ["--until-caught-up", "--log-level", "debug"]),
            ("mention-producer", ["generate", "--count", "1", "--log-level", "debug"]),
            ("mention-admin", ["lag", "--log-level", "debug"]),
        ]

        @Test func tlsIsSpoken() async throws {
            try await Farm.run { farm in
                for program in Self.programs {
                    try await FakeBroker.run { broker in
                        let child = farm.start(
                            program.name,
                            program.arguments + ["--give-up-after", "2s", "--kafka-property", "security.protocol=SSL"],
                            environment: ["KAFKA_BOOTSTRAP_SERVERS": broker.servers]
                        )
                        try await wait(for: "the first bytes of \(program.name)") { broker.firstBytes.count >= 6 }
                        // A handshake record of TLS, and in it a ClientHello.
                        let bytes = broker.firstBytes
                        #expect(bytes[0] == 0x16 && bytes[1] == 0x03 && bytes[5] == 0x01, "\(bytes)")
                        // The listener hangs up in the middle of the handshake: a refusal, or a broker that is away.
                        let status = try await child.end()
                        #expect([.exited(78), .exited(69)].contains(status), "\(status) \(child.log)")
                        #expect(child.log.contains("127.0.0.1:\(broker.port)"), "\(child.log)")
                    }
                }
            }
        }

        @Test(arguments: ["flag", "environment", "file"]) func refusedLoginsAreSaid(_ spelling: String) async throws {
            try await Farm.run { farm in
                let file = farm.programs.file("password")
                try Data((Self.password + "\n").utf8).write(to: URL(fileURLWithPath: file))
                for program in Self.programs {
                    try await FakeBroker.run { broker in
                        var environment = ["KAFKA_BOOTSTRAP_SERVERS": broker.servers]
                        var arguments = program.arguments
                        switch spelling {
                        case "flag":
                            for property in [
                                "security.protocol=SASL_PLAINTEXT", "sasl.mechanisms=PLAIN", "sasl.username=farm",
                                "sasl.password=\(Self.password)",
                            ] { arguments += ["--kafka-property", property] }
                        default:
                            environment["KAFKA_PROPERTY_SECURITY_PROTOCOL"] = "SASL_PLAINTEXT"
                            environment["KAFKA_PROPERTY_SASL_MECHANISMS"] = "PLAIN"
                            environment["KAFKA_PROPERTY_SASL_USERNAME"] = "farm"
                            let isFile = spelling == "file"
                            environment["KAFKA_PROPERTY_SASL_PASSWORD" + (isFile ? "_FILE" : "")] =
                                isFile ? file : Self.password
                            environment["KAFKA_PROPERTY_DEBUG"] = "all"
                        }
                        let child = farm.start(program.name, arguments, environment: environment)
                        try await child.expectEnd(.exited(78))
                        #expect(broker.logins.first == .init(user: "farm", password: Self.password))
                        let text = child.log + child.output
                        #expect(text.contains("Kafka refuses") && text.contains("sasl.*"), "\(text)")
                        #expect(text.contains("no such login: farm with ***"), "\(text)")
                        #expect(!text.contains(Self.password), "a secret in the log of \(child.name)")
                    }
                }
            }
        }
    }
}
