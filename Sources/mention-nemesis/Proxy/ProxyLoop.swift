import Foundation

/// The loop of a ``FaultProxy``'s thread. Owns every descriptor but the pipe's.
struct ProxyLoop {
    private let proxy: FaultProxy
    private var links: [ProxyLink] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var resets = 0
    private var releases = 0

    init(_ proxy: FaultProxy) {
        self.proxy = proxy
    }

    mutating func run() {
        defer {
            for link in links { link.close(.reset) }
            close(proxy.listener)
        }
        while true {
            let batches = links.reduce(0) { $0 + ($1.hasBatch ? 1 : 0) }
            let orders = proxy.withOrders { orders in
                orders.batches = batches
                return orders
            }
            if orders.isOver { return }
            let now = ContinuousClock.now
            if orders.isRefusing || orders.resets != resets {
                for link in links { link.close(.reset) }
                links = []
            }
            if orders.releases != releases {
                for index in links.indices { links[index].release(dropping: orders.drops, at: now) }
            }
            if orders.claimWatch != .seen {
                for index in links.indices { links[index].claimIsOver(at: now) }
            }
            (resets, releases) = (orders.resets, orders.releases)
            guard wait(orders, at: now) else { return }
        }
    }

    /// Waits until something can be done, and does it. False when `poll` fails.
    private mutating func wait(_ orders: FaultProxy.Orders, at now: ContinuousClock.Instant) -> Bool {
        var waits = [
            pollfd(fd: proxy.wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: proxy.listener, events: Int16(POLLIN), revents: 0),
        ]
        var due: ContinuousClock.Instant?
        if !orders.isStalled {
            for link in links {
                let events = link.events(at: now)
                // A side that waits for nothing is left out: poll would report its hang-up again and again.
                waits.append(pollfd(fd: events.near == 0 ? -1 : link.near, events: events.near, revents: 0))
                waits.append(pollfd(fd: events.far == 0 ? -1 : link.far, events: events.far, revents: 0))
                for next in [link.out.due, link.back.due] {
                    if let next, next > now { due = min(due ?? next, next) }
                }
            }
        }
        // Rounded up: a wait that ends before its time would be followed by one of nothing.
        let timeout = due.map { Int32(clamping: Int(($0 - now) / .milliseconds(1)) + 1) } ?? -1
        guard poll(&waits, nfds_t(waits.count), timeout) >= 0 || errno == EINTR else { return false }
        if waits[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(proxy.wake, &bytes, bytes.count) > 0 {}
        }
        if !orders.isStalled {
            for index in links.indices { links[index].pass(through: &buffer, for: proxy, delay: orders.delay) }
            links.removeAll { link in
                guard let end = link.end else { return false }
                link.close(end)
                return true
            }
        }
        if waits[1].revents != 0 { accept(orders) }
        return true
    }

    private mutating func accept(_ orders: FaultProxy.Orders) {
        let near = Foundation.accept(proxy.listener, nil, nil)
        guard near >= 0 else { return }
        guard !orders.isRefusing, let far = Socket.connected(to: proxy.upstream) else { return Socket.reset(near) }
        Socket.prepare(near)
        var yes: Int32 = 1
        setsockopt(near, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        links.append(ProxyLink(near: near, far: far, wire: proxy.wire, port: proxy.port, upstream: proxy.upstream))
    }
}
