public import ArgumentParser
public import PostgresClient

/// The options of every program that talks to PostgreSQL.
public struct DatabaseOptions: ParsableArguments, SettingsFlags {
    /// `--database-url`.
    @Option(help: SettingKey.databaseURL.help)
    public var databaseURL: String?

    /// `--database-url-file`.
    @Option(help: ArgumentHelp("A file that holds the URL with its password.", valueName: "path"))
    public var databaseURLFile: String?

    /// Without options.
    public init() {}

    /// What was given.
    public var flags: Flags { ["database-url": databaseURL, "database-url-file": databaseURLFile] }
}

/// Where PostgreSQL is.
public struct DatabaseSettings: Sendable, CustomStringConvertible {
    /// What libpq connects with: a URI or a connection string; empty for libpq's `PG*` variables alone.
    public var connectionString: Secret

    /// Makes settings from a URI or connection string.
    public init(connectionString: Secret) { self.connectionString = connectionString }

    /// What `PostgresConnection` connects to.
    public var target: PostgresTarget { PostgresTarget(url: connectionString.revealed) }

    /// Host and database, without user, password and parameters.
    public var description: String {
        let text = connectionString.revealed
        guard let scheme = text.range(of: "://") else {
            let shown = text.split(separator: " ").filter { $0.hasPrefix("host=") || $0.hasPrefix("dbname=") }
            return shown.isEmpty ? "PostgreSQL as PG* say" : shown.joined(separator: " ")
        }
        let rest = text[scheme.upperBound...].prefix { $0 != "?" }
        let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        return "postgresql://\(host)"
    }
}

extension Settings {
    /// The settings of ``DatabaseOptions``.
    ///
    /// - Throws: ``ConfigurationError`` when there is neither a URL nor one of libpq's variables, or the URL is none.
    public func database() throws(ConfigurationError) -> DatabaseSettings {
        guard let text = try string("database-url")?.trimmed, !text.isEmpty else {
            let variables = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"]
            if variables.contains(where: { environment[$0]?.revealed.isEmpty == false }) {
                return DatabaseSettings(connectionString: Secret(""))
            }
            throw ConfigurationError(
                setting: "database-url",
                place: .nowhere,
                problem: "is not set",
                remedy:
                    "give postgresql://user@host:5432/database, or set DATABASE_URL or libpq's PGHOST and PGDATABASE"
            )
        }
        let isURL = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        if isURL || (text.contains("=") && !text.contains("://")) {
            return DatabaseSettings(connectionString: Secret(text))
        }
        throw ConfigurationError(
            setting: "database-url",
            place: try lookup("database-url")?.place ?? .nowhere,
            problem: "is no URL of a PostgreSQL database",
            remedy: "give one such as postgresql://user@host:5432/database"
        )
    }
}
