import ArgumentParser
import Persistence
import PostgresClient
import Runtime

/// The options of every subcommand.
struct AdminOptions: ParsableArguments {
    @OptionGroup(title: "PostgreSQL") var database: DatabaseOptions

    @Flag(help: "One JSON object a line instead of a table.")
    var json = false

    @Option(help: SettingKey.giveUpAfter.help)
    var giveUpAfter: String?

    @OptionGroup(title: "General") var common: CommonOptions

    var flags: Flags { ["give-up-after": giveUpAfter] }

    /// How long services may stay away.
    func patience(_ settings: Settings) throws -> Duration {
        try settings.duration("give-up-after", default: .seconds(60))
    }

    /// Gathers the settings and runs a body with a connection to a schema that this program knows.
    func withDatabase(
        _ groups: any SettingsFlags...,
        checked: Bool = true,
        _ body: (PostgresConnection, Settings) async throws -> Void
    ) async throws {
        let all = groups.reduce(flags) { $0.merging($1.flags) }
        let settings = try await common.settings(database, all)
        let connection = try await Self.connect(try settings.database(), patience: try patience(settings))
        do {
            if checked { try await Schema.check(connection, admitsReaders: true) }
            try await body(connection, settings)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Connects, and waits for a server that is away.
    static func connect(
        _ database: DatabaseSettings,
        patience: Duration
    ) async throws -> PostgresConnection {
        let deadline = ContinuousClock.now + patience
        var pause = Duration.milliseconds(100)
        var isSaid = false
        while true {
            do throws(PostgresError) {
                return try await Schema.connect(
                    database.target,
                    applicationName: "mention-admin",
                    timeout: min(.seconds(10), max(.seconds(1), deadline - .now))
                )
            } catch {
                guard error.failureClass == .transient, error.kind != .cancelled, .now + pause < deadline else {
                    throw error
                }
                if !isSaid {
                    isSaid = true
                    StandardStream.error.write(
                        "mention-admin: waiting for PostgreSQL: \(Visible.text(error.message))\n"
                    )
                }
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
    }
}
