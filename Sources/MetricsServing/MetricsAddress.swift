public import Runtime

/// Where a worker shows its metrics: `--metrics-address`.
public enum MetricsAddress: Sendable, Equatable {
    /// Nowhere.
    case off
    /// On the loopback, at the first port of ``defaultPorts`` that is free, else at any: several workers of one machine
    /// need no settings.
    case firstFree
    /// There, or the worker does not start. Port 0: any that is free.
    case exactly(host: String, port: UInt16)

    /// The ports that are tried, in order.
    public static let defaultPorts: ClosedRange<UInt16> = 9_464...9_479

    /// Reads `host:port`, `[v6 address]:port`, `localhost:port` or `none`; nil for anything else. Names other than localhost
    /// are not looked up.
    public init?(_ text: String) {
        if text == "none" {
            self = .off
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        if host == "localhost" { host = "127.0.0.1" }
        guard !host.isEmpty else { return nil }
        self = .exactly(host: host, port: port)
    }

    /// The address that `--metrics-address` (METRICS_ADDRESS) gives, or the default.
    public init(_ settings: Settings) throws(ConfigurationError) {
        guard let text = try settings.string("metrics-address") else {
            self = .firstFree
            return
        }
        guard let address = MetricsAddress(text) else {
            throw ConfigurationError(
                setting: "metrics-address",
                place: try settings.place(of: "metrics-address"),
                problem: "is no address with a port",
                remedy: "give one such as 127.0.0.1:9464, 0.0.0.0:9464, [::1]:9464 or localhost:0, or none"
            )
        }
        self = address
    }

    /// The addresses to try, in order.
    var candidates: [(host: String, port: UInt16)] {
        switch self {
        case .off: []
        case .firstFree: Self.defaultPorts.map { ("127.0.0.1", $0) } + [("127.0.0.1", 0)]
        case .exactly(let host, let port): [(host, port)]
        }
    }
}
