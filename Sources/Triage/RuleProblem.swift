/// Something that is wrong with a rules file.
public struct RuleProblem: Sendable, Hashable, CustomStringConvertible {
    /// Line of the file, from 1.
    public var line: Int
    /// The rule's name, or its place ("rule 3") where it has none; nil outside of rules.
    public var rule: String?
    /// The field, such as `when.sentiment`; nil where it is about the whole.
    public var field: String?
    /// What is wrong.
    public var problem: String
    /// What to do about it.
    public var remedy: String

    /// One line: place, rule, field, what is wrong and what to do.
    public var description: String {
        var place = "line \(line)"
        if let rule { place += ", rule \(rule)" }
        if let field { place += ", \(field)" }
        return "\(place): \(problem): \(remedy)"
    }
}

/// All that is wrong with a rules file, in the order of its lines.
public struct RuleProblems: Error, Sendable, CustomStringConvertible {
    /// The problems; at least one.
    public var problems: [RuleProblem]

    /// A line each.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
