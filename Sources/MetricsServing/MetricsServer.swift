internal import FarmMetrics
internal import FlyingFox
internal import FlyingSocks
internal import Foundation
public import Logging
internal import Runtime

/// What the three pages say. Each is made anew for each request.
public struct MetricsPages: Sendable {
    /// A page that also is a verdict.
    public struct Verdict: Sendable {
        /// Whether all is well: 200, else 503.
        public var isWell: Bool
        /// In words.
        public var text: String

        /// Makes one.
        public init(isWell: Bool, text: String) {
            self.isWell = isWell
            self.text = text
        }
    }

    /// `/metrics`.
    public var metrics: @Sendable () async -> String
    /// `/healthz`.
    public var health: @Sendable () async -> Verdict
    /// `/readyz`.
    public var readiness: @Sendable () async -> Verdict

    /// Makes the pages.
    public init(
        metrics: @escaping @Sendable () async -> String,
        health: @escaping @Sendable () async -> Verdict,
        readiness: @escaping @Sendable () async -> Verdict
    ) {
        self.metrics = metrics
        self.health = health
        self.readiness = readiness
    }
}

/// Shows the pages over HTTP for as long as something else is done.
///
/// The server waits for its sockets on a thread of its own and blocks none of the cooperative pool.
public struct MetricsServer: Sendable {
    private let address: MetricsAddress
    private let pages: MetricsPages
    private let logger: Logger

    /// Makes a server; it listens only during ``serve(while:)``.
    public init(_ address: MetricsAddress, pages: MetricsPages, logger: Logger) {
        self.address = address
        self.pages = pages
        self.logger = logger
    }

    /// Listens, does `body` once, stops listening, and returns what came of it. Should the server fail later, that is
    /// logged and `body` goes on.
    /// - Throws: ``ProgramFailure`` of configuration when an address that was asked for can't be had; what `body` throws.
    public func serve<R: Sendable>(while body: @escaping @Sendable () async throws -> R) async throws -> R {
        var refusal: SocketError?
        for candidate in address.candidates {
            switch try await attempt(candidate, body) {
            case .done(let result): return result
            case .refused(let error): refusal = error
            }
        }
        if let refusal {
            guard case .firstFree = address else { throw failure(refusal) }
            logger.warning("no metrics: no port of the loopback is free", metadata: ["error": "\(Self.text(refusal))"])
        }
        return try await body()
    }

    private enum Attempt<R: Sendable>: Sendable {
        case done(R)
        case refused(SocketError)
    }

    private enum Event<R: Sendable>: Sendable {
        case listening
        case ended(any Error)
        case done(R)
    }

    private func attempt<R: Sendable>(
        _ candidate: (host: String, port: UInt16),
        _ body: @escaping @Sendable () async throws -> R
    ) async throws -> Attempt<R> {
        let server: HTTPServer
        do {
            server = try await Self.server(candidate.host, candidate.port, pages)
        } catch let error as SocketError {
            return .refused(error)
        }
        return try await withThrowingTaskGroup(of: Event<R>.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                do {
                    try await server.run()
                    return .ended(CancellationError())
                } catch {
                    return .ended(error)
                }
            }
            group.addTask {
                do {
                    try await server.waitUntilListening(timeout: 60)
                    return .listening
                } catch {
                    return .ended(error)
                }
            }
            var isListening = false
            while let event = try await group.next() {
                switch event {
                case .listening:
                    isListening = true
                    await tell(server)
                    group.addTask { .done(try await body()) }
                case .done(let result):
                    await server.stop()
                    return .done(result)
                case .ended(let error):
                    if isListening {
                        if !Task.isCancelled {
                            logger.warning("the metrics can't be read any more", metadata: ["error": "\(error)"])
                        }
                    } else {
                        return .refused(
                            error as? SocketError ?? .failed(type: "listen", errno: 0, message: "\(error)")
                        )
                    }
                }
            }
            throw CancellationError()
        }
    }

    private func tell(_ server: HTTPServer) async {
        let place =
            switch await server.listeningAddress {
            case .ip4(let host, let port): "\(host):\(port)"
            case .ip6(let host, let port): "[\(host)]:\(port)"
            default: "?"
            }
        logger.info("metrics at http://\(place)/metrics")
    }

    private static func server(_ host: String, _ port: UInt16, _ pages: MetricsPages) async throws -> HTTPServer {
        let configuration =
            host.contains(":")
            ? HTTPServer.Configuration(address: try sockaddr_in6.inet6(ip6: host, port: port), logger: .disabled)
            : HTTPServer.Configuration(address: try sockaddr_in.inet(ip4: host, port: port), logger: .disabled)
        let server = HTTPServer(config: configuration)
        await server.appendRoute("GET /metrics") { _ in
            response(.ok, await pages.metrics(), PrometheusPage.contentType)
        }
        await server.appendRoute("GET /healthz") { _ in response(await pages.health()) }
        await server.appendRoute("GET /readyz") { _ in response(await pages.readiness()) }
        return server
    }

    private static func response(_ verdict: MetricsPages.Verdict) -> HTTPResponse {
        response(verdict.isWell ? .ok : .serviceUnavailable, verdict.text, "text/plain; charset=utf-8")
    }

    private static func response(_ status: HTTPStatusCode, _ text: String, _ type: String) -> HTTPResponse {
        HTTPResponse(statusCode: status, headers: [.contentType: type], body: Data(text.utf8))
    }

    private func failure(_ error: SocketError) -> ProgramFailure {
        guard case .exactly(let host, let port) = address else {
            return ProgramFailure(.internalError, "no metrics: \(Self.text(error))")
        }
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let (problem, remedy) =
            switch error {
            case .failed(_, EADDRINUSE, _):
                ("is taken by another program", "give another port, port 0 for any that is free, or none")
            case .failed(_, EADDRNOTAVAIL, _):
                ("is no address of this machine", "give one of its own, or 0.0.0.0 for all of them")
            case .failed(_, EACCES, _):
                ("is not for this user", "give a port from 1024 on")
            case .unsupportedAddress, .failed(_, EINVAL, _), .failed(_, EAFNOSUPPORT, _):
                ("is no IP address", "give one such as 127.0.0.1:9464 or [::1]:9464")
            default:
                ("can't be had (\(Self.text(error)))", "give another, or none")
            }
        return ProgramFailure(.configuration, "--metrics-address (METRICS_ADDRESS): \(place) \(problem): \(remedy)")
    }

    private static func text(_ error: SocketError) -> String {
        if case .failed(_, _, let message) = error { message } else { "\(error)" }
    }
}
