import ArgumentParser
import EmbeddedServices
import Foundation
import Runtime

@main
struct MentionDemo {
    static func main() async {
        await runProgram(DemoCommand.self)
    }
}

/// The whole farm on one machine, to look at.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-demo",
        abstract:
            "Runs the whole farm on this machine: a broker, a PostgreSQL, a producer and workers, with a live view.",
        discussion:
            "Ctrl-C ends it and leaves nothing behind. With --services-only it starts broker and database alone "
            + "and prints their addresses as one line of JSON."
    )

    @Flag(help: "Start the broker and the database alone, print their addresses and run until SIGTERM.")
    var servicesOnly = false

    @Option(help: ArgumentHelp("A topic to create; repeatable (default: mentions).", valueName: "name"))
    var topic: [String] = []

    @Option(help: ArgumentHelp("Partitions of each topic.", valueName: "number"))
    var partitions = 64

    @Option(help: ArgumentHelp("A fixed port on 127.0.0.1 for the broker.", valueName: "port"))
    var kafkaPort: UInt16?

    @Option(help: ArgumentHelp("Where the database lies and stays; else a temporary folder.", valueName: "folder"))
    var dataDir: String?

    @Option(help: ArgumentHelp("End by itself after this long.", valueName: "number"))
    var seconds: Int?

    @Option(help: ArgumentHelp("How many workers.", valueName: "number"))
    var workers = 2

    @Option(help: ArgumentHelp("How many records the producer makes a second.", valueName: "number"))
    var rate = 4_000

    @Option(help: ArgumentHelp("The seed of the generated mentions.", valueName: "number"))
    var seed: UInt64 = 1

    @Flag(help: "Keep the services when the show is over, until Ctrl-C.")
    var keep = false

    @Flag(help: .hidden)
    var exitWithStdin = false

    @Option(help: .hidden)
    var scratch: String?

    mutating func validate() throws {
        func check(_ isGood: Bool, _ message: String) throws {
            if !isGood { throw ValidationError(message) }
        }
        try check((1...10_000).contains(partitions), "--partitions must be from 1 to 10000.")
        try check(seconds.map { (1...86_400).contains($0) } ?? true, "--seconds must be from 1 to 86400.")
        try check((1...32).contains(workers), "--workers must be from 1 to 32.")
        try check((1...100_000).contains(rate), "--rate must be from 1 to 100000.")
        try check(kafkaPort != 0, "--kafka-port must be from 1 to 65535.")
        try check(topic.allSatisfy { !$0.isEmpty && $0.utf8.count <= 249 }, "--topic must have 1 to 249 characters.")
        try check(Set(topic).count == topic.count, "--topic names a topic twice.")
        try check(servicesOnly || topic.count <= 1, "--topic can be repeated with --services-only alone.")
        try check(servicesOnly || (!exitWithStdin && scratch == nil), "This option goes with --services-only.")
    }

    func run() async throws {
        if servicesOnly {
            var farm = EmbeddedFarm(partitions: partitions, kafkaPort: kafkaPort, dataDirectory: dataDir)
            if !topic.isEmpty { farm.topics = topic }
            // Where workers publish their decisions; nobody reads it here, but it has to be there.
            if !farm.topics.contains("mention-actions") { farm.topics.append("mention-actions") }
            try await ServicesOnly(farm: farm, exitsWithInput: exitWithStdin, scratch: scratch).run()
        } else {
            try await Show(
                topic: topic.first ?? "mentions",
                partitions: partitions,
                kafkaPort: kafkaPort,
                dataDirectory: dataDir,
                seconds: seconds,
                workers: workers,
                rate: rate,
                seed: seed,
                keeps: keep
            ).run()
        }
    }
}
