import ArgumentParser
import Foundation
import Fuzzing

/// What a working process reports when it has come to its end.
struct WorkReport: Codable {
    var classes: [String: Int]
    var findingCount: Int
    var findings: [Finding]
    /// Resident memory after the first inputs, and after the last, in mebibytes.
    var startMemory: Double
    var endMemory: Double

    struct Finding: Codable {
        var number: Int
        var rule: String
    }
}

/// Goes through inputs of one target; a process of its own, so that its death is seen.
struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work", shouldDisplay: false)

    @Argument var target: String
    @Option var seed: UInt64
    @Option var inputs: Int
    /// The file of the ``StatusPage``.
    @Option var status: String

    func run() async throws {
        guard let type = FuzzCatalogue.named(target) else { throw ValidationError("there is no target \(target)") }
        guard let page = StatusPage(status) else { throw ValidationError("\(status) can't be mapped") }
        // Ends with the process that watches, however that ends: the pipe closes.
        Thread.detachNewThread {
            var byte: UInt8 = 0
            // A crash handler interrupts the read.
            while case let count = read(0, &byte, 1), count > 0 || (count < 0 && errno == EINTR) {}
            _exit(1)
        }
        // Readers keep scratch memory: only what comes on top of what the first inputs need is growth.
        let warmUp = min(inputs, max(inputs / 5, 1000))
        var startMemory = ResidentMemory.measure()
        var endMemory = startMemory
        let tally = try await FuzzRun(seed: seed, numbers: 0..<inputs)(type) { number in
            page.number = number
            if number == warmUp { startMemory = ResidentMemory.measure() }
        } atEnd: {
            endMemory = ResidentMemory.measure()
        }
        let report = WorkReport(
            classes: tally.classes,
            findingCount: tally.findingCount,
            findings: tally.findings.map { WorkReport.Finding(number: $0.number, rule: $0.rule) },
            startMemory: startMemory,
            endMemory: endMemory
        )
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }
}
