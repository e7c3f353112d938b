internal import Foundation
internal import Subprocess

/// The services in a process of their own: `mention-demo --services-only`, for as long as it is wanted.
///
/// The process reads its standard input and ends when that closes. So it ends with this process, in whatever way this
/// one ends, and takes its database and folders with it.
public struct ServicesProcess: Sendable {
    /// Why there are no services.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What happened, for people.
        public let description: String
    }

    /// The program `mention-demo`.
    public var executable: String
    /// Further arguments, such as `--topic`.
    public var arguments: [String]
    /// Where its standard error goes.
    public var logPath: String
    /// Where it makes its temporary folders; nil for where this process does. Its database's account must be able to
    /// reach it.
    public var temporaryFolder: String?

    /// Describes the process; nothing starts yet.
    public init(executable: String, arguments: [String] = [], logPath: String, temporaryFolder: String? = nil) {
        self.executable = executable
        self.arguments = arguments
        self.logPath = logPath
        self.temporaryFolder = temporaryFolder
    }

    /// Starts the process, waits for its addresses, runs `body`, and ends the process.
    ///
    /// When the process ends before `body`, `body` is cancelled and ``Failure`` thrown.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (ServiceAddresses) async throws -> Result
    ) async throws -> Result {
        let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw Failure(description: "cannot write \(logPath)") }
        var options = PlatformOptions()
        // A Ctrl-C on the terminal is not for the services: they must outlive those who use them.
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(40))]
        let outcome = try await Subprocess.run(
            Configuration(
                executable: .path(.init(executable)),
                arguments: .init(["--services-only", "--exit-with-stdin"] + arguments),
                environment: temporaryFolder.map { .inherit.updating(["TMPDIR": $0]) } ?? .inherit,
                platformOptions: options
            ),
            input: .inputWriter,
            output: .sequence,
            error: .fileDescriptor(.init(rawValue: log), closeAfterSpawningProcess: true)
        ) { execution in
            try await serve(execution, body)
        }
        return outcome.closureResult
    }

    private enum Event<Result: Sendable>: Sendable {
        case ended
        case finished(Result)
    }

    private func serve<Result: Sendable>(
        _ execution: Execution<CustomWriteInput, SequenceOutput, FileDescriptorOutput>,
        _ body: @escaping @Sendable (ServiceAddresses) async throws -> Result
    ) async throws -> Result {
        let (lines, feed) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        return try await withThrowingTaskGroup(of: Event<Result>.self) { group in
            group.addTask {
                // Ends with the process, also where reading fails: then there is nothing more to learn.
                do {
                    for try await line in execution.standardOutput.strings() { feed.yield(line) }
                } catch {
                    feed.finish()
                    return .ended
                }
                feed.finish()
                return .ended
            }
            group.addTask {
                for await line in lines {
                    return .finished(try await body(try ServiceAddresses(jsonLine: line)))
                }
                return .ended
            }
            let first = await group.nextResult()
            // In whatever way it came, the end of its input ends the process, and that ends the reader.
            try await execution.standardInputWriter.finish()
            switch first {
            case .success(.finished(let result)): return result
            case .failure(let error): throw error
            case .success(.ended), nil:
                group.cancelAll()
                throw Failure(description: "the services ended: \(tail())")
            }
        }
    }

    /// The last lines of the log.
    private func tail() -> String {
        guard let text = try? String(contentsOfFile: logPath, encoding: .utf8) else { return "no log" }
        let lines = text.split(separator: "\n").suffix(5)
        return lines.isEmpty ? "nothing was said" : lines.joined(separator: " / ")
    }
}
