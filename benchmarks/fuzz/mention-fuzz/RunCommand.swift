import ArgumentParser
import Foundation
import Fuzzing

/// Runs targets one after another, each in a process of its own that is watched.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the targets and ends with one JSON line; exits with 70 where something was found.",
        discussion: """
            A process that dies, an input that takes too long, memory that grows and a broken rule are each found and \
            named with target, seed and number: "mention-fuzz replay" makes that input again.
            """
    )

    @Option(help: "Inputs of all targets together.") var inputs = 10_000_000
    @Option(help: "The seed: the same gives the same inputs.") var seed: UInt64 = 1
    @Option(help: "Only this target; may be repeated.") var target: [String] = []
    @Option(help: "Seconds after which an input counts as hanging.") var hangSeconds = 5.0
    @Option(help: "Mebibytes by which resident memory may grow behind the first fifth of a target's inputs.")
    var growth = 24.0

    func validate() throws {
        for name in target where FuzzCatalogue.named(name) == nil {
            let known = FuzzCatalogue.all.map { $0.name }.joined(separator: ", ")
            throw ValidationError("there is no target \(name): the targets are \(known)")
        }
        guard inputs > 0, hangSeconds > 0, growth > 0 else {
            throw ValidationError("--inputs, --hang-seconds and --growth must be above 0")
        }
    }

    func run() throws {
        let chosen = target.isEmpty ? FuzzCatalogue.all : target.compactMap { FuzzCatalogue.named($0) }
        let shares = chosen.map { max(1, $0.share) }
        let begin = ContinuousClock.now
        var summary = Summary(seed: seed)
        for (type, share) in zip(chosen, shares) {
            let count = max(1, inputs * share / shares.reduce(0, +))
            let watched = Watched(target: type.name, seed: seed, inputs: count, hangSeconds: hangSeconds)
            summary.add(try watched.run(), of: type.name, inputs: count, growth: growth)
        }
        summary.seconds = Double((ContinuousClock.now - begin) / .milliseconds(100)).rounded() / 10
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(summary), as: UTF8.self))
        for problem in summary.problems { FileHandle.standardError.write(Data("\(problem)\n".utf8)) }
        if !summary.problems.isEmpty { throw ExitCode(70) }
    }
}

/// The last line of a run.
struct Summary: Encodable {
    struct Target: Encodable {
        var inputs: Int
        var classes: [String: Int] = [:]
        var rss_start_mb = 0.0
        var rss_end_mb = 0.0
    }

    var inputs = 0
    var seed: UInt64
    var targets: [String: Target] = [:]
    var seconds = 0.0
    /// The largest of the targets' processes.
    var rss_start_mb = 0.0
    var rss_end_mb = 0.0
    /// What was found, with the command that runs it again.
    var problems: [String] = []

    init(seed: UInt64) { self.seed = seed }

    mutating func add(_ outcome: Watched.Outcome, of name: String, inputs count: Int, growth: Double) {
        inputs += count
        func problem(_ what: String, _ number: Int) -> String {
            "\(name): \(what): mention-fuzz replay \(name) --seed \(seed) --number \(number)"
        }
        switch outcome {
        case .died(let number, let how): problems.append(problem("died of \(how) at input \(number)", number))
        case .hung(let number): problems.append(problem("input \(number) does not end", number))
        case .ended(let report):
            func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
            let target = Target(
                inputs: count,
                classes: report.classes,
                rss_start_mb: rounded(report.startMemory),
                rss_end_mb: rounded(report.endMemory)
            )
            targets[name] = target
            rss_start_mb = max(rss_start_mb, target.rss_start_mb)
            rss_end_mb = max(rss_end_mb, target.rss_end_mb)
            for finding in report.findings { problems.append(problem(finding.rule, finding.number)) }
            if report.findingCount > report.findings.count {
                problems.append("\(name): \(report.findingCount) findings")
            }
            if report.endMemory - report.startMemory > growth {
                problems.append("\(name): memory grew from \(target.rss_start_mb) to \(target.rss_end_mb) MB")
            }
        }
    }
}
