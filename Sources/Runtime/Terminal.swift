internal import Foundation

/// The terminal that a stream may be.
public struct Terminal: Sendable {
    /// The stream.
    public let stream: StandardStream
    /// Whether the stream is a terminal.
    public let isTerminal: Bool
    /// Whether to use colours: on a terminal that is not `dumb`, unless `NO_COLOR` is set (no-color.org).
    public let hasColour: Bool

    /// Looks at a stream.
    public init(_ stream: StandardStream) {
        let environment = ProcessInfo.processInfo.environment
        self.stream = stream
        isTerminal = isatty(stream.rawValue) == 1
        hasColour = isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Columns and rows now; 80 × 24 where they are not known.
    public var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(stream.rawValue, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }
}

/// One line on a terminal's standard error that is written over again and again; silent in a pipe.
public struct ProgressLine: Sendable {
    private let terminal: Terminal
    private let interval: Duration
    private var nextAt: ContinuousClock.Instant?
    private var isShown = false

    /// Makes a line that changes at most five times a second.
    public init(_ terminal: Terminal = Terminal(.error), interval: Duration = .milliseconds(200)) {
        self.terminal = terminal
        self.interval = interval
    }

    /// Shows a text, cut to the terminal's width, if it is time to. `text` is made only then.
    public mutating func show(at now: ContinuousClock.Instant, _ text: () -> String) {
        guard terminal.isTerminal else { return }
        if let nextAt, now < nextAt { return }
        nextAt = now + interval
        isShown = true
        let cut = LogLine.escaped(text()).prefix(max(1, terminal.size.columns - 1))
        terminal.stream.write("\r\u{1B}[K\(cut)")
    }

    /// Takes the line away, so that what is written next stands alone.
    public mutating func clear() {
        guard isShown else { return }
        isShown = false
        nextAt = nil
        terminal.stream.write("\r\u{1B}[K")
    }
}
