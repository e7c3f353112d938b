import ArgumentParser
import Logging
import Runtime

/// `mention-worker config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Looks at the configuration.",
        subcommands: [ConfigCheckCommand.self]
    )
}

/// `mention-worker config check`.
struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prints each effective setting, where it came from, and what is wrong or unknown.",
        discussion: """
            Takes all flags of mention-worker. Secrets are not shown, no server is asked, nothing is changed.
            Exits with 78 when something is wrong, else with 0.

            Examples:
              mention-worker config check
              DATABASE_URL_FILE=/run/secrets/db mention-worker config check --batch-records 8000
            """
    )

    @Flag(help: "One JSON object a line instead of a table.")
    var json = false

    @ParentCommand var worker: MentionWorker

    func run() async throws {
        let settings = try await worker.settings()
        try await ConfigurationCheck.run(settings, of: .worker, json: json) { settings in
            _ = try MentionWorker.workerSettings(settings, logger: Logger(label: "mention-worker"))
        }
    }
}
