import ArgumentParser
import Persistence
import Runtime

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "The records that could not be read: look, try again, let go.",
        discussion: """
            Examples:
              mention-admin dead-letters list --reason bad_json
              mention-admin dead-letters show 17 --payload
              mention-admin dead-letters redrive --reason rejected_by_database --dry-run
              mention-admin dead-letters redrive 17 --edit corrected.json
              mention-admin dead-letters discard --reason tombstone --because "deletions, by design"
              mention-admin dead-letters export --status open > open.ndjson
              mention-admin dead-letters audit
            """,
        subcommands: [
            DeadLettersList.self, DeadLettersShow.self, DeadLettersRedrive.self, DeadLettersDiscard.self,
            DeadLettersExport.self, DeadLettersAudit.self,
        ]
    )
}

struct DeadLettersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists dead letters, newest first, without their payloads.",
        discussion: """
            Examples:
              mention-admin dead-letters list --reason bad_date --status open --limit 100
              mention-admin dead-letters list --since 2026-01-31T08:00:00Z --topic mentions --partition 7 --json
            """
    )

    @OptionGroup var letters: LetterOptions
    @Option(help: "Only this status.") var status: LetterOptions.Status?
    @Option(help: "At most so many.") var limit: Int64 = 50
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            try await letters.checkIDs(on: connection)
            let rows = try await DeadLetterReading.page(
                of: try letters.selection(status),
                .newestFirst,
                limit: limit,
                on: connection
            )
            DeadLettersList.report(rows).write(json: options.json, whenEmpty: "There are no such dead letters.")
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
            "outcome",
            "payload_bytes",
            "first_seen_at",
            "resolved_by",
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
                .text(row.outcome),
                .integer(row.payloadBytes),
                .time(row.firstSeenAt),
                .text(row.resolvedBy),
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
            let selection = DeadLetterSelection(ids: [id])
            let rows = try await DeadLetterReading.page(of: selection, limit: 1, on: connection)
            guard !rows.isEmpty else {
                throw ProgramFailure(.usage, "there is no dead letter \(id): see mention-admin dead-letters list")
            }
            DeadLettersList.report(rows).write(json: options.json, whenEmpty: "")
            guard payload else { return }
            let bytes = try await DeadLetterReading.payloads(of: [id], on: connection)[id]
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

struct DeadLettersDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Marks dead letters as looked at and left.",
        discussion: """
            They are kept, with their payloads, and go on counting as dead letters; they are not redriven any more.

            Examples:
              mention-admin dead-letters discard 17 18 --because "test data of the old importer"
              mention-admin dead-letters discard --reason tombstone --until 2026-01-31 --as ada
            """
    )

    @OptionGroup var change: LetterChangeOptions
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var because: String?
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            try await change.letters.checkIDs(on: connection)
            var selection = try change.letters.selection()
            if selection.ids.isEmpty { selection.status = "open" }
            let discard = DeadLetterDiscard(by: change.who, because: because)
            let last = try await DeadLetterReading.last(on: connection)
            let limit = change.limit ?? .max
            var beyond: Int64 = 0
            var chosen: Int64 = 0
            var discarded: Int64 = 0
            while chosen < limit {
                let page = try await DeadLetterReading.page(
                    of: selection,
                    beyond: beyond,
                    through: last,
                    limit: min(1_000, limit - chosen),
                    on: connection
                )
                guard let end = page.last else { break }
                beyond = end.id
                chosen += Int64(page.count)
                discarded += Int64(try await discard.apply(to: page.map(\.id), on: connection).count)
            }
            var report = Report("chosen", "discarded", "resolved_before")
            report.add(.integer(chosen), .integer(discarded), .integer(chosen - discarded))
            report.write(json: options.json, whenEmpty: "")
        }
    }
}

struct DeadLettersAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Lists who did what to dead letters, and what came of it; newest first.",
        discussion: """
            Of an edited payload it holds size and SHA-256, never the text.

            Examples:
              mention-admin dead-letters audit --limit 20
              mention-admin dead-letters audit 17 --json
            """
    )

    @Argument(help: "Of this dead letter alone.") var id: Int64?
    @Option(help: "At most so many lines.") var limit: Int64 = 50
    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            if let id, try await !DeadLetterReading.unknown([id], on: connection).isEmpty {
                throw ProgramFailure(.usage, "there is no dead letter \(id): see mention-admin dead-letters list")
            }
            let rows = try await DeadLetterAudit.read(deadLetter: id, limit: limit, on: connection)
            var report = Report(
                "at",
                "who",
                "action",
                "dead_letter",
                "result",
                "edited_bytes",
                "edited_sha256",
                "note"
            )
            for row in rows {
                report.add(
                    .time(row.at),
                    .text(row.who),
                    .text(row.action),
                    .integer(row.deadLetter),
                    .text(row.result),
                    .integer(row.editedBytes),
                    .text(row.editedSHA256.map(Hexadecimal.text)),
                    .text(row.note)
                )
            }
            report.write(json: options.json, whenEmpty: "Nobody has done anything yet.")
        }
    }
}

/// Bytes for people.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
