import Foundation
import Synchronization

/// A port that looks at what a Kafka client says first: over TLS it keeps the first bytes, over SASL/PLAIN it keeps
/// user and password and refuses them.
final class FakeBroker: Sendable {
    /// A login as it came over the wire.
    struct Login: Sendable, Equatable {
        var user: String
        var password: String
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex((firstBytes: [UInt8](), logins: [Login]()))

    var servers: String { "127.0.0.1:\(port)" }
    /// What the first client with more to say than nothing said first.
    var firstBytes: [UInt8] { seen.withLock { $0.firstBytes } }
    var logins: [Login] { seen.withLock { $0.logins } }

    /// Listens and answers while a body runs.
    static func run(_ body: (FakeBroker) async throws -> Void) async throws {
        guard let broker = FakeBroker() else { throw TestFailure("no port on the loopback") }
        defer { broker.close() }
        try await body(broker)
    }

    private init?() {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 32) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isBound else {
            _ = Foundation.close(listener)
            return nil
        }
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    private func close() {
        // Ends the wait for the next client.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        defer { _ = Foundation.close(listener) }
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let thread = Thread { [self] in
                serve(client)
                _ = Foundation.close(client)
            }
            thread.start()
        }
    }

    private func serve(_ client: Int32) {
        while let head = Self.read(4, from: client) {
            seen.withLock { if $0.firstBytes.isEmpty { $0.firstBytes = head } }
            let size = head.reduce(0) { $0 << 8 | Int($1) }
            // A TLS record has no such size: 0x16 and 0x03 come first.
            guard size < 1 << 20, let body = Self.read(size, from: client), body.count >= 8 else {
                let rest = Self.read(2, from: client) ?? []
                seen.withLock { if $0.firstBytes == head { $0.firstBytes += rest } }
                return
            }
            guard let answer = answer(to: body) else { return }
            let frame = Self.int32(Int32(answer.count)) + answer
            guard send(client, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count else { return }
        }
    }

    /// The answer to a request, from its correlation id on; nil to hang up.
    private func answer(to request: [UInt8]) -> [UInt8]? {
        let key = Int(request[0]) << 8 | Int(request[1])
        let version = Int(request[2]) << 8 | Int(request[3])
        let correlation = Array(request[4..<8])
        switch key {
        case 18:
            // ApiVersions. A client that asks in a version that is not known here asks again in version 0.
            let keys: [(Int16, Int16)] = version == 0 ? [(3, 4), (17, 1), (18, 0), (36, 0)] : [(18, 0)]
            return correlation + Self.int16(version == 0 ? 0 : 35) + Self.int32(Int32(keys.count))
                + keys.flatMap { Self.int16($0.0) + Self.int16(0) + Self.int16($0.1) }
        case 17:
            return correlation + Self.int16(0) + Self.int32(1) + Self.text("PLAIN")
        case 36:
            let name = Int(request[8]) << 8 | Int(request[9])
            let parts = request.dropFirst(10 + name + 4).split(separator: 0, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let login = Login(
                user: String(decoding: parts[1], as: UTF8.self),
                password: String(decoding: parts[2], as: UTF8.self)
            )
            seen.withLock { $0.logins.append(login) }
            // A broker that repeats what it was told: nobody else may.
            let message = "no such login: \(login.user) with \(login.password)"
            return correlation + Self.int16(58) + Self.text(message) + Self.int32(0)
        default:
            return nil
        }
    }

    private static func int16(_ value: Int16) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
    private static func int32(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
    private static func text(_ text: String) -> [UInt8] { int16(Int16(text.utf8.count)) + Array(text.utf8) }

    /// So many bytes; nil when the client hangs up before.
    private static func read(_ count: Int, from client: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: max(1, count))
        while bytes.count < count {
            let got = recv(client, &buffer, count - bytes.count, 0)
            guard got > 0 else { return nil }
            bytes += buffer[..<got]
        }
        return bytes
    }
}
