internal import Foundation
internal import Synchronization

/// SIGTERM and SIGINT: the first begins a drain, a second one ends the process at once.
///
/// The second is served in the signal handler itself, so it works even when every thread of the program hangs. One that
/// comes within 100 ms of the first is the same request told twice: `timeout` signals its child, and then its group.
public final class Shutdown: Sendable {
    private let event = Mutex(OneShotEvent())

    /// The process's one, whose handlers are installed at its first use. Also makes the process ignore SIGPIPE, so
    /// that a reader that goes away is an error of the write and not the end.
    public static let process: Shutdown = {
        let shutdown = Shutdown()
        shutdown.install()
        return shutdown
    }()

    private init() {}

    /// Whether a signal has come, or ``request()`` was called.
    public var isRequested: Bool { event.withLock { $0.hasFired } }

    /// Begins the drain as a signal would; a signal after it ends the process at once.
    public func request() {
        // A time long ago: the next signal counts as the second.
        _ = firstSignalAt.compareExchange(expected: 0, desired: 1, ordering: .sequentiallyConsistent)
        event.withLock { $0 }.fire()
    }

    /// Returns when a signal has come, or when the task is cancelled.
    public func wait() async {
        await event.withLock { $0 }.wait()
    }

    /// The number of the last signal that came; nil before the first.
    public var lastSignal: Int32? {
        let number = signalSeen.load(ordering: .sequentiallyConsistent)
        return number == 0 ? nil : number
    }

    /// Takes the first signal as served: the next one counts as the first again. For a program that goes on to wait
    /// once its drain is over.
    public func rearm() {
        event.withLock { $0 = OneShotEvent() }
        firstSignalAt.store(0, ordering: .sequentiallyConsistent)
    }

    /// What is written to standard output before a second signal ends the process: what puts a terminal in order.
    /// Nil for nothing.
    public func atAbruptEnd(write text: StaticString?) {
        farewellLength.store(0, ordering: .sequentiallyConsistent)
        guard let text, text.hasPointerRepresentation else { return }
        farewell.store(Int(bitPattern: text.utf8Start), ordering: .sequentiallyConsistent)
        farewellLength.store(text.utf8CodeUnitCount, ordering: .sequentiallyConsistent)
    }

    private func install() {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            // Stored before the handlers are there that write to it.
            signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
            let reader = DispatchSource.makeReadSource(fileDescriptor: ends[0], queue: .global())
            // The handler holds the source, which so lives as long as the process.
            reader.setEventHandler { [reader, end = ends[0]] in
                _ = reader
                var byte: UInt8 = 0
                while read(end, &byte, 1) > 0 {}
                self.event.withLock { $0 }.fire()
            }
            reader.resume()
        }
        // Makes sure that the handler meets globals that exist.
        _ = lastSignal
        _ = firstSignalAt.load(ordering: .sequentiallyConsistent)
        atAbruptEnd(write: nil)
        for number in [SIGTERM, SIGINT] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = handleSignal
            sigemptyset(&action.sa_mask)
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }
}

private let signalSeen = Atomic<Int32>(0)
/// Milliseconds of the monotonic clock; 0 before the first signal.
private let firstSignalAt = Atomic<Int64>(0)
private let signalPipe = Atomic<Int32>(-1)
/// The address of the text, as a number: pointers are not Sendable.
private let farewell = Atomic<Int>(0)
private let farewellLength = Atomic<Int>(0)

/// Runs inside the signal handler: only atomics, `clock_gettime`, `write` and `_exit`, which are safe there.
private let handleSignal: @convention(c) (Int32) -> Void = { number in
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let milliseconds = Int64(now.tv_sec) &* 1_000 &+ Int64(now.tv_nsec / 1_000_000)
    let (isFirst, first) = firstSignalAt.compareExchange(
        expected: 0,
        desired: max(1, milliseconds),
        ordering: .sequentiallyConsistent
    )
    guard isFirst else {
        if milliseconds &- first < 100 { return }
        let length = farewellLength.load(ordering: .sequentiallyConsistent)
        if length > 0 {
            _ = write(1, UnsafeRawPointer(bitPattern: farewell.load(ordering: .sequentiallyConsistent)), length)
        }
        _exit(128 + number)
    }
    signalSeen.store(number, ordering: .sequentiallyConsistent)
    let saved = errno
    var byte: UInt8 = 1
    _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
    errno = saved
}
