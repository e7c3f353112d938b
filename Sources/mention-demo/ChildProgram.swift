import Foundation
import Runtime
import Subprocess

/// One of the farm's programs, run as a process of its own.
struct ChildProgram: Sendable {
    /// How a program ended.
    struct Outcome: Sendable {
        var status: TerminationStatus
        /// What it wrote to standard output, at most 64 KiB.
        var output: String
        var isSuccess: Bool { status.isSuccess }
    }

    /// The program's name; it lies beside this one.
    var name: String
    var arguments: [String]
    /// What it is told of the services, over a clean environment.
    var environment: [String: String]
    /// The file that its standard error is added to.
    var logPath: String

    /// The folder of this program.
    static let folder: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().path
    }()

    /// The environment without settings of a farm that is not this one.
    static let cleanEnvironment: [String: String] = ProcessInfo.processInfo.environment.filter { name, _ in
        !["KAFKA_", "DATABASE_", "MENTIONS_", "PG"].contains { name.hasPrefix($0) }
    }

    /// Runs it to its end. Cancellation asks it to drain, and ends it by force after 20 seconds.
    func run() async throws -> Outcome {
        let path = Self.folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ProgramFailure(.configuration, "\(path) is missing: build the whole package with swift build")
        }
        let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw ProgramFailure(.internalError, "can't write \(logPath)") }
        var options = PlatformOptions()
        // A Ctrl-C on the terminal is this program's to handle: the producer ends first, then the workers.
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(20))]
        var command = [path] + arguments
        // Should this program be killed, the kernel kills the other one.
        let setpriv = "/usr/bin/setpriv"
        if FileManager.default.isExecutableFile(atPath: setpriv) {
            command = [setpriv, "--pdeathsig", "KILL", "--"] + command
        }
        var variables: [Environment.Key: String] = [:]
        for (name, value) in Self.cleanEnvironment.merging(environment, uniquingKeysWith: { $1 }) {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        let result = try await Subprocess.run(
            .path(.init(command[0])),
            arguments: .init(Array(command.dropFirst())),
            environment: .custom(variables),
            platformOptions: options,
            input: .none,
            output: .string(limit: 64 << 10),
            error: .fileDescriptor(.init(rawValue: log), closeAfterSpawningProcess: true)
        )
        return Outcome(status: result.terminationStatus, output: result.standardOutput)
    }

    /// Runs it until `stop`, then lets it drain.
    func run(until stop: OneShotEvent) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await run() }
            group.addTask {
                await stop.wait()
                return nil
            }
            var outcome: Outcome?
            while let next = try await group.next() {
                if let next { outcome = next }
                group.cancelAll()
            }
            guard let outcome else { throw CancellationError() }
            return outcome
        }
    }
}
