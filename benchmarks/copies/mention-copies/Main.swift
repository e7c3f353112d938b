import ArgumentParser
import Copies

/// Measures how copies are found.
@main
struct MentionCopies: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-copies",
        abstract: "Measures how near copies are found: recall, precision, cost, memory.",
        discussion: """
            Not a program for users: benchmarks/copies.sh runs it, and docs/copies.md has its figures. It prints JSON \
            lines, or a table on a terminal. Texts are generated, or the lines of --texts.

            Examples:
              mention-copies plant --pairs 50000
              mention-copies cost --count 1000000 --bytes 134217728
              mention-copies shape --texts tweets.txt
              mention-copies clusters mentions.tsv
            """,
        subcommands: [PlantCommand.self, BruteCommand.self, CostCommand.self, ShapeCommand.self, ClustersCommand.self]
    )
}

/// The scheme to measure.
struct SchemeOptions: ParsableArguments {
    @Option(help: "Scalars in a shingle.") var shingle = CopyScheme().shingle
    @Option(help: "Bands.") var bands = CopyScheme().bands
    @Option(help: "Rows of a band.") var rows = CopyScheme().rows
    @Option(help: "Least shingles of a text with near copies.") var least = CopyScheme().leastShingles
    @Option(help: "Least similarity, in ten-thousandths.") var threshold = 8_000

    var scheme: CopyScheme {
        CopyScheme(shingle: shingle, bands: bands, rows: rows, leastShingles: least, threshold: threshold)
    }
}
