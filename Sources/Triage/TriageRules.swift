/// An ordered list of rules; the first that matches decides. Where none does, nothing is asked for.
public struct TriageRules: Sendable, Hashable {
    /// The rules, in order.
    public var rules: [TriageRule]

    /// Most rules of a file.
    public static let most = 200
    /// Most bytes of a file.
    public static let mostBytes = 262_144

    /// Makes rules that were checked otherwise, for tests.
    public init(_ rules: [TriageRule]) { self.rules = rules }

    /// Reads a rules file and checks all of it.
    /// - Throws: everything that is wrong with it.
    public init(reading document: [UInt8]) throws(RuleProblems) {
        var reading = RuleReading()
        rules = try reading.read(document)
    }

    /// The rules that come with the program, which are version 1 in each database.
    public static let standard: [UInt8] = PackageResources.default_rules_json
}
