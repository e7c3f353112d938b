import ArgumentParser
import Foundation
import Persistence
import Reporting
import Runtime

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "A brand's week on a page: what was said, what drove it, who said it, what people wish for.",
        discussion: """
            Weeks are those of ISO 8601: Monday to Sunday, UTC; without --week it is the last that is over. What is counted \
            by the hour is exact; copies and wishes fold up to related_through (mention-admin status). With --html a file \
            is written instead: one page with all that it needs, to be mailed or printed.

            Texts and names of authors are personal data: think of that before you send it on.

            Examples:
              mention-admin report Acme
              mention-admin report Acme --week 2026-W47 --html acme-2026-W47.html
              mention-admin report Acme --week 2026-W47 --json | jq .totals
            """
    )

    @Argument(help: "The brand's name.") var brand: String
    @Option(help: ArgumentHelp("The week, such as 2026-W47 (default: the last that is over).", valueName: "week"))
    var week: String?
    @Option(help: ArgumentHelp("Write an HTML page into this file; - is standard output.", valueName: "file"))
    var html: String?
    @Option(help: ArgumentHelp("Columns of the page, 60…120 (default: the terminal's, 80 in a pipe).", valueName: "n"))
    var width: Int?
    @Flag(help: "ASCII alone for charts and signs, as where the locale is not UTF-8.") var ascii = false
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if let week, ISOWeek(week) == nil {
            throw ValidationError("--week is a week of ISO 8601 such as 2026-W47; not every year has a week 53.")
        }
        if let width, !(60...120).contains(width) { throw ValidationError("--width is a number from 60 to 120.") }
        if html != nil, options.json { throw ValidationError("--html and --json are two formats: give one.") }
    }

    func run() async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let week =
            self.week.flatMap { ISOWeek($0) }
            ?? ISOWeek(containing: Int32(clamping: now / 3_600_000_000)).advanced(by: -1)
        try await options.withDatabase { connection, _ in
            let report: WeekReport
            do {
                report = try await WeekReading.read(brand, week, madeAt: ReportTime(microseconds: now), on: connection)
            } catch is WeekReading.UnknownBrand {
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            }
            try write(report)
        }
    }

    private func write(_ report: WeekReport) throws {
        if options.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            StandardStream.output.write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
        } else if let html {
            try write(HTMLPage(report).text, to: html)
        } else {
            let terminal = Terminal(.output)
            let page = TerminalPage(
                report,
                width: width ?? (terminal.isTerminal ? terminal.size.columns : 80),
                isUnicode: !ascii && Self.isUTF8(ProcessInfo.processInfo.environment),
                hasColour: terminal.hasColour
            )
            StandardStream.output.write(page.text)
        }
    }

    private func write(_ page: String, to file: String) throws {
        if file == "-" {
            StandardStream.output.write(page)
            return
        }
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw ProgramFailure(.usage, "\(Visible.text(file)) can't be written: check the folder and its rights")
        }
    }

    /// The first of these that is set decides, as for all programs; none set is the C locale.
    static func isUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.uppercased()
        return name.contains("UTF-8") || name.contains("UTF8")
    }
}
