internal import Foundation
public import Logging
internal import Synchronization

/// Writes log entries to standard error, one line each, as ``LogFormat`` says.
///
/// Each line is one `write`, so lines of several threads don't mix, and of several processes neither (up to the
/// 4,096 bytes that a pipe takes at once).
public struct FarmLogHandler: LogHandler {
    /// Metadata of every entry.
    public var metadata: Logger.Metadata = [:]
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// Metadata that is asked for at every entry.
    public var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    /// Makes a handler. `write` gets each line with its line feed.
    public init(level: Logger.Level, format: LogFormat, write: @escaping @Sendable (String) -> Void) {
        logLevel = level
        self.format = format
        self.write = write
    }

    /// One key of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one entry.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let line = LogLine.text(
            seconds: Int64(now.tv_sec),
            milliseconds: now.tv_nsec / 1_000_000,
            level: event.level,
            message: event.message.description,
            metadata: all.map { ($0.key, $0.value.description) },
            format: format
        )
        write(line + "\n")
    }

    private static let isBootstrapped = Atomic<Bool>(false)

    /// Makes this the handler of all loggers of the process. Only the first call counts.
    public static func bootstrap(level: Logger.Level, format: LogFormat) {
        guard isBootstrapped.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            return
        }
        LoggingSystem.bootstrap { _ in
            FarmLogHandler(level: level, format: format) { StandardStream.error.write($0) }
        }
    }
}
