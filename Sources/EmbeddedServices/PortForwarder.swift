internal import Foundation
internal import Synchronization

/// Passes TCP connections to 127.0.0.1:`port` on to another port of this machine.
///
/// The embedded broker binds a port of the system's choice and can't be told another (librdkafka 2.0.2). Clients that
/// know a fixed port come in here, read the metadata through it, and from then on talk to the broker itself. So it
/// carries little: one thread with `poll`, at most ``maximumConnections`` connections and 128 KiB for each.
public struct PortForwarder: Sendable {
    /// How many connections are served at a time; more wait in the listen queue.
    public static let maximumConnections = 64

    /// Why there is no forwarder.
    public enum Failure: Error, Sendable, Equatable {
        /// Another program has the port.
        case portInUse(UInt16)
        /// The system refuses a socket; `errno` of the call.
        case refused(errno: Int32)
    }

    /// The port that is listened on.
    public let port: UInt16
    private let listener: Int32
    private let upstream: UInt16

    /// Listens on 127.0.0.1. Nothing is passed on before ``run()``, which must follow: it closes the socket.
    ///
    /// - Parameters:
    ///   - port: The port to listen on; 0 for one of the system's choice.
    ///   - upstream: The port on 127.0.0.1 that connections are passed on to.
    public init(port: UInt16, upstream: UInt16) throws(Failure) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw .refused(errno: errno) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Self.withLoopback(port, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            let code = errno
            close(listener)
            throw code == EADDRINUSE ? .portInUse(port) : .refused(errno: code)
        }
        var bound = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) } == 0
        }
        Self.prepare(listener)
        self.port = isKnown ? UInt16(bigEndian: bound.sin_port) : port
        self.listener = listener
        self.upstream = upstream
    }

    /// Serves until the task is cancelled; then all connections are closed.
    public func run() async {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            close(listener)
            return
        }
        let (reader, writer) = (ends[0], ends[1])
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let thread = Thread {
                    var loop = ForwardingLoop(listener: listener, wake: reader, upstream: upstream)
                    loop.run()
                    continuation.resume()
                }
                thread.name = "forward-\(port)"
                thread.stackSize = 1 << 18
                thread.start()
            }
        } onCancel: {
            var byte: UInt8 = 1
            _ = write(writer, &byte, 1)
        }
        close(reader)
        close(writer)
    }

    /// Makes a descriptor non-blocking and closed on exec.
    static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Calls `body` with the address 127.0.0.1:`port`.
    static func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// The loop of ``PortForwarder``'s thread. Owns every descriptor but `wake`.
private struct ForwardingLoop {
    /// One direction of a connection: what was read and not yet written, and how far it has come.
    struct Direction {
        var from: Int32
        var to: Int32
        var pending: [UInt8] = []
        var isAtEnd = false
        var isClosed = false
    }

    struct Connection {
        var near: Int32
        var far: Int32
        var out: Direction
        var back: Direction

        init(near: Int32, far: Int32) {
            self.near = near
            self.far = far
            out = Direction(from: near, to: far)
            back = Direction(from: far, to: near)
        }

        var isOver: Bool { out.isClosed && back.isClosed }

        /// What `poll` waits for on the side that `reading` reads from and `writing` writes to.
        static func events(reading: Direction, writing: Direction) -> Int16 {
            let reads = !reading.isAtEnd && reading.pending.isEmpty
            return Int16((reads ? POLLIN : 0) | (writing.pending.isEmpty ? 0 : POLLOUT))
        }
    }

    let listener: Int32
    let wake: Int32
    let upstream: UInt16
    private var connections: [Connection] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(listener: Int32, wake: Int32, upstream: UInt16) {
        self.listener = listener
        self.wake = wake
        self.upstream = upstream
    }

    mutating func run() {
        defer {
            for connection in connections { Self.close(connection) }
            _ = Foundation.close(listener)
        }
        while true {
            let hasRoom = connections.count < PortForwarder.maximumConnections
            var waits = [
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasRoom ? listener : -1, events: Int16(POLLIN), revents: 0),
            ]
            for connection in connections {
                let near = Connection.events(reading: connection.out, writing: connection.back)
                let far = Connection.events(reading: connection.back, writing: connection.out)
                // A side that waits for nothing is left out: poll would report its hang-up again and again.
                waits.append(pollfd(fd: near == 0 ? -1 : connection.near, events: near, revents: 0))
                waits.append(pollfd(fd: far == 0 ? -1 : connection.far, events: far, revents: 0))
            }
            guard poll(&waits, nfds_t(waits.count), -1) >= 0 || errno == EINTR else { return }
            if waits[0].revents != 0 { return }
            for index in connections.indices {
                Self.pass(&connections[index].out, through: &buffer)
                Self.pass(&connections[index].back, through: &buffer)
            }
            connections.removeAll { connection in
                if connection.isOver { Self.close(connection) }
                return connection.isOver
            }
            if waits[1].revents != 0 { accept() }
        }
    }

    private mutating func accept() {
        let near = Foundation.accept(listener, nil, nil)
        guard near >= 0 else { return }
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // On the loopback a connect is answered at once, so it may be a blocking one.
        guard far >= 0, PortForwarder.withLoopback(upstream, { connect(far, $0, $1) }) == 0 else {
            _ = Foundation.close(near)
            if far >= 0 { _ = Foundation.close(far) }
            return
        }
        PortForwarder.prepare(near)
        PortForwarder.prepare(far)
        connections.append(Connection(near: near, far: far))
    }

    /// Writes what waits, then reads what is there, then writes again: until one side would block.
    private static func pass(_ direction: inout Direction, through buffer: inout [UInt8]) {
        while !direction.isClosed {
            if direction.pending.isEmpty {
                if direction.isAtEnd {
                    shutdown(direction.to, Int32(SHUT_WR))
                    direction.isClosed = true
                    return
                }
                let count = read(direction.from, &buffer, buffer.count)
                if count > 0 {
                    direction.pending.append(contentsOf: buffer[..<count])
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    direction.isAtEnd = true
                } else {
                    return
                }
            } else {
                let count = send(direction.to, direction.pending, direction.pending.count, Int32(MSG_NOSIGNAL))
                if count > 0 {
                    direction.pending.removeFirst(count)
                } else if errno != EAGAIN && errno != EINTR {
                    direction.pending = []
                    direction.isAtEnd = true
                } else {
                    return
                }
            }
        }
    }

    private static func close(_ connection: Connection) {
        _ = Foundation.close(connection.near)
        _ = Foundation.close(connection.far)
    }
}
