internal import Foundation

/// A brand as an operator writes it: its name, and the terms to find it by.
public struct BrandSpecification: Sendable, Equatable, Codable {
    /// The name, 1–128 bytes; itself a term.
    public var name: String
    /// Other names.
    public var aliases: [String]
    /// Accounts that stand for the brand, with or without `@`.
    public var handles: [String]
    /// Terms that must not occur in a mention of the brand.
    public var excluded: [String]
    /// The brand's own accounts, `source:handle` or `handle`.
    public var ownAccounts: [String]

    /// Makes a specification.
    public init(
        name: String,
        aliases: [String] = [],
        handles: [String] = [],
        excluded: [String] = [],
        ownAccounts: [String] = []
    ) {
        self.name = name
        self.aliases = aliases
        self.handles = handles
        self.excluded = excluded
        self.ownAccounts = ownAccounts
    }

    private enum CodingKeys: String, CodingKey {
        case name, aliases, handles, excluded
        case ownAccounts = "own_accounts"
    }

    /// Reads an object in which everything but the name may be left out.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        aliases = try values.decodeIfPresent([String].self, forKey: .aliases) ?? []
        handles = try values.decodeIfPresent([String].self, forKey: .handles) ?? []
        excluded = try values.decodeIfPresent([String].self, forKey: .excluded) ?? []
        ownAccounts = try values.decodeIfPresent([String].self, forKey: .ownAccounts) ?? []
    }

    /// Why the specification can't be stored; nil when it can.
    public var problem: String? {
        let terms = aliases + handles + excluded + ownAccounts
        if !(1...128).contains(name.utf8.count) { return "a brand's name has 1 to 128 bytes" }
        if terms.contains(where: { !(1...256).contains($0.utf8.count) }) { return "a term has 1 to 256 bytes" }
        if ([name] + terms).contains(where: { $0.utf8.contains(0) }) { return "a term contains U+0000" }
        return nil
    }

    /// The terms with their kinds, as `brand_term` holds them.
    var terms: [(kind: String, term: String)] {
        aliases.map { ("alias", $0) } + handles.map { ("handle", $0) } + excluded.map { ("excluded", $0) }
            + ownAccounts.map { ("own_account", $0) }
    }
}

/// A line of an import that can't be used. Says where and why, and quotes nothing.
public struct BrandImportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// What is wrong with it.
    public var problem: String

    /// Both in one sentence.
    public var description: String { "line \(line): \(problem)" }
}

extension BrandSpecification {
    /// Reads JSON lines: `{"name": …, "aliases": […], "handles": […], "excluded": […], "own_accounts": […]}`. Empty
    /// lines are passed over.
    ///
    /// - Throws: ``BrandImportError`` for the first line that can't be used.
    public static func read(jsonLines text: String) throws(BrandImportError) -> [BrandSpecification] {
        var found: [BrandSpecification] = []
        let decoder = JSONDecoder()
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            guard let brand = try? decoder.decode(BrandSpecification.self, from: Data(line.utf8)) else {
                throw BrandImportError(
                    line: index + 1,
                    problem: "is no JSON object with a name and lists of aliases, handles, excluded and own_accounts"
                )
            }
            if let problem = brand.problem { throw BrandImportError(line: index + 1, problem: problem) }
            found.append(brand)
        }
        return found
    }
}
