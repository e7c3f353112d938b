import ArgumentParser
import Foundation

/// Measures the stages of a worker, each by itself.
@main
struct FarmStages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "farm-stages",
        abstract: "Measures each stage of a worker by itself, on one core.",
        discussion: """
            Processor time, the median of the rounds. Nothing but this program runs: no Kafka, no PostgreSQL.

            Examples:
              benchmarks/run.sh stages
              farm-stages --count 200000 --rounds 9
              farm-stages --brands 5000 --json
            """
    )

    @Option(help: "Records to generate; 1,000 to 2,000,000.") var count = 100_000
    @Option(help: "All records follow from it.") var seed: UInt64 = 1
    @Option(help: "Brands that are matched; 1 to 20,000.") var brands = 50
    @Option(help: "Rounds of each stage, the median counts; 1 to 99.") var rounds = 5
    @Option(help: "Bytes of the index of near copies.") var copyBytes = 64 << 20
    @Flag(help: "One JSON line a stage in place of a table.") var json = false

    func validate() throws {
        guard (1_000...2_000_000).contains(count) else {
            throw ValidationError("--count must be from 1,000 to 2,000,000")
        }
        guard (1...20_000).contains(brands) else { throw ValidationError("--brands must be from 1 to 20,000") }
        guard (1...99).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 99") }
        guard copyBytes >= 1 << 16 else { throw ValidationError("--copy-bytes must be 65,536 or more") }
    }

    func run() throws {
        let work = try Workload(seed: seed, count: count, brands: brands)
        let stages = Stages(work: work, rounds: rounds, copyBytes: copyBytes)
        if !json {
            print("\(work.records.count) records, \(work.events.count) mentions, ", terminator: "")
            print(String(format: "%.0f bytes of text a mention", work.textBytes))
            print(Self.line("stage", "ns", "least", "most", "a second", "per"))
        }
        show(try stages.generate(seed: seed))
        show(stages.decode())
        show(stages.normalise())
        show(stages.matchBrands())
        show(try stages.classify())
        show(stages.copies())
        show(stages.encode())
        show(stages.lanes())
    }

    private func show(_ result: Measurement) {
        let rate = result.median > 0 ? 1e9 / result.median : 0
        if json {
            print(
                String(
                    format: #"{"stage":"%@","unit":"%@","units":%d,"rounds":%d,"ns":%.1f,"least_ns":%.1f,"#
                        + #""most_ns":%.1f,"per_second":%.0f}"#,
                    result.stage,
                    result.unit,
                    result.units,
                    result.nanoseconds.count,
                    result.median,
                    result.least,
                    result.most,
                    rate
                )
            )
            return
        }
        func number(_ value: Double) -> String { String(format: "%.0f", value) }
        print(
            Self.line(
                result.stage,
                number(result.median),
                number(result.least),
                number(result.most),
                number(rate),
                result.unit
            )
        )
    }

    private static func line(_ stage: String, _ cells: String...) -> String {
        stage.padding(toLength: 16, withPad: " ", startingAt: 0)
            + cells.enumerated().map { column, cell in
                column == cells.count - 1
                    ? "  \(cell)" : String(repeating: " ", count: max(1, 11 - cell.count)) + cell
            }.joined()
    }
}
