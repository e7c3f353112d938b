import FarmMetrics
import Synchronization

/// The ``HealthBook`` of a worker, shared by its loops, with the clock.
final class WorkerHealth: Sendable {
    private let book = Mutex(HealthBook())

    /// A loop begins a piece of work, or goes on to the next.
    func turned(_ loop: WorkerLoop) { book.withLock { $0.turned(loop, at: .now) } }

    /// A loop waits for something to do.
    func rested(_ loop: WorkerLoop) { book.withLock { $0.rested(loop) } }

    func saw(durable: [Int32: Int64], lag: Int64) { book.withLock { $0.saw(durable: durable, lag: lag, at: .now) } }

    func excuse(_ reason: String?) { book.withLock { $0.excuse(reason, at: .now) } }

    func busy(_ loop: WorkerLoop) -> Duration { book.withLock { $0.busy(loop, at: .now) } }

    var report: HealthBook.Report { book.withLock { $0.report(at: .now) } }
}
