import Testing

@testable import KafkaClient

@Suite struct SecretMaskTests {
    @Test func hidesTheValuesOfSecretPropertiesAlone() {
        let mask = SecretMask([
            "sasl.password": "hunter2", "ssl.key.password": "hunter2-and-more", "sasl.username": "farm",
            "security.protocol": "SASL_SSL", "sasl.oauthbearer.client.secret": "abc",
        ])
        #expect(mask.applied(to: "farm: hunter2, hunter2-and-more, SASL_SSL, abc") == "farm: ***, ***, SASL_SSL, abc")
    }
}
