import ArgumentParser
import Testing

@testable import Runtime

/// Each place in turn, from the strongest to the weakest.
@Suite struct Precedence {
    private func rate(flag: Int?, variable: String?, file: String) async throws -> Int {
        try await withFile(file) { path in
            let environment = variable.map { ["MENTIONS_RATE": $0] } ?? [:]
            return try await Settings(flags: ["rate": flag], environment: environment, file: path)
                .int("rate", default: 4)
        }
    }

    @Test func flagBeatsEnvironmentBeatsFileBeatsDefault() async throws {
        #expect(try await rate(flag: 1, variable: "2", file: #"{"rate": 3}"#) == 1)
        #expect(try await rate(flag: nil, variable: "2", file: #"{"rate": 3}"#) == 2)
        #expect(try await rate(flag: nil, variable: nil, file: #"{"rate": 3}"#) == 3)
        #expect(try await rate(flag: nil, variable: nil, file: "{}") == 4)
    }

    @Test func emptyVariableCountsAsAbsent() async throws {
        #expect(try await rate(flag: nil, variable: "", file: #"{"rate": "3"}"#) == 3)
    }

    @Test func theEnvironmentNamesTheFile() async throws {
        try await withFile(#"{"topic": "other"}"#) { path in
            let settings = try await Settings(flags: [:], environment: ["MENTIONS_CONFIG": path])
            #expect(try settings.string("topic") == "other")
        }
    }

    @Test func nullInTheFileCountsAsAbsent() async throws {
        #expect(try await rate(flag: nil, variable: nil, file: #"{"rate": null}"#) == 4)
    }

    @Test func falseFlagsAndEmptyListsAreNotGiven() async throws {
        let settings = try await Settings(
            flags: ["quiet": false, "brand": [String]()],
            environment: ["MENTIONS_QUIET": "yes", "MENTIONS_BRAND": "a, b"]
        )
        #expect(try settings.bool("quiet"))
        #expect(try settings.strings("brand") == ["a", "b"])
    }

    @Test func unreadableFileIsNamed() async throws {
        await #expect(throws: ConfigurationError.self) {
            try await Settings(flags: [:], environment: [:], file: "/nowhere/at/all.json")
        }
        try await withFile(#"{"database-url": "postgresql://u:hunter2@h/d""#) { path in
            let error = await #expect(throws: ConfigurationError.self) {
                try await Settings(flags: [:], environment: [:], file: path)
            }
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("hunter2") == false)
        }
    }
}

@Suite struct SecretFiles {
    @Test func variableNamesAFile() async throws {
        try await withFile("postgresql://u:hunter2@h/d\n") { path in
            let settings = try await Settings(flags: [:], environment: ["DATABASE_URL_FILE": path])
            #expect(try settings.database().connectionString.revealed == "postgresql://u:hunter2@h/d")
        }
    }

    @Test func flagAndFileNameAFile() async throws {
        try await withFile("secret words") { path in
            let flags = try DatabaseOptions.parse(["--database-url-file", path]).flags
            let fromFlag = try await Settings(flags: flags, environment: ["DATABASE_URL": "weaker"])
            #expect(try fromFlag.string("database-url") == "secret words")
            try await withFile(#"{"database-url-file": "\#(path)"}"#) { config in
                let settings = try await Settings(flags: [:], environment: [:], file: config)
                #expect(try settings.string("database-url") == "secret words")
            }
        }
    }

    @Test func bothInOnePlaceAreRefused() async throws {
        let settings = try await Settings(flags: [:], environment: ["DATABASE_URL": "a", "DATABASE_URL_FILE": "b"])
        let error = #expect(throws: ConfigurationError.self) { try settings.secret("database-url") }
        #expect(error?.description.contains("DATABASE_URL_FILE") == true)
    }

