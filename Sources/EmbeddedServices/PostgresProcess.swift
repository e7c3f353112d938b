import Foundation
import Subprocess
import Synchronization

/// A running `postgres`.
///
/// The library that runs it keeps the process inside a call, so that call has to live in a task of its own: this is
/// the one unstructured task here. It ends with the process, and ends the process when it is cancelled.
final class PostgresProcess: Sendable {
    private let state = Mutex<State>(.starting)
    private let task = Mutex<Task<Void, Never>?>(nil)

    private enum State {
        case starting
        case running(pid_t)
        case ended
    }

    /// Starts the server; `output` is the open log, closed here.
    init(_ configuration: Configuration, output: Int32) {
        let task = Task { [self] in
            // How it ended is in the log; whoever waits for the server sees that it did.
            _ = try? await Subprocess.run(
                configuration,
                input: .none,
                output: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                state.withLock { $0 = .running(execution.processIdentifier.value) }
            }
            state.withLock { $0 = .ended }
        }
        self.task.withLock { $0 = task }
    }

    var hasEnded: Bool {
        state.withLock { if case .ended = $0 { true } else { false } }
    }

    /// Stops the server and waits for its end: politely for 30 seconds, then by force.
    ///
    /// - Parameter immediately: without a checkpoint, as after a crash.
    func stop(immediately: Bool) async {
        state.withLock {
            if immediately, case .running(let process) = $0 { _ = kill(process, SIGQUIT) }
        }
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}
