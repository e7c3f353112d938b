import Logging
import Persistence
import Pipeline
import PostgresClient

/// The background step of a worker: relates mentions while it holds the lease, keeps partitions of the mention table
/// ahead of the numbers, looks for signals once a minute, closes partitions that are full, and indexes those that are
/// closed.
///
/// Indexes are built on a connection of their own, made when there is something to build and closed afterwards: a build
/// takes seconds to a minute, and neither relating nor new partitions can wait for it, nor it for a topic to be quiet.
struct BackgroundStep {
    let context: WorkerContext
    let link: DatabaseLink
    let indexing: DatabaseLink
    let relating: Relating
    private let upkeep = Upkeep()
    private let signals: SignalWatch

    init(context: WorkerContext, link: DatabaseLink, indexing: DatabaseLink) {
        self.context = context
        self.link = link
        signals = SignalWatch(owner: context.settings.owner)
        self.indexing = indexing
        relating = Relating(owner: context.settings.owner, copyMemory: context.settings.copyMemory / 2)
    }

    /// Runs until the task is cancelled.
    func run() async throws {
        let (due, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relate(bell) }
            group.addTask {
                for await _ in due { try await indexClosed() }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func relate(_ bell: AsyncStream<Void>.Continuation) async throws {
        var upkeepDue = ContinuousClock.now
        var signalsDue = upkeepDue
        var retentionDue = upkeepDue
        var closing = Upkeep.Closing()
        while true {
            context.health.turned(.background)
            let begin = ContinuousClock.now
            let outcome = try await link.perform(writes: true) { connection throws(PostgresError) in
                // Looking through all that is stored takes as long as there is much: it counts as alive while it goes on.
                try await relating.step(on: connection) { context.health.turned(.background) }
            }
            context.instruments.stepped(outcome)
            if context.instruments.isOn { context.instruments.backgroundIndex(bytes: await relating.indexBytes) }
            if outcome != .heldByAnother { context.instruments.took(.relate, since: begin) }
            if ContinuousClock.now >= upkeepDue {
                upkeepDue = .now + .seconds(5)
                let before = closing
                closing = try await link.perform { connection throws(PostgresError) in
                    _ = try await upkeep.rollOver(on: connection)
                    return try await upkeep.closeFull(before, on: connection)
                }
                let isDue = try await link.perform { connection throws(PostgresError) in
                    try await upkeep.isIndexDue(on: connection)
                }
                if isDue { bell.yield() }
                if outcome == .idle || isReached(outcome), ContinuousClock.now >= retentionDue {
                    let hasMore = try await retain()
                    retentionDue = .now + (hasMore ? .zero : .seconds(60))
                }
            }
            if ContinuousClock.now >= signalsDue {
                signalsDue = .now + .seconds(60)
                try await judge()
            }
            let isBusy = await context.lanes.isBusy
            context.health.rested(.background)
            switch outcome {
            case .working:
                // A backlog goes first: relating takes a fifth of one core until it is worked off, then all it can get.
                if isBusy { try await Task.sleep(for: (ContinuousClock.now - begin) * 4) }
            case .reached where isBusy:
                try await Task.sleep(for: (ContinuousClock.now - begin) * 4)
            case .reconciled: break
            case .waiting, .reached: try await Task.sleep(for: .milliseconds(250))
            case .idle: try await Task.sleep(for: .seconds(1))
            case .heldByAnother: try await Task.sleep(for: .seconds(2))
            }
        }
    }

    /// Relates what is left until an instant, so that a worker that ends when all is read does not leave what little it
    /// read half told. What is not done by then waits for the next worker; `related_through` says how far it came.
    func finish(by limit: ContinuousClock.Instant) async {
        let begin = ContinuousClock.now
        do {
            let connection = try await link.connect()
            while ContinuousClock.now < limit {
                switch try await relating.step(on: connection) {
                case .working, .reached, .reconciled: continue
                // Batches of other workers that are about to end.
                case .waiting: try await Task.sleep(for: .milliseconds(20))
                // Perhaps by what is left of our own last connection.
                case .heldByAnother where .now - begin < .milliseconds(500):
                    try await Task.sleep(for: .milliseconds(20))
                case .idle, .heldByAnother: return
                }
            }
        } catch {
            context.logger.debug("relating ended early", metadata: ["error": "\(error)"])
        }
    }

    /// Gives the lease back at an orderly end.
    func release() async {
        guard let connection = await link.current() else { return }
        do throws(PostgresError) {
            try await relating.release(on: connection)
            try await signals.release(on: connection)
        } catch {
            // It ends by itself.
            context.logger.debug("the lease was not given back", metadata: ["error": "\(error.message)"])
        }
    }

    /// Judges the hours that are over. What is more than a few passes can do waits a minute.
    private func judge() async throws {
        var mode = SignalWatch.Mode.told
        for _ in 0..<8 {
            let asked = mode
            let outcome = try await link.perform(writes: true) { connection throws(PostgresError) in
                try await signals.pass(asked, on: connection)
            }
            guard case .judged(_, let found, let hasMore) = outcome else { return }
            for event in found {
                context.logger.notice(
                    "signal: a spike of negative mentions",
                    metadata: ["hour": "\(event.spike.hour)", "value": "\(event.spike.value)"]
                )
            }
            guard hasMore else { return }
            mode = .again
        }
    }

    private func isReached(_ outcome: Relating.Outcome) -> Bool {
        if case .reached = outcome { return true }
        return false
    }

    /// Removes some of what is older than it is to be kept: when no backlog waits to be related, a little each time.
    /// - Returns: whether there may be more.
    private func retain() async throws -> Bool {
        let removed = try await link.perform { connection throws(PostgresError) in
            try await RetentionSweep.run(on: connection)
        }
        for (table, rows) in removed.sorted(by: { $0.key < $1.key }) where rows > 0 {
            context.logger.info(
                "removed what was kept long enough",
                metadata: ["table": "\(table)", "rows": "\(rows)"]
            )
        }
        return removed.values.contains { $0 >= Int64(RetentionSweep.most) }
    }

    /// Indexes closed partitions until there is none left, or another worker is at it.
    private func indexClosed() async throws {
        while true {
            let begin = ContinuousClock.now
            let number = try await indexing.perform { connection throws(PostgresError) in
                try await upkeep.indexOneClosed(on: connection) { lasted in
                    // Half a core while mentions come in, for a minute; then whatever it takes.
                    guard await context.lanes.isBusy, .now - begin < .seconds(60) else { return }
                    try? await Task.sleep(for: lasted)
                }
            }
            guard let number else { break }
            context.logger.info("indexed a closed partition of mentions", metadata: ["partition": "\(number)"])
        }
        await indexing.close()
    }
}