    @Test func missingFileIsNamed() async throws {
        let settings = try await Settings(flags: [:], environment: ["DATABASE_URL_FILE": "/nowhere/at/all"])
        let error = #expect(throws: ConfigurationError.self) { try settings.database() }
        #expect(error?.description.contains("/nowhere/at/all") == true)
        #expect(error?.programFailure.exitStatus == .configuration)
    }
}

@Suite struct KafkaSettingsTests {
    @Test func propertiesOfEveryPlaceMergeByName() async throws {
        let options = try KafkaOptions.parse([
            "--kafka-bootstrap-servers", "k:9092", "--kafka-property", "security.protocol=SASL_SSL",
            "--kafka-property", "sasl.password=a=b",
        ])
        let environment = ["KAFKA_PROPERTY_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10"]
        try await withFile(#"{"kafka-property": ["fetch.wait.max.ms=20", "client.id=farm"]}"#) { path in
            let settings = try await Settings(flags: options.flags, environment: environment, file: path)
            let kafka = try settings.kafka()
            #expect(
                kafka.revealedProperties == [
                    "security.protocol": "SASL_SSL", "sasl.password": "a=b", "fetch.wait.max.ms": "10",
                    "client.id": "farm",
                ]
            )
            #expect(kafka.bootstrapServers == "k:9092")
            #expect(kafka.topic == "mentions")
            #expect(kafka.group == "mention-farm")
        }
    }

    @Test func propertyFromAFile() async throws {
        try await withFile("hunter2\n") { path in
            let environment = ["KAFKA_BOOTSTRAP_SERVERS": "k:1", "KAFKA_PROPERTY_SASL_PASSWORD_FILE": path]
            let kafka = try await Settings(flags: [:], environment: environment).kafka()
            #expect(kafka.revealedProperties == ["sasl.password": "hunter2"])
            let flags = try KafkaOptions.parse(["--kafka-property-file", "sasl.password=\(path)"]).flags
            let other = try await Settings(flags: flags, environment: ["KAFKA_BOOTSTRAP_SERVERS": "k:1"]).kafka()
            #expect(other.revealedProperties == ["sasl.password": "hunter2"])
        }
    }

    @Test func doubleUnderscoreStandsForOne() async throws {
        let environment = ["KAFKA_BOOTSTRAP_SERVERS": "k:1", "KAFKA_PROPERTY_SSL__X_Y": "v"]
        let kafka = try await Settings(flags: [:], environment: environment).kafka()
        #expect(kafka.revealedProperties == ["ssl_x.y": "v"])
    }

    @Test func missingServersAreAConfigurationError() async throws {
        let settings = try await Settings(flags: [:], environment: [:])
        let error = #expect(throws: ConfigurationError.self) { try settings.kafka() }
        #expect(error?.programFailure.exitStatus == .configuration)
        #expect(error?.description.contains("KAFKA_BOOTSTRAP_SERVERS") == true)
    }

    @Test(arguments: ["", "a b", "..", "müll", String(repeating: "x", count: 250)])
    func badTopicIsAUsageError(_ topic: String) async throws {
        let flags = try KafkaOptions.parse(["--kafka-bootstrap-servers", "k:1", "--topic", topic]).flags
        let settings = try await Settings(flags: flags, environment: [:])
        let error = #expect(throws: ConfigurationError.self) { try settings.kafka() }
        #expect(error?.programFailure.exitStatus == .usage)
    }

    @Test func topicAndGroupHaveTheContractsVariables() async throws {
        let environment = ["KAFKA_BOOTSTRAP_SERVERS": "k:1", "MENTIONS_TOPIC": "t", "MENTIONS_GROUP": "g"]
        let kafka = try await Settings(flags: [:], environment: environment).kafka()
        #expect(kafka.topic == "t")
        #expect(kafka.group == "g")
    }
}

