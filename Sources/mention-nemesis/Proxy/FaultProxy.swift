import Foundation
import Runtime
import Synchronization

/// Stands between one worker and one service on the loopback, passes everything on, and breaks it when told to.
///
/// One thread with `poll`, like the forwarder of the embedded services. Every order is a state that the thread looks at
/// (so that it can be taken back), except ``reset()`` and ``strike(_:within:)``, which happen once.
final class FaultProxy: Sendable {
    /// What is spoken through it.
    enum Wire: Sendable {
        /// PostgreSQL's protocol: batches are followed.
        case database
        /// Kafka's: the broker's port is replaced by the proxy's.
        case broker
    }

    /// What to do to the next batch that comes by.
    enum Strike: Sendable, Equatable {
        /// Before its guard, passes nothing more on until ``FaultProxy/release(dropping:)``: it will arrive late.
        case keepBack
        /// Behind its guard, passes nothing more on until ``FaultProxy/release(dropping:)``.
        case hold
        /// Behind its guard, resets the connection.
        case reset
        /// Behind its guard, passes so many bytes more on, one way or the other, and ends the connection.
        case cut(bytes: Int, answers: Bool)
        /// Lets it commit, keeps the answer back and resets the connection.
        case loseCommitAnswer
    }

    /// What a strike has hit.
    struct Hit: Sendable {
        /// The server process of the batch.
        var backend: Int32?
        /// Whether the batch was in flight at that instant.
        var inBatch: Bool
    }

    /// How the server has answered a batch that was kept back.
    enum Answer: Sendable, Equatable {
        case committed
        /// With this SQLSTATE.
        case refused(String)
        /// The connection ended before.
        case never
    }

    /// Whether batches wait behind a claim.
    enum ClaimWatch: Sendable {
        case off
        /// The next claim that is sent will be noted.
        case waiting
        /// One was sent: batches that are begun from then on are kept back before their guard.
        case seen
    }

    /// There is no socket to listen on; `errno` of the call.
    struct Failure: Error, CustomStringConvertible {
        var errno: Int32
        var description: String { "a proxy can't listen on 127.0.0.1: \(String(cString: strerror(errno)))" }
    }

    /// A strike that waits for its batch, or has found it.
    final class Pending: Sendable {
        let strike: Strike
        let event = OneShotEvent()
        private let hit = Mutex<Hit?>(nil)
        private let ending = OneShotEvent()
        private let answer = Mutex<Answer?>(nil)

        init(_ strike: Strike) { self.strike = strike }

        func found(_ found: Hit) {
            hit.withLock { $0 = found }
            event.fire()
        }

        var result: Hit? { hit.withLock { $0 } }

        /// The server answers the batch that was kept back; only the first answer counts.
        func answered(_ answered: Answer) {
            answer.withLock { $0 = $0 ?? answered }
            ending.fire()
        }

