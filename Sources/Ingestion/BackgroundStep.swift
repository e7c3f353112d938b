import Logging
import Persistence
import Pipeline
import PostgresClient

/// The background step of a worker: relates mentions while it holds the lease, keeps partitions of the mention table
/// ahead of the numbers, closes those that are full, and indexes those that are closed.
///
/// Indexes are built on a connection of their own, made when there is something to build and closed afterwards: a build
/// takes seconds to a minute, and neither relating nor new partitions can wait for it, nor it for a topic to be quiet.
struct BackgroundStep {
    let context: WorkerContext
    let link: DatabaseLink
    let indexing: DatabaseLink
    let relating: Relating
    private let upkeep = Upkeep()

    init(context: WorkerContext, link: DatabaseLink, indexing: DatabaseLink) {
        self.context = context
        self.link = link
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
        var closing = Upkeep.Closing()
        while true {
            let begin = ContinuousClock.now
            let outcome = try await link.perform(writes: true) { connection throws(PostgresError) in
                try await relating.step(on: connection)
            }
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
                if outcome == .idle { try await retain() }
            }
            let isBusy = await context.lanes.isBusy
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

    /// Gives the lease back at an orderly end.
    func release() async {
        guard let connection = await link.current() else { return }
        do throws(PostgresError) {
            try await relating.release(on: connection)
        } catch {
            // It ends by itself.
            context.logger.debug("the lease was not given back", metadata: ["error": "\(error.message)"])
        }
    }

    /// Removes some of what is older than it is to be kept: when there is nothing to relate, a little each time.
    private func retain() async throws {
        let removed = try await link.perform { connection throws(PostgresError) in
            try await RetentionSweep.run(on: connection)
        }
        for (table, rows) in removed.sorted(by: { $0.key < $1.key }) where rows > 0 {
            context.logger.info(
                "removed what was kept long enough",
                metadata: ["table": "\(table)", "rows": "\(rows)"]
            )
        }
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
