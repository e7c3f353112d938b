import ArgumentParser
import Persistence
import Runtime

struct Advocates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists a brand's advocates, best first.",
        discussion: """
            Examples:
              mention-admin advocates Acme
              mention-admin advocates Acme --band critic --limit 50 --json
            """
    )

    enum Band: String, CaseIterable, ExpressibleByArgument { case advocate, supporter, neutral, critic }

    @Argument(help: "The brand's name.") var brand: String
    @Option(help: "Only this band.") var band: Band?
    @Option(help: "At most so many.") var limit: Int32 = 20
    @OptionGroup var options: AdminOptions

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
            report.write(json: options.json, whenEmpty: "Nobody has spoken of this brand.")
        }
    }
}
