import Foundation
import Synchronization

/// A TCP server of the loopback that plays a script to PostgreSQL clients, one connection after another, on a thread
/// of its own.
///
/// It follows what the client sends only as far as it must to know when the client waits for an answer.
final class HostileServer: Sendable {
    /// What is said to one connection.
    struct Script: Sendable {
        /// Each is sent when the client waits: after its start-up, a sync, a query, a COPY's end, a password.
        var phases: [[UInt8]] = []
        /// The phase that is damaged: behind it, the client may wait for what never comes.
        var damaged = 0
        /// The answer to a request for TLS or GSS.
        var encryption: UInt8 = 0x4E
        /// Says nothing more behind the damaged phase and keeps the connection, until the client gives up.
        var isSilent = false
    }

    /// The port of 127.0.0.1.
    let port: UInt16
    private let listener: Int32
    private let script = Mutex(Script())

    /// Nil when no socket can be had.
    init?() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard listener >= 0, isBound else {
            if listener >= 0 { close(listener) }
            return nil
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
    }

    /// Starts the thread, which ends with ``stop()``.
    func start() {
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                serve(connection)
                close(connection)
            }
            close(listener)
        }
    }

    /// Ends the thread.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// What the next connections are told.
    func play(_ script: Script) { self.script.withLock { $0 = script } }

    private func serve(_ connection: Int32) {
        let script = script.withLock { $0 }
        var client = ClientMessages(connection)
        for (index, phase) in script.phases.enumerated() {
            waiting: while true {
                // A client that waits for the rest of a damaged answer is not waited for.
                client.patience = index == script.damaged + 1 && !script.isSilent ? 3 : 20_000
                switch client.next() {
                case .encryption: if !Self.send([script.encryption], connection) { return }
                case .waits: break waiting
                case .gone: return
                }
            }
            guard Self.send(phase, connection) else { return }
        }
        if !script.isSilent { shutdown(connection, Int32(SHUT_WR)) }
        client.patience = 20_000
        while client.next() != .gone {}
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// The messages of a client, as far as they tell when it waits for an answer.
private struct ClientMessages {
    enum Event { case waits, encryption, gone }

    /// Milliseconds to wait for bytes.
    var patience: Int32 = 20_000
    private let connection: Int32
    private var bytes: [UInt8] = []
    private var isStarted = false

    init(_ connection: Int32) { self.connection = connection }

    mutating func next() -> Event {
        while true {
            guard isStarted else {
                guard let head = take(8) else { return .gone }
                let count = Self.word(head[..<4])
                let code = Self.word(head[4...])
                if code == 80_877_103 || code == 80_877_104 { return .encryption }
                guard code == 196_608, 8...100_000 ~= count, take(count - 8) != nil else { return .gone }
                isStarted = true
                return .waits
            }
            guard let head = take(5) else { return .gone }
            let count = Self.word(head[1...])
            guard 4...100_000_000 ~= count, take(count - 4) != nil else { return .gone }
            switch head[0] {
            case UInt8(ascii: "Q"), UInt8(ascii: "S"), UInt8(ascii: "c"), UInt8(ascii: "f"), UInt8(ascii: "p"):
                return .waits
            case UInt8(ascii: "X"): return .gone
            default: continue
            }
        }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private mutating func take(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < count {
            var state = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, patience) > 0 else { return nil }
            let received = read(connection, &buffer, buffer.count)
            guard received > 0 else { return nil }
            bytes += buffer[..<received]
        }
        defer { bytes.removeFirst(count) }
        return Array(bytes[..<count])
    }
}
