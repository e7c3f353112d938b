import ArgumentParser
import Copies
import Persistence
import PostgresClient
import Runtime

struct Clusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists groups of copies, the largest or the fastest growing; or shows one.",
        discussion: """
            Growth is members an hour, by their published_at, in the time of --within before the newest mention that is \
            related. With an id, the mentions of that group are shown: the canonical first, then by time; each with what \
            it is (the same text once case, space, handles, links and repost marks are normalised, or a near one with its \
            Jaccard similarity to the canonical), and the words in which it differs: [-missing-] {+new+}. Ids change when \
            groups merge, and when an earlier mention joins.

            Texts are personal data: they are shown because you ask.

            Examples:
              mention-admin clusters --limit 10
              mention-admin clusters --sort growth --within 6h --brand Acme
              mention-admin clusters --since 2026-01-31 --json
              mention-admin clusters 41d0c9b2f06c1f0e --limit 100
            """
    )

    enum Sorting: String, CaseIterable, ExpressibleByArgument { case size, growth }

    @Argument(help: ArgumentHelp("Show this group.", valueName: "cluster-id")) var clusterID: String?
    @Option(help: ArgumentHelp("By size or growth (default: size).", valueName: "order")) var sort: Sorting?
    @Option(help: ArgumentHelp("The time that growth is looked at over (default: 24h).", valueName: "time"))
    var within: String?
    @Option(help: "Only groups of which a mention names this brand.") var brand: String?
    @Option(help: "Only groups with a mention published since this day or RFC 3339 time.") var since: String?
    @Option(help: "At most so many groups, or mentions of one.") var limit: Int32 = 20
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is a number of at least 1.") }
        if within != nil, sort != .growth { throw ValidationError("--within goes with --sort growth.") }
        _ = try growthTime()
        if let since { _ = try PointInTime.microseconds(since, option: "--since") }
        if clusterID != nil, sort != nil || brand != nil || since != nil {
            throw ValidationError("--sort, --brand and --since choose among groups: leave them out with an id.")
        }
    }

    private func growthTime() throws -> Double {
        guard let time = Settings.parseDuration(within ?? "24h"), time >= .seconds(60), time <= .seconds(31_622_400)
        else {
            throw ValidationError("--within is a length of time from 1m to 366d, such as 90m, 24h or 7d.")
        }
        return time / .seconds(1)
    }

    func run() async throws {
        let choice = ClusterReading.Choice(
            brand: brand,
            since: try since.map { try PointInTime.microseconds($0, option: "--since") },
            limit: limit
        )
        try await options.withDatabase { connection, _ in
            if let clusterID {
                try await show(clusterID, on: connection)
                return
            }
            if let brand, try await !ViewReading.brandExists(brand, on: connection) {
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            }
            if sort == .growth {
                let seconds = try growthTime()
                let rows = try await ClusterReading.fastestGrowing(choice, within: seconds, on: connection)
                let report = Self.report(rows, hours: seconds / 3_600)
                report.write(json: options.json, whenEmpty: "Nothing was copied then.")
            } else {
                let rows = try await ClusterReading.largest(choice, on: connection)
                Self.report(rows).write(json: options.json, whenEmpty: "There are no copies.")
            }
        }
    }

    /// Groups as rows. With `hours`, the time that growth was looked at over, their growth as well.
    private static func report(_ rows: [ClusterRow], hours: Double? = nil) -> Report {
        let growth = hours == nil ? [] : ["per_hour", "new"]
        let names =
            ["cluster_id"] + growth + [
                "size", "authors", "texts", "canonical_source", "canonical_native_id", "first_at", "last_at", "brands",
            ]
        var report = Report(names)
        for row in rows {
            var cells: [Cell] = [.text(row.clusterID)]
            if let hours {
                cells += [.real(row.grown.map { Double($0) / hours }), .integer(row.grown)]
            }
            cells += [
                .integer(row.size), .integer(row.authors), .integer(row.texts), .text(row.source),
                .text(row.nativeID), .time(row.firstAt), .time(row.lastAt), .list(row.brands),
            ]
            report.add(cells)
        }
        return report
    }

    // MARK: - One group

    private func show(_ clusterID: String, on connection: PostgresConnection) async throws {
        // Ids are sixteen digits; anything else is shown as what it is.
        let shown = Visible.text(String(clusterID.prefix(40)))
        switch try await ClusterLookup.run(clusterID, limit: limit, on: connection) {
        case .unknown:
            throw ProgramFailure(
                .usage,
                "there is no cluster \(shown): it may have another id since an earlier mention joined, and a mention "
                    + "without copies is in none: see mention-admin clusters"
            )
        case .merged(let into):
            throw ProgramFailure(
                .usage,
                "cluster \(shown) has merged with another, and is \(into) now: mention-admin clusters \(into)"
            )
        case .found(let detail):
            let scheme = try await CopySetting.read(connection).scheme
            Self.report([detail.cluster]).write(json: options.json, whenEmpty: "")
            if options.json {
                writeLines(detail, scheme)
            } else {
                ClusterPage(colours: Terminal(.output).hasColour).write(detail, scheme)
            }
        }
    }

    private func writeLines(_ detail: ClusterDetail, _ scheme: CopyScheme) {
        let canonical = detail.members.first?.text ?? ""
        var report = Report(
            "tier",
            "jaccard",
            "source",
            "native_id",
            "author",
            "published_at",
            "text",
            "differences"
        )
        for member in detail.members {
            let parts = TextDifference.parts(from: canonical, to: member.text)
            report.add(
                .text(member.tier.rawValue),
                .real(member.similarity(to: canonical, scheme).map { Double($0) / 10_000 }, digits: 4),
                .text(member.source),
                .text(member.nativeID),
                .text(member.author),
                .time(member.publishedAt),
                .text(member.text),
                .text(parts.isEmpty ? nil : ClusterPage(colours: false).marked(parts, escaped: false))
            )
        }
        report.write(json: true, whenEmpty: "")
    }
}

