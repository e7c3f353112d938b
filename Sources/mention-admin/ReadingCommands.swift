import ArgumentParser
import Foundation
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

struct Clusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the largest groups of copies.",
        discussion: """
            Example:
              mention-admin clusters --limit 10
            """
    )

    @Option(help: "At most so many.") var limit: Int32 = 20
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            var report = Report(
                "cluster_id",
                "size",
                "authors",
                "canonical_source",
                "canonical_native_id",
                "first_at",
                "last_at",
                "brands"
            )
            for row in try await ViewReading.clusters(limit: max(0, limit), on: connection) {
                report.add(
                    .text(row.clusterID),
                    .integer(row.size),
                    .integer(row.authors),
                    .text(row.source),
                    .text(row.nativeID),
                    .time(row.firstAt),
                    .time(row.lastAt),
                    .list(row.brands)
                )
            }
            report.write(json: options.json, whenEmpty: "There are no copies.")
        }
    }
}

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
        let since = try since.map(Self.time)
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

    private static func time(_ text: String) throws -> Int64 {
        let full = text.contains("T") ? text : text + "T00:00:00Z"
        guard let date = try? Date(full, strategy: .iso8601) else {
            throw ValidationError("--since is a day such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z.")
        }
        return Int64(date.timeIntervalSince1970 * 1_000_000)
    }
}

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "The records that could not be read.",
        discussion: """
            Examples:
              mention-admin dead-letters list --reason bad_json
              mention-admin dead-letters show 17 --payload
            """,
        subcommands: [DeadLettersList.self, DeadLettersShow.self]
    )
}

struct DeadLettersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists dead letters, newest first, without their payloads.",
        discussion: """
            Example:
              mention-admin dead-letters list --reason bad_date --status open --limit 100
            """
    )

    @Option(help: "Only this reason code.") var reason: String?
    @Option(help: "Only this status: open, redriven or discarded.") var status: String?
    @Option(help: "At most so many.") var limit: Int32 = 50
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let rows = try await ViewReading.deadLetters(
                reason: reason,
                status: status,
                limit: max(0, limit),
                on: connection
            )
            DeadLettersList.report(rows).write(json: options.json, whenEmpty: "There are no dead letters.")
        }
    }

    static func report(_ rows: [DeadLetterRow]) -> Report {
        var report = Report(
            "id",
            "kafka_topic",
            "kafka_partition",
            "kafka_offset",
            "reason",
            "status",
            "payload_bytes",
            "first_seen_at",
            "detail"
        )
        for row in rows {
            report.add(
                .integer(row.id),
                .text(row.topic),
                .integer(Int64(row.partition)),
                .integer(row.offset),
                .text(row.reason),
                .text(row.status),
                .integer(row.payloadBytes),
                .time(row.firstSeenAt),
                .text(row.detail)
            )
        }
        return report
    }
}

struct DeadLettersShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one dead letter, and its payload when asked.",
        discussion: """
            The payload is personal data: it is shown only with --payload, with what is not printable ASCII as \\xNN.

            Example:
              mention-admin dead-letters show 17 --payload
            """
    )

    @Argument(help: "Its id.") var id: Int64
    @Flag(help: "Show the stored bytes too.") var payload = false
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let rows = try await ViewReading.deadLetters(id: id, limit: 1, on: connection)
            guard !rows.isEmpty else {
                throw ProgramFailure(.usage, "there is no dead letter \(id): see mention-admin dead-letters list")
            }
            DeadLettersList.report(rows).write(json: options.json, whenEmpty: "")
            guard payload else { return }
            let bytes = try await ViewReading.payload(ofDeadLetter: id, on: connection)
            var report = Report("payload")
            report.add(.text(bytes.map(Self.escaped)))
            if options.json {
                report.write(json: true, whenEmpty: "")
            } else {
                StandardStream.output.write("\n\(bytes.map(Self.escaped) ?? "(a tombstone: no payload)")\n")
            }
        }
    }

    /// Printable ASCII as it is, all else and the backslash as `\xNN`.
    private static func escaped(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte >= 0x20, byte < 0x7F, byte != 0x5C {
                text.append(byte)
            } else {
                text += [0x5C, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
