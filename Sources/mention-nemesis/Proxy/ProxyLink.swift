import Foundation

/// One connection through a proxy. Owned by the proxy's thread.
struct ProxyLink {
    /// One direction: what was read, when it may go on, and how far it has come.
    struct Flow {
        struct Piece {
            var due: ContinuousClock.Instant
            var bytes: [UInt8]
            var written = 0
        }

        var from: Int32
        var to: Int32
        var pieces: [Piece] = []
        var waiting = 0
        var isAtEnd = false
        var isClosed = false

        /// When the next piece may be written; nil when there is none.
        var due: ContinuousClock.Instant? { pieces.first?.due }
    }

    /// How a link ends.
    enum End {
        case closed
        case reset
    }

    /// The most bytes of one direction that wait in here.
    private static let room = 1 << 18

    let near: Int32
    let far: Int32
    var out: Flow
    var back: Flow
    private var scanner: BatchScanner?
    private var rewriter: BrokerAddressRewriter?
    /// What the worker sent behind the guard of a batch that is held.
    private var held: [UInt8]?
    /// Whether it is held for a claim, and no strike has found it.
    private var isBehindClaim = false
    /// Who wants to know how the batch that was kept back is answered.
    private var late: FaultProxy.Pending?
    /// Bytes that may still pass before the link is cut, which way, and who wants to know.
    private var cut: (left: Int, answers: Bool, pending: FaultProxy.Pending)?
    private var closesWhenWritten = false
    /// Set once it is to end.
    private(set) var end: End?

    init(near: Int32, far: Int32, wire: FaultProxy.Wire, port: UInt16, upstream: UInt16) {
        self.near = near
        self.far = far
        out = Flow(from: near, to: far)
        back = Flow(from: far, to: near)
        switch wire {
        case .database: scanner = BatchScanner()
        case .broker: rewriter = BrokerAddressRewriter(from: upstream, to: port)
        }
    }

    /// Whether it is the way of a batch in flight.
    var hasBatch: Bool { scanner.map { $0.isWriter && $0.isInBatch } ?? false }

    /// What `poll` waits for on the near side and on the far one.
    func events(at now: ContinuousClock.Instant) -> (near: Int16, far: Int16) {
        func reads(_ flow: Flow) -> Int32 { !flow.isAtEnd && flow.waiting < Self.room ? POLLIN : 0 }
        func writes(_ flow: Flow) -> Int32 { flow.due.map { $0 <= now } == true ? POLLOUT : 0 }
        let takes = held == nil ? reads(out) : 0
        return (Int16(takes | writes(back)), Int16(reads(back) | writes(out)))
    }

    /// Lets a held batch go on.
    mutating func release(dropping: Bool, at now: ContinuousClock.Instant) {
        guard let bytes = held, !isBehindClaim else { return }
        held = nil
        if !dropping { enqueue(bytes, \.out, answers: false, at: now) }
    }

    /// Batches need not wait for a claim any more.
    mutating func claimIsOver(at now: ContinuousClock.Instant) {
        guard isBehindClaim else { return }
        isBehindClaim = false
        release(dropping: false, at: now)
    }

    /// Reads and writes until both sides would block.
    mutating func pass(through buffer: inout [UInt8], for proxy: FaultProxy, delay: Duration) {
        let now = ContinuousClock.now
        if held == nil { read(\.out, &buffer) { link, bytes in link.sent(bytes, at: now + delay, proxy) } }
        read(\.back, &buffer) { link, bytes in link.received(bytes, at: now + delay, proxy) }
        write(\.out, at: now)
        write(\.back, at: now)
        if closesWhenWritten, out.pieces.isEmpty, back.pieces.isEmpty { end = end ?? .closed }
        if out.isClosed && back.isClosed { end = end ?? .closed }
        // The embedded broker (librdkafka 2.0.2) doesn't read from a member whose answer it owes, and so doesn't see a
        // plain end: when the member asks again over another connection, it aborts. A reset it sees.
        if rewriter != nil, out.isClosed { end = end ?? .reset }
    }

    /// Ends it.
    func close(_ end: End) {
        late?.answered(.never)
        for descriptor in [near, far] {
            switch end {
            case .closed: _ = Glibc.close(descriptor)
            case .reset: Socket.reset(descriptor)
            }
        }
    }

    private mutating func read(
        _ path: WritableKeyPath<ProxyLink, Flow>,
        _ buffer: inout [UInt8],
        _ take: (inout ProxyLink, [UInt8]) -> Void
    ) {
        while end == nil, !closesWhenWritten, !self[keyPath: path].isAtEnd, self[keyPath: path].waiting < Self.room {
            let count = Glibc.read(self[keyPath: path].from, &buffer, buffer.count)
            if count > 0 {
                take(&self, Array(buffer[..<count]))
                if held != nil { return }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                self[keyPath: path].isAtEnd = true
            } else {
                return
            }
        }
    }

    /// Bytes of the worker.
    private mutating func sent(_ bytes: [UInt8], at due: ContinuousClock.Instant, _ proxy: FaultProxy) {
        guard scanner != nil else { return enqueue(bytes, \.out, answers: false, at: due) }
        for event in scanner?.sent(bytes[...]) ?? [] {
            switch event {
            case .claiming:
                proxy.withOrders { orders in
                    if orders.claimWatch == .waiting { orders.claimWatch = .seen }
                }
            case .began(let end) where scanner?.isWriter == true:
                if keepsBack(proxy) {
                    enqueue(Array(bytes[..<end]), \.out, answers: false, at: due)
                    held = Array(bytes[end...])
                    return
                }
            case .guarded(let end) where scanner?.isWriter == true:
                if strikes(bytes, end, at: due, proxy) { return }
            case .began, .guarded, .committing: break
            }
        }
        enqueue(bytes, \.out, answers: false, at: due)
    }

