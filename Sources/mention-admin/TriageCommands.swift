import ArgumentParser
import Foundation
import MentionModel
import Persistence
import Runtime
import Triage

struct TriageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage",
        abstract: "What asks for action: the queue, and the rules that fill it.",
        discussion: """
            Examples:
              mention-admin triage next --team support              # the next 20, most urgent first
              mention-admin triage next --team support --limit 5 --claim --as ada
              mention-admin triage done twitter 1851234567890 Acme --as ada --note "refunded"
              mention-admin triage check rules.json --try
              mention-admin triage apply rules.json
            """,
        subcommands: [
            TriageNext.self, TriageList.self, TriageClaim.self, TriageDone.self, TriageDismiss.self,
            TriageRelease.self, TriageCheck.self, TriageApply.self, TriageRulesCommand.self,
        ]
    )
}

/// Which items of the queue.
struct TriageChoice: ParsableArguments {
    @Option(help: ArgumentHelp("support, sales, product or marketing.", valueName: "team")) var team: String?
    @Option(help: ArgumentHelp("About this brand.", valueName: "name")) var brand: String?
    @Option(help: ArgumentHelp("respond or watch.", valueName: "action")) var action: String?

    func validate() throws {
        if let team, TriageTeam(rawValue: team) == nil {
            throw ValidationError("--team is one of support, sales, product, marketing.")
        }
        if let action, action != "respond", action != "watch" {
            throw ValidationError("--action is respond or watch.")
        }
    }

    var selection: TriageSelection {
        var selection = TriageSelection()
        selection.team = team
        selection.brand = brand
        selection.action = action
        return selection
    }
}

/// In whose name, and for how long.
struct TriageClaimOptions: ParsableArguments {
    @Option(name: .customLong("as"), help: ArgumentHelp("In whose name (default: login@host).", valueName: "name"))
    var who: String?
    @Option(help: ArgumentHelp("How long a claim lasts (MENTIONS_CLAIM_TIME; default: 4h).", valueName: "time"))
    var claimTime: String?

    var name: String { who ?? Operator.name }

    var flags: Flags { ["claim-time": claimTime] }

    func validate() throws {
        if let who, who.isEmpty || who.utf8.count > 200 { throw ValidationError("--as takes 1 to 200 bytes.") }
    }

    static func time(_ settings: Settings) throws -> Duration {
        try settings.duration("claim-time", default: .seconds(14_400), in: .seconds(60) ... .seconds(2_592_000))
    }
}

extension Report {
    /// Columns of items.
    static func ofItems() -> Report {
        Report(
            "due_at",
            "priority",
            "team",
            "action",
            "reason",
            "status",
            "holder",
            "brand",
            "source",
            "native_id",
            "copies",
            "text"
        )
    }

    mutating func add(_ item: TriageItem) {
        add(
            .time(item.dueAt),
            .integer(Int64(item.priority)),
            .text(item.team),
            .text(item.action),
            .text(item.reason),
            .text(item.status),
            .text(item.holder),
            .text(item.brand),
            .text(item.source),
            .text(item.id),
            .integer(Int64(item.copies)),
            .text(item.text.map { String($0.prefix(120)) })
        )
    }
}

struct TriageNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "Shows what is to be done next, most urgent first; with --claim takes it.",
        discussion: """
            A claim runs out after --claim-time: then the item is open again. Copies of a mention that is in the queue \
            itself are left out; COPIES says how many there are. Without --action only what asks for an answer.

            Examples:
              mention-admin triage next --team support --limit 50
              mention-admin triage next --claim --as ada
            """
    )

    @OptionGroup var choice: TriageChoice
    @Option(help: ArgumentHelp("At most so many, 1 to 1000.", valueName: "n")) var limit: Int32 = 20
    @Flag(help: "Take them, so that nobody else does.") var claim = false
    @OptionGroup var claiming: TriageClaimOptions
    @OptionGroup var options: AdminOptions

    func validate() throws {
        guard 1...1_000 ~= limit else { throw ValidationError("--limit is 1 to 1000.") }
    }

    func run() async throws {
        try await options.withDatabase(claiming.flags) { connection, settings in
            let items: [TriageItem]
            var selection = choice.selection
            selection.action = selection.action ?? TriageAction.respond.rawValue
            if claim {
                items = try await TriageQueue.take(
                    selection,
                    limit: limit,
                    by: claiming.name,
                    for: try TriageClaimOptions.time(settings),
                    on: connection
                )
            } else {
                selection.status = "open"
                items = try await TriageQueue.list(selection, limit: limit, on: connection)
            }
            var report = Report.ofItems()
            for item in items { report.add(item) }
            report.write(json: options.json, whenEmpty: "Nothing is waiting.")
        }
    }
}

