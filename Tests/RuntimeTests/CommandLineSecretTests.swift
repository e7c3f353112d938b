import Testing

@testable import Runtime

/// What of a command line is a password.
@Suite struct CommandLineSecretTests {
    @Test(arguments: [
        ("postgresql://farm:hunter2@db/mentions", "postgresql://farm:***@db/mentions"),
        ("--database-url=postgresql://farm:hun:ter@2@db/mentions", "--database-url=postgresql://farm:***@db/mentions"),
        ("postgresql://farm:hun/ter2@db/mentions?user=a@b", "postgresql://farm:***@db/mentions?user=a@b"),
        ("postgresql://farm:hun?ter2@db/mentions", "postgresql://farm:***@db/mentions"),
        ("postgresql://db/mentions?user=farm&password=hunter2", "postgresql://db/mentions?user=farm&password=***"),
        ("host=db password = 'hunter 2'", "host=db password =***"),
        ("sasl.password=hunter2", "sasl.password=***"),
        ("--kafka-property=ssl.key.PASSWORD=hunter2", "--kafka-property=ssl.key.PASSWORD=***"),
        ("sasl.oauthbearer.client.secret=hunter2", "sasl.oauthbearer.client.secret=***"),
        ("ssl.key.pem=-----BEGIN", "ssl.key.pem=***"),
        ("postgresql://farm@db:5432/mentions", "postgresql://farm@db:5432/mentions"),
        ("postgresql://db:5432/mentions", "postgresql://db:5432/mentions"), ("--until-caught-up", "--until-caught-up"),
        ("sasl.password=", "sasl.password="), ("password", "password"), ("a@b:c", "a@b:c"),
    ])
    func isFound(_ argument: String, _ expected: String) {
        #expect(CommandLineSecrets.masked(argument, arguments: [argument]) == expected)
    }

    @Test func isTakenOutOfOtherTexts() {
        let text = "Unexpected argument 'postgresql://u:hunter2@h/d' and hunter2"
        #expect(
            CommandLineSecrets.masked(text, arguments: ["x", "postgresql://u:hunter2@h/d"])
                == "Unexpected argument 'postgresql://u:***@h/d' and ***"
        )
    }

    /// The tests' own command line has none.
    @Test func nothingIsOverwrittenWithoutNeed() {
        #expect(CommandLineSecrets.blank() == nil)
    }
}
