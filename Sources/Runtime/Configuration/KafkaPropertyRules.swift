/// What is known about librdkafka's properties (2.0.2, as Debian 12 has it) without asking a server: which may be shown,
/// which must not be set, and which don't go together.
enum KafkaPropertyRules {
    /// Set by the farm, and its promises rest on them.
    private static let ours: [String: String] = [
        "enable.auto.commit": "offsets are kept in PostgreSQL, with what they stand for",
        "enable.auto.offset.store": "offsets are kept in PostgreSQL, with what they stand for",
        "auto.offset.reset": "an offset that is gone is for an operator to judge, not to be skipped",
        "isolation.level": "records of aborted transactions must not be read",
        "enable.partition.eof": "the end of a partition is how progress steps over gaps",
        "allow.auto.create.topics": "a topic with a typing error would be made",
    ]

    /// Names whose values say nothing that must be hidden, apart from numbers, `true` and `false`.
    private static let open: Set<String> = [
        "security.protocol", "sasl.mechanisms", "sasl.mechanism", "sasl.username", "ssl.ca.location",
        "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location", "ssl.crl.location",
        "ssl.endpoint.identification.algorithm", "ssl.cipher.suites", "client.id", "client.rack", "group.id",
        "group.instance.id", "bootstrap.servers", "compression.codec", "compression.type", "debug", "isolation.level",
        "auto.offset.reset", "partition.assignment.strategy", "broker.address.family", "sasl.kerberos.service.name",
        "sasl.kerberos.principal", "sasl.kerberos.keytab", "sasl.oauthbearer.method", "acks",
    ]

    /// A value as it may be printed: in doubt, asterisks.
    static func shown(_ name: String, _ value: String) -> String {
        let isPlain =
            ["true", "false"].contains(value) || (!value.isEmpty && value.utf8.count < 10 && Int(value) != nil)
        return open.contains(name) || (isPlain && !isSecret(name)) ? value : "***"
    }

    private static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "token", "pem", "jaas", "key"].contains { name.contains($0) }
    }

    /// What speaks against a set of properties.
    static func findings(_ properties: [String: String], instanceID: String? = nil) -> [ConfigurationFinding] {
        var found: [ConfigurationFinding] = []
        func wrong(_ what: String) { found.append(ConfigurationFinding(.wrong, "kafka-property", what)) }
        func careful(_ what: String) { found.append(ConfigurationFinding(.warning, "kafka-property", what)) }
        func isGiven(_ name: String) -> Bool { properties[name]?.isEmpty == false }

        for (name, why) in ours.sorted(by: { $0.key < $1.key }) where isGiven(name) {
            wrong("\(name) is the farm's own: \(why); leave it out")
        }
        if let strategy = properties["partition.assignment.strategy"], strategy.contains("cooperative") {
            wrong(
                "partition.assignment.strategy: librdkafka 2.0.2 aborts with cooperative strategies; use range or roundrobin"
            )
        }
        let `protocol` = (properties["security.protocol"] ?? "plaintext").lowercased()
        let mechanism = (properties["sasl.mechanisms"] ?? properties["sasl.mechanism"])?.uppercased()
        if isGiven("sasl.mechanisms"), isGiven("sasl.mechanism") {
            careful("sasl.mechanisms and sasl.mechanism are one property under two names: keep one")
        }
        let hasSASL = `protocol`.hasPrefix("sasl_")
        let hasTLS = `protocol`.hasSuffix("ssl")
        if !["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"].contains(`protocol`) {
            wrong("security.protocol is one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL")
        }
        if hasSASL {
            found += login(mechanism, properties, hasTLS: hasTLS)
        } else if mechanism != nil || isGiven("sasl.username") || isGiven("sasl.password") {
            wrong("a SASL login is given, but security.protocol is \(`protocol`): it would not be used; set SASL_SSL")
        }
        let material = [
            "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location",
        ]
        if !hasTLS, let first = material.first(where: isGiven) {
            wrong(
                "\(first) is given, but security.protocol is \(`protocol`): it would not be used; set SSL or SASL_SSL"
            )
        }
        if hasTLS { found += certificates(properties) }
        if instanceID != nil, isGiven("group.instance.id") {
            careful("group.instance.id stands beside --instance-id and wins: keep --instance-id")
        }
        return found
    }

    private static func login(
        _ mechanism: String?,
        _ properties: [String: String],
        hasTLS: Bool
    ) -> [ConfigurationFinding] {
        var found: [ConfigurationFinding] = []
        func wrong(_ what: String) { found.append(ConfigurationFinding(.wrong, "kafka-property", what)) }
        func careful(_ what: String) { found.append(ConfigurationFinding(.warning, "kafka-property", what)) }
        switch mechanism {
        case nil:
            wrong(
                "security.protocol asks for SASL, but there is no sasl.mechanisms: the default is GSSAPI (Kerberos); give one"
            )
        case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
            for name in ["sasl.username", "sasl.password"] where properties[name]?.isEmpty != false {
                let ending = isSecret(name) ? "_FILE" : ""
                wrong("\(mechanism ?? "") needs \(name): set \(variable(name))\(ending)")
            }
            if !hasTLS {
                careful("\(mechanism ?? "") without TLS shows the login to whoever listens: use SASL_SSL")
            }
        case "OAUTHBEARER":
            if properties["sasl.oauthbearer.method"]?.lowercased() != "oidc" {
                if properties["enable.sasl.oauthbearer.unsecure.jwt"] == "true" {
                    careful(
                        "OAUTHBEARER with unsecured tokens is for tests: every broker that checks tokens refuses them"
                    )
                } else {
                    wrong(
                        "OAUTHBEARER needs sasl.oauthbearer.method=oidc with client id, secret and token endpoint: the farm gets no tokens itself"
                    )
                }
            } else {
                for name in ["client.id", "client.secret", "token.endpoint.url"].map({ "sasl.oauthbearer." + $0 })
                where properties[name]?.isEmpty != false { wrong("OAUTHBEARER with oidc needs \(name)") }
            }
        case "GSSAPI": break
        case let other?:
            wrong(
                "librdkafka has no sasl.mechanisms \(other.prefix(40)): give PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI"
            )
        }
        return found
    }

    private static func certificates(_ properties: [String: String]) -> [ConfigurationFinding] {
        var found: [ConfigurationFinding] = []
        let hasCertificate = ["ssl.certificate.location", "ssl.certificate.pem"].contains {
            properties[$0]?.isEmpty == false
        }
        let hasKey = ["ssl.key.location", "ssl.key.pem"].contains { properties[$0]?.isEmpty == false }
        if hasCertificate != hasKey {
            let missing = hasKey ? "ssl.certificate.location" : "ssl.key.location"
            found.append(
                ConfigurationFinding(.wrong, "kafka-property", "a client certificate needs its key: give \(missing)")
            )
        }
        if properties["enable.ssl.certificate.verification"] == "false" {
            found.append(
                ConfigurationFinding(
                    .warning,
                    "kafka-property",
                    "the broker's certificate is not checked: anybody can play the broker"
                )
            )
        } else if ["none", ""].contains(properties["ssl.endpoint.identification.algorithm"] ?? "https") {
            found.append(
                ConfigurationFinding(
                    .warning,
                    "kafka-property",
                    "the broker's name is not checked against its certificate"
                )
            )
        }
        return found
    }

    /// The environment variable of a property.
    static func variable(_ property: String) -> String {
        "KAFKA_PROPERTY_" + property.uppercased().replacing("_", with: "__").replacing(".", with: "_")
    }
}
