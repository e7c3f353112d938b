import ArgumentParser
import Persistence
import PostgresClient
import Runtime

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds mentions by text, brand, label, author, source, time and cluster.",
        discussion: """
            All words must occur, in any order and case. "Words in quotes" stand side by side (quote them for the shell, \
            too), -word must not occur (write -- before the words), or stands between alternatives. Without words all \
            mentions are meant.
            The last to arrive come first; --order rank sorts the 500 newest that were found by match, reach and age. A \
            full page ends with the cursor of the next.

            Examples:
              mention-admin search battery life --brand Acme
              mention-admin search '"does not start"' --since 2026-01-31 --limit 100 --json
              mention-admin search --sentiment negative --intent question -- refund -scam
              mention-admin search --author ada --source twitter --order rank
              mention-admin search battery --after n184234
            """
    )

    enum Sentiment: String, CaseIterable, ExpressibleByArgument { case negative, neutral, positive, unknown }
    enum Emotion: String, CaseIterable, ExpressibleByArgument { case anger, joy, optimism, sadness }
    enum Intent: String, CaseIterable, ExpressibleByArgument {
        case complaint, suggestion, question, request, praise, purchase, threat
    }
    enum Order: String, CaseIterable, ExpressibleByArgument { case newest, rank }

    @Argument(help: "Words to look for.") var words: [String] = []
    @Option(help: "Only mentions of this brand.") var brand: String?
    @Option(help: "Only mentions with this sentiment.") var sentiment: Sentiment?
    @Option(help: "Only mentions with this intent.") var intent: Intent?
    @Option(help: "Only mentions with this emotion.") var emotion: Emotion?
    @Option(help: "Only mentions of the author with this id, or with this handle where nobody has the id.")
    var author: String?
    @Option(help: "Only mentions from this source.") var source: String?
    @Option(help: "Only mentions published since this day or RFC 3339 time.") var since: String?
    @Option(help: "Only mentions published before this day or RFC 3339 time.") var until: String?
    @Option(help: "Only mentions of this group of copies: a cluster_id.") var cluster: String?
    @Option(help: "In which order.") var order = Order.newest
    @Option(help: "At most so many, up to 10000.") var limit: Int32 = 20
    @Option(help: ArgumentHelp("Go on where another page ended.", valueName: "cursor")) var after: String?
    @OptionGroup var options: AdminOptions

    private func search() throws -> MentionSearch {
        var search = MentionSearch(words.isEmpty ? nil : words.joined(separator: " "))
        search.brand = brand
        search.sentiment = sentiment?.rawValue
        search.intent = intent?.rawValue
        search.emotion = emotion?.rawValue
        search.author = author
        search.source = source
        search.since = try since.map { try PointInTime.microseconds($0, option: "--since") }
        search.until = try until.map { try PointInTime.microseconds($0, option: "--until") }
        search.cluster = cluster
        search.order = MentionSearch.Order(rawValue: order.rawValue) ?? .newest
        return search
    }

    func run() async throws {
        let search = try search()
        try await options.withDatabase { connection, _ in
            let hits: [MentionHit]
            do throws(PostgresError) {
                hits = try await search.page(limit: limit, after: after, on: connection)
            } catch {
                guard error.sqlState == "22023" else { throw error }
                throw ProgramFailure(
                    .usage,
                    """
                    the search is refused: the words need a letter or digit, and --after the cursor of a search in the \
                    same --order
                    """
                )
            }
            if options.json { writeLines(hits) } else { writeTable(hits, search) }
        }
    }

    private func writeLines(_ hits: [MentionHit]) {
        var report = Report(
            "published_at",
            "source",
            "native_id",
            "author",
            "sentiment",
            "emotion",
            "intents",
            "brands",
            "title",
            "text",
            "url",
            "cluster_id",
            "rank",
            "cursor"
        )
        for hit in hits {
            report.add(
                .time(hit.publishedAt),
                .text(hit.source),
                .text(hit.nativeID),
                .text(hit.author),
                .text(hit.sentiment),
                .text(hit.emotion),
                .list(hit.intents),
                .list(hit.brands),
                .text(hit.title),
                .text(hit.text),
                .text(hit.url),
                .text(hit.clusterID),
                .integer(hit.rank.map(Int64.init)),
                .text(hit.cursor)
            )
        }
        report.write(json: true, whenEmpty: "")
    }

    /// Two lines a mention: who and when, then what, with the words that were found.
    private func writeTable(_ hits: [MentionHit], _ search: MentionSearch) {
        let output = StandardStream.output
        guard !hits.isEmpty else {
            output.write("Nothing found.\n")
            return
        }
        let terminal = Terminal(output)
        let width = terminal.isTerminal ? max(40, terminal.size.columns - 4) : 160
        for hit in hits {
            let labels = [hit.sentiment, hit.emotion].compactMap { $0 } + hit.intents
            let facts = [
                Cell.date(hit.publishedAt), "\(hit.source)/\(hit.nativeID)", hit.author,
                hit.brands.joined(separator: ", "), labels.joined(separator: " "),
            ]
            output.write(Visible.text(facts.filter { !$0.isEmpty }.joined(separator: " · ")) + "\n")
            let text = [hit.title, hit.text].compactMap { $0 }.joined(separator: " — ")
            let pieces = SearchSnippet(text, words: search.words, width: width).pieces
            let shown = pieces.map { piece in
                let text = Visible.text(piece.text)
                return piece.isHit && terminal.hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text
            }
            output.write("  " + shown.joined() + "\n")
        }
        if hits.count == Int(limit), let last = hits.last {
            output.write("\nMore: --after \(last.cursor)\n")
        }
    }
}