extension ClusterMember {
    /// The similarity to the canonical's text, in ten-thousandths; nil where neither is long enough to have one.
    func similarity(to canonical: String, _ scheme: CopyScheme) -> Int? {
        switch tier {
        case .canonical: nil
        case .sameText: 10_000
        case .near: jaccard.map(Int.init) ?? TextSimilarity.jaccard(canonical, text, scheme: scheme)
        }
    }
}

/// A group of copies for a person.
struct ClusterPage {
    /// Whether to mark words with colours besides.
    let colours: Bool

    func write(_ detail: ClusterDetail, _ scheme: CopyScheme) {
        let canonical = detail.members.first?.text ?? ""
        for member in detail.members {
            let similarity = member.similarity(to: canonical, scheme).map { Cell.real(Double($0) / 10_000).shown }
            let tier =
                switch member.tier {
                case .canonical: "canonical"
                case .sameText: "same text"
                case .near: "near \(similarity ?? "–")"
                }
            let head = [
                tier, Cell.date(member.publishedAt), Visible.text(member.source), Visible.text(member.nativeID),
                Visible.text(member.author),
            ]
            var body = Visible.text(String(canonical.prefix(2_000))) + (canonical.count > 2_000 ? "…" : "")
            if member.tier != .canonical {
                let parts = TextDifference.parts(from: canonical, to: member.text)
                body = parts.isEmpty ? "(no word differs)" : marked(parts, escaped: true)
            }
            StandardStream.output.write("\n\(head.joined(separator: "  "))\n    \(body)\n")
        }
        let more = detail.cluster.size - Int64(detail.members.count)
        if more > 0 { StandardStream.output.write("\n… \(more) more: --limit \(detail.cluster.size) shows all\n") }
    }

    /// Words with those that are missing as `[-…-]` and those that are new as `{+…+}`.
    func marked(_ parts: [TextDifference.Part], escaped: Bool) -> String {
        parts.map { part in
            let word = escaped ? Visible.text(part.word) : part.word
            return switch part.kind {
            case .equal, .gap: word
            case .missing: painted("[-\(word)-]", 31)
            case .new: painted("{+\(word)+}", 32)
            }
        }.joined(separator: " ")
    }

    private func painted(_ text: String, _ colour: Int) -> String {
        colours ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }
}
