import ArgumentParser
import Persistence
import PostgresClient
import Runtime

struct Authors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Joins authors that are one person, parts them again, and lists them.",
        discussion: """
            Whoever writes on two sources, or with two accounts on one, is two authors, until somebody says that they are \
            one person. From then on they have one score, later mentions included, and do not amplify each other. \
            Nothing is lost: parting gives what would be without. Workers may run meanwhile.

            Examples:
              mention-admin authors join twitter:2244994945 mastodon:109876 --reason 'links to it in the profile'
              mention-admin authors part mastodon:109876 --reason 'was somebody else'
              mention-admin authors list
            """,
        subcommands: [AuthorsJoin.self, AuthorsPart.self, AuthorsList.self]
    )

    /// SOURCE:AUTHOR_ID. A source's name has no colon; an id may.
    static func name(_ text: String) throws -> AuthorJoining.Name {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex, text.index(after: colon) < text.endIndex
        else {
            throw ValidationError(
                "\(Visible.text(text)) is no author: give SOURCE:AUTHOR_ID, such as twitter:2244994945."
            )
        }
        return AuthorJoining.Name(source: String(text[..<colon]), id: String(text[text.index(after: colon)...]))
    }

    static func shown(_ name: AuthorJoining.Name) -> String { "\(Visible.text(name.source)):\(Visible.text(name.id))" }

    /// One line per account, or why nothing was done.
    static func write(_ outcome: AuthorJoining.Outcome, json: Bool) throws {
        let accounts: [AuthorJoining.Name]
        let action: String
        switch outcome {
        case .joined(let names): (accounts, action) = (names, "joined")
        case .unchanged(let names): (accounts, action) = (names, "were joined before")
        case .parted(let names): (accounts, action) = (names, "parted; still joined")
        case .alone: throw ProgramFailure(.usage, "this author is joined with nobody: see mention-admin authors list")
        case .tooMany(let count):
            throw ProgramFailure(
                .usage,
                "a person has at most \(AuthorJoining.most) accounts, and these would be \(count): nobody was joined"
            )
        case .unknown(let authors):
            let lines = authors.map { author in
                let known = author.meant.map { "; \(Visible.text($0)) has that handle" } ?? ""
                return "\(shown(author.name)): source \(Visible.text(author.name.source)) has no author of the id "
                    + "\(Visible.text(author.name.id))\(known)"
            }
            throw ProgramFailure(
                .usage,
                lines.joined(separator: "\n")
                    + "\nNothing was changed. Ids are those of author_id in the view advocate:"
                    + " SELECT DISTINCT source, author_id FROM mention_farm.advocate WHERE author_handle = '…'"
            )
        }
        var report = Report("source", "author_id", "change")
        for account in accounts { report.add(.text(account.source), .text(account.id), .text(action)) }
        report.write(json: json, whenEmpty: "Parted; nobody is left to be joined.")
    }
}

/// Who does it, and why.
struct AuthorOptions: ParsableArguments {
    @Option(help: "Why, for the audit. Name nobody in it.") var reason: String?
    @Option(name: .customLong("as"), help: ArgumentHelp("Who does it, for the audit.", valueName: "name"))
    var who = Operator.name
    @OptionGroup var options: AdminOptions

    var joining: AuthorJoining { AuthorJoining(by: who, reason: reason) }

    func run(_ body: (PostgresConnection) async throws -> AuthorJoining.Outcome) async throws {
        try await options.withDatabase { connection, _ in
            do {
                try Authors.write(try await body(connection), json: options.json)
            } catch let error as PostgresError where error.sqlState == "55P03" {
                throw ProgramFailure(
                    .unavailable,
                    "the background step of a worker did not let go for 30 s: nothing was changed; try again"
                )
            }
        }
    }
}

struct AuthorsJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Makes authors one person.",
        discussion: """
            With them come all that they are joined with already. The person is shown under the first of its accounts, by \
            source and id. Days and caps count for the person, not for each account.

            Example:
              mention-admin authors join twitter:2244994945 mastodon:109876 --reason 'links to it in the profile'
            """
    )
    @Argument(help: ArgumentHelp("Two or more authors.", valueName: "source:author-id")) var authors: [String]
    @OptionGroup var change: AuthorOptions

    func validate() throws {
        let names = try authors.map { try Authors.name($0) }
        if Set(names).count < 2 { throw ValidationError("Name two or more authors, each as SOURCE:AUTHOR_ID.") }
    }

    func run() async throws {
        let names = try authors.map { try Authors.name($0) }
        try await change.run { try await change.joining.join(names, on: $0) }
    }
}

struct AuthorsPart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "part",
        abstract: "Takes an author out of the person that he was joined to.",
        discussion: "Example:\n  mention-admin authors part mastodon:109876 --reason 'was somebody else'"
    )
    @Argument(help: ArgumentHelp("The author.", valueName: "source:author-id")) var author: String
    @OptionGroup var change: AuthorOptions

    func validate() throws { _ = try Authors.name(author) }

    func run() async throws {
        let name = try Authors.name(author)
        try await change.run { try await change.joining.part(name, on: $0) }
    }
}

struct AuthorsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists who is joined with whom.",
        discussion: "Examples:\n  mention-admin authors list\n  mention-admin authors list --json"
    )
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            var report = Report("person", "source", "author_id", "handle", "joined_at", "joined_by", "reason")
            for account in try await JoinedAccount.all(on: connection) {
                report.add(
                    .text(Authors.shown(account.person)),
                    .text(account.name.source),
                    .text(account.name.id),
                    .text(account.handle),
                    .time(account.joinedAt),
                    .text(account.joinedBy),
                    .text(account.reason)
                )
            }
            report.write(json: options.json, whenEmpty: "Nobody is joined.")
        }
    }
}
