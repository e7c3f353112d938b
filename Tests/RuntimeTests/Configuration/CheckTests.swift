import Foundation
import Testing

@testable import Runtime

/// What `config check` says.
@Suite struct ConfigurationCheckTests {
    private let good = [
        "KAFKA_BOOTSTRAP_SERVERS": "broker:9092", "DATABASE_URL": "postgresql://farm:hunter2@db/mentions",
    ]

    private func check(
        _ extra: [String: String] = [:],
        flags: Flags = [:],
        file: String? = nil,
        of program: SettingKey.Program = .worker
    ) async throws -> ConfigurationCheck {
        let environment = good.merging(extra) { $1 }
        guard let file else {
            return ConfigurationCheck(try await Settings(flags: flags, environment: environment), of: program)
        }
        return try await withFile(file) { path in
            ConfigurationCheck(try await Settings(flags: flags, environment: environment, file: path), of: program)
        }
    }

    @Test func twoVariablesAreEnough() async throws {
        for program in SettingKey.Program.allCases {
            let check = try await check(of: program)
            #expect(check.findings.isEmpty, "\(program): \(check.findings)")
            #expect(check.isGood)
        }
    }

    @Test func nothingIsNotEnough() async throws {
        let check = ConfigurationCheck(try await Settings(flags: [:], environment: [:]), of: .worker)
        #expect(check.findings.map(\.subject) == ["kafka-bootstrap-servers", "database-url"])
        #expect(!check.isGood)
        // Most commands of mention-admin don't need Kafka.
        let admin = ConfigurationCheck(
            try await Settings(flags: [:], environment: ["PGHOST": "db"]),
            of: .admin
        )
        #expect(admin.isGood && admin.findings.map(\.severity) == [.warning])
    }

    @Test func eachValueNamesItsPlace() async throws {
        let check = try await check(
            ["MENTIONS_TOPIC": "a", "MENTIONS_GROUP": "b", "KAFKA_PROPERTY_CLIENT_RACK": "z1"],
            flags: ["topic": "c"],
            file: #"{"group": "d", "batch-records": 5}"#
        )
        let rows = Dictionary(check.rows.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        #expect(rows["topic"] == .init(name: "topic", value: "c", origin: "flag --topic"))
        #expect(rows["group"]?.origin == "environment MENTIONS_GROUP")
        #expect(rows["batch-records"]?.origin.hasSuffix("(batch-records)") == true)
        #expect(rows["batch-bytes"] == .init(name: "batch-bytes", value: "8388608", origin: "default"))
        #expect(rows["client.rack"]?.value == "z1")
        #expect(check.isGood)
    }

    @Test func secretsAreNeverShown() async throws {
        let secrets = [
            "KAFKA_PROPERTY_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_PROPERTY_SASL_MECHANISMS": "PLAIN",
            "KAFKA_PROPERTY_SASL_USERNAME": "farm", "KAFKA_PROPERTY_SASL_PASSWORD": "hunter2",
            "KAFKA_PROPERTY_SSL_KEY_PASSWORD": "12345", "KAFKA_PROPERTY_SSL_KEY_PEM": "hunter2",
            "KAFKA_PROPERTY_SOMETHING_NEW": "hunter2", "MENTIONS_DATABASE_URL": "hunter2",
        ]
        let check = try await check(
            secrets,
            flags: ["database-url": "postgresql://farm:hunter2@db/mentions?password=hunter2"],
            file: #"{"passwrod": "hunter2"}"#
        )
        for text in [check.page(), check.jsonLines()] {
            #expect(!text.contains("hunter2") && !text.contains("12345"))
            #expect(text.contains("postgresql://db/mentions") && text.contains("***"))
        }
    }

    @Test(
        arguments: [
            ("MENTIONS_TOPCI", "MENTIONS_TOPIC"), ("MENTION_GROUP", "MENTIONS_GROUP"),
            ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"), ("DATABASE_URI", "DATABASE_URL"),
            ("MENTIONS_BATCH_RECROD", "MENTIONS_BATCH_RECORDS"),
        ]
    )
    func typingErrorsAreFound(_ variable: String, _ meant: String) async throws {
        let check = try await check([variable: "1"])
        #expect(check.findings.map(\.subject) == [variable])
        #expect(check.findings.first?.text.contains("did you mean \(meant)?") == true, "\(check.findings)")
        #expect(!check.isGood)
    }

    @Test func strangersInTheEnvironmentAreLeftAlone() async throws {
        let others = [
            "KAFKA_HOME": "/k", "KAFKA_HEAP_OPTS": "-Xmx1g", "DATABASE_NAME": "x", "PATH": "/bin", "MENTION": "1",
        ]
        #expect(try await check(others).findings.isEmpty)
        #expect(try await check(["MENTIONS_ZEBRA": "1"]).isGood == false)
        #expect(try await check(["KAFKA_SASL_USERNAME": "1"]).findings.map(\.severity) == [.warning])
    }

    @Test func unknownKeysOfTheFileAreFound() async throws {
        let check = try await check(file: #"{"batch-recrods": 5, "zebra": 1, "topic": "t", "database-url-file": null}"#)
        #expect(check.findings.map(\.subject) == ["batch-recrods", "zebra"])
        #expect(check.findings.first?.text.contains("did you mean \"batch-records\"?") == true)
    }

    @Test func everyValueIsConverted() async throws {
        let check = try await check(
            ["MENTIONS_BATCH_RECORDS": "many", "MENTIONS_LOG_LEVEL": "loud", "MENTIONS_TOPIC": "a b"],
            flags: ["batch-linger": "3m", "synchronous-commit": "perhaps"]
        )
        let subjects = Set(check.findings.map(\.subject))
        #expect(subjects == ["batch-records", "log-level", "topic", "batch-linger", "synchronous-commit"])
        #expect(
            check.findings.allSatisfy { $0.severity == .wrong && $0.text.contains("give ") || $0.subject == "topic" }
        )
    }
}

/// Which properties go together.
@Suite struct KafkaPropertyRuleTests {
    private func findings(_ properties: [String: String], instance: String? = nil) -> [String] {
        KafkaPropertyRules.findings(properties, instanceID: instance).map { "\($0.severity.rawValue) \($0.text)" }
    }

