import EmbeddedServices
import Foundation
import KafkaClient
import PostgresClient
import Runtime

/// The whole demonstration: services, schema, brands, producer, workers, live view, summary.
struct Show: Sendable {
    var topic: String
    var partitions: Int
    var kafkaPort: UInt16?
    var dataDirectory: String?
    var seconds: Int?
    var workers: Int
    var rate: Int
    var seed: UInt64
    /// Whether the services stay when the show is over.
    var keeps: Bool

    private static let group = "mention-farm"

    func run() async throws {
        let scratch = try ScratchFolder()
        defer { ScratchFolder.remove(scratch.path) }
        var arguments = ["--topic", topic, "--partitions", String(partitions), "--scratch", scratch.path]
        if let kafkaPort { arguments += ["--kafka-port", String(kafkaPort)] }
        if let dataDirectory { arguments += ["--data-dir", dataDirectory] }
        say("starting a broker and a PostgreSQL")
        let services = ServicesProcess(
            executable: ChildProgram.folder + "/mention-demo",
            arguments: arguments,
            logPath: scratch.file("services.log"),
            // So that this process can remove the database, too, should the other one be killed.
            temporaryFolder: scratch.path
        )
        let begun = OneShotEvent()
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await services.run { addresses in
                        begun.fire()
                        try await play(at: addresses, scratch)
                    }
                    return true
                }
                group.addTask {
                    // A signal ends services that are only starting; later it is for the show to end.
                    await Shutdown.process.wait()
                    if !begun.hasFired { throw CancellationError() }
                    return false
                }
                while let isOver = try await group.next() {
                    if isOver { group.cancelAll() }
                }
            }
        } catch  where Shutdown.process.isRequested && !begun.hasFired {
            return
        } catch let failure as ServicesProcess.Failure {
            throw ProgramFailure(.unavailable, failure.description)
        }
    }

    /// A step of the preparation, for who waits.
    private func say(_ text: String) {
        StandardStream.error.write("mention-demo: \(text)\n")
    }

    private func play(at addresses: ServiceAddresses, _ scratch: ScratchFolder) async throws {
        let farm = FarmPrograms(addresses: addresses, topic: topic, group: Self.group, scratch: scratch)
        guard try await prepare(farm, scratch) else { return }
        let end = try await FarmRun(
            farm: farm,
            workers: workers,
            rate: rate,
            seed: seed,
            seconds: seconds,
            partitions: partitions
        ).run()
        let isWell = try await Summary(farm: farm, end: end).write()

        let isTerminal = Terminal(.output).isTerminal
        if keeps || (isTerminal && seconds == nil && Shutdown.process.lastSignal != SIGTERM) {
            Shutdown.process.rearm()
            StandardStream.output.write(
                "\nThe broker (\(addresses.kafkaBootstrapServers)) and the database are still there. Look further with\n"
                    + "  psql '\(addresses.databaseURL)'\nand press Ctrl-C to end.\n"
            )
            await Shutdown.process.wait()
        }
        if !isWell {
            throw ProgramFailure(.internalError, "mention-admin verify has found a fault: see its lines above")
        }
    }

    /// Schema and brands. False when a signal came.
    private func prepare(_ farm: FarmPrograms, _ scratch: ScratchFolder) async throws -> Bool {
        let brands = scratch.file("brands.json")
        let steps: [(String, ChildProgram)] = [
            ("making the schema", farm.admin(["migrate"])),
            ("making up brands", farm.generate(["--count", "0", "--seed", String(seed), "--brands-out", brands])),
            ("registering them", farm.admin(["brands", "import", brands])),
        ]
        for (what, program) in steps {
            if Shutdown.process.isRequested { return false }
            say(what)
            let outcome = try await program.run()
            if Shutdown.process.isRequested { return false }
            guard outcome.isSuccess else { throw farm.failure(of: program, outcome) }
        }
        say("starting the producer and \(workers) \(workers == 1 ? "worker" : "workers")")
        return true
    }
}

/// The farm's programs with the addresses of these services.
struct FarmPrograms: Sendable {
    let addresses: ServiceAddresses
    let topic: String
    let group: String
    let scratch: ScratchFolder

    private var environment: [String: String] {
        ["KAFKA_BOOTSTRAP_SERVERS": addresses.kafkaBootstrapServers, "DATABASE_URL": addresses.databaseURL]
    }

    func admin(_ arguments: [String]) -> ChildProgram {
        program("mention-admin", arguments, log: "admin.log")
    }

    func generate(_ arguments: [String]) -> ChildProgram {
        program("mention-producer", ["generate", "--topic", topic] + arguments, log: "producer.log")
    }

    func worker(_ number: Int) -> ChildProgram {
        // The least session timeout that a broker takes: the embedded one shares partitions out for nearly as long.
        program(
            "mention-worker",
            ["--topic", topic, "--group", group, "--session-timeout", "6s"],
            log: "worker-\(number).log"
        )
    }

    private func program(_ name: String, _ arguments: [String], log: String) -> ChildProgram {
        ChildProgram(name: name, arguments: arguments, environment: environment, logPath: scratch.file(log))
    }

    /// What a program's end means for this one: 69 stays 69 and 78 stays 78, everything else is an internal error.
    func failure(of program: ChildProgram, _ outcome: ChildProgram.Outcome) -> ProgramFailure {
        let log = URL(fileURLWithPath: program.logPath).lastPathComponent
        let tail = scratch.tail(log)
        switch outcome.status {
        case .exited(let code):
            let status: ExitStatus = [.unavailable, .configuration].first { $0.rawValue == code } ?? .internalError
            return ProgramFailure(status, "\(program.name) ended with \(code): \(tail)")
        case .signaled(let signal):
            return ProgramFailure(.internalError, "\(program.name) was ended by signal \(signal): \(tail)")
        }
    }
}
