internal import Configuration
internal import Foundation

/// The settings of a program: a flag, else an environment variable, else the configuration file, else the default.
///
/// A setting has one name, written as its flag without dashes. `batch-size` is `--batch-size` on the command line,
/// `MENTIONS_BATCH_SIZE` in the environment and `"batch-size"` in the file. Names that begin with `kafka-` or
/// `database-` or `metrics-` have no prefix in the environment: `KAFKA_BOOTSTRAP_SERVERS`, `DATABASE_URL`.
///
/// In each place `NAME-file` (`DATABASE_URL_FILE`) names a file that holds the value, without its last line feed: so
/// secrets need to stand in neither the environment nor the configuration file. An empty environment variable counts
/// as absent.
public struct Settings: Sendable {
    /// One place that settings come from.
    struct Level: Sendable {
        enum Kind: Sendable { case flags, environment, file(String) }
        var kind: Kind
        var provider: any ConfigProvider
    }

    /// In order of precedence.
    let levels: [Level]
    /// The whole environment, to look for variables with a common prefix.
    let environment: [String: Secret]

    /// Reads the configuration file and puts the places in order.
    ///
    /// - Parameters:
    ///   - flags: What the command line gave.
    ///   - environment: The process's environment.
    ///   - file: Path of a JSON file; nil for the one that `MENTIONS_CONFIG` names, or none.
    /// - Throws: ``ConfigurationError`` when the file can't be read or isn't a JSON object.
    public init(
        flags: Flags,
        environment: [String: String],
        file: String? = nil
    ) async throws(ConfigurationError) {
        self.environment = environment.mapValues { Secret($0) }
        var levels = [
            Level(
                kind: .flags,
                provider: InMemoryProvider(
                    name: "flags",
                    values: Dictionary(uniqueKeysWithValues: flags.values.map { (AbsoluteConfigKey([$0]), $1) })
                )
            ),
            Level(
                kind: .environment,
                provider: EnvironmentVariablesProvider(
                    environmentVariables: environment.filter { !$0.value.isEmpty },
                    secretsSpecifier: .all
                )
            ),
        ]
        if let path = file ?? environment[Self.variable("config")], !path.isEmpty {
            let place: SettingPlace = file == nil ? .environment(Self.variable("config")) : .flag("--config")
            do {
                let provider = try await FileProvider<JSONSnapshot>(
                    parsingOptions: .init(secretsSpecifier: .all),
                    filePath: .init(path)
                )
                levels.append(Level(kind: .file(path), provider: provider))
            } catch {
                // The parser's own error may quote the file, which may hold secrets: it is not passed on.
                let readable = FileManager.default.isReadableFile(atPath: path)
                throw ConfigurationError(
                    setting: "config",
                    place: place,
                    problem: readable ? "names a file that is not a JSON object" : "names a file that can't be read",
                    remedy: readable ? "correct \(path)" : "give the path of a readable file instead of \(path)"
                )
            }
        }
        self.levels = levels
    }

    /// The environment variable of a setting.
    static func variable(_ name: String) -> String {
        let snake = name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 }
        // Named by the contract.
        if name.hasPrefix("actions-") { return "MENTION_" + String(snake) }
        let free = ["kafka-", "database-", "metrics-"].contains { name.hasPrefix($0) }
        return (free ? "" : "MENTIONS_") + String(snake)
    }

    /// What a place holds under a setting's name, before it is converted.
    enum RawValue: Equatable {
        case one(String)
        case many([String])
    }

    /// The value of a setting and where it was found; nil where no place has one.
    func lookup(_ name: String) throws(ConfigurationError) -> (value: RawValue, place: SettingPlace)? {
        for level in levels {
            let direct = try level.value(name)
            let indirect = try level.value(name + "-file")
            switch (direct, indirect) {
            case (nil, nil): continue
            case (let value?, nil): return (value, level.place(name))
            case (nil, let path?):
                let place = level.place(name + "-file")
                guard case .one(let path) = path else { throw .oneValue(name, place) }
                return (.one(try Self.contents(of: path, setting: name, place: place)), place)
            case (_?, _?):
                throw ConfigurationError(
                    setting: name,
                    place: level.place(name),
                    problem: "and \(level.place(name + "-file")) are both given",
                    remedy: "keep one of them"
                )
            }
        }
        return nil
    }

    /// Where a setting was found, for messages; ``SettingPlace/nowhere`` where no place has one.
    public func place(of name: String) throws(ConfigurationError) -> SettingPlace {
        try lookup(name)?.place ?? .nowhere
    }

    /// The contents of a file that a setting names, without the line feed at the end.
    static func contents(of path: String, setting: String, place: SettingPlace) throws(ConfigurationError) -> String {
        let limit = 1 << 20
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw ConfigurationError(
                setting: setting,
                place: place,
                problem: "names a file that can't be read",
                remedy: "check that \(path) exists and is readable by this user"
            )
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: limit), let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(
                setting: setting,
                place: place,
                problem: "names a file that can't be read or is not UTF-8",
                remedy: "check \(path)"
            )
        }
        return text.last?.isNewline == true ? String(text.dropLast()) : text
    }
}

extension Settings.Level {
    private func key(_ name: String) -> AbsoluteConfigKey {
        switch kind {
        case .environment: AbsoluteConfigKey([Settings.variable(name)])
        case .flags, .file: AbsoluteConfigKey([name])
        }
    }

    func place(_ name: String) -> SettingPlace {
        switch kind {
        case .flags: .flag("--" + name)
        case .environment: .environment(Settings.variable(name))
        case .file(let path): .file(path: path, key: name)
        }
    }

    /// The value under a name, whatever its type: a file may hold a number or `true` where others hold text.
    func value(_ name: String) throws(ConfigurationError) -> Settings.RawValue? {
        for type in [ConfigType.string, .stringArray, .int, .double, .bool] {
            // A provider throws only when it has a value of another type, and then the next type is tried.
            guard let found = try? provider.value(forKey: key(name), type: type) else { continue }
            switch found.value?.content {
            case nil: return nil
            case .string(let value): return .one(value)
            case .stringArray(let values): return .many(values)
            case .int(let value): return .one(String(value))
            case .double(let value): return .one(String(value))
            case .bool(let value): return .one(String(value))
            default: continue
            }
        }
        throw ConfigurationError(
            setting: name,
            place: place(name),
            problem: "is neither text, a number, true or false, nor a list of texts",
            remedy: "write it as text"
        )
    }
}

extension ConfigurationError {
    static func oneValue(_ name: String, _ place: SettingPlace) -> ConfigurationError {
        ConfigurationError(setting: name, place: place, problem: "has several values", remedy: "give one")
    }
}
