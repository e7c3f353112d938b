import ArgumentParser
import Foundation
import MentionModel
import Persistence
import PostgresClient
import Runtime

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Finds copies that escaped the indexes, and changes what counts as a copy.",
        discussion: """
            Does at once what the farm does by itself in the background: relates all that is stored, compares all texts \
            with each other, as far as the window reaches, and folds what it finds. Workers may run meanwhile; where one \
            of them does the background step, that one is waited for. It takes about 360 bytes of memory for each text \
            of the window; what does not fit is counted as beyond_memory.

            --threshold and --window change what counts as a copy, for the whole farm: all that is related is taken back \
            and related anew, by this command and the workers. Until it ends clusters, is_copy, and copies in scores and \
            hours are those of what is done so far. Workers look for near copies by the new values once they are started \
            again.

            Examples:
              mention-admin reconcile
              mention-admin reconcile --memory 1GB --since 2026-01-01
              mention-admin reconcile --check                            # what would be joined? changes nothing
              mention-admin reconcile --threshold 0.75 --window 14d --yes

            The last line is one JSON object: {"texts":…,"pairs":…,"slices":…,"beyond_memory":…,"uncompared":…,\
            "seconds":…}. SIGTERM ends it after the part at hand; what was found is kept.
            Exit codes: 0 done or stopped, 64 usage, 69 PostgreSQL went away or nothing is related for the time of \
            --give-up-after, 70 --check found pairs, 78 the schema does not fit or access is denied.
            """
    )

    @Flag(help: "Tell the pairs that would be joined, and change nothing.") var check = false
    @Option(help: ArgumentHelp("Only what was published since this day or RFC 3339 time.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only what was published until this day or RFC 3339 time.", valueName: "time"))
    var until: String?
    @Option(help: ArgumentHelp("Memory for comparing, such as 64MB or 2GB (default: 256MB).", valueName: "size"))
    var memory: String?
    @Option(help: ArgumentHelp("Least Jaccard similarity of near copies from now on, 0.5…1.", valueName: "share"))
    var threshold: Double?
    @Option(help: ArgumentHelp("How far apart copies may be published from now on, 1s…3650d.", valueName: "time"))
    var window: String?
    @Flag(help: "Go on without asking, where all is related anew.") var yes = false
    @Option(help: ArgumentHelp("Pairs that --check names (default: 20).", valueName: "n")) var limit: Int?
    @OptionGroup var options: AdminOptions

    /// Failures of the database, one after the other.
    private static let patience = 5

    func validate() throws {
        _ = try time()
        _ = try bytes()
        if let threshold, !(0.5...1).contains(threshold) {
            throw ValidationError("--threshold is a share from 0.5 to 1, such as 0.75.")
        }
        if let window, seconds(window) == nil {
            throw ValidationError("--window is a length of time from 1s to 3650d, such as 12h or 14d.")
        }
        if check, threshold != nil || window != nil {
            throw ValidationError("--check changes nothing: leave out --threshold and --window.")
        }
        if limit != nil, !check { throw ValidationError("--limit goes with --check.") }
        if let limit, limit < 0 { throw ValidationError("--limit is a number of at least 0.") }
    }

    private func time() throws -> ClosedRange<Timestamp>? {
        if since == nil, until == nil { return nil }
        let from = try since.map { try PointInTime.microseconds($0, option: "--since") } ?? .min
        let to = try until.map { try PointInTime.microseconds($0, option: "--until") } ?? .max
        guard from <= to else { throw ValidationError("--since is after --until.") }
        return Timestamp(microseconds: from)...Timestamp(microseconds: to)
    }

    private func bytes() throws -> Int {
        guard let bytes = ByteCount.parse(memory ?? "256MB"), bytes >= 1 << 20, bytes <= 1 << 40 else {
            throw ValidationError("--memory is a size from 1MB to 1024GB, such as 64MB or 2GB.")
        }
        return bytes
    }

    private func seconds(_ text: String) -> Int64? {
        guard let time = Settings.parseDuration(text), time >= .seconds(1), time <= .seconds(3_650 * 86_400) else {
            return nil
        }
        return time.components.seconds
    }

    func run() async throws {
        try await options.withDatabase { connection, settings in
            let reconcile = Reconcile(
                owner: "mention-admin \(Operator.name) \(ProcessInfo.processInfo.processIdentifier)",
                memory: try bytes(),
                time: try time(),
                patience: try options.patience(settings)
            )
            let begin = ContinuousClock.now
            if check {
                try await rehearse(reconcile, since: begin, on: connection)
                return
            }
            try await change(on: connection)
            try await work(reconcile, settings, first: connection, since: begin)
        }
    }

    // MARK: - The setting

    private func change(on connection: PostgresConnection) async throws {
        guard threshold != nil || window != nil else { return }
        let old = try await CopySetting.read(connection)
        let new = CopySetting(
            threshold: threshold.map { Int(($0 * 10_000).rounded()) } ?? old.threshold,
            window: window.flatMap(seconds) ?? old.window
        )
        guard new != old else {
            StandardStream.error.write("mention-admin: \(Self.words(new)): it is so already\n")
            return
        }
        let mentions = try await StatusReading.totals(connection).newMentions
        let what = "what counts as a copy changes from \(Self.words(old)) to \(Self.words(new)) for the whole farm: "
        guard yes else {
            throw ProgramFailure(
                .usage,
                what + "all \(mentions) mentions will be related anew, and clusters, is_copy and copies in scores and "
                    + "hours are incomplete until that is done. Nothing was changed; give --yes to do it"
            )
        }
        _ = try await new.apply(on: connection)
        StandardStream.error.write("mention-admin: \(what)all \(mentions) mentions are related anew\n")
    }

    private static func words(_ setting: CopySetting) -> String {
        let days = String(format: "%g", Double(setting.window) / 86_400)
        return "threshold \(String(format: "%g", Double(setting.threshold) / 10_000)) and window \(days)d"
    }

    // MARK: - The work

    /// Runs to the end, over fresh connections where one is lost.
    private func work(
        _ reconcile: Reconcile,
        _ settings: Settings,
        first: PostgresConnection,
        since begin: ContinuousClock.Instant
    ) async throws {
        var line = ProgressLine()
        var connection = first
        var lost = 0
        while true {
            do {
                let outcome = try await reconcile.run(on: connection) { progress in
                    line.show(at: .now) { Self.words(progress, reconcile.owner) }
                    return !Shutdown.process.isRequested
                }
                line.clear()
                finish(outcome, since: begin)
                break
            } catch let error as PostgresError where error.failureClass == .transient && error.kind != .cancelled {
                line.clear()
                lost += 1
                guard lost < Self.patience, !Shutdown.process.isRequested else { throw error }
                if await connection.isUsable {
                    // The server has ended it in favour of a batch, say: once more.
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                StandardStream.error.write("mention-admin: the connection to PostgreSQL was lost; beginning again\n")
                await connection.close()
                connection = try await AdminOptions.connect(
                    try settings.database(),
                    patience: try options.patience(settings)
                )
            }
        }
        await connection.close()
    }

    private static func words(_ progress: Reconcile.Progress, _ owner: String) -> String {
        switch progress {
        case .comparing(let outcome):
            return "\(outcome.slices) slices of time, \(outcome.texts) texts compared, \(outcome.pairs) pairs found"
        case .relating(let numbers, let revisions, let pairs, let holder):
            let by = holder.flatMap { $0 == owner ? nil : ", by \($0)" } ?? ""
            return "to relate\(by): \(numbers) mentions, \(revisions) changes, \(pairs) pairs"
        }
    }

    private func finish(_ outcome: Reconciliation.Outcome, since begin: ContinuousClock.Instant) {
        if outcome.isStopped {
            StandardStream.error.write("mention-admin: stopped; what was found is kept, run it again for the rest\n")
        }
        if outcome.beyondMemory > 0 {
            StandardStream.error.write(
                "mention-admin: \(outcome.beyondMemory) texts were not compared for want of memory: run it again with "
                    + "more than --memory \(memory ?? "256MB")\n"
            )
        }
        let seconds = String(format: "%.3f", (ContinuousClock.now - begin) / .seconds(1))
        StandardStream.output.write(
            """
            {"texts":\(outcome.texts),"pairs":\(outcome.pairs),"slices":\(outcome.slices),\
            "beyond_memory":\(outcome.beyondMemory),"uncompared":\(outcome.uncompared),"seconds":\(seconds)}

            """
        )
    }

    // MARK: - The check

    private func rehearse(
        _ reconcile: Reconcile,
        since begin: ContinuousClock.Instant,
        on connection: PostgresConnection
    ) async throws {
        var line = ProgressLine()
        var pairs: Set<Reconciliation.EscapedPair> = []
        var outcome = try await reconcile.rehearse(on: connection) { progress in
            line.show(at: .now) { Self.words(progress, reconcile.owner) }
            return !Shutdown.process.isRequested
        } pairs: {
            pairs.formUnion($0)
        }
        line.clear()
        // Slices of time overlap by the window.
        outcome.pairs = pairs.count
        let named = try await EscapedPairReading.names(
            of: Array(pairs.sorted { ($0.mention, $0.other) < ($1.mention, $1.other) }.prefix(limit ?? 20)),
            on: connection
        )
        var report = Report("jaccard", "source", "native_id", "other_source", "other_native_id")
        for pair in named {
            report.add(
                .real(Double(pair.jaccard) / 10_000, digits: 4),
                .text(pair.source),
                .text(pair.nativeID),
                .text(pair.otherSource),
                .text(pair.otherNativeID)
            )
        }
        report.write(json: options.json, whenEmpty: "No pair has escaped.")
        finish(outcome, since: begin)
        let left = try await reconcile.unrelated(on: connection)
        if left > 0 {
            StandardStream.error.write("mention-admin: up to \(left) mentions are not related yet, and were left out\n")
        }
        guard outcome.pairs == 0 else {
            throw ProgramFailure(
                .internalError,
                "\(outcome.pairs) pairs of texts are near and were not joined: run mention-admin reconcile"
            )
        }
    }
}
