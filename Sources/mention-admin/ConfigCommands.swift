import ArgumentParser
import ModelChoice
import Runtime

/// `mention-admin config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Looks at the configuration.",
        subcommands: [ConfigCheckCommand.self]
    )
}

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prints each effective setting, where it came from, and what is wrong or unknown.",
        discussion: """
            Secrets are not shown, no server is asked, nothing is changed. Exits with 78 when something is wrong, else
            with 0. For a worker's settings: mention-worker config check.

            Examples:
              mention-admin config check
              mention-admin config check --database-url-file /run/secrets/db --json
            """
    )

    @OptionGroup(title: "Kafka") var kafka: KafkaOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let settings = try await options.common.settings(kafka, model, options.database, options.flags)
        try await ConfigurationCheck.run(settings, of: .admin, json: options.json) { settings in
            _ = try settings.classifier()
        }
    }
}

/// What the reference page and the example of an environment are made with.
struct ConfigurationReferenceCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case markdown
        case env
    }

    static let configuration = CommandConfiguration(
        commandName: "configuration-reference",
        abstract: "Prints docs/configuration.md or deploy/env.example.",
        shouldDisplay: false
    )

    @Option(help: "markdown or env.") var format: Format

    func run() {
        switch format {
        case .markdown: StandardStream.output.write(ConfigurationReference.markdown())
        case .env: StandardStream.output.write(ConfigurationReference.environment())
        }
    }
}
