internal import Configuration

/// What the command line gave: setting names and values.
///
/// Written as a literal of the options of a command, where `nil` stands for an option that was not given:
/// `["batch-size": batchSize, "quiet": quiet]`. A `Bool` that is false counts as not given, as `@Flag` leaves it so;
/// an array of strings is an option that may be repeated, and an empty one counts as not given.
public struct Flags: Sendable, ExpressibleByDictionaryLiteral {
    var values: [String: ConfigValue] = [:]

    /// Makes flags from names (without dashes) and values. The last of a repeated name wins.
    public init(dictionaryLiteral elements: (String, (any CustomStringConvertible & Sendable)?)...) {
        for (name, value) in elements {
            switch value {
            case nil: continue
            case let given as Bool: if given { values[name] = ConfigValue(.string("true"), isSecret: true) }
            case let list as [String]:
                if !list.isEmpty { values[name] = ConfigValue(.stringArray(list), isSecret: true) }
            case let other?: values[name] = ConfigValue(.string(other.description), isSecret: true)
            }
        }
    }

    /// These and the others; the others win.
    public func merging(_ others: Flags) -> Flags {
        var merged = self
        merged.values.merge(others.values) { _, other in other }
        return merged
    }
}

/// A group of options that gives settings from the command line.
public protocol SettingsFlags {
    /// What was given on the command line.
    var flags: Flags { get }
}

extension Flags: SettingsFlags {
    /// Itself.
    public var flags: Flags { self }
}
