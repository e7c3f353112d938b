public import ArgumentParser
internal import Foundation
internal import Logging

/// The options of every program.
public struct CommonOptions: ParsableArguments, SettingsFlags {
    /// `--config`.
    @Option(help: SettingKey.config.help)
    public var config: String?

    /// `--log-level`.
    @Option(help: SettingKey.logLevel.help)
    public var logLevel: String?

    /// `--log-format`.
    @Option(help: SettingKey.logFormat.help)
    public var logFormat: String?

    /// Without options.
    public init() {}

    /// What was given.
    public var flags: Flags { ["log-level": logLevel, "log-format": logFormat] }

    /// Gathers the settings of a program from its option groups, the environment and the file, and sets up logging.
    ///
    /// Call it first in `run()`: `let settings = try await common.settings(kafka, database, ["rate": rate])`.
    /// - Throws: ``ConfigurationError``.
    public func settings(_ groups: any SettingsFlags...) async throws(ConfigurationError) -> Settings {
        let given = groups.reduce(flags) { $0.merging($1.flags) }
        let settings = try await Settings(flags: given, environment: ProcessInfo.processInfo.environment, file: config)
        FarmLogHandler.bootstrap(
            level: try settings.choice("log-level", default: Logger.Level.info),
            format: try settings.choice("log-format", default: LogFormat.text)
        )
        if let isBlanked = CommandLineSecrets.blank() {
            Logger(label: "settings").warning(
                """
                a password on the command line can be read by every user of this machine (ps), \
                \(isBlanked ? "until a moment ago" : "for as long as this runs"): put it into a file, named by \
                DATABASE_URL_FILE, PGPASSFILE or --kafka-property-file
                """
            )
        }
        return settings
    }
}
