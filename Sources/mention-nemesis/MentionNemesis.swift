import ArgumentParser
import Foundation
import Runtime

@main
struct MentionNemesis {
    static func main() async {
        await runProgram(NemesisCommand.self)
    }
}

extension FaultKind: ExpressibleByArgument {}

/// Drives a farm and breaks it, on a schedule that can be repeated.
struct NemesisCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-nemesis",
        abstract:
            "Breaks a whole farm in every way it knows, and checks that nothing was lost and nothing counted twice.",
        discussion: """
            It starts a broker, a PostgreSQL, producers and workers of its own on this machine, and leaves nothing \
            behind. The last line of standard output is a summary as JSON.

            Examples:
              mention-nemesis --smoke                               # a minute, one or two faults of each kind
              mention-nemesis --seed 7 --faults 500 --minutes 30 --history run.json
              mention-nemesis --replay run.json                     # the same plan once more
              mention-nemesis --kinds kill,stop,commit-answer-lost --faults 30 --minutes 3

            Exit codes: 0 all checks hold, 1 one does not; 64 usage, 69 a service stayed away, 70 internal error, 78
            configuration.
            """
    )

    @Option(help: ArgumentHelp("What the plan and the records follow from.", valueName: "number")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("How many faults; of each kind its share, at least one.", valueName: "number"))
    var faults: Int?
    @Option(help: ArgumentHelp("From the first record to the last.", valueName: "number")) var minutes: Double?
    @Option(help: ArgumentHelp("Workers that work all the time.", valueName: "number")) var workers = 3
    @Option(help: ArgumentHelp("Kinds of fault, by commas (default: all but stale-owner).", valueName: "a,b,c"))
    var kinds: String?
    @Option(help: ArgumentHelp("Records a second.", valueName: "number")) var rate = 600
    @Option(help: ArgumentHelp("Another worker program.", valueName: "path")) var worker: String?
    @Option(help: ArgumentHelp("Write everything that happened to this file, as JSON.", valueName: "file"))
    var history: String?
    @Option(help: ArgumentHelp("Do what the plan in this history says.", valueName: "file")) var replay: String?
    @Option(help: ArgumentHelp("Keep the logs of all programs in this folder.", valueName: "folder"))
    var keepLogs: String?
    @Flag(help: "A minute with one or two faults of each kind.") var smoke = false
    @Flag(help: "Look every few seconds whether a check fails, and end then.") var stopWhenRed = false

    mutating func validate() throws {
        func check(_ isGood: Bool, _ message: String) throws {
            if !isGood { throw ValidationError(message) }
        }
        try check((1...16).contains(workers), "--workers must be from 1 to 16.")
        try check(faults.map { (1...10_000).contains($0) } ?? true, "--faults must be from 1 to 10000.")
        try check(minutes.map { (0.5...1_440).contains($0) } ?? true, "--minutes must be from 0.5 to 1440.")
        try check((10...20_000).contains(rate), "--rate must be from 10 to 20000.")
        try check(
            !smoke || (faults == nil && minutes == nil && replay == nil),
            "--smoke decides the faults and the minutes by itself."
        )
        try check(
            replay == nil || (faults == nil && minutes == nil && kinds == nil),
            "--replay takes seed, workers, rate, faults, kinds and minutes from the history."
        )
        _ = try chosenKinds()
    }

    private func chosenKinds() throws -> [FaultKind] {
        guard let kinds else { return FaultKind.mixed }
        return try kinds.split(separator: ",").map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                let known = FaultKind.allCases.map(\.rawValue).sorted().joined(separator: ", ")
                throw ValidationError("--kinds: there is no kind \(name); there are \(known).")
            }
            return kind
        }
    }

    func run() async throws {
        let plan: FaultPlan
        if let replay {
            plan = try History.read(from: replay).plan
        } else {
            let seconds = smoke ? 60 : (minutes ?? 30) * 60
            var request = FaultPlan.Request(
                seed: seed,
                faults: smoke ? FaultKind.mixed.count : (faults ?? Int((seconds / 3.6).rounded())),
                seconds: seconds
            )
            request.workers = workers
            request.rate = rate
            request.partitions = NemesisRun.partitions(rate: rate, seconds: seconds)
            request.kinds = try chosenKinds()
            plan = FaultPlan(request)
        }
        let run = try NemesisRun(
            plan: plan,
            workerPath: worker ?? ChildProcess.path(of: "mention-worker"),
            stopsWhenRed: stopWhenRed,
            logs: keepLogs
        )
        let result = try await run.run()
        if let history { try result.write(to: history) }
        for check in result.checks where check.failures > 0 {
            let examples = check.examples.prefix(3).joined(separator: "; ")
            StandardStream.error.write("mention-nemesis: \(check.name): \(check.failures): \(examples)\n")
        }
        StandardStream.output.write(try result.summary.jsonLine() + "\n")
        if !result.summary.green { throw ExitCode(1) }
    }
}
