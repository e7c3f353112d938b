internal import Advocacy
internal import Conversations
public import PostgresClient

/// Joins authors that are one person, and parts them again.
///
/// The ledger stays as it is; what is made of it by person, standings and the sums of threads, changes in the same
/// transaction, so that nobody sees half of it. Workers may run meanwhile: their background step waits. The outcome is a
/// function of who is joined with whom, whatever the order in which mentions came and people were joined.
public struct AuthorJoining: Sendable {
    /// An author as mentions name him.
    public struct Name: Sendable, Hashable {
        /// Where the author writes.
        public var source: String
        /// The author's id there.
        public var id: String

        /// Makes a name.
        public init(source: String, id: String) {
            self.source = source
            self.id = id
        }
    }

    /// An author who is not known.
    public struct Unknown: Sendable, Equatable {
        /// As it was given.
        public var name: Name
        /// The id of the one author there who has it as a handle.
        public var meant: String?
    }

    /// What became of it.
    public enum Outcome: Sendable, Equatable {
        /// These are one person now, the first account first.
        case joined([Name])
        /// Parted; these are still one person, nobody where the last two have parted.
        case parted([Name])
        /// They were one person before.
        case unchanged([Name])
        /// The author is joined with nobody.
        case alone
        /// These are not known; nothing has changed.
        case unknown([Unknown])
        /// So many accounts are more than ``most``; nothing has changed.
        case tooMany(Int)
    }

    private let by: String
    private let reason: String?
    private let timeout = Duration.seconds(600)

    /// Most accounts of one person.
    public static let most = 1_000

    /// Makes it.
    ///
    /// - Parameters:
    ///   - who: for the audit.
    ///   - reason: for the audit, as it was given.
    public init(by who: String, reason: String?) {
        by = who
        self.reason = reason
    }

    /// Makes these authors, and whoever they are joined with, one person.
    ///
    /// - Throws: `PostgresError`; 55P03 where the background step did not let go within 30 seconds.
    public func join(_ names: [Name], on connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        try await transaction(on: connection) { (persons) async throws(PostgresError) in
            let found = try await find(names, on: connection)
            guard found.unknown.isEmpty else { return (.unknown(found.unknown), false) }
            let accounts = Set(found.authors.flatMap { persons.accounts(of: $0) })
            guard accounts.count <= Self.most else { return (.tooMany(accounts.count), false) }
            let whole = try await inOrder(accounts, on: connection)
            if Set(whole.map { persons.person(of: $0.author) }).count <= 1 {
                return (.unchanged(whole.map(\.name)), false)
            }
            try await change(persons, [whole.map(\.author)], on: connection)
            try await note("join", whole.map(\.author), on: connection)
            return (.joined(whole.map(\.name)), true)
        }
    }

    /// Takes an author out of the person that he was joined to.
    public func part(_ name: Name, on connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        try await transaction(on: connection) { (persons) async throws(PostgresError) in
            let found = try await find([name], on: connection)
            guard let author = found.authors.first else { return (.unknown(found.unknown), false) }
            guard let left = try await part(author, persons, on: connection) else { return (.alone, false) }
            try await note("part", [author], on: connection)
            return (.parted(left.map(\.name)), true)
        }
    }

    /// As ``part(_:on:)``, for an author who is to be forgotten: the audit says so, and reasons are taken from it.
    func partForgotten(_ author: Int64, on connection: PostgresConnection) async throws(PostgresError) {
        // Most never were: then the background step need not be waited for.
        let known = try await query("look for joined author", PersonSQL.isKnown, [.int8(author)], on: connection)
        guard known.bool(0, 0) == true else { return }
        _ = try await transaction(on: connection) { (persons) async throws(PostgresError) in
            if try await part(author, persons, on: connection) != nil {
                try await note("forget", [author], on: connection)
            }
            _ = try await query("forget reasons", "SELECT forget_reasons($1)", [.int8(author)], on: connection)
            return (.alone, true)
        }
    }

