import ArgumentParser
import Foundation
import MentionModel
import Persistence
import Runtime
import Triage

/// A rules file from the command line.
private struct RulesFile {
    let text: String
    let rules: TriageRules

    init(_ path: String) throws {
        let data = try InputData.read(path)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ProgramFailure(.usage, "\(path) is not UTF-8: save it as UTF-8")
        }
        self.text = text
        do throws(RuleProblems) {
            rules = try TriageRules(reading: Array(data))
        } catch {
            let lines = error.problems.map { "\(path): \(Visible.text($0.description))" }
            throw ProgramFailure(.usage, lines.joined(separator: "\n"))
        }
    }
}

struct TriageCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks a rules file; with --try on stored mentions.",
        discussion: """
            Needs no database without --try. docs/triage.md has the fields.

            Examples:
              mention-admin triage rules --version 1 > rules.json   # to begin with
              mention-admin triage check rules.json
              mention-admin triage check rules.json --try --days 7
            """
    )

    @Argument(help: "A rules file, or - for standard input.") var file: String
    @Flag(name: .customLong("try"), help: "Count what each rule would take of stored mentions; changes nothing.")
    var tries = false
    @Option(help: ArgumentHelp("With --try: of mentions published in the last days (default: all).", valueName: "n"))
    var days: Int?
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if let days, !(1...36_500 ~= days) { throw ValidationError("--days is 1 to 36500.") }
    }

    func run() async throws {
        let given = try RulesFile(file)
        guard tries else {
            var report = Report("rule", "action", "team", "priority", "due_minutes")
            for rule in given.rules.rules { report.add(rule.outcome.cells) }
            return report.write(json: options.json, whenEmpty: "The file has no rules: nothing asks for action.")
        }
        try await options.withDatabase { connection, _ in
            let since = days.map { Int64((Date().timeIntervalSince1970 - Double($0) * 86_400) * 1_000_000) } ?? .min
            let counts = try await TriageRehearsal(given.rules).run(since: since, on: connection)
            let all = counts.reduce(0) { $0 + $1.pairs }
            var report = Report("rule", "action", "team", "priority", "due_minutes", "mentions", "percent")
            for count in counts {
                let share = all > 0 ? 100 * Double(count.pairs) / Double(all) : 0
                report.add(count.outcome.cells + [.integer(count.pairs), .real(share)])
            }
            report.write(json: options.json, whenEmpty: "")
            guard !options.json else { return }
            for action in TriageAction.allCases {
                let pairs = counts.filter { $0.outcome.action == action }.reduce(0) { $0 + $1.pairs }
                let share = String(format: "%.2f", all > 0 ? 100 * Double(pairs) / Double(all) : 0)
                StandardStream.output.write("\(action.rawValue): \(pairs) of \(all) (\(share) %)\n")
            }
        }
    }
}

extension TriageOutcome {
    fileprivate var cells: [Cell] {
        [
            .text(reason), .text(action.rawValue), .text(team?.rawValue),
            .integer(action == .leave ? nil : Int64(priority)),
            .integer(action == .leave ? nil : dueSeconds / 60),
        ]
    }
}

struct TriageApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Puts a rules file in force, as a new version.",
        discussion: """
            Workers use it within seconds, from a batch to the next. What was decided before stays as it is; it names \
            the version that decided. An earlier version comes back with: triage rules --version N | triage apply -

            Example:
              mention-admin triage apply rules.json --note "answers in Dutch too"
            """
    )

    @Argument(help: "A rules file, or - for standard input.") var file: String
    @Option(help: ArgumentHelp("A remark, kept with the version.", valueName: "text")) var note: String?
    @Option(name: .customLong("as"), help: ArgumentHelp("In whose name (default: login@host).", valueName: "name"))
    var who: String?
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let given = try RulesFile(file)
        try await options.withDatabase { connection, _ in
            let applied = try await TriageCatalogue.apply(
                given.text,
                given.rules,
                by: who ?? Operator.name,
                note: note,
                on: connection
            )
            var report = Report("version", "rules", "is_new")
            report.add(
                .integer(Int64(applied.version)),
                .integer(Int64(given.rules.rules.count)),
                .flag(applied.isNew)
            )
            report.write(json: options.json, whenEmpty: "")
        }
    }
}

struct TriageRulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Lists the versions of the rules, or prints one.",
        discussion: """
            Examples:
              mention-admin triage rules
              mention-admin triage rules --version 1 > rules.json
            """
    )

    @Option(help: ArgumentHelp("Print the file of this version.", valueName: "n")) var version: Int32?
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            if let version {
                guard let row = try await TriageCatalogue.load(version, on: connection) else {
                    throw ProgramFailure(.usage, "there is no version \(version): see mention-admin triage rules")
                }
                StandardStream.output.write(row.document)
                return
            }
            var report = Report("version", "created_at", "created_by", "note", "checksum")
            for row in try await TriageCatalogue.all(connection) {
                report.add(
                    .integer(Int64(row.version)),
                    .time(row.createdAt),
                    .text(row.createdBy),
                    .text(row.note),
                    .text(String(row.checksum.prefix(12)))
                )
            }
            report.write(json: options.json, whenEmpty: "")
        }
    }
}
