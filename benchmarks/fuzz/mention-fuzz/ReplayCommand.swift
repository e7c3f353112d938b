import ArgumentParser
import Foundation
import Fuzzing

/// Makes one input again and reads it.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Makes one input of a run again, reads it and says what became of it."
    )

    @Argument(help: "The target's name.") var target: String
    @Option(help: "The seed of the run.") var seed: UInt64 = 1
    @Option(help: "The number of the input.") var number: Int
    @Option(help: "Begin so many inputs earlier, for faults that need what came before.") var before = 0
    @Option(help: "Write the input's bytes to a file.") var write: String?

    func run() async throws {
        guard let type = FuzzCatalogue.named(target) else { throw ValidationError("there is no target \(target)") }
        try await replay(type)
    }

    private func replay<Target: FuzzTarget>(_ type: Target.Type) async throws {
        let run = FuzzRun(seed: seed, numbers: max(0, number - before)..<number + 1)
        var target = try type.init()
        let input = run.input(number, of: &target)
        if let write { try Data(input.bytes).write(to: URL(fileURLWithPath: write)) }
        print("\(input.bytes.count) bytes, damaged \(input.mutations) times: \(Self.shown(input.bytes))")
        let tally = try await run(type)
        for (outcome, count) in tally.classes.sorted(by: { $0.key < $1.key }) { print("\(outcome): \(count)") }
        for finding in tally.findings { print("input \(finding.number): \(finding.rule)") }
        if tally.findingCount > 0 { throw ExitCode(70) }
    }

    /// The beginning, with what is not printable as \xNN.
    private static func shown(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes.prefix(2000) {
            let digits = String(byte, radix: 16)
            text +=
                0x20...0x7E ~= byte && byte != 0x5C
                ? String(Unicode.Scalar(byte)) : "\\x" + (digits.count < 2 ? "0" : "") + digits
        }
        return bytes.count > 2000 ? text + "…" : text
    }
}
