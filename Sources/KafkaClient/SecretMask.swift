/// Takes the values of secret properties out of what librdkafka and brokers say. They don't repeat them, as far as is
/// known; but a broker's answer to a login is the broker's own text.
struct SecretMask: Sendable {
    private let secrets: [String]

    /// Shorter values are no secrets worth the name, and would be found in any text.
    private static let shortest = 4

    init(_ properties: [String: String]) {
        secrets = properties.filter { name, value in
            value.utf8.count >= Self.shortest
                && ["password", "secret", "token", ".pem", "jaas.config", "oauthbearer.config"]
                    .contains { name.hasSuffix($0) }
        }
        .values.sorted { $0.count > $1.count }
    }

    func applied(to text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "***") }
    }
}
