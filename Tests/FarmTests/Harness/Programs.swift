import Foundation
import Subprocess
import Synchronization
import Testing

/// Where the programs of the package lie: beside the test bundle, which is a program itself.
enum ProgramFolder {
    static let path: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path
    }()

    /// The environment without settings that would send a program to another farm than the test's.
    static let cleanEnvironment = ProcessInfo.processInfo.environment.filter { name, _ in
        !["KAFKA_", "DATABASE_", "MENTIONS_", "METRICS_", "PG"].contains { name.hasPrefix($0) }
    }
}

/// The processes of one test. None of them outlives ``run(_:)``, nor, as far as the kernel can help, the test program.
struct Programs: Sendable {
    private let scratch: URL
    private let starts: AsyncStream<Child>.Continuation
    private let started = Started()

    private final class Started: Sendable {
        let children = Mutex<[Child]>([])
    }

    /// Runs a body that may start programs; those that still run at its end are killed, and all are waited for.
    static func run(_ body: (Programs) async throws -> Void) async throws {
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("mention-farm-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let (stream, starts) = AsyncStream.makeStream(of: Child.self)
        let programs = Programs(scratch: scratch, starts: starts)
        var failure: (any Error)?
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { children in
                    for await child in stream { children.addTask { await child.run() } }
                }
            }
            do {
                try await body(programs)
            } catch {
                failure = error
            }
            starts.finish()
            for child in programs.started.children.withLock({ $0 }) { child.close() }
            await group.waitForAll()
        }
        if let failure {
            for child in programs.started.children.withLock({ $0 }) {
                print("--- \(child.name): \(child.describedEnd)\n\(child.log.suffix(6_000))")
            }
            throw failure
        }
    }

    /// Starts a program; returns at once.
    func start(_ program: String, _ arguments: [String], environment: [String: String]) -> Child {
        let number = started.children.withLock { $0.count }
        let child = Child(
            name: "\(program)-\(number)",
            program: "\(ProgramFolder.path)/\(program)",
            arguments: arguments,
            environment: environment,
            folder: scratch
        )
        started.children.withLock { $0.append(child) }
        starts.yield(child)
        return child
    }

    /// A path for a file that goes with the test.
    func file(_ name: String) -> String { scratch.appendingPathComponent(name).path }
}

/// A program as a process of its own; what it writes goes into files.
final class Child: Sendable {
    private enum State {
        case waiting
        case running(pid_t)
        case ended(TerminationStatus)
        case failed(String)
        /// Not to be started any more.
        case cancelled
    }

    let name: String
    private let program: String
    private let arguments: [String]
    private let environment: [String: String]
    private let outputPath: String
    private let logPath: String
    private let state = Mutex(State.waiting)

    init(name: String, program: String, arguments: [String], environment: [String: String], folder: URL) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.environment = environment
        outputPath = folder.appendingPathComponent("\(name).out").path
        logPath = folder.appendingPathComponent("\(name).log").path
    }

    /// What it has written to standard output.
    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// What it has written to standard error.
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// The lines of ``log`` that contain a text.
    func lines(with text: String) -> [String] {
        log.split(separator: "\n").map(String.init).filter { $0.contains(text) }
    }

    /// How it ended, or that it didn't.
    var describedEnd: String { state.withLock { "\($0)" } }

    var processID: pid_t? {
        state.withLock { if case .running(let process) = $0 { process } else { nil } }
    }

    /// Runs it to its end.
    fileprivate func run() async {
        let output = open(outputPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        var variables: [Environment.Key: String] = [:]
        for (name, value) in ProgramFolder.cleanEnvironment.merging(environment, uniquingKeysWith: { $1 }) {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        var command = [program] + arguments
        let setpriv = "/usr/bin/setpriv"
        if FileManager.default.isExecutableFile(atPath: setpriv) {
            // Should the tests be killed, the kernel kills the program.
            command = [setpriv, "--pdeathsig", "KILL", "--"] + command
        }
        var options = PlatformOptions()
        // A Ctrl-C on the terminal of the tests is not for the program.
        options.createSession = true
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
                    if case .cancelled = state { kill(process, SIGKILL) }
                    state = .running(process)
                }
            }
            state.withLock { $0 = .ended(result.terminationStatus) }
        } catch {
            state.withLock { $0 = .failed("\(error)") }
        }
    }

    /// Ends it by force if it still runs.
    fileprivate func close() {
        state.withLock { state in
            switch state {
            case .running(let process): kill(process, SIGKILL)
            case .waiting: state = .cancelled
            case .ended, .failed, .cancelled: break
            }
        }
    }

    /// Sends a signal; an error if it doesn't run.
    func signal(_ number: Int32) throws {
        let process = try #require(processID, "\(name) does not run: \(describedEnd)\n\(log.suffix(2_000))")
        kill(process, number)
    }

    /// Whether it has come to its end.
    var hasEnded: Bool {
        state.withLock {
            switch $0 {
            case .ended, .failed: true
            case .waiting, .running, .cancelled: false
            }
        }
    }

    /// Waits for its end.
    @discardableResult
    func end(within limit: Duration = .seconds(90)) async throws -> TerminationStatus {
        try await wait(for: "the end of \(name)", within: limit) { self.hasEnded }
        return try state.withLock { state in
            if case .ended(let status) = state { return status }
            throw TestFailure("\(name) was not run: \(state)")
        }
    }

    /// Waits for its end and expects that it ended so.
    func expectEnd(
        _ expected: TerminationStatus,
        within limit: Duration = .seconds(90),
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let status = try await end(within: limit)
        #expect(status == expected, "\(name): \(output.suffix(2_000))\n\(log.suffix(6_000))", sourceLocation: location)
    }

    /// Waits for a line on standard error that contains a text; the line.
    @discardableResult
    func line(with text: String, within limit: Duration = .seconds(60)) async throws -> String {
        var found: String?
        try await wait(for: "\"\(text)\" in the log of \(name)", within: limit) {
            found = self.lines(with: text).first
            if found == nil, self.hasEnded { throw TestFailure("\(self.name) ended without \"\(text)\":\n\(self.log)") }
            return found != nil
        }
        return found ?? ""
    }

    /// The summary on the last line of standard output.
    func summary() throws -> [String: Double] {
        let line = try #require(output.split(separator: "\n").last, "\(name) printed nothing:\n\(log.suffix(2_000))")
        return try JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
    }
}

/// Why a test can't go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until a condition holds, looking every 10 ms; fails after the limit.
func wait(
    for what: @autoclosure () -> String,
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        if ContinuousClock.now >= deadline { throw TestFailure("never came within \(limit): \(what())") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Notes a measurement for who reads the output of the tests; nothing is asserted on it.
func measured(_ what: String, since start: ContinuousClock.Instant) {
    print("measured: \(what): \((ContinuousClock.now - start) / .milliseconds(1)) ms")
}