struct TriageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists items of any status.",
        discussion: """
            Examples:
              mention-admin triage list --status claimed
              mention-admin triage list --brand Acme --with-copies --json
            """
    )

    @OptionGroup var choice: TriageChoice
    @Option(help: ArgumentHelp("open, claimed, done or dismissed (default: all).", valueName: "status"))
    var status: String?
    @Flag(help: "Also copies for which another item stands.") var withCopies = false
    @Option(help: ArgumentHelp("At most so many, 1 to 10000.", valueName: "n")) var limit: Int32 = 50
    @OptionGroup var options: AdminOptions

    func validate() throws {
        guard 1...10_000 ~= limit else { throw ValidationError("--limit is 1 to 10000.") }
        if let status, !["open", "claimed", "done", "dismissed"].contains(status) {
            throw ValidationError("--status is one of open, claimed, done, dismissed.")
        }
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            var selection = choice.selection
            selection.status = status
            selection.withCopies = withCopies
            var report = Report.ofItems()
            for item in try await TriageQueue.list(selection, limit: limit, on: connection) { report.add(item) }
            report.write(json: options.json, whenEmpty: "No item is like that.")
        }
    }
}

/// The item that a person changes.
struct TriageItemArguments: ParsableArguments {
    @Argument(help: "The source.") var source: String
    @Argument(help: "The source's own id.") var id: String
    @Argument(help: "The brand.") var brand: String
    @Option(help: ArgumentHelp("A remark, kept with the item and in the audit.", valueName: "text")) var note: String?
    @OptionGroup var claiming: TriageClaimOptions
    @OptionGroup var options: AdminOptions

    func make(_ change: TriageChange) async throws {
        try await options.withDatabase(claiming.flags) { connection, settings in
            let outcome = try await TriageQueue.change(
                change,
                source: source,
                id: id,
                brand: brand,
                by: claiming.name,
                note: note,
                for: try TriageClaimOptions.time(settings),
                on: connection
            )
            let place = "\(Visible.text(source)) \(Visible.text(id)) \(Visible.text(brand))"
            switch outcome {
            case .made(let status):
                var report = Report("source", "native_id", "brand", "status", "by")
                report.add(.text(source), .text(id), .text(brand), .text(status), .text(claiming.name))
                report.write(json: options.json, whenEmpty: "")
            case .unknown:
                throw ProgramFailure(
                    .usage,
                    "\(place) is not in the queue: check source, id and brand with mention-admin triage list"
                )
            case .held(let who, let until):
                let end = until.map { " until \(Cell.date($0))" } ?? ""
                throw ProgramFailure(
                    .usage,
                    "\(place) is with \(Visible.text(who))\(end): ask them to release it, or take another"
                )
            case .closed(let status, let who):
                throw ProgramFailure(
                    .usage,
                    "\(place) is \(status) already, by \(Visible.text(who)): open it again with mention-admin triage release"
                )
            case .notClaimed:
                throw ProgramFailure(.usage, "\(place) is open: there is nothing to release")
            }
        }
    }
}

struct TriageClaim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Takes one item, or keeps it for longer.",
        discussion: "Example:\n  mention-admin triage claim twitter 1851234567890 Acme --as ada"
    )
    @OptionGroup var item: TriageItemArguments
    func run() async throws { try await item.make(.claim) }
}

struct TriageDone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "done",
        abstract: "Says that an item is done.",
        discussion: "Example:\n  mention-admin triage done twitter 1851234567890 Acme --as ada --note \"refunded\""
    )
    @OptionGroup var item: TriageItemArguments
    func run() async throws { try await item.make(.done) }
}

struct TriageDismiss: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dismiss",
        abstract: "Says that nothing needs to be done.",
        discussion: "Example:\n  mention-admin triage dismiss twitter 1851234567890 Acme --as ada --note \"a joke\""
    )
    @OptionGroup var item: TriageItemArguments
    func run() async throws { try await item.make(.dismiss) }
}

struct TriageRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Gives an item back, or opens one again that was closed.",
        discussion: "Example:\n  mention-admin triage release twitter 1851234567890 Acme --as ada"
    )
    @OptionGroup var item: TriageItemArguments
    func run() async throws { try await item.make(.release) }
}
