import ArgumentParser
import BrandMatching
import Foundation
import Persistence
import Runtime

struct Brands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The brands that texts are searched for.",
        discussion: """
            Workers use a change within 10 s. Stored mentions follow with: mention-admin rematch

            Examples:
              mention-admin brands add "Acme" --alias "Acme Corp" --handle acme --excluded "acme of perfection"
              mention-admin brands import brands.jsonl
              mention-admin brands list
            """,
        subcommands: [BrandsAdd.self, BrandsList.self, BrandsRemove.self, BrandsImport.self]
    )
}

struct BrandsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Registers a brand, or replaces its terms.",
        discussion: """
            Example:
              mention-admin brands add "Acme" --alias "Acme Corp" --handle acme --own-account twitter:acme
            """
    )

    @Argument(help: "The brand's name; itself a term.") var name: String
    @Option(help: "Another name; repeatable.") var alias: [String] = []
    @Option(help: "An account that stands for the brand; repeatable.") var handle: [String] = []
    @Option(help: "A term that must not occur; repeatable.") var excluded: [String] = []
    @Option(help: "The brand's own account, source:handle or handle; repeatable.") var ownAccount: [String] = []
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let brand = BrandSpecification(
            name: name,
            aliases: alias,
            handles: handle,
            excluded: excluded,
            ownAccounts: ownAccount
        )
        if let problem = brand.problem { throw ValidationError(problem) }
        try await options.withDatabase { connection, _ in
            let version = try await BrandCatalogue.set([brand], on: connection)
            var report = Report("version", "brands")
            report.add(.integer(version), .integer(1))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}

struct BrandsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the registered brands with their terms.",
        discussion: """
            Example:
              mention-admin brands list --json
            """
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let (_, brands) = try await BrandCatalogue.load(connection)
            var report = Report("name", "aliases", "handles", "excluded", "own_accounts")
            for brand in brands {
                report.add(
                    .text(brand.name),
                    .list(brand.aliases),
                    .list(brand.handles),
                    .list(brand.excluded),
                    .list(brand.ownAccounts)
                )
            }
            report.write(json: options.json, whenEmpty: "No brand is registered.")
        }
    }
}

struct BrandsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Takes brands out of the matching; mentions keep them.",
        discussion: """
            Example:
              mention-admin brands remove "Acme" "Globex"
            """
    )

    @Argument(help: "Names.") var names: [String]
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let removed = try await BrandCatalogue.remove(names, on: connection)
            var report = Report("removed")
            report.add(.integer(Int64(removed)))
            report.write(json: options.json, whenEmpty: "")
            if removed < Set(names).count {
                throw ProgramFailure(.usage, "not all of the names are registered: see mention-admin brands list")
            }
        }
    }
}

struct BrandsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Registers many brands from JSON lines, all or none.",
        discussion: """
            A line: {"name": "Acme", "aliases": ["Acme Corp"], "handles": ["acme"], "excluded": [], "own_accounts": []}
            All but the name may be left out. Brands that are not in the file stay as they are.

            Examples:
              mention-admin brands import brands.jsonl
              mention-admin brands list --json | mention-admin brands import -    # a round trip
            """
    )

    @Argument(help: "A file, or - for standard input.") var file: String
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let data = try InputData.read(file)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ProgramFailure(.usage, "\(file) is not UTF-8")
        }
        let brands = try BrandSpecification.read(jsonLines: text)
        try await options.withDatabase { connection, _ in
            let version = try await BrandCatalogue.set(brands, on: connection)
            var report = Report("version", "brands")
            report.add(.integer(version), .integer(Int64(Set(brands.map(\.name)).count)))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}

struct RematchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rematch",
        abstract: "Applies the registered brands to stored mentions that named none.",
        discussion: """
            Ledger, hourly sums and clusters follow; workers may run meanwhile. After an interruption the next run goes \
            on where this one ended. It first waits until workers have had 15 s to learn the latest brands.

            Example:
              mention-admin brands import brands.jsonl && mention-admin rematch
            """
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let (version, brands) = try await BrandCatalogue.load(connection)
            let age = try await BrandCatalogue.age(connection)
            if age < .seconds(15) { try await Task.sleep(for: .seconds(15) - age) }
            let matcher = BrandMatcher(
                brands.map {
                    BrandDefinition(
                        number: $0.number,
                        name: $0.name,
                        aliases: $0.aliases,
                        handles: $0.handles,
                        excluded: $0.excluded,
                        ownAccounts: $0.ownAccounts
                    )
                },
                version: version
            )
            let rematch = Rematch(version: version) { text, title in
                var scratch = MatchScratch()
                var found: [Int32] = []
                let bytes = Array(text.utf8)
                if let title {
                    let titleBytes = Array(title.utf8)
                    matcher.match(bytes.span, title: titleBytes.span, scratch: &scratch, into: &found)
                } else {
                    matcher.match(bytes.span, title: nil, scratch: &scratch, into: &found)
                }
                return found
            }
            var line = ProgressLine()
            let done: Rematch.Progress
            do {
                done = try await rematch.run(on: connection) { progress in
                    line.show(at: .now) { "\(progress.read) mentions read, \(progress.changed) changed" }
                }
            } catch let error as Rematch.Superseded {
                line.clear()
                throw ProgramFailure(.unavailable, error.description)
            }
            line.clear()
            var report = Report("version", "read", "changed")
            report.add(.integer(version), .integer(done.read), .integer(done.changed))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}
