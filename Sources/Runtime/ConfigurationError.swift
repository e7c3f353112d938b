/// Where a setting came from.
public enum SettingPlace: Sendable, Hashable, CustomStringConvertible {
    /// The command line; the flag with its dashes.
    case flag(String)
    /// The environment; the variable's name.
    case environment(String)
    /// The configuration file; its path and the key in it.
    case file(path: String, key: String)
    /// Nowhere: no place gave a value.
    case nowhere

    /// As messages name it.
    public var description: String {
        switch self {
        case .flag(let flag): flag
        case .environment(let variable): "the environment variable \(variable)"
        case .file(let path, let key): "\"\(key)\" in \(path)"
        case .nowhere: "no place"
        }
    }
}

/// A setting that is missing or can't be used. Never holds the value of a secret.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The setting's name, as its flag without dashes.
    public var setting: String
    /// Where the value came from.
    public var place: SettingPlace
    /// What is wrong with it, to be read after the place: "is not a whole number".
    public var problem: String
    /// What to do, in the imperative: "give one from 1 to 64".
    public var remedy: String

    /// Makes an error.
    public init(setting: String, place: SettingPlace, problem: String, remedy: String) {
        self.setting = setting
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    /// One sentence with the place, the problem and the remedy.
    public var description: String {
        place == .nowhere ? "--\(setting) \(problem): \(remedy)" : "\(place) \(problem): \(remedy)"
    }
}

extension ConfigurationError: ProgramFailureConvertible {
    /// A wrong flag is a usage error, anything else one of configuration.
    public var programFailure: ProgramFailure {
        if case .flag = place { return ProgramFailure(.usage, description) }
        return ProgramFailure(.configuration, description)
    }
}

/// A value that must not be shown. Only ``revealed`` gives it; every way of printing gives asterisks.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value, for the call that needs it.
    public let revealed: String

    /// Wraps a value.
    public init(_ value: String) { revealed = value }

    /// Asterisks.
    public var description: String { "***" }
    /// Asterisks.
    public var debugDescription: String { "***" }
    /// Nothing: `dump` shows no value either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