    @Test(
        arguments: [
            ["security.protocol": "SSL"],
            ["security.protocol": "SASL_SSL", "sasl.mechanisms": "PLAIN", "sasl.username": "u", "sasl.password": "p"],
            [
                "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u",
                "sasl.password": "p",
            ],
            [
                "security.protocol": "SSL", "ssl.certificate.location": "/c", "ssl.key.location": "/k",
                "ssl.ca.location": "/a",
            ],
            [
                "security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc",
                "sasl.oauthbearer.client.id": "i", "sasl.oauthbearer.client.secret": "s",
                "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
            ],
        ]
    )
    func recipesAreGood(_ properties: [String: String]) {
        #expect(findings(properties).isEmpty)
    }

    @Test(
        arguments: [
            (["security.protocol": "SASL_SSL"], "wrong", "sasl.mechanisms"),
            (
                ["security.protocol": "SASL_SSL", "sasl.mechanisms": "SCRAM-SHA-256", "sasl.username": "u"], "wrong",
                "sasl.password"
            ),
            (["security.protocol": "SASL_SSL", "sasl.mechanisms": "AWS_MSK_IAM"], "wrong", "AWS_MSK_IAM"),
            (["security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER"], "wrong", "oidc"),
            (["sasl.mechanisms": "PLAIN", "sasl.username": "u", "sasl.password": "p"], "wrong", "SASL_SSL"),
            (["ssl.ca.location": "/ca"], "wrong", "ssl.ca.location"),
            (["security.protocol": "TLS"], "wrong", "security.protocol"),
            (["security.protocol": "SSL", "ssl.certificate.location": "/c"], "wrong", "ssl.key.location"),
            (["enable.auto.commit": "true"], "wrong", "enable.auto.commit"),
            (["auto.offset.reset": "latest"], "wrong", "auto.offset.reset"),
            (["partition.assignment.strategy": "cooperative-sticky"], "wrong", "cooperative"),
            (["security.protocol": "SSL", "enable.ssl.certificate.verification": "false"], "warning", "not checked"),
            (["security.protocol": "SSL", "ssl.endpoint.identification.algorithm": "none"], "warning", "name"),
            (
                [
                    "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "u",
                    "sasl.password": "p",
                ],
                "warning", "without TLS"
            ),
        ]
    )
    func whatCannotWorkIsSaid(_ properties: [String: String], _ severity: String, _ word: String) {
        let found = findings(properties)
        #expect(found.contains { $0.hasPrefix(severity) && $0.contains(word) }, "\(found)")
    }

    @Test func twoInstanceIdsAreOneTooMany() {
        #expect(findings(["group.instance.id": "a"], instance: "b").count == 1)
        #expect(findings(["group.instance.id": "a"]).isEmpty)
    }

    @Test func variablesLeadBack() {
        #expect(KafkaPropertyRules.variable("sasl.password") == "KAFKA_PROPERTY_SASL_PASSWORD")
        #expect(KafkaPropertyRules.variable("a_b.c") == "KAFKA_PROPERTY_A__B_C")
    }
}

/// How far names are apart.
@Suite struct SpellingTests {
    @Test(
        arguments: [
            ("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "ab", 1), ("", "ab", 2),
            ("ca", "abc", 3), ("kitten", "sitting", 3),
        ]
    )
    func slipsAreCounted(_ left: String, _ right: String, _ distance: Int) {
        #expect(Spelling.distance(left, right) == distance)
        #expect(Spelling.distance(right, left) == distance)
    }

    @Test func farNamesAreNoSuggestion() {
        #expect(Spelling.suggestion(for: "topci", among: ["topic", "group"]) == "topic")
        #expect(Spelling.suggestion(for: "zebra", among: ["topic", "group"]) == nil)
        #expect(Spelling.suggestion(for: "ab", among: ["cd"]) == nil)
        #expect(Spelling.suggestion(for: "topic", among: ["topic"]) == nil)
    }
}