    // MARK: - Steps

    private typealias Account = (author: Int64, name: Name)

    private func query(
        _ name: String,
        _ sql: String,
        _ parameters: [PostgresParameter] = [],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> PostgresResult {
        try await connection.query(PostgresStatement(name, sql, parameters), timeout: timeout)
    }

    /// - Parameter body: is given who is one person now; says whether anything is to be kept.
    private func transaction(
        on connection: PostgresConnection,
        _ body: (Persons) async throws(PostgresError) -> (outcome: Outcome, isChanged: Bool)
    ) async throws(PostgresError) -> Outcome {
        do throws(PostgresError) {
            let locked = try await connection.pipeline(PersonSQL.lock, timeout: timeout)
            let done = try await body(locked.last.map { PersonSQL.persons($0) } ?? Persons())
            let end = done.isChanged ? "COMMIT" : "ROLLBACK"
            _ = try await connection.query(PostgresStatement(end.lowercased(), end), timeout: timeout)
            return done.outcome
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    private func find(
        _ names: [Name],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> (authors: [Int64], unknown: [Unknown]) {
        let keys: [PostgresParameter] = [.textArray(names.map(\.source)), .textArray(names.map(\.id))]
        let rows = try await query("find authors", PersonSQL.find, keys, on: connection)
        var authors: [Int: Int64] = [:]
        for row in 0..<rows.rowCount {
            if let place = rows.int8(row, 0), let author = rows.int8(row, 1) { authors[Int(place) - 1] = author }
        }
        if authors.count == names.count { return (names.indices.compactMap { authors[$0] }, []) }
        let handles = try await query("find handles", PersonSQL.byHandle, keys, on: connection)
        var meant: [Int: String] = [:]
        for row in 0..<handles.rowCount {
            if let place = handles.int8(row, 0) { meant[Int(place) - 1] = handles.string(row, 1) }
        }
        let unknown = names.indices.filter { authors[$0] == nil }
            .map { Unknown(name: names[$0], meant: meant[$0]) }
        return ([], unknown)
    }

    /// By source and id, byte for byte: the same in every database.
    private func inOrder(
        _ authors: Set<Int64>,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Account] {
        let rows = try await query("read names", PersonSQL.names, [.int8Array(authors.sorted())], on: connection)
        let accounts: [Account] = (0..<rows.rowCount).compactMap { row in
            guard let author = rows.int8(row, 0), let source = rows.string(row, 1), let id = rows.string(row, 2) else {
                return nil
            }
            return (author, Name(source: source, id: id))
        }
        return accounts.sorted { one, other in
            if !one.name.source.utf8.elementsEqual(other.name.source.utf8) {
                return one.name.source.utf8.lexicographicallyPrecedes(other.name.source.utf8)
            }
            return one.name.id.utf8.lexicographicallyPrecedes(other.name.id.utf8)
        }
    }

    /// - Returns: who is left of the person; nil where the author is alone.
    private func part(
        _ author: Int64,
        _ persons: Persons,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [Account]? {
        let accounts = persons.accounts(of: author)
        guard accounts.count > 1 else { return nil }
        let left = try await inOrder(Set(accounts).subtracting([author]), on: connection)
        try await change(persons, [left.map(\.author), [author]], on: connection)
        return left.count > 1 ? left : []
    }

    private func note(
        _ action: String,
        _ authors: [Int64],
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        _ = try await query(
            "note change of persons",
            PersonSQL.note,
            [.text(by), .text(action), .int8Array(authors), .text(action == "forget" ? nil : reason)],
            on: connection
        )
    }

    // MARK: - What follows from it

    /// Makes each of the groups one person, its accounts in order, and makes anew what is kept by person.
    private func change(
        _ old: Persons,
        _ groups: [[Int64]],
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        var accounts: [(author: Int64, person: Int64, place: Int16)] = []
        for group in groups {
            guard let first = group.first else { continue }
            for (index, author) in group.enumerated() {
                accounts.append((author, first, Int16(clamping: index + 1)))
            }
        }
        let authors = accounts.map(\.author)
        let joined = accounts.filter { account in groups.contains { $0.count > 1 && $0.contains(account.author) } }
        let changes = try await query(
            "fold threads anew",
            PersonSQL.threadChanges,
            [
                .int8Array(authors), .int8Array(authors.map { old.person(of: $0) }),
                .int2Array(authors.map { old.place(of: $0) }), .int8Array(accounts.map(\.person)),
                .int2Array(accounts.map(\.place)),
            ],
            on: connection
        )
        let deltas: [(key: ThreadLedgerKey, sums: ThreadSums)] = (0..<changes.rowCount).compactMap { row in
            guard let brand = changes.int4(row, 0), let day = changes.int4(row, 1), let author = changes.int8(row, 2)
            else { return nil }
            let sums = ThreadSums(
                dialogues: changes.int4(row, 3) ?? 0,
                defences: changes.int4(row, 4) ?? 0,
                repliesGot: changes.int4(row, 5) ?? 0,
                repostsGot: changes.int4(row, 6) ?? 0
            )
            return (ThreadLedgerKey(brand: brand, day: day, author: author), sums)
        }
        let alone = authors.filter { author in !joined.contains { $0.author == author } }
        _ = try await connection.pipeline(
            ThreadSQL.sums(deltas) + [
                PostgresStatement("leave persons", PersonSQL.leave, [.int8Array(alone)]),
                PostgresStatement(
                    "join persons",
                    PersonSQL.join,
                    [
                        .int8Array(joined.map(\.author)), .int8Array(joined.map(\.person)),
                        .int2Array(joined.map(\.place)), .text(by), .text(reason),
                    ]
                ),
            ],
            timeout: timeout
        )
        try await foldStandings(of: authors, old, on: connection)
    }

    /// Takes the standings of these authors away, and makes them anew: their days are those of the accounts that they were
    /// of. Days that no standing holds yet are in the queue of the background step, which goes by person too.
    private func foldStandings(
        of authors: [Int64],
        _ old: Persons,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        let rows = try await query(
            "take standings",
            PersonSQL.takeStandings,
            [.int8Array(authors)],
            on: connection
        )
        var refresh = StandingRefresh()
        try await refresh.begin(on: connection, timeout)
        var all: [(brand: Int32, numbers: [Int64])] = []
        for row in 0..<rows.rowCount {
            guard let brand = rows.int4(row, 0), let owner = rows.int8(row, 1), let bytes = rows.bytes(row, 2),
                let recent = rows.bytes(row, 3)
            else { continue }
            let days: [Int32]
            do {
                days = try StandingCode.decode(bytes).map(\.day)
                all.append((brand, try StandingCode.decode(numbers: recent)))
            } catch {
                throw PostgresError(kind: .protocolViolation, message: "\(error)", statement: "take standings")
            }
            for account in old.accounts(of: owner) { refresh.add(account, brand, days: days, numbers: []) }
        }
        let numbers = Set(all.flatMap(\.numbers)).sorted()
        if !numbers.isEmpty {
            let found = try await query("find authors", PersonSQL.authorsOf, [.int8Array(numbers)], on: connection)
            var owners: [Int64: Int64] = [:]
            for row in 0..<found.rowCount {
                if let number = found.int8(row, 0) { owners[number] = found.int8(row, 1) }
            }
            for (brand, numbers) in all {
                for number in numbers {
                    if let owner = owners[number] { refresh.add(owner, brand, days: [], numbers: [number]) }
                }
            }
        }
        let statements = try await refresh.statements(with: CopySums(), on: connection, timeout)
        _ = try await connection.pipeline(
            statements + [PostgresStatement("mark own accounts", "SELECT mark_own_accounts()")],
            timeout: timeout
        )
    }
}
