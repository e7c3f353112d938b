import Glibc
import Synchronization

/// A pipe that wakes a `poll(2)` from another thread. Its write end never blocks.
final class Waker: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    /// Nil when the process has no file descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// A full pipe is fine: then the reader is about to wake anyway.
    func wake() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    func drain() {
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) > 0 {}
    }
}

/// A flag that one thread sets and a polling one sees.
final class WakingFlag: Sendable {
    private let raised = Atomic<Bool>(false)
    private let waker: Waker

    init(_ waker: Waker) {
        self.waker = waker
    }

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() {
        raised.store(true, ordering: .releasing)
        waker.wake()
    }
}

/// One call on a connection while it runs: its name, its deadline, whether its task was cancelled.
struct Operation {
    /// How long a statement may take to end after it was asked to.
    static let grace: Duration = .seconds(2)

    let name: String
    private(set) var deadline: ContinuousClock.Instant?
    let cancellation: WakingFlag
    /// Why the statement was asked to end, once it was.
    private(set) var interruption: PostgresError.Kind?

    init(name: String, timeout: Duration?, cancellation: WakingFlag) {
        self.name = name
        self.cancellation = cancellation
        deadline = timeout.map { ContinuousClock.now + $0 }
    }

    /// Why the wait should end now: the deadline is over, or the task was cancelled. After an interruption only the
    /// grace counts.
    var due: PostgresError.Kind? {
        if interruption == nil, cancellation.isRaised { return .cancelled }
        if let deadline, deadline <= ContinuousClock.now { return .timedOut }
        return nil
    }

    /// Milliseconds for `poll(2)`, rounded up; −1 without a deadline.
    var pollTimeout: Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = (deadline - ContinuousClock.now).components
        if seconds < 0 || (seconds == 0 && attoseconds <= 0) { return 0 }
        if seconds > 86_400 { return 86_400_000 }
        return Int32(clamping: seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000 &+ 1)
    }

    mutating func interrupt(_ kind: PostgresError.Kind) {
        interruption = kind
        deadline = ContinuousClock.now + Self.grace
    }

    func error(_ kind: PostgresError.Kind, _ message: String) -> PostgresError {
        PostgresError(kind: kind, message: message, statement: name)
    }
}