        /// Waits for the answer; nil when none came in time.
        func answer(within limit: Duration) async -> Answer? {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.ending.wait() }
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
            }
            return answer.withLock { $0 }
        }
    }

    /// What the thread is to do, and what it says of itself.
    struct Orders: Sendable {
        var delay = Duration.zero
        var isStalled = false
        var isRefusing = false
        /// How often a reset of everything was asked for.
        var resets = 0
        /// How often a release was asked for, and whether the last one drops what was held.
        var releases = 0
        var drops = false
        var strike: Pending?
        var claimWatch = ClaimWatch.off
        var isOver = false
        /// Batches in flight now.
        var batches = 0
    }

    /// Where clients connect.
    let port: UInt16
    let wire: Wire
    let listener: Int32
    let upstream: UInt16
    /// The end of the pipe that the thread waits on.
    let wake: Int32
    private let bell: Int32
    private let orders = Mutex(Orders())

    /// Listens on a port of the system's choice. Nothing is passed on before ``run()``, which closes everything.
    init(_ wire: Wire, to upstream: UInt16) throws(Failure) {
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Failure(errno: errno) }
        var ends: [Int32] = [-1, -1]
        guard Socket.withLoopback(0, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0,
            let port = Socket.port(of: listener), pipe(&ends) == 0
        else {
            let failure = Failure(errno: errno)
            close(listener)
            throw failure
        }
        for descriptor in [listener] + ends { Socket.prepare(descriptor) }
        self.port = port
        self.wire = wire
        self.listener = listener
        self.upstream = upstream
        wake = ends[0]
        bell = ends[1]
    }

    /// Serves until the task is cancelled; then all connections are closed.
    func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let thread = Thread {
                    var loop = ProxyLoop(self)
                    loop.run()
                    continuation.resume()
                }
                thread.name = "proxy-\(port)"
                thread.stackSize = 1 << 19
                thread.start()
            }
        } onCancel: {
            order { $0.isOver = true }
        }
        close(wake)
        close(bell)
    }

    /// Reads the orders, and lets `body` note what has become of them.
    func withOrders<Result>(_ body: (inout sending Orders) -> sending Result) -> sending Result {
        orders.withLock(body)
    }

    private func order(_ change: (inout Orders) -> Void) {
        orders.withLock { orders in change(&orders) }
        var byte: UInt8 = 1
        _ = write(bell, &byte, 1)
    }

    /// Everything that is read from now on is passed on so much later; zero for at once.
    func delay(_ time: Duration) { order { $0.delay = time } }

    /// Passes nothing on and reads nothing, or does so again.
    func stall(_ isStalled: Bool) { order { $0.isStalled = isStalled } }

    /// Ends all connections and refuses new ones, or takes them again.
    func refuse(_ isRefusing: Bool) { order { $0.isRefusing = isRefusing } }

    /// Resets all connections.
    func reset() { order { $0.resets += 1 } }

    /// Lets held batches go on; `dropping`: what their worker had sent behind the guard is lost, as it is when the
    /// worker was killed in the middle of sending.
    func release(dropping: Bool = false) {
        order { orders in
            orders.releases += 1
            orders.drops = dropping
        }
    }

    /// Takes every order back.
    func heal() {
        order { orders in
            orders.delay = .zero
            orders.isStalled = false
            orders.isRefusing = false
            orders.strike = nil
            orders.claimWatch = .off
            orders.releases += 1
            orders.drops = false
        }
    }

    /// Keeps back what is begun behind the next claim, or lets it go on.
    func watchClaims(_ isOn: Bool) { order { $0.claimWatch = isOn ? .waiting : .off } }

    /// Whether a claim was sent since it is watched for.
    var hasSeenClaim: Bool { orders.withLock { $0.claimWatch == .seen } }

    /// Whether a batch is in flight through it.
    var hasBatch: Bool { orders.withLock { $0.batches > 0 } }

    /// Waits for the next batch and strikes it; nil when none came in time. Strikes come one after the other.
    func strike(_ strike: Strike, within limit: Duration) async -> Hit? {
        await find(Pending(strike), within: limit)
    }

    /// Keeps the next batch back before its guard, until ``release(dropping:)``; nil when none came in time.
    func keepBack(within limit: Duration) async -> Pending? {
        let pending = Pending(.keepBack)
        return await find(pending, within: limit) == nil ? nil : pending
    }

    private func find(_ pending: Pending, within limit: Duration) async -> Hit? {
        let deadline = ContinuousClock.now + limit
        while true {
            let isArmed = orders.withLock { orders in
                guard orders.strike == nil else { return false }
                orders.strike = pending
                return true
            }
            if isArmed { break }
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                return nil
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pending.event.wait() }
            group.addTask { try? await Task.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
        // It may have been taken at the last moment; a cut begins some bytes before it happens.
        orders.withLock { orders in
            if orders.strike === pending { orders.strike = nil }
        }
        return pending.result
    }
}
