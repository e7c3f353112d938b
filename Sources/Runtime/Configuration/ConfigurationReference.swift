/// What is written about settings: the reference page and the example of an environment, both made of the table.
public enum ConfigurationReference {
    /// `docs/configuration.md`.
    public static func markdown() -> String {
        var page = """
            # Configuration

            <!-- Made by: mention-admin configuration-reference --format markdown. Don't edit: change the table in
            Sources/Runtime/Configuration/SettingTable.swift. -->

            Every program reads its settings in the same way: a **flag**, else an **environment variable**, else the
            **JSON file** that `--config` names, else the **default**. A key of the file is the flag without its dashes:

            ```json
            {"topic": "mentions", "batch-records": 4000, "kafka-property": ["security.protocol=SASL_SSL"]}
            ```

            An empty variable counts as absent. In each place `NAME-file` (`DATABASE_URL_FILE`, `--database-url-file`,
            `"database-url-file"`) names a file that holds the value: so a secret stands neither on a command line nor in
            the environment. Two are all that a deployment must set: `KAFKA_BOOTSTRAP_SERVERS` and `DATABASE_URL`.

            `mention-worker config check` (and `mention-admin config check`) prints each value, where it came from, and
            what is wrong or unknown, without a secret; it exits with 78 when something is wrong. It takes the same flags
            as the program, asks no server, and changes nothing.

            Recipes for TLS and logins are in [security.md](security.md); `deploy/env.example` is the same table as a file
            to start from.


            """
        for section in SettingKey.Section.allCases {
            let keys = SettingKey.all.filter { $0.section == section }
            guard !keys.isEmpty else { continue }
            page += "## \(section.rawValue)\n\n"
            for key in keys { page += entry(key) }
        }
        return page + passThrough
    }

    private static func entry(_ key: SettingKey) -> String {
        let programs = key.programs.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        let variable = key.name.hasPrefix("kafka-property") ? "KAFKA_PROPERTY_…" : key.variable
        var lines = [
            "### `\(key.name)`", "",
            "\(key.meaning).", "",
            "- flag `\(key.flag)`, variable `\(variable)`, key `\"\(key.name)\"`; read by \(programs)",
            "- value: \(key.range)" + (key.isSecret ? "; **secret**: never shown, may stand in a file" : ""),
            "- default: \(key.shownFallback ?? "none")",
        ]
        if key.name == "kafka-property" || key.name == "kafka-property-file" {
            lines.append("- example: `\(key.flag) \(key.example)`")
        } else if case .flag = key.kind {
            lines.append("- example: `\(key.flag)`, `\(key.variable)=true`")
        } else {
            lines.append("- example: `\(key.variable)=\(key.example)`")
        }
        return lines.joined(separator: "\n") + "\n\n"
    }

    private static let passThrough = """
        ## Properties of Kafka's client

        Any property of librdkafka passes through: `--kafka-property security.protocol=SASL_SSL`, or
        `KAFKA_PROPERTY_SECURITY_PROTOCOL=SASL_SSL`: dots become underscores, an underscore becomes two. `…_FILE` names a
        file with the value. What is given so wins over what the farm sets itself; `config check` says what must not be
        set, because the farm's promises rest on it.

        ## libpq's own variables

        Without `DATABASE_URL` libpq's variables count: `PGHOST`, `PGHOSTADDR`, `PGPORT`, `PGDATABASE`, `PGUSER`,
        `PGSERVICE`; with or without it `PGPASSFILE`, `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY` and the rest.

        """

    /// `deploy/env.example`: good for Docker's `--env-file`, systemd's `EnvironmentFile` and `deploy/farm.sh`.
    public static func environment() -> String {
        var page = """
            # Settings of a mention farm: copy this to farm.env and fill in the two that have no default.
            # One NAME=value a line, without quotes, for docker --env-file, systemd's EnvironmentFile and farm.sh.
            # Made by: mention-admin configuration-reference --format env. What each means: docs/configuration.md

            """
        for section in SettingKey.Section.allCases {
            let keys = SettingKey.all.filter { $0.section == section && $0.name != "kafka-property-file" }
            guard !keys.isEmpty else { continue }
            page += "\n# --- \(section.rawValue)\n"
            for key in keys { page += variable(key) }
        }
        return page
    }

    private static func variable(_ key: SettingKey) -> String {
        var lines = ["\n# \(key.meaning)."]
        if let fallback = key.shownFallback { lines.append("# Default: \(fallback).") }
        switch key.name {
        case "kafka-bootstrap-servers", "database-url":
            // The two that every deployment sets stand uncommented.
            lines.append(
                "\(key.variable)=\(key.name == "database-url" ? "postgresql://farm@db.example:5432/mentions" : key.example)"
            )
            if key.isSecret { lines.append("#\(key.variable)_FILE=/run/secrets/\(key.name)") }
        case "kafka-property":
            lines += [
                "#KAFKA_PROPERTY_SECURITY_PROTOCOL=SASL_SSL", "#KAFKA_PROPERTY_SASL_MECHANISMS=SCRAM-SHA-512",
                "#KAFKA_PROPERTY_SASL_USERNAME=farm", "#KAFKA_PROPERTY_SASL_PASSWORD_FILE=/run/secrets/kafka",
            ]
        default:
            lines.append("#\(key.variable)=\(key.example)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