@Suite struct SecretsStayHidden {
    @Test func noDescriptionShowsThem() async throws {
        let environment = [
            "KAFKA_BOOTSTRAP_SERVERS": "k:1", "KAFKA_PROPERTY_SASL_PASSWORD": "hunter2",
            "DATABASE_URL": "postgresql://u:hunter2@db:5433/farm?password=hunter2",
        ]
        let settings = try await Settings(
            flags: ["kafka-property": ["ssl.key.password=hunter2"]],
            environment: environment
        )
        let kafka = try settings.kafka()
        let database = try settings.database()
        var dumped = ""
        dump(database, to: &dumped)
        dump(kafka, to: &dumped)
        for shown in ["\(kafka)", "\(database)", "\(database.connectionString)", dumped, "\(settings)"] {
            #expect(!shown.contains("hunter2"))
        }
        #expect("\(database)" == "postgresql://db:5433/farm")
        let words = DatabaseSettings(connectionString: Secret("host=h password=hunter2 dbname=d"))
        #expect("\(words)" == "host=h dbname=d")
    }

    @Test func neitherDoesTheErrorOfABadURL() async throws {
        let settings = try await Settings(flags: [:], environment: ["DATABASE_URL": "mysql://u:hunter2@h/d"])
        let error = #expect(throws: ConfigurationError.self) { try settings.database() }
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.description.contains("DATABASE_URL") == true)
    }

    @Test func noDatabaseAtAllSaysHowToGiveOne() async throws {
        let none = try await Settings(flags: [:], environment: [:])
        #expect(throws: ConfigurationError.self) { try none.database() }
        let libpq = try await Settings(flags: [:], environment: ["PGHOST": "/run/postgresql"])
        #expect(try libpq.database().connectionString.revealed.isEmpty)
    }
}

@Suite struct Conversions {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("12h", .seconds(43_200)),
        ("30d", .seconds(2_592_000)), ("7us", .microseconds(7)), ("0s", .zero),
    ])
    func durations(_ text: String, _ expected: Duration) {
        #expect(Settings.parseDuration(text) == expected)
    }

    @Test(arguments: [
        "", "s", "30", "-1s", "1.5s", "30 s", "1w", "9223372036854775807d", "99999999999999999999s", "٣s",
    ])
    func badDurations(_ text: String) {
        #expect(Settings.parseDuration(text) == nil)
    }

    @Test func errorsNameThePlaceTheValueAndTheRemedy() async throws {
        let settings = try await Settings(
            flags: ["rate": "fast"],
            environment: ["MENTIONS_BATCH": "0", "MENTIONS_WAIT": "soon", "MENTIONS_LOG_LEVEL": "loud"]
        )
        let rate = #expect(throws: ConfigurationError.self) { try settings.int("rate", default: 1) }
        #expect(rate?.description == #"--rate is "fast": give a whole number of at least 0"#)
        #expect(rate?.programFailure.exitStatus == .usage)
        let batch = #expect(throws: ConfigurationError.self) { try settings.int("batch", default: 5, in: 1...9) }
        #expect(
            batch?.description == #"the environment variable MENTIONS_BATCH is "0": give a whole number from 1 to 9"#
        )
        #expect(batch?.programFailure.exitStatus == .configuration)
        #expect(throws: ConfigurationError.self) { try settings.duration("wait", default: .seconds(1)) }
        #expect(throws: ConfigurationError.self) { try settings.choice("log-level", default: LogFormat.text) }
    }

    @Test func fileHoldsTypedValues() async throws {
        try await withFile(#"{"on": true, "share": 0.25, "batch": 1000, "brand": ["a", "b"], "nested": {"x": 1}}"#) {
            let settings = try await Settings(flags: [:], environment: [:], file: $0)
            #expect(try settings.bool("on"))
            #expect(try settings.double("share", default: 0, in: 0...1) == 0.25)
            #expect(try settings.int("batch") == 1000)
            #expect(try settings.strings("brand") == ["a", "b"])
            #expect(try settings.int("nested.x") == 1)
            #expect(throws: ConfigurationError.self) { try settings.string("brand") }
        }
    }
}
