import ArgumentParser
import Persistence
import Runtime

struct Retention: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows or sets how long things are kept.",
        discussion: """
            Workers remove what is older, a little at a time when no backlog waits. Everything is kept for ever until \
            something else is set.
            Mentions go by whole partitions, once the newest of one is old enough: texts, verdicts and search; what was \
            counted of them stays, and a record that comes again is known. There is no way back.

            Examples:
              mention-admin retention show
              mention-admin retention set --mentions 730 --dead-letters 90
              mention-admin retention set --dead-letters forever
            """,
        subcommands: [RetentionShow.self, RetentionSet.self]
    )
}

struct RetentionShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows how long things are kept.")
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            Self.show(try await RetentionSetting.load(on: connection), json: options.json)
        }
    }

    static func show(_ setting: RetentionSetting, json: Bool) {
        var report = Report("what", "days")
        for (what, days) in [
            ("mentions, by whole partitions", setting.mentionDays),
            ("payloads of resolved dead letters", setting.deadLetterDays),
            ("items of triage that are done or dismissed", setting.triageDays),
            ("actions that nobody has published", setting.outboxDays),
            ("waiting for what a mention answers", setting.waitDays),
            ("audits of resets, resumes, triage and persons", setting.auditDays),
        ] {
            report.add(.text(what), .integer(days.map(Int64.init)))
        }
        report.write(json: json, whenEmpty: "")
    }
}

struct RetentionSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Sets how long things are kept.",
        discussion: "Example:\n  mention-admin retention set --mentions 730 --dead-letters 90 --audits forever"
    )
    @Option(help: "Days for mentions, since the newest of a partition was published and stored, or forever.")
    var mentions: String?
    @Option(help: "Days for payloads of dead letters since they were redriven or discarded, or forever.")
    var deadLetters: String?
    @Option(help: "Days for items of triage since they were done, dismissed or withdrawn, or forever.")
    var triage: String?
    @Option(help: "Days for actions that nobody has published, or forever.") var outbox: String?
    @Option(help: "Days for which a mention waits for what it answers, or forever.") var waits: String?
    @Option(help: "Days for lines of the audits of resets, resumes, triage and persons, or forever.")
    var audits: String?
    @OptionGroup var options: AdminOptions

    private typealias Choice = (option: String, text: String?, path: WritableKeyPath<RetentionSetting, Int32?>)

    private var choices: [Choice] {
        [
            ("--mentions", mentions, \.mentionDays), ("--dead-letters", deadLetters, \.deadLetterDays),
            ("--triage", triage, \.triageDays), ("--outbox", outbox, \.outboxDays), ("--waits", waits, \.waitDays),
            ("--audits", audits, \.auditDays),
        ]
    }

    func validate() throws {
        if choices.allSatisfy({ $0.text == nil }) {
            throw ValidationError("Say what to set: \(choices.map(\.option).joined(separator: ", ")).")
        }
        for choice in choices { _ = try choice.text.map { try Self.days($0, choice.option) } }
    }

    private static func days(_ text: String, _ option: String) throws -> Int32? {
        if text == "forever" { return nil }
        guard let days = Int32(text), days >= 1, days <= 36_500 else {
            throw ValidationError("\(option) is a number of days, 1 to 36500, or forever.")
        }
        return days
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            var setting = try await RetentionSetting.load(on: connection)
            for choice in choices {
                if let text = choice.text { setting[keyPath: choice.path] = try Self.days(text, choice.option) }
            }
            try await setting.store(on: connection)
            RetentionShow.show(setting, json: options.json)
        }
    }
}
