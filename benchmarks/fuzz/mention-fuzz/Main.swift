import ArgumentParser

/// Fuzzes everything that reads bytes from the outside.
@main
struct MentionFuzz: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-fuzz",
        abstract: "Feeds well-formed and damaged inputs to everything that reads bytes from the outside.",
        discussion: """
            Not a program for users: benchmarks/fuzz.sh runs it, and CONTRIBUTING.md tells of it.

            Examples:
              mention-fuzz run --inputs 1000000 --seed 7
              mention-fuzz run --target event --target gzip
              mention-fuzz replay event --seed 7 --number 4711 --write input.bin
            """,
        subcommands: [RunCommand.self, ReplayCommand.self, WorkCommand.self]
    )
}
