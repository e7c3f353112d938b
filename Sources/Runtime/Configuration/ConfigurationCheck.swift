internal import Foundation

/// Something that is wrong, or worth a second look, in a configuration. Holds no secret.
public struct ConfigurationFinding: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// A program would refuse it, or it can't do what it seems to say.
        case wrong
        /// It works, but may not be what was meant.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The setting, variable or key that it is about.
    public var subject: String
    /// What is found, and the remedy.
    public var text: String

    /// Makes a finding.
    public init(_ severity: Severity, _ subject: String, _ text: String) {
        self.severity = severity
        self.subject = subject
        self.text = text
    }
}

/// The settings of a program as they are in effect, and what is wrong with them.
public struct ConfigurationCheck: Sendable {
    /// One setting as it is in effect.
    public struct Row: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its value as it may be shown; asterisks for a secret; nil where there is none.
        public var value: String?
        /// Where it came from: `flag --topic`, `environment MENTIONS_TOPIC`, `file PATH`, or `default`.
        public var origin: String
    }

    /// A row for each setting, in the order of the table.
    public private(set) var rows: [Row] = []
    /// What is wrong or unknown.
    public private(set) var findings: [ConfigurationFinding] = []

    /// Whether a program would start with this.
    public var isGood: Bool { !findings.contains { $0.severity == .wrong } }

    /// Adds what another layer has found.
    public mutating func add(_ finding: ConfigurationFinding) { findings.append(finding) }

    /// Looks at the settings of a program. Asks no server.
    public init(_ settings: Settings, of program: SettingKey.Program) {
        for key in SettingKey.all where key.programs.contains(program) {
            guard key.name != "config", key.name != "kafka-property-file" else { continue }
            if key.name == "kafka-property" { readProperties(settings) } else { read(key, settings) }
        }
        if let path = settings.filePath {
            let variable = Settings.variable("config")
            let isFromVariable = settings.environment[variable]?.revealed == path
            let origin = isFromVariable ? "environment \(variable)" : "flag --config"
            rows.append(Row(name: "config", value: path, origin: origin))
        }
        do {
            _ = try settings.kafka()
        } catch  where program != .admin || error.setting != "kafka-bootstrap-servers" || error.place != .nowhere {
            note(error)
        } catch {
            let text = "is not set: commands that ask Kafka need it (lag, reset)"
            add(ConfigurationFinding(.warning, error.setting, text))
        }
        if program != .producer {
            do { _ = try settings.database() } catch { note(error) }
        }
        findUnknown(settings)
    }

    private mutating func note(_ error: ConfigurationError) {
        let finding = ConfigurationFinding(.wrong, error.setting, error.description)
        if !findings.contains(finding) { add(finding) }
    }

    private mutating func read(_ key: SettingKey, _ settings: Settings) {
        do {
            guard let (raw, place) = try settings.lookup(key.name) else {
                let fallback = key.fallbackNote.map { "(\($0))" } ?? key.fallback
                rows.append(Row(name: key.name, value: fallback, origin: "default"))
                return
            }
            let text =
                switch raw {
                case .one(let text): text
                case .many(let texts): texts.joined(separator: ", ")
                }
            rows.append(Row(name: key.name, value: shown(key, text, settings), origin: Self.origin(place)))
            try convert(key, settings)
        } catch {
            note(error)
        }
    }

    private func shown(_ key: SettingKey, _ text: String, _ settings: Settings) -> String {
        guard key.isSecret else { return String(text.prefix(200)) }
        // Host and database are no secret, and what one wants to see.
        if key.name == "database-url", let database = try? settings.database() { return "\(database)" }
        return "***"
    }

    private func convert(_ key: SettingKey, _ settings: Settings) throws(ConfigurationError) {
        switch key.kind {
        case .text, .file, .list: break
        case .integer(let range), .bytes(let range): _ = try settings.int(key.name, in: range)
        case .number(let range): _ = try settings.double(key.name, default: 0, in: range)
        case .duration(let range): _ = try settings.duration(key.name, in: range)
        case .flag: _ = try settings.bool(key.name)
        case .choice(let words):
            guard let text = try settings.string(key.name), !words.contains(text.trimmed) else { return }
            throw ConfigurationError(
                setting: key.name,
                place: try settings.place(of: key.name),
                problem: "is \(LogLine.quoted(String(text.prefix(60))))",
                remedy: "give one of \(words.joined(separator: ", "))"
            )
        }
    }

    private mutating func readProperties(_ settings: Settings) {
        do {
            let properties = try settings.placedKafkaProperties()
            for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
                let value = KafkaPropertyRules.shown(name, property.value.revealed)
                rows.append(Row(name: name, value: value, origin: Self.origin(property.place)))
            }
            let instance = try settings.string("instance-id")
            findings += KafkaPropertyRules.findings(properties.mapValues(\.value.revealed), instanceID: instance)
        } catch {
            note(error)
        }
    }

    private static func origin(_ place: SettingPlace) -> String {
        switch place {
        case .flag(let flag): "flag \(flag)"
        case .environment(let variable): "environment \(variable)"
        case .file(let path, let key): "file \(path) (\(key))"
        case .nowhere: "default"
        }
    }

    // MARK: What nobody reads

    private mutating func findUnknown(_ settings: Settings) {
        let names = SettingKey.all.map(\.name)
        var known: Set<String> = []
        for key in SettingKey.all where !key.name.hasPrefix("kafka-property") {
            known.formUnion([key.variable, key.variable + "_FILE"])
        }
        for variable in settings.environment.keys.sorted() where !known.contains(variable) {
            if let finding = Self.judge(variable, known.sorted()) { add(finding) }
        }
        guard let path = settings.filePath else { return }
        let keys = Set(names + names.map { $0 + "-file" })
        for key in settings.fileKeys where !keys.contains(key) {
            let near = Spelling.suggestion(for: key, among: names).map { ": did you mean \"\($0)\"?" }
            let text = "\"\(key)\" in \(path) is no setting" + (near ?? "; docs/configuration.md lists them")
            add(ConfigurationFinding(.wrong, String(key.prefix(80)), text))
        }
    }

    /// What is to be said of a variable that no setting has.
    static func judge(_ variable: String, _ known: [String]) -> ConfigurationFinding? {
        let isOurs = variable.hasPrefix("MENTIONS_")
        let isKin = ["MENTION", "KAFKA_", "DATABASE_", "METRICS_"].contains { variable.hasPrefix($0) }
        guard isOurs || isKin, !variable.hasPrefix("KAFKA_PROPERTY_") else { return nil }
        if let near = Spelling.suggestion(for: variable, among: known) {
            return ConfigurationFinding(
                .wrong,
                variable,
                "the variable \(variable) is read by nobody: did you mean \(near)?"
            )
        }
        // A property whose prefix is wrong: KAFKA_PROPERTIES_SASL_USERNAME, KAFKA_SASL_USERNAME.
        for prefix in ["KAFKA_SASL_", "KAFKA_SSL_", "KAFKA_SECURITY_", "KAFKA_PROPERTIES_", "KAFKA_PROP_"]
        where variable.hasPrefix(prefix) {
            return ConfigurationFinding(
                .warning,
                variable,
                "the variable \(variable) is read by nobody: properties are KAFKA_PROPERTY_…, as KAFKA_PROPERTY_SASL_USERNAME"
            )
        }
        guard isOurs else { return nil }
        return ConfigurationFinding(
            .wrong,
            variable,
            "the variable \(variable) is read by nobody: take it out; docs/configuration.md lists those that are"
        )
    }
}

extension Settings {
    /// The path of the configuration file that was read.
    var filePath: String? {
        for level in levels { if case .file(let path) = level.kind { return path } }
        return nil
    }

    /// The keys of the configuration file, in order.
    var fileKeys: [String] {
        guard let path = filePath, let data = FileManager.default.contents(atPath: path),
            // It was read as a JSON object before.
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return [] }
        return object.keys.sorted()
    }
}
