import Foundation
import Runtime
import Subprocess
import Synchronization

/// One of the farm's programs as a process of its own; what it writes goes into files.
final class ChildProcess: Sendable {
    /// How it ended.
    struct End: Sendable, Codable, Equatable {
        /// The exit code, where it exited.
        var code: Int32?
        /// The signal, where one ended it.
        var signal: Int32?
        /// Why it never ran.
        var failure: String?

        var isSuccess: Bool { code == 0 }
    }

    private enum State {
        case waiting
        case running(pid_t)
        case ended(End)
        /// Not to be started any more.
        case cancelled
    }

    /// For people and as the name of its files.
    let name: String
    let outputPath: String
    let logPath: String
    private let command: [String]
    private let environment: [String: String]
    private let state = Mutex(State.waiting)
    private let expectation = Mutex(false)
    private let end = OneShotEvent()

    /// Beside this program, or where `path` says. The programs get this one's environment, but for the settings of
    /// another farm.
    init(name: String, path: String, arguments: [String], environment: [String: String], folder: String) {
        self.name = name
        var command = [path] + arguments
        let setpriv = "/usr/bin/setpriv"
        if FileManager.default.isExecutableFile(atPath: setpriv) {
            // Should this program be killed, the kernel kills the other one, also when that is stopped.
            command = [setpriv, "--pdeathsig", "KILL", "--"] + command
        }
        self.command = command
        let own = ProcessInfo.processInfo.environment.filter { name, _ in
            !["KAFKA_", "DATABASE_", "MENTIONS_", "PG"].contains { name.hasPrefix($0) }
        }
        self.environment = own.merging(environment) { $1 }
        outputPath = "\(folder)/\(name).out"
        logPath = "\(folder)/\(name).log"
    }

    /// The folder of this program, where the others are.
    static let folder: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().path
    }()

    /// The path of a program of the package.
    static func path(of program: String) throws -> String {
        let path = "\(folder)/\(program)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ProgramFailure(.configuration, "\(path) is missing: build the whole package with swift build")
        }
        return path
    }

    /// Its process; nil before it runs and when it has ended.
    var processID: pid_t? {
        state.withLock { if case .running(let process) = $0 { process } else { nil } }
    }

    /// How it ended; nil while it has not.
    var outcome: End? {
        state.withLock { if case .ended(let end) = $0 { end } else { nil } }
    }

    /// Whether somebody has decided that it ends.
    var isExpectedToEnd: Bool { expectation.withLock { $0 } }

    /// Its end is nobody's fault but ours.
    func expectEnd() { expectation.withLock { $0 = true } }

    /// Sends a signal; false when it doesn't run.
    @discardableResult
    func signal(_ number: Int32) -> Bool {
        state.withLock { state in
            guard case .running(let process) = state else { return false }
            return Glibc.kill(process, number) == 0
        }
    }

    /// Ends it by force, or sees to it that it never starts.
    func kill() {
        expectEnd()
        state.withLock { state in
            switch state {
            case .running(let process): _ = Glibc.kill(process, SIGKILL)
            case .waiting: state = .cancelled
            case .ended, .cancelled: break
            }
        }
    }

    /// Waits for its end; nil when it has not come within the limit.
    func waitForEnd(within limit: Duration) async -> End? {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.end.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return outcome
    }

    /// The last line of its standard output.
    var lastLine: String? {
        (try? String(contentsOfFile: outputPath, encoding: .utf8))?.split(separator: "\n").last.map(String.init)
    }

    /// The last lines of its log, on one line.
    func tail(_ lines: Int = 3) -> String {
        let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        let last = text.split(separator: "\n").suffix(lines)
        return last.isEmpty ? "it said nothing" : last.joined(separator: " / ")
    }

    /// Runs it to its end.
    func run() async {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
        let output = open(outputPath, flags, 0o600)
        let log = open(logPath, flags, 0o600)
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        var options = PlatformOptions()
        // A Ctrl-C on the terminal is this program's to handle.
        options.createSession = true
        var ending: End
        do {
            let result = try await Subprocess.run(
                .path(.init(command[0])),
                arguments: .init(Array(command.dropFirst())),
                environment: .custom(variables),
                platformOptions: options,
                input: .none,
                output: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: true),
                error: .fileDescriptor(.init(rawValue: log), closeAfterSpawningProcess: true)
            ) { execution in
                let process = execution.processIdentifier.value
                state.withLock { state in
                    // Closed before it was running.
                    if case .cancelled = state { _ = Glibc.kill(process, SIGKILL) }
                    state = .running(process)
                }
            }
            switch result.terminationStatus {
            case .exited(let code): ending = End(code: code)
            case .signaled(let signal): ending = End(signal: signal)
            }
        } catch {
            ending = End(failure: "\(error)")
        }
        state.withLock { [ending] in $0 = .ended(ending) }
        end.fire()
    }
}
