internal import Synchronization

/// Something that happens at most once, and that any number of tasks wait for.
public final class OneShotEvent: Sendable {
    private struct State {
        var hasFired = false
        var nextWaiter = 0
        // One for each task that waits.
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// An event that has not happened.
    public init() {}

    /// Whether it has happened.
    public var hasFired: Bool { state.withLock { $0.hasFired } }

    /// Lets it happen. Harmless when repeated.
    public func fire() {
        let waiters = state.withLock { state in
            state.hasFired = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it has happened, or when the task is cancelled.
    public func wait() async {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.hasFired || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
