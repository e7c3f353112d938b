import ArgumentParser
import Foundation
import Persistence
import PostgresClient
import Runtime

struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Removes a mention, an author or a brand for good, and prints a receipt.",
        discussion: """
            Mentions, dead-letter payloads, copies and the author's data go; ledger and sums are taken back; a salted \
            hash stays, so that a replay does not bring them back. Workers may run meanwhile. When it is interrupted, \
            run it again: it goes on.
            An author is named as mentions name them: source and author_id. A brand takes with it the mentions of it \
            alone; others lose it.

            Examples:
              mention-admin forget author twitter 2244994945 --dry-run
              mention-admin forget author twitter 2244994945 --yes --as ada
              mention-admin forget mention mastodon 110000000000000001 --yes --json
              mention-admin forget brand 'Old Name' --yes

            Exit codes: 0 done, also where there was nothing; 64 without --yes where nobody can be asked.
            """,
        subcommands: [ForgetMention.self, ForgetAuthor.self, ForgetBrand.self]
    )
}

/// What each of them takes.
struct ForgetOptions: ParsableArguments {
    @Flag(help: "Say what would be removed, and change nothing.") var dryRun = false
    @Flag(help: "Don't ask.") var yes = false
    @Option(name: .customLong("as"), help: ArgumentHelp("Who does it, for the audit.", valueName: "name"))
    var who = Operator.name
    @OptionGroup var options: AdminOptions

    func run(_ subject: Forgetting.Subject) async throws {
        try await options.withDatabase { connection, settings in
            let forgetting = Forgetting(by: who)
            if dryRun {
                show(try await forgetting.rehearse(subject, on: connection), isTakenBack: true)
                return
            }
            try confirm(try await forgetting.rehearse(subject, on: connection))
            let receipt = try await forgetting.run(subject, on: connection)
            let isTakenBack = try await Forgetting.takeBack(within: try options.patience(settings), on: connection)
            show(receipt, isTakenBack: isTakenBack)
        }
    }

    private func confirm(_ rehearsal: Forgetting.Receipt) throws {
        if yes { return }
        guard isatty(0) == 1 else {
            throw ProgramFailure(.usage, "nothing was forgotten: give --yes where nobody can be asked, or --dry-run")
        }
        let parts = rehearsal.removed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        StandardStream.error.write(
            "Forget for good: \(parts.isEmpty ? "nothing is kept now" : parts.joined(separator: ", ")). Type yes: "
        )
        guard readLine()?.trimmingCharacters(in: .whitespaces) == "yes" else {
            throw ProgramFailure(.usage, "nothing was forgotten")
        }
    }

    private func show(_ receipt: Forgetting.Receipt, isTakenBack: Bool) {
        var report = Report("receipt", "kind", "by", "begun_at", "table", "rows", "dry_run")
        let removed = receipt.removed.isEmpty ? ["nothing": 0] : receipt.removed
        for (table, rows) in removed.sorted(by: { $0.key < $1.key }) {
            report.add(
                .integer(receipt.number),
                .text(receipt.kind),
                .text(receipt.by),
                .time(receipt.begunAt),
                .text(table),
                .integer(rows),
                .flag(receipt.isRehearsal)
            )
        }
        report.write(json: options.json, whenEmpty: "")
        if !isTakenBack {
            StandardStream.error.write(
                "mention-admin: copies are still counted with what is gone: the background step of a worker takes them back\n"
            )
        }
    }
}

struct ForgetMention: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention",
        abstract: "Forgets one mention.",
        discussion: "Example:\n  mention-admin forget mention mastodon 110000000000000001 --dry-run"
    )
    @Argument(help: "The source.") var source: String
    @Argument(help: "The mention's id on the source.") var id: String
    @OptionGroup var forget: ForgetOptions

    func run() async throws { try await forget.run(.mention(source: source, id: id)) }
}

struct ForgetAuthor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "author",
        abstract: "Forgets an author with all mentions.",
        discussion: "Example:\n  mention-admin forget author twitter 2244994945 --dry-run"
    )
    @Argument(help: "The source.") var source: String
    @Argument(help: "The author_id on the source.") var author: String
    @OptionGroup var forget: ForgetOptions

    func run() async throws { try await forget.run(.author(source: source, id: author)) }
}

struct ForgetBrand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brand",
        abstract: "Forgets a brand, and the mentions of it alone.",
        discussion: "Example:\n  mention-admin forget brand 'Old Name' --dry-run"
    )
    @Argument(help: "The brand's name.") var brand: String
    @OptionGroup var forget: ForgetOptions

    func run() async throws { try await forget.run(.brand(brand)) }
}

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives everything that is kept on one person.",
        subcommands: [ExportAuthor.self]
    )
}

struct ExportAuthor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "author",
        abstract: "Gives everything that is kept on an author, one JSON object a line.",
        discussion: """
            Each line has "table" and "row". Dead letters are those whose payload holds the author's id or handle.

            Example:
              mention-admin export author twitter 2244994945 > ada.ndjson
            """
    )
    @Argument(help: "The source.") var source: String
    @Argument(help: "The author_id on the source.") var author: String
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            try await AuthorExport.run(source: source, id: author, on: connection) { row in
                StandardStream.output.write("{\"table\":\"\(row.table)\",\"row\":\(row.json)}\n")
            }
        }
    }
}