    /// Whether a batch that was begun is kept back: for a strike, or for a claim.
    private mutating func keepsBack(_ proxy: FaultProxy) -> Bool {
        if let pending = Self.taken(from: proxy, where: { $0 == .keepBack }) {
            late = pending
            pending.found(FaultProxy.Hit(backend: scanner?.backend, inBatch: true))
            return true
        }
        isBehindClaim = proxy.hasSeenClaim
        return isBehindClaim
    }

    /// Does to a batch that was guarded what is ordered; true when the bytes are dealt with.
    private mutating func strikes(
        _ bytes: [UInt8],
        _ end: Int,
        at due: ContinuousClock.Instant,
        _ proxy: FaultProxy
    ) -> Bool {
        guard let pending = Self.taken(from: proxy, where: { ![.loseCommitAnswer, .keepBack].contains($0) }) else {
            return false
        }
        let hit = FaultProxy.Hit(backend: scanner?.backend, inBatch: true)
        switch pending.strike {
        case .hold:
            enqueue(Array(bytes[..<end]), \.out, answers: false, at: due)
            held = Array(bytes[end...])
            // Told only when the server has the guard: who is told may stop the worker at once.
            write(\.out, at: due)
            pending.found(hit)
            return true
        case .reset:
            enqueue(Array(bytes[..<end]), \.out, answers: false, at: due)
            write(\.out, at: due)
            self.end = .reset
            pending.found(hit)
            return true
        case .cut(let left, let answers): cut = (left, answers, pending)
        case .loseCommitAnswer, .keepBack: break
        }
        return false
    }

    /// Bytes of the service.
    private mutating func received(_ bytes: [UInt8], at due: ContinuousClock.Instant, _ proxy: FaultProxy) {
        var bytes = bytes
        rewriter?.rewrite(&bytes)
        for event in scanner?.received(bytes[...]) ?? [] {
            if let late { tell(late, of: event) }
            guard case .committed(let start) = event, scanner?.isWriter == true,
                let pending = Self.taken(from: proxy, where: { $0 == .loseCommitAnswer })
            else { continue }
            enqueue(Array(bytes[..<start]), \.back, answers: true, at: due)
            write(\.back, at: due)
            end = .reset
            return pending.found(FaultProxy.Hit(backend: scanner?.backend, inBatch: true))
        }
        enqueue(bytes, \.back, answers: true, at: due)
    }

    private mutating func tell(_ pending: FaultProxy.Pending, of event: BatchScanner.ServerEvent) {
        switch event {
        case .committed: pending.answered(.committed)
        case .refused(let code): pending.answered(.refused(code))
        case .ended: pending.answered(.refused(""))
        }
        late = nil
    }

    /// The strike that is ordered, if it is one of those; from then on it is no other batch's.
    private static func taken(
        from proxy: FaultProxy,
        where isMeant: (FaultProxy.Strike) -> Bool
    ) -> FaultProxy.Pending? {
        proxy.withOrders { orders in
            guard let pending = orders.strike, isMeant(pending.strike) else { return nil }
            orders.strike = nil
            return pending
        }
    }

    private mutating func enqueue(
        _ bytes: [UInt8],
        _ path: WritableKeyPath<ProxyLink, Flow>,
        answers: Bool,
        at due: ContinuousClock.Instant
    ) {
        var bytes = bytes
        if let cut, cut.answers == answers {
            let left = cut.left - bytes.count
            if left <= 0 {
                bytes = Array(bytes.prefix(cut.left))
                closesWhenWritten = true
                self.cut = nil
                cut.pending.found(FaultProxy.Hit(backend: scanner?.backend, inBatch: hasBatch))
            } else {
                self.cut?.left = left
            }
        }
        guard !bytes.isEmpty else { return }
        self[keyPath: path].waiting += bytes.count
        self[keyPath: path].pieces.append(Flow.Piece(due: due, bytes: bytes))
    }

    private mutating func write(_ path: WritableKeyPath<ProxyLink, Flow>, at now: ContinuousClock.Instant) {
        while let piece = self[keyPath: path].pieces.first, piece.due <= now {
            let rest = piece.bytes.count - piece.written
            let count = piece.bytes.withUnsafeBytes { bytes in
                send(
                    self[keyPath: path].to,
                    bytes.baseAddress.map { $0 + piece.written },
                    rest,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count > 0 {
                self[keyPath: path].waiting -= count
                if count == rest {
                    self[keyPath: path].pieces.removeFirst()
                } else {
                    self[keyPath: path].pieces[0].written += count
                }
            } else if errno == EAGAIN || errno == EINTR {
                return
            } else {
                self[keyPath: path].pieces = []
                self[keyPath: path].waiting = 0
                self[keyPath: path].isAtEnd = true
            }
        }
        if self[keyPath: path].isAtEnd, self[keyPath: path].pieces.isEmpty, !self[keyPath: path].isClosed {
            shutdown(self[keyPath: path].to, Int32(SHUT_WR))
            self[keyPath: path].isClosed = true
        }
    }
}
