import Foundation
import Runtime
import Synchronization

/// A place for a worker: its two proxies, and the process that is there now.
final class WorkerPlace: Sendable {
    let index: Int
    /// Between the worker and PostgreSQL.
    let database: FaultProxy
    /// Between the worker and the broker.
    let broker: FaultProxy
    /// One fault at a time may slow or stop the way to either.
    let databaseTurn = Turn()
    let brokerTurn = Turn()
    private let current = Mutex<ChildProcess?>(nil)

    init(index: Int, database: UInt16, broker: UInt16) throws {
        self.index = index
        self.database = try FaultProxy(.database, to: database)
        self.broker = try FaultProxy(.broker, to: broker)
    }

    /// The process; nil when none was ever started.
    var process: ChildProcess? { current.withLock { $0 } }

    fileprivate func put(_ process: ChildProcess) { current.withLock { $0 = process } }
}

/// Lets one at a time do something.
final class Turn: Sendable {
    private let isTaken = Mutex(false)

    /// Runs `body` when nobody else does.
    func take<Value: Sendable>(_ body: () async -> Value) async -> Value {
        while !isTaken.withLock({ taken in
            defer { taken = true }
            return !taken
        }) {
            // Goes on after a cancellation too: who had the turn gives it back.
            try? await Task.sleep(for: .milliseconds(20))
            await Task.yield()
        }
        defer { isTaken.withLock { $0 = false } }
        return await body()
    }
}

/// All processes of a run. None outlives ``run(_:)``.
final class Crew: Sendable {
    /// What workers are started with.
    struct Orders: Sendable {
        /// The program.
        var workerPath: String
        /// What every worker is told.
        var arguments: [String]
        var topic: String
        var group: String
        /// Where outputs and logs go.
        var folder: String
    }

    /// Of those that work all the time.
    let places: [WorkerPlace]
    /// Of those that only come and go.
    let guests: [WorkerPlace]
    private let orders: Orders
    private let chronicle: Chronicle
    private let children = Mutex<[ChildProcess]>([])
    private let isClosing = Mutex(false)
    private let starts: AsyncStream<(ChildProcess, WorkerPlace?)>
    private let starter: AsyncStream<(ChildProcess, WorkerPlace?)>.Continuation

    /// A worker that ended by itself is started again after this long, as a supervisor would.
    private static let patience = Duration.seconds(1)

    init(places: [WorkerPlace], guests: [WorkerPlace], orders: Orders, chronicle: Chronicle) {
        self.places = places
        self.guests = guests
        self.orders = orders
        self.chronicle = chronicle
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Runs `body` while proxies serve and processes run; then ends all of them.
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for place in places + guests {
                group.addTask { await place.database.run() }
                group.addTask { await place.broker.run() }
            }
            async let runner: Void = runProcesses()
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            isClosing.withLock { $0 = true }
            for child in children.withLock({ $0 }) { child.kill() }
            starter.finish()
            await runner
            group.cancelAll()
            return try result.get()
        }
    }

    private func runProcesses() async {
        await withDiscardingTaskGroup { group in
            for await (child, place) in starts {
                group.addTask {
                    await child.run()
                    await self.ended(child, at: place)
                }
            }
        }
    }

    private func ended(_ child: ChildProcess, at place: WorkerPlace?) async {
        let end = child.outcome
        chronicle.exited(
            child.name,
            end,
            expected: child.isExpectedToEnd,
            tail: child.isExpectedToEnd ? "" : child.tail()
        )
        guard let place, !child.isExpectedToEnd else { return }
        try? await Task.sleep(for: Self.patience)
        if !isClosing.withLock({ $0 }) { start(at: place) }
    }

    /// Starts a worker at a place; returns at once.
    @discardableResult
    func start(at place: WorkerPlace) -> ChildProcess {
        let isGuest = guests.contains { $0 === place }
        let process = start(
            name: "\(isGuest ? "guest" : "worker")-\(place.index)",
            path: orders.workerPath,
            arguments: orders.arguments,
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:\(place.broker.port)",
                // Nothing is encrypted on this way, and the proxy reads along.
                "DATABASE_URL": "postgresql://postgres@127.0.0.1:\(place.database.port)/mention_farm"
                    + "?sslmode=disable&gssencmode=disable",
                "MENTIONS_TOPIC": orders.topic, "MENTIONS_GROUP": orders.group,
            ],
            place: place
        )
        place.put(process)
        return process
    }

    /// Starts another program.
    func start(
        name: String,
        path: String,
        arguments: [String],
        environment: [String: String],
        place: WorkerPlace? = nil
    ) -> ChildProcess {
        let number = children.withLock { $0.count }
        let child = ChildProcess(
            name: "\(name)-\(number)",
            path: path,
            arguments: arguments,
            environment: environment,
            folder: orders.folder
        )
        children.withLock { $0.append(child) }
        if isClosing.withLock({ $0 }) { child.kill() }
        starter.yield((child, place))
        return child
    }

    /// Takes back whatever was done to processes and proxies.
    func heal() {
        for place in places + guests {
            place.database.heal()
            place.broker.heal()
        }
        for child in children.withLock({ $0 }) { child.signal(SIGCONT) }
    }
}
