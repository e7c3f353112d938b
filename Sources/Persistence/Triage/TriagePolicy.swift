internal import MentionModel
public import PostgresClient
public import Triage

/// All that decisions depend on but the mention: the rules of one version, ready to be applied, and the accounts and
/// names of the brands of one version.
public struct TriagePolicy: Sendable {
    /// Version of the rules.
    public let version: Int32
    /// Version of the brands.
    public let brandVersion: Int64
    /// Whether decisions are written into the outbox.
    public let publishes: Bool
    let rules: CompiledRules
    let accounts: OwnAccounts
    /// Names of the registered brands; of others the event says the name.
    let brandNames: [Int32: String]

    /// A stored version of the rules that this program can't use. The message says what to do.
    public struct Unusable: Error, Sendable, CustomStringConvertible {
        /// Version of the rules.
        public var version: Int32
        /// What is wrong with it.
        public var problems: RuleProblems

        /// One sentence.
        public var description: String {
            "the triage rules of version \(version) can't be used (\(problems.problems.first?.description ?? "empty")): "
                + "correct them and run: mention-admin triage apply FILE"
        }
    }

    /// Reads what is in force; nil when it is still that of the two versions.
    ///
    /// - Parameters:
    ///   - known: the policy at hand.
    ///   - publishes: whether decisions are to be written into the outbox.
    /// - Throws: `PostgresError`, or ``Unusable``.
    public static func load(
        newerThan known: TriagePolicy? = nil,
        publishes: Bool,
        on connection: PostgresConnection
    ) async throws -> TriagePolicy? {
        if let known {
            let rows = try await connection.query(
                PostgresStatement(
                    "read triage versions",
                    "SELECT (SELECT max(version) FROM triage_rules), (SELECT version FROM brand_catalogue)"
                ),
                timeout: TriageCatalogue.timeout
            )
            if rows.int4(0, 0) == known.version, rows.int8(0, 1) == known.brandVersion { return nil }
        }
        let version = try await TriageCatalogue.version(connection)
        return try await load(version: version, publishes: publishes, on: connection)
    }

    /// The policy with one version of the rules, and the brands as they are.
    static func load(
        version: Int32,
        publishes: Bool,
        on connection: PostgresConnection
    ) async throws -> TriagePolicy {
        guard let row = try await TriageCatalogue.load(version, on: connection) else {
            throw PostgresError(
                kind: .protocolViolation,
                message: "there are no triage rules of version \(version)",
                statement: "read triage rules"
            )
        }
        let rules: TriageRules
        do throws(RuleProblems) {
            rules = try TriageRules(reading: Array(row.document.utf8))
        } catch {
            throw Unusable(version: version, problems: error)
        }
        return try await TriagePolicy(rules, version: version, publishes: publishes, on: connection)
    }

    /// The policy of rules that need not be stored.
    package init(
        _ rules: TriageRules,
        version: Int32,
        publishes: Bool,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        let names = rules.names
        let sources = try await Self.numbers("source", names.sources, connection)
        let brands = try await Self.numbers("brand", names.brands, connection)
        let catalogue = try await BrandCatalogue.load(connection)
        self.version = version
        self.publishes = publishes
        brandVersion = catalogue.version
        self.rules = CompiledRules(rules, source: { sources[$0] }, brand: { brands[$0] })
        brandNames = Dictionary(catalogue.brands.map { ($0.number, $0.name) }, uniquingKeysWith: { $1 })
        var accounts = OwnAccounts()
        // Names of sources before a colon; a source that has no number yet has no mention either.
        let written = Set(catalogue.brands.flatMap { OwnAccounts.sources(in: $0.ownAccounts) }).sorted()
        let known = try await Self.numbers("source", written, connection)
        for brand in catalogue.brands {
            for account in brand.ownAccounts + brand.handles { accounts.add(account, of: brand.number, sources: known) }
        }
        self.accounts = accounts
    }

    private static func numbers(
        _ table: StaticString,
        _ names: [String],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [String: Int32] {
        guard !names.isEmpty else { return [:] }
        let rows = try await connection.query(
            PostgresStatement(
                "read \(table) names",
                "SELECT name, \(table)_no FROM \(table) WHERE name = ANY ($1::text[])",
                [.textArray(names)]
            ),
            timeout: TriageCatalogue.timeout
        )
        var numbers: [String: Int32] = [:]
        for row in 0..<rows.rowCount {
            if let name = rows.string(row, 0), let number = rows.int4(row, 1) { numbers[name] = number }
        }
        return numbers
    }
}

/// The accounts of brands: the accounts given as their own, and the handles that stand for them. Letters compare
/// without case, as far as they are ASCII; a leading @ is no part of a handle.
struct OwnAccounts: Sendable {
    private struct Owner: Sendable {
        /// 0 for any.
        var source: Int32
        var brand: Int32
    }

    /// By hash of the handle. A collision takes a stranger for a brand once in 10^19 / accounts mentions.
    private var owners: [UInt64: [Owner]] = [:]

    var isEmpty: Bool { owners.isEmpty }

    /// What stands before the colon of accounts that have one.
    static func sources(in accounts: [String]) -> [String] {
        accounts.compactMap { account in account.firstIndex(of: ":").map { String(account[..<$0]) } }
    }

    mutating func add(_ account: String, of brand: Int32, sources: [String: Int32]) {
        var handle = Substring(account)
        var source: Int32 = 0
        if let colon = account.firstIndex(of: ":") {
            guard let number = sources[String(account[..<colon])] else { return }
            source = number
            handle = account[account.index(after: colon)...]
        }
        if handle.first == "@" { handle = handle.dropFirst() }
        guard !handle.isEmpty else { return }
        owners[Self.hash(handle.utf8), default: []].append(Owner(source: source, brand: brand))
    }

    /// Brands of which an account is one; empty for nearly all.
    func brands(of handle: UnsafeBufferPointer<UInt8>, source: Int32) -> [Int32] {
        let name = handle.first == UInt8(ascii: "@") ? UnsafeBufferPointer(rebasing: handle.dropFirst()) : handle
        guard let found = owners[Self.hash(name)] else { return [] }
        return found.filter { $0.source == 0 || $0.source == source }.map(\.brand)
    }

    private static func hash(_ handle: some Sequence<UInt8>) -> UInt64 {
        // FNV-1a (Fowler, Noll, Vo) and a mix: handles are short.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in handle {
            let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            hash = (hash ^ UInt64(isCapital ? byte | 0x20 : byte)) &* 0x100_0000_01B3
        }
        return hash ^ hash >> 29
    }
}
