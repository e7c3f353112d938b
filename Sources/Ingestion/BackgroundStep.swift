import Logging
import Persistence
import Pipeline
import PostgresClient

/// The background step of a worker: relates mentions while it holds the lease, keeps partitions of the mention table
/// ahead of the numbers, looks for signals once a minute, and indexes those that are closed when there is nothing else to
/// do.
struct BackgroundStep {
    let context: WorkerContext
    let link: DatabaseLink
    let relating: Relating
    private let upkeep = Upkeep()
    private let signals: SignalWatch

    init(context: WorkerContext, link: DatabaseLink) {
        self.context = context
        self.link = link
        signals = SignalWatch(owner: context.settings.owner)
        relating = Relating(owner: context.settings.owner, copyMemory: context.settings.copyMemory / 2)
    }

    /// Runs until the task is cancelled.
    func run() async throws {
        var upkeepDue = ContinuousClock.now
        var signalsDue = upkeepDue
        while true {
            context.health.turned(.background)
            let begin = ContinuousClock.now
            let outcome = try await link.perform(writes: true) { connection throws(PostgresError) in
                try await relating.step(on: connection)
            }
            context.instruments.stepped(outcome)
            if context.instruments.isOn { context.instruments.backgroundIndex(bytes: await relating.indexBytes) }
            if outcome != .heldByAnother { context.instruments.took(.relate, since: begin) }
            if ContinuousClock.now >= upkeepDue {
                upkeepDue = .now + .seconds(5)
                try await link.perform { connection throws(PostgresError) in
                    _ = try await upkeep.rollOver(on: connection)
                }
                if outcome == .idle { try await indexOne() }
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
        do {
            let connection = try await link.connect()
            while ContinuousClock.now < limit {
                switch try await relating.step(on: connection) {
                case .working, .reached, .reconciled: continue
                // Batches of other workers that are about to end.
                case .waiting: try await Task.sleep(for: .milliseconds(20))
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

    private func indexOne() async throws {
        let number = try await link.perform { connection throws(PostgresError) in
            try await upkeep.indexOneClosed(on: connection)
        }
        if let number {
            context.logger.info("indexed a closed partition of mentions", metadata: ["partition": "\(number)"])
        }
    }
}
