import ArgumentParser
import Persistence
import Runtime

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds mentions that hold all the words, the last to arrive first.",
        discussion: """
            Examples:
              mention-admin search battery life --brand Acme
              mention-admin search "does not start" --since 2026-01-31 --limit 100 --json
            """
    )

    @Argument(help: "Words, in any order and case.") var words: [String]
    @Option(help: "Only mentions of this brand.") var brand: String?
    @Option(help: "Only mentions published since this day or RFC 3339 time.") var since: String?
    @Option(help: "At most so many.") var limit: Int32 = 20
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let since = try since.map { try PointInTime.microseconds($0, option: "--since") }
        try await options.withDatabase { connection, _ in
            let hits = try await MentionSearch.run(
                words.joined(separator: " "),
                brand: brand,
                since: since,
                limit: max(0, limit),
                on: connection
            )
            var report = Report("published_at", "source", "native_id", "author", "sentiment", "brands", "text")
            for hit in hits {
                let text = [hit.title, hit.text].compactMap { $0 }.joined(separator: " — ")
                report.add(
                    .time(hit.publishedAt),
                    .text(hit.source),
                    .text(hit.nativeID),
                    .text(hit.author),
                    .text(hit.sentiment),
                    .list(hit.brands),
                    .text(options.json || text.count <= 100 ? text : String(text.prefix(99)) + "…")
                )
            }
            report.write(json: options.json, whenEmpty: "Nothing found.")
        }
    }
}
