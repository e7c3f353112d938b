import Foundation
import KafkaClient
import PostgresClient
import Runtime

/// Producer, workers and view, from their start until all have ended.
struct FarmRun: Sendable {
    let farm: FarmPrograms
    let workers: Int
    let rate: Int
    let seed: UInt64
    /// How long the producer produces; nil until a signal.
    let seconds: Int?
    let partitions: Int

    /// How a run ended.
    struct End: Sendable {
        /// From the start of the producer to the end of the last worker.
        var duration: Duration
        /// Records that were still to be read at the end; nil where it isn't known.
        var lag: Int64?
    }

    private enum Event: Sendable {
        case workersReady
        case producerEnded(ChildProgram, ChildProgram.Outcome)
        case workerEnded(ChildProgram, ChildProgram.Outcome)
        case isTime
        case hasCaughtUp
        case viewEnded
    }

    /// How long the producer waits for the workers to share out the partitions.
    private static let sharingPatience = Duration.seconds(20)
    /// How long the workers may take to read what is left when the producer has ended.
    private static let patience = Duration.seconds(30)

    func run() async throws -> End {
        let started = ContinuousClock.now
        let board = SharedBoard()
        board.update { board in
            board.partitionsWanted = partitions
            board.workersWanted = workers
            board.workersAlive = workers
            board.stage = "the workers share out the partitions"
        }
        let (stopProducer, stopWorkers, stopView) = (OneShotEvent(), OneShotEvent(), OneShotEvent())
        return try await withThrowingTaskGroup(of: Event.self) { group in
            // In whatever way this ends, everything is told to.
            defer {
                stopProducer.fire()
                stopWorkers.fire()
                stopView.fire()
                group.cancelAll()
            }
            let producer = farm.generate(["--seed", String(seed), "--rate", String(rate)] + Self.live(rate: rate))
            for number in 1...workers {
                let worker = farm.worker(number)
                group.addTask { .workerEnded(worker, try await worker.run(until: stopWorkers)) }
            }
            group.addTask {
                await view(board, started, until: stopView)
                return .viewEnded
            }
            group.addTask {
                await waitForWorkers(board)
                return .workersReady
            }

            var alive = workers
            while let event = try await group.next() {
                switch event {
                case .workersReady:
                    if Shutdown.process.isRequested {
                        stopWorkers.fire()
                        continue
                    }
                    board.update { board in
                        board.stage =
                            seconds.map { "ends after \($0) seconds; Ctrl-C ends it now" }
                            ?? "Ctrl-C ends the show"
                    }
                    group.addTask { .producerEnded(producer, try await producer.run(until: stopProducer)) }
                    group.addTask {
                        await waitForTheEnd()
                        return .isTime
                    }
                case .isTime:
                    board.update { $0.stage = "the producer stops" }
                    stopProducer.fire()
                case .producerEnded(let program, let outcome):
                    guard stopProducer.hasFired || outcome.isSuccess else { throw farm.failure(of: program, outcome) }
                    board.update { $0.stage = "the workers read what is left" }
                    group.addTask {
                        await waitForCatchUp(board)
                        return .hasCaughtUp
                    }
                case .hasCaughtUp:
                    board.update { $0.stage = "the workers drain" }
                    stopWorkers.fire()
                case .workerEnded(let program, let outcome):
                    alive -= 1
                    let left = alive
                    board.update { $0.workersAlive = left }
                    guard stopWorkers.hasFired, outcome.isSuccess else { throw farm.failure(of: program, outcome) }
                    if alive == 0 { stopView.fire() }
                case .viewEnded:
                    group.cancelAll()
                    return End(duration: ContinuousClock.now - started, lag: board.current.lag)
                }
            }
            throw CancellationError()
        }
    }

    /// Arguments for a day's stream whose times pass as fast as it is made, so that mentions are as old as they look
    /// and scores, which fade, are those of today.
    private static func live(rate: Int) -> [String] {
        let now = Date().formatted(.iso8601)
        return ["--start-at", now, "--span", "24h", "--count", String(rate * 86_400)]
    }

    /// Returns when the workers hold all partitions, at a signal, or when patience is over.
    private func waitForWorkers(_ board: SharedBoard) async {
        let deadline = ContinuousClock.now + Self.sharingPatience
        while !Task.isCancelled, !Shutdown.process.isRequested, ContinuousClock.now < deadline {
            let held = board.current.held
            if held.count == min(workers, partitions), held.reduce(0, +) == partitions { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Returns after ``seconds`` or at a signal.
    private func waitForTheEnd() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Shutdown.process.wait() }
            if let seconds { group.addTask { try? await Task.sleep(for: .seconds(seconds)) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when the board has shown a lag of 0 twice in a row, or patience is over.
    private func waitForCatchUp(_ board: SharedBoard) async {
        let deadline = ContinuousClock.now + Self.patience
        var zeroes = 0
        while zeroes < 3, ContinuousClock.now < deadline, !Task.isCancelled {
            zeroes = board.current.lag == 0 ? zeroes + 1 : 0
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Fills the board and shows it: on a terminal four times a second, in a pipe as a line every five seconds.
    private func view(_ board: SharedBoard, _ started: ContinuousClock.Instant, until stop: OneShotEvent) async {
        let filler = BoardFiller(
            board: board,
            database: PostgresTarget(url: farm.addresses.databaseURL),
            kafka: KafkaConfiguration(bootstrapServers: farm.addresses.kafkaBootstrapServers, clientID: "mention-demo"),
            topic: farm.topic,
            group: farm.group,
            partitions: partitions,
            started: started
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await filler.run() }
            group.addTask {
                let terminal = Terminal(.output)
                if terminal.isTerminal {
                    var screen = Screen(terminal)
                    while !Task.isCancelled {
                        screen.draw(board.current)
                        try? await Task.sleep(for: .milliseconds(250))
                    }
                    screen.leave()
                } else {
                    while (try? await Task.sleep(for: .seconds(5))) != nil {
                        StandardStream.output.write(LiveView.summary(board.current) + "\n")
                    }
                }
            }
            await stop.wait()
            group.cancelAll()
        }
    }
}
