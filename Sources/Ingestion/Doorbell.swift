import Synchronization

/// Wakes one task when there is something to do. Rings between two waits are one ring: it holds no queue.
final class Doorbell: Sendable {
    private struct State {
        var isRung = false
        var isClosed = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter, or the next one to come.
    func ring() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isRung = true
                return nil as CheckedContinuation<Bool, Never>?
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// Ends all waiting, now and later.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }

    /// Waits for a ring. False when the bell was closed or the task cancelled. One waiter at a time: a second one
    /// sends the first home.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, former) = state.withLock { state -> (Bool?, CheckedContinuation<Bool, Never>?) in
                    if state.isClosed || Task.isCancelled { return (false, nil) }
                    if state.isRung {
                        state.isRung = false
                        return (true, nil)
                    }
                    let former = state.waiter
                    state.waiter = continuation
                    return (nil, former)
                }
                former?.resume(returning: false)
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: false)
        }
    }

    /// Waits for a ring, at most for a while. False when it did not ring.
    func wait(atMost limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                // A sleep that is cancelled has done its part: the bell rang first.
                try? await Task.sleep(for: limit)
                return false
            }
            var isRung = await group.next() ?? false
            group.cancelAll()
            // A ring may have come just as the time was up: it woke that wait and would be lost.
            for await late in group { isRung = isRung || late }
            return isRung
        }
    }
}
