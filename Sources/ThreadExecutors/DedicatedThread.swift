import DequeModule
import Foundation

/// A serial executor with an operating-system thread of its own, for actors that own a C library's handle.
///
/// Calls into librdkafka and libpq block; on the cooperative pool they would take a core's thread from every other
/// task. An actor whose `unownedExecutor` is one of these runs all its code on this thread and may block there.
///
/// The thread holds its queue, not the executor: when the owner is gone it calls ``stop()`` (from its `deinit`), the
/// jobs already queued run, and the thread ends.
public final class DedicatedThread: SerialExecutor {
    private let queue: JobQueue

    /// Starts a thread. `name` is shown by debuggers and `top -H`, cut to 15 bytes.
    public init(name: String) {
        let queue = JobQueue()
        self.queue = queue
        let short = String(name.prefix(15))
        let thread = Thread {
            // A thread that has not started yet has no name to set.
            Thread.current.name = short
            queue.runUntilStopped()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Called after each job is queued, from the thread that queues it: lets a job that blocks inside a C call be
    /// woken so that others get their turn. Must be quick and must not queue jobs.
    public func onEnqueue(_ wake: (@Sendable () -> Void)?) {
        queue.setWake(wake)
    }

    /// Whether jobs wait for the thread; a job that loops may ask, to make room for them.
    public var hasWaitingJobs: Bool { queue.hasWaitingJobs }

    /// Ends the thread after the jobs that are already queued.
    public func stop() {
        queue.stop()
    }

    /// Queues a job for the thread, as `SerialExecutor` asks for.
    public func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), executor: asUnownedSerialExecutor())
    }

    /// The reference that an actor returns as its `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}

/// The jobs of one thread. `@unchecked Sendable`: every access to its state is under `condition`.
///
/// It is unbounded by necessity (an executor may not refuse a job); what bounds it is that each task has at most one
/// job here at a time.
private final class JobQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs = Deque<(UnownedJob, UnownedSerialExecutor)>()
    private var stopped = false
    private var wake: (@Sendable () -> Void)?

    var hasWaitingJobs: Bool {
        condition.withLock { !jobs.isEmpty }
    }

    func setWake(_ wake: (@Sendable () -> Void)?) {
        condition.withLock { self.wake = wake }
    }

    func append(_ job: UnownedJob, executor: UnownedSerialExecutor) {
        let wake = condition.withLock {
            jobs.append((job, executor))
            condition.signal()
            return self.wake
        }
        wake?()
    }

    func stop() {
        condition.withLock {
            stopped = true
            condition.signal()
        }
    }

    func runUntilStopped() {
        while let (job, executor) = next() {
            job.runSynchronously(on: executor)
        }
    }

    private func next() -> (UnownedJob, UnownedSerialExecutor)? {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty {
            if stopped { return nil }
            condition.wait()
        }
        return jobs.popFirst()
    }
}
