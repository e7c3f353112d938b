import ArgumentParser
import Persistence
import PostgresClient
import Runtime
import Signals

struct SignalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Lists hours that stand out, says by which settings, and looks for more.",
        discussion: """
            Workers look for signals once a minute, in the hours that are over.

            Examples:
              mention-admin signals                               # of all brands, the latest first
              mention-admin signals list Acme --since 2026-11-16
              mention-admin signals settings --threshold 7 --cool-down 12h
              mention-admin signals judge                         # now, and all that is over by the clock
            """,
        subcommands: [SignalsList.self, SignalsSettings.self, SignalsJudge.self],
        defaultSubcommand: SignalsList.self
    )
}

struct SignalsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists signals, the latest first.",
        discussion: """
            Examples:
              mention-admin signals list
              mention-admin signals list Acme --since 2026-11-16T00:00:00Z --json
            """
    )

    @Argument(help: "Only this brand's.") var brand: String?
    @Option(help: "Only hours since this day or RFC 3339 time.") var since: String?
    @Option(help: "At most so many.") var limit: Int32 = 50
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is a number of at least 1.") }
        if let since { _ = try PointInTime.microseconds(since, option: "--since") }
    }

    func run() async throws {
        let since = try since.map { try PointInTime.microseconds($0, option: "--since") }
        try await options.withDatabase { connection, _ in
            if let brand, try await !ViewReading.brandExists(brand, on: connection) {
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            }
            let rows = try await SignalReading.signals(of: brand, since: since, limit: limit, on: connection)
            var report = Report(
                "window_start",
                "brand",
                "signal",
                "value",
                "baseline",
                "z",
                "window_end",
                "detected_at"
            )
            for row in rows {
                report.add(
                    .time(row.windowStart),
                    .text(row.brand),
                    .text(row.signal),
                    .integer(row.value),
                    .real(row.baseline, digits: 1),
                    .real(row.z, digits: 1),
                    .time(row.windowEnd),
                    .time(row.detectedAt)
                )
            }
            report.write(json: options.json, whenEmpty: "No hour stands out.")
        }
    }
}

struct SignalsSettings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Shows or changes when an hour stands out.",
        discussion: """
            Hours that are judged from then on are judged by the new settings; stored signals stay, unless their hours \
            change. Workers see a change within a minute.

            Examples:
              mention-admin signals settings
              mention-admin signals settings --threshold 7 --minimum 25
              mention-admin signals settings --cool-down 12h --baseline 14d
            """
    )

    @Option(help: ArgumentHelp("The least z of a spike, 1…1000 (at first 5).", valueName: "z")) var threshold: Double?
    @Option(help: ArgumentHelp("The least number of mentions in the hour (at first 10).", valueName: "n"))
    var minimum: Int32?
    @Option(help: ArgumentHelp("For how long a wave is told of once, 0s…168h (at first 6h).", valueName: "time"))
    var coolDown: String?
    @Option(help: ArgumentHelp("What an hour is compared with, 24h…365d (at first 28d).", valueName: "time"))
    var baseline: String?
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if let threshold, !(1...1_000).contains(threshold) {
            throw ValidationError("--threshold is a number from 1 to 1000.")
        }
        if let minimum, minimum < 1 { throw ValidationError("--minimum is a number of at least 1.") }
        _ = try hours(coolDown, "--cool-down", 0...168)
        _ = try hours(baseline, "--baseline", 24...8_760)
    }

    private func hours(_ text: String?, _ option: String, _ range: ClosedRange<Int32>) throws -> Int32? {
        guard let text else { return nil }
        guard let time = Settings.parseDuration(text), time.components.attoseconds == 0,
            time.components.seconds % 3_600 == 0, let hours = Int32(exactly: time.components.seconds / 3_600),
            range.contains(hours)
        else {
            throw ValidationError(
                "\(option) is a whole number of hours from \(range.lowerBound)h to \(range.upperBound)h, such as 12h or 7d."
            )
        }
        return hours
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            var setting = try await SignalReading.setting(on: connection)
            let before = setting
            if let threshold { setting.threshold = threshold }
            if let minimum { setting.minimum = minimum }
            if let hours = try hours(coolDown, "--cool-down", 0...168) { setting.coolDown = hours }
            if let hours = try hours(baseline, "--baseline", 24...8_760) { setting.baseline = hours }
            if setting != before { try await SignalReading.set(setting, on: connection) }
            var report = Report("threshold", "minimum", "cool_down_hours", "baseline_hours")
            report.add(
                .real(setting.threshold, digits: 2),
                .integer(Int64(setting.minimum)),
                .integer(Int64(setting.coolDown)),
                .integer(Int64(setting.baseline))
            )
            report.write(json: options.json, whenEmpty: "")
        }
    }
}

struct SignalsJudge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Looks for signals now, in all hours that are over by the clock.",
        discussion: """
            As workers do once a minute, but without waiting for mentions of a later hour: for a topic that has ended, \
            and for farms whose workers run only now and then.

            Examples:
              mention-admin signals judge
            """
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, settings in
            let watch = SignalWatch(owner: "mention-admin \(Operator.name) \(UInt32.random(in: .min ... .max))")
            let deadline = ContinuousClock.now + (try options.patience(settings))
            var mode = SignalWatch.Mode.quiet
            var found = 0
            while true {
                guard case .judged(_, let events, let hasMore) = try await watch.pass(mode, on: connection) else {
                    // A worker is at it: it holds its lease for half a minute at most.
                    guard .now < deadline else {
                        throw ProgramFailure(.unavailable, "a worker holds the lease on signals: try again in a minute")
                    }
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                found += events.count
                if !hasMore { break }
                mode = .again
            }
            try await watch.release(on: connection)
            var report = Report("new_signals")
            report.add(.integer(Int64(found)))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}
