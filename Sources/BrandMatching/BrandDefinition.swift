/// One brand as an operator defines it: the terms by which it is found in a text.
public struct BrandDefinition: Sendable, Equatable {
    /// The brand's number in the database.
    public var number: Int32
    /// The name, itself a term.
    public var name: String
    /// Other names, each a term.
    public var aliases: [String]
    /// Accounts that stand for the brand where a text addresses them, without the `@`; an `@` at the front is ignored.
    /// A handle matches only as `@handle`.
    public var handles: [String]
    /// Terms that must not occur: where one does, the brand does not match.
    public var excluded: [String]
    /// The brand's own accounts, `source:handle` or `handle`. They play no part in matching.
    public var ownAccounts: [String]

    /// Makes a definition.
    public init(
        number: Int32,
        name: String,
        aliases: [String] = [],
        handles: [String] = [],
        excluded: [String] = [],
        ownAccounts: [String] = []
    ) {
        self.number = number
        self.name = name
        self.aliases = aliases
        self.handles = handles
        self.excluded = excluded
        self.ownAccounts = ownAccounts
    }
}
