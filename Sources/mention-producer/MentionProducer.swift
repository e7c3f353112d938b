import ArgumentParser
import Runtime

/// The root command.
struct MentionProducer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-producer",
        abstract: "Publishes mentions to Kafka: from files, from standard input or from a seeded generator.",
        discussion: """
            What can't be read is reported with file and line, counted, and left out. The last line of standard output \
            is {"read":…,"published":…,"rejected":…,"failed":…}.

            Exit codes: 0 done; 64 usage; 69 Kafka stayed away; 70 an accepted message was not stored; 78 configuration.
            """,
        subcommands: [PublishCommand.self, GenerateCommand.self],
        defaultSubcommand: PublishCommand.self
    )
}

/// By what a record is keyed, and so which partition it goes to.
enum KeyKind: String, CaseIterable {
    /// The content sketch of the text in 16 hexadecimal digits: equal texts always meet in one partition.
    case sketch
    /// Source and id: all versions of a mention meet in one partition.
    case id
    /// No key: any partition.
    case none
}

/// The options of both commands about publishing.
struct PublishingOptions: ParsableArguments, SettingsFlags {
    @Option(help: SettingKey.key.help)
    var key: String?

    @Option(help: SettingKey.rate.help)
    var rate: String?

    @Option(help: SettingKey.giveUpAfter.help)
    var giveUpAfter: String?

    @Flag(help: SettingKey.partitionCheck.help)
    var partitionCheck = false

    var flags: Flags {
        ["key": key, "rate": rate, "give-up-after": giveUpAfter, "partition-check": partitionCheck]
    }
}

/// How records are published.
struct PublishingSettings: Sendable {
    /// What decides the partition.
    var key: KeyKind
    /// Records a second; 0 for no limit.
    var rate: Double
    /// How long Kafka may stay away, and how long a record may wait for its acknowledgement.
    var giveUpAfter: Duration
    /// Whether first offsets are checked in the end.
    var checksPartitions: Bool

    init(_ settings: Settings) throws {
        key = try settings.choice("key", default: KeyKind.sketch)
        rate = try settings.double("rate", default: 0, in: 0...100_000_000)
        giveUpAfter = try settings.duration(
            "give-up-after",
            default: .seconds(60),
            in: .seconds(1) ... .seconds(86_400)
        )
        checksPartitions = try settings.bool("partition-check")
    }
}
