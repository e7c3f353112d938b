public import ArgumentParser

/// One setting of the farm's programs: the row of a table that help texts, `deploy/env.example`, the reference page and
/// `config check` are made of. The rows themselves are the static members, all of them in ``all``.
public struct SettingKey: Sendable {
    /// What a value is, and which values are taken.
    public enum Kind: Sendable {
        /// Any text.
        case text
        /// The path of a file.
        case file
        /// Texts; the option may be repeated, and commas separate them in the environment.
        case list
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// A whole number of bytes.
        case bytes(ClosedRange<Int>)
        /// A number.
        case number(ClosedRange<Double>)
        /// A length of time with its unit.
        case duration(ClosedRange<Duration>)
        /// True or false; on the command line the option alone is true.
        case flag
        /// One of these words.
        case choice([String])
    }

    /// A program that reads settings.
    public enum Program: String, Sendable, CaseIterable {
        /// `mention-producer`.
        case producer = "mention-producer"
        /// `mention-worker`.
        case worker = "mention-worker"
        /// `mention-admin`.
        case admin = "mention-admin"
    }

    /// A part of the reference page.
    public enum Section: String, Sendable, CaseIterable {
        /// Where Kafka is.
        case kafka = "Kafka"
        /// Where PostgreSQL is.
        case database = "PostgreSQL"
        /// How a worker takes part in its group, begins and ends.
        case membership = "Group, start and end"
        /// What a worker writes at a time and holds in memory.
        case batches = "Batches and memory"
        /// When a worker stops by itself.
        case faults = "Faults"
        /// How mentions are classified.
        case model = "Model"
        /// What a worker tells of itself.
        case metrics = "Metrics and health"
        /// How a producer publishes.
        case publishing = "Publishing"
        /// What all programs have.
        case general = "General"
    }

    /// The name: its flag without dashes, and its key in the configuration file.
    public var name: String
    /// The part of the reference page that it stands in.
    public var section: Section
    /// What a value is.
    public var kind: Kind
    /// The value where no place gives one, as it would be written; nil where there is none.
    public var fallback: String?
    /// What happens without a value, where ``fallback`` does not say it.
    public var fallbackNote: String?
    /// Whether a value may hold a password. Such a value is never shown, and can stand in a file (`NAME-file`).
    public var isSecret: Bool
    /// Who reads it.
    public var programs: [Program]
    /// What it is for: a sentence.
    public var meaning: String
    /// A value that one might give.
    public var example: String
    /// What help texts call a value.
    public var valueName: String

    init(
        _ name: String,
        _ section: Section,
        _ kind: Kind,
        default fallback: String? = nil,
        note: String? = nil,
        secret: Bool = false,
        by programs: [Program] = [.worker],
        example: String,
        valueName: String,
        _ meaning: String
    ) {
        self.name = name
        self.section = section
        self.kind = kind
        self.fallback = fallback
        fallbackNote = note
        isSecret = secret
        self.programs = programs
        self.meaning = meaning
        self.example = example
        self.valueName = valueName
    }

    /// The flag, with its dashes.
    public var flag: String { "--" + name }

    /// The environment variable.
    public var variable: String { Settings.variable(name) }

    /// What is taken when nobody says otherwise, for people: `8 MiB`.
    public var shownFallback: String? {
        if let fallbackNote { return fallbackNote }
        guard let fallback else { return nil }
        if case .bytes = kind, let bytes = Int(fallback) { return Self.shown(bytes: bytes) }
        return fallback
    }

    /// What an option says in `--help`.
    public var help: ArgumentHelp {
        if case .flag = kind { return ArgumentHelp("\(meaning) (\(variable)).") }
        // Each property has a variable of its own, which the sentence names.
        if case .list = kind { return ArgumentHelp("\(meaning).", valueName: valueName) }
        let ending = shownFallback.map { "; default: \($0)" } ?? ""
        return ArgumentHelp("\(meaning) (\(variable)\(ending)).", valueName: valueName)
    }

    /// Which values are taken, for people.
    public var range: String {
        switch kind {
        case .text: "text"
        case .file: "the path of a file"
        case .list: "texts; repeat the flag, or separate them with commas"
        case .integer(let range): "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "a whole number of bytes, \(Self.shown(bytes: range.lowerBound)) to \(Self.shown(bytes: range.upperBound))"
        case .number(let range): "a number, \(Int(range.lowerBound)) to \(Int(range.upperBound))"
        case .duration(let range):
            "a time such as `250ms`, `30s`, `5m`, `12h`, from \(Self.shown(range.lowerBound)) to "
                + Self.shown(range.upperBound)
        case .flag: "`true` or `false`; the flag alone is true"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        }
    }

    static func shown(bytes: Int) -> String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes >> shift > 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift) \(unit)"
        }
        return "\(bytes)"
    }

    static func shown(_ duration: Duration) -> String {
        let (seconds, rest) = duration.components
        if rest != 0 { return "\(seconds * 1_000 + rest / 1_000_000_000_000_000)ms" }
        if seconds > 0, seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
        if seconds > 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }
}

extension Settings {
    /// A whole number of the table; its default where no place has one.
    public func int(_ key: SettingKey) throws(ConfigurationError) -> Int {
        let range: ClosedRange<Int> =
            switch key.kind {
            case .integer(let range), .bytes(let range): range
            default: 0...Int.max
            }
        if let value = try int(key.name, in: range) { return value }
        guard let fallback = key.fallback.flatMap({ Int($0) }) else { throw .noDefault(key) }
        return fallback
    }

    /// A length of time of the table; its default where no place has one.
    public func duration(_ key: SettingKey) throws(ConfigurationError) -> Duration {
        if let value = try duration(key.name, in: key.durations) { return value }
        guard let fallback = key.fallback.flatMap({ Settings.parseDuration($0) }) else { throw .noDefault(key) }
        return fallback
    }

    /// A length of time of the table that has no default; nil where no place has one.
    public func optionalDuration(_ key: SettingKey) throws(ConfigurationError) -> Duration? {
        try duration(key.name, in: key.durations)
    }

    /// A text of the table; its default where no place has one, nil where there is none either.
    public func string(_ key: SettingKey) throws(ConfigurationError) -> String? {
        try string(key.name) ?? key.fallback
    }

    /// A flag of the table.
    public func bool(_ key: SettingKey) throws(ConfigurationError) -> Bool { try bool(key.name) }
}

extension SettingKey {
    fileprivate var durations: ClosedRange<Duration> {
        if case .duration(let range) = kind { range } else { .zero ... .seconds(3_650 * 86_400) }
    }
}

extension ConfigurationError {
    /// The table's fault, or the caller's: such a setting must be given.
    fileprivate static func noDefault(_ key: SettingKey) -> ConfigurationError {
        ConfigurationError(
            setting: key.name,
            place: .nowhere,
            problem: "is not set",
            remedy: "give the flag, or set \(key.variable)"
        )
    }
}
