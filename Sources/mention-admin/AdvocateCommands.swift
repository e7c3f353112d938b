import ArgumentParser
import Persistence
import Runtime

struct Advocates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists a brand's advocates, best first.",
        discussion: """
            Scores run from 0 to 100; most good advocates are between 10 and 50. With --band critic, the surest critics \
            come first. What a score is made of: mention-admin explain.

            Examples:
              mention-admin advocates Acme
              mention-admin advocates Acme --band critic --limit 50 --json
              mention-admin advocates Acme --limit 500 --csv > advocates.csv
            """
    )

    enum Band: String, CaseIterable, ExpressibleByArgument { case advocate, supporter, neutral, critic }

    @Argument(help: "The brand's name.") var brand: String
    @Option(help: "Only this band.") var band: Band?
    @Option(help: "At most so many.") var limit: Int32 = 20
    @Flag(help: "Comma-separated values, for a spreadsheet.") var csv = false
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if csv, options.json { throw ValidationError("--csv and --json are two forms: choose one.") }
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            guard try await ViewReading.brandExists(brand, on: connection) else {
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            }
            let rows = try await ViewReading.advocates(
                of: brand,
                band: band?.rawValue,
                limit: max(0, limit),
                on: connection
            )
            var report = Report(
                "score",
                "band",
                "source",
                "author",
                "mentions",
                "positive",
                "negative",
                "followers",
                "lower",
                "upper"
            )
            for row in rows {
                report.add(
                    .real(row.score, digits: 1),
                    .text(row.band),
                    .text(row.source),
                    .text(row.handle ?? row.authorID),
                    .integer(row.mentions),
                    .integer(row.positive),
                    .integer(row.negative),
                    .integer(row.followers),
                    .real(row.confidenceLower),
                    .real(row.confidenceUpper)
                )
            }
            if csv {
                StandardStream.output.write(report.csv)
            } else {
                report.write(json: options.json, whenEmpty: "Nobody has spoken of this brand.")
            }
        }
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says how an author's score for a brand comes about.",
        discussion: """
            Every term with its inputs, the weeks that it comes from, and the mentions that moved it most: by how much the \
            score would be less, or more, without each. Texts are personal data: they are shown because you ask.

            Examples:
              mention-admin explain Acme @jane
              mention-admin explain Acme 10213459 --source twitter
              mention-admin explain Acme jane --mentions 50 --json
            """
    )

    @Argument(help: "The brand's name.") var brand: String
    @Argument(help: "The author's handle, with or without @, or id.") var author: String
    @Option(help: "Where the author writes; needed where several have the handle.") var source: String?
    @Option(help: "At most so many mentions.") var mentions = 10
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let outcome = try await AuthorExplanation.run(
                brand: brand,
                author: author,
                source: source,
                most: max(0, mentions),
                on: connection
            )
            switch outcome {
            case .unknownBrand:
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            case .unknownAuthor:
                let place = source.map { " on \(Visible.text($0))" } ?? ""
                throw ProgramFailure(
                    .usage,
                    "nobody of that handle or id is known to have spoken of this brand\(place): mention-admin advocates "
                        + "shows who has; what came in the last minute may not be counted yet"
                )
            case .ambiguous(let authors):
                let names = authors.map { "\($0.source) \(Visible.text($0.authorID))" }.joined(separator: ", ")
                throw ProgramFailure(
                    .usage,
                    "several authors have that handle or id: add --source, or give the id: \(names)"
                )
            case .found(let explanation):
                let page = ExplanationPage(brand: brand, explanation)
                StandardStream.output.write(options.json ? page.json : page.text)
            }
        }
    }
}
