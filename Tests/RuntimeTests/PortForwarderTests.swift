import EmbeddedServices
import Foundation
import Testing

/// A server on the loopback that answers each connection with what it got, in reverse order.
private final class ReversingServer: Sendable {
    let port: UInt16
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(bound)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    /// Serves one connection until its end.
    func serveOne() {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        send(Array(receiveAll(connection).reversed()), to: connection)
    }
}

private func send(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

private func receiveAll(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
    return all
}

private func connect(to port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    try #require(result == 0)
    return descriptor
}

@Suite struct PortForwarderTests {
    /// More than all buffers on the way hold, and the end of each direction on its own.
    @Test func bothDirectionsAndTheirEndsPass() async throws {
        let server = try ReversingServer()
        let forwarder = try PortForwarder(port: 0, upstream: server.port)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let received = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask {
                await forwarder.run()
                return nil
            }
            // A thread of its own each: they block.
            Thread { server.serveOne() }.start()
            let (answers, answer) = AsyncStream.makeStream(of: [UInt8].self)
            let client = try connect(to: forwarder.port)
            Thread {
                send(sent, to: client)
                shutdown(client, Int32(SHUT_WR))
                answer.yield(receiveAll(client))
                answer.finish()
                close(client)
            }.start()
            defer { group.cancelAll() }
            return await answers.first { _ in true }
        }
        #expect(received == sent.reversed())
    }

    @Test func aPortInUseIsNamed() async throws {
        let server = try ReversingServer()
        #expect(throws: PortForwarder.Failure.portInUse(server.port)) {
            try PortForwarder(port: server.port, upstream: 1)
        }
    }

    @Test func nobodyUpstreamClosesTheConnection() async throws {
        let gone = try ReversingServer().port
        let forwarder = try PortForwarder(port: 0, upstream: gone)
        let received = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await forwarder.run() }
            let (answers, answer) = AsyncStream.makeStream(of: [UInt8].self)
            let client = try connect(to: forwarder.port)
            Thread {
                answer.yield(receiveAll(client))
                answer.finish()
                close(client)
            }.start()
            defer { group.cancelAll() }
            return await answers.first { _ in true }
        }
        #expect(received == [])
    }
}
